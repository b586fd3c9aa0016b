/* Where everything of a PDF goes: the rows as texts, the widths of columns, the pages. */
#include "report/pdf.h"

#include <math.h>
#include <string.h>

enum {
    SAMPLE_ROWS = 200,   /* rows whose texts are measured for the widths */
    CHARACTERS_MAX = 36, /* of a column's width */
    REMEMBERED_MAX = 20000,
};

/* Columns are squeezed to this part of what they want before a table goes on across pages. */
#define SQUEEZE 0.8

/* ---- rows ---- */

static const char *show_date(const struct pdf *pdf, const char *day, char *text, size_t size)
{
    if (!report_is_spanish(pdf->report) || !core_day_is_valid(day))
        return day;
    g_snprintf(text, size, "%.2s/%.2s/%.4s", day + 8, day + 5, day);
    return text;
}

static const char *show_instant(const struct pdf *pdf, base_time instant, char *text, size_t size)
{
    char clock[REPORT_CLOCK_SIZE], day[REPORT_CLOCK_SIZE];

    report_clock_instant(pdf->report, instant, clock);
    clock[10] = '\0';
    g_snprintf(text, size, "%s %s", show_date(pdf, clock, day, sizeof day), clock + 11);
    return text;
}

/* "08:58" unless there are seconds. */
static const char *show_time(gint64 second, char clock[static REPORT_CLOCK_SIZE])
{
    report_clock_time(second, clock);
    if (second % 60 == 0)
        clock[5] = '\0';
    return clock;
}

static const char *show_cell(const struct pdf *pdf, const struct report_cell *cell,
                             char text[static 2 * REPORT_CLOCK_SIZE])
{
    const size_t size = 2 * REPORT_CLOCK_SIZE;

    switch (cell->kind) {
    case REPORT_KIND_TEXT:
    case REPORT_KIND_STATUS:
        return cell->text;
    case REPORT_KIND_DATE:
        return show_date(pdf, cell->text, text, size);
    case REPORT_KIND_INTEGER:
        g_snprintf(text, size, "%" G_GINT64_FORMAT, cell->integer);
        return text;
    case REPORT_KIND_REAL:
        return g_ascii_formatd(text, (int)size, "%.2f", CLAMP(cell->real, -1e15, 1e15));
    case REPORT_KIND_PERCENT:
        g_ascii_formatd(text, (int)size, "%.1f", CLAMP(cell->real, -1e12, 1e12) * 100);
        g_strlcat(text, " %", size);
        return text;
    case REPORT_KIND_TIME:
        return show_time(cell->integer, text);
    case REPORT_KIND_INSTANT:
        return show_instant(pdf, cell->integer, text, size);
    case REPORT_KIND_DURATION:
        return report_clock_duration(cell->integer, text);
    default:
        return NULL;
    }
}

static void keep_row(struct pdf *pdf)
{
    const size_t n = pdf->report->columns_n;
    const char **texts = g_new0(const char *, n);
    guint8 *colour = g_new0(guint8, n);
    struct pdf_row row = {pdf->run->row.role, 0, texts, colour};
    char text[2 * REPORT_CLOCK_SIZE];

    g_ptr_array_add(pdf->memory, texts);
    g_ptr_array_add(pdf->memory, colour);
    for (size_t i = 0; i < n; i++) {
        const struct report_cell *cell = &pdf->run->row.cells[i];
        const char *shown = show_cell(pdf, cell, text);
        if (shown && *shown)
            texts[i] = g_string_chunk_insert_const(pdf->texts, shown);
        if (cell->kind == REPORT_KIND_STATUS && (unsigned)cell->status < CORE_STATUS_N)
            colour[i] = (guint8)(1 + cell->status);
    }
    g_array_append_val(pdf->rows, row);
}

static bool check_rows(const struct pdf *pdf, gint64 rows, GError **error)
{
    const gint64 most = MIN(REPORT_PDF_ROWS_MAX, PDF_CELLS_MAX / (gint64)pdf->report->columns_n);

    return rows <= most ||
           base_fail(error, BASE_ERROR_TOO_LARGE,
                     "The report is too long for a PDF, which takes %" G_GINT64_FORMAT
                     " rows. Please ask for a shorter period, or for a spreadsheet.",
                     most);
}

bool pdf_rows_read(struct pdf *pdf, GError **error)
{
    if (!check_rows(pdf, pdf->report->rows_total, error))
        return false;
    for (bool more = true;;) {
        if (!report_run_next(pdf->run, &more, error))
            return false;
        if (!more)
            return true;
        if (!check_rows(pdf, pdf->rows->len + 1, error))
            return false;
        keep_row(pdf);
    }
}

PangoAlignment pdf_alignment(enum report_kind kind)
{
    static const PangoAlignment ALIGNMENTS[REPORT_KIND_N] = {
        [REPORT_KIND_INTEGER] = PANGO_ALIGN_RIGHT,  [REPORT_KIND_REAL] = PANGO_ALIGN_RIGHT,
        [REPORT_KIND_PERCENT] = PANGO_ALIGN_RIGHT,  [REPORT_KIND_DATE] = PANGO_ALIGN_CENTER,
        [REPORT_KIND_TIME] = PANGO_ALIGN_CENTER,    [REPORT_KIND_INSTANT] = PANGO_ALIGN_CENTER,
        [REPORT_KIND_DURATION] = PANGO_ALIGN_RIGHT, [REPORT_KIND_STATUS] = PANGO_ALIGN_CENTER,
    };

    return ALIGNMENTS[kind];
}

/* ---- widths ---- */

static double text_width(struct pdf *pdf, enum pdf_font font, const char *text)
{
    double width, height;

    pdf_text_set(pdf, font, text, -1, 1);
    pdf_text_size(pdf, &width, &height);
    return width;
}

/* A title wraps between its words only. */
static double title_width(struct pdf *pdf, const char *title)
{
    g_auto(GStrv) words = g_strsplit_set(title ? title : "", " \t\n", -1);
    double widest = 0;

    for (char **word = words; *word; word++)
        widest = MAX(widest, text_width(pdf, PDF_FONT_BOLD, *word));
    return widest;
}

static double wanted_width(struct pdf *pdf, size_t column, double character)
{
    const struct report_column *about = &pdf->report->columns[column];
    const double most = character * CHARACTERS_MAX;
    double width = MIN(title_width(pdf, about->title), most);

    if (about->width > 0)
        return MAX(width, character * MIN(about->width, 2 * CHARACTERS_MAX)) + 2 * PDF_PAD;
    for (guint i = 0; i < pdf->rows->len; i++) {
        const struct pdf_row *row = &g_array_index(pdf->rows, struct pdf_row, i);
        if (i < SAMPLE_ROWS && row->texts[column])
            width = MAX(width, MIN(most, text_width(pdf, PDF_FONT_BODY, row->texts[column])));
    }
    return ceil(width) + 2 * PDF_PAD;
}

static double sum_widths(const struct pdf *pdf)
{
    double sum = 0;

    for (size_t i = 0; i < pdf->report->columns_n; i++)
        sum += pdf->widths[i];
    return sum;
}

/* Only texts can be wider or narrower than they want; without any all columns are. */
static void fit_widths(struct pdf *pdf, double room)
{
    const double sum = sum_widths(pdf);
    double texts = 0;

    for (size_t i = 0; i < pdf->report->columns_n; i++)
        if (pdf->report->columns[i].kind == REPORT_KIND_TEXT)
            texts += pdf->widths[i];
    const double flexible = texts > sum / 4 ? texts : sum;
    const double factor = 1 + (room - sum) / flexible;
    for (size_t i = 0; i < pdf->report->columns_n; i++)
        if (flexible == sum || pdf->report->columns[i].kind == REPORT_KIND_TEXT)
            pdf->widths[i] *= factor;
}

static void choose_widths(struct pdf *pdf)
{
    static const double PAPERS[REPORT_PAPER_N][2] = {
        [REPORT_PAPER_A4] = {595.276, 841.890},
        [REPORT_PAPER_LETTER] = {612, 792},
    };
    const double *paper =
        PAPERS[(unsigned)pdf->run->options.paper < REPORT_PAPER_N ? pdf->run->options.paper : 0];
    const double portrait = paper[0] - 2 * PDF_MARGIN, landscape = paper[1] - 2 * PDF_MARGIN;
    const double character = text_width(pdf, PDF_FONT_BODY, "0123456789") / 10;

    for (size_t i = 0; i < pdf->report->columns_n; i++)
        pdf->widths[i] = MIN(wanted_width(pdf, i, character), portrait / 2);
    const double sum = sum_widths(pdf);
    const bool upright = sum * SQUEEZE <= portrait;
    const double room = upright ? portrait : landscape;
    pdf->width = upright ? paper[0] : paper[1];
    pdf->height = upright ? paper[1] : paper[0];
    if (sum * SQUEEZE <= room)
        fit_widths(pdf, room);
}

/* ---- pages ---- */

static void choose_splits(struct pdf *pdf)
{
    const struct report_column *columns = pdf->report->columns;
    const double room = pdf->width - 2 * PDF_MARGIN;
    double repeated = 0;

    for (size_t i = 0; i < pdf->report->columns_n; i++)
        repeated += columns[i].repeats ? pdf->widths[i] : 0;
    /* Half of each page is for what is new on it. */
    const double factor = sum_widths(pdf) > room + 0.5 ? MIN(1, room / 2 / MAX(repeated, 1)) : 1;
    for (size_t i = 0; i < pdf->report->columns_n; i++)
        pdf->widths[i] *= columns[i].repeats ? factor : 1;
    repeated *= factor;
    for (size_t i = 0; i < pdf->report->columns_n;) {
        struct pdf_split split = {.first = i, .width = repeated};
        for (; i < pdf->report->columns_n; i++) {
            const double more = columns[i].repeats ? 0 : pdf->widths[i];
            /* One column there must be, however wide the repeated ones are. */
            if (split.width + more > room + 0.5 && split.width > repeated)
                break;
            split.width += more;
        }
        split.end = i;
        g_array_append_val(pdf->splits, split);
    }
}

struct measured {
    const char *text; /* of the chunk: the same text is at the same place */
    size_t column;
};

static guint measured_hash(gconstpointer data)
{
    const struct measured *measured = data;
    return g_direct_hash(measured->text) * 31 + (guint)measured->column;
}

static gboolean measured_equal(gconstpointer a, gconstpointer b)
{
    const struct measured *one = a, *two = b;
    return one->text == two->text && one->column == two->column;
}

static double text_height(struct pdf *pdf, enum pdf_font font, const char *text, size_t column)
{
    double width, height;

    pdf_text_set(pdf, font, text, pdf->widths[column] - 2 * PDF_PAD, PDF_LINES_MAX);
    pdf_text_size(pdf, &width, &height);
    return height;
}

/* The same names come again and again, so their heights are remembered. */
static double cell_height(struct pdf *pdf, GHashTable *known, const char *text, size_t column)
{
    const struct measured key = {text, column};
    gpointer lines;

    if (g_hash_table_lookup_extended(known, &key, NULL, &lines))
        return GPOINTER_TO_INT(lines) / 16.0;
    const double height = text_height(pdf, PDF_FONT_BODY, text, column);
    if (g_hash_table_size(known) < REMEMBERED_MAX)
        g_hash_table_insert(known, g_memdup2(&key, sizeof key),
                            GINT_TO_POINTER((int)ceil(height * 16)));
    return height;
}

static bool measure_rows(struct pdf *pdf, GError **error)
{
    g_autoptr(GHashTable) known =
        g_hash_table_new_full(measured_hash, measured_equal, g_free, NULL);

    for (guint i = 0; i < pdf->rows->len; i++) {
        struct pdf_row *row = &g_array_index(pdf->rows, struct pdf_row, i);
        double height = pdf->line;
        for (size_t j = 0; j < pdf->report->columns_n; j++)
            if (row->texts[j] && pdf->report->columns[j].kind == REPORT_KIND_TEXT)
                height = MAX(height, cell_height(pdf, known, row->texts[j], j));
        row->height = (float)(height + 2 * PDF_PAD_Y);
        if (i % 256 == 0 && !report_run_progress(pdf->run, error))
            return false;
    }
    return true;
}

static void measure_head(struct pdf *pdf)
{
    pdf->head_height = pdf->line;
    for (size_t i = 0; i < pdf->report->columns_n; i++) {
        const struct report_column *column = &pdf->report->columns[i];
        if (column->title && *column->title)
            pdf->head_height =
                MAX(pdf->head_height, text_height(pdf, PDF_FONT_BOLD, column->title, i));
        if (column->group && *column->group)
            pdf->group_height = pdf->line + 2 * PDF_PAD_Y;
    }
    pdf->head_height += 2 * PDF_PAD_Y;
}

/* Plots stand under the title: on the first page as many as fit, then on pages of their own. */
static double arrange_plots(struct pdf *pdf, double top, double bottom)
{
    double y = top;
    guint pages = 0, first = 0;

    for (size_t i = 0; i < pdf->report->series_n; i++) {
        if (!pdf_plot_is_drawn(&pdf->report->series[i]))
            continue;
        if (y + PDF_PLOT_HEIGHT > bottom) {
            pages++;
            y = PDF_MARGIN + 2 * pdf->line;
        }
        first += pages == 0;
        y += PDF_PLOT_HEIGHT;
    }
    pdf->plots_first = first;
    pdf->plot_pages = pages;
    return y;
}

/* Fills pages with rows from `y` of the first one on. */
static void choose_bands(struct pdf *pdf, double y, double bottom)
{
    const double head = pdf->group_height + pdf->head_height;
    struct pdf_band band = {0};

    y += head;
    for (guint i = 0; i < pdf->rows->len; i++) {
        const struct pdf_row *row = &g_array_index(pdf->rows, struct pdf_row, i);
        if (y + row->height > bottom && (i > band.first || pdf->bands->len == 0)) {
            band.end = i;
            g_array_append_val(pdf->bands, band);
            band.first = i;
            y = PDF_MARGIN + 2 * pdf->line + head;
        }
        y += row->height;
    }
    band.end = pdf->rows->len;
    g_array_append_val(pdf->bands, band);
}

bool pdf_arrange(struct pdf *pdf, GError **error)
{
    pdf->widths = g_new0(double, pdf->report->columns_n);
    choose_widths(pdf);
    choose_splits(pdf);
    measure_head(pdf);
    pdf->title_height = pdf_title(pdf, false);
    if (!measure_rows(pdf, error))
        return false;
    const double bottom = pdf->height - PDF_MARGIN - PDF_FOOTER;
    const double top = arrange_plots(pdf, PDF_MARGIN + pdf->title_height, bottom);
    choose_bands(pdf, top, bottom);
    pdf->pages = pdf->plot_pages + pdf->bands->len * pdf->splits->len;
    return true;
}
