#include "db/query/course.h"
#include "db/query/user.h"
#include "service/internal.h"
#include "service/mail.h"
#include "service/outbox.h"
#include "service/reports.h"
#include "service/schedule.h"

#include <string.h>

struct edit {
    const struct service_identity *identity;
    const struct service_schedule_input *input;
    const struct base_uuid *id; /* NULL: a new one */
    struct db_report_schedule *schedule;
};

static bool is_own(const struct service_identity *identity, const struct base_uuid *user_id)
{
    return identity->role == CORE_ROLE_ADMIN || base_uuid_equal(&identity->user_id, user_id);
}

static struct db_report_schedule *find_own(struct db_connection *connection,
                                           const struct service_identity *identity,
                                           const struct base_uuid *id, GError **error)
{
    g_autoptr(db_report_schedule) schedule = db_report_schedule_find(connection, id, error);

    if (!schedule)
        return NULL;
    if (is_own(identity, &schedule->user_id))
        return g_steal_pointer(&schedule);
    base_fail(error, BASE_ERROR_NOT_FOUND, "There is no such schedule.");
    return NULL;
}

/* "HH:MM". */
static bool parse_clock(const char *text, gint64 *second, GError **error)
{
    if (text && strlen(text) == 5 && text[2] == ':' && g_ascii_isdigit(text[0]) &&
        g_ascii_isdigit(text[1]) && g_ascii_isdigit(text[3]) && g_ascii_isdigit(text[4])) {
        const int hour = (text[0] - '0') * 10 + text[1] - '0';
        const int minute = (text[3] - '0') * 10 + text[4] - '0';
        *second = hour * 3600 + minute * 60;
        if (hour < 24 && minute < 60)
            return true;
    }
    return base_fail(error, BASE_ERROR_INVALID, "at must be a time of day such as 07:30.");
}

static bool apply(const struct service_schedule_input *input, struct db_report_schedule *schedule,
                  GError **error)
{
    static const char *const FORMATS[] = {"pdf", "xlsx", "csv", NULL};

    if (input->fields & SERVICE_SCHEDULE_COURSE)
        schedule->course_id = input->course_id;
    if (input->fields & SERVICE_SCHEDULE_KIND &&
        !db_schedule_kind_from_name(input->kind, &schedule->kind))
        return base_fail(error, BASE_ERROR_INVALID, "kind must be student or teacher.");
    if (input->fields & SERVICE_SCHEDULE_FREQUENCY &&
        !db_schedule_frequency_from_name(input->frequency, &schedule->frequency))
        return base_fail(error, BASE_ERROR_INVALID,
                         "frequency must be daily, weekly or course_end.");
    if (input->fields & SERVICE_SCHEDULE_WEEKDAY)
        schedule->weekday = input->weekday;
    if (schedule->weekday < 1 || schedule->weekday > 7)
        return base_fail(error, BASE_ERROR_INVALID, "weekday must be 1 (Monday) to 7.");
    if (input->fields & SERVICE_SCHEDULE_AT && !parse_clock(input->at, &schedule->at_second, error))
        return false;
    if (input->fields & SERVICE_SCHEDULE_FORMAT) {
        if (!input->format || !g_strv_contains(FORMATS, input->format))
            return base_fail(error, BASE_ERROR_INVALID, "format must be pdf, xlsx or csv.");
        g_free(schedule->format);
        schedule->format = g_strdup(input->format);
    }
    if (input->fields & SERVICE_SCHEDULE_ACTIVE)
        schedule->active = input->active;
    return true;
}

/* Whether the person can get such a report at all. */
static bool check(struct db_connection *connection, const struct db_report_schedule *schedule,
                  const struct core_user *user, GError **error)
{
    const bool student = schedule->kind == DB_SCHEDULE_STUDENT;
    bool concerned = false;

    if (student != (user->role == CORE_ROLE_STUDENT))
        return base_fail(error, BASE_ERROR_INVALID,
                         "kind student is for students, kind teacher for those who teach.");
    if (base_uuid_is_nil(&schedule->course_id))
        return true;
    if (!(student
              ? db_course_attends(connection, &schedule->course_id, &user->id, &concerned, error)
              : db_course_is_taught_by(connection, &schedule->course_id, &user->id, &concerned,
                                       error)))
        return false;
    return concerned || base_fail(error, BASE_ERROR_INVALID,
                                  "course is none that this person attends or teaches.");
}

static struct core_user *find_user(struct db_connection *connection, const struct base_uuid *id,
                                   GError **error)
{
    g_autoptr(core_user) user = db_user_find(connection, id, error);

    if (!user)
        return NULL;
    if (!user->deleted_at)
        return g_steal_pointer(&user);
    base_fail(error, BASE_ERROR_NOT_FOUND, "There is no such person.");
    return NULL;
}

static struct db_report_schedule *fresh(const struct edit *edit, const struct core_user *user)
{
    struct db_report_schedule *schedule = g_new0(struct db_report_schedule, 1);

    base_uuid_new(&schedule->id);
    schedule->user_id = user->id;
    schedule->kind = user->role == CORE_ROLE_STUDENT ? DB_SCHEDULE_STUDENT : DB_SCHEDULE_TEACHER;
    schedule->frequency = DB_SCHEDULE_WEEKLY;
    schedule->weekday = 1;
    schedule->at_second = 7 * 3600;
    schedule->format = g_strdup("pdf");
    schedule->active = true;
    schedule->created_at = base_time_now();
    (void)edit;
    return schedule;
}

static bool audit(struct db_connection *connection, const struct edit *edit, const char *action,
                  GError **error)
{
    const struct db_report_schedule *schedule = edit->schedule;

    return service_audit(
        connection, edit->identity, action, &schedule->id,
        json_pack("{s:o, s:s, s:s, s:b}", "user", base_json_uuid(&schedule->user_id), "kind",
                  db_schedule_kind_name(schedule->kind), "frequency",
                  db_schedule_frequency_name(schedule->frequency), "active", schedule->active),
        error);
}

static bool create_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct edit *edit = data;
    const struct base_uuid *user_id =
        base_uuid_is_nil(&edit->input->user_id) ? &edit->identity->user_id : &edit->input->user_id;
    g_autoptr(core_user) user = find_user(connection, user_id, error);

    g_clear_pointer(&edit->schedule, db_report_schedule_free);
    if (!user)
        return false;
    edit->schedule = fresh(edit, user);
    edit->schedule->updated_at = edit->schedule->created_at;
    edit->schedule->user_name = g_strdup(user->name);
    return apply(edit->input, edit->schedule, error) &&
           check(connection, edit->schedule, user, error) &&
           db_report_schedule_insert(connection, edit->schedule, error) &&
           audit(connection, edit, "report_schedule.create", error);
}

static bool change_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct edit *edit = data;

    g_clear_pointer(&edit->schedule, db_report_schedule_free);
    edit->schedule = find_own(connection, edit->identity, edit->id, error);
    g_autoptr(core_user) user =
        edit->schedule ? find_user(connection, &edit->schedule->user_id, error) : NULL;
    if (!user)
        return false;
    edit->schedule->updated_at = base_time_now();
    return apply(edit->input, edit->schedule, error) &&
           check(connection, edit->schedule, user, error) &&
           db_report_schedule_update(connection, edit->schedule, error) &&
           audit(connection, edit, "report_schedule.change", error);
}

static struct db_report_schedule *run(struct service *service, db_transaction_body body,
                                      struct edit *edit, GError **error)
{
    if (db_transaction(service->db, body, edit, error))
        return edit->schedule;
    db_report_schedule_free(edit->schedule);
    return NULL;
}

struct db_report_schedule *service_schedule_create(struct service *service,
                                                   const struct service_identity *identity,
                                                   const struct service_schedule_input *input,
                                                   GError **error)
{
    struct edit edit = {identity, input};

    if (!base_uuid_is_nil(&input->user_id) && !is_own(identity, &input->user_id)) {
        base_fail(error, BASE_ERROR_NOT_FOUND, "There is no such person.");
        return NULL;
    }
    return run(service, create_body, &edit, error);
}

struct db_report_schedule *service_schedule_change(struct service *service,
                                                   const struct service_identity *identity,
                                                   const struct base_uuid *id,
                                                   const struct service_schedule_input *input,
                                                   GError **error)
{
    struct edit edit = {identity, input, id};

    return run(service, change_body, &edit, error);
}

static bool delete_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct edit *edit = data;

    g_clear_pointer(&edit->schedule, db_report_schedule_free);
    edit->schedule = find_own(connection, edit->identity, edit->id, error);
    return edit->schedule && db_report_schedule_delete(connection, edit->id, error) &&
           audit(connection, edit, "report_schedule.delete", error);
}

bool service_schedule_delete(struct service *service, const struct service_identity *identity,
                             const struct base_uuid *id, GError **error)
{
    struct edit edit = {identity, NULL, id};
    g_autoptr(db_report_schedule) gone = run(service, delete_body, &edit, error);

    return gone != NULL;
}

struct db_report_schedule *service_schedule_find(struct service *service,
                                                 const struct service_identity *identity,
                                                 const struct base_uuid *id, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    return connection ? find_own(connection, identity, id, error) : NULL;
}

GPtrArray *service_schedule_list(struct service *service, const struct service_identity *identity,
                                 const struct base_uuid *user_id, const struct db_page *page,
                                 gint64 *total, GError **error)
{
    const struct base_uuid *whose =
        identity->role == CORE_ROLE_ADMIN ? user_id : &identity->user_id;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    return connection ? db_report_schedule_list(connection, whose, page, total, error) : NULL;
}

/* ---- on demand ---- */

struct mail_work {
    const struct service_identity *identity;
    json_t *parameters;
};

static bool mail_body(struct db_connection *connection, gpointer data, GError **error)
{
    const struct mail_work *work = data;
    char id[BASE_UUID_TEXT_SIZE];
    g_autofree char *text = base_json_format(work->parameters);
    g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
    g_autofree char *key = g_strdup_printf("report:asked:%s:%.40s:%" G_GINT64_FORMAT,
                                           base_uuid_format(&work->identity->user_id, id), digest,
                                           base_time_now() / (60 * BASE_TIME_SECOND));

    return service_outbox_add(connection,
                              &(struct service_outbox_entry){
                                  .channel = DB_OUTBOX_MAIL,
                                  .kind = service_mail_kind_name(SERVICE_MAIL_REPORT),
                                  .dedupe_key = key,
                                  .user_id = work->identity->user_id,
                                  .parameters = json_incref(work->parameters),
                              },
                              NULL, error);
}

bool service_report_mail(struct service *service, const struct service_identity *identity,
                         const char *name, json_t *request, const char *format, GError **error)
{
    struct service_report_request asked = {0};
    enum report_format known;

    if (base_uuid_is_nil(&identity->user_id))
        return base_fail(error, BASE_ERROR_CONFLICT, "The command line has no address to mail to.");
    if (!report_format_from_name(format, &known) || known == REPORT_FORMAT_JSON)
        return base_fail(error, BASE_ERROR_INVALID, "format must be pdf, xlsx or csv.");
    if (!service_report_request_read(request, &asked, error))
        return false;
    asked.name = name;
    g_autoptr(service_report) report = service_report_open(service, identity, &asked, error);
    if (!report)
        return false;
    g_autoptr(json_t) parameters =
        json_pack("{s:s, s:O, s:s}", "report", name, "request", request, "format", format);
    struct mail_work work = {identity, parameters};
    return db_transaction(service->db, mail_body, &work, error);
}
