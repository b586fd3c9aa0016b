/* Runs a built model and compares it with numbers computed by plain loops in the test. */
#ifndef TEST_NN_CHECK_H
#define TEST_NN_CHECK_H

#include "builder.h"
#include "nn/kernels.h"

#define CHECK_KERNEL_SETS 4

/* Loads the model (it must), runs it on `input` and returns output 0, to be freed with g_free.
 * `shape` receives its shape unless NULL. */
float *check_run(const struct builder *builder, const struct nn_options *options,
                 const float *input, struct nn_shape *shape);
/* Fails the test where two arrays differ by more than 1e-4, relative to numbers above one. */
void check_close(const float *found, const float *expected, int64_t count);
/* The whole of it: one output with this shape and these numbers. */
void check_model(const struct builder *builder, const float *input, const char *shape,
                 const float *expected);
/* The model must not load; its message must contain `part` and the error have this code. */
void check_refused(const struct builder *builder, const struct nn_options *options, int code,
                   const char *part);
/* Puts the kernels that this processor can run into `list`, the plainest first; how many there are.
 */
guint check_kernel_sets(const struct nn_kernels *list[CHECK_KERNEL_SETS]);

#endif
