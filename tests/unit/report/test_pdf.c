/* PDF as another program reads it: poppler. */
#include "table.h"

#include <string.h>

#include <png.h>

static const char *const TEXT[] = {"pdftotext", "-layout", "FILE", "-", NULL};
static const char *const INFO[] = {"pdfinfo", "-isodates", "FILE", NULL};
static const char *const PICTURES[] = {"pdfimages", "-list", "FILE", NULL};

/* Skips when there is no such program. */
static char *ask(const GByteArray *bytes, const char *const *arguments)
{
    char *text = table_ask(bytes, arguments);

    if (!text) {
        print_message("skipped: %s (poppler-utils) is not installed\n", arguments[0]);
        skip();
    }
    return text;
}

/* Whether a page's text ends with its number; how wide the spaces are is the reader's guess. */
static bool is_numbered(const char *page, int number, int pages)
{
    g_autofree char *text = g_strdup(page);
    g_autofree char *expected = g_strdup_printf("%d/%d", number, pages);
    char *to = text;

    for (const char *from = text; *from; from++)
        if (!g_ascii_isspace(*from) && *from != '\f')
            *to++ = *from;
    *to = '\0';
    return g_str_has_suffix(text, expected);
}

static void test_document(void **state)
{
    struct table table;

    (void)state;
    table_init(&table, 100);
    table.summary = true;
    g_autoptr(GByteArray) bytes = table_write(&table, REPORT_FORMAT_PDF, NULL);
    table_finish(&table);
    g_autofree char *info = ask(bytes, INFO);
    assert_non_null(strstr(info, "Title:           Registro: asistencia\n"));
    assert_non_null(strstr(info, "Author:          Universidad del Mayab\n"));
    assert_non_null(strstr(info, "595.276 x 841.89 pts (A4)"));
    assert_non_null(strstr(info, "Pages:           3\n"));
    g_autofree char *text = ask(bytes, TEXT);
    g_auto(GStrv) pages = g_strsplit(text, "\f", -1);
    assert_int_equal(g_strv_length(pages), 4); /* the last is what follows the last page */
    for (int i = 0; i < 3; i++) {
        assert_true(is_numbered(pages[i], i + 1, 3));
        assert_non_null(strstr(pages[i], "Nombre"));
        assert_non_null(strstr(pages[i], "Ana Núñez"));
        assert_non_null(strstr(pages[i], "Generado: 2026-03-12 08:58:03"));
    }
    assert_non_null(strstr(pages[0], "Curso: Álgebra 4B"));
    assert_non_null(strstr(pages[0], "Por semana"));
    assert_non_null(strstr(pages[0], "100 %"));
    assert_non_null(strstr(pages[0], "12/03/2026"));
    assert_non_null(strstr(pages[0], "87.5 %"));
    assert_non_null(strstr(pages[1], "Universidad del Mayab · Registro: asistencia"));
    assert_non_null(strstr(pages[2], "1234567"));
}

static void test_scripts(void **state)
{
    static const char *const NAMES[] = {
        "علي حسن",       "דוד לוי",     "Ελένη Παπαδοπούλου",
        "Мария Иванова", "王小明",      "🙂 Ana",
        "Zoë Ćwiek",     "\xff broken", "e\xcc\x81\xcc\x81\xcc\x81\xcc\x81",
        "\x01\x02\t\n",
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(NAMES); i++) {
        struct table table;
        table_init(&table, 1);
        table.name = NAMES[i];
        table.report.title = NAMES[i];
        table.report.institution = NAMES[i];
        g_autoptr(GByteArray) bytes = table_write(&table, REPORT_FORMAT_PDF, NULL);
        table_finish(&table);
        g_autofree char *text = ask(bytes, TEXT);
        /* Their letters are in every font that we ask for. */
        if (i == 0)
            assert_true(strstr(text, "علي") || strstr(text, "ﻋﻠﻲ"));
        if (i == 2 || i == 3 || i == 6)
            assert_non_null(strstr(text, NAMES[i]));
    }
}

/* A sheet of a hundred sessions goes on across pages, each with the names. */
static void test_wide_table(void **state)
{
    enum { WIDE = 100 };
    struct table table;
    struct report_column columns[WIDE];
    char titles[WIDE][8];

    (void)state;
    table_init(&table, 5);
    memcpy(columns, table.columns, sizeof table.columns);
    columns[2].repeats = true;
    for (int i = TABLE_COLUMNS; i < WIDE; i++) {
        g_snprintf(titles[i], sizeof titles[i], "c%d", i);
        columns[i] = (struct report_column){.key = titles[i],
                                            .title = titles[i],
                                            .group = i < 50 ? "Marzo" : "Abril",
                                            .kind = REPORT_KIND_STATUS,
                                            .width = 4};
    }
    table.report.columns = columns;
    table.report.columns_n = WIDE;
    const struct report_options letter = {.paper = REPORT_PAPER_LETTER};
    g_autoptr(GByteArray) bytes = table_write(&table, REPORT_FORMAT_PDF, &letter);
    table_finish(&table);
    g_autofree char *info = ask(bytes, INFO);
    assert_non_null(strstr(info, "792 x 612 pts (letter)"));
    g_autofree char *text = ask(bytes, TEXT);
    g_auto(GStrv) pages = g_strsplit(text, "\f", -1);
    const guint n = g_strv_length(pages) - 1;
    assert_in_range(n, 3, 10);
    for (guint i = 0; i < n; i++)
        assert_non_null(strstr(pages[i], "Ana Núñez"));
    assert_non_null(strstr(pages[n - 1], "c99"));
    assert_null(strstr(pages[0], "c99"));
    assert_non_null(strstr(pages[1], "Marzo"));
}

static void test_long_words(void **state)
{
    struct table table;
    g_autofree char *word = g_strnfill(5000, 'w');

    (void)state;
    table_init(&table, 3);
    table.name = word;
    table.report.title = word;
    table.report.subtitle = NULL;
    table.report.institution = NULL;
    table.columns[2].title = word;
    g_autoptr(GByteArray) bytes = table_write(&table, REPORT_FORMAT_PDF, NULL);
    g_autofree char *info = ask(bytes, INFO);
    assert_non_null(strstr(info, "Pages:           1\n"));
    table.rows = 0;
    table.report.series_n = 0;
    g_autoptr(GByteArray) nothing = table_write(&table, REPORT_FORMAT_PDF, NULL);
    g_autofree char *text = ask(nothing, TEXT);
    assert_non_null(strstr(text, "No hay nada que mostrar."));
    assert_true(is_numbered(text, 1, 1));
    table_finish(&table);
}

/* Many plots take pages of their own, and the numbers of pages still agree. */
static void test_plots(void **state)
{
    static const char *const LABELS[] = {"lunes", "martes", "miércoles"};
    static const double COUNTS[2][3] = {{3, -1, 200}, {0, 0, G_MAXDOUBLE / 1e200}};
    static const double NOTHING[3] = {0, 0, 0};
    static const struct report_values BOTH[] = {{"a", COUNTS[0]}, {"b", COUNTS[1]}};
    static const struct report_values NONE[] = {{"c", NOTHING}};
    struct report_series series[6];
    struct table table;

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(series); i++)
        series[i] = (struct report_series){
            .title = "Plot",
            .plot = i % 2 ? REPORT_PLOT_BAR : REPORT_PLOT_LINE,
            .labels = LABELS,
            .labels_n = i == 5 ? 0 : 3,
            .values = i == 4 ? NONE : BOTH,
            .values_n = i == 4 ? 1 : 2,
        };
    table_init(&table, 30);
    table.report.series = series;
    table.report.series_n = G_N_ELEMENTS(series);
    g_autoptr(GByteArray) bytes = table_write(&table, REPORT_FORMAT_PDF, NULL);
    table_finish(&table);
    g_autofree char *info = ask(bytes, INFO);
    const char *pages = strstr(info, "Pages:");
    assert_non_null(pages);
    const gint64 n = g_ascii_strtoll(pages + strlen("Pages:"), NULL, 10);
    g_autofree char *text = ask(bytes, TEXT);
    assert_true(is_numbered(text, (int)n, (int)n));
}

/* A grey square. */
static GBytes *make_logo(void)
{
    png_image image = {
        .version = PNG_IMAGE_VERSION, .width = 64, .height = 32, .format = PNG_FORMAT_GRAY};
    guint8 pixels[64 * 32], file[4096];
    png_alloc_size_t size = sizeof file;

    memset(pixels, 128, sizeof pixels);
    assert_true(png_image_write_to_memory(&image, file, &size, 0, pixels, 0, NULL));
    return g_bytes_new(file, size);
}

static void test_logo(void **state)
{
    struct table table;

    (void)state;
    table_init(&table, 1);
    g_autoptr(GBytes) logo = make_logo();
    table.report.logo = logo;
    g_autoptr(GByteArray) bytes = table_write(&table, REPORT_FORMAT_PDF, NULL);
    g_autofree char *pictures = ask(bytes, PICTURES);
    assert_non_null(strstr(pictures, "64    32"));
    /* One that is damaged is left out. */
    g_autoptr(GBytes) broken = g_bytes_new_static("PNG?", 4);
    table.report.logo = broken;
    g_autoptr(GByteArray) without = table_write(&table, REPORT_FORMAT_PDF, NULL);
    g_autofree char *none = ask(without, PICTURES);
    assert_null(strstr(none, "image"));
    table_finish(&table);
}

static gpointer write_one(gpointer data)
{
    struct table table;

    (void)data;
    table_init(&table, 60);
    GByteArray *bytes = table_write(&table, REPORT_FORMAT_PDF, NULL);
    table_finish(&table);
    return bytes;
}

static void test_threads(void **state)
{
    GThread *threads[4];
    GByteArray *first = write_one(NULL);

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("pdf", write_one, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++) {
        g_autoptr(GByteArray) bytes = g_thread_join(threads[i]);
        assert_int_equal(bytes->len, first->len);
    }
    g_byte_array_unref(first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_document),   cmocka_unit_test(test_scripts),
        cmocka_unit_test(test_wide_table), cmocka_unit_test(test_long_words),
        cmocka_unit_test(test_plots),      cmocka_unit_test(test_logo),
        cmocka_unit_test(test_threads),
    };

    return cmocka_run_group_tests_name("PDF", tests, NULL, NULL);
}
