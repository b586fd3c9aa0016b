#include "film.h"

#include "face/image.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/display.h>
#include <libswscale/swscale.h>
#include <math.h>
#include <string.h>

struct film {
    AVFormatContext *format;
    AVCodecContext *codec;
    AVStream *stream;
    struct SwsContext *scaler;
    AVFrame *frame;
    AVPacket *packet;
};

static void write_packets(struct film *film)
{
    while (avcodec_receive_packet(film->codec, film->packet) == 0) {
        film->packet->duration = 1;
        av_packet_rescale_ts(film->packet, film->codec->time_base, film->stream->time_base);
        film->packet->stream_index = film->stream->index;
        g_assert_cmpint(av_interleaved_write_frame(film->format, film->packet), >=, 0);
    }
}

static void begin(struct film *film, const AVCodec *codec, const char *path, int fps, int turn)
{
    g_assert_cmpint(avformat_alloc_output_context2(&film->format, NULL, NULL, path), >=, 0);
    film->codec = avcodec_alloc_context3(codec);
    film->codec->width = FILM_WIDTH;
    film->codec->height = FILM_HEIGHT;
    film->codec->pix_fmt =
        codec->id == AV_CODEC_ID_MJPEG ? AV_PIX_FMT_YUVJ420P : AV_PIX_FMT_YUV420P;
    film->codec->time_base = (AVRational){1, fps};
    film->codec->framerate = (AVRational){fps, 1};
    film->codec->bit_rate = 3000000;
    film->codec->gop_size = fps;
    film->codec->strict_std_compliance = FF_COMPLIANCE_UNOFFICIAL;
    if (film->format->oformat->flags & AVFMT_GLOBALHEADER)
        film->codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    g_assert_cmpint(avcodec_open2(film->codec, codec, NULL), >=, 0);
    film->stream = avformat_new_stream(film->format, NULL);
    film->stream->time_base = film->codec->time_base;
    avcodec_parameters_from_context(film->stream->codecpar, film->codec);
    if (turn != 0) {
        uint8_t *matrix =
            av_stream_new_side_data(film->stream, AV_PKT_DATA_DISPLAYMATRIX, 9 * sizeof(int32_t));
        av_display_rotation_set((int32_t *)matrix, turn);
    }
    g_assert_cmpint(avio_open(&film->format->pb, path, AVIO_FLAG_WRITE), >=, 0);
    g_assert_cmpint(avformat_write_header(film->format, NULL), >=, 0);
    film->scaler =
        sws_getContext(FILM_WIDTH, FILM_HEIGHT, AV_PIX_FMT_RGB24, FILM_WIDTH, FILM_HEIGHT,
                       film->codec->pix_fmt, SWS_BILINEAR, NULL, NULL, NULL);
    film->frame = av_frame_alloc();
    film->frame->format = film->codec->pix_fmt;
    film->frame->width = FILM_WIDTH;
    film->frame->height = FILM_HEIGHT;
    g_assert_cmpint(av_frame_get_buffer(film->frame, 0), >=, 0);
    film->packet = av_packet_alloc();
}

static void end(struct film *film)
{
    avcodec_send_frame(film->codec, NULL);
    write_packets(film);
    av_write_trailer(film->format);
    avio_closep(&film->format->pb);
    sws_freeContext(film->scaler);
    av_frame_free(&film->frame);
    av_packet_free(&film->packet);
    avcodec_free_context(&film->codec);
    avformat_free_context(film->format);
}

bool film_write(const char *path, const char *encoder, int fps, int frames, int turn,
                film_frame frame, void *user)
{
    struct film film = {0};
    const AVCodec *codec = avcodec_find_encoder_by_name(encoder);

    av_log_set_level(AV_LOG_QUIET);
    if (!codec)
        return false;
    begin(&film, codec, path, fps, turn);
    g_autofree uint8_t *rgb = g_malloc0((gsize)FILM_WIDTH * FILM_HEIGHT * 3 + 64);
    for (int i = 0; i < frames; i++) {
        const uint8_t *const planes[1] = {rgb};
        const int strides[1] = {FILM_WIDTH * 3};
        frame(rgb, i, user);
        g_assert_cmpint(av_frame_make_writable(film.frame), >=, 0);
        sws_scale(film.scaler, planes, strides, 0, FILM_HEIGHT, film.frame->data,
                  film.frame->linesize);
        film.frame->pts = i;
        g_assert_cmpint(avcodec_send_frame(film.codec, film.frame), >=, 0);
        write_packets(&film);
    }
    end(&film);
    return true;
}

struct show {
    struct face_image *pictures;
    int frames_each;
};

/* The picture fitted into the frame, nearest pixel, swaying. */
static void show_picture(uint8_t *rgb, int number, void *user)
{
    const struct show *show = user;
    const struct face_image *picture = &show->pictures[number / show->frames_each];
    double scale = fmax(picture->width / (double)FILM_WIDTH, picture->height / (double)FILM_HEIGHT);
    double off_x = (FILM_WIDTH - picture->width / scale) / 2 + 12 * sin(number * 0.7);
    double off_y = (FILM_HEIGHT - picture->height / scale) / 2 + 6 * cos(number * 0.5);

    memset(rgb, 90, (size_t)FILM_WIDTH * FILM_HEIGHT * 3);
    for (int y = 0; y < FILM_HEIGHT; y++) {
        for (int x = 0; x < FILM_WIDTH; x++) {
            int from_x = (int)floor((x - off_x) * scale);
            int from_y = (int)floor((y - off_y) * scale);
            if (from_x < 0 || from_y < 0 || from_x >= picture->width || from_y >= picture->height)
                continue;
            memcpy(rgb + ((size_t)y * FILM_WIDTH + x) * 3,
                   picture->rgb + ((size_t)from_y * picture->width + from_x) * 3, 3);
        }
    }
}

bool film_write_pictures(const char *path, const char *encoder, int fps, double seconds,
                         char **pictures)
{
    guint n = g_strv_length(pictures);
    struct show show = {g_new0(struct face_image, n), (int)(fps * seconds)};

    for (guint i = 0; i < n; i++) {
        g_autofree char *data = NULL;
        gsize size = 0;
        g_assert_true(g_file_get_contents(pictures[i], &data, &size, NULL));
        g_assert_true(face_image_decode(data, size, NULL, &show.pictures[i], NULL));
    }
    bool written =
        film_write(path, encoder, fps, show.frames_each * (int)n, 0, show_picture, &show);
    for (guint i = 0; i < n; i++)
        face_image_finish(&show.pictures[i]);
    g_free(show.pictures);
    return written;
}
