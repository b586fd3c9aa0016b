#include "service/reports.h"

#include "db/query/user.h"
#include "service/institution.h"
#include "service/report_data.h"

#include <string.h>

#define ADMIN (1u << CORE_ROLE_ADMIN)
#define STAFF (ADMIN | 1u << CORE_ROLE_TEACHER)
#define ALL (STAFF | 1u << CORE_ROLE_STUDENT)

#define COURSE SERVICE_REPORT_COURSE
#define GROUP SERVICE_REPORT_GROUP
#define STUDENT SERVICE_REPORT_STUDENT
#define TEACHER SERVICE_REPORT_TEACHER
#define SUBJECT SERVICE_REPORT_SUBJECT
#define TERM SERVICE_REPORT_TERM
#define SESSION SERVICE_REPORT_SESSION
#define PERIOD (SERVICE_REPORT_FROM | SERVICE_REPORT_TO)
#define STATUS SERVICE_REPORT_STATUS
#define METHOD SERVICE_REPORT_METHOD
#define COURSES (COURSE | GROUP | TEACHER | SUBJECT | TERM)
#define MARKS (COURSES | STUDENT | SESSION | PERIOD)

static const char *const PARAMETERS[SERVICE_REPORT_PARAMETERS_N] = {
    "course",  "group", "student", "teacher", "subject", "term",
    "session", "from",  "to",      "status",  "method",
};

/* In the order of their names. */
static const struct service_report_kind KINDS[] = {
    {"at-risk",
     {"Estudiantes en riesgo", "Students at risk"},
     {"Quién está por debajo de lo que se pide, falta seguido o ya no puede alcanzarlo.",
      "Who is below what is asked, keeps missing or can no longer reach it."},
     COURSES | STUDENT,
     0,
     STAFF},
    {"corrections",
     {"Correcciones", "Corrections"},
     {"Quién cambió qué registro, de qué a qué, cuándo y por qué.",
      "Who changed which mark, from what to what, when and why."},
     MARKS,
     0,
     STAFF},
    {"late",
     {"Retardos", "Late arrivals"},
     {"Quién llegó tarde, cuándo y cuántos minutos.", "Who came late, when and by how much."},
     MARKS,
     0,
     ALL},
    {"marks",
     {"Registro de asistencia", "Attendance marks"},
     {"Cada registro, uno por renglón.", "Every mark, one a row."},
     MARKS | STATUS | METHOD,
     0,
     ALL},
    {"methods",
     {"Formas de registro", "Ways of marking"},
     {"Cuántos registros se hicieron por rostro, a mano y de otras formas, por semana.",
      "How many marks were made by face, by hand and otherwise, week by week."},
     MARKS | STATUS,
     0,
     STAFF},
    {"register",
     {"Lista de asistencia", "Register"},
     {"Estudiantes por sesiones, con totales.", "Students by sessions, with totals."},
     COURSES | STUDENT | PERIOD,
     COURSE | GROUP | SUBJECT,
     STAFF},
    {"sessions",
     {"Sesiones", "Sessions"},
     {"Cada sesión con sus cuentas.", "Every session with its counts."},
     COURSE | GROUP | TEACHER | TERM | PERIOD,
     0,
     STAFF},
    {"summary",
     {"Resumen de asistencia", "Attendance summary"},
     {"Por estudiante y curso: cuentas, porcentaje con su cálculo, y lo que puede esperar.",
      "By student and course: counts, the share with its arithmetic, and what to expect."},
     COURSES | STUDENT | PERIOD,
     0,
     ALL},
    {"trends",
     {"Tendencias", "Trends"},
     {"Asistencia por semana, día de la semana y hora.", "Attendance by week, weekday and hour."},
     MARKS | METHOD,
     0,
     ALL},
};

/* Beside the table above, because what builds them is nobody else's business. */
static const service_report_builder BUILDERS[G_N_ELEMENTS(KINDS)] = {
    service_report_build_at_risk,  service_report_build_corrections, service_report_build_late,
    service_report_build_marks,    service_report_build_methods,     service_report_build_register,
    service_report_build_sessions, service_report_build_summary,     service_report_build_trends,
};

const char *service_report_parameter_name(enum service_report_parameter parameter)
{
    for (int i = 0; i < SERVICE_REPORT_PARAMETERS_N; i++)
        if ((guint)parameter == 1u << i)
            return PARAMETERS[i];
    return NULL;
}

const struct service_report_kind *service_report_kinds(gsize *n)
{
    *n = G_N_ELEMENTS(KINDS);
    return KINDS;
}

const struct service_report_kind *service_report_kind_find(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(KINDS); i++)
        if (g_strcmp0(KINDS[i].name, name) == 0)
            return &KINDS[i];
    return NULL;
}

/* ---- The request ---- */

/* The ids of a request in the order of the parameters' bits. */
static void request_ids(const struct service_report_request *request,
                        const struct base_uuid *ids[7])
{
    const struct base_uuid *const all[7] = {
        &request->course_id,  &request->group_id, &request->student_id, &request->teacher_id,
        &request->subject_id, &request->term_id,  &request->session_id};

    memcpy(ids, all, sizeof all);
}

static void request_texts(const struct service_report_request *request, const char *texts[4])
{
    texts[0] = request->from_day;
    texts[1] = request->to_day;
    texts[2] = request->status;
    texts[3] = request->method;
}

static guint parameters_given(const struct service_report_request *request)
{
    const struct base_uuid *ids[7];
    const char *texts[4];
    guint given = 0;

    request_ids(request, ids);
    request_texts(request, texts);
    for (int i = 0; i < 7; i++)
        if (!base_uuid_is_nil(ids[i]))
            given |= 1u << i;
    for (int i = 0; i < 4; i++)
        if (texts[i])
            given |= 1u << (7 + i);
    return given;
}

json_t *service_report_request_json(const struct service_report_request *request)
{
    const struct base_uuid *ids[7];
    const char *texts[4];
    json_t *json = json_object();

    request_ids(request, ids);
    request_texts(request, texts);
    for (int i = 0; i < 7; i++)
        if (!base_uuid_is_nil(ids[i]))
            json_object_set_new(json, PARAMETERS[i], base_json_uuid(ids[i]));
    for (int i = 0; i < 4; i++)
        if (texts[i])
            json_object_set_new(json, PARAMETERS[7 + i], json_string(texts[i]));
    if (request->language)
        json_object_set_new(json, "language", json_string(request->language));
    return json;
}

bool service_report_request_read(json_t *object, struct service_report_request *request,
                                 GError **error)
{
    const struct base_json_field FIELDS[] = {
        {"course", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &request->course_id},
        {"group", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &request->group_id},
        {"student", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &request->student_id},
        {"teacher", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &request->teacher_id},
        {"subject", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &request->subject_id},
        {"term", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &request->term_id},
        {"session", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &request->session_id},
        {"from", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &request->from_day},
        {"to", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &request->to_day},
        {"status", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &request->status},
        {"method", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &request->method},
        {"language", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &request->language},
    };

    return base_json_read(object, FIELDS, G_N_ELEMENTS(FIELDS), error);
}

static bool check_parameters(const struct service_report_kind *kind,
                             const struct service_report_request *request, GError **error)
{
    const guint given = parameters_given(request);

    for (int i = 0; i < SERVICE_REPORT_PARAMETERS_N; i++)
        if (given & ~kind->allowed & 1u << i)
            return base_fail(error, BASE_ERROR_INVALID, "%s does not narrow this report.",
                             PARAMETERS[i]);
    if (kind->required && !(given & kind->required))
        return base_fail(error, BASE_ERROR_INVALID,
                         "course is missing: this report is of a course, or of a group or "
                         "subject.");
    return true;
}

bool service_report_code_is_valid(const char *text)
{
    return *text && strlen(text) < CORE_RULES_CODE_SIZE &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-") == strlen(text);
}

static bool check_values(const struct service_report_request *request, GError **error)
{
    enum core_method method;

    if (request->from_day && !core_day_is_valid(request->from_day))
        return base_fail(error, BASE_ERROR_INVALID, "from must be a day such as 2026-03-12.");
    if (request->to_day && !core_day_is_valid(request->to_day))
        return base_fail(error, BASE_ERROR_INVALID, "to must be a day such as 2026-03-12.");
    if (request->status && !service_report_code_is_valid(request->status))
        return base_fail(error, BASE_ERROR_INVALID,
                         "status must be present, late, absent, excused or a code of the "
                         "site's own.");
    if (request->method && !core_method_from_name(request->method, &method))
        return base_fail(error, BASE_ERROR_INVALID,
                         "method must be face, manual, automatic, photo, code or import.");
    if (request->language && strcmp(request->language, "es") != 0 &&
        strcmp(request->language, "en") != 0)
        return base_fail(error, BASE_ERROR_INVALID, "language must be es or en.");
    return true;
}

/* ---- Opening and closing ---- */

static void series_free(gpointer data)
{
    struct report_series *series = data;

    for (size_t i = 0; i < series->values_n; i++)
        g_free((double *)series->values[i].values);
    g_free((struct report_values *)series->values);
    g_free((char **)(void *)series->labels);
    g_free(series);
}

static bool next_row(struct report_row *row, bool *more, gpointer data, GError **error)
{
    struct service_report *report = data;

    if (report->next_row == report->rows->len && report->refill) {
        report->next_row = 0;
        g_ptr_array_set_size(report->rows, 0);
        g_string_chunk_clear(report->row_texts);
        if (!report->refill(report, error))
            return false;
    }
    *more = report->next_row < report->rows->len;
    if (*more) {
        const struct report_row *given = report->rows->pdata[report->next_row++];
        row->role = given->role;
        memcpy(row->cells, given->cells, report->columns->len * sizeof *row->cells);
    }
    return true;
}

static struct service_report *report_create(struct service *service,
                                            const struct service_identity *identity,
                                            const struct service_report_request *request)
{
    struct service_report *report = g_new0(struct service_report, 1);

    report->service = service;
    report->identity = *identity;
    report->texts = g_string_chunk_new(1024);
    report->row_texts = g_string_chunk_new(16384);
    report->columns = g_array_new(FALSE, TRUE, sizeof(struct report_column));
    report->parameters = g_array_new(FALSE, TRUE, sizeof(struct report_parameter));
    report->series = g_ptr_array_new_with_free_func(series_free);
    report->plots = g_array_new(FALSE, TRUE, sizeof(struct report_series));
    report->rows = g_ptr_array_new_with_free_func(g_free);
    report->request = *request;
    report->request.name = service_report_keep(report, request->name);
    report->request.from_day = service_report_keep(report, request->from_day);
    report->request.to_day = service_report_keep(report, request->to_day);
    report->request.status = service_report_keep(report, request->status);
    report->request.method = service_report_keep(report, request->method);
    report->request.language = service_report_keep(report, request->language);
    return report;
}

void service_report_close(struct service_report *report)
{
    if (!report)
        return;
    if (report->data_free)
        report->data_free(report->data);
    g_clear_pointer(&report->zone, g_time_zone_unref);
    g_clear_pointer(&report->table.logo, g_bytes_unref);
    g_ptr_array_unref(report->rows);
    g_ptr_array_unref(report->series);
    g_array_unref(report->plots);
    g_array_unref(report->columns);
    g_array_unref(report->parameters);
    g_string_chunk_free(report->texts);
    g_string_chunk_free(report->row_texts);
    g_free(report);
}

/* What the reader has chosen for themselves; NULL: nothing. */
static const char *reader_language(struct service_report *report)
{
    g_autoptr(db_connection) connection =
        base_uuid_is_nil(&report->identity.user_id) ? NULL : db_acquire(report->service->db, NULL);
    g_autoptr(core_user) reader =
        connection ? db_user_find(connection, &report->identity.user_id, NULL) : NULL;

    return reader ? service_report_keep(report, reader->language) : NULL;
}

/* Whose report it is: names, clock and language. */
static bool read_institution(struct service_report *report, GError **error)
{
    g_autoptr(service_institution_settings) institution =
        service_institution_read(report->service, error);
    const char *language =
        report->request.language ? report->request.language : reader_language(report);

    if (!institution)
        return false;
    if (!language)
        language = institution->language;
    report->language = g_strcmp0(language, "en") == 0;
    report->policy = institution->policy;
    report->zone = core_time_zone_load(institution->time_zone, error);
    report->table.institution = service_report_keep(report, institution->name);
    if (institution->logo_key) /* a report without it is one still */
        report->table.logo = service_institution_logo(report->service, NULL);
    return report->zone != NULL;
}

static void finish_table(struct service_report *report)
{
    for (guint i = 0; i < report->series->len; i++)
        g_array_append_vals(report->plots, report->series->pdata[i], 1);
    report->table.name = report->kind->name;
    report->table.title = report->kind->title[report->language];
    report->table.language = report->language ? "en" : "es";
    report->table.zone = report->zone;
    report->table.generated_at = base_time_now();
    report->table.parameters = (const struct report_parameter *)(void *)report->parameters->data;
    report->table.parameters_n = report->parameters->len;
    report->table.columns = (const struct report_column *)(void *)report->columns->data;
    report->table.columns_n = report->columns->len;
    report->table.next = next_row;
    report->table.data = report;
    report->table.series = (const struct report_series *)(void *)report->plots->data;
    report->table.series_n = report->plots->len;
    if (!report->refill)
        report->table.rows_total = report->rows->len;
}

struct service_report *service_report_open(struct service *service,
                                           const struct service_identity *identity,
                                           const struct service_report_request *request,
                                           GError **error)
{
    const struct service_report_kind *kind = service_report_kind_find(request->name);

    if (!kind || !(kind->roles & 1u << identity->role)) {
        base_fail(error, BASE_ERROR_NOT_FOUND, "There is no such report.");
        return NULL;
    }
    if (!check_parameters(kind, request, error) || !check_values(request, error))
        return NULL;
    g_autoptr(service_report) report = report_create(service, identity, request);
    report->kind = kind;
    if (!read_institution(report, error) || !service_report_scope(report, error) ||
        !BUILDERS[kind - KINDS](report, error))
        return NULL;
    finish_table(report);
    return g_steal_pointer(&report);
}

const struct report *service_report_table(const struct service_report *report)
{
    return &report->table;
}

char *service_report_file_name(const struct service_report *report)
{
    GString *name = g_string_new(report->kind->name);

    for (guint i = 0; i < report->parameters->len; i++) {
        const char *value = g_array_index(report->parameters, struct report_parameter, i).value;
        g_autofree char *plain = g_str_to_ascii(value, "C");
        g_string_append_c(name, '-');
        for (const char *at = plain; *at && name->len < 96; at++) {
            if (g_ascii_isalnum(*at))
                g_string_append_c(name, g_ascii_tolower(*at));
            else if (name->str[name->len - 1] != '-')
                g_string_append_c(name, '-');
        }
        while (name->str[name->len - 1] == '-')
            g_string_truncate(name, name->len - 1);
    }
    return g_string_free(name, FALSE);
}
