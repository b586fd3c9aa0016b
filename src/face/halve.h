/* A camera's picture at half its size, which the detector sees of every picture. */
#ifndef FACE_HALVE_H
#define FACE_HALVE_H

#include "face/resample.h"

/* `n` pixels from the two rows of 2n RGB pixels: the sum of the four bytes of each channel through
 * the scale. With the fastest instructions that the processor has, within the limit that
 * ONEDNN_MAX_CPU_ISA sets. */
void face_halve_row(const uint8_t *above, const uint8_t *below, const struct face_scale *scale,
                    float *target, int n);

/* The same on every processor: what the instructions are compared with. */
void face_halve_row_plain(const uint8_t *above, const uint8_t *below,
                          const struct face_scale *scale, float *target, int n);

#endif
