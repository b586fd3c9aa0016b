#include "service/demo_internal.h"

#include "service/duplicates.h"
#include "service/enrol.h"
#include "service/gallery.h"
#include "service/lookalikes.h"
#include "service/reviews.h"

enum {
    ENROLLED_PHOTOS = 3, /* of each person; the others are kept for reviews */
    REVIEWS = 4,
};

static struct recognise_picture picture_of(const GPtrArray *person, guint index)
{
    gsize size;
    const void *data = g_bytes_get_data(person->pdata[index], &size);

    return (struct recognise_picture){data, size};
}

/* Enrols photos of a folder for a student. A photo that is refused costs that student their face
 * and nobody else anything. */
static bool enrol(struct demo *demo, guint student, const GPtrArray *person, guint from, guint n,
                  struct service_enrolment *enrolment, GError **error)
{
    struct recognise_picture photos[SERVICE_DEMO_PHOTOS_MAX];
    const struct service_enrol_options options = {.skip_liveness = true, .source = "admin"};

    for (guint i = 0; i < n; i++)
        photos[i] = picture_of(person, from + i);
    service_demo_tick(demo);
    if (!service_enrol(demo->service, &demo->director, &demo_student(demo, student)->id, photos, n,
                       &options, enrolment, error))
        return false;
    demo->result->enrolled += enrolment->stored;
    return true;
}

/* One face with two accounts: the second is held. The first such pair waits for a decision, the
 * next ones are twins, whom the register calls look-alikes. */
static bool enrol_twice(struct demo *demo, guint student, const GPtrArray *person, bool twins,
                        GError **error)
{
    const struct base_uuid *id = &demo_student(demo, student)->id;
    struct service_enrolment enrolment = {0};

    if (!enrol(demo, student, person, 2, 1, &enrolment, error))
        return false;
    if (!enrolment.held || !twins)
        return true;
    g_autoptr(GPtrArray) open = service_duplicate_list(demo->service, &demo->director,
                                                       DB_DUPLICATE_OPEN, NULL, NULL, error);
    for (guint i = 0; open && i < open->len; i++) {
        const struct db_duplicate *duplicate = open->pdata[i];
        if (!base_uuid_equal(&duplicate->user_id, id))
            continue;
        g_autoptr(db_duplicate) settled = service_duplicate_settle(
            demo->service, &demo->director, &duplicate->id, SERVICE_DUPLICATE_DIFFERENT, error);
        if (!settled)
            return false;
    }
    return open != NULL;
}

/* The people of the class that is going on come first, so that its teacher sees their faces. */
bool service_demo_faces_store(struct demo *demo, GError **error)
{
    const GPtrArray *people = demo->options->photos;
    const guint n = people ? MIN(people->len, demo->students->len - 1) : 0;

    for (guint i = 0; i < n; i++) {
        const GPtrArray *person = people->pdata[i];
        struct service_enrolment enrolment = {0};
        const bool again = (i == 0 || i == 1) && person->len > ENROLLED_PHOTOS - 1;
        const guint photos = again ? 2 : MIN(person->len, ENROLLED_PHOTOS);
        if (!enrol(demo, i, person, 0, photos, &enrolment, error))
            return false;
        if (again && !enrol_twice(demo, demo->students->len - 1 - i, person, i == 1, error))
            return false;
    }
    return true;
}

/* ---- reviews ---- */

static bool add_review(struct demo *demo, guint student, const GPtrArray *person, GError **error)
{
    const struct recognise_picture picture = picture_of(person, person->len - 1);
    const struct recognise_candidate candidates[] = {
        {.person = demo_student(demo, student)->id, .score = 0.47F},
        {.person = demo_student(demo, student + 1)->id, .score = 0.44F},
    };
    struct service_review_input input = {
        .session_id = demo->live_id,
        .taken_at = demo->now - (student + 1) * DEMO_MINUTE,
        .source = student % 2 ? DB_REVIEW_CLASS : DB_REVIEW_FACE,
        .doubt = student % 2 ? RECOGNISE_DOUBT_MARGIN : RECOGNISE_DOUBT_SCORE,
        .candidates = candidates,
        .candidates_n = G_N_ELEMENTS(candidates),
    };
    struct service_photo photo = {0};

    if (!service_photo_check(demo->service, &picture, &photo, error))
        return false;
    if (photo.faces == 0)
        return true;
    input.crop =
        service_review_crop(demo->service, &picture, &photo.box, photo.width, photo.height, error);
    const bool ok = input.crop && service_review_add(demo->service, &input, NULL, error);
    g_clear_pointer(&input.crop, g_bytes_unref);
    return ok;
}

bool service_demo_reviews_store(struct demo *demo, GError **error)
{
    const GPtrArray *people = demo->options->photos;
    const guint n = people ? MIN(people->len, MIN(REVIEWS, demo->students->len - 2)) : 0;

    base_time_pretend(demo->now);
    for (guint i = 0; i < n; i++)
        if (!add_review(demo, i, people->pdata[i], error))
            return false;
    return true;
}
