/*
 * A camera that is watched for hours: a thread of its own reads it as fast as it sends and keeps
 * the newest frame only, so that whoever looks is never behind and memory is that of one frame.
 * When the camera is silent, refuses or goes away it is asked again, after pauses that grow from
 * half a second to a minute, for as long as the camera is watched.
 */
#ifndef VIDEO_CAMERA_H
#define VIDEO_CAMERA_H

#include "video/video.h"

struct video_camera;
typedef struct video_camera video_camera;

struct video_camera_status {
    bool sending;        /* connected, and a frame has come */
    guint64 frames;      /* given out or replaced by newer ones */
    guint64 dropped;     /* replaced */
    guint64 connections; /* that sent a frame */
    guint64 losses;      /* failed tries and connections that ended */
    /* Of the last of those: microseconds until the camera is asked again, and a sentence why; NULL
     * when there was none. Free with g_free. */
    gint64 pause;
    char *reason;
};

/* Begins at once. `limits` may be NULL; their `interval` says how often a frame is wanted. Fails
 * only where trying again cannot help: BASE_ERROR_INVALID for what is no address,
 * BASE_ERROR_UNAVAILABLE when the module or a library is missing. */
struct video_camera *video_camera_start(const char *address, const struct video_limits *limits,
                                        GError **error);

/* The newest frame that was not taken yet, for face_image_finish(), and when it came
 * (g_get_monotonic_time()). Waits `wait` microseconds at most for one, and less when the status
 * changes; false without. */
bool video_camera_take(struct video_camera *camera, gint64 wait, struct face_image *image,
                       gint64 *taken);

void video_camera_status(struct video_camera *camera, struct video_camera_status *status);

/* Ends the thread and frees all; at most a second. NULL is fine. */
void video_camera_stop(struct video_camera *camera);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(video_camera, video_camera_stop)

#endif
