#include "service/demo.h"

#include "auth/password.h"
#include "core/timetable.h"
#include "db/query/group.h"
#include "db/query/setting.h"
#include "db/query/user.h"
#include "service/audit_chain.h"
#include "service/courses.h"
#include "service/demo_internal.h"
#include "service/register.h"

#include <string.h>

/* Whoever writes it first fills the institution. */
#define FILLED_SETTING "demo.seed"

enum {
    LIVE_STEP = 5 * 60, /* seconds: classes begin at round times */
    LIVE_SINCE = 13 * 60,
    TERM_WEEKS = 18,
    WEEKS_TO_COME = 6,
    SETTING_UP_DAYS = 12,
};

/* ---- whether there is nothing yet ---- */

struct claim {
    const struct demo *demo;
    bool empty;
};

static bool add_total(GPtrArray *rows, gint64 total, gint64 *sum)
{
    if (!rows)
        return false;
    g_ptr_array_unref(rows);
    *sum += total;
    return true;
}

static bool count_all(struct db_connection *connection, gint64 *sum, GError **error)
{
    static const struct db_page ONE = {.limit = 1};
    struct db_user_filter people = DB_USER_FILTER_ALL;
    gint64 n = 0;

    people.with_deleted = true;
    for (int role = 0; role < CORE_ROLE_N; role++) {
        people.role = role;
        if (role != CORE_ROLE_ADMIN &&
            !add_total(db_user_list(connection, &people, &ONE, &n, error), n, sum))
            return false;
    }
    return add_total(db_group_list(connection, &(struct db_group_filter){.search = NULL}, &ONE, &n,
                                   error),
                     n, sum) &&
           add_total(
               db_term_list(connection, &(struct db_term_filter){.day = NULL}, &ONE, &n, error), n,
               sum) &&
           add_total(db_subject_list(connection, &(struct db_subject_filter){.search = NULL}, &ONE,
                                     &n, error),
                     n, sum) &&
           add_total(
               db_room_list(connection, &(struct db_room_filter){.search = NULL}, &ONE, &n, error),
               n, sum) &&
           add_total(db_attendance_list(connection, &DB_ATTENDANCE_FILTER_ALL, &ONE, &n, error), n,
                     sum);
}

static bool claim_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct claim *claim = data;
    g_autofree char *seed = g_strdup_printf("%" G_GUINT64_FORMAT, claim->demo->options->seed);
    g_autofree char *before = NULL;
    gint64 sum = 0;

    if (!count_all(connection, &sum, error) ||
        !db_setting_get(connection, FILLED_SETTING, &before, error))
        return false;
    claim->empty = sum == 0 && !before;
    return !claim->empty ||
           (db_setting_set(connection, FILLED_SETTING, seed, base_time_now(), error) &&
            service_audit(connection, claim->demo->identity, "demo.fill", NULL,
                          json_pack("{s:s}", "seed", seed), error));
}

static bool claim(const struct demo *demo, GError **error)
{
    struct claim claim = {.demo = demo};

    if (!db_transaction(demo->service->db, claim_body, &claim, error))
        return false;
    return claim.empty || base_fail(error, BASE_ERROR_CONFLICT,
                                    "This institution is not empty; nothing was changed. Choose "
                                    "another database for the demonstration.");
}

/* ---- the frame ---- */

static bool check(const struct service_demo_options *options, GError **error)
{
    if (options->students < SERVICE_DEMO_STUDENTS_MIN ||
        options->students > SERVICE_DEMO_STUDENTS_MAX)
        return base_fail(error, BASE_ERROR_INVALID, "students must be from %d to %d.",
                         SERVICE_DEMO_STUDENTS_MIN, SERVICE_DEMO_STUDENTS_MAX);
    if (options->weeks < 1 || options->weeks > SERVICE_DEMO_WEEKS_MAX)
        return base_fail(error, BASE_ERROR_INVALID, "weeks must be from 1 to %d.",
                         SERVICE_DEMO_WEEKS_MAX);
    return !options->password || auth_password_check(options->password, NULL, error);
}

/* The term, and the class that began a while ago and goes on. */
static void set_frame(struct demo *demo)
{
    const int weeks = demo->options->weeks;
    gint32 second;

    core_timetable_read_wall(demo->zone, demo->now, &demo->today, &second);
    demo->first_day = core_day_monday(demo->today) - 7 * weeks;
    demo->last_day = demo->first_day + 7 * MAX(weeks + WEEKS_TO_COME, TERM_WEEKS) - 3;
    demo->live_start = MAX(0, (second - LIVE_SINCE) / LIVE_STEP * LIVE_STEP);
    demo->live_end = demo->live_start + DEMO_LIVE_MINUTES * 60;
    demo->clock = service_demo_instant(demo, demo->first_day - SETTING_UP_DAYS, 9 * 3600);
}

static void person_clear(gpointer data)
{
    struct demo_person *person = data;

    g_free(person->name);
    g_free(person->email);
    g_free(person->number);
    g_free(person->birth);
}

static void group_clear(gpointer data)
{
    g_free(((struct demo_group *)data)->name);
}

static void course_clear(gpointer data)
{
    g_free(((struct demo_course *)data)->name);
}

static void session_clear(gpointer data)
{
    core_session_free(((struct demo_session *)data)->session);
}

static GArray *list_new(guint size, GDestroyNotify clear)
{
    GArray *list = g_array_new(FALSE, TRUE, size);

    g_array_set_clear_func(list, clear);
    return list;
}

static void demo_init(struct demo *demo)
{
    demo->teachers = list_new(sizeof(struct demo_person), person_clear);
    demo->students = list_new(sizeof(struct demo_person), person_clear);
    demo->groups = list_new(sizeof(struct demo_group), group_clear);
    demo->courses = list_new(sizeof(struct demo_course), course_clear);
    demo->sessions = list_new(sizeof(struct demo_session), session_clear);
    demo->marks = list_new(sizeof(struct demo_mark), NULL);
    demo->rooms = list_new(sizeof(struct base_uuid), NULL);
    demo->events = service_demo_events_new();
    demo->director = *demo->identity;
}

static void demo_finish(struct demo *demo)
{
    GArray *const lists[] = {demo->teachers, demo->students, demo->groups, demo->courses,
                             demo->sessions, demo->marks,    demo->rooms,  demo->events};

    for (gsize i = 0; i < G_N_ELEMENTS(lists); i++)
        g_array_unref(lists[i]);
    service_demo_stories_finish(demo);
    g_clear_pointer(&demo->corrections, g_array_unref);
    g_time_zone_unref(demo->zone);
    g_free(demo->password_hash);
}

/* ---- the tale ---- */

static bool hash_password(struct demo *demo, GError **error)
{
    const char *given = demo->options->password;

    demo->result->password = given ? g_strdup(given) : auth_password_generate();
    demo->password_hash = auth_password_hash(demo->result->password, error);
    return demo->password_hash != NULL;
}

static bool set_up(struct demo *demo, GError **error)
{
    service_demo_people_plan(demo, service_demo_courses_plan(demo));
    return service_demo_institution_store(demo, error) && service_demo_people_store(demo, error) &&
           service_demo_catalogue_store(demo, error) && service_demo_timetable_store(demo, error) &&
           service_demo_mailing_store(demo, error) && service_demo_devices_store(demo, error) &&
           service_demo_pin_store(demo, error) && service_demo_faces_store(demo, error);
}

static bool tell(struct demo *demo, GError **error)
{
    service_demo_people_moves(demo);
    service_demo_stories_plan(demo);
    service_demo_marks_plan(demo);
    service_demo_disputes_plan(demo);
    return service_demo_timeline_run(demo, error) && service_demo_mail_store(demo, error) &&
           service_demo_devices_finish(demo, error) && service_demo_reviews_store(demo, error) &&
           service_audit_seal(demo->service, NULL, error);
}

static void set_account(struct demo *demo, const struct demo_person *person)
{
    struct service_demo_account *account = &demo->result->accounts[person->role];

    account->role = person->role;
    account->name = g_strdup(person->name);
    account->email = g_strdup(person->email);
}

static void set_result(struct demo *demo)
{
    struct service_demo_result *result = demo->result;

    set_account(demo, demo_teacher(demo, demo->teachers->len - 1));
    set_account(demo, demo_teacher(demo, demo_course(demo, 0)->teacher));
    set_account(demo, demo_student(demo, 0));
    result->students = demo->students->len;
    result->teachers = demo->teachers->len - 1;
    result->groups = demo->groups->len;
    result->courses = demo->courses->len;
    result->sessions = demo->sessions->len;
    result->marks = demo->marks->len;
    result->changes = demo->corrections->len;
    result->disputes = demo->disputes->len;
}

bool service_demo_fill(struct service *service, const struct service_identity *identity,
                       const struct service_demo_options *options,
                       struct service_demo_result *result, GError **error)
{
    struct demo demo = {
        .service = service,
        .identity = identity,
        .options = options,
        .result = result,
        .now = options->now ? options->now : base_time_now(),
    };

    *result = (struct service_demo_result){0};
    if (!service_allow_all(identity, CORE_ACTION_SETTING_WRITE, error) || !check(options, error) ||
        (options->photos && !service_faces_ready(service, error)))
        return false;
    demo.zone = service_time_zone(service, error);
    if (!demo.zone)
        return false;
    demo_init(&demo);
    set_frame(&demo);
    base_time_pretend(demo.clock);
    const bool claimed = claim(&demo, error);
    const bool ok =
        claimed && hash_password(&demo, error) && set_up(&demo, error) && tell(&demo, error);
    base_time_pretend(0);
    if (claimed && !ok)
        g_prefix_error(error, "The demonstration is not whole; choose another database for it. ");
    if (ok)
        set_result(&demo);
    demo_finish(&demo);
    if (!ok)
        service_demo_result_clear(result);
    return ok;
}

void service_demo_result_clear(struct service_demo_result *result)
{
    g_free(result->password);
    g_free(result->pin);
    g_free(result->kiosk_code);
    for (guint i = 0; i < CORE_ROLE_N; i++) {
        g_free(result->accounts[i].name);
        g_free(result->accounts[i].email);
    }
    *result = (struct service_demo_result){0};
}
