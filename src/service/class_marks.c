#include "service/class_marks.h"

#include "db/query/session.h"
#include "service/attend.h"
#include "service/policies.h"
#include "service/reviews.h"
#include "service/session_register.h"
#include "service/sessions.h"

/* One call. */
struct conclusion {
    struct service *service;
    const struct service_identity *identity;
    const struct service_class_request *request;
    struct service_class_result *result;
    struct core_institution *institution;
    GHashTable *persons; /* struct base_uuid * → struct service_class_person *: the roster */
    GPtrArray *roster;   /* the same, by name; owns them */
    GHashTable *matched; /* persons a face matched, and what became of them → outcome */
    GHashTable *doubted; /* persons who are the first candidate of a face in doubt */
};

const char *service_class_outcome_name(enum service_class_outcome outcome)
{
    static const char *const NAMES[SERVICE_CLASS_OUTCOME_N] = {"unknown", "review", "already",
                                                               "marked"};

    return (unsigned)outcome < SERVICE_CLASS_OUTCOME_N ? NAMES[outcome] : NULL;
}

void service_class_face_clear(gpointer data)
{
    struct service_class_face *face = data;

    g_clear_pointer(&face->crop, g_bytes_unref);
    g_clear_pointer(&face->person_name, g_free);
}

static void person_free(gpointer data)
{
    struct service_class_person *person = data;

    core_attendance_free(person->mark);
    g_free(person->name);
    g_free(person);
}

static void persons_free(GPtrArray *persons)
{
    if (persons)
        g_ptr_array_unref(persons);
}

void service_class_result_free(struct service_class_result *result)
{
    if (!result)
        return;
    core_session_free(result->session);
    g_free(result->time_zone);
    if (result->pictures)
        g_array_unref(result->pictures);
    if (result->faces)
        g_array_unref(result->faces);
    persons_free(result->marked);
    persons_free(result->already);
    persons_free(result->review);
    persons_free(result->unseen);
    g_free(result);
}

/* ---- whether, and when ---- */

static base_time instant_of(const struct service_identity *identity,
                            const struct service_class_request *request,
                            enum core_time_source *source)
{
    if (identity->role == CORE_ROLE_ADMIN && request->at) {
        *source = CORE_TIME_SOURCE_GIVEN;
        return request->at;
    }
    return core_capture_instant(request->arrived ? request->arrived : base_time_now(),
                                request->captured_at, request->sent_at, CORE_CAPTURE_STAFF, source);
}

/* The session, which is the caller's business and takes marks at that moment. */
static struct core_session *session_open(struct service *service, struct db_connection *connection,
                                         const struct service_identity *identity,
                                         const struct base_uuid *id, base_time at,
                                         struct core_institution **institution, GError **error)
{
    struct core_rules rules;
    g_autoptr(core_session) session = service_session_to_mark(connection, identity, id, error);

    if (!session || !service_rules_of_course(connection, &session->course_id, &rules, error))
        return NULL;
    g_autoptr(core_institution) found = service_institution_on(service, connection, error);
    GTimeZone *zone = found ? service_zone_of(service, found, error) : NULL;
    if (!zone)
        return NULL;
    const bool ok = service_session_takes_marks(session, &rules, zone, at, error);
    g_time_zone_unref(zone);
    if (!ok)
        return NULL;
    *institution = g_steal_pointer(&found);
    return g_steal_pointer(&session);
}

GArray *service_class_scope(struct service *service, const struct service_identity *identity,
                            const struct service_class_request *request, GError **error)
{
    enum core_time_source source;
    const base_time at = instant_of(identity, request, &source);
    g_autoptr(core_institution) institution = NULL;

    if (!service_faces_ready(service, error))
        return NULL;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    g_autoptr(core_session) session =
        connection ? session_open(service, connection, identity, &request->session_id, at,
                                  &institution, error)
                   : NULL;
    if (!session || !service_gallery_sync_on(service, connection, error))
        return NULL;
    return db_session_roster(connection, session, error);
}

/* ---- the roster ---- */

static struct service_class_person *person_find(const struct conclusion *conclusion,
                                                const struct base_uuid *id)
{
    return g_hash_table_lookup(conclusion->persons, id);
}

/* A mark that a person or a camera made; what the end of the session settled gives way. */
static bool is_marked(const struct service_class_person *person)
{
    return person->mark && person->mark->method != CORE_METHOD_AUTOMATIC;
}

static bool roster_read(struct conclusion *conclusion, GError **error)
{
    g_autoptr(service_roll) roll = service_session_register(
        conclusion->service, conclusion->identity, &conclusion->request->session_id, error);

    if (!roll)
        return false;
    g_hash_table_remove_all(conclusion->persons);
    g_ptr_array_set_size(conclusion->roster, 0);
    for (guint i = 0; i < roll->lines->len; i++) {
        struct service_session_line *line = roll->lines->pdata[i];
        if (!line->person)
            continue;
        struct service_class_person *person = g_new0(struct service_class_person, 1);
        person->id = line->person->id;
        person->name = g_strdup(line->person->name);
        person->mark = g_steal_pointer(&line->mark);
        person->enrolled = conclusion->service->recogniser &&
                           recognise_person_exists(conclusion->service->recogniser, &person->id);
        g_ptr_array_add(conclusion->roster, person);
        g_hash_table_insert(conclusion->persons, &person->id, person);
    }
    return true;
}

/* ---- marks ---- */

static bool mark_one(struct conclusion *conclusion, struct db_connection *connection,
                     const struct base_uuid *person, base_time at, double score,
                     enum service_class_outcome *outcome, GError **error)
{
    struct service_attend attend = {
        .service = conclusion->service,
        .identity = conclusion->identity,
        .person = *person,
        .session_id = conclusion->request->session_id,
        .at = at,
        .captured_at = conclusion->request->captured_at,
        .method = CORE_METHOD_PHOTO,
        .score = score,
    };
    const bool ok = service_attend(connection, conclusion->institution, &attend, error);

    *outcome = SERVICE_CLASS_UNKNOWN;
    if (ok && !attend.gone)
        *outcome = attend.is_new ? SERVICE_CLASS_MARKED : SERVICE_CLASS_ALREADY;
    service_attend_clear(&attend);
    return ok;
}

/* When the person was first seen, and with the best score. */
static base_time first_seen(const struct conclusion *conclusion, const struct base_uuid *person,
                            double *score)
{
    const GArray *faces = conclusion->result->faces;
    base_time at = 0;

    *score = -1;
    for (guint i = 0; i < faces->len; i++) {
        const struct service_class_face *face = &g_array_index(faces, struct service_class_face, i);
        if (face->kind != RECOGNISE_MATCH || !base_uuid_equal(&face->person, person))
            continue;
        const base_time seen = face->at ? face->at : conclusion->result->at;
        at = at == 0 ? seen : MIN(at, seen);
        *score = MAX(*score, (double)face->score);
    }
    return at;
}

/* What becomes of a person whom a face matches; once, however many faces do. */
static bool conclude_match(struct conclusion *conclusion, struct db_connection *connection,
                           struct service_class_face *face, GError **error)
{
    const struct service_class_person *person = person_find(conclusion, &face->person);
    gpointer known = NULL;
    double score;

    if (!person)
        return true;
    if (g_hash_table_lookup_extended(conclusion->matched, &person->id, NULL, &known)) {
        face->outcome = (enum service_class_outcome)GPOINTER_TO_INT(known);
        return true;
    }
    const base_time at = first_seen(conclusion, &person->id, &score);
    if (conclusion->request->dry_run)
        face->outcome = is_marked(person) ? SERVICE_CLASS_ALREADY : SERVICE_CLASS_MARKED;
    else if (!mark_one(conclusion, connection, &person->id, at, score, &face->outcome, error))
        return false;
    g_hash_table_insert(conclusion->matched, (gpointer)&person->id,
                        GINT_TO_POINTER((int)face->outcome));
    return true;
}

static bool conclude_matches(struct conclusion *conclusion, GError **error)
{
    const GArray *faces = conclusion->result->faces;
    g_autoptr(db_connection) connection = db_acquire(conclusion->service->db, error);

    if (!connection)
        return false;
    for (guint i = 0; i < faces->len; i++) {
        struct service_class_face *face = &g_array_index(faces, struct service_class_face, i);
        face->outcome = SERVICE_CLASS_UNKNOWN;
        if (face->kind == RECOGNISE_MATCH && !conclude_match(conclusion, connection, face, error))
            return false;
    }
    return true;
}

/* ---- reviews ---- */

/* Leaves those who may still be it: on the roster, and neither marked nor seen elsewhere. */
static void candidates_left(const struct conclusion *conclusion, struct service_class_face *face)
{
    size_t left = 0;

    for (size_t i = 0; i < MIN(face->candidates_n, SERVICE_CLASS_CANDIDATES); i++) {
        const struct service_class_person *person =
            person_find(conclusion, &face->candidates[i].person);
        if (person && !is_marked(person) &&
            !g_hash_table_contains(conclusion->matched, &person->id))
            face->candidates[left++] = face->candidates[i];
    }
    face->candidates_n = left;
}

static bool conclude_doubt(struct conclusion *conclusion, struct service_class_face *face,
                           GError **error)
{
    const struct service_class_request *request = conclusion->request;
    struct service_review_input input = {
        .session_id = request->session_id,
        .taken_at = face->at ? face->at : conclusion->result->at,
        .source = request->source == DB_REVIEW_FACE ? DB_REVIEW_CLASS : request->source,
        .doubt = face->doubt,
        .crop = face->crop,
        .candidates = face->candidates,
    };

    candidates_left(conclusion, face);
    if (face->candidates_n == 0)
        return true;
    const struct service_class_person *first = person_find(conclusion, &face->candidates[0].person);
    input.candidates_n = face->candidates_n;
    face->outcome = SERVICE_CLASS_REVIEW;
    face->person = first->id;
    g_hash_table_add(conclusion->doubted, (gpointer)&first->id);
    return request->dry_run ||
           service_review_add(conclusion->service, &input, &face->review, error);
}

static bool conclude_doubts(struct conclusion *conclusion, GError **error)
{
    const GArray *faces = conclusion->result->faces;

    for (guint i = 0; i < faces->len; i++) {
        struct service_class_face *face = &g_array_index(faces, struct service_class_face, i);
        if (face->kind == RECOGNISE_NEEDS_REVIEW && !conclude_doubt(conclusion, face, error))
            return false;
    }
    return true;
}

/* ---- what is told ---- */

static void faces_name(const struct conclusion *conclusion)
{
    struct service_class_result *result = conclusion->result;

    for (guint i = 0; i < result->faces->len; i++) {
        struct service_class_face *face =
            &g_array_index(result->faces, struct service_class_face, i);
        const struct service_class_person *person =
            face->outcome == SERVICE_CLASS_UNKNOWN ? NULL : person_find(conclusion, &face->person);
        /* A stranger is nobody, not somebody with a low score. */
        if (!person) {
            face->outcome = SERVICE_CLASS_UNKNOWN;
            face->person = (struct base_uuid){0};
            face->candidates_n = 0;
            face->score = -1;
            g_clear_pointer(&face->crop, g_bytes_unref);
            result->unknown++;
            continue;
        }
        face->person_name = g_strdup(person->name);
    }
}

static bool is_here(const struct service_class_person *person)
{
    return person->mark && person->mark->status != CORE_STATUS_ABSENT;
}

static void persons_sort(struct conclusion *conclusion)
{
    struct service_class_result *result = conclusion->result;
    GPtrArray *places[] = {
        [SERVICE_CLASS_UNKNOWN] = NULL,
        [SERVICE_CLASS_REVIEW] = result->review,
        [SERVICE_CLASS_ALREADY] = result->already,
        [SERVICE_CLASS_MARKED] = result->marked,
    };

    g_ptr_array_set_free_func(conclusion->roster, NULL);
    for (guint i = 0; i < conclusion->roster->len; i++) {
        struct service_class_person *person = conclusion->roster->pdata[i];
        int outcome = GPOINTER_TO_INT(g_hash_table_lookup(conclusion->matched, &person->id));
        if (outcome == SERVICE_CLASS_UNKNOWN &&
            g_hash_table_contains(conclusion->doubted, &person->id))
            outcome = SERVICE_CLASS_REVIEW;
        if (outcome != SERVICE_CLASS_UNKNOWN)
            g_ptr_array_add(places[outcome], person);
        else if (!is_here(person))
            g_ptr_array_add(result->unseen, person);
        else
            person_free(person);
    }
    g_ptr_array_set_size(conclusion->roster, 0);
}

/* ---- all of it ---- */

static bool conclude(struct conclusion *conclusion, GError **error)
{
    struct service_class_result *result = conclusion->result;
    struct service *service = conclusion->service;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    if (connection)
        result->session = session_open(service, connection, conclusion->identity,
                                       &conclusion->request->session_id, result->at,
                                       &conclusion->institution, error);
    db_release(g_steal_pointer(&connection));
    if (!result->session || !roster_read(conclusion, error))
        return false;
    result->time_zone =
        g_strdup(conclusion->institution->time_zone ? conclusion->institution->time_zone
                                                    : CORE_TIME_ZONE_DEFAULT);
    if (!conclude_matches(conclusion, error) || !conclude_doubts(conclusion, error))
        return false;
    faces_name(conclusion);
    return true;
}

/* The roster once more, with the marks that there are now; the keys of the two tables were of the
 * first one. */
static bool roster_again(struct conclusion *conclusion, GError **error)
{
    g_autoptr(GPtrArray) before = conclusion->roster;

    conclusion->roster = g_ptr_array_new_with_free_func(person_free);
    if (!roster_read(conclusion, error))
        return false;
    persons_sort(conclusion);
    g_hash_table_remove_all(conclusion->matched);
    g_hash_table_remove_all(conclusion->doubted);
    return true;
}

struct service_class_result *service_class_conclude(struct service *service,
                                                    const struct service_identity *identity,
                                                    const struct service_class_request *request,
                                                    GArray *faces, GError **error)
{
    g_autoptr(service_class_result) result = g_new0(struct service_class_result, 1);
    const gint64 began = g_get_monotonic_time();

    g_array_set_clear_func(faces, service_class_face_clear);
    result->faces = faces;
    result->pictures = g_array_new(FALSE, FALSE, sizeof(struct service_class_picture));
    result->marked = g_ptr_array_new_with_free_func(person_free);
    result->already = g_ptr_array_new_with_free_func(person_free);
    result->review = g_ptr_array_new_with_free_func(person_free);
    result->unseen = g_ptr_array_new_with_free_func(person_free);
    result->dry_run = request->dry_run;
    result->at = instant_of(identity, request, &result->time_source);
    struct conclusion conclusion = {
        .service = service,
        .identity = identity,
        .request = request,
        .result = result,
        .persons = g_hash_table_new(base_uuid_hash, base_uuid_equal),
        .roster = g_ptr_array_new_with_free_func(person_free),
        .matched = g_hash_table_new(base_uuid_hash, base_uuid_equal),
        .doubted = g_hash_table_new(base_uuid_hash, base_uuid_equal),
    };
    const bool ok = conclude(&conclusion, error) && roster_again(&conclusion, error);
    core_institution_free(conclusion.institution);
    g_hash_table_unref(conclusion.matched);
    g_hash_table_unref(conclusion.doubted);
    g_hash_table_unref(conclusion.persons);
    g_ptr_array_unref(conclusion.roster);
    result->elapsed = (double)(g_get_monotonic_time() - began);
    return ok ? g_steal_pointer(&result) : NULL;
}
