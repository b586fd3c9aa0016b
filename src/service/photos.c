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
    [SERVICE_PHOTO_NEAR_COPY] = "near_copy",
};

static const struct {
    const char *en, *es;
} photo_sentences[SERVICE_PHOTO_N] = {
    [SERVICE_PHOTO_ACCEPTED] = {"", ""},
    [SERVICE_PHOTO_UNREADABLE] = {"This file is not a picture that can be read.",
                                  "Este archivo no es una imagen que se pueda leer."},
    [SERVICE_PHOTO_NO_FACE] = {"There is no face in this photo.",
                               "No hay ninguna cara en la foto."},
    [SERVICE_PHOTO_SEVERAL_FACES] = {"There is more than one face in this photo.",
                                     "Hay más de una cara en la foto."},
    [SERVICE_PHOTO_POOR_QUALITY] = {"This photo is not clear enough.",
                                    "La foto no es lo bastante clara."},
    [SERVICE_PHOTO_PRESENTATION_ATTACK] = {"This looks like a picture of a print or a screen.",
                                           "Parece la foto de un papel o de una pantalla."},
    [SERVICE_PHOTO_OTHER_PERSON] = {"This does not look like the person of the other photos.",
                                    "No se parece a la persona de las otras fotos."},
    [SERVICE_PHOTO_NEAR_COPY] = {"This is the same picture again: move a little and take another.",
                                 "Es otra vez la misma imagen: muévete un poco y toma otra."},
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

const char *service_photo_sentence(const struct service_photo *photo, const char *language)
{
    const bool spanish = g_strcmp0(language, "es") == 0;

    if (photo->kind == SERVICE_PHOTO_POOR_QUALITY && photo->quality.reason != FACE_QUALITY_GOOD)
        return face_quality_sentence(&photo->quality, language);
    return spanish ? photo_sentences[photo->kind].es : photo_sentences[photo->kind].en;
}

static void photo_refuse(struct service_photo *photo, enum service_photo_kind kind)
{
    photo->kind = kind;
    g_strlcpy(photo->message, service_photo_sentence(photo, "en"), sizeof photo->message);
}

/* Whether a picture that cannot be decoded is the sender's doing. */
static bool picture_is_bad(const GError *problem)
{
    return g_error_matches(problem, BASE_ERROR, BASE_ERROR_INVALID) ||
           g_error_matches(problem, BASE_ERROR, BASE_ERROR_UNSUPPORTED) ||
           g_error_matches(problem, BASE_ERROR, BASE_ERROR_TOO_LARGE);
}

/* `seen` is filled in unless the picture cannot be read. */
static bool photo_look(struct service *service, const struct recognise_picture *picture,
                       bool skip_liveness, struct service_photo *photo,
                       struct recognise_photo *seen, GError **error)
{
    const struct recognise_options options = {
        .skip_liveness = skip_liveness || !service->liveness,
    };
    GError *problem = NULL;

    *photo = (struct service_photo){.live = -1};
    if (!recognise_enrol_photo(service->recogniser, picture, &options, seen, &problem)) {
        if (!picture_is_bad(problem)) {
            g_propagate_error(error, problem);
            return false;
        }
        photo_refuse(photo, SERVICE_PHOTO_UNREADABLE);
        g_strlcpy(photo->message, problem->message, sizeof photo->message);
        g_error_free(problem);
        return true;
    }
    photo->faces = seen->faces;
    photo->width = seen->width;
    photo->height = seen->height;
    photo->box = seen->box;
    photo->landmarks = seen->landmarks;
    photo->quality = seen->quality;
    photo->live = seen->live;
    photo_refuse(photo, kind_of_answer[seen->kind]);
    return true;
}

bool service_photo_check(struct service *service, const struct recognise_picture *picture,
                         struct service_photo *photo, GError **error)
{
    struct recognise_photo seen;

    return service_faces_ready(service, error) &&
           photo_look(service, picture, false, photo, &seen, error);
}

static bool photo_judge(struct service *service, const struct service_batch *batch, size_t index,
                        const struct recognise_picture *picture, GError **error)
{
    struct service_photo *photo = &batch->enrolment->photos[index];
    struct recognise_photo seen = {0};

    if (!photo_look(service, picture, batch->skip_liveness, photo, &seen, error))
        return false;
    memcpy(batch->values + index * FACE_TEMPLATE_N, seen.values, sizeof seen.values);
    memcpy(batch->prints + index * RECOGNISE_PRINT_N, seen.print, sizeof seen.print);
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

/* Of a photo and its copy the later one is refused. */
static void batch_copies(struct service_batch *batch)
{
    struct service_enrolment *enrolment = batch->enrolment;

    for (size_t i = 1; i < enrolment->photos_n; i++) {
        for (size_t k = 0; k < i; k++) {
            if (recognise_photos_copied(
                    batch->values + i * FACE_TEMPLATE_N, batch->prints + i * RECOGNISE_PRINT_N,
                    batch->values + k * FACE_TEMPLATE_N, batch->prints + k * RECOGNISE_PRINT_N))
                photo_refuse(&enrolment->photos[i], SERVICE_PHOTO_NEAR_COPY);
        }
    }
}

void service_batch_finish(struct service_batch *batch)
{
    g_clear_pointer(&batch->values, g_free);
    g_clear_pointer(&batch->prints, g_free);
}

bool service_batch_judge(struct service *service, struct service_batch *batch,
                         const struct recognise_picture *photos, size_t photos_n, GError **error)
{
    if (photos_n < 1 || photos_n > SERVICE_PHOTOS_MAX)
        return base_fail(error, BASE_ERROR_INVALID, "image must be 1 to %d photos.",
                         SERVICE_PHOTOS_MAX);
    *batch->enrolment = (struct service_enrolment){.photos_n = photos_n, .agreement = 1};
    batch->values = g_new0(float, photos_n *FACE_TEMPLATE_N);
    batch->prints = g_new0(float, photos_n *RECOGNISE_PRINT_N);
    batch->photos = photos;
    for (size_t i = 0; i < photos_n; i++)
        if (!photo_judge(service, batch, i, &photos[i], error))
            return false;
    if (service_batch_accepted(batch))
        batch_agree(service, batch);
    if (service_batch_accepted(batch) && !batch->allow_copies)
        batch_copies(batch);
    return true;
}

/* Of a photo that is stored there may be the template only. */
static void photo_compare(struct service_batch *batch, size_t index, const float *stored,
                          size_t stored_n, float agree)
{
    struct service_photo *photo = &batch->enrolment->photos[index];
    const float *values = batch->values + index * FACE_TEMPLATE_N;
    float best = -1;
    bool copied = false;

    /* Hair, glasses and years differ: resembling one of the earlier photos is enough. */
    for (size_t k = 0; k < stored_n; k++) {
        const float *other = stored + k * FACE_TEMPLATE_N;
        best = MAX(best, recognise_similarity(values, other));
        copied = copied || recognise_photos_copied(values, NULL, other, NULL);
    }
    if (best < agree)
        photo_refuse(photo, SERVICE_PHOTO_OTHER_PERSON);
    else if (copied && !batch->allow_copies)
        photo_refuse(photo, SERVICE_PHOTO_NEAR_COPY);
}

void service_batch_compare(struct service *service, struct service_batch *batch,
                           const float *stored, size_t stored_n)
{
    const float agree = recogniser_thresholds(service->recogniser).agree;

    for (size_t i = 0; stored_n > 0 && i < batch->enrolment->photos_n; i++)
        if (batch->enrolment->photos[i].kind == SERVICE_PHOTO_ACCEPTED)
            photo_compare(batch, i, stored, stored_n, agree);
}

void service_batch_duplicate(struct service *service, struct service_batch *batch,
                             const GArray *apart)
{
    struct service_enrolment *enrolment = batch->enrolment;
    struct base_uuid other = {0};

    enrolment->held = !batch->allow_duplicate &&
                      recognise_duplicate(service->recogniser, batch->values, enrolment->photos_n,
                                          batch->person, apart ? (const void *)apart->data : NULL,
                                          apart ? apart->len : 0, &other, &batch->duplicate_score);
    enrolment->duplicate_of = other;
    if (!enrolment->held)
        enrolment->duplicate_of = (struct base_uuid){0};
}

bool service_batch_accepted(const struct service_batch *batch)
{
    for (size_t i = 0; i < batch->enrolment->photos_n; i++)
        if (batch->enrolment->photos[i].kind != SERVICE_PHOTO_ACCEPTED)
            return false;
    return batch->enrolment->photos_n > 0;
}
