#include "flat_builder.h"

#include <string.h>

static size_t put(struct flat_builder *b, const void *data, size_t size)
{
    size_t at = b->bytes->len;
    g_byte_array_append(b->bytes, data, (guint)size);
    return at;
}

static void put_int(struct flat_builder *b, int32_t value)
{
    put(b, &value, sizeof value);
}

/* What begins here is what the last link refers to. */
static size_t begin(struct flat_builder *b)
{
    uint32_t offset = (uint32_t)(b->bytes->len - b->link);
    if (b->link != 0) {
        memcpy(b->bytes->data + b->link, &offset, sizeof offset);
    }
    b->link = 0;
    return b->bytes->len;
}

size_t flat_table(struct flat_builder *b, unsigned fields)
{
    uint16_t sizes[2];
    unsigned n = 0;
    while (fields >> n != 0) {
        n++;
    }
    sizes[0] = (uint16_t)(sizeof sizes + 2 * n);
    sizes[1] = (uint16_t)(4 + 4 * n);
    size_t directory = put(b, sizes, sizeof sizes);
    for (unsigned i = 0; i < n; i++) {
        uint16_t offset = (fields >> i & 1) != 0 ? (uint16_t)(4 + 4 * i) : 0;
        put(b, &offset, sizeof offset);
    }
    size_t table = begin(b);
    put_int(b, (int32_t)(table - directory));
    for (unsigned i = 0; i < n; i++) {
        put_int(b, 0);
    }
    return table;
}

void flat_int(struct flat_builder *b, size_t table, unsigned field, int32_t value)
{
    memcpy(b->bytes->data + table + 4 + 4 * (size_t)field, &value, sizeof value);
}

void flat_link(struct flat_builder *b, size_t table, unsigned field)
{
    b->link = table + 4 + 4 * (size_t)field;
}

void flat_ints(struct flat_builder *b, const int32_t *values, unsigned n)
{
    begin(b);
    put_int(b, (int32_t)n);
    put(b, values, n * sizeof *values);
}

void flat_bytes(struct flat_builder *b, const void *data, size_t size)
{
    begin(b);
    put_int(b, (int32_t)size);
    put(b, data, size);
}

size_t flat_tables(struct flat_builder *b, unsigned n)
{
    size_t at = begin(b);
    put_int(b, (int32_t)n);
    for (unsigned i = 0; i < n; i++) {
        put_int(b, 0);
    }
    return at;
}

void flat_element(struct flat_builder *b, size_t vector, unsigned i)
{
    flat_link(b, vector, i);
}

static void put_operators(struct flat_builder *b, const struct flat_operator *operators, unsigned n)
{
    size_t list = flat_tables(b, n);
    for (unsigned i = 0; i < n; i++) {
        const struct flat_operator *op = &operators[i];
        flat_element(b, list, i);
        size_t table = flat_table(b, op->options_n > 0 ? 0x17 : 0x07);
        flat_int(b, table, 0, (int32_t)i);
        flat_link(b, table, 1);
        flat_ints(b, op->inputs, op->inputs_n);
        flat_link(b, table, 2);
        flat_ints(b, &op->output, 1);
        if (op->options_n > 0) {
            flat_link(b, table, 4);
            size_t options = flat_table(b, (1U << op->options_n) - 1);
            for (unsigned k = 0; k < op->options_n; k++) {
                flat_int(b, options, k, op->options[k]);
            }
        }
    }
}

static void put_tensors(struct flat_builder *b, const struct flat_tensor *tensors, unsigned n)
{
    size_t list = flat_tables(b, n);
    for (unsigned i = 0; i < n; i++) {
        flat_element(b, list, i);
        size_t table = flat_table(b, 0x05);
        flat_int(b, table, 2, (int32_t)i);
        flat_link(b, table, 0);
        flat_ints(b, tensors[i].shape, tensors[i].rank);
    }
}

static void put_buffers(struct flat_builder *b, const struct flat_tensor *tensors, unsigned n)
{
    size_t list = flat_tables(b, n);
    for (unsigned i = 0; i < n; i++) {
        size_t count = 1;
        for (unsigned k = 0; k < tensors[i].rank; k++) {
            count *= (size_t)tensors[i].shape[k];
        }
        flat_element(b, list, i);
        size_t table = flat_table(b, tensors[i].data != NULL ? 1 : 0);
        if (tensors[i].data != NULL) {
            flat_link(b, table, 0);
            flat_bytes(b, tensors[i].data, count * sizeof(float));
        }
    }
}

GBytes *flat_model(const struct flat_tensor *tensors, unsigned tensors_n,
                   const struct flat_operator *operators, unsigned operators_n, int32_t output)
{
    static const int32_t input = 0;
    struct flat_builder b = {g_byte_array_new(), 0};
    put_int(&b, 0);
    put(&b, "TFL3", 4);
    size_t model = flat_table(&b, 0x17);
    int32_t root = (int32_t)model;
    memcpy(b.bytes->data, &root, sizeof root);
    flat_int(&b, model, 0, 3);
    flat_link(&b, model, 1);
    size_t codes = flat_tables(&b, operators_n);
    for (unsigned i = 0; i < operators_n; i++) {
        flat_element(&b, codes, i);
        flat_int(&b, flat_table(&b, 1), 0, operators[i].code);
    }
    flat_link(&b, model, 2);
    size_t graphs = flat_tables(&b, 1);
    flat_element(&b, graphs, 0);
    size_t graph = flat_table(&b, 0x0f);
    flat_link(&b, graph, 0);
    put_tensors(&b, tensors, tensors_n);
    flat_link(&b, graph, 1);
    flat_ints(&b, &input, 1);
    flat_link(&b, graph, 2);
    flat_ints(&b, &output, 1);
    flat_link(&b, graph, 3);
    put_operators(&b, operators, operators_n);
    flat_link(&b, model, 4);
    put_buffers(&b, tensors, tensors_n);
    return g_byte_array_free_to_bytes(b.bytes);
}
