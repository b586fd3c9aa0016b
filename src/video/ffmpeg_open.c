/* Container and decoder of the module; see video_module.h. */
#include "video/ffmpeg.h"

#include <dlfcn.h>
#include <libavutil/display.h>
#include <libavutil/imgutils.h>
#include <libavutil/mem.h>
#include <libavutil/opt.h>
#include <libavutil/time.h>
#include <math.h>
#include <string.h>

#define IO_BUFFER_SIZE 32768
#define STREAMS_MAX "16"
/* The headers' version of libavformat names libavdevice's, too: they are released together. */
#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)
#define DEVICE_LIBRARY "libavdevice.so." TEXT(LIBAVFORMAT_VERSION_MAJOR)

/* Raw pictures come from devices alone. */
static const enum AVCodecID CODECS[] = {
    AV_CODEC_ID_H264,  AV_CODEC_ID_HEVC, AV_CODEC_ID_MJPEG,
    AV_CODEC_ID_MPEG4, AV_CODEC_ID_VP8,  AV_CODEC_ID_VP9,
};

/* How each kind of source is opened. A list of protocols that names none refuses all of them, and
 * so does the function below for what a file names. */
static const struct {
    const char *formats, *protocols, *format;
} KINDS[] = {
    [VIDEO_MODULE_MEMORY] = {"mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mjpeg", "none", NULL},
    [VIDEO_MODULE_RTSP] = {"rtsp", "rtp,tcp,tls", "rtsp"},
    [VIDEO_MODULE_HTTP] = {"mpjpeg", "http,https,tcp,tls,httpproxy", "mpjpeg"},
    [VIDEO_MODULE_DEVICE] = {"video4linux2,v4l2", "none", "video4linux2"},
};

static int bytes_read(void *opaque, uint8_t *buffer, int size)
{
    struct video_bytes *bytes = opaque;
    int64_t left = bytes->size - bytes->at;

    if (left <= 0)
        return AVERROR_EOF;
    if (size > left)
        size = (int)left;
    memcpy(buffer, bytes->data + bytes->at, (size_t)size);
    bytes->at += size;
    return size;
}

static int64_t bytes_seek(void *opaque, int64_t offset, int whence)
{
    struct video_bytes *bytes = opaque;

    if (whence & AVSEEK_SIZE)
        return bytes->size;
    switch (whence & ~AVSEEK_FORCE) {
    case SEEK_SET:
        break;
    case SEEK_CUR:
        offset += bytes->at;
        break;
    case SEEK_END:
        offset += bytes->size;
        break;
    default:
        return AVERROR(EINVAL);
    }
    if (offset < 0 || offset > bytes->size)
        return AVERROR(EINVAL);
    bytes->at = offset;
    return offset;
}

/* What a file asks to have opened beside itself. */
static int refuse_open(AVFormatContext *format, AVIOContext **io, const char *address, int flags,
                       AVDictionary **options)
{
    (void)format;
    (void)io;
    (void)address;
    (void)flags;
    (void)options;
    return AVERROR(EPERM);
}

bool video_ffmpeg_interrupted(const struct video_module_video *video)
{
    for (int i = 0; i < 2; i++)
        if (video->source.interrupted[i] &&
            __atomic_load_n(video->source.interrupted[i], __ATOMIC_RELAXED) != 0)
            return true;
    return false;
}

static int should_stop(void *opaque)
{
    const struct video_module_video *video = opaque;

    return video_ffmpeg_interrupted(video) ||
           (video->source.kind != VIDEO_MODULE_MEMORY && av_gettime_relative() > video->deadline);
}

/* The library of devices is large and few need it, so it is not linked. */
static bool devices_register(void)
{
    void *library = dlopen(DEVICE_LIBRARY, RTLD_NOW | RTLD_GLOBAL | RTLD_NODELETE);
    void *symbol = library ? dlsym(library, "avdevice_register_all") : NULL;

    if (!symbol)
        return false;
    void (*register_all)(void);
    memcpy(&register_all, &symbol, sizeof register_all);
    register_all();
    return true;
}

static void set_options(const struct video_module_video *video, AVDictionary **options)
{
    enum video_module_kind kind = video->source.kind;

    av_dict_set(options, "format_whitelist", KINDS[kind].formats, 0);
    av_dict_set(options, "protocol_whitelist", KINDS[kind].protocols, 0);
    av_dict_set(options, "max_streams", STREAMS_MAX, 0);
    if (kind == VIDEO_MODULE_RTSP) {
        av_dict_set(options, "rtsp_transport", "tcp", 0);
        av_dict_set(options, "allowed_media_types", "video", 0);
    }
    if (kind == VIDEO_MODULE_DEVICE)
        av_dict_set(options, "input_format", "mjpeg", 0);
}

static enum video_module_result result_of(const struct video_module_video *video, int code)
{
    /* What asks for more than one allocation may take says so of itself in a damaged header. */
    bool damaged = code == AVERROR_INVALIDDATA || code == AVERROR_EOF || code == AVERROR(ENOMEM);

    if (video->source.kind == VIDEO_MODULE_MEMORY)
        return damaged ? VIDEO_MODULE_DAMAGED : VIDEO_MODULE_UNSUPPORTED;
    if (code == AVERROR(ENOMEM))
        return VIDEO_MODULE_MEMORY_FULL;
    if (code == AVERROR_HTTP_UNAUTHORIZED || code == AVERROR_HTTP_FORBIDDEN)
        return VIDEO_MODULE_DENIED;
    return VIDEO_MODULE_SILENT;
}

static bool format_prepare(struct video_module_video *video)
{
    video->format = avformat_alloc_context();
    if (!video->format)
        return false;
    video->format->interrupt_callback = (AVIOInterruptCB){should_stop, video};
    if (video->source.kind == VIDEO_MODULE_DEVICE) {
        video->format->flags |= AVFMT_FLAG_NONBLOCK;
        return true;
    }
    if (video->source.kind != VIDEO_MODULE_MEMORY)
        return true;
    video->bytes = (struct video_bytes){video->source.data, (int64_t)video->source.size, 0};
    uint8_t *buffer = av_malloc(IO_BUFFER_SIZE);
    video->io = buffer ? avio_alloc_context(buffer, IO_BUFFER_SIZE, 0, &video->bytes, bytes_read,
                                            NULL, bytes_seek)
                       : NULL;
    if (!video->io) {
        av_free(buffer);
        return false;
    }
    video->format->pb = video->io;
    video->format->flags |= AVFMT_FLAG_CUSTOM_IO;
    video->format->io_open = refuse_open;
    return true;
}

/* Of large pictures the library sees the first alone before it decides what this is. */
static bool is_row_of_jpegs(const struct video_module_video *video)
{
    return video->source.kind == VIDEO_MODULE_MEMORY && video->source.size >= 3 &&
           memcmp(video->source.data, "\xff\xd8\xff", 3) == 0;
}

/* One try; avformat_open_input frees the context when it fails. */
static int format_open_with(struct video_module_video *video, AVDictionary **options)
{
    enum video_module_kind kind = video->source.kind;
    const char *name = is_row_of_jpegs(video) ? "mjpeg" : KINDS[kind].format;
    const AVInputFormat *format = name ? av_find_input_format(name) : NULL;

    if (name && !format)
        return AVERROR_DEMUXER_NOT_FOUND;
    if (!format_prepare(video))
        return AVERROR(ENOMEM);
    return avformat_open_input(
        &video->format, kind == VIDEO_MODULE_MEMORY ? "" : video->source.address, format, options);
}

static enum video_module_result format_open(struct video_module_video *video)
{
    AVDictionary *options = NULL;

    set_options(video, &options);
    video->deadline = av_gettime_relative() + video->source.patience;
    int code = format_open_with(video, &options);
    if (code < 0 && video->source.kind == VIDEO_MODULE_DEVICE) {
        /* A device without Motion JPEG sends raw pictures. */
        av_dict_free(&options);
        set_options(video, &options);
        av_dict_set(&options, "input_format", NULL, 0);
        code = format_open_with(video, &options);
    }
    av_dict_free(&options);
    return code < 0 ? result_of(video, code) : VIDEO_MODULE_OK;
}

static bool codec_allowed(const struct video_module_video *video, enum AVCodecID id)
{
    for (size_t i = 0; i < sizeof CODECS / sizeof *CODECS; i++)
        if (CODECS[i] == id)
            return true;
    return video->source.kind == VIDEO_MODULE_DEVICE && id == AV_CODEC_ID_RAWVIDEO;
}

/* The first stream that is a video, and no cover picture. */
static bool stream_choose(struct video_module_video *video)
{
    video->stream = -1;
    for (unsigned i = 0; i < video->format->nb_streams; i++) {
        AVStream *stream = video->format->streams[i];
        bool wanted = video->stream < 0 && stream->codecpar->codec_type == AVMEDIA_TYPE_VIDEO &&
                      !(stream->disposition & AV_DISPOSITION_ATTACHED_PIC) &&
                      codec_allowed(video, stream->codecpar->codec_id);
        stream->discard = wanted ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
        if (wanted)
            video->stream = (int)i;
    }
    return video->stream >= 0;
}

/* Telephones lie about which way is up, and say so in a matrix. */
static int quarter_turns(const AVStream *stream)
{
    size_t size = 0;
    const uint8_t *matrix = av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, &size);

    if (!matrix || size < 9 * sizeof(int32_t))
        return 0;
    double degrees = av_display_rotation_get((const int32_t *)matrix);
    if (isnan(degrees))
        return 0;
    return (int)(((lrint(-degrees / 90) % 4) + 4) % 4);
}

static enum video_module_result codec_open(struct video_module_video *video)
{
    const AVStream *stream = video->format->streams[video->stream];
    const AVCodecParameters *parameters = stream->codecpar;
    const AVCodec *codec = avcodec_find_decoder(parameters->codec_id);

    if (!codec)
        return VIDEO_MODULE_UNSUPPORTED;
    if (parameters->width > 0 && parameters->height > 0 &&
        (uint64_t)parameters->width * (uint64_t)parameters->height > video->source.pixels_max)
        return VIDEO_MODULE_TOO_LARGE;
    video->codec = avcodec_alloc_context3(codec);
    video->packet = av_packet_alloc();
    video->frame = av_frame_alloc();
    if (!video->codec || !video->packet || !video->frame)
        return VIDEO_MODULE_MEMORY_FULL;
    if (avcodec_parameters_to_context(video->codec, parameters) < 0)
        return VIDEO_MODULE_DAMAGED;
    video->codec->pkt_timebase = stream->time_base;
    /* What is a little too large gets as far as the check that says so. */
    video->codec->max_pixels = (int64_t)video->source.pixels_max * 4;
    /* More threads would hold more frames back, and belong to other requests. */
    video->codec->thread_count = 1;
    if (video->source.kind != VIDEO_MODULE_MEMORY)
        video->codec->flags |= AV_CODEC_FLAG_LOW_DELAY;
    video->turns = quarter_turns(stream);
    return avcodec_open2(video->codec, codec, NULL) < 0 ? VIDEO_MODULE_DAMAGED : VIDEO_MODULE_OK;
}

enum video_module_result video_ffmpeg_open(struct video_module_video *video)
{
    if (video->source.kind == VIDEO_MODULE_DEVICE && !devices_register())
        return VIDEO_MODULE_MISSING;
    enum video_module_result result = format_open(video);
    if (result != VIDEO_MODULE_OK)
        return result;
    bool file = video->source.kind == VIDEO_MODULE_MEMORY;
    if (!stream_choose(video))
        return file ? VIDEO_MODULE_UNSUPPORTED : VIDEO_MODULE_SILENT;
    /* A little more than allowed is taken and cut: encoders round. */
    if (file && video->source.duration_max > 0 && video->format->duration != AV_NOPTS_VALUE &&
        video->format->duration / 11 * 10 > video->source.duration_max)
        return VIDEO_MODULE_TOO_LONG;
    return codec_open(video);
}

void video_ffmpeg_close(struct video_module_video *video)
{
    sws_freeContext(video->scaler);
    av_freep(&video->turned);
    av_frame_free(&video->frame);
    av_packet_free(&video->packet);
    avcodec_free_context(&video->codec);
    /* Saying goodbye to a camera that is gone must not take long. */
    video->deadline = av_gettime_relative() + 500000;
    avformat_close_input(&video->format);
    if (video->io)
        av_freep(&video->io->buffer);
    avio_context_free(&video->io);
}
