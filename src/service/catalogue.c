/* Terms, subjects and rooms. */
#include "core/timetable.h"
#include "service/courses.h"
#include "service/internal.h"
#include "service/timetable.h"

#include <string.h>

enum {
    TERM_DAYS_MAX = 2 * 366,
    CODE_MAX = 32, /* characters */
    CAPACITY_MAX = 100000,
};

static bool in_use(GError **error, const char *what, gint64 n, const char *one, const char *many)
{
    return base_fail(error, BASE_ERROR_CONFLICT,
                     "%s %" G_GINT64_FORMAT " %s; it cannot be deleted.", what, n,
                     n == 1 ? one : many);
}

static bool replace_name(char **name, const char *with, GError **error)
{
    char *clean = base_text_name(with, "name", SERVICE_NAME_MAX, error);

    if (!clean)
        return false;
    g_free(*name);
    *name = clean;
    return true;
}

/* ---- Terms ---- */

struct term_work {
    struct service *service;
    const struct service_identity *identity;
    struct base_uuid id;
    const struct service_term_input *input;
    struct core_term *term; /* as it is afterwards */
};

static bool term_apply(const struct service_term_input *input, struct core_term *term,
                       GError **error)
{
    if ((input->name || !term->name) && !replace_name(&term->name, input->name, error))
        return false;
    if (input->first_day) {
        g_free(term->first_day);
        term->first_day = g_strdup(input->first_day);
    }
    if (input->last_day) {
        g_free(term->last_day);
        term->last_day = g_strdup(input->last_day);
    }
    if (!service_day_check(term->first_day, "first_day", error) ||
        !service_day_check(term->last_day, "last_day", error))
        return false;
    const gint32 days = core_day_number(term->last_day) - core_day_number(term->first_day);
    if (days < 0)
        return base_fail(error, BASE_ERROR_INVALID, "last_day is before the first one.");
    return days < TERM_DAYS_MAX || base_fail(error, BASE_ERROR_INVALID,
                                             "last_day is more than two years after the first "
                                             "one.");
}

static bool term_taken(GError **error, GError *problem)
{
    return service_taken(error, problem, "terms.name_key", "name is taken by another term.");
}

static bool term_create_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct term_work *work = data;
    const base_time now = base_time_now();
    g_autoptr(core_term) term = g_new0(struct core_term, 1);
    GError *problem = NULL;

    g_clear_pointer(&work->term, core_term_free);
    base_uuid_new(&term->id);
    term->institution_id = work->identity->institution_id;
    term->created_at = term->updated_at = now;
    if (!term_apply(work->input, term, error))
        return false;
    if (!db_term_insert(connection, term, &problem))
        return term_taken(error, problem);
    if (!service_audit(connection, work->identity, "term.create", &term->id,
                       json_pack("{s:s, s:s, s:s}", "name", term->name, "first_day",
                                 term->first_day, "last_day", term->last_day),
                       error))
        return false;
    work->term = db_term_find(connection, &term->id, error);
    return work->term != NULL;
}

static bool term_update_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct term_work *work = data;
    GError *problem = NULL;

    g_clear_pointer(&work->term, core_term_free);
    g_autoptr(core_term) before = db_term_find(connection, &work->id, error);
    g_autoptr(core_term) term = before ? db_term_find(connection, &work->id, error) : NULL;
    if (!term || !term_apply(work->input, term, error))
        return false;
    term->updated_at = base_time_now();
    if (!db_term_update(connection, term, &problem))
        return term_taken(error, problem);
    json_t *details = json_object();
    service_change_note(details, "name", before->name, term->name);
    service_change_note(details, "first_day", before->first_day, term->first_day);
    service_change_note(details, "last_day", before->last_day, term->last_day);
    if (!service_audit(connection, work->identity, "term.update", &term->id, details, error))
        return false;
    const bool moved = strcmp(before->first_day, term->first_day) != 0 ||
                       strcmp(before->last_day, term->last_day) != 0;
    if (moved && !service_timetable_term_changed(work->service, connection, &term->id,
                                                 before->first_day, before->last_day, NULL, error))
        return false;
    work->term = db_term_find(connection, &work->id, error);
    return work->term != NULL;
}

static struct core_term *term_run(struct term_work *work, db_transaction_body body, GError **error)
{
    if (service_allow_all(work->identity, CORE_ACTION_COURSE_WRITE, error) &&
        db_transaction(work->service->db, body, work, error))
        return work->term;
    core_term_free(work->term);
    return NULL;
}

struct core_term *service_term_create(struct service *service,
                                      const struct service_identity *identity,
                                      const struct service_term_input *input, GError **error)
{
    struct term_work work = {.service = service, .identity = identity, .input = input};

    return term_run(&work, term_create_body, error);
}

struct core_term *service_term_update(struct service *service,
                                      const struct service_identity *identity,
                                      const struct base_uuid *id,
                                      const struct service_term_input *input, GError **error)
{
    struct term_work work = {.service = service, .identity = identity, .id = *id, .input = input};

    return term_run(&work, term_update_body, error);
}

static bool term_delete_body(struct db_connection *connection, gpointer data, GError **error)
{
    const struct term_work *work = data;
    gint64 courses = 0;
    g_autoptr(core_term) term = db_term_find(connection, &work->id, error);

    if (!term || !db_term_courses(connection, &work->id, &courses, error))
        return false;
    if (courses > 0)
        return in_use(error, "The term has", courses, "course", "courses");
    return db_term_delete(connection, &work->id, error) &&
           service_audit(connection, work->identity, "term.delete", &work->id,
                         json_pack("{s:s, s:s, s:s}", "name", term->name, "first_day",
                                   term->first_day, "last_day", term->last_day),
                         error);
}

bool service_term_delete(struct service *service, const struct service_identity *identity,
                         const struct base_uuid *id, GError **error)
{
    struct term_work work = {.service = service, .identity = identity, .id = *id};

    return service_allow_all(identity, CORE_ACTION_COURSE_WRITE, error) &&
           db_transaction(service->db, term_delete_body, &work, error);
}

struct core_term *service_term_find(struct service *service,
                                    const struct service_identity *identity,
                                    const struct base_uuid *id, GError **error)
{
    (void)identity;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    return connection ? db_term_find(connection, id, error) : NULL;
}

struct core_term *service_term_named(struct service *service,
                                     const struct service_identity *identity, const char *name,
                                     GError **error)
{
    char today[CORE_DAY_SIZE];
    GError *problem = NULL;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    if (!connection)
        return NULL;
    if (name)
        return db_term_find_name(connection, &identity->institution_id, name, error);
    if (!service_today_on(service, connection, today, error))
        return NULL;
    struct core_term *term =
        db_term_find_day(connection, &identity->institution_id, today, &problem);
    if (!term && g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND)) {
        g_clear_error(&problem);
        base_fail(error, BASE_ERROR_NOT_FOUND, "There is no term on %s.", today);
    } else if (!term) {
        g_propagate_error(error, problem);
    }
    return term;
}

GPtrArray *service_term_list(struct service *service, const struct service_identity *identity,
                             const struct db_term_filter *filter, const struct db_page *page,
                             gint64 *total, GError **error)
{
    struct db_term_filter own = filter ? *filter : (struct db_term_filter){.day = NULL};
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    own.institution_id = identity->institution_id;
    return connection ? db_term_list(connection, &own, page, total, error) : NULL;
}

/* ---- Subjects ---- */

struct subject_work {
    const struct service_identity *identity;
    struct base_uuid id;
    const struct service_subject_input *input;
    struct core_subject *subject; /* as it is afterwards */
};

static bool subject_apply(const struct service_subject_input *input, struct core_subject *subject,
                          GError **error)
{
    if ((input->name || !subject->name) && !replace_name(&subject->name, input->name, error))
        return false;
    if (!input->code)
        return true;
    char *code = *input->code ? base_text_name(input->code, "code", CODE_MAX, error) : NULL;
    if (*input->code && !code)
        return false;
    g_free(subject->code);
    subject->code = code;
    return true;
}

static bool subject_taken(GError **error, GError *problem)
{
    if (db_conflict_is(problem, "subjects.code"))
        return service_taken(error, problem, "subjects.code", "code is taken by another subject.");
    return service_taken(error, problem, "subjects.name_key", "name is taken by another subject.");
}

static bool subject_create_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct subject_work *work = data;
    g_autoptr(core_subject) subject = g_new0(struct core_subject, 1);
    GError *problem = NULL;

    g_clear_pointer(&work->subject, core_subject_free);
    base_uuid_new(&subject->id);
    subject->institution_id = work->identity->institution_id;
    subject->created_at = subject->updated_at = base_time_now();
    if (!subject_apply(work->input, subject, error))
        return false;
    if (!db_subject_insert(connection, subject, &problem))
        return subject_taken(error, problem);
    if (!service_audit(connection, work->identity, "subject.create", &subject->id,
                       json_pack("{s:s, s:s?}", "name", subject->name, "code", subject->code),
                       error))
        return false;
    work->subject = db_subject_find(connection, &subject->id, error);
    return work->subject != NULL;
}

static bool subject_update_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct subject_work *work = data;
    GError *problem = NULL;

    g_clear_pointer(&work->subject, core_subject_free);
    g_autoptr(core_subject) before = db_subject_find(connection, &work->id, error);
    g_autoptr(core_subject) subject = before ? db_subject_find(connection, &work->id, error) : NULL;
    if (!subject || !subject_apply(work->input, subject, error))
        return false;
    subject->updated_at = base_time_now();
    if (!db_subject_update(connection, subject, &problem))
        return subject_taken(error, problem);
    json_t *details = json_object();
    service_change_note(details, "name", before->name, subject->name);
    service_change_note(details, "code", before->code, subject->code);
    if (!service_audit(connection, work->identity, "subject.update", &work->id, details, error))
        return false;
    work->subject = db_subject_find(connection, &work->id, error);
    return work->subject != NULL;
}

static struct core_subject *subject_run(struct service *service, struct subject_work *work,
                                        db_transaction_body body, GError **error)
{
    if (service_allow_all(work->identity, CORE_ACTION_COURSE_WRITE, error) &&
        db_transaction(service->db, body, work, error))
        return work->subject;
    core_subject_free(work->subject);
    return NULL;
}

struct core_subject *service_subject_create(struct service *service,
                                            const struct service_identity *identity,
                                            const struct service_subject_input *input,
                                            GError **error)
{
    struct subject_work work = {.identity = identity, .input = input};

    return subject_run(service, &work, subject_create_body, error);
}

struct core_subject *service_subject_update(struct service *service,
                                            const struct service_identity *identity,
                                            const struct base_uuid *id,
                                            const struct service_subject_input *input,
                                            GError **error)
{
    struct subject_work work = {.identity = identity, .id = *id, .input = input};

    return subject_run(service, &work, subject_update_body, error);
}

static bool subject_delete_body(struct db_connection *connection, gpointer data, GError **error)
{
    const struct subject_work *work = data;
    gint64 courses = 0;
    g_autoptr(core_subject) subject = db_subject_find(connection, &work->id, error);

    if (!subject || !db_subject_courses(connection, &work->id, &courses, error))
        return false;
    if (courses > 0)
        return in_use(error, "The subject is taught in", courses, "course", "courses");
    return db_subject_delete(connection, &work->id, error) &&
           service_audit(connection, work->identity, "subject.delete", &work->id,
                         json_pack("{s:s, s:s?}", "name", subject->name, "code", subject->code),
                         error);
}

bool service_subject_delete(struct service *service, const struct service_identity *identity,
                            const struct base_uuid *id, GError **error)
{
    struct subject_work work = {.identity = identity, .id = *id};

    return service_allow_all(identity, CORE_ACTION_COURSE_WRITE, error) &&
           db_transaction(service->db, subject_delete_body, &work, error);
}

struct core_subject *service_subject_find(struct service *service,
                                          const struct service_identity *identity,
                                          const struct base_uuid *id, GError **error)
{
    (void)identity;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    return connection ? db_subject_find(connection, id, error) : NULL;
}

struct core_subject *service_subject_named(struct service *service,
                                           const struct service_identity *identity,
                                           const char *name, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    return connection ? db_subject_find_name(connection, &identity->institution_id, name, error)
                      : NULL;
}

GPtrArray *service_subject_list(struct service *service, const struct service_identity *identity,
                                const struct db_subject_filter *filter, const struct db_page *page,
                                gint64 *total, GError **error)
{
    struct db_subject_filter own = filter ? *filter : (struct db_subject_filter){.search = NULL};
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    own.institution_id = identity->institution_id;
    return connection ? db_subject_list(connection, &own, page, total, error) : NULL;
}

/* ---- Rooms ---- */

struct room_work {
    const struct service_identity *identity;
    struct base_uuid id;
    const struct service_room_input *input;
    struct core_room *room; /* as it is afterwards */
};

static bool room_apply(const struct service_room_input *input, struct core_room *room,
                       GError **error)
{
    if ((input->name || !room->name) && !replace_name(&room->name, input->name, error))
        return false;
    if (!input->capacity)
        return true;
    if (*input->capacity < 0 || *input->capacity > CAPACITY_MAX)
        return base_fail(error, BASE_ERROR_INVALID, "capacity must be between 0 and %d.",
                         CAPACITY_MAX);
    room->capacity = *input->capacity;
    return true;
}

static bool room_taken(GError **error, GError *problem)
{
    return service_taken(error, problem, "rooms.name_key", "name is taken by another room.");
}

static bool room_create_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct room_work *work = data;
    g_autoptr(core_room) room = g_new0(struct core_room, 1);
    GError *problem = NULL;

    g_clear_pointer(&work->room, core_room_free);
    base_uuid_new(&room->id);
    room->institution_id = work->identity->institution_id;
    room->created_at = room->updated_at = base_time_now();
    if (!room_apply(work->input, room, error))
        return false;
    if (!db_room_insert(connection, room, &problem))
        return room_taken(error, problem);
    if (!service_audit(
            connection, work->identity, "room.create", &room->id,
            json_pack("{s:s, s:I}", "name", room->name, "capacity", (json_int_t)room->capacity),
            error))
        return false;
    work->room = db_room_find(connection, &room->id, error);
    return work->room != NULL;
}

static bool room_update_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct room_work *work = data;
    GError *problem = NULL;

    g_clear_pointer(&work->room, core_room_free);
    g_autoptr(core_room) before = db_room_find(connection, &work->id, error);
    g_autoptr(core_room) room = before ? db_room_find(connection, &work->id, error) : NULL;
    if (!room || !room_apply(work->input, room, error))
        return false;
    room->updated_at = base_time_now();
    if (!db_room_update(connection, room, &problem))
        return room_taken(error, problem);
    json_t *details = json_object();
    service_change_note(details, "name", before->name, room->name);
    if (before->capacity != room->capacity)
        json_object_set_new(details, "capacity",
                            json_pack("{s:I, s:I}", "from", (json_int_t)before->capacity, "to",
                                      (json_int_t)room->capacity));
    if (!service_audit(connection, work->identity, "room.update", &work->id, details, error))
        return false;
    work->room = db_room_find(connection, &work->id, error);
    return work->room != NULL;
}

static struct core_room *room_run(struct service *service, struct room_work *work,
                                  db_transaction_body body, GError **error)
{
    if (service_allow_all(work->identity, CORE_ACTION_COURSE_WRITE, error) &&
        db_transaction(service->db, body, work, error))
        return work->room;
    core_room_free(work->room);
    return NULL;
}

struct core_room *service_room_create(struct service *service,
                                      const struct service_identity *identity,
                                      const struct service_room_input *input, GError **error)
{
    struct room_work work = {.identity = identity, .input = input};

    return room_run(service, &work, room_create_body, error);
}

struct core_room *service_room_update(struct service *service,
                                      const struct service_identity *identity,
                                      const struct base_uuid *id,
                                      const struct service_room_input *input, GError **error)
{
    struct room_work work = {.identity = identity, .id = *id, .input = input};

    return room_run(service, &work, room_update_body, error);
}

static bool room_delete_body(struct db_connection *connection, gpointer data, GError **error)
{
    const struct room_work *work = data;
    gint64 slots = 0, sessions = 0;
    g_autoptr(core_room) room = db_room_find(connection, &work->id, error);

    if (!room || !db_room_uses(connection, &work->id, &slots, &sessions, error))
        return false;
    if (sessions > 0)
        return in_use(error, "The room has", sessions, "session", "sessions");
    if (slots > 0)
        return in_use(error, "The room has", slots, "weekly slot", "weekly slots");
    return db_room_delete(connection, &work->id, error) &&
           service_audit(connection, work->identity, "room.delete", &work->id,
                         json_pack("{s:s}", "name", room->name), error);
}

bool service_room_delete(struct service *service, const struct service_identity *identity,
                         const struct base_uuid *id, GError **error)
{
    struct room_work work = {.identity = identity, .id = *id};

    return service_allow_all(identity, CORE_ACTION_COURSE_WRITE, error) &&
           db_transaction(service->db, room_delete_body, &work, error);
}

struct core_room *service_room_find(struct service *service,
                                    const struct service_identity *identity,
                                    const struct base_uuid *id, GError **error)
{
    (void)identity;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    return connection ? db_room_find(connection, id, error) : NULL;
}

struct core_room *service_room_named(struct service *service,
                                     const struct service_identity *identity, const char *name,
                                     GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    return connection ? db_room_find_name(connection, &identity->institution_id, name, error)
                      : NULL;
}

GPtrArray *service_room_list(struct service *service, const struct service_identity *identity,
                             const struct db_room_filter *filter, const struct db_page *page,
                             gint64 *total, GError **error)
{
    struct db_room_filter own = filter ? *filter : (struct db_room_filter){.search = NULL};
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    own.institution_id = identity->institution_id;
    return connection ? db_room_list(connection, &own, page, total, error) : NULL;
}
