/* Spreadsheets as another program reads them: openpyxl. */
#include "table.h"

#include <string.h>

#define READER                                                                                     \
    "import sys, openpyxl\n"                                                                       \
    "book = openpyxl.load_workbook(open(sys.argv[1], 'rb'))\n"                                     \
    "sheet = book.worksheets[0]\n"                                                                 \
    "print(book.sheetnames, book.properties.title, book.properties.creator, sep='|')\n"            \
    "print(sheet.freeze_panes, sheet.auto_filter.ref, sheet.max_row, sep='|')\n"                   \
    "print([len(s._charts) for s in book.worksheets])\n"                                           \
    "for row in sheet.iter_rows():\n"                                                              \
    "    print(*[repr(c.value) for c in row if c.value is not None], sep='|')\n"                   \
    "for c in sheet[8]:\n"                                                                         \
    "    print(c.data_type, c.number_format, c.is_date, sep='|')\n"

/* Skips when there is no such program. */
static char *read_back(const GByteArray *bytes)
{
    static const char *const KNOWS[] = {"/usr/bin/python3", "-c", "import openpyxl", NULL};
    static const char *const READ[] = {"/usr/bin/python3", "-c", READER, "FILE", NULL};
    g_autofree char *knows = table_ask(bytes, KNOWS);

    if (!knows) {
        print_message("skipped: python3-openpyxl is not installed\n");
        skip();
    }
    char *text = table_ask(bytes, READ);
    assert_non_null(text);
    return text;
}

static void test_sheet(void **state)
{
    struct table table;

    (void)state;
    table_init(&table, 2);
    table.summary = true;
    table.name = "=1+1 \"Ana\" <Núñez> & \x01\xEF\xBF\xBFعلي";
    g_autoptr(GByteArray) bytes = table_write(&table, REPORT_FORMAT_XLSX, NULL);
    table_finish(&table);
    g_autofree char *text = read_back(bytes);
    assert_string_equal(
        text, "['Registro  asistencia', 'Gráficas', 'Datos de las gráficas']|"
              "Registro: asistencia|Universidad del Mayab\n"
              "A8|A7:I9|10\n"
              "[0, 1, 0]\n"
              "'Registro: asistencia'\n"
              "'Universidad del Mayab'\n"
              "'Marzo de 2026'\n"
              "'Curso: Álgebra 4B'\n"
              "'Generado: 2026-03-12 08:58:03'\n"
              "\n"
              "'Día'|'Hora'|'Nombre'|'Estado'|'Asistencia'|'Marcado'|'Marcas'|'Tiempo'|'Puntos'\n"
              "datetime.datetime(2026, 3, 12, 0, 0)|datetime.time(8, 30)|"
              "'=1+1 \"Ana\" <Núñez> &   علي'|'Retardo'|0.875|"
              "datetime.datetime(2026, 3, 12, 8, 58, 3)|0|datetime.timedelta(seconds=5400)|0.5\n"
              "datetime.datetime(2026, 3, 12, 0, 0)|datetime.time(8, 30, 1)|"
              "'=1+1 \"Ana\" <Núñez> &   علي'|'Retardo'|0.875|"
              "datetime.datetime(2026, 3, 12, 8, 58, 4)|1|datetime.timedelta(seconds=5400)|0.5\n"
              "'Total'|1234567\n"
              "d|dd/mm/yyyy|True\n"
              "d|hh:mm:ss|True\n"
              "s|General|False\n"
              "s|General|False\n"
              "n|0.0%|False\n"
              "d|dd/mm/yyyy hh:mm:ss|True\n"
              "n|#,##0|False\n"
              "d|[h]:mm:ss|True\n"
              "n|#,##0.00|False\n");
}

/* The names of people are frozen with the head when they stand first, and so are groups of columns
 * over it. */
static void test_wide_sheet(void **state)
{
    struct table table;

    (void)state;
    table_init(&table, 1);
    table.columns[0].repeats = table.columns[1].repeats = true;
    table.columns[3].group = table.columns[4].group = "Marzo";
    table.columns[5].group = "Abril";
    table.report.title = "History";
    table.report.language = "en";
    table.report.series_n = 0;
    g_autoptr(GByteArray) bytes = table_write(&table, REPORT_FORMAT_XLSX, NULL);
    table_finish(&table);
    g_autofree char *text = read_back(bytes);
    assert_non_null(strstr(text, "['Presente']|History|"));
    assert_non_null(strstr(text, "D9|A8:I9|9\n[0]\n"));
    assert_non_null(strstr(text, "\n'Marzo'|'Abril'\n'Día'|"));
}

static void test_limits(void **state)
{
    struct table table;
    g_autofree char *longest = g_strnfill(32767, 'x');
    g_autofree char *longer = g_strnfill(32768, 'x');

    (void)state;
    table_init(&table, 1);
    table.name = longest;
    g_autoptr(GByteArray) bytes = table_write(&table, REPORT_FORMAT_XLSX, NULL);
    assert_memory_equal(bytes->data, "PK", 2);
    table.name = longer;
    const unsigned files = table_open_files();
    g_autoptr(GError) cell = table_write_fails(&table, REPORT_FORMAT_XLSX, NULL);
    assert_int_equal(cell->code, BASE_ERROR_TOO_LARGE);
    assert_int_equal(table_open_files(), files);
    table_finish(&table);
}

static bool next_empty(struct report_row *row, bool *more, gpointer data, GError **error)
{
    gint64 *left = data;

    (void)row;
    (void)error;
    *more = (*left)-- > 0;
    return true;
}

static void test_too_many_rows(void **state)
{
    struct table table;
    gint64 left = 1048576;

    (void)state;
    table_init(&table, 0);
    table.report.next = next_empty;
    table.report.data = &left;
    g_autoptr(GError) rows = table_write_fails(&table, REPORT_FORMAT_XLSX, NULL);
    assert_int_equal(rows->code, BASE_ERROR_TOO_LARGE);
    assert_non_null(strstr(rows->message, "1,048,576"));
    table_finish(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sheet),
        cmocka_unit_test(test_wide_sheet),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_too_many_rows),
    };

    return cmocka_run_group_tests_name("spreadsheets", tests, NULL, NULL);
}
