/*
 * Steps that our own kernels do instead of a primitive of oneDNN.
 *
 * With ranges (nn/quantise.h), pointwise convolutions read 8-bit copies of their data. The kernel
 * that makes the data makes the copy as well; a value that nothing else reads exists as 8-bit copy
 * alone. What one of oneDNN's primitives made is converted by a step between.
 */
#ifndef NN_LOWER_OWN_H
#define NN_LOWER_OWN_H

#include "nn/kernels.h"
#include "nn/lower.h"
#include "nn/rows.h"

/* `count` zeros, aligned; free with g_aligned_free. */
float *nn_table_new(int64_t count);

/* True when the layout is channels-last or in blocks of channels, float and dense. */
bool nn_planes_of(const dnnl_memory_desc_t *layout, struct nn_planes *planes);

struct nn_own {
    const char *what;
    nn_step_fn run;
    void *state; /* the step's from here on */
    GDestroyNotify state_free;
};
/* Adds the step. */
bool nn_lower_own_step(struct nn_lower *lower, const struct nn_own *own, const int *memories,
                       guint memories_n);

/* The memory itself when the node at work may overwrite it, else a copy; NN_NONE after an error. */
int nn_lower_overwritable(struct nn_lower *lower, int memory, int value, GError **error);

/* PReLU in place on a memory that nn_planes_of takes, with one slope a channel. */
bool nn_lower_own_prelu(struct nn_lower *lower, int memory, int slope);

/* Whether nn_lower_depthwise does the convolution. */
bool nn_lower_takes_depthwise(const struct nn_lower *lower, const struct nn_node *node);
bool nn_lower_depthwise(struct nn_lower *lower, const struct nn_node *node, GError **error);

/* Whether nn_lower_rows does the convolution, and those behind it that it can do as well: these
 * are marked in lower->within. */
bool nn_lower_takes_rows(const struct nn_lower *lower, const struct nn_node *node);
bool nn_lower_rows(struct nn_lower *lower, const struct nn_node *node, GError **error);
/* Describes the chain in `rows` but for out_pitch, which is set before; `tables` keeps what it
 * points to. Counts the tables as constants. */
bool nn_lower_rows_fill(struct nn_lower *lower, const struct nn_node *const *chain, int n,
                        struct nn_rows *rows, GPtrArray *tables, GError **error);
GPtrArray *nn_lower_tables_new(void);
/* Memory for so many floats. */
int nn_lower_floats_new(struct nn_lower *lower, int64_t count);
/* What the first two need to know of the whole graph. */
void nn_lower_rows_prepare(struct nn_lower *lower);
void nn_lower_rows_finish(struct nn_lower *lower);

/* Whether nn_rows_pixel can do the convolution, if its place in a chain is one for it. */
bool nn_lower_makes_pixels(const struct nn_lower *lower, const struct nn_node *node);
/* Finds how the last `n` wanted values are computed on demand; those of which a step computes what
 * is needed anyway are left to the steps. Marks the nodes in lower->within. */
void nn_lower_pixels_prepare(struct nn_lower *lower, size_t n);
/* At the end: what computes a wanted value on demand. */
bool nn_lower_pixels(struct nn_lower *lower, const struct nn_pixels *pixels,
                     struct nn_output *output, GError **error);
void nn_lower_pixels_finish(struct nn_lower *lower);

/* Whether nn_lower_pointwise does the convolution: in 8 bits. */
bool nn_lower_takes_pointwise(const struct nn_lower *lower, const struct nn_node *node);
bool nn_lower_pointwise(struct nn_lower *lower, const struct nn_node *node, GError **error);
/* Adds a step that records the range of the node's data, when the model is loaded for that. */
bool nn_lower_observe(struct nn_lower *lower, const struct nn_node *node, GError **error);

/* What becomes of a value in 8 bits: byte = x · factor + offset, one of each a channel. */
struct nn_scaling {
    float *factor;
    float *offset;
};
/* The value must be one that an 8-bit convolution reads. */
void nn_scaling_init(struct nn_scaling *scaling, const struct nn_lower *lower, int value);
void nn_scaling_finish(struct nn_scaling *scaling);

/* True when only 8-bit convolutions read the value. */
bool nn_lower_is_quantised(const struct nn_lower *lower, int value);
/* The memory for the 8-bit copy of a value, which is remembered. */
int nn_lower_bytes_new(struct nn_lower *lower, int value);

#endif
