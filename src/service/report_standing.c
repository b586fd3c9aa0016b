/* The reports of where students stand: summary and at-risk. One course at a time is in memory. */
#include "service/report_data.h"

#include <math.h>

/* Courses of which the standings are still to come. */
struct pass {
    GPtrArray *courses; /* struct core_course * */
    guint next;
    bool at_risk;
    guint plot;
    /* Sums, for the last row. */
    gint64 people, ended, counts[CORE_STATUS_N], unmarked;
    double earned, possible;
    bool summed;
};

static const struct service_report_column SUMMARY[] = {
    {"name", {"Nombre", "Name"}, REPORT_KIND_TEXT, 28, true},
    {"student_number", {"Matrícula", "Student no."}, REPORT_KIND_TEXT, 12, false},
    {"group", {"Grupo", "Group"}, REPORT_KIND_TEXT, 12, false},
    {"course", {"Curso", "Course"}, REPORT_KIND_TEXT, 24, false},
    {"sessions", {"Sesiones", "Sessions"}, REPORT_KIND_INTEGER, 8, false},
    {"present", {"Presente", "Present"}, REPORT_KIND_INTEGER, 8, false},
    {"late", {"Retardos", "Late"}, REPORT_KIND_INTEGER, 8, false},
    {"absent", {"Faltas", "Absent"}, REPORT_KIND_INTEGER, 8, false},
    {"excused", {"Justificadas", "Excused"}, REPORT_KIND_INTEGER, 8, false},
    {"unmarked", {"Sin registro", "Unmarked"}, REPORT_KIND_INTEGER, 8, false},
    {"share", {"Asistencia", "Attendance"}, REPORT_KIND_PERCENT, 9, false},
    {"remaining", {"Por venir", "To come"}, REPORT_KIND_INTEGER, 8, false},
    {"can_miss", {"Puede faltar", "Can miss"}, REPORT_KIND_INTEGER, 8, false},
    {"arithmetic", {"Cálculo", "Arithmetic"}, REPORT_KIND_TEXT, 36, false},
    {"outlook", {"Perspectiva", "Outlook"}, REPORT_KIND_TEXT, 30, false},
    {"warnings", {"Avisos", "Warnings"}, REPORT_KIND_TEXT, 36, false},
};

static const struct service_report_column AT_RISK[] = {
    {"name", {"Nombre", "Name"}, REPORT_KIND_TEXT, 28, true},
    {"student_number", {"Matrícula", "Student no."}, REPORT_KIND_TEXT, 12, false},
    {"email", {"Correo", "E-mail"}, REPORT_KIND_TEXT, 26, false},
    {"group", {"Grupo", "Group"}, REPORT_KIND_TEXT, 12, false},
    {"course", {"Curso", "Course"}, REPORT_KIND_TEXT, 24, false},
    {"share", {"Asistencia", "Attendance"}, REPORT_KIND_PERCENT, 9, false},
    {"absent", {"Faltas", "Absent"}, REPORT_KIND_INTEGER, 8, false},
    {"in_a_row", {"Seguidas", "In a row"}, REPORT_KIND_INTEGER, 8, false},
    {"can_miss", {"Puede faltar", "Can miss"}, REPORT_KIND_INTEGER, 8, false},
    {"outlook", {"Perspectiva", "Outlook"}, REPORT_KIND_TEXT, 30, false},
    {"warnings", {"Avisos", "Warnings"}, REPORT_KIND_TEXT, 40, false},
};

static const char *warnings_text(struct service_report *report,
                                 const struct service_standing *standing)
{
    const guint warnings = standing->percentage.warnings;
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint bit = 0; bit < CORE_PERCENTAGE_WARNINGS_N; bit++) {
        if (!(warnings & 1u << bit))
            continue;
        /* Below what is required says below what warns as well. */
        if (1u << bit == CORE_PERCENTAGE_BELOW_WARNING && warnings & CORE_PERCENTAGE_BELOW_REQUIRED)
            continue;
        g_autofree char *one = core_percentage_warning_text(
            standing->rules, &standing->percentage, (enum core_percentage_warning)(1u << bit),
            report->options.language);
        g_string_append_printf(text, text->len > 0 ? "; %s" : "%s", one);
    }
    return service_report_row_text(report, text->str);
}

static void sum_up(struct pass *pass, const struct core_percentage *percentage)
{
    pass->people++;
    pass->ended += percentage->ended;
    pass->unmarked += percentage->unmarked;
    for (int i = 0; i < CORE_STATUS_N; i++)
        pass->counts[i] += percentage->counts[i];
    pass->earned += percentage->earned;
    pass->possible += percentage->possible;
}

static void add_summary(struct service_report *report, const struct service_standing *standing)
{
    struct report_cell *cell = service_report_row_add(report, REPORT_ROW_BODY);
    const struct core_percentage *percentage = &standing->percentage;

    *cell++ = report_text(service_report_row_text(report, standing->name));
    *cell++ = report_text(service_report_row_text(report, standing->student_number));
    *cell++ = report_text(service_report_row_text(report, standing->group_name));
    *cell++ = report_text(service_report_row_text(report, standing->course_name));
    *cell++ = report_integer(percentage->ended);
    for (int i = 0; i < CORE_STATUS_N; i++)
        *cell++ = report_integer(percentage->counts[i]);
    *cell++ = report_integer(percentage->unmarked);
    *cell++ = report_percent(percentage->share);
    *cell++ = report_integer(percentage->remaining);
    *cell++ = report_integer(percentage->can_miss);
    *cell++ = report_text(service_report_row_text(report, standing->arithmetic));
    *cell++ = report_text(service_report_row_text(report, standing->outlook));
    *cell = report_text(warnings_text(report, standing));
}

static void add_at_risk(struct service_report *report, const struct service_standing *standing)
{
    struct report_cell *cell = service_report_row_add(report, REPORT_ROW_BODY);
    const struct core_percentage *percentage = &standing->percentage;

    *cell++ = report_text(service_report_row_text(report, standing->name));
    *cell++ = report_text(service_report_row_text(report, standing->student_number));
    *cell++ = report_text(service_report_row_text(report, standing->email));
    *cell++ = report_text(service_report_row_text(report, standing->group_name));
    *cell++ = report_text(service_report_row_text(report, standing->course_name));
    *cell++ = report_percent(percentage->share_past);
    *cell++ = report_integer(percentage->counts[CORE_STATUS_ABSENT]);
    *cell++ = report_integer(percentage->in_a_row);
    *cell++ = report_integer(percentage->can_miss);
    *cell++ = report_text(service_report_row_text(report, standing->outlook));
    *cell = report_text(warnings_text(report, standing));
}

/* The row of totals, once something was counted. */
static void add_sums(struct service_report *report, struct pass *pass)
{
    pass->summed = true;
    if (pass->at_risk || pass->people == 0)
        return;
    struct report_cell *cells = service_report_row_add(report, REPORT_ROW_SUMMARY);
    cells[0] = report_text("Total");
    cells[4] = report_integer(pass->ended);
    for (int i = 0; i < CORE_STATUS_N; i++)
        cells[5 + i] = report_integer(pass->counts[i]);
    cells[9] = report_integer(pass->unmarked);
    cells[10] = report_percent(pass->possible > 0 ? pass->earned / pass->possible : NAN);
}

/* What the plot says of a course: its share, or how many are at risk. */
static void plot_course(struct service_report *report, struct pass *pass, guint place,
                        const GPtrArray *standings, guint at_risk)
{
    double earned = 0, possible = 0;

    if (report->series->len == 0)
        return;
    for (guint i = 0; i < standings->len; i++) {
        const struct service_standing *standing = standings->pdata[i];
        earned += standing->percentage.earned;
        possible += standing->percentage.possible;
    }
    *service_report_series_at(report, pass->plot, 0, place) = pass->at_risk  ? at_risk
                                                              : possible > 0 ? earned / possible
                                                                             : NAN;
}

static bool add_course(struct service_report *report, struct pass *pass, guint place,
                       GError **error)
{
    const struct core_course *course = pass->courses->pdata[place];
    guint at_risk = 0;
    g_autoptr(service_course_standing) standing = service_standing_course(
        report->service, &report->identity, &course->id, &report->options, error);

    if (!standing)
        return false;
    for (guint i = 0; i < standing->standings->len; i++) {
        const struct service_standing *one = standing->standings->pdata[i];
        at_risk += one->percentage.warnings != 0;
        if (pass->at_risk && one->percentage.warnings)
            add_at_risk(report, one);
        if (pass->at_risk)
            continue;
        add_summary(report, one);
        sum_up(pass, &one->percentage);
    }
    plot_course(report, pass, place, standing->standings, at_risk);
    return true;
}

static bool refill(struct service_report *report, GError **error)
{
    struct pass *pass = report->data;

    while (report->rows->len == 0 && pass->next < pass->courses->len)
        if (!add_course(report, pass, pass->next++, error))
            return false;
    if (report->rows->len == 0 && !pass->summed)
        add_sums(report, pass);
    return true;
}

static void pass_free(gpointer data)
{
    struct pass *pass = data;

    g_ptr_array_unref(pass->courses);
    g_free(pass);
}

enum { PLOT_COURSES_MAX = 60 };

static void add_plot(struct service_report *report, struct pass *pass)
{
    static const char *const SHARE[2] = {"Asistencia por curso", "Attendance by course"};
    static const char *const RISK[2] = {"En riesgo por curso", "At risk by course"};
    const char *name = (pass->at_risk ? RISK : SHARE)[report->language];
    g_autoptr(GPtrArray) labels = g_ptr_array_new();

    if (pass->courses->len < 1 || pass->courses->len > PLOT_COURSES_MAX)
        return; /* nobody could read it */
    for (guint i = 0; i < pass->courses->len; i++)
        g_ptr_array_add(labels, ((struct core_course *)pass->courses->pdata[i])->name);
    pass->plot = service_report_series_add(report, "by_course", pass->at_risk ? RISK : SHARE,
                                           REPORT_PLOT_BAR, !pass->at_risk, labels, &name, 1);
}

static bool begin(struct service_report *report, bool at_risk, GError **error)
{
    struct pass *pass = g_new0(struct pass, 1);
    g_autoptr(db_connection) connection = db_acquire(report->service->db, error);

    pass->at_risk = at_risk;
    pass->courses = connection ? service_standing_courses_on(connection, &report->identity,
                                                             &report->scope, error)
                               : NULL;
    if (!pass->courses) {
        g_free(pass);
        return false;
    }
    report->data = pass;
    report->data_free = pass_free;
    report->refill = refill;
    add_plot(report, pass);
    return true;
}

bool service_report_build_summary(struct service_report *report, GError **error)
{
    service_report_columns_add(report, SUMMARY, G_N_ELEMENTS(SUMMARY));
    return begin(report, false, error);
}

bool service_report_build_at_risk(struct service_report *report, GError **error)
{
    service_report_columns_add(report, AT_RISK, G_N_ELEMENTS(AT_RISK));
    return begin(report, true, error);
}
