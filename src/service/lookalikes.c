#include "service/lookalikes.h"

#include "db/query/duplicate.h"
#include "db/query/user.h"
#include "service/gallery.h"
#include "service/internal.h"

/* Of one person; whoever has more is in the pairs of the others. */
#define OF_ONE_MAX 32

bool service_lookalikes_load_on(struct service *service, struct db_connection *connection,
                                GError **error)
{
    g_autoptr(GPtrArray) pairs = db_lookalike_list(connection, NULL, NULL, NULL, error);

    if (!pairs)
        return false;
    g_autofree struct recognise_lookalike *known =
        g_new(struct recognise_lookalike, pairs->len + 1);
    for (guint i = 0; i < pairs->len; i++) {
        const struct db_lookalike *pair = pairs->pdata[i];
        known[i] =
            (struct recognise_lookalike){pair->first_id, pair->second_id, (float)pair->score};
    }
    recognise_lookalikes_set(service->recogniser, known, pairs->len);
    return true;
}

/* ---- finding ---- */

/* The key of a pair in a table. */
static struct db_lookalike *pair_of(const struct base_uuid *one, const struct base_uuid *other,
                                    double score)
{
    struct db_lookalike *pair = g_new0(struct db_lookalike, 1);

    pair->first_id = *one;
    pair->second_id = *other;
    pair->score = score;
    db_lookalike_order(&pair->first_id, &pair->second_id);
    return pair;
}

static guint pair_hash(gconstpointer key)
{
    const struct db_lookalike *pair = key;

    return base_uuid_hash(&pair->first_id) * 31 + base_uuid_hash(&pair->second_id);
}

static gboolean pair_equal(gconstpointer a, gconstpointer b)
{
    const struct db_lookalike *left = a, *right = b;

    return base_uuid_equal(&left->first_id, &right->first_id) &&
           base_uuid_equal(&left->second_id, &right->second_id);
}

static GHashTable *pairs_new(void)
{
    return g_hash_table_new_full(pair_hash, pair_equal, (GDestroyNotify)db_lookalike_free, NULL);
}

static void pairs_of(struct service *service, const struct base_uuid *person, GHashTable *pairs)
{
    struct recognise_candidate others[OF_ONE_MAX];
    const float least = recognise_lookalikes_least(service->recogniser);
    const size_t n =
        recognise_lookalikes_find(service->recogniser, person, least, OF_ONE_MAX, others);

    for (size_t i = 0; i < n; i++)
        g_hash_table_add(pairs, pair_of(person, &others[i].person, (double)others[i].score));
}

struct store_work {
    const struct service_identity *identity;
    struct base_uuid person; /* only their pairs are replaced; nil: all */
    GHashTable *pairs;       /* that there are now */
    struct service_lookalikes_found found;
};

/* Whether an administrator has said that they are two people who look alike: then they stay a pair,
 * whatever their score. */
static bool told_apart(struct db_connection *connection, const struct db_lookalike *pair,
                       bool *apart, GError **error)
{
    g_autoptr(GArray) others = db_duplicate_apart(connection, &pair->first_id, error);

    *apart = false;
    for (guint i = 0; others && i < others->len; i++)
        *apart |=
            base_uuid_equal(&g_array_index(others, struct base_uuid, i), &pair->second_id) != 0;
    return others != NULL;
}

/* Takes away what was found before and no longer is. `changed` gets somebody of such a pair. */
static bool remove_old(struct db_connection *connection, struct store_work *work,
                       struct base_uuid *changed, GError **error)
{
    struct db_lookalike_filter filter = DB_LOOKALIKE_FILTER_ALL;

    filter.user_id = work->person;
    g_autoptr(GPtrArray) stored = db_lookalike_list(connection, &filter, NULL, NULL, error);
    for (guint i = 0; stored && i < stored->len; i++) {
        const struct db_lookalike *pair = stored->pdata[i];
        bool apart = false;
        if (g_hash_table_contains(work->pairs, pair))
            continue;
        if (!told_apart(connection, pair, &apart, error))
            return false;
        if (apart)
            continue;
        if (!db_lookalike_delete(connection, &pair->first_id, &pair->second_id, error))
            return false;
        *changed = pair->first_id;
        work->found.removed++;
    }
    return stored != NULL;
}

/* Whoever was erased meanwhile has no pairs. */
static bool still_there(struct db_connection *connection, const struct base_uuid *id, bool *there,
                        GError **error)
{
    GError *problem = NULL;
    g_autoptr(core_user) user = db_user_find(connection, id, &problem);

    *there = user && !user->deleted_at;
    if (!problem || g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND)) {
        g_clear_error(&problem);
        return true;
    }
    g_propagate_error(error, problem);
    return false;
}

static bool put(struct db_connection *connection, struct store_work *work,
                struct db_lookalike *pair, struct base_uuid *changed, GError **error)
{
    bool first = false, second = false, is_new = false;

    if (!still_there(connection, &pair->first_id, &first, error) ||
        !still_there(connection, &pair->second_id, &second, error))
        return false;
    if (!first || !second)
        return true;
    pair->found_at = base_time_now();
    if (!db_lookalike_put(connection, pair, &is_new, error))
        return false;
    work->found.pairs++;
    work->found.added += is_new;
    if (is_new)
        *changed = pair->first_id;
    return true;
}

static bool store_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct store_work *work = data;
    struct base_uuid changed = {0};
    GHashTableIter iter;
    gpointer pair;

    work->found.added = work->found.removed = work->found.pairs = 0;
    if (!remove_old(connection, work, &changed, error))
        return false;
    g_hash_table_iter_init(&iter, work->pairs);
    while (g_hash_table_iter_next(&iter, &pair, NULL))
        if (!put(connection, work, pair, &changed, error))
            return false;
    if (base_uuid_is_nil(&changed))
        return true;
    /* Every node that searches learns of it as it learns of new faces. */
    return db_face_revision_bump(connection, &changed, error) &&
           service_audit(connection, work->identity, "lookalike.find",
                         base_uuid_is_nil(&work->person) ? NULL : &work->person,
                         json_pack("{s:I, s:I}", "added", (json_int_t)work->found.added, "removed",
                                   (json_int_t)work->found.removed),
                         error);
}

/* Everybody in the gallery. */
static GArray *everybody(struct service *service)
{
    GArray *people = g_array_new(FALSE, FALSE, sizeof(struct base_uuid));
    GHashTableIter iter;
    gpointer id;

    g_mutex_lock(&service->gallery_lock);
    g_hash_table_iter_init(&iter, service->gallery_people);
    while (g_hash_table_iter_next(&iter, &id, NULL))
        g_array_append_vals(people, id, 1);
    g_mutex_unlock(&service->gallery_lock);
    return people;
}

bool service_lookalikes_find(struct service *service, const struct service_identity *identity,
                             struct service_lookalikes_found *found, GError **error)
{
    struct store_work work = {.identity = identity};

    *found = (struct service_lookalikes_found){0};
    if (!service_allow_all(identity, CORE_ACTION_FACE_WRITE, error) ||
        !service_gallery_sync(service, error))
        return false;
    g_autoptr(GArray) people = everybody(service);
    g_autoptr(GHashTable) pairs = pairs_new();
    for (guint i = 0; i < people->len; i++)
        pairs_of(service, &g_array_index(people, struct base_uuid, i), pairs);
    work.pairs = pairs;
    if (!db_transaction(service->db, store_body, &work, error))
        return false;
    *found = work.found;
    found->people = people->len;
    service_gallery_refresh(service);
    return true;
}

void service_lookalikes_update(struct service *service, const struct base_uuid *person)
{
    struct store_work work = {.person = *person};
    g_autoptr(GHashTable) pairs = pairs_new();
    g_autoptr(GError) problem = NULL;

    if (!service->recogniser)
        return;
    pairs_of(service, person, pairs);
    work.pairs = pairs;
    if (!db_transaction(service->db, store_body, &work, &problem))
        g_warning("The look-alikes of somebody who was enrolled were not stored: %s",
                  problem->message);
    else if (work.found.added + work.found.removed > 0)
        service_gallery_refresh(service);
}

/* ---- looking ---- */

GPtrArray *service_lookalikes_list(struct service *service, const struct service_identity *identity,
                                   const struct db_lookalike_filter *filter,
                                   const struct db_page *page, gint64 *total, GError **error)
{
    struct db_lookalike_filter narrow = filter ? *filter : DB_LOOKALIKE_FILTER_ALL;

    if (!service_allow_staff(identity, error))
        return NULL;
    if (identity->role == CORE_ROLE_TEACHER)
        narrow.teacher_id = identity->user_id;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    return connection ? db_lookalike_list(connection, &narrow, page, total, error) : NULL;
}

struct see_work {
    const struct service_identity *identity;
    struct base_uuid first_id, second_id;
    bool seen;
    struct db_lookalike *pair;
};

static bool may_see(struct db_connection *connection, const struct see_work *work, GError **error)
{
    GError *problem = NULL;

    if (service_allow(connection, work->identity, CORE_ACTION_USER_READ, &work->first_id,
                      &problem) &&
        service_allow(connection, work->identity, CORE_ACTION_USER_READ, &work->second_id,
                      &problem))
        return true;
    if (!g_error_matches(problem, BASE_ERROR, BASE_ERROR_FORBIDDEN)) {
        g_propagate_error(error, problem);
        return false;
    }
    g_error_free(problem);
    return base_fail(error, BASE_ERROR_NOT_FOUND, "There is no such pair of look-alikes.");
}

static bool see_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct see_work *work = data;

    g_clear_pointer(&work->pair, db_lookalike_free);
    if (!may_see(connection, work, error))
        return false;
    g_autoptr(db_lookalike) before =
        db_lookalike_find(connection, &work->first_id, &work->second_id, error);
    if (!before)
        return false;
    if ((before->seen_at != 0) != work->seen) {
        before->seen_at = work->seen ? base_time_now() : 0;
        before->seen_by = work->seen ? work->identity->user_id : (struct base_uuid){0};
        if (!db_lookalike_see(connection, before, error) ||
            !service_audit(connection, work->identity, "lookalike.see", &before->first_id,
                           json_pack("{s:o, s:b}", "other", base_json_uuid(&before->second_id),
                                     "seen", work->seen),
                           error))
            return false;
    }
    work->pair = db_lookalike_find(connection, &work->first_id, &work->second_id, error);
    return work->pair != NULL;
}

struct db_lookalike *service_lookalike_see(struct service *service,
                                           const struct service_identity *identity,
                                           const struct base_uuid *one,
                                           const struct base_uuid *other, bool seen, GError **error)
{
    struct see_work work = {identity, *one, *other, seen, NULL};

    db_lookalike_order(&work.first_id, &work.second_id);
    if (db_transaction(service->db, see_body, &work, error))
        return work.pair;
    db_lookalike_free(work.pair);
    return NULL;
}
