#include "face/dot.h"

#include "nn/nn.h"

#include <glib.h>
#include <math.h>
#include <string.h>

#define N FACE_EMBEDDING_N

void face_dot_round(const float *values, struct face_dot_rounded *rounded)
{
    float largest = 0;
    for (int i = 0; i < N; i++) {
        largest = fmaxf(largest, fabsf(values[i]));
    }
    float step = largest > 0 ? largest / 127 : 1;
    double length = 0;
    double error = 0;
    rounded->sum = 0;
    for (int i = 0; i < N; i++) {
        long byte = CLAMP(lrintf(values[i] / step), -127, 127);
        double back = (double)step * (double)byte;
        rounded->bytes[i] = (int8_t)byte;
        rounded->sum += (int32_t)byte;
        length += back * back;
        error += (values[i] - back) * (values[i] - back);
    }
    rounded->step = step;
    rounded->length = nextafterf((float)sqrt(length), INFINITY);
    rounded->error = nextafterf((float)sqrt(error), INFINITY);
}

static float floats_plain(const float *a, const float *b)
{
    float sums[8] = {0};
    for (int i = 0; i < N; i += 8) {
        for (int lane = 0; lane < 8; lane++) {
            sums[lane] += a[i + lane] * b[i + lane];
        }
    }
    return ((sums[0] + sums[4]) + (sums[1] + sums[5])) +
           ((sums[2] + sums[6]) + (sums[3] + sums[7]));
}

static void bytes_plain(const int8_t *rows, const int32_t *sums, size_t n,
                        const struct face_dot_rounded *probe, int32_t *out)
{
    (void)sums;
    for (size_t i = 0; i < n; i++, rows += N) {
        int32_t sum = 0;
        for (int j = 0; j < N; j++) {
            sum += rows[j] * probe->bytes[j];
        }
        out[i] = sum;
    }
}

static const struct face_dot_kernels plain = {"plain", floats_plain, bytes_plain};

#if defined(__x86_64__)
#include <immintrin.h>

__attribute__((target("avx2,fma"))) static float floats_avx2(const float *a, const float *b)
{
    __m256 sum[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(),
                     _mm256_setzero_ps()};
    for (int i = 0; i < N; i += 32) {
        for (int lane = 0; lane < 4; lane++) {
            sum[lane] = _mm256_fmadd_ps(_mm256_loadu_ps(a + i + lane * 8),
                                        _mm256_loadu_ps(b + i + lane * 8), sum[lane]);
        }
    }
    __m256 all = _mm256_add_ps(_mm256_add_ps(sum[0], sum[1]), _mm256_add_ps(sum[2], sum[3]));
    __m128 half = _mm_add_ps(_mm256_castps256_ps128(all), _mm256_extractf128_ps(all, 1));
    half = _mm_add_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_add_ss(half, _mm_shuffle_ps(half, half, 1)));
}

__attribute__((target("avx2"))) static void bytes_avx2(const int8_t *rows, const int32_t *sums,
                                                       size_t n,
                                                       const struct face_dot_rounded *probe,
                                                       int32_t *out)
{
    (void)sums;
    for (size_t i = 0; i < n; i++, rows += N) {
        __m256i sum[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
        for (int j = 0; j < N; j += 32) {
            for (int lane = 0; lane < 2; lane++) {
                __m256i row =
                    _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(rows + j + lane * 16)));
                __m256i other = _mm256_cvtepi8_epi16(
                    _mm_loadu_si128((const __m128i *)(probe->bytes + j + lane * 16)));
                sum[lane] = _mm256_add_epi32(sum[lane], _mm256_madd_epi16(row, other));
            }
        }
        __m256i both = _mm256_add_epi32(sum[0], sum[1]);
        __m128i half =
            _mm_add_epi32(_mm256_castsi256_si128(both), _mm256_extracti128_si256(both, 1));
        half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4e));
        half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0xb1));
        out[i] = _mm_cvtsi128_si32(half);
    }
}

static const struct face_dot_kernels avx2 = {"avx2", floats_avx2, bytes_avx2};

__attribute__((target("avx512f"))) static float floats_avx512(const float *a, const float *b)
{
    __m512 sum[4] = {_mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps(),
                     _mm512_setzero_ps()};
    for (int i = 0; i < N; i += 64) {
        for (int lane = 0; lane < 4; lane++) {
            sum[lane] = _mm512_fmadd_ps(_mm512_loadu_ps(a + i + lane * 16),
                                        _mm512_loadu_ps(b + i + lane * 16), sum[lane]);
        }
    }
    return _mm512_reduce_add_ps(
        _mm512_add_ps(_mm512_add_ps(sum[0], sum[1]), _mm512_add_ps(sum[2], sum[3])));
}

/* VNNI multiplies unsigned by signed bytes: the probe is shifted by 128, and 128 times the row's
 * sum taken off again. No intermediate saturates. */
__attribute__((target("avx512f,avx512bw,avx512vnni"))) static void
bytes_vnni(const int8_t *rows, const int32_t *sums, size_t n, const struct face_dot_rounded *probe,
           int32_t *out)
{
    enum { STEPS = N / 64 };
    __m512i shifted[STEPS];
    for (int j = 0; j < STEPS; j++) {
        shifted[j] = _mm512_add_epi8(_mm512_loadu_si512(probe->bytes + j * 64),
                                     _mm512_set1_epi8((char)-128));
    }
    for (size_t i = 0; i < n; i++, rows += N) {
        __m512i sum[2] = {_mm512_setzero_si512(), _mm512_setzero_si512()};
        for (int j = 0; j < STEPS; j += 2) {
            sum[0] = _mm512_dpbusd_epi32(sum[0], shifted[j], _mm512_loadu_si512(rows + j * 64));
            sum[1] =
                _mm512_dpbusd_epi32(sum[1], shifted[j + 1], _mm512_loadu_si512(rows + j * 64 + 64));
        }
        out[i] = _mm512_reduce_add_epi32(_mm512_add_epi32(sum[0], sum[1])) - 128 * sums[i];
    }
}

static const struct face_dot_kernels avx512 = {"avx512", floats_avx512, bytes_avx2};
static const struct face_dot_kernels vnni = {"avx512-vnni", floats_avx512, bytes_vnni};

size_t face_dot_kernels_list(const struct face_dot_kernels *list[], size_t max)
{
    const struct {
        bool can;
        const struct face_dot_kernels *kernels;
    } known[] = {
        {true, &plain},
        {__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"), &avx2},
        {__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx2"), &avx512},
        {__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vnni"), &vnni},
    };
    size_t n = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(known) && n < max; i++) {
        if (known[i].can) {
            list[n++] = known[i].kernels;
        }
    }
    return n;
}
#else
size_t face_dot_kernels_list(const struct face_dot_kernels *list[], size_t max)
{
    if (max > 0) {
        list[0] = &plain;
    }
    return max > 0 ? 1 : 0;
}
#endif

/* 0 for whatever has no instructions that matter here. */
static int rank(const char *set)
{
    static const char *const names[] = {"avx2", "avx512", "avx512-vnni"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strcmp(set, names[i]) == 0) {
            return (int)i + 1;
        }
    }
    return 0;
}

const struct face_dot_kernels *face_dot_kernels(void)
{
    static const struct face_dot_kernels *best;
    static gsize chosen;
    if (g_once_init_enter(&chosen)) {
        const struct face_dot_kernels *list[8];
        size_t n = face_dot_kernels_list(list, G_N_ELEMENTS(list));
        /* The limit that ONEDNN_MAX_CPU_ISA sets holds here too. */
        while (n > 1 && rank(list[n - 1]->name) > rank(nn_instruction_set())) {
            n--;
        }
        best = list[n - 1];
        g_once_init_leave(&chosen, 1);
    }
    return best;
}
