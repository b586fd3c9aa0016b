/* What is said of a photo of a face: by itself, and of those that were refused. */
#include "api/photo.h"

static json_t *show_point(float x, float y)
{
    json_t *point = json_array();

    json_array_append_new(point, json_real((double)x));
    json_array_append_new(point, json_real((double)y));
    return point;
}

static json_t *show_box(const struct face_box *box)
{
    json_t *json = json_object();

    json_object_set_new(json, "x", json_real((double)box->x));
    json_object_set_new(json, "y", json_real((double)box->y));
    json_object_set_new(json, "width", json_real((double)box->width));
    json_object_set_new(json, "height", json_real((double)box->height));
    return json;
}

static json_t *show_figure(const char *name, const struct face_component_figure *figure)
{
    json_t *json = json_object();

    json_object_set_new(json, "name", json_string(name));
    json_object_set_new(json, "score", json_integer(figure->score));
    json_object_set_new(json, "native", json_real((double)figure->native));
    return json;
}

json_t *api_json_components(const struct face_quality *quality)
{
    json_t *list = json_array();

    if (quality->unified.measured)
        json_array_append_new(list, show_figure("unified_quality_score", &quality->unified));
    for (int i = 0; i < FACE_COMPONENT_N; i++)
        if (quality->components[i].measured)
            json_array_append_new(list, show_figure(face_component_name((enum face_component)i),
                                                    &quality->components[i]));
    return list;
}

static json_t *show_sentence(const char *en, const char *es)
{
    json_t *json = json_object();

    json_object_set_new(json, "en", json_string(en));
    json_object_set_new(json, "es", json_string(es));
    return json;
}

static json_t *show_advice(const struct face_quality *quality)
{
    enum face_component advice[FACE_COMPONENT_N];
    const size_t n = face_quality_advice(quality, advice);
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++) {
        const int score = quality->components[advice[i]].score;
        json_t *json = json_object();
        json_object_set_new(json, "component", json_string(face_component_name(advice[i])));
        json_object_set_new(json, "refused", json_boolean(score < FACE_QUALITY_REFUSED_BELOW));
        json_object_set_new(json, "message",
                            show_sentence(face_component_advice(advice[i], "en"),
                                          face_component_advice(advice[i], "es")));
        json_array_append_new(list, json);
    }
    return list;
}

json_t *api_json_photo(const struct service_photo *photo)
{
    json_t *json = json_object();

    json_object_set_new(json, "result", json_string(service_photo_kind_name(photo->kind)));
    if (photo->kind == SERVICE_PHOTO_POOR_QUALITY)
        json_object_set_new(json, "reason", json_string(face_quality_name(photo->quality.reason)));
    if (photo->kind != SERVICE_PHOTO_ACCEPTED)
        json_object_set_new(json, "message",
                            show_sentence(service_photo_sentence(photo, "en"),
                                          service_photo_sentence(photo, "es")));
    json_object_set_new(json, "components", api_json_components(&photo->quality));
    json_object_set_new(json, "advice", show_advice(&photo->quality));
    return json;
}

json_t *api_json_check(const struct service_photo *photo)
{
    const bool seen = photo->faces > 0;
    json_t *json = api_json_photo(photo);
    json_t *landmarks = json_array();

    for (int i = 0; seen && i < FACE_LANDMARKS_N; i++)
        json_array_append_new(
            landmarks, show_point(photo->landmarks.points[i].x, photo->landmarks.points[i].y));
    json_object_set_new(json, "faces", json_integer((json_int_t)photo->faces));
    json_object_set_new(json, "width", json_integer(photo->width));
    json_object_set_new(json, "height", json_integer(photo->height));
    json_object_set_new(json, "box", seen ? show_box(&photo->box) : json_null());
    json_object_set_new(json, "landmarks", landmarks);
    json_object_set_new(json, "live",
                        photo->live < 0
                            ? json_null()
                            : json_boolean(photo->kind != SERVICE_PHOTO_PRESENTATION_ATTACK));
    return json;
}

json_t *api_json_photos(const struct service_enrolment *enrolment)
{
    json_t *list = json_array();

    for (size_t i = 0; i < enrolment->photos_n; i++)
        json_array_append_new(list, api_json_photo(&enrolment->photos[i]));
    return list;
}

void api_refuse_photos(struct http_response *response, const struct service_enrolment *enrolment)
{
    json_t *details = json_array();
    const char *message = "A photo cannot be used.";

    for (size_t i = enrolment->photos_n; i-- > 0;) {
        const struct service_photo *photo = &enrolment->photos[i];
        if (photo->kind == SERVICE_PHOTO_ACCEPTED)
            continue;
        json_t *detail = api_json_photo(photo);
        json_object_set_new(detail, "index", json_integer((json_int_t)i));
        json_object_set_new(detail, "message", json_string(photo->message));
        json_object_set_new(detail, "message_es", json_string(service_photo_sentence(photo, "es")));
        json_array_insert_new(details, 0, detail);
        message = photo->message;
    }
    g_autofree char *text = base_json_format(details);
    json_decref(details);
    http_response_error(response, 422, "photo_refused", message, text);
}
