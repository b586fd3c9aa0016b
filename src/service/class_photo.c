/* From pictures of a class to marks, and back to a picture with names in it. */
#include "face/image_write.h"
#include "recognise/class.h"
#include "report/overlay.h"
#include "service/attend.h"
#include "service/class_marks.h"
#include "service/picture.h"

enum {
    BYTES_MAX = 48 << 20, /* of one picture: 50 megapixels by a good camera */
    DRAWN_SIDE = 2048,    /* pixels */
    DRAWN_QUALITY = 88,
};

/* Of faces in a drawn picture: red, green, blue. */
static const double COLOURS[SERVICE_CLASS_OUTCOME_N][3] = {
    [SERVICE_CLASS_UNKNOWN] = {0.55, 0.55, 0.58},
    [SERVICE_CLASS_REVIEW] = {0.90, 0.60, 0.05},
    [SERVICE_CLASS_ALREADY] = {0.10, 0.45, 0.80},
    [SERVICE_CLASS_MARKED] = {0.10, 0.60, 0.25},
};

static struct face_image_limits limits_of(const struct service *service)
{
    struct face_image_limits limits = service->images.limits;

    limits.bytes_max = MAX(limits.bytes_max, BYTES_MAX);
    limits.pixels_max = MAX(limits.pixels_max, FACE_IMAGE_PIXELS_MAX);
    return limits;
}

/* ---- capacity ---- */

/* Half of the processors: there must be memory for so many large pictures. */
static int pictures_at_once(void)
{
    return MAX((int)g_get_num_processors() / 2, 1);
}

unsigned service_class_places(void)
{
    return (unsigned)pictures_at_once() + 1;
}

static bool place_take(struct service *service, GError **error)
{
    if (g_atomic_int_add(&service->class_photos, 1) < pictures_at_once())
        return true;
    g_atomic_int_add(&service->class_photos, -1);
    return base_fail(error, BASE_ERROR_UNAVAILABLE,
                     "Other pictures of classes are being worked on. Please try again in a few "
                     "seconds.");
}

static void place_leave(struct service *service)
{
    g_atomic_int_add(&service->class_photos, -1);
}

/* ---- pictures to marks ---- */

static GArray *faces_of(struct recognise_class *class)
{
    GArray *faces = g_array_new(FALSE, TRUE, sizeof(struct service_class_face));

    for (guint i = 0; i < class->faces->len; i++) {
        struct recognise_class_face *seen =
            &g_array_index(class->faces, struct recognise_class_face, i);
        const struct recognise_answer *answer = &seen->answer;
        struct service_class_face face = {
            .kind = answer->kind,
            .person = answer->person,
            .score = answer->score,
            .doubt = answer->doubt,
            .candidates_n = MIN(answer->candidates_n, (size_t)SERVICE_CLASS_CANDIDATES),
            .crop = g_steal_pointer(&seen->crop),
            .picture = seen->picture,
            .box = answer->box,
        };
        for (size_t j = 0; j < face.candidates_n; j++)
            face.candidates[j] = answer->candidates[j];
        g_array_append_val(faces, face);
    }
    return faces;
}

static void pictures_tell(const struct recognise_class *class, struct service_class_result *result)
{
    for (guint i = 0; i < class->pictures->len; i++) {
        const struct recognise_class_picture *seen =
            &g_array_index(class->pictures, struct recognise_class_picture, i);
        const struct service_class_picture picture = {seen->width, seen->height, seen->faces};
        g_array_append_val(result->pictures, picture);
    }
}

static struct service_class_result *photo(struct service *service,
                                          const struct service_identity *identity,
                                          const struct service_class_request *request,
                                          const struct recognise_picture *pictures,
                                          size_t pictures_n, GError **error)
{
    const struct face_image_limits limits = limits_of(service);
    g_autoptr(GArray) people = service_class_scope(service, identity, request, error);
    struct recognise_class class;

    if (!people)
        return NULL;
    const struct recognise_options options = {
        .scope = {.people = (const struct base_uuid *)(void *)people->data,
                  .people_n = people->len},
        .skip_liveness = true,
        .group = true,
    };
    if (!recognise_class(service->recogniser, pictures, pictures_n, &options, &limits, &class,
                         error))
        return NULL;
    struct service_class_result *result =
        service_class_conclude(service, identity, request, faces_of(&class), error);
    if (result) {
        pictures_tell(&class, result);
        result->timings = class.timings;
    }
    recognise_class_clear(&class);
    return result;
}

struct service_class_result *service_class_photo(struct service *service,
                                                 const struct service_identity *identity,
                                                 const struct service_class_request *request,
                                                 const struct recognise_picture *pictures,
                                                 size_t pictures_n, GError **error)
{
    const gint64 began = g_get_monotonic_time();

    if (pictures_n == 0 || pictures_n > SERVICE_CLASS_PICTURES_MAX) {
        base_fail(error, BASE_ERROR_INVALID, "pictures must be 1 to %d.",
                  SERVICE_CLASS_PICTURES_MAX);
        return NULL;
    }
    if (!place_take(service, error))
        return NULL;
    /* Arrived when the pictures came, however long their faces take. */
    struct service_class_request now = *request;
    if (!now.arrived)
        now.arrived = base_time_now();
    struct service_class_result *result =
        photo(service, identity, &now, pictures, pictures_n, error);
    place_leave(service);
    if (result)
        result->elapsed = (double)(g_get_monotonic_time() - began);
    return result;
}

/* ---- and back to a picture ---- */

static GArray *overlays_of(const struct service_class_result *result, size_t picture, double scale)
{
    GArray *overlays = g_array_new(FALSE, TRUE, sizeof(struct report_overlay));

    for (guint i = 0; i < result->faces->len; i++) {
        const struct service_class_face *face =
            &g_array_index(result->faces, struct service_class_face, i);
        const double *colour = COLOURS[face->outcome];
        if (face->picture != picture)
            continue;
        const struct report_overlay overlay = {
            .x = (double)face->box.x * scale,
            .y = (double)face->box.y * scale,
            .width = (double)face->box.width * scale,
            .height = (double)face->box.height * scale,
            .red = colour[0],
            .green = colour[1],
            .blue = colour[2],
            .text = face->person_name,
            .doubtful = face->outcome == SERVICE_CLASS_REVIEW,
            .hidden = face->outcome == SERVICE_CLASS_UNKNOWN,
        };
        g_array_append_val(overlays, overlay);
    }
    return overlays;
}

GBytes *service_class_draw(const struct service *service, const struct service_class_result *result,
                           size_t picture, const struct recognise_picture *encoded, int side_max,
                           GError **error)
{
    struct face_image_limits limits = limits_of(service);
    struct face_image image, small;

    side_max = side_max > 0 ? side_max : DRAWN_SIDE;
    limits.side_hint = side_max;
    if (!face_image_decode(encoded->data, encoded->size, &limits, &image, error))
        return NULL;
    const struct face_crop whole = {0, 0, (float)image.width, (float)image.height};
    const double stored = (double)image.width * (double)image.scale;
    service_picture_scale(&image, &whole, side_max, &small);
    face_image_finish(&image);
    g_autoptr(GArray) overlays = overlays_of(result, picture, (double)small.width / stored);
    GBytes *jpeg = NULL;
    if (report_overlay_draw(small.rgb, small.width, small.height, (const void *)overlays->data,
                            overlays->len, error))
        jpeg = face_image_encode_jpeg(&small, DRAWN_QUALITY, error);
    face_image_finish(&small);
    return jpeg;
}
