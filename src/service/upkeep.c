/* What keeps the pictures in order: collecting what nothing names, checking, sealing anew. */
#include "auth/keyring.h"
#include "blob/blob.h"
#include "db/query/image.h"
#include "service/images.h"
#include "service/picture.h"
#include "service/retention.h"

#include <string.h>

enum {
    PAGE_ROWS = 100,
};

/* An enrolment under way has put its blobs and not yet committed its rows. */
#define GRACE (3600 * BASE_TIME_SECOND)
#define DAY (24 * 3600 * BASE_TIME_SECOND)

/* ---- collecting ---- */

/* Deletes the rows of a page; `keys` gets their blobs. */
static bool frames_delete_page(struct service *service, base_time before, GPtrArray *keys,
                               GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    g_autoptr(GPtrArray) images =
        connection ? db_image_list_marks_before(connection, before, PAGE_ROWS, error) : NULL;

    for (guint i = 0; images && i < images->len; i++) {
        struct core_image *image = images->pdata[i];
        GError *problem = NULL;
        if (!db_image_delete(connection, &image->id, &problem) &&
            !g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND)) {
            g_propagate_error(error, problem);
            return false;
        }
        g_clear_error(&problem); /* another node was quicker */
        g_ptr_array_add(keys, g_steal_pointer(&image->blob_key));
    }
    return images != NULL;
}

bool service_frames_collect(struct service *service, bool dry_run, gint64 *count, GError **error)
{
    struct service_retention retention;

    if (!service_retention_read(service, &retention, error))
        return false;
    const base_time before = base_time_now() - retention.mark_picture_days * DAY;

    if (dry_run) {
        g_autoptr(db_connection) connection = db_acquire(service->db, error);
        return connection && db_image_count_marks_before(connection, before, count, error);
    }
    for (bool more = true; more;) {
        g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
        const bool ok = frames_delete_page(service, before, keys, error);
        service_blobs_delete(service, keys);
        *count += keys->len;
        if (!ok)
            return false;
        more = keys->len == PAGE_ROWS;
    }
    return true;
}

/* Which of a page's blobs are old enough and have no row. */
static bool unnamed_find(struct service *service, const struct blob_page *page, base_time before,
                         GPtrArray *keys, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    for (guint i = 0; connection && i < page->entries->len; i++) {
        const struct blob_entry *entry = &g_array_index(page->entries, struct blob_entry, i);
        bool named = true;
        if (entry->modified_at >= before)
            continue;
        if (!db_image_names_blob(connection, entry->key, &named, error))
            return false;
        if (!named)
            g_ptr_array_add(keys, entry->key);
    }
    return connection != NULL;
}

static bool blobs_collect(struct service *service, base_time before, bool dry_run, gint64 *count,
                          GError **error)
{
    const char *prefix = service_images_prefix(service, error);
    g_autofree char *cursor = NULL;
    struct blob_page page = {0};
    bool ok = prefix != NULL;

    while (ok) {
        g_autoptr(GPtrArray) keys = g_ptr_array_new();
        ok = blob_list(service->images.store, prefix, cursor, BLOB_PAGE_MAX, &page, error) &&
             unnamed_find(service, &page, before, keys, error);
        if (!ok)
            break;
        *count += keys->len;
        if (!dry_run)
            service_blobs_delete(service, keys);
        g_free(cursor);
        cursor = g_steal_pointer(&page.cursor);
        if (!cursor)
            break;
    }
    blob_page_clear(&page);
    return ok;
}

bool service_images_gc(struct service *service, bool dry_run, struct service_images_swept *swept,
                       GError **error)
{
    const base_time before = base_time_now() - GRACE;

    *swept = (struct service_images_swept){0};
    return service_images_ready(service, error) &&
           service_frames_collect(service, dry_run, &swept->frames, error) &&
           blobs_collect(service, before, dry_run, &swept->blobs, error) &&
           blob_sweep(service->images.store, before, dry_run, &swept->uploads, error);
}

/* ---- every row ---- */

/* False with an error ends the walk. */
typedef bool (*row_visitor)(struct service *service, struct core_image *image, gpointer data,
                            GError **error);

/* Visits all rows, or those that another key sealed, page by page and without holding a
 * connection. */
static bool rows_each(struct service *service, bool sealed_otherwise, row_visitor visit,
                      gpointer data, GError **error)
{
    struct base_uuid after = {0};
    struct auth_keys *keys = auth_keyring_keys(service->keys);
    const guint32 current = auth_keys_current(keys);

    auth_keys_unref(keys);
    for (guint n = PAGE_ROWS; n == PAGE_ROWS;) {
        g_autoptr(db_connection) connection = db_acquire(service->db, error);
        if (!connection)
            return false;
        g_autoptr(GPtrArray) images =
            sealed_otherwise
                ? db_image_list_sealed_otherwise(connection, current, &after, PAGE_ROWS, error)
                : db_image_list(connection, &after, PAGE_ROWS, error);
        g_clear_pointer(&connection, db_release);
        if (!images)
            return false;
        n = images->len;
        for (guint i = 0; i < n; i++) {
            struct core_image *image = images->pdata[i];
            after = image->id;
            if (!visit(service, image, data, error))
                return false;
        }
    }
    return true;
}

/* Whether a picture's trouble is its own and not the store's or the database's. */
static bool is_own_trouble(const GError *problem)
{
    return g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND) ||
           g_error_matches(problem, BASE_ERROR, BASE_ERROR_CORRUPT) ||
           g_error_matches(problem, BASE_ERROR, BASE_ERROR_INVALID);
}

/* The row as it is now, or NULL without an error when it is gone. */
static struct core_image *row_again(struct service *service, const struct base_uuid *id,
                                    GError **error)
{
    GError *problem = NULL;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    struct core_image *image = connection ? db_image_find(connection, id, &problem) : NULL;

    if (g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND))
        g_clear_error(&problem);
    if (problem)
        g_propagate_error(error, problem);
    return image;
}

/* Whether the row still names the blob that could not be read: it may have been replaced or deleted
 * since the page was read. */
static bool row_stands(struct service *service, const struct core_image *image, bool *stands,
                       GError **error)
{
    GError *problem = NULL;
    g_autoptr(core_image) now = row_again(service, &image->id, &problem);

    if (problem) {
        g_propagate_error(error, problem);
        return false;
    }
    *stands = now && strcmp(now->blob_key, image->blob_key) == 0;
    return true;
}

/* ---- checking ---- */

struct check_work {
    GPtrArray *findings;
    gint64 checked;
};

static bool check_one(struct service *service, struct core_image *image, gpointer data,
                      GError **error)
{
    struct check_work *work = data;
    char id[BASE_UUID_TEXT_SIZE];
    GError *problem = NULL;
    bool stands = false;

    work->checked++;
    g_autoptr(GBytes) plain = service_picture_get(service, image, &problem);
    if (plain)
        return true;
    if (!is_own_trouble(problem)) {
        g_propagate_error(error, problem);
        return false;
    }
    const bool missing = g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND);
    g_error_free(problem);
    if (!row_stands(service, image, &stands, error))
        return false;
    if (stands)
        g_ptr_array_add(work->findings,
                        g_strdup_printf("The %s picture %s %s.", core_image_kind_name(image->kind),
                                        base_uuid_format(&image->id, id),
                                        missing ? "is missing in the store of pictures"
                                                : "does not open, or is not what was stored"));
    return true;
}

bool service_images_check(struct service *service, GPtrArray *findings, gint64 *checked,
                          GError **error)
{
    struct check_work work = {findings, 0};
    const bool ok =
        service_images_ready(service, error) && rows_each(service, false, check_one, &work, error);

    if (checked)
        *checked = work.checked;
    return ok;
}

/* ---- sealing anew ---- */

struct reseal_work {
    gint64 resealed, failed;
};

/* The new blob first, then the row, then the old blob: whatever is interrupted, the row names a
 * blob that is there. */
static bool reseal_row(struct service *service, const struct core_image *before,
                       const struct core_image *image, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    return connection && db_image_replace_blob(connection, &image->id, before->blob_key,
                                               image->blob_key, true, image->key_id, error);
}

static bool reseal_one(struct service *service, struct core_image *before, gpointer data,
                       GError **error)
{
    struct reseal_work *work = data;
    struct core_image image = {.id = before->id, .user_id = before->user_id, .kind = before->kind};
    GError *problem = NULL;
    g_autoptr(GPtrArray) keys = g_ptr_array_new();
    g_autoptr(GBytes) plain = service_picture_get(service, before, &problem);

    if (plain && service_picture_reseal(service, plain, &image, &problem)) {
        const bool stored = reseal_row(service, before, &image, &problem);
        g_ptr_array_add(keys, stored ? before->blob_key : image.blob_key);
        if (stored)
            service_blobs_delete(service, keys);
        else
            service_blobs_discard(service, keys);
        work->resealed += stored;
    }
    core_image_clear(&image);
    if (!problem)
        return true;
    if (!is_own_trouble(problem)) {
        g_propagate_error(error, problem);
        return false;
    }
    g_error_free(problem);
    bool stands = false;
    if (!row_stands(service, before, &stands, error))
        return false;
    work->failed += stands;
    return true;
}

bool service_images_reseal(struct service *service, gint64 *resealed, gint64 *failed,
                           GError **error)
{
    struct reseal_work work = {0};
    const bool ok =
        service_images_ready(service, error) && rows_each(service, true, reseal_one, &work, error);

    if (resealed)
        *resealed = work.resealed;
    if (failed)
        *failed = work.failed;
    return ok;
}
