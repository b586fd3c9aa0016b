#include "service/reviews.h"

#include "db/query/image.h"
#include "db/query/session.h"
#include "db/query/user.h"
#include "service/attend.h"
#include "service/picture.h"
#include "service/policies.h"
#include "service/retention.h"

#include <math.h>

/* Around the face, in sizes of it: enough to know somebody, not enough for whoever is beside. */
#define CROP_ROOM 0.4F
#define CROP_SIDE 400 /* pixels */
#define DAY (24 * 3600 * BASE_TIME_SECOND)
#define EXPIRY_PAGE 100

GBytes *service_review_crop(const struct service *service, const struct recognise_picture *picture,
                            const struct face_box *box, int width, int height, GError **error)
{
    const struct service_piece piece = service_piece_square(box, width, height, CROP_ROOM);

    return service_picture_make(service, picture, &piece, CROP_SIDE, error);
}

/* ---- adding ---- */

struct add_work {
    struct service *service;
    struct db_review *review;
    struct core_image *image;  /* NULL: no picture */
    base_time from, to;        /* an open one of these is the same */
    struct base_uuid standing; /* that was there already; nil */
    bool erased;               /* a candidate was, since the face was seen */
};

static bool pending(struct db_connection *connection, struct add_work *work, GError **error)
{
    const struct db_review_candidate *first = work->review->candidates->pdata[0];

    return db_review_pending(connection, work->review, &first->user_id, work->from, work->to,
                             &work->standing, error);
}

/* Whoever is erased or withdrew has no review any more, and gets none. */
static bool find_erased(struct db_connection *connection, struct add_work *work, GError **error)
{
    work->erased = false;
    for (guint i = 0; i < work->review->candidates->len && !work->erased; i++) {
        const struct db_review_candidate *candidate = work->review->candidates->pdata[i];
        g_autoptr(core_user) user = db_user_find(connection, &candidate->user_id, error);
        if (!user ||
            !service_consent_withdrawn_on(connection, &candidate->user_id, &work->erased, error))
            return false;
        work->erased |= user->deleted_at != 0;
    }
    return true;
}

static bool add_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct add_work *work = data;

    if (!pending(connection, work, error) || !find_erased(connection, work, error))
        return false;
    if (work->erased || !base_uuid_is_nil(&work->standing))
        return true;
    return db_review_insert(connection, work->review, error) &&
           (!work->image || service_picture_insert(work->service, connection, work->image, error));
}

/* The day of the review: of its session, else of the moment. */
static bool review_day(struct service *service, struct db_connection *connection,
                       struct db_review *review, GError **error)
{
    char day[CORE_DAY_SIZE];

    if (!base_uuid_is_nil(&review->session_id)) {
        g_autoptr(core_session) session = db_session_find(connection, &review->session_id, error);
        if (!session)
            return false;
        review->local_day = g_strdup(session->local_day);
        return true;
    }
    g_autoptr(core_institution) institution = service_institution_on(service, connection, error);
    GTimeZone *zone = institution ? service_zone_of(service, institution, error) : NULL;
    if (!zone)
        return false;
    const bool ok = core_day_of_time(zone, review->taken_at, day, error);
    g_time_zone_unref(zone);
    review->local_day = ok ? g_strdup(day) : NULL;
    return ok;
}

static bool add_prepare(struct add_work *work, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(work->service->db, error);

    return connection && review_day(work->service, connection, work->review, error) &&
           pending(connection, work, error);
}

/* Puts the picture; one that cannot be put leaves the review without. */
static void add_picture(struct add_work *work, GBytes *crop, struct core_image *image)
{
    g_autoptr(GError) problem = NULL;

    if (!crop || !work->service->images.store)
        return;
    if (service_picture_put(work->service, crop, image, &problem))
        work->image = image;
    else
        g_warning("The picture of a review was not kept: %s", problem->message);
}

static bool add_store(struct add_work *work, GBytes *crop, GError **error)
{
    struct core_image image = {.kind = CORE_IMAGE_REVIEW, .review_id = work->review->id};

    add_picture(work, crop, &image);
    const bool ok = db_transaction(work->service->db, add_body, work, error);
    if (work->image && (!ok || work->erased || !base_uuid_is_nil(&work->standing))) {
        g_autoptr(GPtrArray) keys = g_ptr_array_new();
        g_ptr_array_add(keys, image.blob_key);
        service_blobs_discard(work->service, keys);
    }
    core_image_clear(&image);
    return ok;
}

bool service_review_add(struct service *service, const struct service_review_input *input,
                        struct base_uuid *id, GError **error)
{
    const bool face = input->source == DB_REVIEW_FACE;
    const base_time apart = face ? SERVICE_REVIEW_MINUTES * 60 * BASE_TIME_SECOND : DAY;
    g_autoptr(db_review) review = db_review_new();
    struct add_work work = {
        .service = service,
        .review = review,
        .from = input->taken_at - apart,
        .to = input->taken_at + apart,
    };

    if (input->candidates_n == 0)
        return base_fail(error, BASE_ERROR_INVALID, "A review needs somebody it may be.");
    base_uuid_new(&review->id);
    review->session_id = input->session_id;
    review->taken_at = input->taken_at;
    review->source = input->source;
    review->reason = g_strdup(recognise_doubt_name(input->doubt));
    review->created_at = review->updated_at = base_time_now();
    for (size_t i = 0; i < MIN(input->candidates_n, RECOGNISE_CANDIDATES_MAX); i++)
        db_review_candidate_add(review, &input->candidates[i].person,
                                (double)input->candidates[i].score);
    if (!add_prepare(&work, error) ||
        (base_uuid_is_nil(&work.standing) && !add_store(&work, input->crop, error)))
        return false;
    if (id && work.erased)
        *id = (struct base_uuid){0};
    else if (id)
        *id = base_uuid_is_nil(&work.standing) ? review->id : work.standing;
    return true;
}

/* ---- reading ---- */

/* Somebody to whom reviews are shown, and whom they may learn of, as it was found before. */
struct viewer {
    struct db_connection *connection;
    const struct service_identity *identity;
    GHashTable *may[2]; /* struct base_uuid * → whether; of reviews of a day, of a session */
};

static void viewer_init(struct viewer *viewer, struct db_connection *connection,
                        const struct service_identity *identity)
{
    *viewer = (struct viewer){.connection = connection, .identity = identity};
    for (gsize i = 0; i < G_N_ELEMENTS(viewer->may); i++)
        viewer->may[i] = g_hash_table_new_full(base_uuid_hash, base_uuid_equal, g_free, NULL);
}

static void viewer_finish(struct viewer *viewer)
{
    for (gsize i = 0; i < G_N_ELEMENTS(viewer->may); i++)
        g_hash_table_unref(viewer->may[i]);
}

static bool allowed(struct viewer *viewer, enum core_action action, GHashTable *known,
                    const struct base_uuid *person, bool *may, GError **error)
{
    gpointer before = NULL;
    GError *problem = NULL;

    if (g_hash_table_lookup_extended(known, person, NULL, &before)) {
        *may = GPOINTER_TO_INT(before) != 0;
        return true;
    }
    *may = service_allow(viewer->connection, viewer->identity, action, person, &problem);
    if (problem && !g_error_matches(problem, BASE_ERROR, BASE_ERROR_FORBIDDEN)) {
        g_propagate_error(error, problem);
        return false;
    }
    g_clear_error(&problem);
    g_hash_table_insert(known, g_memdup2(person, sizeof *person), GINT_TO_POINTER(*may));
    return true;
}

/* Of a day: of those whom they may mark. Of a session: of those whom they teach there or elsewhere,
 * and of everybody where the course's rules let everybody be searched. */
static bool may_learn(struct viewer *viewer, const struct db_review *review,
                      const struct base_uuid *person, bool *may, GError **error)
{
    struct core_rules rules;

    if (base_uuid_is_nil(&review->session_id))
        return allowed(viewer, CORE_ACTION_ATTENDANCE_WRITE, viewer->may[0], person, may, error);
    if (!allowed(viewer, CORE_ACTION_USER_READ, viewer->may[1], person, may, error))
        return false;
    if (*may)
        return true;
    if (!service_rules_of_course(viewer->connection, &review->course_id, &rules, error))
        return false;
    *may = rules.search == CORE_RULES_SEARCH_INSTITUTION;
    return true;
}

/* Leaves whom the viewer may learn of: among the candidates, and as the one it was. */
static bool hide_people(struct viewer *viewer, struct db_review *review, GError **error)
{
    bool may = false;

    if (viewer->identity->role == CORE_ROLE_ADMIN)
        return true;
    for (guint i = review->candidates->len; i > 0; i--) {
        const struct db_review_candidate *candidate = review->candidates->pdata[i - 1];
        if (!may_learn(viewer, review, &candidate->user_id, &may, error))
            return false;
        if (!may)
            g_ptr_array_remove_index(review->candidates, i - 1);
    }
    if (base_uuid_is_nil(&review->user_id))
        return true;
    if (!may_learn(viewer, review, &review->user_id, &may, error))
        return false;
    if (!may) {
        review->user_id = review->attendance_id = (struct base_uuid){0};
        g_clear_pointer(&review->user_name, g_free);
    }
    return true;
}

GPtrArray *service_review_list(struct service *service, const struct service_identity *identity,
                               const struct db_review_filter *filter, const struct db_page *page,
                               gint64 *total, GError **error)
{
    struct db_review_filter narrow = filter ? *filter : DB_REVIEW_FILTER_ALL;

    if (!service_allow_staff(identity, error))
        return NULL;
    if (identity->role == CORE_ROLE_TEACHER)
        narrow.teacher_id = identity->user_id;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    g_autoptr(GPtrArray) reviews =
        connection ? db_review_list(connection, &narrow, page, total, error) : NULL;
    if (!reviews)
        return NULL;
    struct viewer viewer;
    bool ok = true;
    viewer_init(&viewer, connection, identity);
    for (guint i = 0; ok && i < reviews->len; i++)
        ok = hide_people(&viewer, reviews->pdata[i], error);
    viewer_finish(&viewer);
    return ok ? g_steal_pointer(&reviews) : NULL;
}

/* The review, when the caller may settle it. */
static struct db_review *find_on(struct db_connection *connection,
                                 const struct service_identity *identity,
                                 const struct base_uuid *id, GError **error)
{
    bool may = identity->role == CORE_ROLE_ADMIN;

    if (identity->role == CORE_ROLE_TEACHER &&
        !db_review_is_taught_by(connection, id, &identity->user_id, &may, error))
        return NULL;
    if (!may) {
        base_fail(error, BASE_ERROR_NOT_FOUND, "There is no such review.");
        return NULL;
    }
    g_autoptr(db_review) review = db_review_find(connection, id, error);
    if (!review)
        return NULL;
    struct viewer viewer;
    viewer_init(&viewer, connection, identity);
    const bool ok = hide_people(&viewer, review, error);
    viewer_finish(&viewer);
    return ok ? g_steal_pointer(&review) : NULL;
}

struct db_review *service_review_find(struct service *service,
                                      const struct service_identity *identity,
                                      const struct base_uuid *id, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    return connection ? find_on(connection, identity, id, error) : NULL;
}

struct core_image *service_review_picture(struct service *service,
                                          const struct service_identity *identity,
                                          const struct base_uuid *id, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    g_autoptr(db_review) review = connection ? find_on(connection, identity, id, error) : NULL;

    return review ? db_image_find_review(connection, id, error) : NULL;
}

/* ---- settling ---- */

/* Takes the picture's row away; `keys` gets its blob. */
static bool drop_picture(struct db_connection *connection, const struct base_uuid *id,
                         GPtrArray *keys, GError **error)
{
    GError *problem = NULL;
    g_autoptr(core_image) image = db_image_find_review(connection, id, &problem);

    if (!image) {
        if (!g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND)) {
            g_propagate_error(error, problem);
            return false;
        }
        g_error_free(problem);
        return true;
    }
    g_ptr_array_add(keys, g_strdup(image->blob_key));
    return db_image_delete(connection, &image->id, error);
}

struct settle_work {
    struct service *service;
    const struct service_identity *identity;
    struct base_uuid id;
    struct base_uuid user_id; /* nil: nobody */
    const struct core_institution *institution;
    GPtrArray *keys;
    struct db_review *review; /* as it is afterwards */
};

static bool settled_alike(const struct settle_work *work, const struct db_review *review,
                          GError **error)
{
    const bool same = base_uuid_is_nil(&work->user_id)
                          ? review->state == DB_REVIEW_NOBODY
                          : review->state == DB_REVIEW_MATCHED &&
                                base_uuid_equal(&work->user_id, &review->user_id);

    return same ||
           base_fail(error, BASE_ERROR_CONFLICT,
                     review->state == DB_REVIEW_ENDED
                         ? "This review has ended: it can be settled no longer."
                         : "This review was settled in another way already; correct the mark "
                           "instead.");
}

static double score_of(const struct db_review *review, const struct base_uuid *user_id)
{
    for (guint i = 0; i < review->candidates->len; i++) {
        const struct db_review_candidate *candidate = review->candidates->pdata[i];
        if (base_uuid_equal(&candidate->user_id, user_id))
            return candidate->score;
    }
    return NAN;
}

static bool not_markable(GError **error)
{
    return base_fail(error, BASE_ERROR_INVALID,
                     "user_id names somebody who cannot be marked there: not on the roster, or "
                     "not active.");
}

/* The mark that the picture should have made. */
static bool settle_mark(struct db_connection *connection, struct settle_work *work,
                        const struct db_review *review, GError **error)
{
    struct service_attend attend = {
        .service = work->service,
        .identity = work->identity,
        .person = work->user_id,
        .session_id = review->session_id,
        .at = review->taken_at,
        .method = review->source == DB_REVIEW_FACE ? CORE_METHOD_FACE : CORE_METHOD_PHOTO,
        .score = score_of(review, &work->user_id),
    };
    bool ok =
        service_mark_allow(connection, work->identity, &work->user_id, &review->course_id, error) &&
        service_attend_within(connection, work->institution, &attend, error);

    if (ok && attend.gone)
        ok = not_markable(error);
    if (ok)
        ok = db_review_mark(connection, &review->id, &attend.attendance->id, error);
    service_attend_clear(&attend);
    return ok;
}

static bool settle_person_exists(struct db_connection *connection, const struct settle_work *work,
                                 GError **error)
{
    GError *problem = NULL;
    g_autoptr(core_user) user = db_user_find(connection, &work->user_id, &problem);

    if (user)
        return true;
    if (!g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND)) {
        g_propagate_error(error, problem);
        return false;
    }
    g_error_free(problem);
    return not_markable(error);
}

static bool settle_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct settle_work *work = data;
    const bool nobody = base_uuid_is_nil(&work->user_id);
    const base_time now = base_time_now();
    bool changed = false;

    g_clear_pointer(&work->review, db_review_free);
    g_ptr_array_set_size(work->keys, 0);
    g_autoptr(db_review) before = find_on(connection, work->identity, &work->id, error);
    if (!before || (!nobody && !settle_person_exists(connection, work, error)))
        return false;
    const struct db_review after = {
        .id = before->id,
        .state = nobody ? DB_REVIEW_NOBODY : DB_REVIEW_MATCHED,
        .user_id = work->user_id,
        .settled_by = work->identity->user_id,
        .settled_at = now,
        .updated_at = now,
    };
    if (before->state == DB_REVIEW_OPEN && !db_review_end(connection, &after, &changed, error))
        return false;
    if (!changed) {
        g_autoptr(db_review) after_all = db_review_find(connection, &work->id, error);
        if (!after_all || !settled_alike(work, after_all, error))
            return false;
        work->review = find_on(connection, work->identity, &work->id, error);
        return work->review != NULL;
    }
    if ((!nobody && !settle_mark(connection, work, before, error)) ||
        !drop_picture(connection, &work->id, work->keys, error) ||
        !service_audit(connection, work->identity, "review.settle", nobody ? NULL : &work->user_id,
                       json_pack("{s:o, s:b}", "id", base_json_uuid(&work->id), "nobody", nobody),
                       error))
        return false;
    work->review = find_on(connection, work->identity, &work->id, error);
    return work->review != NULL;
}

struct db_review *service_review_settle(struct service *service,
                                        const struct service_identity *identity,
                                        const struct base_uuid *id, const struct base_uuid *user_id,
                                        GError **error)
{
    g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    g_autoptr(core_institution) institution =
        connection ? service_institution_on(service, connection, error) : NULL;
    struct settle_work work = {
        .service = service,
        .identity = identity,
        .id = *id,
        .user_id = *user_id,
        .institution = institution,
        .keys = keys,
    };

    if (!institution)
        return NULL;
    const bool ok = db_transaction_keyed_on(connection, settle_body, &work, error);
    g_clear_pointer(&connection, db_release);
    if (ok) {
        service_blobs_delete(service, keys);
        return work.review;
    }
    db_review_free(work.review);
    return NULL;
}

/* ---- upkeep ---- */

/* Ends these in the caller's transaction. */
static bool end_all(struct db_connection *connection, const GPtrArray *reviews, GPtrArray *keys,
                    gint64 *ended, GError **error)
{
    const base_time now = base_time_now();

    for (guint i = 0; i < reviews->len; i++) {
        const struct db_review *review = reviews->pdata[i];
        const struct db_review after = {
            .id = review->id,
            .state = DB_REVIEW_ENDED,
            .settled_at = now,
            .updated_at = now,
        };
        bool changed = false;
        if (!db_review_end(connection, &after, &changed, error) ||
            (changed && !drop_picture(connection, &review->id, keys, error)))
            return false;
        *ended += changed;
    }
    return true;
}

bool service_reviews_forget(struct db_connection *connection, const struct base_uuid *user_id,
                            GPtrArray *keys, GError **error)
{
    g_autoptr(GPtrArray) reviews = db_review_list_candidate(connection, user_id, error);
    gint64 ended = 0;

    return reviews && end_all(connection, reviews, keys, &ended, error);
}

struct expiry {
    base_time before;
    GPtrArray *keys;
    gint64 ended;
    bool more;
};

static bool expire_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct expiry *expiry = data;

    expiry->ended = 0;
    g_ptr_array_set_size(expiry->keys, 0);
    g_autoptr(GPtrArray) reviews =
        db_review_list_before(connection, expiry->before, EXPIRY_PAGE, error);
    if (!reviews)
        return false;
    expiry->more = reviews->len == EXPIRY_PAGE;
    return end_all(connection, reviews, expiry->keys, &expiry->ended, error);
}

bool service_reviews_expire(struct service *service, gint64 *ended, GError **error)
{
    struct service_retention retention;
    gint64 all = 0;

    if (ended)
        *ended = 0;
    if (!service_retention_read(service, &retention, error))
        return false;
    struct expiry expiry = {
        .before = base_time_now() - retention.review_days * DAY,
        .keys = g_ptr_array_new_with_free_func(g_free),
        .more = true,
    };
    bool ok = true;

    while (ok && expiry.more) {
        ok = db_transaction(service->db, expire_body, &expiry, error);
        if (ok) {
            all += expiry.ended;
            service_blobs_delete(service, expiry.keys);
        }
    }
    g_ptr_array_unref(expiry.keys);
    if (ended)
        *ended = all;
    return ok;
}
