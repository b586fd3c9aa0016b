/* The reports with one mark or one change a row. They can be long: pages are read as they go. */
#include "service/report_data.h"

#include <string.h>

enum { PAGE = 2000 /* rows */ };

/* Where a long list has arrived. */
struct walk {
    GPtrArray
        *page; /* struct db_report_mark * or struct db_report_change *; holds the rows' texts */
    bool end;
    base_time from, to; /* of changes */
    struct service_report_rules *rules;
};

static void walk_free(gpointer data)
{
    struct walk *walk = data;

    g_clear_pointer(&walk->page, g_ptr_array_unref);
    service_report_rules_free(walk->rules);
    g_free(walk);
}

static struct walk *walk_begin(struct service_report *report,
                               bool (*refill)(struct service_report *, GError **))
{
    struct walk *walk = g_new0(struct walk, 1);

    report->data = walk;
    report->data_free = walk_free;
    report->refill = refill;
    return walk;
}

/* ---- Marks ---- */

static const struct service_report_column MARKS[] = {
    {"day", {"Día", "Day"}, REPORT_KIND_DATE, 11, true},
    {"time", {"Hora", "Time"}, REPORT_KIND_TIME, 9, false},
    {"name", {"Nombre", "Name"}, REPORT_KIND_TEXT, 28, true},
    {"student_number", {"Matrícula", "Student no."}, REPORT_KIND_TEXT, 12, false},
    {"group", {"Grupo", "Group"}, REPORT_KIND_TEXT, 12, false},
    {"course", {"Curso", "Course"}, REPORT_KIND_TEXT, 24, false},
    {"status", {"Estado", "Status"}, REPORT_KIND_STATUS, 12, false},
    {"method", {"Forma", "Method"}, REPORT_KIND_TEXT, 12, false},
    {"note", {"Nota", "Note"}, REPORT_KIND_TEXT, 28, false},
};

static const struct service_report_column LATE[] = {
    {"day", {"Día", "Day"}, REPORT_KIND_DATE, 11, true},
    {"time", {"Hora", "Time"}, REPORT_KIND_TIME, 9, false},
    {"name", {"Nombre", "Name"}, REPORT_KIND_TEXT, 28, true},
    {"student_number", {"Matrícula", "Student no."}, REPORT_KIND_TEXT, 12, false},
    {"group", {"Grupo", "Group"}, REPORT_KIND_TEXT, 12, false},
    {"course", {"Curso", "Course"}, REPORT_KIND_TEXT, 24, false},
    {"status", {"Estado", "Status"}, REPORT_KIND_STATUS, 12, false},
    {"minutes", {"Minutos", "Minutes"}, REPORT_KIND_INTEGER, 8, false},
    {"method", {"Forma", "Method"}, REPORT_KIND_TEXT, 12, false},
};

/* The first six columns are those of both lists, the seventh is the status. */
static void fill_mark(struct service_report *report, struct db_connection *connection,
                      struct walk *walk, const struct db_report_mark *mark,
                      struct report_cell *cells)
{
    const struct core_rules *rules =
        mark->status_code ? service_report_rules_of(&walk->rules, connection, &mark->course_id)
                          : NULL;

    cells[0] = report_date(mark->local_day);
    cells[1] = report_time(service_report_second(report, mark->marked_at));
    cells[2] = report_text(mark->user_name);
    cells[3] = report_text(mark->student_number);
    cells[4] = report_text(mark->group_name);
    cells[5] = report_text(mark->course_name);
    cells[6] = service_report_status_cell(report, rules, mark->status, mark->status_code);
}

/* Whole minutes after the start of the session, or after the limit of the day's policy. Unknown
 * where a person wrote it, for then nobody knows when they came. */
static struct report_cell minutes_of(const struct service_report *report,
                                     const struct db_report_mark *mark)
{
    const bool seen = mark->method == CORE_METHOD_FACE || mark->method == CORE_METHOD_PHOTO ||
                      mark->method == CORE_METHOD_CODE;
    gint64 seconds = -1;

    if (seen && mark->session_start)
        seconds = (mark->marked_at - mark->session_start) / BASE_TIME_SECOND;
    else if (seen)
        seconds = service_report_second(report, mark->marked_at) - report->policy.late_after;
    return seconds >= 0 ? report_integer(seconds / 60) : (struct report_cell){0};
}

static void add_mark(struct service_report *report, struct db_connection *connection,
                     struct walk *walk, const struct db_report_mark *mark)
{
    struct report_cell *cells = service_report_row_add(report, REPORT_ROW_BODY);
    const char *method = service_report_method_text(report, mark->method);
    /* Notes are between those who may correct. */
    const bool staff = report->identity.role != CORE_ROLE_STUDENT;

    fill_mark(report, connection, walk, mark, cells);
    cells[7] = report_text(method);
    cells[8] = report_text(staff ? mark->note : NULL);
}

static void add_late(struct service_report *report, struct db_connection *connection,
                     struct walk *walk, const struct db_report_mark *mark)
{
    struct report_cell *cells = service_report_row_add(report, REPORT_ROW_BODY);

    fill_mark(report, connection, walk, mark, cells);
    cells[7] = minutes_of(report, mark);
    cells[8] = report_text(service_report_method_text(report, mark->method));
}

typedef void (*add_row)(struct service_report *report, struct db_connection *connection,
                        struct walk *walk, const struct db_report_mark *mark);

static bool refill_marks_with(struct service_report *report, add_row add, GError **error)
{
    struct walk *walk = report->data;
    const struct db_report_mark *last =
        walk->page && walk->page->len > 0 ? walk->page->pdata[walk->page->len - 1] : NULL;

    if (walk->end)
        return true;
    g_autoptr(db_connection) connection = db_acquire(report->service->db, error);
    GPtrArray *page =
        connection ? db_report_marks(connection, &report->filter, last, PAGE, error) : NULL;
    if (!page)
        return false;
    g_clear_pointer(&walk->page, g_ptr_array_unref);
    walk->page = page;
    walk->end = page->len < PAGE;
    for (guint i = 0; i < page->len; i++)
        add(report, connection, walk, page->pdata[i]);
    return true;
}

static bool refill_marks(struct service_report *report, GError **error)
{
    return refill_marks_with(report, add_mark, error);
}

static bool refill_late(struct service_report *report, GError **error)
{
    return refill_marks_with(report, add_late, error);
}

/* How many rows there will be, for the progress. */
static bool count_rows(struct service_report *report, GError **error)
{
    struct core_statistics statistics;
    g_autoptr(db_connection) connection = db_acquire(report->service->db, error);

    if (!connection || !db_attendance_count(connection, &report->filter, &statistics, error))
        return false;
    report->table.rows_total = statistics.total;
    return true;
}

bool service_report_build_marks(struct service_report *report, GError **error)
{
    service_report_columns_add(report, MARKS, G_N_ELEMENTS(MARKS));
    walk_begin(report, refill_marks);
    return count_rows(report, error);
}

bool service_report_build_late(struct service_report *report, GError **error)
{
    report->filter.status = CORE_STATUS_LATE;
    service_report_columns_add(report, LATE, G_N_ELEMENTS(LATE));
    walk_begin(report, refill_late);
    return count_rows(report, error);
}

/* ---- Corrections ---- */

static const struct service_report_column CORRECTIONS[] = {
    {"changed_at", {"Cuándo", "When"}, REPORT_KIND_INSTANT, 17, true},
    {"changed_by", {"Quién", "Who"}, REPORT_KIND_TEXT, 24, false},
    {"day", {"Día", "Day"}, REPORT_KIND_DATE, 11, false},
    {"name", {"Estudiante", "Student"}, REPORT_KIND_TEXT, 28, false},
    {"student_number", {"Matrícula", "Student no."}, REPORT_KIND_TEXT, 12, false},
    {"group", {"Grupo", "Group"}, REPORT_KIND_TEXT, 12, false},
    {"course", {"Curso", "Course"}, REPORT_KIND_TEXT, 24, false},
    {"from", {"De", "From"}, REPORT_KIND_STATUS, 11, false},
    {"to", {"A", "To"}, REPORT_KIND_STATUS, 11, false},
    {"method", {"Forma anterior", "Earlier method"}, REPORT_KIND_TEXT, 12, false},
    {"reason", {"Motivo", "Reason"}, REPORT_KIND_TEXT, 36, false},
};

static void add_change(struct service_report *report, struct db_connection *connection,
                       struct walk *walk, const struct db_report_change *change)
{
    struct report_cell *cell = service_report_row_add(report, REPORT_ROW_BODY);
    const struct core_rules *rules =
        change->from_code || change->to_code
            ? service_report_rules_of(&walk->rules, connection, &change->course_id)
            : NULL;

    *cell++ = report_instant(change->changed_at);
    *cell++ = report_text(change->changed_by_name);
    *cell++ = report_date(change->local_day);
    *cell++ = report_text(change->user_name);
    *cell++ = report_text(change->student_number);
    *cell++ = report_text(change->group_name);
    *cell++ = report_text(change->course_name);
    *cell++ = service_report_status_cell(report, rules, change->from_status, change->from_code);
    *cell++ = service_report_status_cell(report, rules, change->to_status, change->to_code);
    *cell++ = report_text(service_report_method_text(report, change->from_method));
    *cell = report_text(change->reason);
}

static bool refill_changes(struct service_report *report, GError **error)
{
    struct walk *walk = report->data;
    const struct db_report_change *last =
        walk->page && walk->page->len > 0 ? walk->page->pdata[walk->page->len - 1] : NULL;

    if (walk->end)
        return true;
    g_autoptr(db_connection) connection = db_acquire(report->service->db, error);
    GPtrArray *page = connection ? db_report_changes(connection, &report->filter, walk->from,
                                                     walk->to, false, last, PAGE, error)
                                 : NULL;
    if (!page)
        return false;
    g_clear_pointer(&walk->page, g_ptr_array_unref);
    walk->page = page;
    walk->end = page->len < PAGE;
    for (guint i = 0; i < page->len; i++)
        add_change(report, connection, walk, page->pdata[i]);
    return true;
}

/* The period is that of the corrections, not of the marks. */
bool service_report_build_corrections(struct service_report *report, GError **error)
{
    struct walk *walk;

    service_report_columns_add(report, CORRECTIONS, G_N_ELEMENTS(CORRECTIONS));
    walk = walk_begin(report, refill_changes);
    walk->from = 0;
    walk->to = base_time_now() + 60 * BASE_TIME_SECOND;
    report->filter.from_day = report->filter.to_day = NULL;
    return (!report->request.from_day ||
            core_day_bounds(report->zone, report->request.from_day, &walk->from, NULL, error)) &&
           (!report->request.to_day ||
            core_day_bounds(report->zone, report->request.to_day, NULL, &walk->to, error));
}
