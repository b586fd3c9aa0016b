/* Private to this folder: from tracks (recognise/track.h) to faces of the class. */
#ifndef SERVICE_CLASS_TRACKS_H
#define SERVICE_CLASS_TRACKS_H

#include "recognise/track.h"
#include "service/class_video.h"

/* Whom a class is searched for; scope is what the others point into. */
struct service_class_search {
    GArray *people; /* struct base_uuid */
    struct recognise_options options;
};
bool service_class_search_read(struct service *service, const struct service_identity *identity,
                               const struct service_class_request *request, bool liveness,
                               struct service_class_search *search, GError **error);
void service_class_search_clear(struct service_class_search *search);

/* An array of struct service_class_face of tracks (struct recognise_track); those without a face
 * good enough are left out. Their `at` is the track's begin by the video's clock. */
GArray *service_class_faces_of(const GArray *tracks, GError **error);

#endif
