#include "service/duplicates.h"

#include "db/query/lookalike.h"
#include "db/query/template.h"
#include "db/query/user.h"
#include "service/images.h"
#include "service/internal.h"
#include "service/lookalikes.h"
#include "service/picture.h"

/* ---- opened by an enrolment, ended by what becomes of the people ---- */

bool service_duplicate_open_on(struct db_connection *connection,
                               const struct service_identity *identity,
                               const struct base_uuid *user_id, const struct base_uuid *other_id,
                               double score, base_time now, GError **error)
{
    struct db_duplicate duplicate = {
        .user_id = *user_id,
        .other_id = *other_id,
        .score = score,
        .created_at = now,
        .updated_at = now,
    };
    char other[BASE_UUID_TEXT_SIZE];

    base_uuid_new(&duplicate.id);
    return db_duplicate_insert(connection, &duplicate, error) &&
           service_audit(connection, identity, "duplicate.open", user_id,
                         json_pack("{s:s}", "other_id", base_uuid_format(other_id, other)), error);
}

bool service_duplicate_forget_on(struct db_connection *connection, const struct base_uuid *user_id,
                                 GError **error)
{
    g_autoptr(GArray) waiting = db_duplicate_waiting(connection, user_id, error);

    for (guint i = 0; waiting && i < waiting->len; i++) {
        const struct base_uuid *id = &g_array_index(waiting, struct base_uuid, i);
        if (!db_template_release(connection, id, NULL, error) ||
            !db_face_revision_bump(connection, id, error))
            return false;
    }
    return waiting != NULL;
}

/* ---- listing ---- */

GPtrArray *service_duplicate_list(struct service *service, const struct service_identity *identity,
                                  int state, const struct db_page *page, gint64 *total,
                                  GError **error)
{
    if (!service_allow_all(identity, CORE_ACTION_FACE_WRITE, error))
        return NULL;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    return connection ? db_duplicate_list(connection, state, page, total, error) : NULL;
}

struct db_duplicate *service_duplicate_find(struct service *service,
                                            const struct service_identity *identity,
                                            const struct base_uuid *id, GError **error)
{
    if (!service_allow_all(identity, CORE_ACTION_FACE_WRITE, error))
        return NULL;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    return connection ? db_duplicate_find(connection, id, error) : NULL;
}

/* ---- settling ---- */

struct settle_work {
    struct service *service;
    const struct service_identity *identity;
    struct base_uuid id;
    enum service_duplicate_decision decision;
    GPtrArray *blobs;            /* of the photos that go */
    struct db_duplicate *result; /* as it is afterwards */
};

static bool note_lookalikes(struct db_connection *connection, const struct db_duplicate *duplicate,
                            base_time now, GError **error)
{
    struct db_lookalike pair = {
        .first_id = duplicate->user_id,
        .second_id = duplicate->other_id,
        .score = duplicate->score,
        .found_at = now,
    };

    db_lookalike_order(&pair.first_id, &pair.second_id);
    return db_lookalike_put(connection, &pair, NULL, error);
}

/* The held photos take part from now on. */
static bool release(struct db_connection *connection, const struct base_uuid *user_id,
                    GError **error)
{
    return db_template_release(connection, user_id, NULL, error) &&
           db_face_revision_bump(connection, user_id, error);
}

static bool delete_faces(struct db_connection *connection, struct settle_work *work,
                         const struct base_uuid *user_id, GError **error)
{
    gint64 removed = 0;

    return service_blobs_of(connection, user_id, CORE_IMAGE_ENROLMENT, NULL, work->blobs, error) &&
           db_template_delete_user(connection, user_id, &removed, error) &&
           db_face_revision_bump(connection, user_id, error) &&
           service_audit(connection, work->identity, "faces.delete", user_id,
                         json_pack("{s:I}", "photos", (json_int_t)removed), error);
}

static bool carry_out(struct db_connection *connection, struct settle_work *work,
                      const struct db_duplicate *duplicate, GError **error)
{
    switch (work->decision) {
    case SERVICE_DUPLICATE_DIFFERENT:
        return release(connection, &duplicate->user_id, error) &&
               note_lookalikes(connection, duplicate, duplicate->settled_at, error);
    case SERVICE_DUPLICATE_SAME:
        return delete_faces(connection, work, &duplicate->user_id, error) &&
               service_user_close_on(work->service, connection, work->identity, &duplicate->user_id,
                                     error);
    case SERVICE_DUPLICATE_SAME_KEEP_NEW:
        return release(connection, &duplicate->user_id, error) &&
               service_user_close_on(work->service, connection, work->identity,
                                     &duplicate->other_id, error);
    }
    g_return_val_if_reached(false);
}

static json_t *settle_details(const struct db_duplicate *duplicate)
{
    char id[BASE_UUID_TEXT_SIZE];
    json_t *details = json_pack("{s:s, s:s}", "decision", db_duplicate_state_name(duplicate->state),
                                "other_id", base_uuid_format(&duplicate->other_id, id));

    if (!base_uuid_is_nil(&duplicate->closed_id))
        json_object_set_new(details, "closed_id", base_json_uuid(&duplicate->closed_id));
    return details;
}

static bool settle_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct settle_work *work = data;
    bool changed = false;
    g_autoptr(db_duplicate) duplicate = db_duplicate_find(connection, &work->id, error);

    g_clear_pointer(&work->result, db_duplicate_free);
    g_ptr_array_set_size(work->blobs, 0);
    if (!duplicate)
        return false;
    duplicate->state =
        work->decision == SERVICE_DUPLICATE_DIFFERENT ? DB_DUPLICATE_DIFFERENT : DB_DUPLICATE_SAME;
    if (work->decision == SERVICE_DUPLICATE_SAME)
        duplicate->closed_id = duplicate->user_id;
    else if (work->decision == SERVICE_DUPLICATE_SAME_KEEP_NEW)
        duplicate->closed_id = duplicate->other_id;
    duplicate->settled_by = work->identity->user_id;
    duplicate->settled_at = duplicate->updated_at = base_time_now();
    if (!db_duplicate_settle(connection, duplicate, &changed, error))
        return false;
    if (!changed)
        return base_fail(error, BASE_ERROR_CONFLICT, "This has been decided already.");
    if (!carry_out(connection, work, duplicate, error) ||
        !service_audit(connection, work->identity, "duplicate.settle", &duplicate->user_id,
                       settle_details(duplicate), error))
        return false;
    work->result = db_duplicate_find(connection, &work->id, error);
    return work->result != NULL;
}

struct db_duplicate *service_duplicate_settle(struct service *service,
                                              const struct service_identity *identity,
                                              const struct base_uuid *id,
                                              enum service_duplicate_decision decision,
                                              GError **error)
{
    g_autoptr(GPtrArray) blobs = g_ptr_array_new_with_free_func(g_free);
    struct settle_work work = {service, identity, *id, decision, blobs, NULL};

    if (!service_allow_all(identity, CORE_ACTION_FACE_WRITE, error))
        return NULL;
    if (!db_transaction(service->db, settle_body, &work, error)) {
        db_duplicate_free(work.result);
        return NULL;
    }
    service_blobs_delete(service, blobs);
    service_gallery_refresh(service);
    /* Photos that were held were compared with nobody but the other one. */
    service_lookalikes_update(service, &work.result->user_id);
    return work.result;
}
