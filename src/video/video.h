/*
 * Moving pictures: from memory, a file, or a camera (RTSP, Motion JPEG over HTTP, a V4L2 device).
 *
 * What decodes them are FFmpeg's libraries in a module that is loaded on first use
 * (base/module.h); a machine without it runs everything else. Videos that people send are read
 * through the bytes they sent and nothing else: no file, address or protocol that such a file names
 * is ever opened, and only the containers MP4/MOV, Matroska/WebM, AVI and Motion JPEG with the
 * codecs H.264, HEVC, Motion JPEG, MPEG-4, VP8 and VP9 are read.
 *
 * A video belongs to one thread at a time; video_interrupt() may come from any.
 */
#ifndef VIDEO_VIDEO_H
#define VIDEO_VIDEO_H

#include "face/image.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct video;
typedef struct video video_source;

/* Zeros stand for the defaults. */
struct video_limits {
    uint64_t pixels_max; /* width × height of a frame as stored; 9 million (4096 × 2160 fits) */
    gint64 duration_max; /* microseconds from the first frame; 60 s, without end for cameras */
    uint64_t frames_max; /* decoded, shown or not; 60 a second of duration_max, without end for
                            cameras */
    int side_max;        /* frames whose longer side is greater are reduced to it; 1920 */
    gint64 interval;     /* microseconds at least between two frames given out; 0: every frame */
    gint64 patience;     /* microseconds that a camera may stay silent; 10 s */
};

/* What video_next() found. */
enum video_step {
    VIDEO_FRAME,
    VIDEO_END,    /* the last frame has been given out, or a limit of a file was reached */
    VIDEO_FAILED, /* see the error */
};

/* Are these bytes a container that is read here, by their beginning? Needs no module. */
bool video_recognised(const void *data, size_t size);

/* Can videos be read on this machine? BASE_ERROR_UNAVAILABLE says what to install. */
bool video_available(GError **error);

/*
 * Opens a video in memory, which must stay until video_destroy(). `limits` may be NULL.
 * BASE_ERROR_UNSUPPORTED for what is not such a video, BASE_ERROR_INVALID for a damaged one,
 * BASE_ERROR_TOO_LARGE over pixels_max, or over duration_max where the file states its duration;
 * BASE_ERROR_UNAVAILABLE without the module.
 */
struct video *video_open_memory(const void *data, size_t size, const struct video_limits *limits,
                                GError **error);

/* The same of a file, which is mapped into memory; BASE_ERROR_NOT_FOUND, BASE_ERROR_IO too. */
struct video *video_open_file(const char *path, const struct video_limits *limits, GError **error);

/*
 * Opens a camera: rtsp://, rtsps:// (over TCP), http:// or https:// (Motion JPEG), or a device
 * /dev/videoN (V4L2, which needs the package libavdevice59). A name and password in the address are
 * used and appear in no message. `interrupted` (may be NULL) is looked at until video_destroy():
 * not zero ends what waits, as video_interrupt() does. BASE_ERROR_INVALID for another kind of
 * address, BASE_ERROR_UNAVAILABLE for a camera that does not answer, refuses or sends what cannot
 * be decoded: try again later.
 */
struct video *video_open_camera(const char *address, const struct video_limits *limits,
                                const int *interrupted, GError **error);

/* Is it such an address, rather than the name of a file? */
bool video_is_camera(const char *address);
/* The same, with BASE_ERROR_INVALID that says what would be one. */
bool video_camera_check(const char *address, GError **error);

/* The address for messages and logs: without name, password and query. */
char *video_address_public(const char *address);

void video_destroy(struct video *video);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(video_source, video_destroy)

/*
 * The next frame, upright, for face_image_finish(); *time is its microseconds since the first one,
 * never less than before. Damaged frames are passed over; a file that ends in the middle ends where
 * it ends. VIDEO_FAILED with BASE_ERROR_INVALID when nothing at all could be decoded, with
 * BASE_ERROR_UNAVAILABLE when a camera fell silent, BASE_ERROR_TOO_LARGE when its pictures grew
 * beyond pixels_max. Cameras are to be read as fast as they send, or fall behind.
 */
enum video_step video_next(struct video *video, struct face_image *image, gint64 *time,
                           GError **error);

/* Makes video_next() of another thread end soon, and every later call, with VIDEO_END. */
void video_interrupt(struct video *video);

#endif
