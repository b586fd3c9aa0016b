#include "service/gallery.h"

#include "db/query/template.h"
#include "db/query/user.h"
#include "service/internal.h"
#include "service/lookalikes.h"

#include <string.h>

enum { GALLERY_FAULTS_MAX = 1000 };

bool service_template_open(struct service *service, const struct core_template *face,
                           float values[FACE_TEMPLATE_N], GError **error)
{
    gsize plain_n = 0;

    if (strcmp(face->model, recogniser_model_id(service->recogniser)) != 0)
        return base_fail(error, BASE_ERROR_UNSUPPORTED,
                         "The face template was made by another model.");
    GBytes *plain = service_seal_open(service->keys, face, error);
    if (!plain)
        return false;
    const void *bytes = g_bytes_get_data(plain, &plain_n);
    /* Before there was a second network a template was its first part alone. */
    const bool ok =
        plain_n == FACE_TEMPLATE_N * sizeof(float) || plain_n == FACE_EMBEDDING_N * sizeof(float);
    memset(values, 0, FACE_TEMPLATE_N * sizeof(float));
    if (ok)
        memcpy(values, bytes, plain_n);
    else
        base_fail(error, BASE_ERROR_CORRUPT, "The face template has an impossible length.");
    g_bytes_unref(plain);
    return ok;
}

static void fault_free(gpointer data)
{
    struct service_gallery_fault *fault = data;

    g_free(fault->reason);
    g_free(fault);
}

void service_gallery_report_clear(struct service_gallery_report *report)
{
    g_clear_pointer(&report->faults, g_ptr_array_unref);
    *report = (struct service_gallery_report){0};
}

static void fault_log(const struct core_template *face, const GError *problem)
{
    char user[BASE_UUID_TEXT_SIZE], id[BASE_UUID_TEXT_SIZE];

    g_warning("Face template %s of person %s is left out: %s", base_uuid_format(&face->id, id),
              base_uuid_format(&face->user_id, user), problem->message);
}

static GArray *templates_read(struct service *service, struct db_connection *connection,
                              const struct base_uuid *user_id, bool held, GError **error)
{
    g_autoptr(GPtrArray) faces = db_template_list_user(connection, user_id, error);

    if (!faces)
        return NULL;
    GArray *values = g_array_new(FALSE, FALSE, sizeof(float));
    for (guint i = 0; i < faces->len; i++) {
        const struct core_template *face = faces->pdata[i];
        float one[FACE_TEMPLATE_N];
        g_autoptr(GError) problem = NULL;
        if (face->held && !held)
            continue;
        if (service_template_open(service, face, one, &problem)) {
            g_array_append_vals(values, one, FACE_TEMPLATE_N);
        } else {
            __atomic_store_n(&service->gallery_faulty, true, __ATOMIC_RELEASE);
            fault_log(face, problem);
        }
    }
    return values;
}

GArray *service_templates_of(struct service *service, struct db_connection *connection,
                             const struct base_uuid *user_id, GError **error)
{
    return templates_read(service, connection, user_id, false, error);
}

GArray *service_templates_stored(struct service *service, struct db_connection *connection,
                                 const struct base_uuid *user_id, GError **error)
{
    return templates_read(service, connection, user_id, true, error);
}

/* ---- one person; the gallery lock is held ---- */

static void gallery_remove(struct service *service, const struct base_uuid *user_id)
{
    recognise_person_remove(service->recogniser, user_id);
    g_hash_table_remove(service->gallery_people, user_id);
}

/* A template that opens but is no unit vector was damaged before it was sealed; its person is left
 * out rather than keeping everybody else out. */
static void gallery_set(struct service *service, const struct base_uuid *user_id, GArray *values)
{
    g_autoptr(GError) problem = NULL;
    char id[BASE_UUID_TEXT_SIZE];

    if (values->len == 0) {
        gallery_remove(service, user_id);
        return;
    }
    if (!recognise_person_set(service->recogniser, user_id, (const float *)(void *)values->data,
                              values->len / FACE_TEMPLATE_N, &problem)) {
        g_warning("Person %s is left out of the gallery: %s", base_uuid_format(user_id, id),
                  problem->message);
        gallery_remove(service, user_id);
        return;
    }
    g_hash_table_add(service->gallery_people, g_memdup2(user_id, sizeof *user_id));
}

/* ---- everybody ---- */

struct gallery_loader {
    struct service *service;
    struct service_gallery_report report;
    struct base_uuid user_id; /* whose templates are being gathered */
    GArray *values;           /* float */
    GHashTable *seen;         /* struct base_uuid * of everybody with usable templates */
    gint64 revision;
};

static void loader_fault(struct gallery_loader *loader, const struct core_template *face,
                         const GError *problem)
{
    if (g_error_matches(problem, BASE_ERROR, BASE_ERROR_UNSUPPORTED))
        loader->report.other_model++;
    else
        loader->report.unreadable++;
    if (loader->report.faults->len >= GALLERY_FAULTS_MAX)
        return;
    struct service_gallery_fault *fault = g_new0(struct service_gallery_fault, 1);
    fault->user_id = face->user_id;
    fault->template_id = face->id;
    fault->reason = g_strdup(problem->message);
    g_ptr_array_add(loader->report.faults, fault);
}

static void loader_flush(struct gallery_loader *loader)
{
    if (loader->values->len == 0)
        return;
    gallery_set(loader->service, &loader->user_id, loader->values);
    g_hash_table_add(loader->seen, g_memdup2(&loader->user_id, sizeof loader->user_id));
    g_array_set_size(loader->values, 0);
}

static bool loader_visit(const struct core_template *face, gpointer data, GError **error)
{
    struct gallery_loader *loader = data;
    float values[FACE_TEMPLATE_N];
    g_autoptr(GError) problem = NULL;

    (void)error;
    if (!base_uuid_equal(&loader->user_id, &face->user_id))
        loader_flush(loader);
    loader->user_id = face->user_id;
    if (!service_template_open(loader->service, face, values, &problem)) {
        loader_fault(loader, face, problem);
        return true;
    }
    loader->report.templates++;
    g_array_append_vals(loader->values, values, FACE_TEMPLATE_N);
    return true;
}

/* Forgets what a run that lost its connection has read. */
static void loader_reset(struct gallery_loader *loader)
{
    service_gallery_report_clear(&loader->report);
    loader->report.faults = g_ptr_array_new_with_free_func(fault_free);
    loader->user_id = (struct base_uuid){0};
    g_array_set_size(loader->values, 0);
    g_hash_table_remove_all(loader->seen);
}

static bool loader_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct gallery_loader *loader = data;
    gint64 people = 0;

    loader_reset(loader);
    if (!db_face_revision(connection, &loader->revision, error) ||
        !db_template_count(connection, NULL, &people, error))
        return false;
    recognise_people_reserve(loader->service->recogniser, (size_t)people);
    if (!db_template_each(connection, NULL, loader_visit, loader, error))
        return false;
    loader_flush(loader);
    return true;
}

/* Takes out who was there before and no longer is. Nobody disappears while loading, so searches in
 * the meantime still find everybody. */
static void loader_sweep(struct gallery_loader *loader)
{
    g_autoptr(GList) people = g_hash_table_get_keys(loader->service->gallery_people);

    for (GList *at = people; at; at = at->next)
        if (!g_hash_table_contains(loader->seen, at->data)) {
            const struct base_uuid id = *(const struct base_uuid *)at->data;
            gallery_remove(loader->service, &id);
        }
}

/* The gallery lock is held. */
static bool gallery_load_on(struct service *service, struct db_connection *connection,
                            struct service_gallery_report *report, GError **error)
{
    struct gallery_loader loader = {
        .service = service,
        .values = g_array_new(FALSE, FALSE, sizeof(float)),
        .seen = g_hash_table_new_full(base_uuid_hash, base_uuid_equal, g_free, NULL),
    };
    const uint64_t keys = auth_keyring_version(service->keys);
    const bool ok = db_snapshot_on(connection, loader_body, &loader, error) &&
                    service_lookalikes_load_on(service, connection, error);

    if (ok) {
        loader_sweep(&loader);
        __atomic_store_n(&service->gallery_faulty, loader.report.unreadable > 0, __ATOMIC_RELEASE);
        __atomic_store_n(&service->gallery_keys, keys, __ATOMIC_RELEASE);
        __atomic_store_n(&service->gallery_revision, loader.revision, __ATOMIC_RELEASE);
        loader.report.people = (gint64)recognise_people_count(service->recogniser);
        if (loader.report.unreadable + loader.report.other_model > 0)
            g_warning("%" G_GINT64_FORMAT " face templates cannot be read and %" G_GINT64_FORMAT
                      " are of another model; they are left out.",
                      loader.report.unreadable, loader.report.other_model);
    }
    if (ok && report)
        *report = loader.report;
    else
        service_gallery_report_clear(&loader.report);
    g_array_unref(loader.values);
    g_hash_table_destroy(loader.seen);
    return ok;
}

bool service_gallery_load(struct service *service, struct service_gallery_report *report,
                          GError **error)
{
    if (report)
        *report = (struct service_gallery_report){0};
    if (!service_faces_ready(service, error))
        return false;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    if (!connection)
        return false;
    g_mutex_lock(&service->gallery_lock);
    const bool ok = gallery_load_on(service, connection, report, error);
    g_mutex_unlock(&service->gallery_lock);
    return ok;
}

struct rebuild_audit {
    const struct service_identity *identity;
    const struct service_gallery_report *report;
};

static bool rebuild_audit_body(struct db_connection *connection, gpointer data, GError **error)
{
    const struct rebuild_audit *work = data;

    return service_audit(connection, work->identity, "faces.rebuild", NULL,
                         json_pack("{s:I, s:I, s:I, s:I}", "people", work->report->people,
                                   "templates", work->report->templates, "unreadable",
                                   work->report->unreadable, "other_model",
                                   work->report->other_model),
                         error);
}

bool service_gallery_rebuild(struct service *service, const struct service_identity *identity,
                             struct service_gallery_report *report, GError **error)
{
    struct rebuild_audit audit = {identity, report};

    *report = (struct service_gallery_report){0};
    if (!service_allow_all(identity, CORE_ACTION_FACE_WRITE, error) ||
        !service_gallery_load(service, report, error))
        return false;
    if (db_transaction(service->db, rebuild_audit_body, &audit, error))
        return true;
    service_gallery_report_clear(report);
    return false;
}

/* ---- what changed since ---- */

/* The gallery lock is held. */
static bool gallery_apply(struct service *service, struct db_connection *connection,
                          const struct core_user *user, GError **error)
{
    if (!user->active || user->deleted_at) {
        gallery_remove(service, &user->id);
        return true;
    }
    g_autoptr(GArray) values = service_templates_of(service, connection, &user->id, error);
    if (!values)
        return false;
    gallery_set(service, &user->id, values);
    return true;
}

static bool gallery_is_current(struct service *service, gint64 revision)
{
    return revision == __atomic_load_n(&service->gallery_revision, __ATOMIC_ACQUIRE) &&
           auth_keyring_version(service->keys) ==
               __atomic_load_n(&service->gallery_keys, __ATOMIC_ACQUIRE);
}

/* The gallery lock is held. */
static bool gallery_catch_up(struct service *service, struct db_connection *connection,
                             GError **error)
{
    const uint64_t keys = auth_keyring_version(service->keys);
    gint64 revision = 0;

    /* Read first: a change between the two reads is applied now and once more next time. */
    if (!db_face_revision(connection, &revision, error))
        return false;
    if (gallery_is_current(service, revision))
        return true;
    /* Other keys may open what did not open; an older database was put in place; nothing was loaded
     * yet, because the key was not there. */
    if ((keys != service->gallery_keys && service->gallery_faulty) ||
        revision < service->gallery_revision || service->gallery_revision == 0)
        return gallery_load_on(service, connection, NULL, error);
    g_autoptr(GPtrArray) changed =
        db_user_list_changed(connection, service->gallery_revision, error);
    if (!changed)
        return false;
    for (guint i = 0; i < changed->len; i++)
        if (!gallery_apply(service, connection, changed->pdata[i], error))
            return false;
    if (!service_lookalikes_load_on(service, connection, error))
        return false;
    __atomic_store_n(&service->gallery_keys, keys, __ATOMIC_RELEASE);
    __atomic_store_n(&service->gallery_revision, revision, __ATOMIC_RELEASE);
    return true;
}

bool service_gallery_sync_on(struct service *service, struct db_connection *connection,
                             GError **error)
{
    gint64 revision = 0;

    if (!db_face_revision(connection, &revision, error))
        return false;
    if (gallery_is_current(service, revision))
        return true;
    g_mutex_lock(&service->gallery_lock);
    const bool ok = gallery_catch_up(service, connection, error);
    g_mutex_unlock(&service->gallery_lock);
    return ok;
}

bool service_gallery_sync(struct service *service, GError **error)
{
    if (!service_faces_ready(service, error))
        return false;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    return connection && service_gallery_sync_on(service, connection, error);
}

void service_gallery_refresh(struct service *service)
{
    g_autoptr(GError) problem = NULL;

    /* Without the key there is none, which was said at the start. */
    if (service->recogniser &&
        auth_keyring_look(service->keys, NULL, NULL) != AUTH_KEYRING_REFUSED &&
        !service_gallery_sync(service, &problem))
        g_warning("The gallery could not be brought up to date: %s", problem->message);
}
