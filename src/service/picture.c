#include "service/picture.h"

#include "auth/seal.h"
#include "blob/blob.h"
#include "db/query/image.h"
#include "face/image_write.h"
#include "face/resample.h"

#include <math.h>
#include <string.h>

#define MEDIA_TYPE "image/jpeg"
#define SEAL_PURPOSE "image" /* no model's id: those are digests */

/* ---- making ---- */

/* The piece in pixels of the decoded picture, which the decoder may have scaled down. */
static struct face_crop piece_crop(const struct face_image *image,
                                   const struct service_piece *piece)
{
    struct face_crop crop = {0, 0, (float)image->width, (float)image->height};

    if (piece->width <= 0)
        return crop;
    const float scale = image->scale;
    crop.x = CLAMP(floorf(piece->box.x / scale), 0, (float)(image->width - 1));
    crop.y = CLAMP(floorf(piece->box.y / scale), 0, (float)(image->height - 1));
    crop.width = CLAMP(floorf(piece->box.width / scale), 1, (float)image->width - crop.x);
    crop.height = CLAMP(floorf(piece->box.height / scale), 1, (float)image->height - crop.y);
    return crop;
}

void service_picture_scale(const struct face_image *image, const struct face_crop *crop,
                           int side_max, struct face_image *small)
{
    const float shrink = MIN(1.0F, (float)side_max / MAX(crop->width, crop->height));
    const int width = MAX(1, (int)lrintf(crop->width * shrink));
    const int height = MAX(1, (int)lrintf(crop->height * shrink));
    const size_t n = (size_t)width * (size_t)height * 3;
    g_autofree float *values = g_new(float, n);

    face_resample_area(image, crop, values, width, height);
    face_image_init(small, width, height);
    for (size_t i = 0; i < n; i++)
        small->rgb[i] = (uint8_t)CLAMP(lrintf(values[i]), 0, 255);
}

/* As good as fits into what can be sealed at once: only noise does not at the first try. */
static GBytes *encode(const struct face_image *image, GError **error)
{
    static const int QUALITIES[] = {90, 75, 50, 25};

    for (size_t i = 0; i < G_N_ELEMENTS(QUALITIES); i++) {
        GBytes *jpeg = face_image_encode_jpeg(image, QUALITIES[i], error);
        if (!jpeg || g_bytes_get_size(jpeg) <= AUTH_SEAL_PLAIN_MAX)
            return jpeg;
        g_bytes_unref(jpeg);
    }
    base_fail(error, BASE_ERROR_TOO_LARGE, "The picture is too large to be kept.");
    return NULL;
}

GBytes *service_picture_make(const struct service *service, const struct recognise_picture *picture,
                             const struct service_piece *piece, int side_max, GError **error)
{
    static const struct service_piece WHOLE;
    struct face_image_limits limits = service->images.limits;
    struct face_image image, small;

    if (!piece)
        piece = &WHOLE;
    /* The piece, not the picture, is to have so many pixels when the decoder scales down. */
    const float part = piece->width > 0 ? MAX(piece->box.width, piece->box.height) /
                                              (float)MAX(piece->width, piece->height)
                                        : 1;
    limits.side_hint = (int)((float)side_max / CLAMP(part, 0.01F, 1.0F));
    if (!face_image_decode(picture->data, picture->size, &limits, &image, error))
        return NULL;
    const struct face_crop crop = piece_crop(&image, piece);
    service_picture_scale(&image, &crop, side_max, &small);
    face_image_finish(&image);
    GBytes *jpeg = encode(&small, error);
    face_image_finish(&small);
    return jpeg;
}

struct service_piece service_piece_square(const struct face_box *face, int width, int height,
                                          float room)
{
    const float wanted = MAX(face->width, face->height) * (1 + 2 * room);
    const float side = MIN(wanted, (float)MIN(width, height));
    const float x = face->x + face->width / 2 - side / 2;
    const float y = face->y + face->height / 2 - side / 2;

    return (struct service_piece){
        .box = {.x = CLAMP(x, 0, (float)width - side),
                .y = CLAMP(y, 0, (float)height - side),
                .width = side,
                .height = side},
        .width = width,
        .height = height,
    };
}

/* ---- keeping ---- */

bool service_images_ready(const struct service *service, GError **error)
{
    return service->images.store ||
           base_fail(error, BASE_ERROR_UNAVAILABLE, "There is no store for pictures.");
}

const char *service_images_prefix(struct service *service, GError **error)
{
    char id[BASE_UUID_TEXT_SIZE];

    g_mutex_lock(&service->images_lock);
    const char *prefix = service->images_prefix;
    g_mutex_unlock(&service->images_lock);
    if (prefix)
        return prefix;
    g_autoptr(core_institution) institution = service_institution(service, error);
    if (!institution)
        return NULL;
    g_mutex_lock(&service->images_lock);
    if (!service->images_prefix)
        service->images_prefix = g_strconcat(base_uuid_format(&institution->id, id), "/", NULL);
    prefix = service->images_prefix;
    g_mutex_unlock(&service->images_lock);
    return prefix;
}

static struct auth_seal_context seal_context(const struct core_image *image)
{
    return (struct auth_seal_context){image->user_id, image->id, SEAL_PURPOSE};
}

static void digest_of(GBytes *bytes, guint8 sha256[CORE_IMAGE_DIGEST_SIZE])
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    gsize size, n = CORE_IMAGE_DIGEST_SIZE;
    const guchar *data = g_bytes_get_data(bytes, &size);

    g_checksum_update(sum, data, (gssize)size);
    g_checksum_get_digest(sum, sha256, &n);
}

/* Writes the blob under a key of its own. */
static bool put_blob(struct service *service, GBytes *jpeg, struct core_image *image,
                     GError **error)
{
    char name[BASE_UUID_TEXT_SIZE];
    struct base_uuid blob;
    gsize size;
    g_autoptr(GBytes) sealed = NULL;
    const char *prefix = service_images_prefix(service, error);

    if (!prefix)
        return false;
    if (image->sealed) {
        const struct auth_seal_context context = seal_context(image);
        const void *plain = g_bytes_get_data(jpeg, &size);
        sealed = auth_seal_close(service->keys, &context, plain, size, error);
        if (!sealed)
            return false;
        plain = g_bytes_get_data(sealed, &size);
        (void)auth_seal_key_id(plain, size, &image->key_id);
    }
    base_uuid_new(&blob);
    g_free(image->blob_key);
    image->blob_key = g_strconcat(prefix, core_image_kind_name(image->kind), "/",
                                  base_uuid_format(&blob, name), NULL);
    const void *data = g_bytes_get_data(sealed ? sealed : jpeg, &size);
    if (blob_put(service->images.store, image->blob_key, data, size, error))
        return true;
    g_clear_pointer(&image->blob_key, g_free); /* nothing to be deleted */
    return false;
}

bool service_picture_put(struct service *service, GBytes *jpeg, struct core_image *image,
                         GError **error)
{
    if (!service_images_ready(service, error))
        return false;
    base_uuid_new(&image->id);
    g_free(image->media_type);
    image->media_type = g_strdup(MEDIA_TYPE);
    image->size = (gint64)g_bytes_get_size(jpeg);
    image->sealed = service->images.sealed;
    image->created_at = base_time_now();
    digest_of(jpeg, image->sha256);
    return put_blob(service, jpeg, image, error);
}

bool service_picture_is_current(struct service *service, const struct core_image *image)
{
    g_autoptr(auth_keys) keys = auth_keyring_keys(service->keys);

    return !image->sealed || image->key_id == auth_keys_current(keys);
}

bool service_picture_insert(struct service *service, struct db_connection *connection,
                            const struct core_image *image, GError **error)
{
    if (!service_picture_is_current(service, image))
        return base_fail(error, BASE_ERROR_UNAVAILABLE,
                         "The key of the pictures was changed at this moment. Please try "
                         "again.");
    return db_image_insert(connection, image, error);
}

bool service_picture_reseal(struct service *service, GBytes *jpeg, struct core_image *image,
                            GError **error)
{
    image->sealed = true;
    return put_blob(service, jpeg, image, error);
}

GBytes *service_picture_get(struct service *service, const struct core_image *image, GError **error)
{
    guint8 sha256[CORE_IMAGE_DIGEST_SIZE];
    gsize size;

    if (!service_images_ready(service, error))
        return NULL;
    g_autoptr(GBytes) stored = blob_get(service->images.store, image->blob_key, NULL, NULL, error);
    if (!stored)
        return NULL;
    const void *data = g_bytes_get_data(stored, &size);
    const struct auth_seal_context context = seal_context(image);
    g_autoptr(GBytes) plain = image->sealed
                                  ? auth_seal_open(service->keys, &context, data, size, error)
                                  : g_bytes_ref(stored);
    if (!plain)
        return NULL;
    digest_of(plain, sha256);
    if ((gint64)g_bytes_get_size(plain) == image->size &&
        memcmp(sha256, image->sha256, sizeof sha256) == 0)
        return g_steal_pointer(&plain);
    base_fail(error, BASE_ERROR_CORRUPT, "The stored picture is damaged.");
    return NULL;
}

/* ---- deleting ---- */

void service_blobs_delete(struct service *service, const GPtrArray *keys)
{
    for (guint i = 0; service->images.store && keys && i < keys->len; i++) {
        g_autoptr(GError) problem = NULL;
        if (!blob_delete(service->images.store, keys->pdata[i], &problem))
            g_message("A picture that nothing names any more stays until the next collection: %s",
                      problem->message);
    }
}

void service_blobs_discard(struct service *service, const GPtrArray *keys)
{
    g_autoptr(GPtrArray) unnamed = g_ptr_array_new();
    g_autoptr(db_connection) connection = db_acquire(service->db, NULL);

    for (guint i = 0; connection && i < keys->len; i++) {
        bool named = true;
        if (db_image_names_blob(connection, keys->pdata[i], &named, NULL) && !named)
            g_ptr_array_add(unnamed, keys->pdata[i]);
    }
    g_clear_pointer(&connection, db_release);
    service_blobs_delete(service, unnamed);
}

bool service_blobs_of(struct db_connection *connection, const struct base_uuid *user_id,
                      enum core_image_kind kind, const struct base_uuid *template_id,
                      GPtrArray *keys, GError **error)
{
    g_autoptr(GPtrArray) images = db_image_list_user(connection, user_id, error);

    if (!images)
        return false;
    g_ptr_array_set_size(keys, 0); /* of a transaction's earlier run */
    for (guint i = 0; i < images->len; i++) {
        struct core_image *image = images->pdata[i];
        if ((kind == CORE_IMAGE_N || image->kind == kind) &&
            (!template_id || base_uuid_equal(&image->template_id, template_id)))
            g_ptr_array_add(keys, g_steal_pointer(&image->blob_key));
    }
    return true;
}
