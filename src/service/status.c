#include "service/status.h"

#include "blob/blob.h"
#include "db/query/setting.h"
#include "service/internal.h"
#include "service/keys.h"

#include <sys/statvfs.h>

#define BACKUP_SETTING "backup.last"

void service_status_clear(struct service_status *status)
{
    g_free(status->faces_trouble);
    g_free(status->model);
    *status = (struct service_status){0};
}

/* ---- the database ---- */

static gint64 free_beside(const char *path)
{
    struct statvfs room;

    if (!path || !*path || statvfs(path, &room) != 0)
        return SERVICE_STATUS_UNKNOWN;
    return (gint64)room.f_bavail * (gint64)room.f_frsize;
}

static bool read_backup(struct db_connection *connection, base_time *at, GError **error)
{
    g_autofree char *text = NULL;

    *at = 0;
    if (!db_setting_get(connection, BACKUP_SETTING, &text, error))
        return false;
    if (text && !base_time_parse(text, at))
        *at = 0;
    return true;
}

static bool read_database(struct service *service, struct service_status *status, GError **error)
{
    const gint64 before = g_get_monotonic_time();
    g_autofree char *path = NULL;

    if (!db_ping(service->db, error))
        return false;
    status->answer_ms = (double)(g_get_monotonic_time() - before) / 1000.0;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    if (!connection || !db_status_file(connection, &path, error) ||
        !db_status_read(connection, &status->counts, error) ||
        !read_backup(connection, &status->backup_at, error) ||
        !service_retention_read_on(service, connection, &status->retention, error))
        return false;
    status->database_free = free_beside(path);
    status->dialect = db_dialect_name(service->db);
    return true;
}

/* ---- the store, the faces ---- */

static void read_store(struct service *service, struct service_status *status)
{
    guint64 room = 0;
    g_autoptr(GError) problem = NULL;

    status->images_free = SERVICE_STATUS_UNKNOWN;
    status->images_kept = service->images.store != NULL;
    if (!status->images_kept)
        return;
    status->images_reachable = blob_room(service->images.store, &room, &problem);
    if (status->images_reachable)
        status->images_free = (gint64)MIN(room, (guint64)G_MAXINT64);
    else
        g_warning("The store of pictures does not answer: %s", problem->message);
}

static void read_faces(struct service *service, struct service_status *status)
{
    if (!service->recogniser) {
        status->faces_trouble = g_strdup("The face models are missing.");
        return;
    }
    status->model = g_strdup(recogniser_model_id(service->recogniser));
    status->faces_trouble = service_keys_trouble(service);
}

bool service_status_collect(struct service *service, const struct service_identity *identity,
                            struct service_status *status, GError **error)
{
    *status = (struct service_status){.at = base_time_now()};
    if (!service_allow_all(identity, CORE_ACTION_SETTING_WRITE, error) ||
        !db_schema_version(service->db, &status->schema, error) ||
        !read_database(service, status, error) ||
        !service_retention_plan(service, &status->next, error) ||
        !service_retention_last_run(service, &status->retention_ran_at, error))
        return false;
    status->mail_configured = service->mail.smtp_url && *service->mail.smtp_url;
    read_store(service, status);
    read_faces(service, status);
    return true;
}

bool service_status_backed_up(struct db *db, GError **error)
{
    char now[BASE_TIME_TEXT_SIZE];
    g_autoptr(db_connection) connection = db_acquire(db, error);

    return connection &&
           db_setting_set(connection, BACKUP_SETTING, base_time_format(base_time_now(), now),
                          base_time_now(), error);
}
