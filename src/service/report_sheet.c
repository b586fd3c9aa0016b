/* The register as teachers know it: students by sessions. */
#include "core/statistics.h"
#include "service/report_data.h"

#include <math.h>
#include <string.h>

enum {
    FIXED_BEFORE = 3, /* columns: who */
    FIXED_AFTER = 5,  /* totals */
    SESSIONS_MAX = REPORT_COLUMNS_MAX - FIXED_BEFORE - FIXED_AFTER,
};

static const struct service_report_column WHO[FIXED_BEFORE] = {
    {"name", {"Nombre", "Name"}, REPORT_KIND_TEXT, 28, true},
    {"student_number", {"Matrícula", "Student no."}, REPORT_KIND_TEXT, 12, true},
    {"group", {"Grupo", "Group"}, REPORT_KIND_TEXT, 10, false},
};

static const struct service_report_column TOTALS[FIXED_AFTER] = {
    {"present", {"Presente", "Present"}, REPORT_KIND_INTEGER, 8, false},
    {"late", {"Retardos", "Late"}, REPORT_KIND_INTEGER, 8, false},
    {"absent", {"Faltas", "Absent"}, REPORT_KIND_INTEGER, 8, false},
    {"excused", {"Justificadas", "Excused"}, REPORT_KIND_INTEGER, 8, false},
    {"share", {"Asistencia", "Attendance"}, REPORT_KIND_PERCENT, 9, false},
};

static const char *const MONTHS[12][2] = {
    {"enero", "January"},   {"febrero", "February"},   {"marzo", "March"},
    {"abril", "April"},     {"mayo", "May"},           {"junio", "June"},
    {"julio", "July"},      {"agosto", "August"},      {"septiembre", "September"},
    {"octubre", "October"}, {"noviembre", "November"}, {"diciembre", "December"},
};

/* A session and its column. */
struct place {
    const struct core_session *session;
    struct core_statistics marks;
};

struct person {
    const struct service_standing *first; /* who they are; of the first course they are in */
    struct report_cell *cells;            /* one a place */
    gint64 counts[CORE_STATUS_N];
    double earned, possible;
};

struct sheet {
    GPtrArray *courses;  /* struct service_course_standing * */
    GArray *places;      /* struct place, by time */
    GHashTable *columns; /* struct base_uuid * of a session → number of its place + 1 */
    GHashTable *people;  /* struct base_uuid * → struct person * */
};

static void person_free(gpointer data)
{
    struct person *person = data;

    g_free(person->cells);
    g_free(person);
}

static void course_free(gpointer standing)
{
    service_course_standing_free(standing);
}

static void sheet_clear(struct sheet *sheet)
{
    g_hash_table_unref(sheet->people);
    g_hash_table_unref(sheet->columns);
    g_array_unref(sheet->places);
    g_ptr_array_unref(sheet->courses);
}

/* ---- Sessions ---- */

/* Without a last day only what has begun: nobody wants to see the columns of the term's rest. */
static bool is_shown(const struct service_report *report, const struct core_session *session,
                     base_time now)
{
    const char *from = report->request.from_day, *to = report->request.to_day;

    if (from && strcmp(session->local_day, from) < 0)
        return false;
    return to ? strcmp(session->local_day, to) <= 0 : session->starts_at <= now;
}

static int compare_places(gconstpointer a, gconstpointer b)
{
    const struct core_session *first = ((const struct place *)a)->session;
    const struct core_session *second = ((const struct place *)b)->session;

    if (first->starts_at != second->starts_at)
        return first->starts_at < second->starts_at ? -1 : 1;
    return base_uuid_compare(&first->id, &second->id);
}

static bool read_course(struct service_report *report, const struct core_course *course,
                        struct sheet *sheet, GError **error)
{
    struct service_standing_options options = report->options;
    const base_time now = base_time_now();

    options.sessions = true;
    struct service_course_standing *standing =
        service_standing_course(report->service, &report->identity, &course->id, &options, error);
    if (!standing)
        return false;
    g_ptr_array_add(sheet->courses, standing);
    for (guint i = 0; i < standing->sessions->len; i++) {
        const struct place place = {.session = standing->sessions->pdata[i]};
        if (is_shown(report, place.session, now))
            g_array_append_val(sheet->places, place);
    }
    if (sheet->places->len > SESSIONS_MAX)
        return base_fail(error, BASE_ERROR_TOO_LARGE,
                         "The register would have more than %d sessions. Please ask for a "
                         "shorter period.",
                         SESSIONS_MAX);
    return true;
}

static void order_places(struct sheet *sheet)
{
    g_array_sort(sheet->places, compare_places);
    for (guint i = 0; i < sheet->places->len; i++) {
        const struct place *place = &g_array_index(sheet->places, struct place, i);
        g_hash_table_insert(sheet->columns, (gpointer)&place->session->id, GUINT_TO_POINTER(i + 1));
    }
}

/* ---- Columns ---- */

static const char *column_group(struct service_report *report, const struct sheet *sheet,
                                const struct core_session *session)
{
    char text[64];

    if (sheet->courses->len > 1)
        return service_report_keep(report, session->course_name);
    const guint64 month = g_ascii_strtoull(session->local_day + 5, NULL, 10);
    g_snprintf(text, sizeof text, "%s %.4s", MONTHS[(month + 11) % 12][report->language],
               session->local_day);
    return service_report_keep(report, text);
}

/* Whether another session beside this one is on its day. */
static bool shares_day(const struct sheet *sheet, guint i)
{
    const GArray *places = sheet->places;
    const char *day = g_array_index(places, struct place, i).session->local_day;

    return (i > 0 && !strcmp(g_array_index(places, struct place, i - 1).session->local_day, day)) ||
           (i + 1 < places->len &&
            !strcmp(g_array_index(places, struct place, i + 1).session->local_day, day));
}

static void add_columns(struct service_report *report, const struct sheet *sheet)
{
    service_report_columns_add(report, WHO, FIXED_BEFORE);
    for (guint i = 0; i < sheet->places->len; i++) {
        const struct core_session *session = g_array_index(sheet->places, struct place, i).session;
        char key[96], title[32], id[BASE_UUID_TEXT_SIZE];
        const int hour = session->start_second / 3600, minute = session->start_second / 60 % 60;
        base_uuid_format(&session->id, id);
        g_snprintf(key, sizeof key, "%s %02d:%02d %s", session->local_day, hour, minute, id);
        if (shares_day(sheet, i))
            g_snprintf(title, sizeof title, "%s %02d:%02d", session->local_day + 5, hour, minute);
        else
            g_strlcpy(title, session->local_day + 5, sizeof title);
        const struct report_column column = {
            .key = service_report_keep(report, key),
            .title = service_report_keep(report, title),
            .group = column_group(report, sheet, session),
            .kind = REPORT_KIND_STATUS,
            .width = 5,
        };
        g_array_append_val(report->columns, column);
    }
    service_report_columns_add(report, TOTALS, FIXED_AFTER);
}

/* ---- People ---- */

static struct person *person_of(struct sheet *sheet, const struct service_standing *standing)
{
    struct person *person = g_hash_table_lookup(sheet->people, &standing->user_id);

    if (!person) {
        person = g_new0(struct person, 1);
        person->first = standing;
        person->cells = g_new0(struct report_cell, sheet->places->len + 1);
        g_hash_table_insert(sheet->people, (gpointer)&standing->user_id, person);
    }
    return person;
}

static void fill_cell(struct service_report *report, const struct core_percentage_session *session,
                      struct place *place, struct report_cell *cell)
{
    if (session->marked) {
        *cell = report_status(session->status,
                              service_report_keep(report, session->code
                                                              ? session->code
                                                              : core_status_name(session->status)),
                              service_report_status_letter(report, session->status, session->code));
        core_statistics_add(&place->marks, session->status, 1);
    } else if (session->ended) {
        *cell = report_text("·");
    }
}

static void add_standing(struct service_report *report, struct sheet *sheet,
                         const struct service_course_standing *course,
                         const struct service_standing *standing)
{
    struct person *person = person_of(sheet, standing);

    person->earned += standing->percentage.earned;
    person->possible += standing->percentage.possible;
    for (int i = 0; i < CORE_STATUS_N; i++)
        person->counts[i] += standing->percentage.counts[i];
    for (guint i = 0; i < standing->sessions->len; i++) {
        const struct core_session *session =
            course->sessions->pdata[g_array_index(standing->places, guint, i)];
        const guint place = GPOINTER_TO_UINT(g_hash_table_lookup(sheet->columns, &session->id));
        if (place > 0)
            fill_cell(report, &g_array_index(standing->sessions, struct core_percentage_session, i),
                      &g_array_index(sheet->places, struct place, place - 1),
                      &person->cells[place - 1]);
    }
}

static int compare_people(gconstpointer a, gconstpointer b)
{
    const struct service_standing *first = ((const struct person *)a)->first;
    const struct service_standing *second = ((const struct person *)b)->first;
    const int order = g_strcmp0(first->name_key, second->name_key);

    return order ? order : base_uuid_compare(&first->user_id, &second->user_id);
}

static void add_person(struct service_report *report, const struct sheet *sheet,
                       const struct person *person)
{
    struct report_cell *cells = service_report_row_add(report, REPORT_ROW_BODY);

    cells[0] = report_text(service_report_keep(report, person->first->name));
    cells[1] = report_text(service_report_keep(report, person->first->student_number));
    cells[2] = report_text(service_report_keep(report, person->first->group_name));
    cells += FIXED_BEFORE;
    memcpy(cells, person->cells, sheet->places->len * sizeof *cells);
    cells += sheet->places->len;
    for (int i = 0; i < CORE_STATUS_N; i++)
        cells[i] = report_integer(person->counts[i]);
    cells[CORE_STATUS_N] =
        report_percent(person->possible > 0 ? person->earned / person->possible : NAN);
}

/* ---- Totals ---- */

static void add_totals(struct service_report *report, const struct sheet *sheet)
{
    struct report_cell *present = service_report_row_add(report, REPORT_ROW_SUMMARY);
    struct report_cell *share = service_report_row_add(report, REPORT_ROW_SUMMARY);

    present[0] = report_text(report->language ? "Attended" : "Asistieron");
    share[0] = report_text(report->language ? "Attendance" : "Asistencia");
    for (guint i = 0; i < sheet->places->len; i++) {
        const struct core_statistics *marks = &g_array_index(sheet->places, struct place, i).marks;
        const gint64 attended =
            marks->counts[CORE_STATUS_PRESENT] + marks->counts[CORE_STATUS_LATE];
        const double attendance = core_statistics_attended(marks);
        char text[CORE_PERCENTAGE_SHARE_SIZE];
        if (isnan(attendance))
            continue;
        g_snprintf(text, sizeof text, "%" G_GINT64_FORMAT, attended);
        present[FIXED_BEFORE + i] = report_text(service_report_keep(report, text));
        g_snprintf(text, sizeof text, "%.0f %%", floor(attendance * 100));
        share[FIXED_BEFORE + i] = report_text(service_report_keep(report, text));
    }
}

static void add_plot(struct service_report *report, const struct sheet *sheet)
{
    static const char *const TITLE[2] = {"Asistencia por sesión", "Attendance by session"};
    const char *name = TITLE[report->language];
    g_autoptr(GPtrArray) labels = g_ptr_array_new();

    if (sheet->places->len == 0)
        return;
    for (guint i = 0; i < sheet->places->len; i++)
        g_ptr_array_add(labels, g_array_index(sheet->places, struct place, i).session->local_day);
    const guint plot = service_report_series_add(report, "by_session", TITLE, REPORT_PLOT_LINE,
                                                 true, labels, &name, 1);
    for (guint i = 0; i < sheet->places->len; i++)
        *service_report_series_at(report, plot, 0, i) =
            core_statistics_attended(&g_array_index(sheet->places, struct place, i).marks);
}

static bool read_courses(struct service_report *report, struct sheet *sheet, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(report->service->db, error);
    g_autoptr(GPtrArray) courses =
        connection
            ? service_standing_courses_on(connection, &report->identity, &report->scope, error)
            : NULL;

    g_clear_pointer(&connection, db_release);
    for (guint i = 0; courses && i < courses->len; i++)
        if (!read_course(report, courses->pdata[i], sheet, error))
            return false;
    return courses != NULL;
}

static void fill(struct service_report *report, struct sheet *sheet)
{
    order_places(sheet);
    add_columns(report, sheet);
    for (guint c = 0; c < sheet->courses->len; c++) {
        const struct service_course_standing *course = sheet->courses->pdata[c];
        for (guint i = 0; i < course->standings->len; i++)
            add_standing(report, sheet, course, course->standings->pdata[i]);
    }
    GList *people = g_list_sort(g_hash_table_get_values(sheet->people), compare_people);
    for (GList *at = people; at; at = at->next)
        add_person(report, sheet, at->data);
    if (people)
        add_totals(report, sheet);
    g_list_free(people);
    add_plot(report, sheet);
}

bool service_report_build_register(struct service_report *report, GError **error)
{
    struct sheet sheet = {
        .courses = g_ptr_array_new_with_free_func(course_free),
        .places = g_array_new(FALSE, FALSE, sizeof(struct place)),
        .columns = g_hash_table_new(base_uuid_hash, base_uuid_equal),
        .people = g_hash_table_new_full(base_uuid_hash, base_uuid_equal, NULL, person_free),
    };
    const bool ok = read_courses(report, &sheet, error);

    if (ok)
        fill(report, &sheet);
    sheet_clear(&sheet);
    return ok;
}
