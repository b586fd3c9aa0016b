#include "nn/lower.h"

#include <dnnl_debug.h>
#include <string.h>

#include "base/error.h"
#include "nn/lower_own.h"

typedef bool (*lower_fn)(struct nn_lower *, const struct nn_node *, GError **);

static const lower_fn lower_kinds[NN_KIND_N] = {
    [NN_KIND_CONV] = nn_lower_conv,           [NN_KIND_INNER] = nn_lower_inner,
    [NN_KIND_MATMUL] = nn_lower_matmul,       [NN_KIND_POOL] = nn_lower_pool,
    [NN_KIND_REDUCE] = nn_lower_reduce,       [NN_KIND_SCALE] = nn_lower_scale,
    [NN_KIND_ELTWISE] = nn_lower_eltwise,     [NN_KIND_BINARY] = nn_lower_binary,
    [NN_KIND_PRELU] = nn_lower_prelu,         [NN_KIND_SOFTMAX] = nn_lower_softmax,
    [NN_KIND_CONCAT] = nn_lower_concat,       [NN_KIND_SLICE] = nn_lower_slice,
    [NN_KIND_TRANSPOSE] = nn_lower_transpose, [NN_KIND_RESHAPE] = nn_lower_reshape,
    [NN_KIND_SHUFFLE] = nn_lower_shuffle,
};

bool nn_lower_fail(const struct nn_lower *lower, dnnl_status_t status, GError **error)
{
    const char *label = lower->node != NULL ? lower->node->label : "output";
    if (status == dnnl_unimplemented || status == dnnl_invalid_arguments) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_UNSUPPORTED,
                    "node %s: no kernel for these shapes", label);
    } else if (status == dnnl_out_of_memory) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_TOO_LARGE, "node %s: no memory for it", label);
    } else {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INTERNAL, "node %s: oneDNN fails with status %d",
                    label, (int)status);
    }
    return false;
}

const dnnl_memory_desc_t *nn_lower_layout(const struct nn_lower *lower, int memory)
{
    return &nn_plan_memory(lower->plan, memory)->layout;
}

static int buffer_of(const struct nn_lower *lower, int memory)
{
    return nn_plan_memory(lower->plan, memory)->buffer;
}

int nn_lower_memory_view(struct nn_lower *lower, int memory, const dnnl_memory_desc_t *layout)
{
    struct nn_memory view = {.layout = *layout, .buffer = buffer_of(lower, memory)};
    g_array_append_val(lower->plan->memories, view);
    return (int)lower->plan->memories->len - 1;
}

int nn_lower_memory_new(struct nn_lower *lower, const dnnl_memory_desc_t *layout)
{
    int step = (int)lower->plan->steps->len;
    int nothing = 0;
    struct nn_buffer buffer = {
        .size = dnnl_memory_desc_get_size(layout), .first = step, .last = step};
    g_array_append_val(lower->plan->buffers, buffer);
    g_array_append_val(lower->pending, nothing);
    struct nn_memory memory = {.layout = *layout, .buffer = (int)lower->plan->buffers->len - 1};
    g_array_append_val(lower->plan->memories, memory);
    return (int)lower->plan->memories->len - 1;
}

/* Runs a reorder of weights at once. */
static dnnl_status_t reorder_now(struct nn_lower *lower, dnnl_memory_t from, dnnl_memory_t to,
                                 const dnnl_memory_desc_t *from_layout,
                                 const dnnl_memory_desc_t *to_layout)
{
    dnnl_primitive_desc_t descriptor = NULL;
    dnnl_primitive_t primitive = NULL;
    dnnl_engine_t engine = nn_engine();
    dnnl_status_t status = dnnl_reorder_primitive_desc_create(&descriptor, from_layout, engine,
                                                              to_layout, engine, NULL);
    if (status != dnnl_success) {
        return status;
    }
    status = dnnl_primitive_create(&primitive, descriptor);
    dnnl_primitive_desc_destroy(descriptor);
    if (status != dnnl_success) {
        return status;
    }
    dnnl_exec_arg_t args[] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
    status = dnnl_primitive_execute(primitive, lower->stream, 2, args);
    dnnl_stream_wait(lower->stream);
    dnnl_primitive_destroy(primitive);
    return status;
}

bool nn_lower_constants_take(struct nn_lower *lower, size_t bytes, GError **error)
{
    lower->constants += bytes;
    return lower->constants <= NN_CONSTANTS_MAX ||
           (nn_lower_fail(lower, dnnl_out_of_memory, error), false);
}

int nn_lower_constant(struct nn_lower *lower, int value, const struct nn_shape *shape,
                      const dnnl_memory_desc_t *layout, GError **error)
{
    const struct nn_tensor *tensor = nn_graph_value(lower->graph, value)->constant;
    dnnl_memory_desc_t plain = nn_layout_plain(shape);
    dnnl_memory_t from = NULL;
    dnnl_memory_t to = NULL;
    g_assert(tensor->type == NN_TYPE_FLOAT && nn_shape_count(shape) == tensor->count);
    if (!nn_lower_constants_take(lower, dnnl_memory_desc_get_size(layout), error)) {
        return NN_NONE;
    }
    dnnl_status_t status = dnnl_memory_create(&from, &plain, nn_engine(), tensor->floats);
    if (status == dnnl_success) {
        status = dnnl_memory_create(&to, layout, nn_engine(), DNNL_MEMORY_ALLOCATE);
    }
    if (status == dnnl_success) {
        status = reorder_now(lower, from, to, &plain, layout);
    }
    if (from != NULL) {
        dnnl_memory_destroy(from);
    }
    if (status != dnnl_success) {
        if (to != NULL) {
            dnnl_memory_destroy(to);
        }
        nn_lower_fail(lower, status, error);
        return NN_NONE;
    }
    struct nn_memory memory = {.layout = *layout, .buffer = NN_NONE, .constant = to};
    g_array_append_val(lower->plan->memories, memory);
    return (int)lower->plan->memories->len - 1;
}

int nn_lower_input(struct nn_lower *lower, int value, GError **error)
{
    const struct nn_value *from = nn_graph_value(lower->graph, value);
    if (lower->memory_of[value] == NN_NONE && from->constant != NULL) {
        dnnl_memory_desc_t plain = nn_layout_plain(&from->shape);
        lower->memory_of[value] = nn_lower_constant(lower, value, &from->shape, &plain, error);
    }
    return lower->memory_of[value];
}

bool nn_lower_copy(struct nn_lower *lower, int from, int to, GError **error)
{
    dnnl_primitive_desc_t descriptor = NULL;
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_status_t status = dnnl_primitive_attr_create(&attributes);
    if (status == dnnl_success) {
        dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user);
        status = dnnl_reorder_primitive_desc_create(&descriptor, nn_lower_layout(lower, from),
                                                    nn_engine(), nn_lower_layout(lower, to),
                                                    nn_engine(), attributes);
        dnnl_primitive_attr_destroy(attributes);
    }
    if (status != dnnl_success) {
        return nn_lower_fail(lower, status, error);
    }
    struct nn_arg args[] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
    return nn_lower_step(lower, descriptor, args, 2, error);
}

int nn_lower_reordered(struct nn_lower *lower, int memory, const dnnl_memory_desc_t *layout,
                       GError **error)
{
    if (dnnl_memory_desc_equal(nn_lower_layout(lower, memory), layout)) {
        return memory;
    }
    int copy = nn_lower_memory_new(lower, layout);
    return nn_lower_copy(lower, memory, copy, error) ? copy : NN_NONE;
}

int nn_lower_plain(struct nn_lower *lower, int memory, const struct nn_shape *shape, GError **error)
{
    dnnl_memory_desc_t plain = nn_layout_plain(shape);
    const struct nn_memory *from = nn_plan_memory(lower->plan, memory);
    if (from->buffer != NN_NONE && nn_layout_is_plain(&from->layout)) {
        return nn_lower_memory_view(lower, memory, &plain);
    }
    return nn_lower_reordered(lower, memory, &plain, error);
}

bool nn_lower_may_overwrite(const struct nn_lower *lower, int memory, int value)
{
    int buffer = buffer_of(lower, memory);
    if (buffer == NN_NONE || memory == lower->plan->input ||
        buffer == buffer_of(lower, lower->plan->input)) {
        return false;
    }
    /* A reordered copy has no reader but this node. */
    int held = value == NN_NONE ? NN_NONE : lower->memory_of[value];
    int own = held != NN_NONE && buffer == buffer_of(lower, held) ? 1 : 0;
    return g_array_index(lower->pending, int, buffer) <= own;
}

bool nn_lower_bind(struct nn_lower *lower, int value, int memory)
{
    int buffer = buffer_of(lower, memory);
    lower->memory_of[value] = memory;
    if (buffer != NN_NONE) {
        g_array_index(lower->pending, int, buffer) += lower->reads_left[value];
    }
    return true;
}

static void value_read(struct nn_lower *lower, int value)
{
    if (value == NN_NONE || lower->memory_of[value] == NN_NONE) {
        return;
    }
    int buffer = buffer_of(lower, lower->memory_of[value]);
    lower->reads_left[value]--;
    if (buffer != NN_NONE) {
        g_array_index(lower->pending, int, buffer)--;
    }
}

const dnnl_memory_desc_t *nn_lower_query(const dnnl_primitive_desc_t descriptor, dnnl_query_t what,
                                         int index)
{
    return dnnl_primitive_desc_query_md(descriptor, what, index);
}

dnnl_primitive_desc_t nn_lower_descriptor(struct nn_lower *lower, const void *operation,
                                          const dnnl_post_ops_t post_ops, GError **error)
{
    dnnl_primitive_desc_t descriptor = NULL;
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_status_t status = dnnl_primitive_attr_create(&attributes);
    if (status != dnnl_success) {
        nn_lower_fail(lower, status, error);
        return NULL;
    }
    dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user);
    if (post_ops != NULL) {
        status = dnnl_primitive_attr_set_post_ops(attributes, post_ops);
    }
    if (status == dnnl_success) {
        status = dnnl_primitive_desc_create(&descriptor, operation, attributes, nn_engine(), NULL);
    }
    dnnl_primitive_attr_destroy(attributes);
    if (status != dnnl_success) {
        nn_lower_fail(lower, status, error);
        return NULL;
    }
    return descriptor;
}

static void append_layout(GString *text, const dnnl_memory_desc_t *layout)
{
    for (int i = 0; layout != NULL && i < layout->ndims; i++) {
        g_string_append_printf(text, "%s%" G_GINT64_FORMAT, i > 0 ? "x" : "", layout->dims[i]);
    }
    if (layout != NULL) {
        g_autofree char *name = nn_layout_text(layout);
        g_string_append_printf(text, ":%s", name);
    }
}

static char *step_text(const struct nn_lower *lower, const dnnl_primitive_desc_t descriptor)
{
    const char *implementation = "?";
    dnnl_primitive_kind_t kind = dnnl_undefined_primitive;
    dnnl_primitive_desc_query(descriptor, dnnl_query_impl_info_str, 0, (void *)&implementation);
    dnnl_primitive_desc_query(descriptor, dnnl_query_primitive_kind, 0, &kind);
    GString *text = g_string_new(NULL);
    g_string_append_printf(text, "%s: %s, %s, ", lower->node != NULL ? lower->node->label : "end",
                           dnnl_prim_kind2str(kind), implementation);
    append_layout(text, nn_lower_query(descriptor, dnnl_query_src_md, 0));
    g_string_append(text, " to ");
    append_layout(text, nn_lower_query(descriptor, dnnl_query_dst_md, 0));
    return g_string_free(text, FALSE);
}

void nn_lower_touch(struct nn_lower *lower, int memory, int step)
{
    int buffer = buffer_of(lower, memory);
    if (buffer != NN_NONE) {
        nn_plan_buffer(lower->plan, buffer)->last = step;
    }
}

bool nn_lower_step(struct nn_lower *lower, dnnl_primitive_desc_t descriptor,
                   const struct nn_arg *args, guint args_n, GError **error)
{
    int index = (int)lower->plan->steps->len;
    struct nn_step step = {0};
    dnnl_status_t status = dnnl_primitive_create(&step.primitive, descriptor);
    if (status != dnnl_success) {
        dnnl_primitive_desc_destroy(descriptor);
        return nn_lower_fail(lower, status, error);
    }
    step.text = step_text(lower, descriptor);
    step.args = g_array_new(FALSE, FALSE, sizeof(struct nn_arg));
    g_array_append_vals(step.args, args, args_n);
    const dnnl_memory_desc_t *scratch = nn_lower_query(descriptor, dnnl_query_scratchpad_md, 0);
    if (scratch != NULL && dnnl_memory_desc_get_size(scratch) > 0) {
        struct nn_arg arg = {DNNL_ARG_SCRATCHPAD, nn_lower_memory_new(lower, scratch)};
        g_array_append_val(step.args, arg);
    }
    dnnl_primitive_desc_destroy(descriptor);
    for (guint i = 0; i < step.args->len; i++) {
        nn_lower_touch(lower, g_array_index(step.args, struct nn_arg, i).memory, index);
    }
    g_array_append_val(lower->plan->steps, step);
    return true;
}

dnnl_post_ops_t nn_lower_posts(const struct nn_node *node)
{
    dnnl_post_ops_t posts = NULL;
    if (node->posts_n == 0 || dnnl_post_ops_create(&posts) != dnnl_success) {
        return NULL;
    }
    for (int i = 0; i < node->posts_n; i++) {
        const struct nn_post *post = &node->posts[i];
        if (post->sum != NN_NONE) {
            dnnl_post_ops_append_sum(posts, 1.0f);
        } else {
            dnnl_post_ops_append_eltwise(posts, 1.0f, post->eltwise.algorithm, post->eltwise.alpha,
                                         post->eltwise.beta);
        }
    }
    return posts;
}

int nn_lower_destination(struct nn_lower *lower, const dnnl_memory_desc_t *layout, GError **error)
{
    const struct nn_node *node = lower->node;
    if (node->posts_n == 0 || node->posts[0].sum == NN_NONE) {
        return nn_lower_memory_new(lower, layout);
    }
    int other = nn_lower_input(lower, node->posts[0].sum, error);
    if (other == NN_NONE) {
        return NN_NONE;
    }
    if (dnnl_memory_desc_equal(nn_lower_layout(lower, other), layout) &&
        nn_lower_may_overwrite(lower, other, node->posts[0].sum)) {
        return other;
    }
    int copy = nn_lower_memory_new(lower, layout);
    return nn_lower_copy(lower, other, copy, error) ? copy : NN_NONE;
}

/* The memory of a wanted value, dense and row-major; NN_NONE after an error. */
static int output_memory(struct nn_lower *lower, int value, GError **error)
{
    dnnl_memory_desc_t plain = nn_layout_plain(&nn_graph_value(lower->graph, value)->shape);
    int memory = nn_lower_input(lower, value, error);
    if (memory == NN_NONE) {
        return NN_NONE;
    }
    int buffer = buffer_of(lower, memory);
    if (buffer != NN_NONE && buffer != buffer_of(lower, lower->plan->input) &&
        nn_layout_is_plain(nn_lower_layout(lower, memory))) {
        return memory;
    }
    int copy = nn_lower_memory_new(lower, &plain);
    return nn_lower_copy(lower, memory, copy, error) ? copy : NN_NONE;
}

static bool lower_outputs(struct nn_lower *lower, GError **error)
{
    const struct nn_graph *graph = lower->graph;
    lower->node = NULL;
    for (guint i = 0; i < graph->wanted->len; i++) {
        struct nn_output output = {.scratch = NN_NONE};
        if (lower->pixels[i] != NULL) {
            if (!nn_lower_pixels(lower, lower->pixels[i], &output, error)) {
                return false;
            }
        } else {
            output.memory = output_memory(lower, g_array_index(graph->wanted, int, i), error);
            if (output.memory == NN_NONE) {
                return false;
            }
        }
        /* Kept until the next run. */
        nn_lower_touch(lower, output.memory, G_MAXINT);
        g_array_append_val(lower->plan->outputs, output);
    }
    return true;
}

static bool add_input(struct nn_lower *lower, bool channels_last, GError **error)
{
    const struct nn_shape *shape = &nn_graph_value(lower->graph, lower->graph->input)->shape;
    if (channels_last && shape->rank != 4) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                    "an input of %d dimensions cannot have its channels last", shape->rank);
        return false;
    }
    dnnl_memory_desc_t layout =
        channels_last ? nn_layout_channels_last(shape) : nn_layout_plain(shape);
    lower->plan->input = nn_lower_memory_new(lower, &layout);
    return nn_lower_bind(lower, lower->graph->input, lower->plan->input);
}

static bool lower_all(struct nn_lower *lower, GError **error)
{
    const struct nn_graph *graph = lower->graph;
    for (guint i = 0; i < graph->nodes->len; i++) {
        const struct nn_node *node = nn_graph_node(graph, i);
        lower->node = node;
        if (!lower->within[node->output] && !lower_kinds[node->kind](lower, node, error)) {
            return false;
        }
        for (int n = 0; n < node->inputs_n; n++) {
            value_read(lower, node->inputs[n]);
        }
        for (int n = 0; n < node->posts_n; n++) {
            value_read(lower, node->posts[n].sum);
        }
    }
    /* The caller's input survives the run. */
    if (!lower_outputs(lower, error)) {
        return false;
    }
    nn_lower_touch(lower, lower->plan->input, G_MAXINT);
    return nn_plan_arrange(lower->plan, error);
}

static int *nones_new(guint count)
{
    int *list = g_new(int, count);
    memset(list, 0xff, count * sizeof(int));
    return list;
}

/* Numbers the values that pointwise convolutions read, and counts who will read 8-bit copies. */
static void number_ranges(struct nn_lower *lower)
{
    const struct nn_graph *graph = lower->graph;
    int numbers = 0;
    lower->reader_of = nones_new(graph->values->len);
    lower->bytes_of = nones_new(graph->values->len);
    lower->byte_reads = g_new0(int, graph->values->len);
    for (guint i = 0; i < graph->nodes->len; i++) {
        const struct nn_node *node = nn_graph_node(graph, i);
        if (!nn_node_is_pointwise(graph, node)) {
            continue;
        }
        int *number = &lower->reader_of[node->inputs[0]];
        *number = *number == NN_NONE ? numbers++ : *number;
        lower->byte_reads[node->inputs[0]] += nn_lower_takes_pointwise(lower, node) ? 1 : 0;
    }
}

struct nn_plan *nn_lower_graph(const struct nn_graph *graph, const struct nn_options *options,
                               GError **error)
{
    guint count = graph->values->len;
    struct nn_lower lower = {.graph = graph,
                             .plan = nn_plan_create(),
                             .int8 = options->int8,
                             .observe = options->observe};
    nn_thread_prepare();
    if (dnnl_stream_create(&lower.stream, nn_engine(), dnnl_stream_in_order) != dnnl_success) {
        nn_plan_destroy(lower.plan);
        g_set_error(error, BASE_ERROR, BASE_ERROR_INTERNAL, "oneDNN makes no stream");
        return NULL;
    }
    lower.memory_of = nones_new(count);
    lower.reads_left = nn_graph_uses(graph);
    lower.pending = g_array_new(FALSE, TRUE, sizeof(int));
    nn_lower_rows_prepare(&lower);
    nn_lower_pixels_prepare(&lower, options->on_demand_n);
    if (lower.int8 != NULL || lower.observe != NULL) {
        number_ranges(&lower);
    }
    bool good = add_input(&lower, options->channels_last, error) && lower_all(&lower, error);
    dnnl_stream_destroy(lower.stream);
    g_free(lower.memory_of);
    g_free(lower.reads_left);
    nn_lower_rows_finish(&lower);
    nn_lower_pixels_finish(&lower);
    g_free(lower.reader_of);
    g_free(lower.byte_reads);
    g_free(lower.bytes_of);
    g_array_unref(lower.pending);
    if (!good) {
        nn_plan_destroy(lower.plan);
        return NULL;
    }
    return lower.plan;
}
