#include "service/demo_internal.h"

#include "core/timetable.h"
#include "service/mail.h"
#include "service/outbox.h"
#include "service/schedule.h"
#include "service/webhooks.h"

enum {
    NEWS_DAYS = 14,
    ABSENCES = 36, /* mailed, about */
    AT_RISK = 10,
    REPORT_WEEKS = 2,
    ATTEMPTS = 5, /* until one is given up */
    LEASE = 60,   /* seconds */
};

static const char NO_MAILBOX[] =
    "The mail server correo.ceiba.example: 550 5.1.1 The mailbox does not exist.";
static const char NO_ANSWER[] = "The mail server correo.ceiba.example: no answer in 60 s.";

/* One mail, and what became of it. */
struct letter {
    enum service_mail_kind kind;
    const struct demo_person *to;
    const char *about;  /* what makes it another one than the others to this person */
    json_t *parameters; /* taken over */
    base_time at;
    enum db_outbox_state state;
    guint attempts;
    const char *problem;
};

/* ---- one of them ---- */

static bool attempt(struct db_connection *connection, const struct base_uuid *id,
                    const struct letter *letter, guint n, GError **error)
{
    const base_time now = letter->at + n * DEMO_MINUTE + BASE_TIME_SECOND;
    const bool last = n + 1 == letter->attempts;
    const bool ends = last && letter->state != DB_OUTBOX_WAITING;
    char lease[BASE_UUID_TEXT_SIZE];
    bool held = false;
    struct base_uuid fresh;

    base_uuid_new(&fresh);
    base_uuid_format(&fresh, lease);
    if (!db_outbox_claim(connection, id, lease, now, now + LEASE * BASE_TIME_SECOND, &held, error))
        return false;
    if (ends)
        return db_outbox_finish(connection, id, lease, letter->state, letter->problem, now, NULL,
                                error);
    return db_outbox_postpone(connection, id, lease, letter->problem,
                              last ? base_time_now() + 20 * DEMO_MINUTE : now, NULL, error);
}

static bool post(struct db_connection *connection, const struct letter *letter, GError **error)
{
    const char *kind = service_mail_kind_name(letter->kind);
    char user[BASE_UUID_TEXT_SIZE];
    g_autoptr(json_t) parameters = letter->parameters ? letter->parameters : json_object();
    g_autofree char *text = base_json_format(parameters);
    g_autofree char *key =
        g_strjoin(":", kind, letter->about, base_uuid_format(&letter->to->id, user), NULL);
    struct db_outbox_entry entry = {
        .channel = DB_OUTBOX_MAIL,
        .kind = (char *)kind,
        .dedupe_key = key,
        .user_id = letter->to->id,
        .parameters = text,
        .due_at = letter->at,
        .created_at = letter->at,
    };

    base_uuid_new(&entry.id);
    if (!db_outbox_insert(connection, &entry, NULL, error))
        return false;
    for (guint i = 0; i < letter->attempts; i++)
        if (!attempt(connection, &entry.id, letter, i, error))
            return false;
    return true;
}

static struct letter sent(enum service_mail_kind kind, const struct demo_person *to, base_time at)
{
    return (struct letter){
        .kind = kind, .to = to, .at = at, .state = DB_OUTBOX_SENT, .attempts = 1};
}

static void give_up(struct letter *letter)
{
    letter->state = DB_OUTBOX_DEAD;
    letter->attempts = ATTEMPTS;
    letter->problem = NO_MAILBOX;
}

static void let_wait(struct letter *letter, base_time now)
{
    letter->at = now - 6 * DEMO_MINUTE;
    letter->state = DB_OUTBOX_WAITING;
    letter->attempts = 1;
    letter->problem = NO_ANSWER;
}

/* ---- all of them ---- */

static bool post_invitations(struct demo *demo, struct db_connection *connection, GError **error)
{
    guint n = 0;

    for (guint i = 0; i < demo->students->len; i++) {
        const struct demo_person *person = demo_student(demo, i);
        if (!person->invited)
            continue;
        struct letter letter =
            sent(SERVICE_MAIL_INVITATION, person, demo->now - 6 * DEMO_DAY + n * DEMO_MINUTE);
        letter.about = "demo";
        if (n++ % 3 == 1)
            give_up(&letter);
        if (!post(connection, &letter, error))
            return false;
    }
    return true;
}

static bool is_news(const struct demo *demo, const struct demo_mark *mark)
{
    return mark->method == CORE_METHOD_AUTOMATIC && !mark->settled &&
           mark->at > demo->now - NEWS_DAYS * DEMO_DAY;
}

static bool post_absence(struct demo *demo, struct db_connection *connection, guint index, guint n,
                         GError **error)
{
    const struct demo_mark *mark = demo_mark(demo, index);
    const struct core_session *session = demo_session(demo, mark->session)->session;
    char id[BASE_UUID_TEXT_SIZE];
    g_autofree char *about = g_strdup_printf("%s:%" G_GINT64_FORMAT,
                                             base_uuid_format(&session->id, id), session->ends_at);
    struct letter letter =
        sent(SERVICE_MAIL_ABSENCE, demo_student(demo, mark->student), mark->at + DEMO_MINUTE);

    letter.about = about;
    letter.parameters = json_pack("{s:s}", "session", id);
    if (n % 15 == 1)
        give_up(&letter);
    else if (n == 2 || n == 9)
        let_wait(&letter, demo->now);
    return post(connection, &letter, error);
}

static bool post_absences(struct demo *demo, struct db_connection *connection, GError **error)
{
    guint all = 0, n = 0, seen = 0;

    for (guint i = 0; i < demo->marks->len; i++)
        all += is_news(demo, demo_mark(demo, i));
    const guint step = MAX(1, all / ABSENCES);
    for (guint i = 0; i < demo->marks->len; i++)
        if (is_news(demo, demo_mark(demo, i)) && seen++ % step == 0 &&
            !post_absence(demo, connection, i, n++, error))
            return false;
    return true;
}

static guint course_of_group(const struct demo *demo, guint group)
{
    guint i = 0;

    while (i + 1 < demo->courses->len && demo_course(demo, i)->groups[0] != group)
        i++;
    return i;
}

static bool post_warning(struct demo *demo, struct db_connection *connection,
                         const struct demo_person *person, guint n, GError **error)
{
    const struct demo_course *course =
        demo_course(demo, course_of_group(demo, person->stays[person->stays_n - 1].group));
    const base_time at = demo->now - (n + 1) * DEMO_DAY;
    char id[BASE_UUID_TEXT_SIZE], day[CORE_DAY_SIZE];
    gint32 number, second;

    core_timetable_read_wall(demo->zone, at, &number, &second);
    core_day_from_number(number, day);
    base_uuid_format(&course->id, id);
    g_autofree char *about = g_strjoin(":", id, day, NULL);
    struct letter student = sent(SERVICE_MAIL_AT_RISK, person, at);
    struct letter teacher =
        sent(SERVICE_MAIL_DIGEST, demo_teacher(demo, course->teacher), at + DEMO_MINUTE);
    student.about = teacher.about = about;
    student.parameters = json_pack("{s:s, s:s}", "course", id, "day", day);
    teacher.parameters = json_pack("{s:s, s:s}", "course", id, "day", day);
    if (n == 0)
        let_wait(&student, demo->now);
    return post(connection, &student, error) && post(connection, &teacher, error);
}

static bool post_warnings(struct demo *demo, struct db_connection *connection, GError **error)
{
    guint n = 0;

    for (guint i = 0; i < demo->students->len && n < AT_RISK; i++) {
        const struct demo_person *person = demo_student(demo, i);
        if ((person->attends < 0.75 || person->declines) && person->active &&
            !post_warning(demo, connection, person, n++, error))
            return false;
    }
    return true;
}

static bool post_report(struct demo *demo, struct db_connection *connection, guint teacher,
                        gint32 monday, GError **error)
{
    const struct demo_person *person = demo_teacher(demo, teacher);
    char day[CORE_DAY_SIZE], from[CORE_DAY_SIZE], to[CORE_DAY_SIZE], id[BASE_UUID_TEXT_SIZE];
    struct letter letter =
        sent(SERVICE_MAIL_REPORT, person, service_demo_instant(demo, monday, 7 * 3600));

    if (letter.at > demo->now)
        return true;
    core_day_from_number(monday, day);
    core_day_from_number(monday - 7, from);
    core_day_from_number(monday - 1, to);
    letter.about = day;
    letter.parameters = json_pack("{s:s, s:{s:s, s:s, s:s}, s:s, s:b}", "report", "summary",
                                  "request", "teacher", base_uuid_format(&person->id, id), "from",
                                  from, "to", to, "format", "pdf", "scheduled", true);
    if (teacher == 1)
        give_up(&letter);
    return post(connection, &letter, error);
}

static bool post_reports(struct demo *demo, struct db_connection *connection, GError **error)
{
    const gint32 monday = core_day_monday(demo->today);

    for (gint32 week = REPORT_WEEKS - 1; week >= 0; week--)
        for (guint i = 0; i + 2 < demo->teachers->len; i++)
            if (!post_report(demo, connection, i, monday - 7 * week, error))
                return false;
    return true;
}

static bool post_passwords(struct demo *demo, struct db_connection *connection, GError **error)
{
    for (guint i = 1; i < 5 && i < demo->students->len; i++) {
        struct letter letter =
            sent(SERVICE_MAIL_PASSWORD, demo_student(demo, i), demo->now - i * 31 * DEMO_HOUR);
        letter.about = "demo";
        if (i == 1)
            let_wait(&letter, demo->now);
        if (!post(connection, &letter, error))
            return false;
    }
    return true;
}

static bool post_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct demo *demo = data;

    return post_reports(demo, connection, error) && post_invitations(demo, connection, error) &&
           post_passwords(demo, connection, error) && post_absences(demo, connection, error) &&
           post_warnings(demo, connection, error);
}

/* ---- schedules, and a webhook that is off ---- */

static bool add_schedule(struct demo *demo, const struct demo_person *person, const char *frequency,
                         const char *format, GError **error)
{
    const struct service_schedule_input input = {
        .fields = SERVICE_SCHEDULE_FREQUENCY | SERVICE_SCHEDULE_FORMAT | SERVICE_SCHEDULE_WEEKDAY |
                  SERVICE_SCHEDULE_AT,
        .user_id = person->id,
        .frequency = frequency,
        .weekday = 5,
        .at = "18:30",
        .format = format,
    };
    g_autoptr(db_report_schedule) schedule =
        service_schedule_create(demo->service, &demo->director, &input, error);

    return schedule != NULL;
}

static bool add_schedules(struct demo *demo, GError **error)
{
    return add_schedule(demo, demo_teacher(demo, demo_course(demo, 0)->teacher), "weekly", "xlsx",
                        error) &&
           add_schedule(demo, demo_teacher(demo, 1), "daily", "pdf", error) &&
           add_schedule(demo, demo_teacher(demo, 0), "course_end", "pdf", error) &&
           add_schedule(demo, demo_student(demo, 0), "weekly", "pdf", error) &&
           add_schedule(demo, demo_student(demo, 1), "weekly", "csv", error);
}

static bool add_webhook(struct demo *demo, GError **error)
{
    static const bool OFF = false;
    const struct service_webhook_input input = {
        .url = "https://escolar.ceiba.example/asistencia",
        .active = &OFF,
    };
    g_autoptr(core_webhook) webhook =
        service_webhook_create(demo->service, &demo->director, &input, error);

    return webhook != NULL;
}

bool service_demo_mailing_store(struct demo *demo, GError **error)
{
    service_demo_tick(demo);
    return add_schedules(demo, error) && add_webhook(demo, error);
}

bool service_demo_mail_store(struct demo *demo, GError **error)
{
    base_time_pretend(demo->now);
    return db_transaction(demo->service->db, post_body, demo, error);
}
