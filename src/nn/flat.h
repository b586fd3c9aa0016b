/*
 * Reads FlatBuffers (the binary format of TensorFlow Lite's files) in place. Every offset comes
 * from the file and is checked against its end; the first one that leaves it marks the whole file
 * as broken, and from then on everything reads as absent. Positions are offsets into the bytes; 0
 * is none, for a file begins with an offset and nothing can be there.
 */
#ifndef NN_FLAT_H
#define NN_FLAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nn_flat {
    const uint8_t *bytes;
    size_t size;
    bool broken;
};

/* The table that the file is about; 0 when there is none. */
size_t nn_flat_root(struct nn_flat *flat);

/* Fields of a table by their number in the schema; `missing` when the table does not have them. */
int32_t nn_flat_int(struct nn_flat *flat, size_t table, unsigned field, int32_t missing);
int8_t nn_flat_byte(struct nn_flat *flat, size_t table, unsigned field, int8_t missing);
/* The table that a field refers to, or 0. */
size_t nn_flat_table(struct nn_flat *flat, size_t table, unsigned field);

/* Elements one after another, all of them inside the file. `at` is 0 when there are none. */
struct nn_flat_vector {
    size_t at;
    uint32_t count;
};
struct nn_flat_vector nn_flat_vector(struct nn_flat *flat, size_t table, unsigned field,
                                     size_t element_size);

/* Element `index` of a vector of integers; 0 when there is none. */
int32_t nn_flat_int_at(struct nn_flat *flat, const struct nn_flat_vector *vector, uint32_t index);
/* The table that element `index` of a vector of tables refers to; 0 when there is none. */
size_t nn_flat_table_at(struct nn_flat *flat, const struct nn_flat_vector *vector, uint32_t index);

#endif
