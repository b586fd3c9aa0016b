#include "service/timetable.h"

#include "core/timetable.h"
#include "service/courses.h"
#include "service/generate.h"
#include "service/internal.h"

#include <string.h>

enum { HOLIDAY_DAYS_MAX = 366 };

struct slot_work {
    struct service *service;
    const struct service_identity *identity;
    struct base_uuid id;
    struct base_uuid course_id;
    const struct service_slot_input *input;
    struct core_slot *slot; /* as it is afterwards */
    struct service_timetable_counts counts;
};

static json_t *counts_json(const struct service_timetable_counts *counts)
{
    return json_pack("{s:I, s:I, s:I}", "inserted", (json_int_t)counts->inserted, "moved",
                     (json_int_t)counts->moved, "deleted", (json_int_t)counts->deleted);
}

static json_t *slot_json(const struct core_slot *slot,
                         const struct service_timetable_counts *counts)
{
    json_t *json = json_pack(
        "{s:o, s:i, s:i, s:i, s:s, s:s, s:i}", "course", base_json_uuid(&slot->course_id),
        "weekday", slot->weekday, "start", slot->start_second, "end", slot->end_second, "first_day",
        slot->first_day, "last_day", slot->last_day, "every_weeks", slot->every_weeks);

    json_object_set_new(json, "sessions", counts_json(counts));
    return json;
}

/* ---- slots ---- */

bool service_room_check(struct db_connection *connection, const struct base_uuid *room_id,
                        GError **error)
{
    GError *problem = NULL;

    if (base_uuid_is_nil(room_id))
        return true;
    g_autoptr(core_room) room = db_room_find(connection, room_id, &problem);
    if (room)
        return true;
    if (g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND)) {
        g_clear_error(&problem);
        return base_fail(error, BASE_ERROR_INVALID, "room_id names a room that is not there.");
    }
    g_propagate_error(error, problem);
    return false;
}

static void set_text(char **field, const char *text)
{
    if (!text)
        return;
    g_free(*field);
    *field = g_strdup(text);
}

static bool slot_apply(const struct service_slot_input *input, struct core_slot *slot,
                       GError **error)
{
    if (input->room_id)
        slot->room_id = *input->room_id;
    if (input->weekday)
        slot->weekday = *input->weekday;
    if (input->start_second)
        slot->start_second = *input->start_second;
    if (input->end_second)
        slot->end_second = *input->end_second;
    if (input->every_weeks)
        slot->every_weeks = *input->every_weeks;
    set_text(&slot->first_day, input->first_day);
    set_text(&slot->last_day, input->last_day);
    return core_slot_validate(slot, error);
}

static bool slot_generate(struct slot_work *work, struct db_connection *connection,
                          const struct core_term *term, const struct base_uuid *without,
                          GError **error)
{
    const struct service_generation what = {
        .term = term,
        .course_id = &work->course_id,
        .without_slot = without,
    };

    return service_generate(work->service, connection, &what, &work->counts, error);
}

static struct core_term *term_of_course(struct db_connection *connection,
                                        const struct base_uuid *course_id, GError **error)
{
    g_autoptr(core_course) course = db_course_find(connection, course_id, error);

    return course ? db_term_find(connection, &course->term_id, error) : NULL;
}

static void slot_work_reset(struct slot_work *work)
{
    g_clear_pointer(&work->slot, core_slot_free);
    work->counts = (struct service_timetable_counts){0};
}

static bool slot_create_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct slot_work *work = data;
    g_autoptr(core_slot) slot = g_new0(struct core_slot, 1);

    slot->id = work->id;
    slot->course_id = work->course_id;
    slot->every_weeks = 1;
    slot->created_at = slot->updated_at = base_time_now();
    slot_work_reset(work);
    g_autoptr(core_term) term = term_of_course(connection, &work->course_id, error);
    if (!term)
        return false;
    slot->first_day = g_strdup(term->first_day);
    slot->last_day = g_strdup(term->last_day);
    if (!slot_apply(work->input, slot, error) ||
        !service_room_check(connection, &slot->room_id, error) ||
        !db_slot_insert(connection, slot, error) ||
        !slot_generate(work, connection, term, NULL, error) ||
        !service_audit(connection, work->identity, "slot.create", &work->id,
                       slot_json(slot, &work->counts), error))
        return false;
    work->slot = db_slot_find(connection, &work->id, error);
    return work->slot != NULL;
}

static struct core_slot *slot_run(db_transaction_body body, struct slot_work *work,
                                  struct service_timetable_counts *counts, GError **error)
{
    if (!db_transaction(work->service->db, body, work, error)) {
        core_slot_free(work->slot);
        return NULL;
    }
    if (counts)
        *counts = work->counts;
    return work->slot;
}

struct core_slot *service_slot_create(struct service *service,
                                      const struct service_identity *identity,
                                      const struct base_uuid *course_id,
                                      const struct service_slot_input *input,
                                      struct service_timetable_counts *counts, GError **error)
{
    struct slot_work work = {
        .service = service, .identity = identity, .course_id = *course_id, .input = input};

    if (!service_allow_all(identity, CORE_ACTION_TIMETABLE_WRITE, error))
        return NULL;
    if (!input->weekday || !input->start_second || !input->end_second) {
        base_fail(error, BASE_ERROR_INVALID, "%s is required.",
                  !input->weekday        ? "weekday"
                  : !input->start_second ? "start_time"
                                         : "end_time");
        return NULL;
    }
    base_uuid_new(&work.id);
    return slot_run(slot_create_body, &work, counts, error);
}

static bool slot_update_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct slot_work *work = data;

    slot_work_reset(work);
    g_autoptr(core_slot) slot = db_slot_find(connection, &work->id, error);
    if (!slot)
        return false;
    work->course_id = slot->course_id;
    slot->updated_at = base_time_now();
    g_autoptr(core_term) term = term_of_course(connection, &slot->course_id, error);
    if (!term || !slot_apply(work->input, slot, error) ||
        !service_room_check(connection, &slot->room_id, error) ||
        !db_slot_update(connection, slot, error) ||
        !slot_generate(work, connection, term, NULL, error) ||
        !service_audit(connection, work->identity, "slot.update", &work->id,
                       slot_json(slot, &work->counts), error))
        return false;
    work->slot = db_slot_find(connection, &work->id, error);
    return work->slot != NULL;
}

struct core_slot *service_slot_update(struct service *service,
                                      const struct service_identity *identity,
                                      const struct base_uuid *id,
                                      const struct service_slot_input *input,
                                      struct service_timetable_counts *counts, GError **error)
{
    struct slot_work work = {.service = service, .identity = identity, .id = *id, .input = input};

    return service_allow_all(identity, CORE_ACTION_TIMETABLE_WRITE, error)
               ? slot_run(slot_update_body, &work, counts, error)
               : NULL;
}

static bool slot_delete_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct slot_work *work = data;

    slot_work_reset(work);
    work->slot = db_slot_find(connection, &work->id, error);
    if (!work->slot)
        return false;
    work->course_id = work->slot->course_id;
    g_autoptr(core_term) term = term_of_course(connection, &work->course_id, error);
    return term && slot_generate(work, connection, term, &work->id, error) &&
           db_slot_delete(connection, &work->id, error) &&
           service_audit(connection, work->identity, "slot.delete", &work->id,
                         slot_json(work->slot, &work->counts), error);
}

bool service_slot_delete(struct service *service, const struct service_identity *identity,
                         const struct base_uuid *id, struct service_timetable_counts *counts,
                         GError **error)
{
    struct slot_work work = {.service = service, .identity = identity, .id = *id};

    if (!service_allow_all(identity, CORE_ACTION_TIMETABLE_WRITE, error))
        return false;
    g_autoptr(core_slot) slot = slot_run(slot_delete_body, &work, counts, error);
    return slot != NULL;
}

GPtrArray *service_slot_list(struct service *service, const struct service_identity *identity,
                             const struct base_uuid *course_id, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    if (!connection ||
        !service_course_allow(connection, identity, CORE_ACTION_COURSE_READ, course_id, error))
        return NULL;
    g_autoptr(core_course) course = db_course_find(connection, course_id, error);
    return course ? db_slot_list_course(connection, course_id, error) : NULL;
}

struct core_slot *service_slot_find(struct service *service,
                                    const struct service_identity *identity,
                                    const struct base_uuid *id, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    g_autoptr(core_slot) slot = connection ? db_slot_find(connection, id, error) : NULL;

    if (!slot || !service_course_allow(connection, identity, CORE_ACTION_COURSE_READ,
                                       &slot->course_id, error))
        return NULL;
    return g_steal_pointer(&slot);
}

/* ---- holidays ---- */

struct holiday_work {
    struct service *service;
    const struct service_identity *identity;
    struct base_uuid id;
    const char *name, *first_day, *last_day;
    struct core_holiday *holiday;
    struct service_timetable_counts counts;
};

static bool holiday_check(const struct core_holiday *holiday, GError **error)
{
    if (!core_day_is_valid(holiday->first_day))
        return base_fail(error, BASE_ERROR_INVALID, "first_day must be written YYYY-MM-DD.");
    if (!core_day_is_valid(holiday->last_day))
        return base_fail(error, BASE_ERROR_INVALID, "last_day must be written YYYY-MM-DD.");
    const gint32 length =
        core_day_number(holiday->last_day) - core_day_number(holiday->first_day) + 1;
    if (length < 1 || length > HOLIDAY_DAYS_MAX)
        return base_fail(error, BASE_ERROR_INVALID,
                         "last_day must be the first day or up to %d days later.",
                         HOLIDAY_DAYS_MAX - 1);
    return true;
}

/* Generates the weeks of a holiday, as it was or as it is, in every term. */
static bool holiday_generate(struct holiday_work *work, struct db_connection *connection,
                             const struct core_holiday *holiday, GError **error)
{
    const struct db_term_filter filter = {.institution_id = work->identity->institution_id};
    g_autoptr(GPtrArray) terms = db_term_list(connection, &filter, NULL, NULL, error);

    if (!terms)
        return false;
    for (guint i = 0; i < terms->len; i++) {
        const struct core_term *term = terms->pdata[i];
        const struct service_generation what = {
            .term = term, .from_day = holiday->first_day, .to_day = holiday->last_day};
        if (strcmp(term->first_day, holiday->last_day) > 0 ||
            strcmp(term->last_day, holiday->first_day) < 0)
            continue;
        if (!service_generate(work->service, connection, &what, &work->counts, error))
            return false;
    }
    return true;
}

static bool holiday_audit(struct holiday_work *work, struct db_connection *connection,
                          const char *action, const struct core_holiday *holiday, GError **error)
{
    json_t *details = json_pack("{s:s, s:s, s:s}", "name", holiday->name, "first_day",
                                holiday->first_day, "last_day", holiday->last_day);

    json_object_set_new(details, "sessions", counts_json(&work->counts));
    return service_audit(connection, work->identity, action, &work->id, details, error);
}

static void holiday_work_reset(struct holiday_work *work)
{
    g_clear_pointer(&work->holiday, core_holiday_free);
    work->counts = (struct service_timetable_counts){0};
}

static bool holiday_create_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct holiday_work *work = data;
    const struct core_holiday holiday = {
        .id = work->id,
        .institution_id = work->identity->institution_id,
        .name = (char *)work->name,
        .first_day = (char *)work->first_day,
        .last_day = (char *)(work->last_day ? work->last_day : work->first_day),
        .created_at = base_time_now(),
        .updated_at = base_time_now(),
    };

    holiday_work_reset(work);
    if (!holiday_check(&holiday, error) || !db_holiday_insert(connection, &holiday, error) ||
        !holiday_generate(work, connection, &holiday, error) ||
        !holiday_audit(work, connection, "holiday.create", &holiday, error))
        return false;
    work->holiday = db_holiday_find(connection, &work->id, error);
    return work->holiday != NULL;
}

static bool holiday_update_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct holiday_work *work = data;

    holiday_work_reset(work);
    g_autoptr(core_holiday) before = db_holiday_find(connection, &work->id, error);
    g_autoptr(core_holiday) holiday = before ? db_holiday_find(connection, &work->id, error) : NULL;
    if (!holiday)
        return false;
    set_text(&holiday->name, work->name);
    set_text(&holiday->first_day, work->first_day);
    set_text(&holiday->last_day, work->last_day);
    holiday->updated_at = base_time_now();
    if (!holiday_check(holiday, error) || !db_holiday_update(connection, holiday, error) ||
        !holiday_generate(work, connection, before, error) ||
        !holiday_generate(work, connection, holiday, error) ||
        !holiday_audit(work, connection, "holiday.update", holiday, error))
        return false;
    work->holiday = db_holiday_find(connection, &work->id, error);
    return work->holiday != NULL;
}

static bool holiday_delete_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct holiday_work *work = data;

    holiday_work_reset(work);
    work->holiday = db_holiday_find(connection, &work->id, error);
    return work->holiday && db_holiday_delete(connection, &work->id, error) &&
           holiday_generate(work, connection, work->holiday, error) &&
           holiday_audit(work, connection, "holiday.delete", work->holiday, error);
}

/* Runs a body for an administrator; gives the holiday that it left in `work`. */
static struct core_holiday *holiday_run(struct holiday_work *work, db_transaction_body body,
                                        struct service_timetable_counts *counts, GError **error)
{
    g_autofree char *clean = NULL;

    if (!service_allow_all(work->identity, CORE_ACTION_TIMETABLE_WRITE, error))
        return NULL;
    if (work->name) {
        clean = base_text_name(work->name, "name", SERVICE_NAME_MAX, error);
        if (!clean)
            return NULL;
        work->name = clean;
    }
    if (!db_transaction(work->service->db, body, work, error)) {
        core_holiday_free(work->holiday);
        return NULL;
    }
    if (counts)
        *counts = work->counts;
    return work->holiday;
}

struct core_holiday *service_holiday_create(struct service *service,
                                            const struct service_identity *identity,
                                            const char *name, const char *first_day,
                                            const char *last_day,
                                            struct service_timetable_counts *counts, GError **error)
{
    struct holiday_work work = {.service = service,
                                .identity = identity,
                                .name = name ? name : "",
                                .first_day = first_day,
                                .last_day = last_day};

    base_uuid_new(&work.id);
    return holiday_run(&work, holiday_create_body, counts, error);
}

struct core_holiday *service_holiday_update(struct service *service,
                                            const struct service_identity *identity,
                                            const struct base_uuid *id, const char *name,
                                            const char *first_day, const char *last_day,
                                            struct service_timetable_counts *counts, GError **error)
{
    struct holiday_work work = {.service = service,
                                .identity = identity,
                                .id = *id,
                                .name = name,
                                .first_day = first_day,
                                .last_day = last_day};

    return holiday_run(&work, holiday_update_body, counts, error);
}

bool service_holiday_delete(struct service *service, const struct service_identity *identity,
                            const struct base_uuid *id, struct service_timetable_counts *counts,
                            GError **error)
{
    struct holiday_work work = {.service = service, .identity = identity, .id = *id};
    g_autoptr(core_holiday) holiday = holiday_run(&work, holiday_delete_body, counts, error);

    return holiday != NULL;
}

GPtrArray *service_holiday_list(struct service *service, const struct service_identity *identity,
                                const char *from_day, const char *to_day, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    return connection
               ? db_holiday_list(connection, &identity->institution_id, from_day, to_day, error)
               : NULL;
}

/* ---- what others change ---- */

bool service_timetable_term_changed(struct service *service, struct db_connection *connection,
                                    const struct base_uuid *term_id, const char *old_first,
                                    const char *old_last, struct service_timetable_counts *counts,
                                    GError **error)
{
    struct service_timetable_counts ours;
    g_autoptr(core_term) term = db_term_find(connection, term_id, error);
    const struct service_generation what = {.term = term};

    counts = counts ? counts : &ours;
    *counts = (struct service_timetable_counts){0};
    return term &&
           db_slot_follow_term(connection, term_id, old_first, term->first_day, old_last,
                               term->last_day, base_time_now(), error) &&
           service_generate(service, connection, &what, counts, error);
}
