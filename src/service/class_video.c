#include "service/class_video.h"

#include "service/class_tracks.h"
#include "service/internal.h"
#include "video/video.h"

#include <stdatomic.h>

/* What was not looked at by then is not looked at. */
#define TIME_MAX (60 * (gint64)G_USEC_PER_SEC)

/* Decoding and the frames of one take a core and some tens of megabytes. */
static atomic_flag busy = ATOMIC_FLAG_INIT;

bool service_video_recognised(const void *data, size_t size)
{
    return video_recognised(data, size);
}

/* Every frame wanted goes to the tracker. */
static bool follow(struct video *video, struct recognise_tracker *tracker, GArray *tracks,
                   GError **error)
{
    gint64 until = g_get_monotonic_time() + TIME_MAX;
    enum video_step step = VIDEO_FRAME;
    bool ok = true;

    while (ok && g_get_monotonic_time() < until) {
        struct face_image image;
        gint64 time = 0;
        step = video_next(video, &image, &time, error);
        if (step != VIDEO_FRAME)
            break;
        ok = recognise_tracker_add(tracker, &image, time, tracks, error);
        face_image_finish(&image);
    }
    return ok && step != VIDEO_FAILED && recognise_tracker_end(tracker, tracks, error);
}

static GArray *faces_of_video(struct service *service, const struct service_class_search *search,
                              const void *data, size_t size, GError **error)
{
    const struct video_limits limits = {
        .duration_max = (gint64)SERVICE_VIDEO_SECONDS_MAX * G_USEC_PER_SEC,
        .interval = G_USEC_PER_SEC / SERVICE_VIDEO_FRAMES_A_SECOND,
    };
    const struct recognise_tracker_options options = {.recognise = search->options};
    g_autoptr(video_source) video = video_open_memory(data, size, &limits, error);
    if (!video)
        return NULL;
    g_autoptr(recognise_tracker) tracker = recognise_tracker_create(service->recogniser, &options);
    g_autoptr(GArray) tracks = g_array_new(FALSE, FALSE, sizeof(struct recognise_track));
    g_array_set_clear_func(tracks, recognise_track_clear);
    return follow(video, tracker, tracks, error) ? service_class_faces_of(tracks, error) : NULL;
}

static struct service_class_result *conclude_video(struct service *service,
                                                   const struct service_identity *identity,
                                                   const struct service_class_request *request,
                                                   const void *data, size_t size, GError **error)
{
    gint64 began = g_get_monotonic_time();
    struct service_class_request of_video = *request;
    struct service_class_search search = {0};

    of_video.source = DB_REVIEW_VIDEO;
    /* What counts is when the video came, not when it had been looked at. */
    if (!of_video.arrived)
        of_video.arrived = base_time_now();
    if (!service_class_search_read(service, identity, &of_video, false, &search, error))
        return NULL;
    GArray *faces = faces_of_video(service, &search, data, size, error);
    service_class_search_clear(&search);
    if (!faces)
        return NULL;
    for (guint i = 0; i < faces->len; i++)
        g_array_index(faces, struct service_class_face, i).at = 0; /* the moment of the call */
    struct service_class_result *result =
        service_class_conclude(service, identity, &of_video, faces, error);
    if (result)
        result->elapsed = (double)(g_get_monotonic_time() - began);
    return result;
}

struct service_class_result *service_class_video(struct service *service,
                                                 const struct service_identity *identity,
                                                 const struct service_class_request *request,
                                                 const void *data, size_t size, GError **error)
{
    if (size > SERVICE_VIDEO_BYTES_MAX) {
        base_fail(error, BASE_ERROR_TOO_LARGE, "The video is larger than %d MB.",
                  SERVICE_VIDEO_BYTES_MAX >> 20);
        return NULL;
    }
    if (atomic_flag_test_and_set(&busy)) {
        base_fail(error, BASE_ERROR_UNAVAILABLE,
                  "Another video is being looked at: try again in a minute.");
        return NULL;
    }
    struct service_class_result *result =
        conclude_video(service, identity, request, data, size, error);
    atomic_flag_clear(&busy);
    return result;
}
