/* The reports that count: trends, ways of marking, sessions. */
#include "core/statistics.h"
#include "db/query/session.h"
#include "service/report_data.h"

#include <math.h>
#include <string.h>

/* ---- Trends ---- */

enum { HOURS = 24, WEEKDAYS = 7 };

struct trends {
    struct service_report *report;
    GTree *weeks; /* char * → struct core_statistics *, in order */
    struct core_statistics weekdays[WEEKDAYS];
    struct core_statistics hours[HOURS];
};

static const struct service_report_column TRENDS[] = {
    {"by", {"Por", "By"}, REPORT_KIND_TEXT, 14, true},
    {"label", {"Cuándo", "When"}, REPORT_KIND_TEXT, 14, true},
    {"present", {"Presente", "Present"}, REPORT_KIND_INTEGER, 9, false},
    {"late", {"Retardos", "Late"}, REPORT_KIND_INTEGER, 9, false},
    {"absent", {"Faltas", "Absent"}, REPORT_KIND_INTEGER, 9, false},
    {"excused", {"Justificadas", "Excused"}, REPORT_KIND_INTEGER, 9, false},
    {"total", {"Total", "Total"}, REPORT_KIND_INTEGER, 9, false},
    {"share", {"Asistencia", "Attendance"}, REPORT_KIND_PERCENT, 9, false},
};

static int compare_texts(gconstpointer a, gconstpointer b, gpointer data)
{
    (void)data;
    return strcmp(a, b);
}

/* The value of a week, made when there is none. */
static gpointer week_of(GTree *weeks, const char *day, gsize size)
{
    char week[SERVICE_REPORT_WEEK_SIZE];

    service_report_week(day, week);
    gpointer value = g_tree_lookup(weeks, week);
    if (!value) {
        value = g_malloc0(size);
        g_tree_insert(weeks, g_strdup(week), value);
    }
    return value;
}

static bool count_day(const struct db_report_count *count, gpointer data, GError **error)
{
    struct trends *trends = data;

    (void)error;
    core_statistics_add(week_of(trends->weeks, count->day, sizeof(struct core_statistics)),
                        count->status, count->n);
    core_statistics_add(&trends->weekdays[service_report_weekday(count->day) - 1], count->status,
                        count->n);
    return true;
}

static bool count_hour(const struct db_report_count *count, gpointer data, GError **error)
{
    struct trends *trends = data;

    (void)error;
    core_statistics_add(&trends->hours[count->start_second / 3600 % HOURS], count->status,
                        count->n);
    return true;
}

static bool count_arrival(const struct db_report_count *count, gpointer data, GError **error)
{
    struct trends *trends = data;

    (void)error;
    const gint32 second = service_report_second(trends->report, count->instant);
    core_statistics_add(&trends->hours[second / 3600], count->status, count->n);
    return true;
}

static bool count_all(struct service_report *report, struct trends *trends, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(report->service->db, error);
    const struct db_attendance_filter *filter = &report->filter;

    return connection &&
           db_report_counts(connection, filter, DB_REPORT_BY_DAY, count_day, trends, error) &&
           db_report_counts(connection, filter, DB_REPORT_BY_HOUR, count_hour, trends, error) &&
           db_report_counts(connection, filter, DB_REPORT_BY_ARRIVAL, count_arrival, trends, error);
}

static void add_counts(struct service_report *report, const char *by, const char *label,
                       const struct core_statistics *statistics)
{
    struct report_cell *cell = service_report_row_add(report, REPORT_ROW_BODY);

    *cell++ = report_text(by);
    *cell++ = report_text(service_report_keep(report, label));
    for (int i = 0; i < CORE_STATUS_N; i++)
        *cell++ = report_integer(statistics->counts[i]);
    *cell++ = report_integer(statistics->total);
    *cell = report_percent(core_statistics_attended(statistics));
}

/* Rows and a plot of statistics that have a label each; those of nothing are left out. */
static void add_trend(struct service_report *report, const char *key, const char *const title[2],
                      const char *by, enum report_plot plot, const GPtrArray *labels,
                      const GPtrArray *statistics)
{
    static const char *const NAME[2] = {"Asistencia", "Attendance"};

    if (labels->len == 0)
        return;
    const guint series = service_report_series_add(report, key, title, plot, true, labels,
                                                   &NAME[report->language], 1);
    for (guint i = 0; i < labels->len; i++) {
        add_counts(report, by, labels->pdata[i], statistics->pdata[i]);
        *service_report_series_at(report, series, 0, i) =
            core_statistics_attended(statistics->pdata[i]);
    }
}

struct lists {
    GPtrArray *labels;
    GPtrArray *values;
};

static gboolean list_week(gpointer week, gpointer value, gpointer data)
{
    struct lists *lists = data;

    g_ptr_array_add(lists->labels, week);
    g_ptr_array_add(lists->values, value);
    return FALSE;
}

static void add_weeks(struct service_report *report, const struct trends *trends)
{
    static const char *const TITLE[2] = {"Asistencia por semana", "Attendance by week"};
    struct lists lists = {g_ptr_array_new(), g_ptr_array_new()};

    g_tree_foreach(trends->weeks, list_week, &lists);
    add_trend(report, "by_week", TITLE, report->language ? "Week" : "Semana", REPORT_PLOT_LINE,
              lists.labels, lists.values);
    g_ptr_array_unref(lists.labels);
    g_ptr_array_unref(lists.values);
}

static void add_weekdays(struct service_report *report, struct trends *trends)
{
    static const char *const TITLE[2] = {"Asistencia por día de la semana",
                                         "Attendance by weekday"};
    struct lists lists = {g_ptr_array_new(), g_ptr_array_new()};

    for (int day = 0; day < WEEKDAYS; day++) {
        if (trends->weekdays[day].total == 0)
            continue;
        g_ptr_array_add(lists.labels, (gpointer)service_report_weekday_text(report, day + 1));
        g_ptr_array_add(lists.values, &trends->weekdays[day]);
    }
    add_trend(report, "by_weekday", TITLE, report->language ? "Weekday" : "Día", REPORT_PLOT_BAR,
              lists.labels, lists.values);
    g_ptr_array_unref(lists.labels);
    g_ptr_array_unref(lists.values);
}

static void add_hours(struct service_report *report, struct trends *trends)
{
    static const char *const TITLE[2] = {"Asistencia por hora", "Attendance by hour"};
    struct lists lists = {g_ptr_array_new_with_free_func(g_free), g_ptr_array_new()};

    for (int hour = 0; hour < HOURS; hour++) {
        if (trends->hours[hour].total == 0)
            continue;
        g_ptr_array_add(lists.labels, g_strdup_printf("%02d:00", hour));
        g_ptr_array_add(lists.values, &trends->hours[hour]);
    }
    add_trend(report, "by_hour", TITLE, report->language ? "Hour" : "Hora", REPORT_PLOT_BAR,
              lists.labels, lists.values);
    g_ptr_array_unref(lists.labels);
    g_ptr_array_unref(lists.values);
}

bool service_report_build_trends(struct service_report *report, GError **error)
{
    struct trends trends = {.report = report};

    trends.weeks = g_tree_new_full(compare_texts, NULL, g_free, g_free);
    service_report_columns_add(report, TRENDS, G_N_ELEMENTS(TRENDS));
    const bool ok = count_all(report, &trends, error);
    if (ok) {
        add_weeks(report, &trends);
        add_weekdays(report, &trends);
        add_hours(report, &trends);
    }
    g_tree_unref(trends.weeks);
    return ok;
}

/* ---- Ways of marking ---- */

struct methods {
    GTree *weeks; /* char * → gint64[CORE_METHOD_N] */
    gint64 total[CORE_METHOD_N];
};

static bool count_method(const struct db_report_count *count, gpointer data, GError **error)
{
    struct methods *methods = data;
    gint64 *week = week_of(methods->weeks, count->day, CORE_METHOD_N * sizeof(gint64));

    (void)error;
    week[count->method] += count->n;
    methods->total[count->method] += count->n;
    return true;
}

static void add_methods(struct service_report *report, enum report_row_role role, const char *label,
                        const gint64 counts[CORE_METHOD_N])
{
    struct report_cell *cell = service_report_row_add(report, role);
    gint64 total = 0;

    *cell++ = report_text(service_report_keep(report, label));
    for (int i = 0; i < CORE_METHOD_N; i++) {
        *cell++ = report_integer(counts[i]);
        total += counts[i];
    }
    *cell = report_integer(total);
}

static void method_columns(struct service_report *report)
{
    static const struct service_report_column WEEK = {
        "week", {"Semana", "Week"}, REPORT_KIND_TEXT, 12, true};
    static const struct service_report_column TOTAL = {
        "total", {"Total", "Total"}, REPORT_KIND_INTEGER, 9, false};

    service_report_columns_add(report, &WEEK, 1);
    for (int i = 0; i < CORE_METHOD_N; i++) {
        const struct report_column column = {
            .key = core_method_name((enum core_method)i),
            .title = service_report_method_text(report, (enum core_method)i),
            .kind = REPORT_KIND_INTEGER,
            .width = 11,
        };
        g_array_append_val(report->columns, column);
    }
    service_report_columns_add(report, &TOTAL, 1);
}

static void fill_methods(struct service_report *report, const struct methods *methods)
{
    static const char *const TITLE[2] = {"Registros por forma y semana",
                                         "Marks by method and week"};
    const char *names[CORE_METHOD_N];
    struct lists lists = {g_ptr_array_new(), g_ptr_array_new()};

    g_tree_foreach(methods->weeks, list_week, &lists);
    for (int i = 0; i < CORE_METHOD_N; i++)
        names[i] = service_report_method_text(report, (enum core_method)i);
    for (guint i = 0; i < lists.labels->len; i++)
        add_methods(report, REPORT_ROW_BODY, lists.labels->pdata[i], lists.values->pdata[i]);
    if (lists.labels->len > 0) {
        add_methods(report, REPORT_ROW_SUMMARY, "Total", methods->total);
        const guint plot = service_report_series_add(report, "by_week", TITLE, REPORT_PLOT_BAR,
                                                     false, lists.labels, names, CORE_METHOD_N);
        for (guint week = 0; week < lists.labels->len; week++)
            for (gsize i = 0; i < CORE_METHOD_N; i++)
                *service_report_series_at(report, plot, i, week) =
                    (double)((const gint64 *)lists.values->pdata[week])[i];
    }
    g_ptr_array_unref(lists.labels);
    g_ptr_array_unref(lists.values);
}

bool service_report_build_methods(struct service_report *report, GError **error)
{
    struct methods methods = {.weeks = g_tree_new_full(compare_texts, NULL, g_free, g_free)};
    g_autoptr(db_connection) connection = db_acquire(report->service->db, error);
    const bool ok = connection && db_report_counts(connection, &report->filter, DB_REPORT_BY_DAY,
                                                   count_method, &methods, error);

    method_columns(report);
    if (ok)
        fill_methods(report, &methods);
    g_tree_unref(methods.weeks);
    return ok;
}

/* ---- Sessions ---- */

enum { SESSION_PAGE = 1000, PLOT_SESSIONS_MAX = 500 };

struct walk {
    struct db_session_filter filter;
    gint64 offset;
    bool end;
    GHashTable *counts; /* struct base_uuid * of a session → struct core_statistics * */
};

static const struct service_report_column SESSIONS[] = {
    {"day", {"Día", "Day"}, REPORT_KIND_DATE, 11, true},
    {"start", {"Inicio", "Start"}, REPORT_KIND_TIME, 9, false},
    {"end", {"Fin", "End"}, REPORT_KIND_TIME, 9, false},
    {"course", {"Curso", "Course"}, REPORT_KIND_TEXT, 24, true},
    {"title", {"Tema", "Title"}, REPORT_KIND_TEXT, 20, false},
    {"room", {"Aula", "Room"}, REPORT_KIND_TEXT, 12, false},
    {"state", {"Situación", "State"}, REPORT_KIND_TEXT, 12, false},
    {"present", {"Presente", "Present"}, REPORT_KIND_INTEGER, 9, false},
    {"late", {"Retardos", "Late"}, REPORT_KIND_INTEGER, 9, false},
    {"absent", {"Faltas", "Absent"}, REPORT_KIND_INTEGER, 9, false},
    {"excused", {"Justificadas", "Excused"}, REPORT_KIND_INTEGER, 9, false},
    {"total", {"Total", "Total"}, REPORT_KIND_INTEGER, 9, false},
    {"share", {"Asistencia", "Attendance"}, REPORT_KIND_PERCENT, 9, false},
};

static bool count_session(const struct db_report_count *count, gpointer data, GError **error)
{
    struct walk *walk = data;
    struct core_statistics *statistics = g_hash_table_lookup(walk->counts, &count->session_id);

    (void)error;
    if (!statistics) {
        statistics = g_new0(struct core_statistics, 1);
        g_hash_table_insert(walk->counts, g_memdup2(&count->session_id, sizeof count->session_id),
                            statistics);
    }
    core_statistics_add(statistics, count->status, count->n);
    return true;
}

static const char *state_text(const struct service_report *report,
                              const struct core_session *session)
{
    static const char *const STATES[3][2] = {
        {"programada", "planned"}, {"impartida", "held"}, {"cancelada", "cancelled"}};
    const int state = session->state == CORE_SESSION_CANCELLED ? 2
                      : session->ends_at < report->options.now ? 1
                                                               : 0;

    return STATES[state][report->language];
}

static void add_session(struct service_report *report, const struct walk *walk,
                        const struct core_session *session)
{
    static const struct core_statistics NONE = {0};
    const struct core_statistics *marks = g_hash_table_lookup(walk->counts, &session->id);
    struct report_cell *cell = service_report_row_add(report, REPORT_ROW_BODY);

    if (!marks)
        marks = &NONE;
    *cell++ = report_date(service_report_row_text(report, session->local_day));
    *cell++ = report_time(session->start_second);
    *cell++ = report_time(session->end_second);
    *cell++ = report_text(service_report_row_text(report, session->course_name));
    *cell++ = report_text(service_report_row_text(report, session->title));
    *cell++ = report_text(service_report_row_text(report, session->room_name));
    *cell++ = report_text(state_text(report, session));
    for (int i = 0; i < CORE_STATUS_N; i++)
        *cell++ = report_integer(marks->counts[i]);
    *cell++ = report_integer(marks->total);
    *cell = report_percent(core_statistics_attended(marks));
}

static bool refill_sessions(struct service_report *report, GError **error)
{
    struct walk *walk = report->data;
    const struct db_page page = {.limit = SESSION_PAGE, .offset = walk->offset};

    if (walk->end)
        return true;
    g_autoptr(db_connection) connection = db_acquire(report->service->db, error);
    g_autoptr(GPtrArray) sessions =
        connection ? db_session_list(connection, &walk->filter, &page, NULL, error) : NULL;
    if (!sessions)
        return false;
    walk->offset += sessions->len;
    walk->end = sessions->len < SESSION_PAGE;
    for (guint i = 0; i < sessions->len; i++)
        add_session(report, walk, sessions->pdata[i]);
    return true;
}

static void session_walk_free(gpointer data)
{
    struct walk *walk = data;

    g_hash_table_unref(walk->counts);
    g_free(walk);
}

/* The plot of a single course, one point a session that has marks. */
static bool plot_sessions(struct service_report *report, struct db_connection *connection,
                          const struct walk *walk, GError **error)
{
    static const char *const TITLE[2] = {"Asistencia por sesión", "Attendance by session"};
    const char *name = TITLE[report->language];
    const struct db_page page = {.limit = PLOT_SESSIONS_MAX};

    if (base_uuid_is_nil(&walk->filter.course_id))
        return true;
    g_autoptr(GPtrArray) sessions = db_session_list(connection, &walk->filter, &page, NULL, error);
    g_autoptr(GPtrArray) labels = g_ptr_array_new();
    if (!sessions)
        return false;
    for (guint i = sessions->len; i-- > 0;)
        if (!g_hash_table_contains(walk->counts, &((struct core_session *)sessions->pdata[i])->id))
            g_ptr_array_remove_index(sessions, i);
    for (guint i = 0; i < sessions->len; i++)
        g_ptr_array_add(labels, ((struct core_session *)sessions->pdata[i])->local_day);
    if (labels->len == 0)
        return true;
    const guint plot = service_report_series_add(report, "by_session", TITLE, REPORT_PLOT_LINE,
                                                 true, labels, &name, 1);
    for (guint i = 0; i < sessions->len; i++)
        *service_report_series_at(report, plot, 0, i) = core_statistics_attended(
            g_hash_table_lookup(walk->counts, &((struct core_session *)sessions->pdata[i])->id));
    return true;
}

bool service_report_build_sessions(struct service_report *report, GError **error)
{
    struct walk *walk = g_new0(struct walk, 1);
    g_autoptr(db_connection) connection = db_acquire(report->service->db, error);

    walk->counts = g_hash_table_new_full(base_uuid_hash, base_uuid_equal, g_free, g_free);
    report->data = walk;
    report->data_free = session_walk_free;
    report->refill = refill_sessions;
    report->options.now = base_time_now();
    service_report_columns_add(report, SESSIONS, G_N_ELEMENTS(SESSIONS));
    walk->filter = (struct db_session_filter){
        .course_id = report->request.course_id,
        .group_id = report->request.group_id,
        .teacher_id = report->filter.teacher_id,
        .term_id = report->request.term_id,
        .state = DB_ANY,
        .from_day = report->request.from_day,
        .to_day = report->request.to_day,
    };
    return connection &&
           db_report_counts(connection, &report->filter, DB_REPORT_BY_SESSION, count_session, walk,
                            error) &&
           plot_sessions(report, connection, walk, error);
}
