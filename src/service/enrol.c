#include "service/enrol.h"

#include "auth/seal.h"
#include "db/query/duplicate.h"
#include "db/query/template.h"
#include "db/query/user.h"
#include "service/gallery.h"
#include "service/internal.h"
#include "service/lookalikes.h"
#include "service/picture.h"
#include "service/reviews.h"

#include <string.h>

enum {
    STORE_ATTEMPTS = 8,
    PHOTOS_ATTEMPTS = 3, /* when the key is rotated meanwhile */
    SOURCE_MAX = 40,     /* characters */
};

/* ---- storing ---- */

struct store_work {
    struct service *service;
    const struct service_identity *identity;
    struct service_batch *batch;
    const struct base_uuid *person;
    service_batch_body before;
    gpointer data;
    gint64 revision; /* of the faces that the batch was compared with */
    bool overtaken;  /* they have changed since */
    bool held;       /* until an administrator has looked */
};

static bool store_one(struct db_connection *connection, const struct store_work *work, size_t index,
                      base_time now, GError **error)
{
    struct service *service = work->service;
    struct service_photo *photo = &work->batch->enrolment->photos[index];
    const char *model = recogniser_model_id(service->recogniser);
    struct core_template face = {
        .user_id = *work->person,
        .model = (char *)model,
        .quality = CLAMP((double)photo->quality.overall, 0.0, 1.0),
        .source = (char *)work->batch->source,
        .created_at = now,
        .held = work->held,
    };

    base_uuid_new(&face.id);
    const struct auth_seal_context context = {*work->person, face.id, model};
    face.sealed =
        auth_seal_close(service->keys, &context, work->batch->values + index * FACE_TEMPLATE_N,
                        FACE_TEMPLATE_N * sizeof(float), error);
    if (!face.sealed)
        return false;
    bool ok = db_template_insert(connection, &face, error);
    g_bytes_unref(face.sealed);
    photo->template_id = face.id;
    if (ok && work->batch->images) {
        struct core_image *image = &work->batch->images[index];
        image->template_id = face.id;
        ok = service_picture_insert(service, connection, image, error);
    }
    return ok;
}

static bool store_room(struct db_connection *connection, const struct store_work *work,
                       GError **error)
{
    struct service_enrolment *enrolment = work->batch->enrolment;
    g_autoptr(core_user) user = db_user_find(connection, work->person, error);

    if (!user)
        return false;
    if (user->deleted_at)
        return base_fail(error, BASE_ERROR_NOT_FOUND, "There is no such person.");
    enrolment->face_count = user->face_count + user->faces_held + (gint64)enrolment->photos_n;
    return enrolment->face_count <= work->service->faces_max ||
           base_fail(error, BASE_ERROR_CONFLICT,
                     "image: that would be more than the %d photos kept of a person; delete old "
                     "ones first.",
                     work->service->faces_max);
}

/* Photos are held when they look like somebody else, and as long as earlier ones of the person
 * are. */
static bool store_hold(struct db_connection *connection, struct store_work *work, base_time now,
                       GError **error)
{
    const struct service_batch *batch = work->batch;
    bool open = false;

    if (!db_duplicate_is_open(connection, work->person, &open, error))
        return false;
    work->held = batch->enrolment->held || open;
    return open || !batch->enrolment->held ||
           service_duplicate_open_on(connection, work->identity, work->person,
                                     &batch->enrolment->duplicate_of,
                                     (double)batch->duplicate_score, now, error);
}

static bool store_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct store_work *work = data;
    const struct service_enrolment *enrolment = work->batch->enrolment;
    const base_time now = base_time_now();
    gint64 revision = 0;

    if (!db_face_revision(connection, &revision, error))
        return false;
    work->overtaken = revision != work->revision;
    if (work->overtaken)
        return base_fail(error, BASE_ERROR_UNAVAILABLE,
                         "Too many people are enrolling at once; please try again.");
    if (work->before && !work->before(connection, work->data, error))
        return false;
    if (!service_consent_enrol_on(connection, work->identity, work->person, error) ||
        !store_room(connection, work, error) || !store_hold(connection, work, now, error))
        return false;
    for (size_t i = 0; i < enrolment->photos_n; i++)
        if (!store_one(connection, work, i, now, error))
            return false;
    return db_face_revision_bump(connection, work->person, error) &&
           service_audit(connection, work->identity, "faces.add", work->person,
                         json_pack("{s:I, s:s, s:b}", "photos", (json_int_t)enrolment->photos_n,
                                   "source", work->batch->source, "held", work->held),
                         error);
}

/* Compares with the photos that the person has now. Only under the lock: of two first enrolments at
 * once, the second must see the face that the first has stored. */
static bool store_compare_own(struct store_work *work, GArray **apart, GError **error)
{
    struct service *service = work->service;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    g_autoptr(GArray) stored =
        connection ? service_templates_stored(service, connection, work->person, error) : NULL;

    *apart = stored ? db_duplicate_apart(connection, work->person, error) : NULL;
    if (!*apart)
        return false;
    service_batch_compare(service, work->batch, (const float *)(void *)stored->data,
                          stored->len / FACE_TEMPLATE_N);
    return true;
}

/* Compares with a gallery that is up to date, and remembers of which moment it is. */
static bool store_compare(struct store_work *work, GError **error)
{
    struct service *service = work->service;
    g_autoptr(GArray) apart = NULL;

    if (!service_gallery_sync(service, error))
        return false;
    work->revision = __atomic_load_n(&service->gallery_revision, __ATOMIC_ACQUIRE);
    if (work->batch->person && !store_compare_own(work, &apart, error))
        return false;
    if (service_batch_accepted(work->batch))
        service_batch_duplicate(service, work->batch, apart);
    return true;
}

/* The enrolment lock is held. */
static bool store_locked(struct store_work *work, GError **error)
{
    for (int attempt = 1;; attempt++) {
        GError *problem = NULL;
        if (!store_compare(work, error))
            return false;
        if (!service_batch_accepted(work->batch))
            return true;
        if (db_transaction(work->service->db, store_body, work, &problem))
            break;
        if (!work->overtaken || attempt == STORE_ATTEMPTS) {
            g_propagate_error(error, problem);
            return false;
        }
        g_error_free(problem);
    }
    work->batch->enrolment->stored = true;
    work->batch->enrolment->held = work->held;
    return true;
}

static bool store_in_turn(struct store_work *work, GError **error)
{
    g_mutex_lock(&work->service->enrol_lock);
    const bool ok = store_locked(work, error);
    g_mutex_unlock(&work->service->enrol_lock);
    return ok;
}

/* ---- keeping the photos ---- */

/* The photos are in the store before the transaction that names them, and before the lock that all
 * enrolments share. What was put is in batch->images also when it fails. */
static bool photos_put(struct service *service, struct service_batch *batch,
                       const struct base_uuid *person, GError **error)
{
    batch->images = g_new0(struct core_image, batch->enrolment->photos_n);
    for (size_t i = 0; i < batch->enrolment->photos_n; i++) {
        struct core_image *image = &batch->images[i];
        *image = (struct core_image){.kind = CORE_IMAGE_ENROLMENT, .user_id = *person};
        g_autoptr(GBytes) jpeg =
            service_picture_make(service, &batch->photos[i], NULL, SERVICE_PICTURE_SIDE, error);
        if (!jpeg || !service_picture_put(service, jpeg, image, error))
            return false;
    }
    return true;
}

/* Whether the key was changed since they were sealed. */
static bool photos_are_outdated(struct service *service, const struct service_batch *batch)
{
    for (size_t i = 0; batch->images && i < batch->enrolment->photos_n; i++)
        if (batch->images[i].blob_key && !service_picture_is_current(service, &batch->images[i]))
            return true;
    return false;
}

static void photos_finish(struct service *service, struct service_batch *batch, bool stored)
{
    g_autoptr(GPtrArray) keys = g_ptr_array_new();

    for (size_t i = 0; batch->images && i < batch->enrolment->photos_n; i++)
        if (batch->images[i].blob_key)
            g_ptr_array_add(keys, batch->images[i].blob_key);
    if (!stored)
        service_blobs_discard(service, keys);
    for (size_t i = 0; batch->images && i < batch->enrolment->photos_n; i++)
        core_image_clear(&batch->images[i]);
    g_clear_pointer(&batch->images, g_free);
}

bool service_batch_store(struct service *service, const struct service_identity *identity,
                         struct service_batch *batch, const struct base_uuid *person,
                         service_batch_body before, gpointer data, GError **error)
{
    struct store_work work = {service, identity, batch, person, before, data, 0, false, false};
    const bool keep = service->images.store && service->images.keep_enrolment;
    bool ok = false, again = true;

    for (int attempt = 1; again; attempt++) {
        GError *problem = NULL;
        ok = (!keep || photos_put(service, batch, person, &problem)) &&
             store_in_turn(&work, &problem);
        again = !ok && attempt < PHOTOS_ATTEMPTS && photos_are_outdated(service, batch);
        photos_finish(service, batch, ok && batch->enrolment->stored);
        if (again)
            g_clear_error(&problem);
        else if (problem)
            g_propagate_error(error, problem);
    }
    if (!ok || !batch->enrolment->stored)
        for (size_t i = 0; i < batch->enrolment->photos_n; i++)
            batch->enrolment->photos[i].template_id = (struct base_uuid){0};
    else {
        service_gallery_refresh(service);
        service_lookalikes_update(service, person);
    }
    if (!identity || identity->role != CORE_ROLE_ADMIN)
        batch->enrolment->duplicate_of = (struct base_uuid){0};
    return ok;
}

/* ---- enrolling somebody who has an account ---- */

/* Whether the caller may enrol this person, who is there. */
static bool enrol_allowed(struct service *service, const struct service_identity *identity,
                          const struct base_uuid *user_id, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    if (!connection || !service_allow(connection, identity, CORE_ACTION_FACE_WRITE, user_id, error))
        return false;
    g_autoptr(core_user) user = db_user_find(connection, user_id, error);
    if (!user)
        return false;
    return !user->deleted_at || base_fail(error, BASE_ERROR_NOT_FOUND, "There is no such person.");
}

bool service_enrol(struct service *service, const struct service_identity *identity,
                   const struct base_uuid *user_id, const struct recognise_picture *photos,
                   size_t photos_n, const struct service_enrol_options *options,
                   struct service_enrolment *enrolment, GError **error)
{
    static const struct service_enrol_options nothing;
    const bool admin = identity->role == CORE_ROLE_ADMIN;

    *enrolment = (struct service_enrolment){0};
    if (!service_faces_ready(service, error))
        return false;
    if (!options)
        options = &nothing;
    g_autofree char *source =
        base_text_name(options->source ? options->source : "profile", "source", SOURCE_MAX, error);
    if (!source || !enrol_allowed(service, identity, user_id, error))
        return false;
    struct service_batch batch = {
        .enrolment = enrolment,
        .person = user_id,
        .skip_liveness = options->skip_liveness && admin,
        .allow_duplicate = options->allow_duplicate && admin,
        .allow_copies = options->allow_copies && admin,
        .source = source,
    };
    bool ok = service_batch_judge(service, &batch, photos, photos_n, error);
    if (ok && service_batch_accepted(&batch))
        ok = service_batch_store(service, identity, &batch, user_id, NULL, NULL, error);
    service_batch_finish(&batch);
    return ok;
}

/* ---- listing and deleting ---- */

GPtrArray *service_faces_list(struct service *service, const struct service_identity *identity,
                              const struct base_uuid *user_id, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    if (!connection || !service_allow(connection, identity, CORE_ACTION_FACE_WRITE, user_id, error))
        return NULL;
    g_autoptr(core_user) user = db_user_find(connection, user_id, error);
    GPtrArray *faces = user ? db_template_list_user(connection, user_id, error) : NULL;
    for (guint i = 0; faces && i < faces->len; i++) {
        struct core_template *face = faces->pdata[i];
        g_clear_pointer(&face->sealed, g_bytes_unref);
    }
    return faces;
}

struct delete_work {
    const struct service_identity *identity;
    const struct base_uuid *user_id;
    const struct base_uuid *template_id; /* NULL: all */
    gint64 removed;
    GPtrArray *blobs; /* of the photos that go */
};

static bool delete_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct delete_work *work = data;

    work->removed = 1;
    if (!service_allow(connection, work->identity, CORE_ACTION_FACE_WRITE, work->user_id, error))
        return false;
    g_autoptr(core_user) user = db_user_find(connection, work->user_id, error);
    if (!user || !service_blobs_of(connection, work->user_id, CORE_IMAGE_ENROLMENT,
                                   work->template_id, work->blobs, error))
        return false;
    if (work->template_id
            ? !db_template_delete(connection, work->user_id, work->template_id, error)
            : !db_template_delete_user(connection, work->user_id, &work->removed, error))
        return false;
    g_autoptr(core_user) left = db_user_find(connection, work->user_id, error);
    if (!left ||
        (left->faces_held == 0 && !db_duplicate_withdraw(connection, work->user_id, error)))
        return false;
    /* Who has no photos left is not to be recognised: pictures that may be of them go as well. */
    if (left->faces_held + left->face_count == 0 &&
        !service_reviews_forget(connection, work->user_id, work->blobs, error))
        return false;
    return db_face_revision_bump(connection, work->user_id, error) &&
           service_audit(connection, work->identity, "faces.delete", work->user_id,
                         json_pack("{s:I}", "photos", (json_int_t)work->removed), error);
}

bool service_faces_delete(struct service *service, const struct service_identity *identity,
                          const struct base_uuid *user_id, const struct base_uuid *template_id,
                          gint64 *removed, GError **error)
{
    g_autoptr(GPtrArray) blobs = g_ptr_array_new_with_free_func(g_free);
    struct delete_work work = {identity, user_id, template_id, 0, blobs};

    if (!db_transaction(service->db, delete_body, &work, error))
        return false;
    service_blobs_delete(service, blobs);
    if (removed)
        *removed = work.removed;
    service_gallery_refresh(service);
    service_lookalikes_update(service, user_id);
    return true;
}
