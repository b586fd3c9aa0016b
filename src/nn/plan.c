#include "nn/plan.h"

#include <xmmintrin.h>

#include "base/error.h"

/* Bits 15 and 6 of MXCSR (Intel SDM volume 1, 10.2.3). */
#define MXCSR_FLUSH_TO_ZERO 0x8000u
#define MXCSR_DENORMALS_ARE_ZERO 0x0040u

/* From the OpenMP API, 3.2.1. Declared here because clang does not find the header of the library
 * that oneDNN was built with. */
void omp_set_num_threads(int count);

static void memory_clear(gpointer data)
{
    struct nn_memory *memory = data;
    if (memory->constant != NULL) {
        dnnl_memory_destroy(memory->constant);
    }
}

static void step_clear(gpointer data)
{
    struct nn_step *step = data;
    if (step->primitive != NULL) {
        dnnl_primitive_destroy(step->primitive);
    }
    if (step->state_free != NULL) {
        step->state_free(step->state);
    }
    g_array_unref(step->args);
    g_free(step->text);
}

static void output_clear(gpointer data)
{
    struct nn_output *output = data;
    g_free(output->rows);
    g_clear_pointer(&output->tables, g_ptr_array_unref);
}

struct nn_plan *nn_plan_create(void)
{
    struct nn_plan *plan = g_new0(struct nn_plan, 1);
    plan->buffers = g_array_new(FALSE, TRUE, sizeof(struct nn_buffer));
    plan->memories = g_array_new(FALSE, TRUE, sizeof(struct nn_memory));
    g_array_set_clear_func(plan->memories, memory_clear);
    plan->steps = g_array_new(FALSE, TRUE, sizeof(struct nn_step));
    g_array_set_clear_func(plan->steps, step_clear);
    plan->outputs = g_array_new(FALSE, TRUE, sizeof(struct nn_output));
    g_array_set_clear_func(plan->outputs, output_clear);
    return plan;
}

void nn_plan_destroy(struct nn_plan *plan)
{
    if (plan == NULL) {
        return;
    }
    g_array_unref(plan->steps);
    g_array_unref(plan->memories);
    g_array_unref(plan->buffers);
    g_array_unref(plan->outputs);
    g_free(plan);
}

static gint compare_size(gconstpointer a, gconstpointer b, gpointer data)
{
    const struct nn_plan *plan = data;
    const struct nn_buffer *left = nn_plan_buffer(plan, *(const int *)a);
    const struct nn_buffer *right = nn_plan_buffer(plan, *(const int *)b);
    if (left->size != right->size) {
        return left->size > right->size ? -1 : 1;
    }
    return left->first - right->first;
}

static bool lives_with(const struct nn_buffer *a, const struct nn_buffer *b)
{
    return a->first <= b->last && b->first <= a->last;
}

/* The lowest offset at which the buffer overlaps no placed one that lives at the same time. The
 * placed ones are few hundred, so a quadratic search is good enough. */
static size_t lowest_offset(const struct nn_plan *plan, const struct nn_buffer *buffer,
                            const int *placed, guint count)
{
    size_t offset = 0;
    bool moved = true;
    while (moved) {
        moved = false;
        for (guint i = 0; i < count; i++) {
            const struct nn_buffer *other = nn_plan_buffer(plan, placed[i]);
            if (lives_with(buffer, other) && offset < other->offset + other->size &&
                other->offset < offset + buffer->size) {
                offset = other->offset + other->size;
                moved = true;
            }
        }
    }
    return offset;
}

bool nn_plan_arrange(struct nn_plan *plan, GError **error)
{
    guint count = plan->buffers->len;
    g_autofree int *order = g_new(int, count + 1);
    for (guint i = 0; i < count; i++) {
        struct nn_buffer *buffer = nn_plan_buffer(plan, (int)i);
        buffer->size = (buffer->size + NN_ALIGNMENT - 1) / NN_ALIGNMENT * NN_ALIGNMENT;
        order[i] = (int)i;
    }
    /* Large ones first: the small ones then fill the gaps between them. */
    g_qsort_with_data(order, (gint)count, sizeof(int), compare_size, plan);
    for (guint i = 0; i < count; i++) {
        struct nn_buffer *buffer = nn_plan_buffer(plan, order[i]);
        buffer->offset = lowest_offset(plan, buffer, order, i);
        plan->arena = MAX(plan->arena, buffer->offset + buffer->size);
        if (plan->arena > NN_ARENA_MAX) {
            g_set_error(error, BASE_ERROR, BASE_ERROR_TOO_LARGE,
                        "the model needs more than %zu MiB for its activations",
                        NN_ARENA_MAX >> 20);
            return false;
        }
    }
    return true;
}

dnnl_engine_t nn_engine(void)
{
    static gsize engine;
    if (g_once_init_enter(&engine)) {
        dnnl_engine_t created = NULL;
        dnnl_status_t status = dnnl_engine_create(&created, dnnl_cpu, 0);
        g_assert(status == dnnl_success);
        g_once_init_leave(&engine, (gsize)created);
    }
    return (dnnl_engine_t)engine;
}

void nn_thread_prepare(void)
{
    static _Thread_local bool prepared;
    if (prepared) {
        return;
    }
    _mm_setcsr(_mm_getcsr() | MXCSR_FLUSH_TO_ZERO | MXCSR_DENORMALS_ARE_ZERO);
    /* Otherwise two requests at once would fight over the threads that both start. */
    omp_set_num_threads(1);
    prepared = true;
}
