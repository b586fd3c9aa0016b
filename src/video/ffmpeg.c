/* The module presente-video.so: frames out of FFmpeg's libraries. */
#include "video/ffmpeg.h"

#include <libavutil/imgutils.h>
#include <libavutil/log.h>
#include <libavutil/mem.h>
#include <libavutil/time.h>
#include <stdlib.h>
#include <string.h>

/* The most that one allocation of the libraries may take: a damaged header asks for anything. */
#define ALLOCATION_MAX ((size_t)512 * 1024 * 1024)
/* Packets without a frame that are borne with. */
#define PACKETS_BASE 1000
#define PACKETS_PER_FRAME 8
/* While a device has nothing yet. */
#define DEVICE_NAP 4000

/* Microseconds since the first frame; never less than before. Of a camera by the clock here: what
 * cameras say jumps. */
static int64_t frame_time(struct video_module_video *video)
{
    int64_t time = video->last;

    if (video->source.kind != VIDEO_MODULE_MEMORY) {
        time = av_gettime_relative();
    } else if (video->frame->best_effort_timestamp != AV_NOPTS_VALUE) {
        AVRational base = video->format->streams[video->stream]->time_base;
        time = av_rescale_q(video->frame->best_effort_timestamp, base, AV_TIME_BASE_Q);
    } else if (video->frames > 0) {
        AVRational rate = video->format->streams[video->stream]->avg_frame_rate;
        int64_t step =
            rate.num > 0 && rate.den > 0 ? av_rescale(1000000, rate.den, rate.num) : 40000;
        /* What wraps around is before the last one. */
        time = (int64_t)((uint64_t)time + (uint64_t)step);
    }
    if (video->frames == 0)
        video->first = time;
    else if (time < video->last)
        time = video->last;
    video->last = time;
    /* Wraps around instead of overflowing where a file says nonsense. */
    return (int64_t)((uint64_t)time - (uint64_t)video->first);
}

static enum video_module_result scaler_prepare(struct video_module_video *video, int width,
                                               int height)
{
    const AVFrame *frame = video->frame;
    int space = frame->colorspace == AVCOL_SPC_BT709 ||
                        (frame->colorspace == AVCOL_SPC_UNSPECIFIED && frame->height >= 720)
                    ? SWS_CS_ITU709
                    : SWS_CS_ITU601;
    int range = frame->color_range == AVCOL_RANGE_JPEG;

    if (video->scaler && video->scaler_width == frame->width &&
        video->scaler_height == frame->height && video->scaler_format == frame->format &&
        video->scaler_space == space && video->scaler_range == range)
        return VIDEO_MODULE_OK;
    sws_freeContext(video->scaler);
    video->scaler =
        sws_getContext(frame->width, frame->height, frame->format, width, height, AV_PIX_FMT_RGB24,
                       width < frame->width ? SWS_AREA : SWS_BILINEAR, NULL, NULL, NULL);
    if (!video->scaler)
        return VIDEO_MODULE_DAMAGED;
    int *table = NULL;
    int *table_to = NULL;
    int range_from = 0;
    int range_to = 0;
    int brightness = 0;
    int contrast = 0;
    int saturation = 0;
    if (sws_getColorspaceDetails(video->scaler, &table, &range_from, &table_to, &range_to,
                                 &brightness, &contrast, &saturation) >= 0)
        sws_setColorspaceDetails(video->scaler, sws_getCoefficients(space), range_from || range,
                                 table_to, range_to, brightness, contrast, saturation);
    video->scaler_width = frame->width;
    video->scaler_height = frame->height;
    video->scaler_format = frame->format;
    video->scaler_space = space;
    video->scaler_range = range;
    return VIDEO_MODULE_OK;
}

/* Copies a picture turned by quarters clockwise. */
static void turn(const uint8_t *from, int width, int height, int turns, uint8_t *to)
{
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++, from += 3) {
            size_t row =
                turns == 1 ? (size_t)x : (size_t)(turns == 2 ? height - 1 - y : width - 1 - x);
            size_t column =
                turns == 1 ? (size_t)(height - 1 - y) : (size_t)(turns == 2 ? width - 1 - x : y);
            size_t stride = (size_t)(turns == 2 ? width : height);
            memcpy(to + (row * stride + column) * 3, from, 3);
        }
    }
}

static void fitted(const AVFrame *frame, int side_max, int *width, int *height)
{
    int longer = frame->width > frame->height ? frame->width : frame->height;

    *width = frame->width;
    *height = frame->height;
    if (longer <= side_max)
        return;
    *width = (int)((int64_t)frame->width * side_max / longer);
    *height = (int)((int64_t)frame->height * side_max / longer);
    *width = *width < 1 ? 1 : *width;
    *height = *height < 1 ? 1 : *height;
}

/* Turns the frame into the caller's picture. */
static enum video_module_result give(struct video_module_video *video)
{
    const struct video_module_source *source = &video->source;
    int width;
    int height;

    fitted(video->frame, source->side_max, &width, &height);
    enum video_module_result result = scaler_prepare(video, width, height);
    if (result != VIDEO_MODULE_OK)
        return result;
    bool sideways = video->turns % 2 == 1;
    uint8_t *rgb =
        source->picture(source->user, sideways ? height : width, sideways ? width : height);
    uint8_t *rows = rgb;
    /* Vector code may write beyond the last pixel of a row. */
    size_t size = (size_t)width * (size_t)height * 3 + 64;
    if (rgb && video->turned_size < size) {
        av_freep(&video->turned);
        video->turned = av_malloc(size);
        video->turned_size = video->turned ? size : 0;
    }
    if (!rgb || !video->turned)
        return VIDEO_MODULE_MEMORY_FULL;
    rows = video->turned;
    uint8_t *const planes[4] = {rows};
    const int strides[4] = {width * 3};
    if (sws_scale(video->scaler, (const uint8_t *const *)video->frame->data, video->frame->linesize,
                  0, video->frame->height, planes, strides) <= 0)
        return VIDEO_MODULE_DAMAGED;
    if (video->turns == 0)
        memcpy(rgb, rows, (size_t)width * (size_t)height * 3);
    else
        turn(rows, width, height, video->turns, rgb);
    return VIDEO_MODULE_OK;
}

/* Motion JPEG needs no frame to decode another: what a camera sends too early is passed over. */
static bool superfluous(const struct video_module_video *video)
{
    return video->source.kind != VIDEO_MODULE_MEMORY && video->frames > 0 &&
           video->codec->codec_id == AV_CODEC_ID_MJPEG &&
           av_gettime_relative() - video->first - video->shown < video->source.interval;
}

/* Feeds the decoder one packet. END when there is none any more; then it was told so. */
static enum video_module_result feed(struct video_module_video *video)
{
    const struct video_module_source *source = &video->source;
    bool file = source->kind == VIDEO_MODULE_MEMORY;

    int code = av_read_frame(video->format, video->packet);
    if (code == AVERROR(EAGAIN) && !file) {
        if (video_ffmpeg_interrupted(video))
            return VIDEO_MODULE_END;
        if (av_gettime_relative() > video->deadline)
            return VIDEO_MODULE_SILENT;
        av_usleep(DEVICE_NAP);
        return VIDEO_MODULE_OK;
    }
    video->packets++;
    if (code < 0 || (source->frames_max > 0 &&
                     video->packets > PACKETS_BASE + source->frames_max * PACKETS_PER_FRAME)) {
        av_packet_unref(video->packet);
        if (video_ffmpeg_interrupted(video))
            return VIDEO_MODULE_END;
        if (!file)
            return VIDEO_MODULE_SILENT;
        video->drained = true;
        avcodec_send_packet(video->codec, NULL);
        return VIDEO_MODULE_END;
    }
    /* A damaged packet spoils frames, not the video. */
    if (video->packet->stream_index == video->stream && !superfluous(video))
        (void)avcodec_send_packet(video->codec, video->packet);
    av_packet_unref(video->packet);
    return VIDEO_MODULE_OK;
}

static bool pixels_allowed(const struct video_module_video *video, int width, int height)
{
    return width > 0 && height > 0 && width <= 65535 && height <= 65535 &&
           (uint64_t)width * (uint64_t)height <= video->source.pixels_max;
}

/* The next frame of the decoder, in video->frame. */
static enum video_module_result decode(struct video_module_video *video)
{
    /* A decoder that neither takes nor gives must not keep us. */
    for (;;) {
        int code = avcodec_receive_frame(video->codec, video->frame);
        if (code == 0)
            return VIDEO_MODULE_OK;
        if (code == AVERROR(ENOMEM))
            return VIDEO_MODULE_MEMORY_FULL;
        if (video->drained)
            return VIDEO_MODULE_END;
        enum video_module_result result = feed(video);
        if (result != VIDEO_MODULE_OK && !video->drained)
            return result;
        /* Decoders hold up to 16 frames back: too many, where the first is too large. */
        if (video->codec->width > 0 && video->codec->height > 0 &&
            !pixels_allowed(video, video->codec->width, video->codec->height))
            return VIDEO_MODULE_TOO_LARGE;
    }
}

static enum video_module_result next(struct video_module_video *video, int64_t *time)
{
    const struct video_module_source *source = &video->source;

    for (;;) {
        if (video_ffmpeg_interrupted(video))
            return VIDEO_MODULE_END;
        video->deadline = av_gettime_relative() + source->patience;
        enum video_module_result result = decode(video);
        if (result != VIDEO_MODULE_OK)
            return result == VIDEO_MODULE_END && video->frames == 0 &&
                           !video_ffmpeg_interrupted(video)
                       ? VIDEO_MODULE_DAMAGED
                       : result;
        if (!pixels_allowed(video, video->frame->width, video->frame->height)) {
            av_frame_unref(video->frame);
            return VIDEO_MODULE_TOO_LARGE;
        }
        *time = frame_time(video);
        video->frames++;
        bool over = *time < 0 || (source->frames_max > 0 && video->frames > source->frames_max) ||
                    (source->duration_max > 0 && *time > source->duration_max);
        bool due = video->frames == 1 || *time - video->shown >= source->interval;
        if (due && !over) {
            video->shown = *time;
            result = give(video);
        }
        av_frame_unref(video->frame);
        if (over)
            return VIDEO_MODULE_END;
        if (due)
            return result;
    }
}

static void close_video(struct video_module_video *video)
{
    if (!video)
        return;
    video_ffmpeg_close(video);
    free(video);
}

static struct video_module_video *open_video(const struct video_module_source *source,
                                             enum video_module_result *result)
{
    /* What the libraries would print could hold an address with its password. */
    av_log_set_level(AV_LOG_QUIET);
    av_max_alloc(ALLOCATION_MAX);

    struct video_module_video *video = calloc(1, sizeof *video);
    if (!video) {
        *result = VIDEO_MODULE_MEMORY_FULL;
        return NULL;
    }
    video->source = *source;
    *result = video_ffmpeg_open(video);
    video->source.address = NULL;
    if (*result == VIDEO_MODULE_OK)
        return video;
    close_video(video);
    return NULL;
}

__attribute__((visibility("default"))) const struct video_module presente_video_module = {
    VIDEO_MODULE_VERSION,
    open_video,
    next,
    close_video,
};
