#include "nn/quantise.h"

#include "base/error.h"

#include <math.h>

/* More than any network that is worth it. */
#define LAYERS_MAX 4096
#define CHANNELS_MAX 65536

struct nn_ranges {
    GPtrArray *layers; /* struct nn_range * */
};

static void range_free(gpointer data)
{
    struct nn_range *range = data;
    g_free(range->low);
    g_free(range->high);
    g_free(range);
}

static struct nn_range *range_new(int64_t channels)
{
    struct nn_range *range = g_new0(struct nn_range, 1);
    range->channels = channels;
    range->low = g_new(float, channels);
    range->high = g_new(float, channels);
    for (int64_t c = 0; c < channels; c++) {
        range->low[c] = INFINITY;
        range->high[c] = -INFINITY;
    }
    return range;
}

struct nn_ranges *nn_ranges_create(void)
{
    struct nn_ranges *ranges = g_new0(struct nn_ranges, 1);
    ranges->layers = g_ptr_array_new_with_free_func(range_free);
    return ranges;
}

void nn_ranges_destroy(struct nn_ranges *ranges)
{
    if (ranges != NULL) {
        g_ptr_array_unref(ranges->layers);
        g_free(ranges);
    }
}

unsigned nn_ranges_count(const struct nn_ranges *ranges)
{
    return ranges->layers->len;
}

const struct nn_range *nn_ranges_layer(const struct nn_ranges *ranges, unsigned layer)
{
    return layer < ranges->layers->len ? g_ptr_array_index(ranges->layers, layer) : NULL;
}

struct nn_range *nn_ranges_layer_add(struct nn_ranges *ranges, unsigned layer, int64_t channels)
{
    g_assert(layer <= ranges->layers->len);
    if (layer == ranges->layers->len) {
        g_ptr_array_add(ranges->layers, range_new(channels));
    }
    struct nn_range *range = g_ptr_array_index(ranges->layers, layer);
    return range->channels == channels ? range : NULL;
}

void nn_range_widen(struct nn_range *range, const float *values, int64_t pixels)
{
    for (int64_t i = 0; i < pixels; i++, values += range->channels) {
        for (int64_t c = 0; c < range->channels; c++) {
            range->low[c] = fminf(range->low[c], values[c]);
            range->high[c] = fmaxf(range->high[c], values[c]);
        }
    }
}

char *nn_ranges_text(const struct nn_ranges *ranges)
{
    GString *text = g_string_new(NULL);
    for (unsigned i = 0; i < ranges->layers->len; i++) {
        const struct nn_range *range = nn_ranges_layer(ranges, i);
        for (int64_t c = 0; c < range->channels; c++) {
            char low[G_ASCII_DTOSTR_BUF_SIZE];
            char high[G_ASCII_DTOSTR_BUF_SIZE];
            g_ascii_formatd(low, sizeof low, "%.6g", (double)range->low[c]);
            g_ascii_formatd(high, sizeof high, "%.6g", (double)range->high[c]);
            g_string_append_printf(text, "%s%s %s", c > 0 ? " " : "", low, high);
        }
        g_string_append_c(text, '\n');
    }
    return g_string_free(text, FALSE);
}

static bool parse_number(const char *word, float *number)
{
    char *end = NULL;
    double value = g_ascii_strtod(word, &end);
    *number = (float)value;
    return end != word && *end == '\0' && isfinite(*number);
}

static struct nn_range *parse_layer(const char *line)
{
    g_auto(GStrv) words = g_strsplit(line, " ", 2 * CHANNELS_MAX + 1);
    guint n = g_strv_length(words);
    if (n == 0 || n % 2 != 0 || n > 2 * CHANNELS_MAX) {
        return NULL;
    }
    struct nn_range *range = range_new(n / 2);
    for (guint i = 0; i < n / 2; i++) {
        if (!parse_number(words[2 * i], &range->low[i]) ||
            !parse_number(words[2 * i + 1], &range->high[i]) || range->low[i] > range->high[i]) {
            range_free(range);
            return NULL;
        }
    }
    return range;
}

struct nn_ranges *nn_ranges_parse(const char *text, GError **error)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", LAYERS_MAX + 2);
    struct nn_ranges *ranges = nn_ranges_create();
    for (guint i = 0; lines[i] != NULL && lines[i][0] != '\0'; i++) {
        struct nn_range *range = i < LAYERS_MAX ? parse_layer(lines[i]) : NULL;
        if (range == NULL) {
            nn_ranges_destroy(ranges);
            g_set_error(error, BASE_ERROR, BASE_ERROR_CORRUPT,
                        "line %u of the ranges is not pairs of numbers", i + 1);
            return NULL;
        }
        g_ptr_array_add(ranges->layers, range);
    }
    return ranges;
}
