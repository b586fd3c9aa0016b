#include "report/overlay.h"

#include "base/error.h"

#include <math.h>
#include <pango/pangocairo.h>

/* Squares across a hidden face: too few to tell anybody from it. */
#define SQUARES 6
/* What is hidden beyond the box, in its sizes: hair and ears tell people apart too. */
#define HIDDEN_ROOM 0.25
#define LABEL_MIN 9.0 /* pixels of the letters' height */
#define LABEL_MAX 28.0
#define LABEL_WIDTHS 3

/* ---- hiding ---- */

struct area {
    int left, top, right, bottom;
};

static struct area area_of(const struct report_overlay *overlay, int width, int height)
{
    const double more_x = overlay->width * HIDDEN_ROOM, more_y = overlay->height * HIDDEN_ROOM;

    return (struct area){
        .left = (int)CLAMP(floor(overlay->x - more_x), 0, width),
        .top = (int)CLAMP(floor(overlay->y - more_y), 0, height),
        .right = (int)CLAMP(ceil(overlay->x + overlay->width + more_x), 0, width),
        .bottom = (int)CLAMP(ceil(overlay->y + overlay->height + more_y), 0, height),
    };
}

/* One square becomes its mean. */
static void flatten(uint8_t *rgb, int width, const struct area *area)
{
    guint64 sum[3] = {0};
    const guint64 n = (guint64)(area->right - area->left) * (guint64)(area->bottom - area->top);

    for (int pass = 0; n > 0 && pass < 2; pass++)
        for (int y = area->top; y < area->bottom; y++)
            for (int x = area->left; x < area->right; x++)
                for (int c = 0; c < 3; c++) {
                    uint8_t *value = &rgb[((size_t)y * (size_t)width + (size_t)x) * 3 + (size_t)c];
                    if (pass == 0)
                        sum[c] += *value;
                    else
                        *value = (uint8_t)(sum[c] / n);
                }
}

static void hide(uint8_t *rgb, int width, int height, const struct report_overlay *overlay)
{
    const struct area whole = area_of(overlay, width, height);
    const int side = MAX((int)ceil(overlay->width / SQUARES), 2);

    for (int y = whole.top; y < whole.bottom; y += side)
        for (int x = whole.left; x < whole.right; x += side) {
            const struct area square = {x, y, MIN(x + side, whole.right),
                                        MIN(y + side, whole.bottom)};
            flatten(rgb, width, &square);
        }
}

/* ---- drawing ---- */

static void draw_frame(cairo_t *cairo, const struct report_overlay *overlay, double line)
{
    const double dash = line * 3;

    cairo_set_source_rgb(cairo, overlay->red, overlay->green, overlay->blue);
    cairo_set_line_width(cairo, line);
    cairo_set_dash(cairo, &dash, overlay->doubtful ? 1 : 0, 0);
    cairo_rectangle(cairo, overlay->x, overlay->y, overlay->width, overlay->height);
    cairo_stroke(cairo);
}

static void draw_label(cairo_t *cairo, PangoLayout *layout, const struct report_overlay *overlay,
                       int width)
{
    const double size = CLAMP(overlay->height / 6, LABEL_MIN, LABEL_MAX);
    g_autofree char *text =
        overlay->doubtful ? g_strconcat(overlay->text, " ?", NULL) : g_strdup(overlay->text);
    PangoFontDescription *font = pango_font_description_from_string("Sans");
    int label_width, label_height;

    pango_font_description_set_absolute_size(font, size * PANGO_SCALE);
    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);
    pango_layout_set_width(layout, (int)(MAX(overlay->width, 40) * LABEL_WIDTHS * PANGO_SCALE));
    pango_layout_set_text(layout, text, -1);
    pango_layout_get_pixel_size(layout, &label_width, &label_height);
    const double x = CLAMP(overlay->x, 0, MAX(width - label_width - 4, 0));
    const double above = overlay->y - label_height - 2;
    const double y = above >= 0 ? above : overlay->y + overlay->height + 2;
    cairo_set_source_rgba(cairo, overlay->red, overlay->green, overlay->blue, 0.85);
    cairo_rectangle(cairo, x, y, label_width + 4, label_height);
    cairo_fill(cairo);
    cairo_set_source_rgb(cairo, 1, 1, 1);
    cairo_move_to(cairo, x + 2, y);
    pango_cairo_show_layout(cairo, layout);
}

static void draw(cairo_t *cairo, int width, int height, const struct report_overlay *overlays,
                 size_t n)
{
    PangoLayout *layout = pango_cairo_create_layout(cairo);
    const double line = CLAMP(MAX(width, height) / 700.0, 1, 4);

    pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
    pango_layout_set_height(layout, 0);
    for (size_t i = 0; i < n; i++)
        draw_frame(cairo, &overlays[i], line);
    for (size_t i = 0; i < n; i++)
        if (overlays[i].text && *overlays[i].text)
            draw_label(cairo, layout, &overlays[i], width);
    g_object_unref(layout);
}

/* ---- pixels ---- */

/* cairo's pixels are words of 0x00RRGGBB. */
static void to_surface(const uint8_t *rgb, int width, int height, cairo_surface_t *surface)
{
    uint8_t *data = cairo_image_surface_get_data(surface);
    const int stride = cairo_image_surface_get_stride(surface);

    for (int y = 0; y < height; y++) {
        guint32 *row = (guint32 *)(void *)(data + (ptrdiff_t)y * stride);
        for (int x = 0; x < width; x++, rgb += 3)
            row[x] = (guint32)rgb[0] << 16 | (guint32)rgb[1] << 8 | rgb[2];
    }
    cairo_surface_mark_dirty(surface);
}

static void from_surface(cairo_surface_t *surface, int width, int height, uint8_t *rgb)
{
    const uint8_t *data = cairo_image_surface_get_data(surface);
    const int stride = cairo_image_surface_get_stride(surface);

    for (int y = 0; y < height; y++) {
        const guint32 *row = (const guint32 *)(const void *)(data + (ptrdiff_t)y * stride);
        for (int x = 0; x < width; x++, rgb += 3) {
            rgb[0] = (uint8_t)(row[x] >> 16);
            rgb[1] = (uint8_t)(row[x] >> 8);
            rgb[2] = (uint8_t)row[x];
        }
    }
}

bool report_overlay_draw(uint8_t *rgb, int width, int height, const struct report_overlay *overlays,
                         size_t n, GError **error)
{
    for (size_t i = 0; i < n; i++)
        if (overlays[i].hidden)
            hide(rgb, width, height, &overlays[i]);
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height);
    const bool ok = cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS;
    if (ok) {
        to_surface(rgb, width, height, surface);
        cairo_t *cairo = cairo_create(surface);
        draw(cairo, width, height, overlays, n);
        cairo_destroy(cairo);
        cairo_surface_flush(surface);
        from_surface(surface, width, height, rgb);
    } else {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INTERNAL,
                            "The picture cannot be drawn: there is not enough memory.");
    }
    cairo_surface_destroy(surface);
    return ok;
}
