/* Other ways to make a score of the same templates, for the benchmarks' --variants. */
#ifndef CLI_BENCH_VARIANTS_H
#define CLI_BENCH_VARIANTS_H

#include "cli/bench.h"

/* Similarity in which the first network counts `weight` and the second the rest, unstretched. A
 * template without a second part counts as 0 there. */
double cli_bench_similarity(const float *a, const float *b, double weight);

/* What to identify. Owners are numbers of people, G_MAXUINT for strangers. */
struct cli_bench_gallery {
    const GArray *enrolled; /* struct cli_bench_picture */
    const GArray *owners;   /* guint, of each picture enrolled */
    guint people;
    const GArray *probes;       /* struct cli_bench_picture, templates as enrolment makes them */
    const GArray *probe_owners; /* guint */
};

/* Prints a line for each way (or returns an array, when `as_json`): rank 1 and the FNIR at an FPIR
 * of 1 % and 0.1 %, counted as `bench identify` does. */
json_t *cli_bench_variants_identify(const struct cli_bench_gallery *gallery, bool as_json);

#endif
