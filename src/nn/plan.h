/*
 * What a loaded model is: primitives in order, the memories they read and write, and buffers that
 * share one arena when their lifetimes do not overlap. Immutable once made.
 */
#ifndef NN_PLAN_H
#define NN_PLAN_H

#include <dnnl.h>

#include "nn/rows.h"
#include "nn/tensor.h"

#define NN_ALIGNMENT 64
#define NN_ARENA_MAX ((size_t)2 << 30)

struct nn_buffer {
    size_t size;
    size_t offset; /* in the arena, after nn_plan_arrange */
    int first;     /* steps between which its content matters */
    int last;
};

struct nn_memory {
    dnnl_memory_desc_t layout;
    int buffer;             /* or -1 for a constant */
    dnnl_memory_t constant; /* owned; shared by all contexts, which only read it */
};

struct nn_arg {
    int name;   /* DNNL_ARG_… */
    int memory; /* index */
};

/* A step of our own: the data of its arguments, in their order. */
typedef void (*nn_step_fn)(const void *state, void *const *args);

struct nn_step {
    dnnl_primitive_t primitive; /* NULL: `run` */
    GArray *args;               /* struct nn_arg */
    char *text;
    nn_step_fn run;
    void *state; /* owned */
    GDestroyNotify state_free;
};

/* What the caller gets: all of it after a run, or with `rows` a pixel when asked. */
struct nn_output {
    int memory;           /* dense and row-major; or channels-last, what `rows` reads */
    struct nn_rows *rows; /* owned; NULL: computed by the steps */
    GPtrArray *tables;    /* what `rows` points to; NULL like it */
    int scratch;          /* memory for nn_rows_pixel; unused without `rows` */
};

struct nn_plan {
    GArray *buffers;  /* struct nn_buffer */
    GArray *memories; /* struct nn_memory */
    GArray *steps;    /* struct nn_step */
    int input;        /* memory */
    GArray *outputs;  /* struct nn_output */
    size_t arena;     /* bytes */
};

struct nn_plan *nn_plan_create(void);
void nn_plan_destroy(struct nn_plan *plan);

static inline struct nn_buffer *nn_plan_buffer(const struct nn_plan *plan, int buffer)
{
    return &g_array_index(plan->buffers, struct nn_buffer, buffer);
}

static inline struct nn_memory *nn_plan_memory(const struct nn_plan *plan, int memory)
{
    return &g_array_index(plan->memories, struct nn_memory, memory);
}

static inline struct nn_step *nn_plan_step(const struct nn_plan *plan, guint step)
{
    return &g_array_index(plan->steps, struct nn_step, step);
}

/* Gives every buffer its place in the arena. BASE_ERROR_TOO_LARGE over NN_ARENA_MAX. */
bool nn_plan_arrange(struct nn_plan *plan, GError **error);

/* The CPU engine of the process. */
dnnl_engine_t nn_engine(void);

/* Prepares the calling thread, once: flush-to-zero, denormals-are-zero, one OpenMP thread. */
void nn_thread_prepare(void);

#endif
