/* One vector of floats in the instruction set that the file is compiled for. */
#ifndef NN_KERNELS_FLOAT_H
#define NN_KERNELS_FLOAT_H

#include <immintrin.h>
#include <stdint.h>

#if defined(__AVX512F__)
#define LANES 16
typedef __m512 vector;
#define V_LOAD(from) _mm512_loadu_ps(from)
#define V_STORE(to, v) _mm512_storeu_ps(to, v)
#define V_ZERO() _mm512_setzero_ps()
#define V_ALL(number) _mm512_set1_ps(number)
#define V_FMA(a, b, c) _mm512_fmadd_ps(a, b, c)
#define V_ADD(a, b) _mm512_add_ps(a, b)
#define V_MAX(a, b) _mm512_max_ps(a, b)
#define V_MIN(a, b) _mm512_min_ps(a, b)
#elif defined(__AVX2__)
#define LANES 8
typedef __m256 vector;
#define V_LOAD(from) _mm256_loadu_ps(from)
#define V_STORE(to, v) _mm256_storeu_ps(to, v)
#define V_ZERO() _mm256_setzero_ps()
#define V_ALL(number) _mm256_set1_ps(number)
#define V_FMA(a, b, c) _mm256_fmadd_ps(a, b, c)
#define V_ADD(a, b) _mm256_add_ps(a, b)
#define V_MAX(a, b) _mm256_max_ps(a, b)
#define V_MIN(a, b) _mm256_min_ps(a, b)
#else
#define LANES 4
typedef __m128 vector;
#define V_LOAD(from) _mm_loadu_ps(from)
#define V_STORE(to, v) _mm_storeu_ps(to, v)
#define V_ZERO() _mm_setzero_ps()
#define V_ALL(number) _mm_set1_ps(number)
#define V_FMA(a, b, c) _mm_add_ps(_mm_mul_ps(a, b), c)
#define V_ADD(a, b) _mm_add_ps(a, b)
#define V_MAX(a, b) _mm_max_ps(a, b)
#define V_MIN(a, b) _mm_min_ps(a, b)
#endif

static inline vector v_prelu(vector x, vector slope)
{
    return V_FMA(slope, V_MIN(x, V_ZERO()), V_MAX(x, V_ZERO()));
}

#if LANES == 16
#define V_FIRST(left) ((__mmask16)((left) >= LANES ? 0xffff : (1 << (left)) - 1))
#define V_LOAD_FIRST(from, left) _mm512_maskz_loadu_ps(V_FIRST(left), from)
#define V_STORE_FIRST(to, v, left) _mm512_mask_storeu_ps(to, V_FIRST(left), v)
#elif LANES == 8
#define V_FIRST(left)                                                                              \
    _mm256_cmpgt_epi32(_mm256_set1_epi32((int)(left)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7))
#define V_LOAD_FIRST(from, left) _mm256_maskload_ps(from, V_FIRST(left))
#define V_STORE_FIRST(to, v, left) _mm256_maskstore_ps(to, V_FIRST(left), v)
#else
static inline vector v_load_first(const float *from, int64_t left)
{
    float numbers[LANES] = {0};
    for (int64_t i = 0; i < left && i < LANES; i++) {
        numbers[i] = from[i];
    }
    return V_LOAD(numbers);
}

static inline void v_store_first(float *to, vector v, int64_t left)
{
    float numbers[LANES];
    V_STORE(numbers, v);
    for (int64_t i = 0; i < left && i < LANES; i++) {
        to[i] = numbers[i];
    }
}
#define V_LOAD_FIRST(from, left) v_load_first(from, left)
#define V_STORE_FIRST(to, v, left) v_store_first(to, v, left)
#endif

/* The first `left` numbers, or all when there are more; the others are zero, or stay. */
static inline vector v_load_some(const float *from, int64_t left)
{
    return left >= LANES ? V_LOAD(from) : V_LOAD_FIRST(from, left);
}

static inline void v_store_some(float *to, vector v, int64_t left)
{
    if (left >= LANES) {
        V_STORE(to, v);
    } else {
        V_STORE_FIRST(to, v, left);
    }
}

#if defined(__AVX512VNNI__)
/* Sixteen bytes, rounded to the nearest and kept within 0 to 255. */
static inline void v_store_bytes(uint8_t *to, vector x, const float *factor, const float *offset)
{
    vector scaled = V_MAX(V_FMA(x, V_LOAD(factor), V_LOAD(offset)), V_ZERO());
    _mm_storeu_si128((__m128i *)to, _mm512_cvtusepi32_epi8(_mm512_cvtps_epi32(scaled)));
}
#endif

#endif
