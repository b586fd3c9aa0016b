/* Plots of a PDF: lines or bars over labels. */
#include "report/pdf.h"

#include <math.h>

enum {
    COLOURS_N = 6,
    TICKS = 4,
};

#define AXIS_WIDTH 40.0 /* left of the plot, for the numbers */
#define TITLE_ROOM 16.0
#define LABEL_ROOM 26.0 /* below the plot */
#define LEGEND_GAP 14.0
#define MARK_RADIUS 1.8

/* Okabe and Ito's colours, which people with any colour vision tell apart. */
static const double COLOURS[COLOURS_N][3] = {
    {0, 0.447, 0.698},   {0.835, 0.369, 0}, {0, 0.62, 0.451},
    {0.8, 0.475, 0.655}, {0.902, 0.624, 0}, {0.337, 0.706, 0.914},
};

struct area {
    struct pdf *pdf;
    const struct report_series *series;
    double x, y, width, height;
    double low, high, step;
};

bool pdf_plot_is_drawn(const struct report_series *series)
{
    return series->labels_n > 0 && series->values_n > 0;
}

static void set_colour(struct pdf *pdf, size_t index)
{
    const double *colour = COLOURS[index % COLOURS_N];

    cairo_set_source_rgb(pdf->cairo, colour[0], colour[1], colour[2]);
}

/* 1, 2 or 5 times a power of ten, at least as large as the number. */
static double round_step(double step)
{
    const double power = pow(10, floor(log10(step)));
    const double digit = step / power;

    return power * (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10);
}

static void find_range(struct area *area)
{
    const struct report_series *series = area->series;
    double low = 0, high = series->is_share ? 1 : 0;

    for (size_t i = 0; i < series->values_n; i++) {
        for (size_t j = 0; j < series->labels_n; j++) {
            const double value = series->values[i].values[j];
            if (isfinite(value)) {
                low = MIN(low, value);
                high = MAX(high, value);
            }
        }
    }
    area->step = series->is_share && high <= 1 && low >= 0
                     ? 0.25
                     : round_step(MAX((high - low) / TICKS, series->is_share ? 0.01 : 1e-9));
    /* Counts have no halves. */
    if (!series->is_share && high - low < TICKS && high == floor(high))
        area->step = MAX(area->step, 1);
    area->low = floor(low / area->step) * area->step;
    area->high = MAX(ceil(high / area->step - 1e-9) * area->step, area->low + area->step);
}

static double place(const struct area *area, double value)
{
    return area->y + area->height * (1 - (value - area->low) / (area->high - area->low));
}

static void show(const struct area *area, const char *text, PangoAlignment align, double x,
                 double y, double width)
{
    g_autofree char *valid = g_utf8_make_valid(text ? text : "", -1);

    pdf_text_set(area->pdf, PDF_FONT_SMALL, valid, width, 1);
    pango_layout_set_alignment(area->pdf->layout, align);
    pdf_text_show(area->pdf, x, y);
}

static void draw_axis(const struct area *area)
{
    cairo_t *cairo = area->pdf->cairo;

    cairo_set_line_width(cairo, 0.5);
    for (double value = area->low; value <= area->high + area->step / 2; value += area->step) {
        char text[32];
        const double y = place(area, value);
        cairo_set_source_rgb(cairo, 0.85, 0.85, 0.85);
        cairo_move_to(cairo, area->x, y);
        cairo_line_to(cairo, area->x + area->width, y);
        cairo_stroke(cairo);
        g_ascii_formatd(text, sizeof text, "%.6g",
                        area->series->is_share ? round(value * 1000) / 10 : value);
        if (area->series->is_share)
            g_strlcat(text, " %", sizeof text);
        cairo_set_source_rgb(cairo, 0.25, 0.25, 0.25);
        show(area, text, PANGO_ALIGN_RIGHT, area->x - AXIS_WIDTH, y - area->pdf->line / 2,
             AXIS_WIDTH - PDF_PAD);
    }
}

/* As many labels as find room beside one another. */
static void draw_labels(const struct area *area)
{
    const struct report_series *series = area->series;
    const double step = area->width / (double)series->labels_n;
    double widest = 1;

    for (size_t i = 0; i < series->labels_n; i++) {
        double width, height;
        g_autofree char *valid = g_utf8_make_valid(series->labels[i] ? series->labels[i] : "", -1);
        pdf_text_set(area->pdf, PDF_FONT_SMALL, valid, -1, 1);
        pdf_text_size(area->pdf, &width, &height);
        widest = MAX(widest, width);
    }
    const double room = MIN(widest + 2 * PDF_PAD, area->width / 3);
    const size_t each = MAX((size_t)ceil(room / step), 1);
    const double y = area->y + area->height + PDF_PAD;
    for (size_t i = 0; i < series->labels_n; i += each) {
        const double middle = area->x + ((double)i + 0.5) * step;
        const double width = (double)each * step;
        show(area, series->labels[i], PANGO_ALIGN_CENTER, middle - width / 2, y, width);
    }
    if (series->x_title)
        show(area, series->x_title, PANGO_ALIGN_CENTER, area->x, y + area->pdf->line, area->width);
}

static void draw_bars(const struct area *area, size_t index)
{
    const struct report_series *series = area->series;
    const double step = area->width / (double)series->labels_n;
    const double width = step * 0.8 / (double)series->values_n;

    set_colour(area->pdf, index);
    for (size_t j = 0; j < series->labels_n; j++) {
        const double value = series->values[index].values[j];
        if (!isfinite(value))
            continue;
        const double x = area->x + ((double)j + 0.1) * step + (double)index * width;
        const double from = place(area, CLAMP(0, area->low, area->high)), to = place(area, value);
        cairo_rectangle(area->pdf->cairo, x, MIN(from, to), width * 0.95, fabs(to - from));
        cairo_fill(area->pdf->cairo);
    }
}

static void draw_line(const struct area *area, size_t index)
{
    static const double DASHES[2] = {4, 2};
    const struct report_series *series = area->series;
    const double step = area->width / (double)series->labels_n;
    cairo_t *cairo = area->pdf->cairo;
    bool drawing = false;

    set_colour(area->pdf, index);
    cairo_set_line_width(cairo, 1.2);
    cairo_set_dash(cairo, DASHES, index >= COLOURS_N ? 2 : 0, 0);
    for (size_t j = 0; j < series->labels_n; j++) {
        const double value = series->values[index].values[j];
        if (isfinite(value) && drawing)
            cairo_line_to(cairo, area->x + ((double)j + 0.5) * step, place(area, value));
        else if (isfinite(value))
            cairo_move_to(cairo, area->x + ((double)j + 0.5) * step, place(area, value));
        drawing = isfinite(value);
    }
    cairo_stroke(cairo);
    cairo_set_dash(cairo, NULL, 0, 0);
    for (size_t j = 0; j < series->labels_n; j++) {
        const double value = series->values[index].values[j];
        if (!isfinite(value))
            continue;
        cairo_arc(cairo, area->x + ((double)j + 0.5) * step, place(area, value), MARK_RADIUS, 0,
                  2 * G_PI);
        cairo_fill(cairo);
    }
}

/* On the line of the title, from the right. */
static void draw_legend(const struct area *area, double y)
{
    const struct report_series *series = area->series;
    double right = area->x + area->width;

    for (size_t i = series->values_n; i-- > 0;) {
        double width, height;
        g_autofree char *valid =
            g_utf8_make_valid(series->values[i].name ? series->values[i].name : "", -1);
        pdf_text_set(area->pdf, PDF_FONT_SMALL, valid, -1, 1);
        pdf_text_size(area->pdf, &width, &height);
        right -= width;
        if (right < area->x + area->width / 2)
            return;
        cairo_set_source_rgb(area->pdf->cairo, 0.25, 0.25, 0.25);
        pdf_text_show(area->pdf, right, y);
        set_colour(area->pdf, i);
        cairo_rectangle(area->pdf->cairo, right - 10, y + height / 2 - 3, 7, 6);
        cairo_fill(area->pdf->cairo);
        right -= 10 + LEGEND_GAP;
    }
}

void pdf_plot_draw(struct pdf *pdf, const struct report_series *series, double x, double y,
                   double width)
{
    struct area area = {
        .pdf = pdf,
        .series = series,
        .x = x + AXIS_WIDTH,
        .y = y + TITLE_ROOM + pdf->line,
        .width = width - AXIS_WIDTH,
        .height = PDF_PLOT_HEIGHT - TITLE_ROOM - pdf->line - LABEL_ROOM - PDF_PAD,
    };
    g_autofree char *title = g_utf8_make_valid(series->title ? series->title : "", -1);

    find_range(&area);
    cairo_set_source_rgb(pdf->cairo, 0, 0, 0);
    pdf_text_set(pdf, PDF_FONT_BOLD, title, width / 2, 1);
    pdf_text_show(pdf, x, y);
    if (series->values_n > 1)
        draw_legend(&area, y);
    cairo_set_source_rgb(pdf->cairo, 0.25, 0.25, 0.25);
    if (series->y_title)
        show(&area, series->y_title, PANGO_ALIGN_LEFT, x, y + pdf->line, width / 2);
    draw_axis(&area);
    draw_labels(&area);
    for (size_t i = 0; i < series->values_n; i++) {
        if (series->plot == REPORT_PLOT_BAR)
            draw_bars(&area, i);
        else
            draw_line(&area, i);
    }
}
