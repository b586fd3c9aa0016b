#include "service/report_data.h"

#include "service/policies.h"

#include <math.h>
#include <string.h>

/* ---- Texts, columns, rows ---- */

const char *service_report_keep(struct service_report *report, const char *text)
{
    return text ? g_string_chunk_insert(report->texts, text) : NULL;
}

const char *service_report_row_text(struct service_report *report, const char *text)
{
    return text ? g_string_chunk_insert(report->row_texts, text) : NULL;
}

void service_report_columns_add(struct service_report *report,
                                const struct service_report_column *columns, gsize n)
{
    for (gsize i = 0; i < n; i++) {
        const struct report_column column = {
            .key = columns[i].key,
            .title = columns[i].title[report->language],
            .kind = columns[i].kind,
            .width = columns[i].width,
            .repeats = columns[i].repeats,
        };
        g_array_append_val(report->columns, column);
    }
}

void service_report_parameter_add(struct service_report *report, const char *spanish,
                                  const char *english, const char *value)
{
    const struct report_parameter parameter = {
        report->language ? english : spanish,
        service_report_keep(report, value),
    };

    if (value && *value)
        g_array_append_val(report->parameters, parameter);
}

struct report_cell *service_report_row_add(struct service_report *report, enum report_row_role role)
{
    struct report_row *row = g_malloc0(sizeof *row + report->columns->len * sizeof *row->cells);

    row->role = role;
    row->cells = (struct report_cell *)(void *)(row + 1);
    g_ptr_array_add(report->rows, row);
    return row->cells;
}

/* ---- Series ---- */

guint service_report_series_add(struct service_report *report, const char *key,
                                const char *const title[2], enum report_plot plot, bool is_share,
                                const GPtrArray *labels, const char *const *names, gsize names_n)
{
    struct report_series *series = g_new0(struct report_series, 1);
    const char **copies = g_new0(const char *, labels->len + 1);
    struct report_values *values = g_new0(struct report_values, names_n + 1);

    for (guint i = 0; i < labels->len; i++)
        copies[i] = service_report_keep(report, labels->pdata[i]);
    for (gsize i = 0; i < names_n; i++) {
        double *gaps = g_new(double, labels->len + 1);
        for (guint at = 0; at <= labels->len; at++)
            gaps[at] = NAN;
        values[i] = (struct report_values){service_report_keep(report, names[i]), gaps};
    }
    *series = (struct report_series){
        .key = key,
        .title = title[report->language],
        .plot = plot,
        .is_share = is_share,
        .labels = copies,
        .labels_n = labels->len,
        .values = values,
        .values_n = names_n,
    };
    g_ptr_array_add(report->series, series);
    return report->series->len - 1;
}

double *service_report_series_at(struct service_report *report, guint series, gsize name,
                                 gsize label)
{
    const struct report_series *plot = report->series->pdata[series];

    return (double *)plot->values[name].values + label;
}

/* ---- Words ---- */

static const char *const STATUSES[CORE_STATUS_N][2] = {
    [CORE_STATUS_PRESENT] = {"Presente", "Present"},
    [CORE_STATUS_LATE] = {"Retardo", "Late"},
    [CORE_STATUS_ABSENT] = {"Falta", "Absent"},
    [CORE_STATUS_EXCUSED] = {"Justificada", "Excused"},
};

static const char *const LETTERS[CORE_STATUS_N][2] = {
    [CORE_STATUS_PRESENT] = {"P", "P"},
    [CORE_STATUS_LATE] = {"R", "L"},
    [CORE_STATUS_ABSENT] = {"F", "A"},
    [CORE_STATUS_EXCUSED] = {"J", "E"},
};

static const char *const METHODS[CORE_METHOD_N][2] = {
    [CORE_METHOD_FACE] = {"Rostro", "Face"},
    [CORE_METHOD_MANUAL] = {"A mano", "By hand"},
    [CORE_METHOD_AUTOMATIC] = {"Automático", "Automatic"},
    [CORE_METHOD_PHOTO] = {"Foto del grupo", "Class photo"},
    [CORE_METHOD_CODE] = {"Código", "Code"},
    [CORE_METHOD_IMPORT] = {"Importado", "Imported"},
};

static const char *const WEEKDAYS[7][2] = {
    {"lunes", "Monday"},    {"martes", "Tuesday"}, {"miércoles", "Wednesday"},
    {"jueves", "Thursday"}, {"viernes", "Friday"}, {"sábado", "Saturday"},
    {"domingo", "Sunday"},
};

const char *service_report_status_text(const struct service_report *report,
                                       const struct core_rules *rules, enum core_status status,
                                       const char *code)
{
    const struct core_rules_status *own =
        rules ? core_rules_status_find(rules, code ? code : core_status_name(status)) : NULL;

    if (own && own->name[0])
        return own->name;
    return code ? code : STATUSES[status][report->language];
}

const char *service_report_method_text(const struct service_report *report, enum core_method method)
{
    return METHODS[method][report->language];
}

const char *service_report_status_letter(struct service_report *report, enum core_status status,
                                         const char *code)
{
    if (!code || !*code)
        return LETTERS[status][report->language];
    const char letters[] = {g_ascii_toupper(code[0]), g_ascii_toupper(code[1]), '\0'};
    return g_string_chunk_insert_const(report->texts, letters);
}

struct report_cell service_report_status_cell(const struct service_report *report,
                                              const struct core_rules *rules,
                                              enum core_status status, const char *code)
{
    return report_status(status, code ? code : core_status_name(status),
                         service_report_status_text(report, rules, status, code));
}

/* ---- Calendar ---- */

static GDate date_of(const char *day)
{
    GDate date;

    g_date_clear(&date, 1);
    g_date_set_dmy(&date, (GDateDay)g_ascii_strtoull(day + 8, NULL, 10),
                   (GDateMonth)g_ascii_strtoull(day + 5, NULL, 10),
                   (GDateYear)g_ascii_strtoull(day, NULL, 10));
    return date;
}

void service_report_week(const char *day, char week[static SERVICE_REPORT_WEEK_SIZE])
{
    GDate thursday = date_of(day);

    /* A week belongs to the year of its Thursday. */
    const int shift = 4 - (int)g_date_get_weekday(&thursday);
    if (shift >= 0)
        g_date_add_days(&thursday, (guint)shift);
    else
        g_date_subtract_days(&thursday, (guint)-shift);
    g_snprintf(week, SERVICE_REPORT_WEEK_SIZE, "%04u-W%02u", g_date_get_year(&thursday),
               (g_date_get_day_of_year(&thursday) - 1) / 7 + 1);
}

int service_report_weekday(const char *day)
{
    GDate date = date_of(day);

    return (int)g_date_get_weekday(&date);
}

const char *service_report_weekday_text(const struct service_report *report, int weekday)
{
    return WEEKDAYS[weekday - 1][report->language];
}

gint32 service_report_second(const struct service_report *report, base_time instant)
{
    const gint64 seconds = instant / BASE_TIME_SECOND;
    const int interval = g_time_zone_find_interval(report->zone, G_TIME_TYPE_UNIVERSAL, seconds);
    const gint64 local = seconds + g_time_zone_get_offset(report->zone, interval);

    return (gint32)((local % 86400 + 86400) % 86400);
}

/* ---- Rules ---- */

struct service_report_rules {
    GHashTable *courses; /* struct base_uuid * → struct core_rules * */
};

const struct core_rules *service_report_rules_of(struct service_report_rules **known,
                                                 struct db_connection *connection,
                                                 const struct base_uuid *course_id)
{
    if (base_uuid_is_nil(course_id))
        return NULL;
    if (!*known) {
        *known = g_new0(struct service_report_rules, 1);
        (*known)->courses = g_hash_table_new_full(base_uuid_hash, base_uuid_equal, g_free, g_free);
    }
    struct core_rules *rules = g_hash_table_lookup((*known)->courses, course_id);
    if (!rules) {
        rules = g_new0(struct core_rules, 1);
        if (!service_rules_of_course(connection, course_id, rules, NULL))
            core_rules_init(rules);
        g_hash_table_insert((*known)->courses, g_memdup2(course_id, sizeof *course_id), rules);
    }
    return rules;
}

void service_report_rules_free(struct service_report_rules *known)
{
    if (!known)
        return;
    g_hash_table_unref(known->courses);
    g_free(known);
}
