/* The faces behind marks, kept beside the marking itself: whoever stands before the camera does not
 * wait for a disk, and a disk that is full does not keep anybody from being marked. */
#include "base/pool.h"
#include "db/query/user.h"
#include "service/picture.h"

#include <stdatomic.h>

enum {
    FRAMES_WAITING_MAX = 64,
    FRAMES_BYTES_MAX = 64 << 20, /* of pictures waiting */
};

/* Enough around a face to see who it is; more would keep whoever stands beside them. */
#define FRAME_ROOM 0.5F

struct service_frames {
    struct service *service;
    struct base_pool *pool;
    atomic_size_t bytes;
    _Atomic gint64 complained; /* monotonic µs of the last warning */
};

struct frame_job {
    struct service_frames *frames;
    struct base_uuid user_id;
    struct base_uuid attendance_id;
    GBytes *frame;
    struct service_piece piece;
    struct core_image image;
};

static void complain(struct service_frames *frames, const char *why)
{
    const gint64 now = g_get_monotonic_time(), last = frames->complained;

    if (last != 0 && now - last < G_TIME_SPAN_MINUTE)
        return;
    frames->complained = now;
    g_warning("The picture behind a mark was not kept: %s", why);
}

/* Whoever was erased or withdrew since the mark leaves no picture behind. */
static bool insert_body(struct db_connection *connection, gpointer data, GError **error)
{
    const struct frame_job *job = data;
    bool withdrawn = false;
    g_autoptr(core_user) user = db_user_find(connection, &job->user_id, error);

    if (!user)
        return false;
    if (user->deleted_at)
        return base_fail(error, BASE_ERROR_NOT_FOUND, "The person was erased.");
    if (!service_consent_withdrawn_on(connection, &job->user_id, &withdrawn, error))
        return false;
    if (withdrawn)
        return base_fail(error, BASE_ERROR_NOT_FOUND, "The person withdrew their consent.");
    return service_picture_insert(job->frames->service, connection, &job->image, error);
}

static bool frame_store(struct frame_job *job, GError **error)
{
    struct service *service = job->frames->service;
    struct recognise_picture picture;

    picture.data = g_bytes_get_data(job->frame, &picture.size);
    g_autoptr(GBytes) jpeg =
        service_picture_make(service, &picture, &job->piece, SERVICE_PICTURE_SIDE, error);
    if (!jpeg || !service_picture_put(service, jpeg, &job->image, error))
        return false;
    if (db_transaction(service->db, insert_body, job, error))
        return true;
    g_autoptr(GPtrArray) keys = g_ptr_array_new();
    g_ptr_array_add(keys, job->image.blob_key);
    service_blobs_discard(service, keys);
    return false;
}

static void frame_run(void *data)
{
    struct frame_job *job = data;
    g_autoptr(GError) problem = NULL;

    job->image = (struct core_image){
        .kind = CORE_IMAGE_MARK,
        .user_id = job->user_id,
        .attendance_id = job->attendance_id,
    };
    if (!frame_store(job, &problem))
        complain(job->frames, problem->message);
    atomic_fetch_sub(&job->frames->bytes, g_bytes_get_size(job->frame));
    core_image_clear(&job->image);
    g_bytes_unref(job->frame);
    g_free(job);
}

struct service_frames *service_frames_create(struct service *service, GError **error)
{
    struct service_frames *frames = g_new0(struct service_frames, 1);

    frames->service = service;
    frames->pool = base_pool_create("frames", 1, FRAMES_WAITING_MAX, error);
    if (!frames->pool)
        g_clear_pointer(&frames, g_free);
    return frames;
}

void service_frames_destroy(struct service_frames *frames)
{
    if (!frames)
        return;
    base_pool_destroy(frames->pool);
    g_free(frames);
}

void service_frame_keep(struct service *service, const struct core_attendance *mark,
                        const struct recognise_picture *frame,
                        const struct recognise_answer *answer)
{
    struct service_frames *frames = service->frames;

    if (!frames)
        return;
    if (atomic_fetch_add(&frames->bytes, frame->size) + frame->size > FRAMES_BYTES_MAX) {
        atomic_fetch_sub(&frames->bytes, frame->size);
        complain(frames, "too many are waiting.");
        return;
    }
    struct frame_job *job = g_new0(struct frame_job, 1);
    *job = (struct frame_job){
        .frames = frames,
        .user_id = mark->user_id,
        .attendance_id = mark->id,
        .frame = g_bytes_new(frame->data, frame->size),
        .piece = service_piece_square(&answer->box, answer->width, answer->height, FRAME_ROOM),
    };
    if (base_pool_submit(frames->pool, frame_run, job))
        return;
    atomic_fetch_sub(&frames->bytes, frame->size);
    complain(frames, "too many are waiting.");
    g_bytes_unref(job->frame);
    g_free(job);
}
