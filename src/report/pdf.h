/* Private to this folder: what the files of the PDF writer share. Lengths are points (1/72 inch),
 * y grows downwards. */
#ifndef REPORT_PDF_H
#define REPORT_PDF_H

#include "report/internal.h"

#include <cairo-pdf.h>
#include <pango/pangocairo.h>

enum {
    PDF_CELLS_MAX = 2000000, /* of all rows: they are kept in memory */
    PDF_LINES_MAX = 3,       /* of a cell; what does not fit ends with an ellipsis */
};

#define PDF_MARGIN 36.0
#define PDF_FOOTER 20.0 /* above the lower margin */
#define PDF_PAD 3.0     /* beside a cell's text */
#define PDF_PAD_Y 2.0
#define PDF_PLOT_HEIGHT 190.0

enum pdf_font {
    PDF_FONT_TITLE,
    PDF_FONT_SUBTITLE,
    PDF_FONT_SMALL,
    PDF_FONT_BODY,
    PDF_FONT_BOLD,
    PDF_FONT_N,
};

/* A row as it is shown; the texts belong to the table. */
struct pdf_row {
    enum report_row_role role;
    float height;
    const char **texts;   /* one a column; NULL: empty */
    const guint8 *colour; /* one a column: 0 none, otherwise 1 + enum core_status */
};

/* Columns that stand on a page together: the repeated ones and [first, end). */
struct pdf_split {
    size_t first, end;
    double width;
};

/* Rows that stand on a page together. */
struct pdf_band {
    guint first, end;
};

struct pdf {
    const struct report *report;
    struct report_run *run;
    PangoContext *context;
    PangoLayout *layout;
    PangoFontDescription *fonts[PDF_FONT_N];
    double line; /* height of a line of the body */

    double width, height; /* of a page */
    double *widths;       /* of the columns */
    double group_height;  /* of the heading over columns; 0: there is none */
    double head_height;   /* of the columns' titles */
    GArray *rows;         /* struct pdf_row */
    GStringChunk *texts;
    GPtrArray *memory; /* of the rows */
    GArray *splits;    /* struct pdf_split */
    GArray *bands;     /* struct pdf_band */
    guint plots_first; /* plots on the first page */
    guint plot_pages;  /* further pages of plots alone */
    double title_height;
    cairo_surface_t *logo; /* NULL: none */
    double logo_width, logo_height;

    cairo_t *cairo;
    guint page, pages;
};

/* Sets text, font and width (-1: as wide as it is) of the layout that all share, at most `lines`
 * lines, and gives its size. */
void pdf_text_set(struct pdf *pdf, enum pdf_font font, const char *text, double width, int lines);
void pdf_text_size(struct pdf *pdf, double *width, double *height);
/* Draws it there. */
void pdf_text_show(struct pdf *pdf, double x, double y);

/* The logo, the names and the parameters at the top of the first page; its height. Nothing is drawn
 * unless `draw`. */
double pdf_title(struct pdf *pdf, bool draw);

/* ---- pdf_layout.c ---- */

/* Pulls all the rows. */
bool pdf_rows_read(struct pdf *pdf, GError **error);
/* Decides on paper, widths and pages. */
bool pdf_arrange(struct pdf *pdf, GError **error);
/* How the cells of a column are aligned. */
PangoAlignment pdf_alignment(enum report_kind kind);

/* ---- pdf_plot.c ---- */

/* Draws one plot, PDF_PLOT_HEIGHT high. */
void pdf_plot_draw(struct pdf *pdf, const struct report_series *series, double x, double y,
                   double width);
/* Whether there is something to draw. */
bool pdf_plot_is_drawn(const struct report_series *series);

#endif
