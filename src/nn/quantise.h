/*
 * Static quantisation after training (Jacob et al. 2018): the range of every activation that an
 * 8-bit convolution reads, measured on example inputs.
 *
 * Activations are unsigned, with a scale and a zero point for each channel, which the weights take
 * up; weights are signed, with a scale for each output channel.
 */
#ifndef NN_QUANTISE_H
#define NN_QUANTISE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* The lowest and highest value of each channel of one layer's data. */
struct nn_range {
    int64_t channels;
    float *low;
    float *high;
};

/* One entry for each pointwise convolution, in the order of the graph. Filled by one thread. */
struct nn_ranges;

struct nn_ranges *nn_ranges_create(void);
void nn_ranges_destroy(struct nn_ranges *ranges);

unsigned nn_ranges_count(const struct nn_ranges *ranges);
/* NULL when there are not so many layers. */
const struct nn_range *nn_ranges_layer(const struct nn_ranges *ranges, unsigned layer);

/* The layer, made with empty ranges if it is new. NULL when it has other channels already. */
struct nn_range *nn_ranges_layer_add(struct nn_ranges *ranges, unsigned layer, int64_t channels);
/* Widens the ranges by `pixels` × channels numbers, channels-last. */
void nn_range_widen(struct nn_range *range, const float *values, int64_t pixels);

/* As text, and back: one line a layer, two numbers a channel. BASE_ERROR_CORRUPT for anything else,
 * also for what is not finite or ends before it begins. Free the text with g_free. */
char *nn_ranges_text(const struct nn_ranges *ranges);
struct nn_ranges *nn_ranges_parse(const char *text, GError **error);

#endif
