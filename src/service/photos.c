#include "service/internal.h"

#include <string.h>

static const char *const photo_kind_names[SERVICE_PHOTO_N] = {
    [SERVICE_PHOTO_ACCEPTED] = "accepted",
    [SERVICE_PHOTO_UNREADABLE] = "unreadable",
    [SERVICE_PHOTO_NO_FACE] = "no_face",
    [SERVICE_PHOTO_SEVERAL_FACES] = "several_faces",
    [SERVICE_PHOTO_POOR_QUALITY] = "poor_quality",
    [SERVICE_PHOTO_PRESENTATION_ATTACK] = "presentation_attack",
    [SERVICE_PHOTO_OTHER_PERSON] = "other_person",
    [SERVICE_PHOTO_DUPLICATE] = "duplicate",
};

static const char *const photo_messages[SERVICE_PHOTO_N] = {
    [SERVICE_PHOTO_ACCEPTED] = "",
    [SERVICE_PHOTO_UNREADABLE] = "This file is not a picture that can be read.",
    [SERVICE_PHOTO_NO_FACE] = "There is no face in this photo.",
    [SERVICE_PHOTO_SEVERAL_FACES] = "There is more than one face in this photo.",
    [SERVICE_PHOTO_POOR_QUALITY] = "This photo is not clear enough.",
    [SERVICE_PHOTO_PRESENTATION_ATTACK] = "This looks like a picture of a print or a screen.",
    [SERVICE_PHOTO_OTHER_PERSON] = "This does not look like the person of the other photos.",
    [SERVICE_PHOTO_DUPLICATE] = "This face is enrolled already under another account.",
};

static const char *const quality_messages[FACE_QUALITY_N] = {
    [FACE_QUALITY_TOO_SMALL] = "The face is too small: come closer.",
    [FACE_QUALITY_CUT_OFF] = "Part of the face is outside the photo.",
    [FACE_QUALITY_TOO_DARK] = "The face is too dark: look for more light.",
    [FACE_QUALITY_TOO_BRIGHT] = "The face is too bright: avoid the lamp or window.",
    [FACE_QUALITY_BLURRED] = "The photo is blurred: hold still and clean the lens.",
    [FACE_QUALITY_TURNED_AWAY] = "Look straight at the camera.",
    [FACE_QUALITY_EYES_CLOSED] = "Keep your eyes open.",
};

static const enum service_photo_kind kind_of_answer[RECOGNISE_KIND_N] = {
    [RECOGNISE_NO_FACE] = SERVICE_PHOTO_NO_FACE,
    [RECOGNISE_SEVERAL_FACES] = SERVICE_PHOTO_SEVERAL_FACES,
    [RECOGNISE_POOR_QUALITY] = SERVICE_PHOTO_POOR_QUALITY,
    [RECOGNISE_PRESENTATION_ATTACK] = SERVICE_PHOTO_PRESENTATION_ATTACK,
    [RECOGNISE_UNKNOWN] = SERVICE_PHOTO_NO_FACE, /* never an answer to an enrolment photo */
    [RECOGNISE_NEEDS_REVIEW] = SERVICE_PHOTO_NO_FACE,
    [RECOGNISE_MATCH] = SERVICE_PHOTO_ACCEPTED,
};

const char *service_photo_kind_name(enum service_photo_kind kind)
{
    return (unsigned)kind < SERVICE_PHOTO_N ? photo_kind_names[kind] : NULL;
}

static void photo_refuse(struct service_photo *photo, enum service_photo_kind kind)
{
    const char *message = photo_messages[kind];

    if (kind == SERVICE_PHOTO_POOR_QUALITY && (unsigned)photo->quality.reason < FACE_QUALITY_N &&
        quality_messages[photo->quality.reason])
        message = quality_messages[photo->quality.reason];
    photo->kind = kind;
    g_strlcpy(photo->message, message, sizeof photo->message);
}

/* Whether a picture that cannot be decoded is the sender's doing. */
static bool picture_is_bad(const GError *problem)
{
    return g_error_matches(problem, BASE_ERROR, BASE_ERROR_INVALID) ||
           g_error_matches(problem, BASE_ERROR, BASE_ERROR_UNSUPPORTED) ||
           g_error_matches(problem, BASE_ERROR, BASE_ERROR_TOO_LARGE);
}

static bool photo_judge(struct service *service, const struct service_batch *batch, size_t index,
                        const struct recognise_picture *picture, GError **error)
{
    struct service_photo *photo = &batch->enrolment->photos[index];
    const struct recognise_options options = {
        .skip_liveness = batch->skip_liveness || !service->liveness,
    };
    struct recognise_photo seen;
    GError *problem = NULL;

    *photo = (struct service_photo){.live = -1};
    if (!recognise_enrol_photo(service->recogniser, picture, &options, &seen, &problem)) {
        if (!picture_is_bad(problem)) {
            g_propagate_error(error, problem);
            return false;
        }
        photo_refuse(photo, SERVICE_PHOTO_UNREADABLE);
        g_strlcpy(photo->message, problem->message, sizeof photo->message);
        g_error_free(problem);
        return true;
    }
    photo->faces = seen.faces;
    photo->width = seen.width;
    photo->height = seen.height;
    photo->box = seen.box;
    photo->quality = seen.quality;
    photo->live = seen.live;
    photo_refuse(photo, kind_of_answer[seen.kind]);
    memcpy(batch->values + index * FACE_TEMPLATE_N, seen.values, sizeof seen.values);
    return true;
}

/* Of two photos that disagree nobody knows which is wrong; of more it is the odd one. */
static void batch_agree(struct service *service, struct service_batch *batch)
{
    struct service_enrolment *enrolment = batch->enrolment;
    size_t odd = 0;

    if (recognise_photos_agree(service->recogniser, batch->values, enrolment->photos_n,
                               &enrolment->agreement, &odd))
        return;
    for (size_t i = 0; i < enrolment->photos_n; i++)
        if (i == odd || enrolment->photos_n == 2)
            photo_refuse(&enrolment->photos[i], SERVICE_PHOTO_OTHER_PERSON);
}

bool service_batch_judge(struct service *service, struct service_batch *batch,
                         const struct recognise_picture *photos, size_t photos_n, GError **error)
{
    if (photos_n < 1 || photos_n > SERVICE_PHOTOS_MAX)
        return service_fail(error, BASE_ERROR_INVALID, "image must be 1 to %d photos.",
                            SERVICE_PHOTOS_MAX);
    *batch->enrolment = (struct service_enrolment){.photos_n = photos_n, .agreement = 1};
    batch->values = g_new0(float, photos_n *FACE_TEMPLATE_N);
    batch->photos = photos;
    for (size_t i = 0; i < photos_n; i++)
        if (!photo_judge(service, batch, i, &photos[i], error))
            return false;
    if (service_batch_accepted(batch))
        batch_agree(service, batch);
    return true;
}

void service_batch_compare(struct service *service, struct service_batch *batch,
                           const float *stored, size_t stored_n)
{
    const float agree = recogniser_thresholds(service->recogniser).agree;

    for (size_t i = 0; stored_n > 0 && i < batch->enrolment->photos_n; i++) {
        const float *values = batch->values + i * FACE_TEMPLATE_N;
        float best = -1;
        /* Hair, glasses and years differ: resembling one of the earlier photos is enough. */
        for (size_t k = 0; k < stored_n; k++)
            best = MAX(best, recognise_similarity(values, stored + k * FACE_TEMPLATE_N));
        if (batch->enrolment->photos[i].kind == SERVICE_PHOTO_ACCEPTED && best < agree)
            photo_refuse(&batch->enrolment->photos[i], SERVICE_PHOTO_OTHER_PERSON);
    }
}

void service_batch_duplicate(struct service *service, struct service_batch *batch)
{
    struct service_enrolment *enrolment = batch->enrolment;
    struct base_uuid other;

    if (batch->allow_duplicate ||
        !recognise_duplicate(service->recogniser, batch->values, enrolment->photos_n, batch->person,
                             &other, NULL))
        return;
    enrolment->duplicate_of = other;
    for (size_t i = 0; i < enrolment->photos_n; i++)
        photo_refuse(&enrolment->photos[i], SERVICE_PHOTO_DUPLICATE);
}

bool service_batch_accepted(const struct service_batch *batch)
{
    for (size_t i = 0; i < batch->enrolment->photos_n; i++)
        if (batch->enrolment->photos[i].kind != SERVICE_PHOTO_ACCEPTED)
            return false;
    return batch->enrolment->photos_n > 0;
}
