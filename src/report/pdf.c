/*
 * PDF (ISO 32000) by cairo, its texts by pango, which finds a font for every script. The rows are
 * kept until all have come, for only then the number of pages is known; the file itself goes out as
 * it is made.
 */
#include "report/pdf.h"

#include <math.h>
#include <string.h>

#define LOGO_HEIGHT 48.0
#define LOGO_WIDTH 120.0

struct output {
    report_sink sink;
    gpointer data;
    GError *problem;
};

static cairo_status_t write_piece(void *closure, const unsigned char *data, unsigned int size)
{
    struct output *output = closure;

    if (output->problem || !output->sink((const char *)data, size, output->data, &output->problem))
        return CAIRO_STATUS_WRITE_ERROR;
    return CAIRO_STATUS_SUCCESS;
}

/* ---- text ---- */

void pdf_text_set(struct pdf *pdf, enum pdf_font font, const char *text, double width, int lines)
{
    pango_layout_set_font_description(pdf->layout, pdf->fonts[font]);
    pango_layout_set_alignment(pdf->layout, PANGO_ALIGN_LEFT);
    pango_layout_set_width(pdf->layout, width < 0 ? -1 : (int)(MAX(width, 1) * PANGO_SCALE));
    /* One paragraph, so that the lines are those of the whole text. */
    pango_layout_set_single_paragraph_mode(pdf->layout, TRUE);
    pango_layout_set_wrap(pdf->layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_ellipsize(pdf->layout, width < 0 ? PANGO_ELLIPSIZE_NONE : PANGO_ELLIPSIZE_END);
    pango_layout_set_height(pdf->layout, -lines);
    pango_layout_set_text(pdf->layout, text, -1);
}

void pdf_text_size(struct pdf *pdf, double *width, double *height)
{
    int w, h;

    pango_layout_get_size(pdf->layout, &w, &h);
    *width = (double)w / PANGO_SCALE;
    *height = (double)h / PANGO_SCALE;
}

void pdf_text_show(struct pdf *pdf, double x, double y)
{
    cairo_move_to(pdf->cairo, x, y);
    pango_cairo_show_layout(pdf->cairo, pdf->layout);
}

static void set_grey(struct pdf *pdf, double grey)
{
    cairo_set_source_rgb(pdf->cairo, grey, grey, grey);
}

static void fill_box(struct pdf *pdf, double x, double y, double width, double height)
{
    cairo_rectangle(pdf->cairo, x, y, width, height);
    cairo_fill(pdf->cairo);
}

/* ---- the head of the first page ---- */

/* One line of the head; moves *y below it. */
static void title_line(struct pdf *pdf, enum pdf_font font, const char *text, double width,
                       double *y, bool draw)
{
    double w, h;

    if (!text || !*text)
        return;
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    pdf_text_set(pdf, font, valid, width, PDF_LINES_MAX);
    pdf_text_size(pdf, &w, &h);
    if (draw)
        pdf_text_show(pdf, PDF_MARGIN, *y);
    *y += h;
}

double pdf_title(struct pdf *pdf, bool draw)
{
    const struct report *report = pdf->report;
    const double room = pdf->width - 2 * PDF_MARGIN;
    const double width = room - (pdf->logo ? pdf->logo_width + 4 * PDF_PAD : 0);
    double y = PDF_MARGIN;

    if (draw)
        set_grey(pdf, 0.35);
    title_line(pdf, PDF_FONT_SUBTITLE, report->institution, width, &y, draw);
    if (draw)
        set_grey(pdf, 0);
    title_line(pdf, PDF_FONT_TITLE, report->title, width, &y, draw);
    title_line(pdf, PDF_FONT_SUBTITLE, report->subtitle, width, &y, draw);
    if (pdf->logo)
        y = MAX(y, PDF_MARGIN + pdf->logo_height);
    y += PDF_PAD;
    for (size_t i = 0; i < report->parameters_n; i++) {
        const struct report_parameter *parameter = &report->parameters[i];
        g_autofree char *line =
            g_strdup_printf("%s: %s", parameter->label, parameter->value ? parameter->value : "");
        title_line(pdf, PDF_FONT_SMALL, line, room, &y, draw);
    }
    y += 2 * PDF_PAD;
    if (draw && pdf->logo) {
        const double scale = pdf->logo_height / (double)cairo_image_surface_get_height(pdf->logo);
        cairo_save(pdf->cairo);
        cairo_translate(pdf->cairo, pdf->width - PDF_MARGIN - pdf->logo_width, PDF_MARGIN);
        cairo_scale(pdf->cairo, scale, scale);
        cairo_set_source_surface(pdf->cairo, pdf->logo, 0, 0);
        cairo_paint(pdf->cairo);
        cairo_restore(pdf->cairo);
    }
    return y - PDF_MARGIN;
}

struct png {
    const guint8 *data;
    gsize left;
};

static cairo_status_t read_png(void *closure, unsigned char *data, unsigned int size)
{
    struct png *png = closure;

    if (size > png->left)
        return CAIRO_STATUS_READ_ERROR;
    memcpy(data, png->data, size);
    png->data += size;
    png->left -= size;
    return CAIRO_STATUS_SUCCESS;
}

/* A logo that cannot be read is left out: the report matters more. */
static void load_logo(struct pdf *pdf)
{
    struct png png = {0};

    if (!pdf->report->logo)
        return;
    png.data = g_bytes_get_data(pdf->report->logo, &png.left);
    pdf->logo = cairo_image_surface_create_from_png_stream(read_png, &png);
    if (cairo_surface_status(pdf->logo) != CAIRO_STATUS_SUCCESS) {
        cairo_surface_destroy(pdf->logo);
        pdf->logo = NULL;
        return;
    }
    const double width = cairo_image_surface_get_width(pdf->logo);
    const double height = cairo_image_surface_get_height(pdf->logo);
    const double scale = MIN(LOGO_HEIGHT / height, LOGO_WIDTH / width);
    pdf->logo_width = width * scale;
    pdf->logo_height = height * scale;
}

/* ---- the table ---- */

static void show_cell(struct pdf *pdf, enum pdf_font font, const char *text, PangoAlignment align,
                      double x, double y, double width, int lines)
{
    pdf_text_set(pdf, font, text, width - 2 * PDF_PAD, lines);
    pango_layout_set_alignment(pdf->layout, align);
    pdf_text_show(pdf, x + PDF_PAD, y + PDF_PAD_Y);
}

static bool is_on(const struct pdf *pdf, const struct pdf_split *split, size_t column)
{
    return pdf->report->columns[column].repeats || (column >= split->first && column < split->end);
}

static void draw_groups(struct pdf *pdf, const struct pdf_split *split, double y)
{
    const struct report_column *columns = pdf->report->columns;
    double x = PDF_MARGIN;

    for (size_t i = 0, end; i < pdf->report->columns_n; i = end) {
        double width = 0;
        for (end = i; end < pdf->report->columns_n; end++) {
            if (g_strcmp0(columns[end].group, columns[i].group) != 0)
                break;
            width += is_on(pdf, split, end) ? pdf->widths[end] : 0;
        }
        if (width > 0 && columns[i].group && *columns[i].group) {
            g_autofree char *valid = g_utf8_make_valid(columns[i].group, -1);
            show_cell(pdf, PDF_FONT_BOLD, valid, PANGO_ALIGN_CENTER, x, y, width, 1);
        }
        x += width;
    }
}

static void draw_head(struct pdf *pdf, const struct pdf_split *split, double y)
{
    const struct report_column *columns = pdf->report->columns;
    double x = PDF_MARGIN;

    set_grey(pdf, 0.92);
    fill_box(pdf, x, y, split->width, pdf->group_height + pdf->head_height);
    set_grey(pdf, 0);
    if (pdf->group_height > 0)
        draw_groups(pdf, split, y);
    y += pdf->group_height;
    for (size_t i = 0; i < pdf->report->columns_n; i++) {
        if (!is_on(pdf, split, i))
            continue;
        if (columns[i].title && *columns[i].title) {
            g_autofree char *valid = g_utf8_make_valid(columns[i].title, -1);
            show_cell(pdf, PDF_FONT_BOLD, valid, pdf_alignment(columns[i].kind), x, y,
                      pdf->widths[i], PDF_LINES_MAX);
        }
        x += pdf->widths[i];
    }
}

static void draw_row(struct pdf *pdf, const struct pdf_split *split, const struct pdf_row *row,
                     double y)
{
    static const double COLOURS[CORE_STATUS_N][3] = {
        [CORE_STATUS_PRESENT] = {0.85, 0.95, 0.87},
        [CORE_STATUS_LATE] = {1, 0.94, 0.76},
        [CORE_STATUS_ABSENT] = {0.98, 0.83, 0.82},
        [CORE_STATUS_EXCUSED] = {0.86, 0.9, 0.96},
    };
    const bool summary = row->role == REPORT_ROW_SUMMARY;
    double x = PDF_MARGIN;

    for (size_t i = 0; i < pdf->report->columns_n; i++) {
        if (!is_on(pdf, split, i))
            continue;
        if (row->colour[i]) {
            const double *colour = COLOURS[row->colour[i] - 1];
            cairo_set_source_rgb(pdf->cairo, colour[0], colour[1], colour[2]);
            fill_box(pdf, x + 0.5, y + 0.5, pdf->widths[i] - 1, row->height - 1);
        }
        set_grey(pdf, 0);
        if (row->texts[i])
            show_cell(pdf, summary ? PDF_FONT_BOLD : PDF_FONT_BODY, row->texts[i],
                      pdf_alignment(pdf->report->columns[i].kind), x, y, pdf->widths[i],
                      pdf->report->columns[i].kind == REPORT_KIND_TEXT ? PDF_LINES_MAX : 1);
        x += pdf->widths[i];
    }
    set_grey(pdf, summary ? 0.4 : 0.85);
    fill_box(pdf, PDF_MARGIN, summary ? y : y + row->height - 0.25, split->width, 0.5);
}

static void draw_band(struct pdf *pdf, const struct pdf_split *split, const struct pdf_band *band,
                      double y)
{
    if (band->first == band->end && pdf->rows->len > 0)
        return;
    draw_head(pdf, split, y);
    y += pdf->group_height + pdf->head_height;
    if (pdf->rows->len == 0)
        show_cell(pdf, PDF_FONT_BODY, report_word(pdf->report, REPORT_WORD_EMPTY), PANGO_ALIGN_LEFT,
                  PDF_MARGIN, y + 2 * PDF_PAD_Y, pdf->width - 2 * PDF_MARGIN, 1);
    for (guint i = band->first; i < band->end; i++) {
        const struct pdf_row *row = &g_array_index(pdf->rows, struct pdf_row, i);
        draw_row(pdf, split, row, y);
        y += row->height;
    }
}

/* ---- pages ---- */

/* What stands on every page; the first has its title besides. */
static void begin_page(struct pdf *pdf)
{
    const double room = pdf->width - 2 * PDF_MARGIN;
    const double y = pdf->height - PDF_MARGIN - pdf->line;
    char clock[REPORT_CLOCK_SIZE];

    pdf->page++;
    set_grey(pdf, 0.35);
    g_autofree char *number = g_strdup_printf("%u / %u", pdf->page, pdf->pages);
    show_cell(pdf, PDF_FONT_SMALL, number, PANGO_ALIGN_RIGHT, PDF_MARGIN, y, room, 1);
    g_autofree char *generated =
        g_strdup_printf("%s: %s", report_word(pdf->report, REPORT_WORD_GENERATED),
                        report_clock_instant(pdf->report, pdf->report->generated_at, clock));
    show_cell(pdf, PDF_FONT_SMALL, generated, PANGO_ALIGN_LEFT, PDF_MARGIN, y, room * 0.75, 1);
    if (pdf->page == 1) {
        (void)pdf_title(pdf, true);
        return;
    }
    g_autofree char *head =
        g_strjoin(pdf->report->institution && *pdf->report->institution ? " · " : "",
                  pdf->report->institution ? pdf->report->institution : "",
                  pdf->report->title ? pdf->report->title : "", NULL);
    g_autofree char *valid = g_utf8_make_valid(head, -1);
    show_cell(pdf, PDF_FONT_SMALL, valid, PANGO_ALIGN_LEFT, PDF_MARGIN, PDF_MARGIN, room, 1);
}

static bool end_page(struct pdf *pdf, const struct output *output, GError **error)
{
    cairo_show_page(pdf->cairo);
    if (cairo_status(pdf->cairo) == CAIRO_STATUS_SUCCESS)
        return report_run_progress(pdf->run, error);
    if (output->problem)
        return false;
    return base_fail(error, BASE_ERROR_INTERNAL, "The PDF could not be made: %s.",
                     cairo_status_to_string(cairo_status(pdf->cairo)));
}

/* Draws the plots and leaves the page open on which the table begins, at *y. */
static bool draw_plots(struct pdf *pdf, const struct output *output, double *y, GError **error)
{
    const double bottom = pdf->height - PDF_MARGIN - PDF_FOOTER;

    *y = PDF_MARGIN + pdf->title_height;
    for (size_t i = 0; i < pdf->report->series_n; i++) {
        if (!pdf_plot_is_drawn(&pdf->report->series[i]))
            continue;
        if (*y + PDF_PLOT_HEIGHT > bottom) {
            if (!end_page(pdf, output, error))
                return false;
            begin_page(pdf);
            *y = PDF_MARGIN + 2 * pdf->line;
        }
        pdf_plot_draw(pdf, &pdf->report->series[i], PDF_MARGIN, *y, pdf->width - 2 * PDF_MARGIN);
        *y += PDF_PLOT_HEIGHT;
    }
    return true;
}

static bool draw_pages(struct pdf *pdf, const struct output *output, GError **error)
{
    double y;

    begin_page(pdf);
    if (!draw_plots(pdf, output, &y, error))
        return false;
    for (guint i = 0; i < pdf->bands->len; i++) {
        for (guint j = 0; j < pdf->splits->len; j++) {
            if (i + j > 0)
                begin_page(pdf);
            draw_band(pdf, &g_array_index(pdf->splits, struct pdf_split, j),
                      &g_array_index(pdf->bands, struct pdf_band, i), y);
            if (!end_page(pdf, output, error))
                return false;
            y = PDF_MARGIN + 2 * pdf->line;
        }
    }
    return true;
}

/* ---- the document ---- */

static bool begin_text(struct pdf *pdf, PangoFontMap *map, GError **error)
{
    static const struct {
        double size;
        PangoWeight weight;
    } FONTS[PDF_FONT_N] = {
        [PDF_FONT_TITLE] = {15, PANGO_WEIGHT_BOLD},
        [PDF_FONT_SUBTITLE] = {10, PANGO_WEIGHT_NORMAL},
        [PDF_FONT_SMALL] = {8, PANGO_WEIGHT_NORMAL},
        [PDF_FONT_BODY] = {8, PANGO_WEIGHT_NORMAL},
        [PDF_FONT_BOLD] = {8, PANGO_WEIGHT_BOLD},
    };
    g_autofree PangoFontFamily **families = NULL;
    double width;
    int families_n = 0;

    /* Without any font pango would end the program. */
    pango_font_map_list_families(map, &families, &families_n);
    if (families_n == 0)
        return base_fail(error, BASE_ERROR_UNAVAILABLE,
                         "This server has no fonts, so it cannot make a PDF. Please install "
                         "fonts-dejavu-core.");
    pdf->context = pango_font_map_create_context(map);
    pango_cairo_context_set_resolution(pdf->context, 72);
    for (int i = 0; i < PDF_FONT_N; i++) {
        pdf->fonts[i] = pango_font_description_from_string("DejaVu Sans, sans-serif");
        pango_font_description_set_absolute_size(pdf->fonts[i], FONTS[i].size * PANGO_SCALE);
        pango_font_description_set_weight(pdf->fonts[i], FONTS[i].weight);
    }
    pdf->layout = pango_layout_new(pdf->context);
    pdf_text_set(pdf, PDF_FONT_BODY, "Ág", -1, 1);
    pdf_text_size(pdf, &width, &pdf->line);
    return true;
}

static void set_metadata(cairo_surface_t *surface, const struct report *report)
{
    char created[BASE_TIME_TEXT_SIZE];
    const struct {
        cairo_pdf_metadata_t kind;
        const char *text;
    } texts[] = {
        {CAIRO_PDF_METADATA_TITLE, report->title},
        {CAIRO_PDF_METADATA_SUBJECT, report->subtitle},
        {CAIRO_PDF_METADATA_AUTHOR, report->institution},
        {CAIRO_PDF_METADATA_CREATOR, "Presente"},
        {CAIRO_PDF_METADATA_CREATE_DATE,
         base_time_format(report->generated_at / BASE_TIME_SECOND * BASE_TIME_SECOND, created)},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *valid = texts[i].text ? g_utf8_make_valid(texts[i].text, -1) : NULL;
        if (valid)
            cairo_pdf_surface_set_metadata(surface, texts[i].kind, valid);
    }
}

static bool write_document(struct pdf *pdf, struct output *output, GError **error)
{
    cairo_surface_t *surface =
        cairo_pdf_surface_create_for_stream(write_piece, output, pdf->width, pdf->height);

    set_metadata(surface, pdf->report);
    pdf->cairo = cairo_create(surface);
    pango_cairo_update_context(pdf->cairo, pdf->context);
    pango_cairo_context_set_resolution(pdf->context, 72);
    pango_layout_context_changed(pdf->layout);
    bool ok = draw_pages(pdf, output, error);
    cairo_destroy(pdf->cairo);
    cairo_surface_finish(surface);
    const cairo_status_t status = cairo_surface_status(surface);
    cairo_surface_destroy(surface);
    if (output->problem) {
        if (!error || !*error)
            g_propagate_error(error, g_steal_pointer(&output->problem));
        g_clear_error(&output->problem);
        return false;
    }
    return ok && (status == CAIRO_STATUS_SUCCESS ||
                  base_fail(error, BASE_ERROR_INTERNAL, "The PDF could not be made: %s.",
                            cairo_status_to_string(status)));
}

static void finish(struct pdf *pdf)
{
    g_clear_object(&pdf->layout);
    g_clear_object(&pdf->context);
    for (int i = 0; i < PDF_FONT_N; i++)
        g_clear_pointer(&pdf->fonts[i], pango_font_description_free);
    g_clear_pointer(&pdf->logo, cairo_surface_destroy);
    g_array_unref(pdf->rows);
    g_array_unref(pdf->splits);
    g_array_unref(pdf->bands);
    g_ptr_array_unref(pdf->memory);
    g_string_chunk_free(pdf->texts);
    g_free(pdf->widths);
}

bool report_write_pdf(const struct report *report, const struct report_options *options,
                      report_sink sink, gpointer sink_data, GError **error)
{
    struct report_run run;
    struct output output = {sink, sink_data, NULL};
    struct pdf pdf = {
        .report = report,
        .run = &run,
        .rows = g_array_new(FALSE, FALSE, sizeof(struct pdf_row)),
        .splits = g_array_new(FALSE, FALSE, sizeof(struct pdf_split)),
        .bands = g_array_new(FALSE, FALSE, sizeof(struct pdf_band)),
        .memory = g_ptr_array_new_with_free_func(g_free),
        .texts = g_string_chunk_new(64 * 1024),
    };
    bool ok = report_run_init(&run, report, options, error);
    /* A map of its own, because one may be used by a thread at a time. */
    PangoFontMap *map = ok ? pango_cairo_font_map_new() : NULL;

    if (ok)
        load_logo(&pdf);
    ok = ok && begin_text(&pdf, map, error) && pdf_rows_read(&pdf, error) &&
         pdf_arrange(&pdf, error) && write_document(&pdf, &output, error);
    finish(&pdf);
    g_clear_object(&map);
    report_run_finish(&run);
    return ok;
}
