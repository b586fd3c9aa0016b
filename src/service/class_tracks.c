#include "service/class_tracks.h"

#include "face/image_write.h"
#include "service/internal.h"

#include <string.h>

#define CROP_QUALITY 90

bool service_class_search_read(struct service *service, const struct service_identity *identity,
                               const struct service_class_request *request, bool liveness,
                               struct service_class_search *search, GError **error)
{
    GArray *people = service_class_scope(service, identity, request, error);

    if (!people)
        return false;
    service_class_search_clear(search);
    search->people = people;
    search->options = (struct recognise_options){
        .scope = {.people = (const struct base_uuid *)(const void *)people->data,
                  .people_n = people->len},
        .skip_liveness = !liveness,
    };
    return true;
}

void service_class_search_clear(struct service_class_search *search)
{
    g_clear_pointer(&search->people, g_array_unref);
}

static bool face_of(const struct recognise_track *track, struct service_class_face *face,
                    GError **error)
{
    const struct recognise_answer *answer = &track->answer;

    *face = (struct service_class_face){
        .kind = answer->kind,
        .doubt = answer->doubt,
        .person = answer->person,
        .score = answer->score,
        .at = track->first,
        .box = answer->box,
    };
    if (answer->kind != RECOGNISE_NEEDS_REVIEW)
        return true;
    face->candidates_n = MIN(answer->candidates_n, (size_t)SERVICE_CLASS_CANDIDATES);
    memcpy(face->candidates, answer->candidates, face->candidates_n * sizeof *face->candidates);
    if (track->crop.rgb)
        face->crop = face_image_encode_jpeg(&track->crop, CROP_QUALITY, error);
    return face->crop != NULL || !track->crop.rgb;
}

/* What was taken for a face in one frame alone, and is nobody's, was none or tells nothing. */
static bool track_counts(const struct recognise_track *track)
{
    bool somebody =
        track->answer.kind == RECOGNISE_MATCH || track->answer.kind == RECOGNISE_NEEDS_REVIEW;

    return track->embeddings > 0 && (somebody || track->frames > 1);
}

GArray *service_class_faces_of(const GArray *tracks, GError **error)
{
    GArray *faces = g_array_new(FALSE, TRUE, sizeof(struct service_class_face));
    bool ok = true;

    g_array_set_clear_func(faces, service_class_face_clear);
    for (guint i = 0; ok && i < tracks->len; i++) {
        const struct recognise_track *track = &g_array_index(tracks, struct recognise_track, i);
        struct service_class_face face;
        if (!track_counts(track))
            continue;
        ok = face_of(track, &face, error);
        if (ok)
            g_array_append_val(faces, face);
    }
    if (!ok)
        g_clear_pointer(&faces, g_array_unref);
    return faces;
}
