/* Writes small TensorFlow Lite files for tests: every table comes before what it refers to. */
#ifndef TEST_NN_FLAT_BUILDER_H
#define TEST_NN_FLAT_BUILDER_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

struct flat_builder {
    GByteArray *bytes;
    size_t link; /* place of an offset to what comes next; 0: none */
};

/* Appends a table with these fields (a bit each), all zero; gives its place. */
size_t flat_table(struct flat_builder *b, unsigned fields);
void flat_int(struct flat_builder *b, size_t table, unsigned field, int32_t value);
/* The field refers to what is appended next. */
void flat_link(struct flat_builder *b, size_t table, unsigned field);
/* Appends a vector of numbers. */
void flat_ints(struct flat_builder *b, const int32_t *values, unsigned n);
void flat_bytes(struct flat_builder *b, const void *data, size_t size);
/* Appends a vector of n tables; flat_element() links element i to what is appended next. */
size_t flat_tables(struct flat_builder *b, unsigned n);
void flat_element(struct flat_builder *b, size_t vector, unsigned i);

/* An operator: code of the schema, tensors, and the numbers of its options by field. */
struct flat_operator {
    int code;
    int32_t inputs[3];
    unsigned inputs_n;
    int32_t output;
    int32_t options[6];
    unsigned options_n;
};

struct flat_tensor {
    int32_t shape[4];
    unsigned rank;
    const float *data; /* NULL: computed */
};

/* A whole file whose input is tensor 0 and whose output is tensor `output`. */
GBytes *flat_model(const struct flat_tensor *tensors, unsigned tensors_n,
                   const struct flat_operator *operators, unsigned operators_n, int32_t output);

#endif
