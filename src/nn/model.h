/* A loaded model, shared by contexts and counted by them. */
#ifndef NN_MODEL_H
#define NN_MODEL_H

#include "nn/plan.h"

struct nn_model {
    int references; /* the loader's and one a context; atomic */
    struct nn_plan *plan;
    struct nn_shape input_shape;
    GArray *output_shapes; /* struct nn_shape */
};

/* Undone by nn_model_destroy. */
void nn_model_ref(struct nn_model *model);

#endif
