/*
 * Between the program and presente-video.so, which alone is linked with FFmpeg's libraries: plain C
 * values, so that neither side needs to know what the other was built with. A module of another
 * version is refused.
 */
#ifndef VIDEO_VIDEO_MODULE_H
#define VIDEO_VIDEO_MODULE_H

#include <stddef.h>
#include <stdint.h>

#define VIDEO_MODULE_VERSION 1
#define VIDEO_MODULE_SYMBOL "presente_video_module"

enum video_module_kind {
    VIDEO_MODULE_MEMORY,
    VIDEO_MODULE_RTSP,
    VIDEO_MODULE_HTTP,
    VIDEO_MODULE_DEVICE,
};

enum video_module_result {
    VIDEO_MODULE_OK,
    VIDEO_MODULE_END,
    VIDEO_MODULE_UNSUPPORTED, /* no container or codec that is read */
    VIDEO_MODULE_DAMAGED,     /* nothing could be decoded */
    VIDEO_MODULE_TOO_LARGE,   /* over pixels_max */
    VIDEO_MODULE_TOO_LONG,    /* states a duration over duration_max */
    VIDEO_MODULE_SILENT,      /* the camera does not answer, ended, or sends nothing usable */
    VIDEO_MODULE_DENIED,      /* the camera wants another name or password */
    VIDEO_MODULE_MISSING,     /* a library is needed that is not there */
    VIDEO_MODULE_MEMORY_FULL,
    VIDEO_MODULE_RESULT_N,
};

struct video_module_source {
    enum video_module_kind kind;
    const void *data; /* MEMORY: stays until close() */
    size_t size;
    const char *address; /* the others; read during open() only */
    uint64_t pixels_max;
    uint64_t frames_max;  /* 0: no end */
    int64_t duration_max; /* microseconds; 0: no end */
    int side_max;
    int64_t interval; /* microseconds */
    int64_t patience; /* microseconds */
    /* Looked at from open() to close(), atomically: not zero ends whatever is under way. Both may
     * be NULL. */
    const int *interrupted[2];
    /* Memory for a picture of packed 8-bit RGB rows; it stays with who gave it. */
    uint8_t *(*picture)(void *user, int width, int height);
    void *user;
};

struct video_module_video;

struct video_module {
    unsigned version;
    struct video_module_video *(*open)(const struct video_module_source *source,
                                       enum video_module_result *result);
    /* OK: a picture was asked for and filled in, *time in microseconds since the first. */
    enum video_module_result (*next)(struct video_module_video *video, int64_t *time);
    void (*close)(struct video_module_video *video);
};

/* What the module exports under VIDEO_MODULE_SYMBOL. */
extern const struct video_module presente_video_module;

#endif
