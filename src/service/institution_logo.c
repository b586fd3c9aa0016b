/* The institution's logo: a PNG in the store of pictures, under a prefix of its own that the
 * collection of pictures does not look at. It is public, so it is not sealed. */
#include "blob/blob.h"
#include "db/query/setting.h"
#include "face/image_write.h"
#include "service/institution.h"
#include "service/picture.h"

#include <string.h>

#define LOGO_SETTING "institution.logo"

enum {
    LOGO_SIDE = 512, /* pixels */
    ATTEMPTS = 3,    /* to read a logo that is being replaced */
};

/* A logo that is being set has been put and is not named yet. */
#define GRACE (3600 * BASE_TIME_SECOND)

struct logo_work {
    const struct service_identity *identity;
    const char *key; /* NULL: none any more */
    char *old;       /* what stood there */
};

static bool logo_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct logo_work *work = data;

    g_clear_pointer(&work->old, g_free);
    if (!db_setting_get(connection, LOGO_SETTING, &work->old, error))
        return false;
    if (!work->key && !work->old)
        return true;
    return db_setting_set(connection, LOGO_SETTING, work->key, base_time_now(), error) &&
           service_audit(connection, work->identity,
                         work->key ? "institution.logo" : "institution.logo_delete",
                         &work->identity->institution_id, NULL, error);
}

/* Stores which logo stands and deletes the one before. */
static bool store_logo(struct service *service, const struct service_identity *identity,
                       const char *key, GError **error)
{
    struct logo_work work = {.identity = identity, .key = key};
    const bool ok = db_transaction(service->db, logo_body, &work, error);

    if (ok && work.old) {
        g_autoptr(GPtrArray) keys = g_ptr_array_new();
        g_ptr_array_add(keys, work.old);
        service_blobs_delete(service, keys);
    }
    g_free(work.old);
    return ok;
}

static GBytes *make_png(struct service *service, const void *data, size_t size, GError **error)
{
    struct face_image_limits limits = service->images.limits;
    struct face_image image, small;

    limits.side_hint = LOGO_SIDE;
    if (!face_image_decode(data, size, &limits, &image, error))
        return NULL;
    const struct face_crop whole = {0, 0, (float)image.width, (float)image.height};
    service_picture_scale(&image, &whole, LOGO_SIDE, &small);
    face_image_finish(&image);
    GBytes *png = face_image_encode_png(&small, error);
    face_image_finish(&small);
    return png;
}

bool service_institution_logo_set(struct service *service, const struct service_identity *identity,
                                  const void *data, size_t size, GError **error)
{
    char name[BASE_UUID_TEXT_SIZE];
    struct base_uuid id;

    if (!service_allow_all(identity, CORE_ACTION_SETTING_WRITE, error) ||
        !service_images_ready(service, error))
        return false;
    const char *prefix = service_images_prefix(service, error);
    g_autoptr(GBytes) png = prefix ? make_png(service, data, size, error) : NULL;
    if (!png)
        return false;
    base_uuid_new(&id);
    g_autofree char *key = g_strconcat("logo/", prefix, base_uuid_format(&id, name), NULL);
    if (!blob_put(service->images.store, key, g_bytes_get_data(png, NULL), g_bytes_get_size(png),
                  error))
        return false;
    return store_logo(service, identity, key, error);
}

bool service_institution_logo_delete(struct service *service,
                                     const struct service_identity *identity, GError **error)
{
    return service_allow_all(identity, CORE_ACTION_SETTING_WRITE, error) &&
           store_logo(service, identity, NULL, error);
}

static bool logo_key(struct service *service, char **key, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    return connection && db_setting_get(connection, LOGO_SETTING, key, error);
}

bool service_institution_logo_collect(struct service *service, GError **error)
{
    const base_time before = base_time_now() - GRACE;
    const char *prefix = service->images.store ? service_images_prefix(service, error) : NULL;
    g_autofree char *logos = prefix ? g_strconcat("logo/", prefix, NULL) : NULL;
    g_autofree char *key = NULL;
    struct blob_page page = {0};

    if (!service->images.store)
        return true;
    /* More than a page of them comes with the next collection. */
    if (!logos || !logo_key(service, &key, error) ||
        !blob_list(service->images.store, logos, NULL, BLOB_PAGE_MAX, &page, error))
        return false;
    for (guint i = 0; i < page.entries->len; i++) {
        const struct blob_entry *entry = &g_array_index(page.entries, struct blob_entry, i);
        if (entry->modified_at < before && g_strcmp0(entry->key, key) != 0)
            (void)blob_delete(service->images.store, entry->key, NULL);
    }
    blob_page_clear(&page);
    return true;
}

GBytes *service_institution_logo(struct service *service, GError **error)
{
    if (!service_images_ready(service, error))
        return NULL;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        g_autofree char *key = NULL;
        GError *problem = NULL;
        if (!logo_key(service, &key, error))
            return NULL;
        if (!key)
            break;
        GBytes *png = blob_get(service->images.store, key, NULL, NULL, &problem);
        if (png)
            return png;
        if (!g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND)) {
            g_propagate_error(error, problem);
            return NULL;
        }
        g_error_free(problem);
    }
    base_fail(error, BASE_ERROR_NOT_FOUND, "The institution has no logo.");
    return NULL;
}
