#include "face/halve.h"

#include "nn/nn.h"

#include <stdbool.h>

void face_halve_row_plain(const uint8_t *above, const uint8_t *below,
                          const struct face_scale *scale, float *target, int n)
{
    for (int x = 0; x < n; x++, above += 6, below += 6, target += 3) {
        for (int c = 0; c < 3; c++) {
            int sum = above[c] + above[c + 3] + below[c] + below[c + 3];
            target[c] = (float)sum * scale->factor + scale->offset;
        }
    }
}

#if defined(__x86_64__)
#include <immintrin.h>

/* Two pairs of pixels in each half; what follows them is read as well. */
__attribute__((target("avx2"))) static inline __m256i four_pairs(const uint8_t *row)
{
    /* The bytes of each channel side by side, pair by pair. */
    const __m256i beside = _mm256_setr_epi8(0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11, -1, -1, -1, -1, 0,
                                            3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11, -1, -1, -1, -1);
    __m128i first = _mm_loadu_si128((const __m128i *)row);
    __m128i second = _mm_loadu_si128((const __m128i *)(row + 12));
    __m256i bytes = _mm256_shuffle_epi8(_mm256_set_m128i(second, first), beside);
    return _mm256_maddubs_epi16(bytes, _mm256_set1_epi8(1));
}

/* Two pixels, and two numbers that the next ones overwrite. */
__attribute__((target("avx2"))) static inline void store_two(__m128i sums, __m256 factor,
                                                             __m256 offset, float *target)
{
    __m256 floats = _mm256_cvtepi32_ps(_mm256_cvtepu16_epi32(sums));
    _mm256_storeu_ps(target, _mm256_add_ps(_mm256_mul_ps(floats, factor), offset));
}

/* Returns the first pixel that is left: four at a time, and one behind them that is there. */
__attribute__((target("avx2"))) static int halve_avx2(const uint8_t *above, const uint8_t *below,
                                                      const struct face_scale *scale, float *target,
                                                      int n)
{
    __m256 factor = _mm256_set1_ps(scale->factor);
    __m256 offset = _mm256_set1_ps(scale->offset);
    int x = 0;
    for (; x + 5 <= n; x += 4, above += 24, below += 24, target += 12) {
        __m256i sums = _mm256_add_epi16(four_pairs(above), four_pairs(below));
        store_two(_mm256_castsi256_si128(sums), factor, offset, target);
        store_two(_mm256_extracti128_si256(sums, 1), factor, offset, target + 6);
    }
    return x;
}

/* "avx2" and what extends it; oneDNN's limit holds here too. */
static bool has_avx2(void)
{
    return g_str_has_prefix(nn_instruction_set(), "avx");
}

void face_halve_row(const uint8_t *above, const uint8_t *below, const struct face_scale *scale,
                    float *target, int n)
{
    int done = has_avx2() ? halve_avx2(above, below, scale, target, n) : 0;
    above += (size_t)done * 6;
    below += (size_t)done * 6;
    face_halve_row_plain(above, below, scale, target + (size_t)done * 3, n - done);
}
#else
void face_halve_row(const uint8_t *above, const uint8_t *below, const struct face_scale *scale,
                    float *target, int n)
{
    face_halve_row_plain(above, below, scale, target, n);
}
#endif
