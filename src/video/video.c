#include "video/video.h"

#include "base/error.h"
#include "base/module.h"
#include "video/video_module.h"

#include <string.h>

#define PIXELS_DEFAULT ((uint64_t)9 * 1000 * 1000)
#define DURATION_DEFAULT (G_GINT64_CONSTANT(60) * G_USEC_PER_SEC)
#define FRAMES_A_SECOND 60
#define SIDE_DEFAULT 1920
#define PATIENCE_DEFAULT (G_GINT64_CONSTANT(10) * G_USEC_PER_SEC)

struct video {
    const struct video_module *module;
    struct video_module_video *inside;
    GMappedFile *file;
    char *camera; /* its public address; NULL: a file */
    struct face_image *image;
    int interrupted;
    bool ended;
    struct video_limits limits;
};

static const struct video_module *module_load(GError **error)
{
    const struct video_module *module =
        base_module_symbol("video", VIDEO_MODULE_SYMBOL, "Reading videos", "video", error);

    if (module && module->version != VIDEO_MODULE_VERSION) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE,
                            "presente-video.so belongs to another version of the program: run "
                            "./dev build.");
        return NULL;
    }
    return module;
}

bool video_available(GError **error)
{
    return module_load(error) != NULL;
}

static bool bytes_at(const uint8_t *data, size_t size, size_t at, const char *text, size_t n)
{
    return size >= at + n && memcmp(data + at, text, n) == 0;
}

/* ISO base media files (ISO/IEC 14496-12) hold still pictures as well. */
static bool is_movie(const uint8_t *data, size_t size)
{
    static const char *const boxes[] = {"moov", "mdat", "wide", "free", "skip"};
    static const char *const stills[] = {"heic", "heix", "heim", "heis", "mif1", "avif", "jxl "};

    for (size_t i = 0; i < G_N_ELEMENTS(boxes); i++)
        if (bytes_at(data, size, 4, boxes[i], 4))
            return true;
    if (!bytes_at(data, size, 4, "ftyp", 4))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(stills); i++)
        if (bytes_at(data, size, 8, stills[i], 4))
            return false;
    return true;
}

/* Telephones append a picture or two to a JPEG; so many of them are a film. */
static bool is_row_of_jpegs(const uint8_t *data, size_t size)
{
    static const char between[] = {'\xff', '\xd9', '\xff', '\xd8', '\xff'};
    const uint8_t *at = data;
    const uint8_t *end = data + size;
    int found = 0;

    if (!bytes_at(data, size, 0, "\xff\xd8\xff", 3))
        return false;
    while (found < 4 && (at = memmem(at, (size_t)(end - at), between, sizeof between))) {
        at += sizeof between;
        found++;
    }
    return found == 4;
}

bool video_recognised(const void *data, size_t size)
{
    return is_movie(data, size) || bytes_at(data, size, 0, "\x1a\x45\xdf\xa3", 4) ||
           (bytes_at(data, size, 0, "RIFF", 4) && bytes_at(data, size, 8, "AVI ", 4)) ||
           is_row_of_jpegs(data, size);
}

static const struct {
    const char *prefix;
    enum video_module_kind kind;
} CAMERAS[] = {
    {"rtsp://", VIDEO_MODULE_RTSP},      {"rtsps://", VIDEO_MODULE_RTSP},
    {"http://", VIDEO_MODULE_HTTP},      {"https://", VIDEO_MODULE_HTTP},
    {"/dev/video", VIDEO_MODULE_DEVICE},
};

static bool camera_kind(const char *address, enum video_module_kind *kind)
{
    for (size_t i = 0; i < G_N_ELEMENTS(CAMERAS); i++) {
        if (g_ascii_strncasecmp(address, CAMERAS[i].prefix, strlen(CAMERAS[i].prefix)) == 0) {
            *kind = CAMERAS[i].kind;
            return true;
        }
    }
    return false;
}

bool video_is_camera(const char *address)
{
    enum video_module_kind kind;

    return camera_kind(address, &kind);
}

bool video_camera_check(const char *address, GError **error)
{
    if (video_is_camera(address))
        return true;
    g_autofree char *public = video_address_public(address);
    g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                "\"%s\" is no camera: give rtsp://, http:// or https:// with an address, or "
                "a device such as /dev/video0.",
                public);
    return false;
}

char *video_address_public(const char *address)
{
    const char *host = strstr(address, "://");

    if (!host)
        return g_strdup(address);
    host += 3;
    /* A password may hold anything but these, and an @ more than the one that ends it. */
    size_t authority = strcspn(host, "/?#");
    for (size_t i = authority; i > 0; i--) {
        if (host[i - 1] == '@') {
            size_t scheme = (size_t)(host - address);
            const char *rest = host + i;
            return g_strdup_printf("%.*s%.*s", (int)scheme, address, (int)strcspn(rest, "?#"),
                                   rest);
        }
    }
    return g_strndup(address, (size_t)(host - address) + strcspn(host, "?#"));
}

/* What each result of the module means to people. %s is the video or the camera's address. */
static const struct {
    enum base_error code;
    const char *message;
} FAILURES[VIDEO_MODULE_RESULT_N] = {
    [VIDEO_MODULE_UNSUPPORTED] = {BASE_ERROR_UNSUPPORTED,
                                  "%s cannot be read: send MP4, MOV, WebM, Matroska, AVI or Motion "
                                  "JPEG with H.264, HEVC, MPEG-4, VP8, VP9 or Motion JPEG in it."},
    [VIDEO_MODULE_DAMAGED] = {BASE_ERROR_INVALID,
                              "%s is damaged or cut off: no picture could be decoded."},
    [VIDEO_MODULE_TOO_LARGE] = {BASE_ERROR_TOO_LARGE, "%s has too many pixels a frame."},
    [VIDEO_MODULE_TOO_LONG] = {BASE_ERROR_TOO_LARGE, "%s takes longer than is allowed."},
    [VIDEO_MODULE_SILENT] = {BASE_ERROR_UNAVAILABLE, "%s sends no pictures that can be decoded."},
    [VIDEO_MODULE_DENIED] = {BASE_ERROR_UNAVAILABLE, "%s wants another name and password."},
    [VIDEO_MODULE_MISSING] = {BASE_ERROR_UNAVAILABLE,
                              "%s is a device, for which a library is missing: install Debian's "
                              "package libavdevice59."},
    [VIDEO_MODULE_MEMORY_FULL] = {BASE_ERROR_UNAVAILABLE, "%s needs more memory than there is."},
};

static void set_failure(const struct video *video, enum video_module_result result, GError **error)
{
    g_autofree char *subject =
        video->camera ? g_strdup_printf("The camera %s", video->camera) : g_strdup("The video");
    bool known = result < VIDEO_MODULE_RESULT_N && FAILURES[result].message;
    g_autoptr(GString) message =
        g_string_new(known ? FAILURES[result].message : "%s could not be read.");

    g_string_replace(message, "%s", subject, 1);
    g_set_error_literal(error, BASE_ERROR, known ? FAILURES[result].code : BASE_ERROR_INTERNAL,
                        message->str);
}

static uint8_t *new_picture(void *user, int width, int height)
{
    struct video *video = user;

    face_image_finish(video->image);
    if (width < 1 || height < 1 || width > 65535 || height > 65535)
        return NULL;
    face_image_init(video->image, width, height);
    return video->image->rgb;
}

/* The limits with their defaults; a camera's have no end unless one was named. */
static struct video_limits limits_complete(const struct video_limits *given, bool camera)
{
    struct video_limits limits = given ? *given : (struct video_limits){0};

    if (limits.pixels_max == 0)
        limits.pixels_max = PIXELS_DEFAULT;
    if (limits.side_max <= 0)
        limits.side_max = SIDE_DEFAULT;
    if (limits.patience <= 0)
        limits.patience = PATIENCE_DEFAULT;
    if (limits.duration_max <= 0 && !camera)
        limits.duration_max = DURATION_DEFAULT;
    if (limits.frames_max == 0 && limits.duration_max > 0)
        limits.frames_max = (uint64_t)(limits.duration_max / G_USEC_PER_SEC + 1) * FRAMES_A_SECOND;
    return limits;
}

/* Takes over `file`. `source` names kind and where from; the rest is filled in here. */
static struct video *open_source(struct video_module_source *source, GMappedFile *file,
                                 const struct video_limits *limits, const int *interrupted,
                                 GError **error)
{
    const struct video_module *module = module_load(error);
    if (!module) {
        g_clear_pointer(&file, g_mapped_file_unref);
        return NULL;
    }
    struct video *video = g_new0(struct video, 1);
    video->module = module;
    video->file = file;
    if (source->kind != VIDEO_MODULE_MEMORY)
        video->camera = video_address_public(source->address);
    video->limits = limits_complete(limits, video->camera != NULL);
    source->pixels_max = video->limits.pixels_max;
    source->frames_max = video->limits.frames_max;
    source->duration_max = video->limits.duration_max;
    source->side_max = video->limits.side_max;
    source->interval = video->limits.interval;
    source->patience = video->limits.patience;
    source->interrupted[0] = &video->interrupted;
    source->interrupted[1] = interrupted;
    source->picture = new_picture;
    source->user = video;
    enum video_module_result result = VIDEO_MODULE_SILENT;
    video->inside = module->open(source, &result);
    if (!video->inside) {
        set_failure(video, result, error);
        g_clear_pointer(&video, video_destroy);
    }
    return video;
}

struct video *video_open_memory(const void *data, size_t size, const struct video_limits *limits,
                                GError **error)
{
    struct video_module_source source = {.kind = VIDEO_MODULE_MEMORY, .data = data, .size = size};

    return open_source(&source, NULL, limits, NULL, error);
}

struct video *video_open_file(const char *path, const struct video_limits *limits, GError **error)
{
    g_autoptr(GError) failure = NULL;
    GMappedFile *file = g_mapped_file_new(path, FALSE, &failure);

    if (!file) {
        bool missing = g_error_matches(failure, G_FILE_ERROR, G_FILE_ERROR_NOENT) ||
                       g_error_matches(failure, G_FILE_ERROR, G_FILE_ERROR_NOTDIR);
        g_set_error(error, BASE_ERROR, missing ? BASE_ERROR_NOT_FOUND : BASE_ERROR_IO,
                    missing ? "There is no file %s." : "The file %s cannot be read.", path);
        return NULL;
    }
    struct video_module_source source = {
        .kind = VIDEO_MODULE_MEMORY,
        .data = g_mapped_file_get_contents(file),
        .size = g_mapped_file_get_length(file),
    };
    return open_source(&source, file, limits, NULL, error);
}

struct video *video_open_camera(const char *address, const struct video_limits *limits,
                                const int *interrupted, GError **error)
{
    struct video_module_source source = {.address = address};

    if (!video_camera_check(address, error))
        return NULL;
    camera_kind(address, &source.kind);
    return open_source(&source, NULL, limits, interrupted, error);
}

void video_destroy(struct video *video)
{
    if (!video)
        return;
    if (video->inside)
        video->module->close(video->inside);
    g_clear_pointer(&video->file, g_mapped_file_unref);
    g_free(video->camera);
    g_free(video);
}

enum video_step video_next(struct video *video, struct face_image *image, gint64 *time,
                           GError **error)
{
    int64_t at = 0;

    *image = (struct face_image){0};
    *time = 0;
    if (video->ended)
        return VIDEO_END;
    video->image = image;
    enum video_module_result result = video->module->next(video->inside, &at);
    video->image = NULL;
    if (result == VIDEO_MODULE_OK) {
        *time = at;
        return VIDEO_FRAME;
    }
    face_image_finish(image);
    video->ended = true;
    if (result == VIDEO_MODULE_END)
        return VIDEO_END;
    set_failure(video, result, error);
    return VIDEO_FAILED;
}

void video_interrupt(struct video *video)
{
    g_atomic_int_set(&video->interrupted, 1);
}
