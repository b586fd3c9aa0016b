/* CSV and JSON, byte by byte, and what all formats share. */
#include "table.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"

static void expect_text(const GByteArray *bytes, const char *expected)
{
    g_autofree char *text = g_strndup((const char *)bytes->data, bytes->len);

    assert_string_equal(text, expected);
}

static void test_csv(void **state)
{
    struct table table;

    (void)state;
    table_init(&table, 1);
    table.summary = true;
    g_autoptr(GByteArray) plain = table_write(&table, REPORT_FORMAT_CSV, NULL);
    expect_text(plain, "Día,Hora,Nombre,Estado,Asistencia,Marcado,Marcas,Tiempo,Puntos\r\n"
                       "2026-03-12,08:30:00,Ana Núñez,Retardo,87.5%,2026-03-12 08:58:03,0,"
                       "1:30:00,0.5\r\n"
                       ",,Total,,,,1234567,,\r\n");
    const struct report_options spanish = {.bom = true, .separator = ';'};
    g_autoptr(GByteArray) excel = table_write(&table, REPORT_FORMAT_CSV, &spanish);
    expect_text(excel, "\xEF\xBB\xBF"
                       "Día;Hora;Nombre;Estado;Asistencia;Marcado;Marcas;Tiempo;Puntos\r\n"
                       "2026-03-12;08:30:00;Ana Núñez;Retardo;87,5%;2026-03-12 08:58:03;0;"
                       "1:30:00;0,5\r\n"
                       ";;Total;;;;1234567;;\r\n");
    /* What stands over several columns goes to each of them. */
    table.columns[6].group = "Marzo";
    table.rows = 0;
    table.summary = false;
    g_autoptr(GByteArray) grouped = table_write(&table, REPORT_FORMAT_CSV, NULL);
    expect_text(grouped,
                "Día,Hora,Nombre,Estado,Asistencia,Marcado,Marzo Marcas,Tiempo,Puntos\r\n");
    table_finish(&table);
}

static void test_csv_fields(void **state)
{
    static const struct {
        const char *text;
        char separator;
        const char *field;
    } cases[] = {
        {NULL, ',', ""},
        {"", ',', ""},
        {"Ana", ',', "Ana"},
        {"a,b", ',', "\"a,b\""},
        {"a,b", ';', "a,b"},
        {"a;b", ';', "\"a;b\""},
        {"say \"hi\"", ',', "\"say \"\"hi\"\"\""},
        {"two\nlines", ',', "\"two\nlines\""},
        {"=1+1", ',', "'=1+1"},
        {"+52 999", ',', "'+52 999"},
        {"-2", ',', "'-2"},
        {"@SUM(A1)", ',', "'@SUM(A1)"},
        {"\tx", ',', "'\tx"},
        {"\rx", ',', "\"'\rx\""},
        {"  =1", ',', "'  =1"},
        {"|calc", ',', "'|calc"},
        {"=HYPERLINK(\"x\",\"y\")", ',', "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\""},
        {"a=b", ',', "a=b"},
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GString) line = g_string_new(NULL);
        report_csv_field(line, cases[i].text, cases[i].separator);
        assert_string_equal(line->str, cases[i].field);
    }
}

static void test_json(void **state)
{
    struct table table;
    g_autoptr(GError) error = NULL;

    (void)state;
    table_init(&table, 2);
    table.summary = true;
    table.name = "\"Ana\"\\\n\x01 Núñez";
    g_autoptr(GByteArray) bytes = table_write(&table, REPORT_FORMAT_JSON, NULL);
    g_autoptr(json_t) json = base_json_parse(bytes->data, bytes->len, &error);
    assert_non_null(json);
    assert_string_equal(json_string_value(json_object_get(json, "name")), "marks");
    assert_string_equal(json_string_value(json_object_get(json, "generated_at")),
                        "2026-03-12T08:58:03-06:00");
    json_t *rows = json_object_get(json, "rows");
    assert_int_equal(json_array_size(rows), 2);
    json_t *row = json_array_get(rows, 1);
    assert_string_equal(json_string_value(json_object_get(row, "name")), table.name);
    assert_string_equal(json_string_value(json_object_get(row, "status")), "late");
    assert_string_equal(json_string_value(json_object_get(row, "marked_at")),
                        "2026-03-12T08:58:04-06:00");
    assert_string_equal(json_string_value(json_object_get(row, "time")), "08:30:01");
    assert_int_equal(json_integer_value(json_object_get(row, "present")), 5400);
    assert_true(json_real_value(json_object_get(row, "share")) == 0.875);
    json_t *summary = json_array_get(json_object_get(json, "summary"), 0);
    assert_true(json_is_null(json_object_get(summary, "day")));
    assert_int_equal(json_integer_value(json_object_get(summary, "count")), 1234567);
    json_t *series = json_array_get(json_object_get(json, "series"), 0);
    assert_string_equal(json_string_value(json_object_get(series, "plot")), "line");
    assert_int_equal(json_array_size(json_object_get(series, "labels")), 3);
    table.rows = 0;
    table.summary = false;
    table.report.series_n = 0;
    g_autoptr(GByteArray) nothing = table_write(&table, REPORT_FORMAT_JSON, NULL);
    g_autoptr(json_t) empty = base_json_parse(nothing->data, nothing->len, &error);
    assert_non_null(empty);
    assert_int_equal(json_array_size(json_object_get(empty, "rows")), 0);
    assert_int_equal(json_array_size(json_object_get(empty, "summary")), 0);
    table_finish(&table);
}

static void test_json_says_what_own_statuses_count_as(void **state)
{
    struct table table;
    g_autoptr(GError) error = NULL;

    (void)state;
    table_init(&table, 1);
    g_autoptr(GByteArray) usual = table_write(&table, REPORT_FORMAT_JSON, NULL);
    assert_null(g_strstr_len((const char *)usual->data, usual->len, "counts_as"));
    table.code = "bus";
    g_autoptr(GByteArray) own = table_write(&table, REPORT_FORMAT_JSON, NULL);
    g_autoptr(json_t) json = base_json_parse(own->data, own->len, &error);
    const json_t *row = json_array_get(json_object_get(json, "rows"), 0);
    assert_string_equal(json_string_value(json_object_get(row, "status")), "bus");
    json_t *kinds = json_object_get(row, "counts_as");
    assert_int_equal(json_object_size(kinds), 1);
    assert_string_equal(json_string_value(json_object_get(kinds, "status")), "late");
    table_finish(&table);
}

static void test_cells(void **state)
{
    (void)state;
    assert_int_equal(report_text(NULL).kind, REPORT_KIND_NONE);
    assert_int_equal(report_real(NAN).kind, REPORT_KIND_NONE);
    assert_int_equal(report_percent(INFINITY).kind, REPORT_KIND_NONE);
    assert_int_equal(report_instant(0).kind, REPORT_KIND_NONE);
    assert_int_equal(report_integer(0).kind, REPORT_KIND_INTEGER);
    assert_int_equal(report_status(CORE_STATUS_LATE, NULL, NULL).kind, REPORT_KIND_NONE);
}

static void test_names(void **state)
{
    enum report_format format;
    enum report_paper paper;

    (void)state;
    assert_true(report_format_from_name("xlsx", &format));
    assert_int_equal(format, REPORT_FORMAT_XLSX);
    assert_false(report_format_from_name("xls", &format));
    assert_false(report_format_from_name(NULL, &format));
    assert_null(report_format_name(REPORT_FORMAT_N));
    assert_true(report_paper_from_name("letter", &paper));
    assert_int_equal(paper, REPORT_PAPER_LETTER);
    assert_false(report_paper_from_name("a5", &paper));
}

/* The same for every format. */
static void test_refusals(void **state)
{
    (void)state;
    for (enum report_format format = 0; format < REPORT_FORMAT_N; format++) {
        struct table table;
        table_init(&table, 500);
        const unsigned files = table_open_files();
        const struct report_options options = {.progress = table_progress, .progress_data = &table};
        g_autoptr(GByteArray) whole = table_write(&table, format, &options);
        assert_true(whole->len > 100);
        assert_int_equal(table.reported, 500);

        table.cancel_at = 200;
        g_autoptr(GError) cancelled = table_write_fails(&table, format, &options);
        assert_int_equal(cancelled->code, BASE_ERROR_UNAVAILABLE);
        assert_true(table.at < 300);

        table.problem = g_error_new_literal(BASE_ERROR, BASE_ERROR_CONFLICT, "no more rows.");
        g_autoptr(GError) failed = table_write_fails(&table, format, NULL);
        assert_int_equal(failed->code, BASE_ERROR_CONFLICT);

        table.columns[3].kind = REPORT_KIND_DATE;
        g_autoptr(GError) kind = table_write_fails(&table, format, NULL);
        assert_int_equal(kind->code, BASE_ERROR_INVALID);

        table.report.columns_n = 0;
        g_autoptr(GError) none = table_write_fails(&table, format, NULL);
        assert_int_equal(none->code, BASE_ERROR_INVALID);
        table.report.columns_n = REPORT_COLUMNS_MAX + 1;
        g_autoptr(GError) many = table_write_fails(&table, format, NULL);
        assert_int_equal(many->code, BASE_ERROR_TOO_LARGE);
        assert_int_equal(table_open_files(), files);
        table_finish(&table);
    }
}

static bool refuse(const char *data, size_t size, gpointer taken, GError **error)
{
    (void)data;
    *(size_t *)taken += size;
    g_set_error_literal(error, BASE_ERROR, BASE_ERROR_IO, "the sink is full.");
    return false;
}

static void test_sinks(void **state)
{
    (void)state;
    for (enum report_format format = 0; format < REPORT_FORMAT_N; format++) {
        struct table table;
        g_autoptr(GError) error = NULL;
        size_t taken = 0;
        table_init(&table, 50);
        assert_false(report_write(format, &table.report, NULL, refuse, &taken, &error));
        assert_string_equal(error->message, "the sink is full.");
        assert_true(taken > 0);
        table_finish(&table);
    }
    g_autoptr(GError) error = NULL;
    int fd = report_temporary_file(&error);
    assert_true(fd >= 0);
    assert_true(report_sink_fd("abc", 3, &fd, &error));
    char text[4] = "";
    assert_int_equal(pread(fd, text, 3, 0), 3);
    assert_string_equal(text, "abc");
    close(fd);
    fd = -1;
    assert_false(report_sink_fd("abc", 3, &fd, &error));
    assert_int_equal(error->code, BASE_ERROR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csv),
        cmocka_unit_test(test_csv_fields),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_json_says_what_own_statuses_count_as),
        cmocka_unit_test(test_cells),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_sinks),
    };

    return cmocka_run_group_tests_name("reports", tests, NULL, NULL);
}
