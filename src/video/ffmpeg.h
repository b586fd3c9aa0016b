/* What the module's two files share. */
#ifndef VIDEO_FFMPEG_H
#define VIDEO_FFMPEG_H

#include "video/video_module.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libswscale/swscale.h>
#include <stdbool.h>

/* Bytes of a video in memory, and how far they were read. */
struct video_bytes {
    const uint8_t *data;
    int64_t size, at;
};

struct video_module_video {
    struct video_module_source source;
    struct video_bytes bytes;
    int64_t deadline; /* of what waits for a camera; microseconds of av_gettime_relative() */
    AVIOContext *io;
    AVFormatContext *format;
    AVCodecContext *codec;
    int stream;
    int turns; /* quarters clockwise until the picture is upright */

    AVPacket *packet;
    AVFrame *frame;
    bool drained;
    uint64_t packets, frames;
    int64_t first, shown, last; /* microseconds: of the first frame, the last given out, the last */

    struct SwsContext *scaler;
    int scaler_width, scaler_height, scaler_format, scaler_space, scaler_range;
    uint8_t *turned; /* rows of a picture before it is turned */
    size_t turned_size;
};

bool video_ffmpeg_interrupted(const struct video_module_video *video);

/* Opens container and decoder. */
enum video_module_result video_ffmpeg_open(struct video_module_video *video);
void video_ffmpeg_close(struct video_module_video *video);

#endif
