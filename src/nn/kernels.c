#include "nn/kernels.h"

#include <dnnl.h>
#include <stddef.h>

#include "nn/nn.h"

#define SETS 4

const struct nn_kernels *nn_kernels(void)
{
#if defined(__x86_64__)
    static const struct {
        dnnl_cpu_isa_t needs;
        const struct nn_kernels *kernels;
    } sets[SETS] = {
        {dnnl_cpu_isa_avx512_core_vnni, &nn_kernels_vnni},
        {dnnl_cpu_isa_avx512_core, &nn_kernels_avx512},
        {dnnl_cpu_isa_avx2, &nn_kernels_avx2},
        {dnnl_cpu_isa_sse41, &nn_kernels_sse},
    };
    unsigned has = (unsigned)dnnl_get_effective_cpu_isa();
    for (size_t i = 0; i < SETS; i++) {
        /* Each set's bits contain those of the sets that it extends. */
        if ((has & (unsigned)sets[i].needs) == (unsigned)sets[i].needs) {
            return sets[i].kernels;
        }
    }
#endif
    return NULL;
}

const struct nn_kernels *nn_kernels_dense(const struct nn_kernels *kernels, int64_t outputs)
{
#if defined(__x86_64__)
    /* Half as wide, and often two in the time of one. */
    if (kernels->lanes > nn_kernels_avx2.lanes && outputs <= nn_kernels_avx2.lanes) {
        return &nn_kernels_avx2;
    }
#endif
    (void)outputs;
    return kernels;
}

bool nn_int8_possible(void)
{
    const struct nn_kernels *kernels = nn_kernels();
    return kernels != NULL && kernels->pointwise != NULL;
}

const char *nn_instruction_set(void)
{
    const struct nn_kernels *kernels = nn_kernels();
    return kernels != NULL ? kernels->name : "none";
}
