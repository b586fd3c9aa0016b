#include "nn/graph.h"

static void value_clear(gpointer data)
{
    struct nn_value *value = data;
    nn_tensor_destroy(value->constant);
}

static void node_free(gpointer data)
{
    struct nn_node *node = data;
    g_free(node->label);
    g_free(node->inputs);
    g_free(node);
}

struct nn_graph *nn_graph_create(void)
{
    struct nn_graph *graph = g_new0(struct nn_graph, 1);
    graph->values = g_array_new(FALSE, TRUE, sizeof(struct nn_value));
    g_array_set_clear_func(graph->values, value_clear);
    graph->nodes = g_ptr_array_new_with_free_func(node_free);
    graph->wanted = g_array_new(FALSE, FALSE, sizeof(int));
    graph->input = NN_NONE;
    return graph;
}

void nn_graph_destroy(struct nn_graph *graph)
{
    if (graph == NULL) {
        return;
    }
    g_array_unref(graph->values);
    g_ptr_array_unref(graph->nodes);
    g_array_unref(graph->wanted);
    g_free(graph);
}

struct nn_value *nn_graph_value(const struct nn_graph *graph, int value)
{
    g_assert(value >= 0 && (guint)value < graph->values->len);
    return &g_array_index(graph->values, struct nn_value, value);
}

struct nn_node *nn_graph_node(const struct nn_graph *graph, unsigned node)
{
    return g_ptr_array_index(graph->nodes, node);
}

int nn_graph_activation_add(struct nn_graph *graph, const struct nn_shape *shape)
{
    struct nn_value value = {.shape = *shape};
    g_array_append_val(graph->values, value);
    return (int)graph->values->len - 1;
}

int nn_graph_constant_add(struct nn_graph *graph, struct nn_tensor *tensor)
{
    struct nn_value value = {.shape = tensor->shape, .constant = tensor};
    g_array_append_val(graph->values, value);
    return (int)graph->values->len - 1;
}

struct nn_node *nn_graph_node_add(struct nn_graph *graph, enum nn_kind kind, const char *label,
                                  const int *inputs, int inputs_n, int output)
{
    struct nn_node *node = g_new0(struct nn_node, 1);
    node->kind = kind;
    node->label = g_strdup(label);
    node->inputs = g_memdup2(inputs, (gsize)inputs_n * sizeof(int));
    node->inputs_n = inputs_n;
    node->output = output;
    node->groups = 1;
    node->slope_before = NN_NONE;
    node->slope_after = NN_NONE;
    g_ptr_array_add(graph->nodes, node);
    return node;
}

static void count_node(const struct nn_node *node, int *uses)
{
    for (int i = 0; i < node->inputs_n; i++) {
        if (node->inputs[i] != NN_NONE) {
            uses[node->inputs[i]]++;
        }
    }
    for (int i = 0; i < node->posts_n; i++) {
        if (node->posts[i].sum != NN_NONE) {
            uses[node->posts[i].sum]++;
        }
    }
}

int *nn_graph_uses(const struct nn_graph *graph)
{
    int *uses = g_new0(int, graph->values->len);
    for (guint i = 0; i < graph->nodes->len; i++) {
        if (!nn_graph_node(graph, i)->removed) {
            count_node(nn_graph_node(graph, i), uses);
        }
    }
    for (guint i = 0; i < graph->wanted->len; i++) {
        uses[g_array_index(graph->wanted, int, i)]++;
    }
    return uses;
}

void nn_graph_prune(struct nn_graph *graph)
{
    g_autofree int *uses = g_new0(int, graph->values->len);
    for (guint i = 0; i < graph->wanted->len; i++) {
        uses[g_array_index(graph->wanted, int, i)]++;
    }
    for (guint i = graph->nodes->len; i-- > 0;) {
        struct nn_node *node = nn_graph_node(graph, i);
        if (node->removed || uses[node->output] == 0) {
            g_ptr_array_remove_index(graph->nodes, i);
        } else {
            count_node(node, uses);
        }
    }
}
