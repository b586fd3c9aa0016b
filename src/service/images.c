#include "service/images.h"

#include "db/query/attendance.h"
#include "db/query/image.h"
#include "db/query/user.h"
#include "service/courses.h"
#include "service/keys.h"
#include "service/picture.h"

#include <string.h>

/* Of the square that a profile picture is cut to, on each side of the face, in sizes of it. */
#define PROFILE_ROOM 0.6F

enum { PROFILE_ATTEMPTS = 3 /* when the key is rotated meanwhile */ };

/* ---- finding ---- */

static bool no_picture(GError **error)
{
    return base_fail(error, BASE_ERROR_NOT_FOUND, "There is no such picture.");
}

/* To whom may not do it, there is no such picture. False. */
static bool hide(GError *problem, GError **error)
{
    if (!g_error_matches(problem, BASE_ERROR, BASE_ERROR_FORBIDDEN) &&
        !g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND)) {
        g_propagate_error(error, problem);
        return false;
    }
    g_error_free(problem);
    return no_picture(error);
}

static bool allow_or_hide(struct db_connection *connection, const struct service_identity *identity,
                          enum core_action action, const struct base_uuid *subject, GError **error)
{
    GError *problem = NULL;

    return service_allow(connection, identity, action, subject, &problem) || hide(problem, error);
}

/* Marks of a session are corrected by who teaches the course, those of the day by who has the
 * person in a group. */
static bool allow_mark(struct db_connection *connection, const struct service_identity *identity,
                       const struct base_uuid *attendance_id, GError **error)
{
    GError *problem = NULL;
    g_autoptr(core_attendance) mark = db_attendance_find(connection, attendance_id, &problem);

    if (!mark)
        return hide(problem, error);
    if (base_uuid_is_nil(&mark->course_id))
        return allow_or_hide(connection, identity, CORE_ACTION_ATTENDANCE_WRITE, &mark->user_id,
                             error);
    return service_course_allow(connection, identity, CORE_ACTION_ATTENDANCE_WRITE,
                                &mark->course_id, &problem) ||
           hide(problem, error);
}

struct core_image *service_image_profile(struct service *service,
                                         const struct service_identity *identity,
                                         const struct base_uuid *user_id, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    if (!connection || !allow_or_hide(connection, identity, CORE_ACTION_USER_READ, user_id, error))
        return NULL;
    return db_image_find_profile(connection, user_id, error);
}

struct core_image *service_image_face(struct service *service,
                                      const struct service_identity *identity,
                                      const struct base_uuid *user_id,
                                      const struct base_uuid *template_id, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    if (!connection || !service_allow(connection, identity, CORE_ACTION_FACE_WRITE, user_id, error))
        return NULL;
    return db_image_find_enrolment(connection, user_id, template_id, error);
}

struct core_image *service_image_mark(struct service *service,
                                      const struct service_identity *identity,
                                      const struct base_uuid *attendance_id, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    g_autoptr(core_image) image =
        connection ? db_image_find_mark(connection, attendance_id, error) : NULL;

    if (!image)
        return NULL;
    if (!base_uuid_equal(&identity->user_id, &image->user_id) &&
        !allow_mark(connection, identity, attendance_id, error))
        return NULL;
    return g_steal_pointer(&image);
}

GBytes *service_image_read(struct service *service, const struct core_image *image, GError **error)
{
    /* A key that is lost now may be put back: that is no damage of the picture. */
    if (image->sealed && !service_keys_ready(service, error))
        return NULL;
    return service_picture_get(service, image, error);
}

/* ---- the profile picture ---- */

struct profile_work {
    struct service *service;
    const struct service_identity *identity;
    struct base_uuid user_id;
    const struct core_image *image; /* NULL: none from now on */
    char path[BASE_UUID_TEXT_SIZE + 32];
    GPtrArray *old; /* blobs that are named no longer */
};

/* The picture that stands, if any, goes. */
static bool profile_remove(struct db_connection *connection, struct profile_work *work,
                           GError **error)
{
    GError *problem = NULL;
    g_autoptr(core_image) before = db_image_find_profile(connection, &work->user_id, &problem);

    g_ptr_array_set_size(work->old, 0);
    if (before) {
        g_ptr_array_add(work->old, g_strdup(before->blob_key));
        return db_image_delete(connection, &before->id, error);
    }
    if (work->image && g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND)) {
        g_error_free(problem);
        return true;
    }
    g_propagate_error(error, problem);
    return false;
}

static bool profile_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct profile_work *work = data;
    char today[CORE_DAY_SIZE];

    if (!service_allow(connection, work->identity, CORE_ACTION_FACE_WRITE, &work->user_id, error))
        return false;
    g_autoptr(core_user) user = db_user_find(connection, &work->user_id, error);
    if (!user)
        return false;
    if (user->deleted_at)
        return base_fail(error, BASE_ERROR_NOT_FOUND, "There is no such person.");
    if (!profile_remove(connection, work, error) ||
        (work->image && !service_picture_insert(work->service, connection, work->image, error)))
        return false;
    /* An address elsewhere that the site gave stays when the picture here goes. */
    if (work->image || g_strcmp0(user->profile_image_url, work->path) == 0) {
        g_free(user->profile_image_url);
        user->profile_image_url = work->image ? g_strdup(work->path) : NULL;
    }
    user->updated_at = base_time_now();
    return service_today_on(work->service, connection, today, error) &&
           db_user_update(connection, user, today, error) &&
           service_audit(connection, work->identity, work->image ? "image.set" : "image.delete",
                         &work->user_id, NULL, error);
}

static bool profile_store(struct service *service, struct profile_work *work, GError **error)
{
    char id[BASE_UUID_TEXT_SIZE];

    g_snprintf(work->path, sizeof work->path, "/users/%s/image",
               base_uuid_format(&work->user_id, id));
    work->service = service;
    work->old = g_ptr_array_new_with_free_func(g_free);
    const bool ok = db_transaction(service->db, profile_body, work, error);
    if (ok)
        service_blobs_delete(service, work->old);
    g_ptr_array_unref(work->old);
    return ok;
}

/* Around the face where there is exactly one; the whole picture where not, and where nobody can
 * tell. False for a picture that cannot be read. */
static bool profile_piece(struct service *service, const struct recognise_picture *picture,
                          struct service_piece *piece, GError **error)
{
    static const struct recognise_options OPTIONS = {.skip_liveness = true, .skip_quality = true};
    struct recognise_photo seen;

    *piece = (struct service_piece){0};
    if (!service->recogniser)
        return true;
    if (!recognise_enrol_photo(service->recogniser, picture, &OPTIONS, &seen, error))
        return false;
    if (seen.faces == 1)
        *piece = service_piece_square(&seen.box, seen.width, seen.height, PROFILE_ROOM);
    return true;
}

/* Before the costly part; the transaction asks again. */
static bool profile_allowed(struct service *service, const struct service_identity *identity,
                            const struct base_uuid *user_id, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    if (!connection || !service_allow(connection, identity, CORE_ACTION_FACE_WRITE, user_id, error))
        return false;
    g_autoptr(core_user) user = db_user_find(connection, user_id, error);
    return user && (!user->deleted_at ||
                    base_fail(error, BASE_ERROR_NOT_FOUND, "There is no such person."));
}

/* Puts the picture and stores that it is there. */
static bool profile_put(struct service *service, GBytes *jpeg, struct profile_work *work,
                        struct core_image *image, GError **error)
{
    if (!service_picture_put(service, jpeg, image, error))
        return false;
    if (profile_store(service, work, error))
        return true;
    g_autoptr(GPtrArray) keys = g_ptr_array_new();
    g_ptr_array_add(keys, image->blob_key);
    service_blobs_discard(service, keys);
    return false;
}

bool service_image_profile_set(struct service *service, const struct service_identity *identity,
                               const struct base_uuid *user_id,
                               const struct recognise_picture *picture, GError **error)
{
    struct core_image image = {.kind = CORE_IMAGE_PROFILE, .user_id = *user_id};
    struct profile_work work = {.identity = identity, .user_id = *user_id, .image = &image};
    struct service_piece piece;

    if (!service_images_ready(service, error) ||
        (service->images.sealed && !service_keys_ready(service, error)) ||
        !profile_allowed(service, identity, user_id, error) ||
        !profile_piece(service, picture, &piece, error))
        return false;
    g_autoptr(GBytes) jpeg =
        service_picture_make(service, picture, &piece, SERVICE_PICTURE_SIDE_PROFILE, error);
    bool ok = false, again = jpeg != NULL;
    for (int attempt = 1; again; attempt++) {
        g_autoptr(GError) problem = NULL;
        ok = profile_put(service, jpeg, &work, &image, &problem);
        again = !ok && attempt < PROFILE_ATTEMPTS && image.blob_key &&
                !service_picture_is_current(service, &image);
        if (!ok && !again)
            g_propagate_error(error, g_steal_pointer(&problem));
    }
    core_image_clear(&image);
    return ok;
}

bool service_image_profile_delete(struct service *service, const struct service_identity *identity,
                                  const struct base_uuid *user_id, GError **error)
{
    struct profile_work work = {.identity = identity, .user_id = *user_id};

    return profile_store(service, &work, error);
}
