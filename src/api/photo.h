/* What is said of a photo of a face. The shapes are those of docs/openapi.json; every function
 * gives a new reference. */
#ifndef API_PHOTO_H
#define API_PHOTO_H

#include "base/json.h"
#include "http/http.h"
#include "service/enrol.h"

/* The components that were measured, the unified score first. */
json_t *api_json_components(const struct face_quality *quality);

/* The verdict, the components and what to change, in both languages. */
json_t *api_json_photo(const struct service_photo *photo);
/* The same of each photo, in the order given. */
json_t *api_json_photos(const struct service_enrolment *enrolment);

/* With where the face is, and whether it looks alive: for the page's coach. */
json_t *api_json_check(const struct service_photo *photo);

/* Answers 422 with what was wrong with each refused photo. */
void api_refuse_photos(struct http_response *response, const struct service_enrolment *enrolment);

#endif
