#include "face/gallery.h"

#include "face/dot.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_ROWS 1024
#define ALIGNMENT 64
/* Below this many rows the floats are in the processor's caches anyway. */
#define ROUNDED_ROWS_MIN 1500
/* More than what adding 512 products in floats, in any order, can be wrong by. */
#define FLOAT_SLACK 1e-5F

/* Rows never move when the gallery grows: only the list of chunks does. */
struct chunk {
    float values[CHUNK_ROWS][FACE_EMBEDDING_N];
    int8_t bytes[CHUNK_ROWS][FACE_EMBEDDING_N];
    float second[CHUNK_ROWS][FACE_SECOND_N];
    int32_t sums[CHUNK_ROWS];
    float step[CHUNK_ROWS], length[CHUNK_ROWS], error[CHUNK_ROWS];
    struct base_uuid ids[CHUNK_ROWS];
};

struct face_gallery {
    pthread_rwlock_t lock; /* guards all below */
    GPtrArray *chunks;
    size_t rows;
    GHashTable *row_of; /* struct base_uuid inside a chunk → row number */
};

static void chunk_free(gpointer chunk)
{
    explicit_bzero(chunk, sizeof(struct chunk));
    g_aligned_free(chunk);
}

struct face_gallery *face_gallery_create(void)
{
    struct face_gallery *gallery = g_new0(struct face_gallery, 1);
    /* Searches follow each other without a gap on a busy server; a change must not wait for one. */
    pthread_rwlockattr_t attributes;
    pthread_rwlockattr_init(&attributes);
    pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&gallery->lock, &attributes);
    pthread_rwlockattr_destroy(&attributes);
    gallery->chunks = g_ptr_array_new_with_free_func(chunk_free);
    gallery->row_of = g_hash_table_new(base_uuid_hash, base_uuid_equal);
    return gallery;
}

void face_gallery_destroy(struct face_gallery *gallery)
{
    if (gallery == NULL) {
        return;
    }
    g_hash_table_unref(gallery->row_of);
    g_ptr_array_unref(gallery->chunks);
    pthread_rwlock_destroy(&gallery->lock);
    g_free(gallery);
}

static struct chunk *chunk_of(const struct face_gallery *gallery, size_t row)
{
    return g_ptr_array_index(gallery->chunks, row / CHUNK_ROWS);
}

static void grow(struct face_gallery *gallery, size_t rows)
{
    while (gallery->chunks->len * (size_t)CHUNK_ROWS < rows) {
        g_ptr_array_add(gallery->chunks, g_aligned_alloc(1, sizeof(struct chunk), ALIGNMENT));
    }
}

static bool find_row(const struct face_gallery *gallery, const struct base_uuid *id, size_t *row)
{
    gpointer value = NULL;
    if (!g_hash_table_lookup_extended(gallery->row_of, id, NULL, &value)) {
        return false;
    }
    *row = GPOINTER_TO_SIZE(value);
    return true;
}

static void write_row(struct face_gallery *gallery, size_t row, const float *values,
                      const float *second)
{
    struct chunk *chunk = chunk_of(gallery, row);
    size_t at = row % CHUNK_ROWS;
    struct face_dot_rounded rounded;
    memcpy(chunk->values[at], values, sizeof chunk->values[at]);
    memcpy(chunk->second[at], second, sizeof chunk->second[at]);
    face_dot_round(values, &rounded);
    memcpy(chunk->bytes[at], rounded.bytes, sizeof rounded.bytes);
    chunk->sums[at] = rounded.sum;
    chunk->step[at] = rounded.step;
    chunk->length[at] = rounded.length;
    chunk->error[at] = rounded.error;
}

static bool normalise(const float *values, int n, float *unit)
{
    double sum = 0;
    for (int i = 0; i < n; i++) {
        sum += (double)values[i] * values[i];
    }
    if (!(fabs(sqrt(sum) - 1) < 1e-3)) {
        return false;
    }
    for (int i = 0; i < n; i++) {
        unit[i] = (float)(values[i] / sqrt(sum));
    }
    return true;
}

static bool all_zeros(const float *values, int n)
{
    for (int i = 0; i < n; i++) {
        if (values[i] != 0) {
            return false;
        }
    }
    return true;
}

bool face_gallery_set(struct face_gallery *gallery, const struct base_uuid *id,
                      const float values[FACE_TEMPLATE_N])
{
    float unit[FACE_TEMPLATE_N] = {0};
    const float *second = values + FACE_EMBEDDING_N;
    if (!normalise(values, FACE_EMBEDDING_N, unit) ||
        (!all_zeros(second, FACE_SECOND_N) &&
         !normalise(second, FACE_SECOND_N, unit + FACE_EMBEDDING_N))) {
        return false;
    }
    pthread_rwlock_wrlock(&gallery->lock);
    size_t row = 0;
    if (!find_row(gallery, id, &row)) {
        row = gallery->rows++;
        grow(gallery, gallery->rows);
        struct base_uuid *key = &chunk_of(gallery, row)->ids[row % CHUNK_ROWS];
        *key = *id;
        g_hash_table_insert(gallery->row_of, key, GSIZE_TO_POINTER(row));
    }
    write_row(gallery, row, unit, unit + FACE_EMBEDDING_N);
    pthread_rwlock_unlock(&gallery->lock);
    explicit_bzero(unit, sizeof unit);
    return true;
}

/* The last row fills the gap. */
static void remove_row(struct face_gallery *gallery, size_t row)
{
    struct chunk *chunk = chunk_of(gallery, row);
    size_t at = row % CHUNK_ROWS;
    g_hash_table_remove(gallery->row_of, &chunk->ids[at]);
    size_t last = --gallery->rows;
    struct chunk *from = chunk_of(gallery, last);
    if (last != row) {
        chunk->ids[at] = from->ids[last % CHUNK_ROWS];
        g_hash_table_replace(gallery->row_of, &chunk->ids[at], GSIZE_TO_POINTER(row));
        write_row(gallery, row, from->values[last % CHUNK_ROWS], from->second[last % CHUNK_ROWS]);
    }
    /* A deleted face does not stay behind in memory. */
    memset(from->values[last % CHUNK_ROWS], 0, sizeof from->values[0]);
    memset(from->bytes[last % CHUNK_ROWS], 0, sizeof from->bytes[0]);
    memset(from->second[last % CHUNK_ROWS], 0, sizeof from->second[0]);
}

bool face_gallery_remove(struct face_gallery *gallery, const struct base_uuid *id)
{
    pthread_rwlock_wrlock(&gallery->lock);
    size_t row = 0;
    bool found = find_row(gallery, id, &row);
    if (found) {
        remove_row(gallery, row);
    }
    pthread_rwlock_unlock(&gallery->lock);
    return found;
}

bool face_gallery_exists(struct face_gallery *gallery, const struct base_uuid *id)
{
    size_t row = 0;
    pthread_rwlock_rdlock(&gallery->lock);
    bool found = find_row(gallery, id, &row);
    pthread_rwlock_unlock(&gallery->lock);
    return found;
}

bool face_gallery_get(struct face_gallery *gallery, const struct base_uuid *id,
                      float values[FACE_TEMPLATE_N])
{
    size_t row = 0;
    pthread_rwlock_rdlock(&gallery->lock);
    bool found = find_row(gallery, id, &row);
    if (found) {
        const struct chunk *chunk = chunk_of(gallery, row);
        memcpy(values, chunk->values[row % CHUNK_ROWS], sizeof chunk->values[0]);
        memcpy(values + FACE_EMBEDDING_N, chunk->second[row % CHUNK_ROWS], sizeof chunk->second[0]);
    }
    pthread_rwlock_unlock(&gallery->lock);
    return found;
}

size_t face_gallery_count(struct face_gallery *gallery)
{
    pthread_rwlock_rdlock(&gallery->lock);
    size_t rows = gallery->rows;
    pthread_rwlock_unlock(&gallery->lock);
    return rows;
}

void face_gallery_clear(struct face_gallery *gallery)
{
    pthread_rwlock_wrlock(&gallery->lock);
    g_hash_table_remove_all(gallery->row_of);
    g_ptr_array_set_size(gallery->chunks, 0);
    gallery->rows = 0;
    pthread_rwlock_unlock(&gallery->lock);
}

void face_gallery_reserve(struct face_gallery *gallery, size_t people)
{
    pthread_rwlock_wrlock(&gallery->lock);
    grow(gallery, people);
    pthread_rwlock_unlock(&gallery->lock);
}

/* The k best so far, best first. */
struct best {
    struct face_gallery_match *matches;
    size_t n, k;
};

static bool comes_before(const struct face_gallery_match *a, const struct face_gallery_match *b)
{
    if (a->score != b->score) {
        return a->score > b->score;
    }
    return base_uuid_compare(&a->id, &b->id) < 0;
}

static void best_offer(struct best *best, const struct base_uuid *id, float score)
{
    struct face_gallery_match match = {*id, score};
    if (best->n == best->k) {
        if (!comes_before(&match, &best->matches[best->k - 1])) {
            return;
        }
        best->n--;
    }
    size_t at = best->n++;
    for (; at > 0 && comes_before(&match, &best->matches[at - 1]); at--) {
        best->matches[at] = best->matches[at - 1];
    }
    best->matches[at] = match;
}

static void offer_exact(const struct face_gallery *gallery, const float *probe, size_t row,
                        const struct face_dot_kernels *kernels, struct best *best)
{
    const struct chunk *chunk = chunk_of(gallery, row);
    size_t at = row % CHUNK_ROWS;
    best_offer(best, &chunk->ids[at], kernels->floats(chunk->values[at], probe));
}

/* A row whose exact score may be among the k best. */
struct candidate {
    float upper; /* its score is at most this */
    size_t row;
};

/* The first pass over rounded rows. `floor` is a score that k rows are known to reach. */
struct sieve {
    const struct face_gallery *gallery;
    const struct face_dot_kernels *kernels;
    struct face_dot_rounded probe;
    float probe_length;
    float floor;
    float *lowest; /* the k highest lower bounds, ascending */
    size_t k;
    GArray *candidates;
};

static void raise_floor(struct sieve *sieve, float lower)
{
    size_t at = 0;
    for (; at + 1 < sieve->k && sieve->lowest[at + 1] < lower; at++) {
        sieve->lowest[at] = sieve->lowest[at + 1];
    }
    sieve->lowest[at] = lower;
    sieve->floor = sieve->lowest[0];
}

/* `dots` are the inner products of n rows from `row` on, all in one chunk. */
static void sift(struct sieve *sieve, size_t row, size_t n, const int32_t *dots)
{
    const struct chunk *chunk = chunk_of(sieve->gallery, row);
    size_t first = row % CHUNK_ROWS;
    for (size_t i = 0; i < n; i++) {
        size_t at = first + i;
        float score = (float)dots[i] * (chunk->step[at] * sieve->probe.step);
        float bound = chunk->length[at] * sieve->probe.error +
                      chunk->error[at] * sieve->probe_length + FLOAT_SLACK;
        if (score + bound < sieve->floor) {
            continue;
        }
        if (score - bound > sieve->floor) {
            raise_floor(sieve, score - bound);
        }
        struct candidate candidate = {score + bound, row + i};
        g_array_append_val(sieve->candidates, candidate);
    }
}

static void sift_all(struct sieve *sieve)
{
    int32_t dots[CHUNK_ROWS];
    for (size_t row = 0; row < sieve->gallery->rows; row += CHUNK_ROWS) {
        const struct chunk *chunk = chunk_of(sieve->gallery, row);
        size_t n = MIN(sieve->gallery->rows - row, CHUNK_ROWS);
        sieve->kernels->bytes(chunk->bytes[0], chunk->sums, n, &sieve->probe, dots);
        sift(sieve, row, n, dots);
    }
}

static void sift_some(struct sieve *sieve, const size_t *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct chunk *chunk = chunk_of(sieve->gallery, rows[i]);
        size_t at = rows[i] % CHUNK_ROWS;
        int32_t dot = 0;
        sieve->kernels->bytes(chunk->bytes[at], &chunk->sums[at], 1, &sieve->probe, &dot);
        sift(sieve, rows[i], 1, &dot);
    }
}

static gint compare_candidates(gconstpointer a, gconstpointer b)
{
    float left = ((const struct candidate *)a)->upper;
    float right = ((const struct candidate *)b)->upper;
    return (left < right) - (left > right);
}

/* `rows` NULL: all. */
static void search_rounded(const struct face_gallery *gallery, const float *probe,
                           const size_t *rows, size_t rows_n, struct best *best)
{
    struct sieve sieve = {
        .gallery = gallery,
        .kernels = face_dot_kernels(),
        .floor = -INFINITY,
        .lowest = g_new(float, best->k),
        .k = best->k,
        .candidates = g_array_new(FALSE, FALSE, sizeof(struct candidate)),
    };
    for (size_t i = 0; i < best->k; i++) {
        sieve.lowest[i] = -INFINITY;
    }
    face_dot_round(probe, &sieve.probe);
    sieve.probe_length = sqrtf(sieve.kernels->floats(probe, probe)) * (1 + FLOAT_SLACK);
    if (rows == NULL) {
        sift_all(&sieve);
    } else {
        sift_some(&sieve, rows, rows_n);
    }
    g_array_sort(sieve.candidates, compare_candidates);
    for (guint i = 0; i < sieve.candidates->len; i++) {
        const struct candidate *candidate = &g_array_index(sieve.candidates, struct candidate, i);
        if (best->n == best->k && candidate->upper < best->matches[best->k - 1].score) {
            break;
        }
        offer_exact(gallery, probe, candidate->row, sieve.kernels, best);
    }
    g_array_unref(sieve.candidates);
    g_free(sieve.lowest);
}

static void search_exhaustive(const struct face_gallery *gallery, const float *probe,
                              const size_t *rows, size_t rows_n, struct best *best)
{
    const struct face_dot_kernels *kernels = face_dot_kernels();
    for (size_t i = 0; i < rows_n; i++) {
        offer_exact(gallery, probe, rows != NULL ? rows[i] : i, kernels, best);
    }
}

static gint compare_rows(gconstpointer a, gconstpointer b)
{
    size_t left = *(const size_t *)a;
    size_t right = *(const size_t *)b;
    return (left > right) - (left < right);
}

/* The rows of the people listed, in memory order, each once. */
static size_t *scope_rows(const struct face_gallery *gallery,
                          const struct face_gallery_scope *scope, size_t *n)
{
    size_t *rows = g_new(size_t, scope->ids_n + 1);
    size_t found = 0;
    for (size_t i = 0; i < scope->ids_n; i++) {
        found += find_row(gallery, &scope->ids[i], &rows[found]);
    }
    qsort(rows, found, sizeof *rows, compare_rows);
    *n = 0;
    for (size_t i = 0; i < found; i++) {
        if (*n == 0 || rows[*n - 1] != rows[i]) {
            rows[(*n)++] = rows[i];
        }
    }
    return rows;
}

size_t face_gallery_search(struct face_gallery *gallery, const float probe[FACE_EMBEDDING_N],
                           const struct face_gallery_scope *scope, size_t k,
                           enum face_gallery_method method, struct face_gallery_match *matches)
{
    struct best best = {matches, 0, k};
    if (k == 0) {
        return 0;
    }
    pthread_rwlock_rdlock(&gallery->lock);
    size_t n = gallery->rows;
    g_autofree size_t *rows =
        scope != NULL && scope->ids != NULL ? scope_rows(gallery, scope, &n) : NULL;
    if (method == FACE_GALLERY_EXHAUSTIVE || n < ROUNDED_ROWS_MIN || k >= n) {
        search_exhaustive(gallery, probe, rows, n, &best);
    } else {
        search_rounded(gallery, probe, rows, n, &best);
    }
    pthread_rwlock_unlock(&gallery->lock);
    return best.n;
}
