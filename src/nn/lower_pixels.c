/* Outputs of which only single pixels are wanted: no step computes them. */
#include "nn/lower_own.h"
#include "nn/rows.h"

/* Convolutions that end in the output; all but the first are pointwise. */
struct nn_pixels {
    const struct nn_node *chain[NN_ROWS_STAGES_MAX];
    int n;
};

static bool is_pointwise(const struct nn_node *node)
{
    const struct nn_window *window = &node->window;
    for (int i = 0; i < 2; i++) {
        if (window->kernel[i] != 1 || window->stride[i] != 1 || window->pad_begin[i] != 0 ||
            window->pad_end[i] != 0) {
            return false;
        }
    }
    return true;
}

/* The convolution that makes the value for its only reader and can do so for a pixel; or NULL. */
static const struct nn_node *maker(const struct nn_lower *lower, int value)
{
    for (guint i = 0; lower->reads_left[value] == 1 && i < lower->graph->nodes->len; i++) {
        const struct nn_node *node = nn_graph_node(lower->graph, i);
        if (node->output == value) {
            return nn_lower_makes_pixels(lower, node) ? node : NULL;
        }
    }
    return NULL;
}

/* NULL when the value, or all that it is made from, is needed elsewhere. */
static struct nn_pixels *pixels_of(const struct nn_lower *lower, int value)
{
    const struct nn_node *found[NN_ROWS_STAGES_MAX]; /* from the last to the first */
    int n = 0;
    for (const struct nn_node *node = maker(lower, value); node != NULL && n < NN_ROWS_STAGES_MAX;
         node = is_pointwise(node) ? maker(lower, node->inputs[0]) : NULL) {
        found[n++] = node;
    }
    if (n == 0) {
        return NULL;
    }
    struct nn_pixels *pixels = g_new0(struct nn_pixels, 1);
    pixels->n = n;
    for (int i = 0; i < n; i++) {
        pixels->chain[i] = found[n - 1 - i];
    }
    return pixels;
}

void nn_lower_pixels_prepare(struct nn_lower *lower, size_t n)
{
    const GArray *wanted = lower->graph->wanted;
    lower->pixels = g_new0(struct nn_pixels *, (gsize)wanted->len + 1);
    for (guint i = wanted->len - (guint)MIN(n, wanted->len); i < wanted->len; i++) {
        struct nn_pixels *pixels = pixels_of(lower, g_array_index(wanted, int, i));
        lower->pixels[i] = pixels;
        for (int stage = 0; pixels != NULL && stage < pixels->n; stage++) {
            lower->within[pixels->chain[stage]->output] = true;
        }
        if (pixels != NULL) {
            /* It is read after the last step. */
            lower->reads_left[pixels->chain[0]->inputs[0]]++;
        }
    }
}

bool nn_lower_pixels(struct nn_lower *lower, const struct nn_pixels *pixels,
                     struct nn_output *output, GError **error)
{
    int value = pixels->chain[0]->inputs[0];
    const struct nn_shape *shape = &nn_graph_value(lower->graph, value)->shape;
    dnnl_memory_desc_t last = nn_layout_channels_last(shape);
    int memory = nn_lower_input(lower, value, error);
    output->memory = memory == NN_NONE ? NN_NONE : nn_lower_reordered(lower, memory, &last, error);
    if (output->memory == NN_NONE) {
        return false;
    }
    output->rows = g_new0(struct nn_rows, 1);
    output->tables = nn_lower_tables_new();
    if (!nn_lower_rows_fill(lower, pixels->chain, pixels->n, output->rows, output->tables, error)) {
        g_clear_pointer(&output->rows, g_free);
        g_clear_pointer(&output->tables, g_ptr_array_unref);
        return false;
    }
    output->scratch = nn_lower_floats_new(lower, nn_rows_pixel_scratch(output->rows));
    nn_lower_touch(lower, output->scratch, G_MAXINT);
    return true;
}

void nn_lower_pixels_finish(struct nn_lower *lower)
{
    for (guint i = 0; i < lower->graph->wanted->len; i++) {
        g_free(lower->pixels[i]);
    }
    g_free(lower->pixels);
}
