#include "service/mail_render.h"

#include "core/percentage.h"
#include "db/query/attendance.h"
#include "db/query/course.h"
#include "db/query/session.h"
#include "service/links.h"
#include "service/reports.h"
#include "service/standing.h"

#include <math.h>
#include <string.h>

#define HOUR (BASE_TIME_SECOND * 3600)

/* More than this no mail server takes. */
#define ATTACHMENT_MAX (20U * 1024 * 1024)

static char *words(const struct mail_making *making, enum mail_text text, const char *const *values)
{
    return service_mail_words(text, making->language, values);
}

/* ---- passwords ---- */

static bool fill_link(struct mail_making *making, base_time life, enum mail_text button,
                      enum mail_text note, GError **error)
{
    making->button = g_strdup(service_mail_word(button, making->language));
    making->note = g_strdup(service_mail_word(note, making->language));
    making->link = making->preview
                       ? g_strdup("#/password?token=preview")
                       : service_link_password(making->service, making->user, life, error);
    return making->link != NULL;
}

bool service_mail_fill_password(struct mail_making *making, GError **error)
{
    const char *const name[] = {making->institution->name, NULL};

    making->mail->subject = words(making, MAIL_TEXT_PASSWORD_SUBJECT, name);
    making->paragraphs = service_mail_list(words(making, MAIL_TEXT_PASSWORD_BODY, name), NULL);
    return fill_link(making, HOUR, MAIL_TEXT_PASSWORD_BUTTON, MAIL_TEXT_PASSWORD_NOTE, error);
}

bool service_mail_fill_invitation(struct mail_making *making, GError **error)
{
    const char *const values[] = {making->institution->name, making->user->email, NULL};

    making->mail->subject = words(making, MAIL_TEXT_INVITATION_SUBJECT, values);
    making->paragraphs = service_mail_list(words(making, MAIL_TEXT_INVITATION_BODY, values), NULL);
    return fill_link(making, 7 * 24 * HOUR, MAIL_TEXT_INVITATION_BUTTON, MAIL_TEXT_INVITATION_NOTE,
                     error);
}

/* ---- an absence ---- */

static bool absence_stands(struct mail_making *making, struct db_connection *connection,
                           const struct base_uuid *session_id, GError **error)
{
    char id[BASE_UUID_TEXT_SIZE];
    g_autofree char *occasion = g_strconcat("session:", base_uuid_format(session_id, id), NULL);

    if (making->preview)
        return true;
    g_autoptr(core_attendance) mark =
        db_attendance_find_occasion(connection, &making->user->id, occasion, error);
    return mark && (mark->status == CORE_STATUS_ABSENT ||
                    base_fail(error, BASE_ERROR_CONFLICT, "The absence was corrected."));
}

static struct core_session *absence_session(struct mail_making *making, GError **error)
{
    struct base_uuid id;
    g_autoptr(db_connection) connection = NULL;

    if (!service_mail_parameter_uuid(making, "session", &id, error))
        return NULL;
    connection = db_acquire(making->service->db, error);
    g_autoptr(core_session) session = connection ? db_session_find(connection, &id, error) : NULL;
    return session && absence_stands(making, connection, &id, error) ? g_steal_pointer(&session)
                                                                     : NULL;
}

static char *clock_text(gint32 second)
{
    return g_strdup_printf("%02d:%02d", second / 3600, second / 60 % 60);
}

bool service_mail_fill_absence(struct mail_making *making, GError **error)
{
    g_autoptr(core_session) session = absence_session(making, error);

    if (!session)
        return false;
    g_autofree char *day = service_mail_day(session->local_day, making->language);
    g_autofree char *from = clock_text(session->start_second);
    g_autofree char *to = clock_text(session->end_second);
    const char *const values[] = {session->course_name, day, from, to, NULL};
    making->mail->subject = words(making, MAIL_TEXT_ABSENCE_SUBJECT, values);
    making->paragraphs = service_mail_list(words(making, MAIL_TEXT_ABSENCE_BODY, values), NULL);
    making->note = g_strdup(service_mail_word(MAIL_TEXT_ABSENCE_NOTE, making->language));
    return true;
}

/* ---- at risk ---- */

static struct service_course_standing *standing_of(struct mail_making *making,
                                                   const struct base_uuid *user_id, GError **error)
{
    struct base_uuid course;
    struct service_standing_options options = {.language = making->language};
    g_autoptr(db_connection) connection = NULL;

    if (!service_mail_parameter_uuid(making, "course", &course, error))
        return NULL;
    if (user_id)
        options.user_id = *user_id;
    connection = db_acquire(making->service->db, error);
    return connection ? service_standing_course_on(connection, &course, &options, error) : NULL;
}

/* The warnings of a standing that are mailed, as sentences joined by "; ". NULL: none. */
static char *warnings_text(const struct mail_making *making, const struct service_standing *one,
                           const char *separator)
{
    const guint standing =
        one->percentage.warnings & service_mail_warnings(making->institution->warnings);
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

    if (!standing)
        return NULL;
    for (guint i = 0; i < CORE_PERCENTAGE_WARNINGS_N; i++) {
        const enum core_percentage_warning bit = 1U << i;
        if (!(standing & bit))
            continue;
        g_autofree char *text =
            core_percentage_warning_text(one->rules, &one->percentage, bit, making->language);
        g_strv_builder_add(builder, text);
    }
    g_auto(GStrv) texts = g_strv_builder_end(builder);
    return g_strjoinv(separator, texts);
}

static char *day_of(const struct mail_making *making)
{
    const char *day = service_mail_parameter(making, "day");

    return service_mail_day(day ? day : "", making->language);
}

bool service_mail_fill_at_risk(struct mail_making *making, GError **error)
{
    g_autoptr(service_course_standing) course = standing_of(making, &making->user->id, error);

    if (!course)
        return false;
    const struct service_standing *one =
        course->standings->len > 0 ? course->standings->pdata[0] : NULL;
    g_autofree char *warnings = one ? warnings_text(making, one, "\n") : NULL;
    if (!one || (!warnings && !making->preview))
        return base_fail(error, BASE_ERROR_CONFLICT, "This student is not at risk any more.");
    g_autofree char *day = day_of(making);
    const char *const values[] = {course->course->name, day, NULL};
    const char *const arithmetic[] = {one->arithmetic, NULL};
    g_autofree char *how = words(making, MAIL_TEXT_ARITHMETIC, arithmetic);
    making->mail->subject = words(making, MAIL_TEXT_AT_RISK_SUBJECT, values);
    making->paragraphs = service_mail_list(words(making, MAIL_TEXT_AT_RISK_BODY, values), NULL);
    making->lines = g_strsplit(warnings ? warnings : "", "\n", -1);
    making->note = *one->outlook ? g_strdup_printf("%s. %s.", how, one->outlook) : g_strdup(how);
    return true;
}

static bool teaches(struct mail_making *making, const struct base_uuid *course_id, GError **error)
{
    bool taught = false;
    g_autoptr(db_connection) connection = db_acquire(making->service->db, error);

    return connection &&
           db_course_is_taught_by(connection, course_id, &making->user->id, &taught, error) &&
           (taught || making->preview ||
            base_fail(error, BASE_ERROR_CONFLICT, "This person teaches the course no more."));
}

bool service_mail_fill_digest(struct mail_making *making, GError **error)
{
    g_autoptr(service_course_standing) course = standing_of(making, NULL, error);
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    guint n = 0;

    if (!course || !teaches(making, &course->course->id, error))
        return false;
    for (guint i = 0; i < course->standings->len; i++) {
        const struct service_standing *one = course->standings->pdata[i];
        g_autofree char *warnings = warnings_text(making, one, "; ");
        if (!warnings)
            continue;
        g_autofree char *line =
            g_strdup_printf("%s: %s (%s)", one->name, warnings, one->arithmetic);
        g_strv_builder_add(builder, line);
        n++;
    }
    if (n == 0 && !making->preview)
        return base_fail(error, BASE_ERROR_CONFLICT, "Nobody is at risk any more.");
    g_autofree char *day = day_of(making);
    const char *const values[] = {course->course->name, day, NULL};
    making->mail->subject = words(making, MAIL_TEXT_DIGEST_SUBJECT, values);
    making->paragraphs = service_mail_list(words(making, MAIL_TEXT_DIGEST_BODY, values), NULL);
    making->lines = g_strv_builder_end(builder);
    return true;
}

/* ---- reports ---- */

static bool take(const char *data, size_t size, gpointer user, GError **error)
{
    GByteArray *bytes = user;

    if (size > ATTACHMENT_MAX - bytes->len)
        return base_fail(error, BASE_ERROR_TOO_LARGE,
                         "The report is too large for a mail; please narrow it.");
    g_byte_array_append(bytes, (const guint8 *)data, (guint)size);
    return true;
}

static bool attach(struct mail_making *making, struct service_report *report,
                   enum report_format format, GError **error)
{
    const struct report_options options = {.paper = making->institution->paper, .bom = true};
    g_autoptr(GByteArray) bytes = g_byte_array_new();

    if (!report_write(format, service_report_table(report), &options, take, bytes, error))
        return false;
    g_autofree char *name = service_report_file_name(report);
    making->mail->attachment_name = g_strconcat(name, ".", report_format_name(format), NULL);
    making->mail->attachment = (struct mail_attachment){
        .file_name = making->mail->attachment_name,
        .media_type = report_format_type(format),
        .content = g_byte_array_free_to_bytes(g_steal_pointer(&bytes)),
    };
    return true;
}

/* The reader, as if they had asked for the report themselves. */
static struct service_identity reader_identity(const struct core_user *user)
{
    return (struct service_identity){
        .user_id = user->id,
        .institution_id = user->institution_id,
        .group_id = user->group_id,
        .role = user->role,
    };
}

/* A student reads where they stand without opening the file. */
static bool add_standing(struct mail_making *making, const struct service_identity *identity,
                         GError **error)
{
    const struct service_standing_options options = {.language = making->language};
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

    if (making->user->role != CORE_ROLE_STUDENT)
        return true;
    g_autoptr(GPtrArray) courses =
        service_standing_student(making->service, identity, &making->user->id, &options, error);
    if (!courses)
        return false;
    for (guint i = 0; i < courses->len; i++) {
        const struct service_course_standing *course = courses->pdata[i];
        const struct service_standing *one =
            course->standings->len > 0 ? course->standings->pdata[0] : NULL;
        if (!one || isnan(one->percentage.share))
            continue;
        g_autofree char *line = g_strdup_printf("%s: %s%s%s", course->course->name, one->arithmetic,
                                                *one->outlook ? "; " : "", one->outlook);
        g_strv_builder_add(builder, line);
    }
    making->lines = g_strv_builder_end(builder);
    return true;
}

static bool report_request(const struct mail_making *making, struct service_report_request *request,
                           enum report_format *format, GError **error)
{
    json_t *narrowed = json_object_get(making->parameters, "request");

    if (json_is_object(narrowed) && !service_report_request_read(narrowed, request, error))
        return false;
    request->name = service_mail_parameter(making, "report");
    request->language = making->language;
    if (!request->name)
        return base_fail(error, BASE_ERROR_INVALID, "report is required.");
    return (report_format_from_name(service_mail_parameter(making, "format"), format) &&
            *format != REPORT_FORMAT_JSON) ||
           base_fail(error, BASE_ERROR_INVALID, "format must be pdf, xlsx or csv.");
}

/* A regular report of days without any session would say nothing. */
static bool report_has_news(struct mail_making *making,
                            const struct service_report_request *request, GError **error)
{
    struct db_session_filter filter = DB_SESSION_FILTER_ALL;
    const struct db_page one = {.limit = 1};

    if (making->preview || !request->from_day ||
        !json_is_true(json_object_get(making->parameters, "scheduled")))
        return true;
    filter.course_id = request->course_id;
    filter.student_id = request->student_id;
    filter.teacher_id = request->teacher_id;
    filter.state = CORE_SESSION_PLANNED;
    filter.from_day = request->from_day;
    filter.to_day = request->to_day;
    g_autoptr(db_connection) connection = db_acquire(making->service->db, error);
    g_autoptr(GPtrArray) sessions =
        connection ? db_session_list(connection, &filter, &one, NULL, error) : NULL;
    return sessions &&
           (sessions->len > 0 || base_fail(error, BASE_ERROR_CONFLICT,
                                           "Nothing was taught on the days that it tells of."));
}

bool service_mail_fill_report(struct mail_making *making, GError **error)
{
    struct service_report_request request = {0};
    enum report_format format;
    char today[CORE_DAY_SIZE];
    const struct service_identity identity = reader_identity(making->user);

    if (!report_request(making, &request, &format, error) ||
        !report_has_news(making, &request, error))
        return false;
    g_autoptr(service_report) report =
        service_report_open(making->service, &identity, &request, error);
    if (!report || !attach(making, report, format, error) ||
        !add_standing(making, &identity, error))
        return false;
    const struct report *table = service_report_table(report);
    if (!core_day_of_time(table->zone, table->generated_at, today, error))
        return false;
    g_autofree char *day = service_mail_day(today, making->language);
    const char *const values[] = {table->title, day, NULL};
    making->mail->subject = words(making, MAIL_TEXT_REPORT_SUBJECT, values);
    making->paragraphs = service_mail_list(
        words(making, MAIL_TEXT_REPORT_BODY, values),
        making->lines && *making->lines
            ? g_strdup(service_mail_word(MAIL_TEXT_REPORT_STANDING, making->language))
            : NULL,
        NULL);
    return true;
}
