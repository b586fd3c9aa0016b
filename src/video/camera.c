#include "video/camera.h"

#include "base/error.h"

#include <string.h>

#define PAUSE_MIN (G_USEC_PER_SEC / 2)
#define PAUSE_MAX (60 * (gint64)G_USEC_PER_SEC)
/* A connection that held so long was a good one: the next pause is short again. */
#define GOOD_CONNECTION (5 * (gint64)G_USEC_PER_SEC)

struct video_camera {
    char *address;
    struct video_limits limits;
    GThread *thread;
    int stopped; /* atomic; read by the module too */

    GMutex lock; /* guards what follows */
    GCond changed;
    struct face_image newest;
    gint64 taken;
    bool fresh;
    struct video_camera_status status;
    guint64 news; /* counts changes of the status */
    guint64 seen;
};

static void say_sending(struct video_camera *camera)
{
    g_mutex_lock(&camera->lock);
    camera->status.sending = true;
    camera->status.connections++;
    camera->news++;
    g_cond_broadcast(&camera->changed);
    g_mutex_unlock(&camera->lock);
}

static void say_lost(struct video_camera *camera, gint64 pause, const char *reason)
{
    g_mutex_lock(&camera->lock);
    camera->status.sending = false;
    camera->status.losses++;
    camera->status.pause = pause;
    g_free(camera->status.reason);
    camera->status.reason = g_strdup(reason);
    camera->news++;
    g_cond_broadcast(&camera->changed);
    g_mutex_unlock(&camera->lock);
}

/* Takes over the picture. */
static void put(struct video_camera *camera, struct face_image *image)
{
    g_mutex_lock(&camera->lock);
    face_image_finish(&camera->newest);
    camera->newest = *image;
    camera->taken = g_get_monotonic_time();
    camera->status.frames++;
    camera->status.dropped += camera->fresh;
    camera->fresh = true;
    g_cond_broadcast(&camera->changed);
    g_mutex_unlock(&camera->lock);
}

/* Reads until the connection ends. False when no frame came at all. */
static bool read_connection(struct video_camera *camera, GError **error)
{
    g_autoptr(video_source) video =
        video_open_camera(camera->address, &camera->limits, &camera->stopped, error);
    struct face_image image;
    gint64 time;
    bool any = false;

    while (video && video_next(video, &image, &time, error) == VIDEO_FRAME) {
        if (!any)
            say_sending(camera);
        any = true;
        put(camera, &image);
    }
    return any;
}

static void wait_for(struct video_camera *camera, gint64 pause)
{
    gint64 until = g_get_monotonic_time() + pause;

    g_mutex_lock(&camera->lock);
    while (!g_atomic_int_get(&camera->stopped) &&
           g_cond_wait_until(&camera->changed, &camera->lock, until))
        continue;
    g_mutex_unlock(&camera->lock);
}

static gpointer read_camera(gpointer data)
{
    struct video_camera *camera = data;
    gint64 pause = PAUSE_MIN;

    while (!g_atomic_int_get(&camera->stopped)) {
        g_autoptr(GError) error = NULL;
        gint64 began = g_get_monotonic_time();
        bool any = read_connection(camera, &error);
        if (g_atomic_int_get(&camera->stopped))
            break;
        if (any && g_get_monotonic_time() - began > GOOD_CONNECTION)
            pause = PAUSE_MIN;
        /* Many cameras that lost their switch must not all come back at once. */
        gint64 wait = pause + g_random_int_range(0, (gint32)(pause / 4));
        say_lost(camera, wait, error ? error->message : "The camera ended the connection.");
        wait_for(camera, wait);
        pause = MIN(pause * 2, PAUSE_MAX);
    }
    return NULL;
}

struct video_camera *video_camera_start(const char *address, const struct video_limits *limits,
                                        GError **error)
{
    if (!video_camera_check(address, error) || !video_available(error))
        return NULL;
    struct video_camera *camera = g_new0(struct video_camera, 1);
    camera->address = g_strdup(address);
    if (limits)
        camera->limits = *limits;
    g_mutex_init(&camera->lock);
    g_cond_init(&camera->changed);
    camera->thread = g_thread_new("camera", read_camera, camera);
    return camera;
}

bool video_camera_take(struct video_camera *camera, gint64 wait, struct face_image *image,
                       gint64 *taken)
{
    gint64 until = g_get_monotonic_time() + wait;

    *image = (struct face_image){0};
    g_mutex_lock(&camera->lock);
    while (!camera->fresh && camera->seen == camera->news &&
           g_cond_wait_until(&camera->changed, &camera->lock, until))
        continue;
    camera->seen = camera->news;
    bool fresh = camera->fresh;
    if (fresh) {
        *image = camera->newest;
        *taken = camera->taken;
        camera->newest = (struct face_image){0};
        camera->fresh = false;
    }
    g_mutex_unlock(&camera->lock);
    return fresh;
}

void video_camera_status(struct video_camera *camera, struct video_camera_status *status)
{
    g_mutex_lock(&camera->lock);
    *status = camera->status;
    status->reason = g_strdup(camera->status.reason);
    g_mutex_unlock(&camera->lock);
}

void video_camera_stop(struct video_camera *camera)
{
    if (!camera)
        return;
    g_mutex_lock(&camera->lock);
    g_atomic_int_set(&camera->stopped, 1);
    g_cond_broadcast(&camera->changed);
    g_mutex_unlock(&camera->lock);
    g_thread_join(camera->thread);
    face_image_finish(&camera->newest);
    g_free(camera->status.reason);
    g_mutex_clear(&camera->lock);
    g_cond_clear(&camera->changed);
    explicit_bzero(camera->address, strlen(camera->address));
    g_free(camera->address);
    g_free(camera);
}
