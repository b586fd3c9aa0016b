/* The fast search gives the answer of the exhaustive one, whatever the scope and the changes. */
#include "../unit.h"

#include "face/dot.h"
#include "face/gallery.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define PEOPLE 5000
#define K 12

static void random_unit(GRand *random, float *values)
{
    double sum = 0;
    for (int i = 0; i < FACE_EMBEDDING_N; i++) {
        values[i] = (float)g_rand_double_range(random, -1, 1);
        sum += (double)values[i] * values[i];
    }
    for (int i = 0; i < FACE_EMBEDDING_N; i++) {
        values[i] = (float)(values[i] / sqrt(sum));
    }
}

/* Like `values` with some noise: several people who look alike. */
static void similar(GRand *random, const float *values, double noise, float *out)
{
    double sum = 0;
    for (int i = 0; i < FACE_EMBEDDING_N; i++) {
        out[i] = values[i] + (float)g_rand_double_range(random, -noise, noise);
        sum += (double)out[i] * out[i];
    }
    for (int i = 0; i < FACE_EMBEDDING_N; i++) {
        out[i] = (float)(out[i] / sqrt(sum));
    }
}

static struct base_uuid number(unsigned n)
{
    struct base_uuid id = {{0}};
    memcpy(id.bytes, &n, sizeof n);
    return id;
}

static struct face_gallery *filled(GRand *random, unsigned people)
{
    struct face_gallery *gallery = face_gallery_create();
    float first[FACE_TEMPLATE_N] = {0};
    float values[FACE_TEMPLATE_N] = {0};
    random_unit(random, first);
    for (unsigned i = 0; i < people; i++) {
        struct base_uuid id = number(i);
        /* Crowds of look-alikes make the bound of the first pass matter. */
        if (i % 50 == 0) {
            random_unit(random, first);
        }
        similar(random, first, 0.02 * (i % 7), values);
        assert_true(face_gallery_set(gallery, &id, values));
    }
    return gallery;
}

static void assert_same_answer(struct face_gallery *gallery, const float *probe,
                               const struct face_gallery_scope *scope, size_t k)
{
    struct face_gallery_match fast[K];
    struct face_gallery_match slow[K];
    size_t fast_n = face_gallery_search(gallery, probe, scope, k, FACE_GALLERY_FASTEST, fast);
    size_t slow_n = face_gallery_search(gallery, probe, scope, k, FACE_GALLERY_EXHAUSTIVE, slow);
    assert_int_equal(fast_n, slow_n);
    for (size_t i = 0; i < fast_n; i++) {
        assert_memory_equal(&fast[i].id, &slow[i].id, sizeof fast[i].id);
        assert_memory_equal(&fast[i].score, &slow[i].score, sizeof fast[i].score);
        assert_true(i == 0 || fast[i].score <= fast[i - 1].score);
    }
}

static void test_fast_search_equals_exhaustive_search(void **state)
{
    (void)state;
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    struct face_gallery *gallery = filled(random, PEOPLE);
    for (int round = 0; round < 200; round++) {
        float probe[FACE_TEMPLATE_N] = {0};
        float known[FACE_TEMPLATE_N] = {0};
        struct base_uuid id = number((unsigned)g_rand_int_range(random, 0, PEOPLE));
        assert_true(face_gallery_get(gallery, &id, known));
        similar(random, known, 0.001 * round, probe);
        assert_same_answer(gallery, probe, NULL, 1 + (size_t)round % K);
    }
    face_gallery_destroy(gallery);
}

static void test_rows_that_are_hard_to_round(void **state)
{
    (void)state;
    g_autoptr(GRand) random = g_rand_new_with_seed(2);
    struct face_gallery *gallery = face_gallery_create();
    for (unsigned i = 0; i < 3000; i++) {
        float values[FACE_TEMPLATE_N] = {0};
        struct base_uuid id = number(i);
        random_unit(random, values);
        /* One huge element leaves the others next to nothing of the 8 bits. */
        float rest = i % 2 == 0 ? 0.05F : 0.3F;
        double sum = 0;
        for (int j = 0; j < FACE_EMBEDDING_N; j++) {
            values[j] = j == (int)(i % 3) ? 1 : values[j] * rest;
            sum += (double)values[j] * values[j];
        }
        for (int j = 0; j < FACE_EMBEDDING_N; j++) {
            values[j] = (float)(values[j] / sqrt(sum));
        }
        assert_true(face_gallery_set(gallery, &id, values));
    }
    for (unsigned i = 0; i < 100; i++) {
        float probe[FACE_TEMPLATE_N] = {0};
        struct base_uuid id = number(i * 7);
        assert_true(face_gallery_get(gallery, &id, probe));
        assert_same_answer(gallery, probe, NULL, 5);
        random_unit(random, probe);
        assert_same_answer(gallery, probe, NULL, 5);
    }
    face_gallery_destroy(gallery);
}

static void test_scope_restricts_the_search(void **state)
{
    (void)state;
    g_autoptr(GRand) random = g_rand_new_with_seed(3);
    struct face_gallery *gallery = filled(random, PEOPLE);
    const size_t sizes[] = {1, 2, 30, 1400, 1600, 4900};
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autofree struct base_uuid *ids = g_new(struct base_uuid, sizes[i] + 2);
        for (size_t j = 0; j < sizes[i]; j++) {
            ids[j] = number((unsigned)g_rand_int_range(random, 0, PEOPLE));
        }
        ids[sizes[i]] = ids[0];                 /* twice */
        ids[sizes[i] + 1] = number(PEOPLE + 1); /* not enrolled */
        struct face_gallery_scope scope = {ids, sizes[i] + 2};
        for (int round = 0; round < 20; round++) {
            float probe[FACE_TEMPLATE_N] = {0};
            random_unit(random, probe);
            assert_same_answer(gallery, probe, &scope, 4);
        }
        struct face_gallery_match match;
        float own[FACE_TEMPLATE_N] = {0};
        assert_true(face_gallery_get(gallery, &ids[0], own));
        assert_int_equal(face_gallery_search(gallery, own, &scope, 1, FACE_GALLERY_FASTEST, &match),
                         1);
        assert_true(match.score > 0.9999F);
    }
    struct base_uuid stranger = number(PEOPLE + 7);
    struct face_gallery_scope nobody = {&stranger, 1};
    struct face_gallery_match match;
    float probe[FACE_TEMPLATE_N] = {0};
    random_unit(random, probe);
    assert_int_equal(face_gallery_search(gallery, probe, &nobody, 1, FACE_GALLERY_FASTEST, &match),
                     0);
    face_gallery_destroy(gallery);
}

static void test_replace_and_remove(void **state)
{
    (void)state;
    g_autoptr(GRand) random = g_rand_new_with_seed(4);
    struct face_gallery *gallery = filled(random, 2600);
    float probe[FACE_TEMPLATE_N] = {0};
    random_unit(random, probe);
    struct base_uuid replaced = number(17);
    assert_true(face_gallery_set(gallery, &replaced, probe));
    assert_int_equal(face_gallery_count(gallery), 2600);
    struct face_gallery_match match;
    face_gallery_search(gallery, probe, NULL, 1, FACE_GALLERY_FASTEST, &match);
    assert_memory_equal(&match.id, &replaced, sizeof replaced);

    assert_true(face_gallery_remove(gallery, &replaced));
    assert_false(face_gallery_remove(gallery, &replaced));
    assert_false(face_gallery_exists(gallery, &replaced));
    face_gallery_search(gallery, probe, NULL, 1, FACE_GALLERY_FASTEST, &match);
    assert_true(match.score < 0.9F);
    for (unsigned i = 0; i < 2600; i++) {
        struct base_uuid id = number(i);
        float kept[FACE_TEMPLATE_N] = {0};
        assert_int_equal(face_gallery_get(gallery, &id, kept), i != 17);
        if (i % 3 == 0 && i != 17) {
            assert_true(face_gallery_remove(gallery, &id));
        }
    }
    assert_same_answer(gallery, probe, NULL, K);
    face_gallery_clear(gallery);
    assert_int_equal(face_gallery_count(gallery), 0);
    assert_int_equal(face_gallery_search(gallery, probe, NULL, K, FACE_GALLERY_FASTEST, &match), 0);
    assert_true(face_gallery_set(gallery, &replaced, probe));
    assert_int_equal(face_gallery_count(gallery), 1);
    face_gallery_destroy(gallery);
}

static void test_senseless_templates_are_refused(void **state)
{
    (void)state;
    struct face_gallery *gallery = face_gallery_create();
    struct base_uuid id = number(1);
    float values[FACE_TEMPLATE_N] = {0};
    assert_false(face_gallery_set(gallery, &id, values));
    values[3] = 2;
    assert_false(face_gallery_set(gallery, &id, values));
    values[3] = NAN;
    assert_false(face_gallery_set(gallery, &id, values));
    values[3] = INFINITY;
    assert_false(face_gallery_set(gallery, &id, values));
    assert_int_equal(face_gallery_count(gallery), 0);
    face_gallery_destroy(gallery);
}

static void test_every_instruction_set_agrees(void **state)
{
    (void)state;
    const struct face_dot_kernels *list[8];
    size_t n = face_dot_kernels_list(list, G_N_ELEMENTS(list));
    g_autoptr(GRand) random = g_rand_new_with_seed(5);
    for (int round = 0; round < 50; round++) {
        float a[FACE_TEMPLATE_N] = {0};
        float b[FACE_TEMPLATE_N] = {0};
        random_unit(random, a);
        random_unit(random, b);
        if (round == 0) {
            for (int i = 0; i < FACE_EMBEDDING_N; i++) {
                a[i] = b[i] = i % 2 == 0 ? 1 : -1; /* the largest products there can be */
            }
        }
        struct face_dot_rounded left;
        struct face_dot_rounded right;
        face_dot_round(a, &left);
        face_dot_round(b, &right);
        int32_t expected = 0;
        list[0]->bytes(left.bytes, &left.sum, 1, &right, &expected);
        for (size_t i = 1; i < n; i++) {
            int32_t dot = 0;
            list[i]->bytes(left.bytes, &left.sum, 1, &right, &dot);
            assert_int_equal(dot, expected);
            assert_float_equal(list[i]->floats(a, b), list[0]->floats(a, b), 2e-4);
        }
    }
}

static const char *program;

/* This program again under a limit: it says which kernels it took, and tests exactness with them.
 */
static void assert_exact_under(const char *limit, const char *kernels)
{
    char *const words[] = {(char *)program, (char *)"limited", NULL};
    g_auto(GStrv) environment =
        g_environ_setenv(g_get_environ(), "ONEDNN_MAX_CPU_ISA", limit, TRUE);
    g_autofree char *output = NULL;
    g_autofree char *expected = g_strdup_printf("# kernels: %s\n", kernels);
    int status = 1;
    assert_true(g_spawn_sync(NULL, (char **)words, environment, G_SPAWN_STDERR_TO_DEV_NULL, NULL,
                             NULL, &output, NULL, &status, NULL));
    if (status != 0 || !g_str_has_prefix(output, expected)) {
        fail_msg("%s: %s", limit, output);
    }
}

static void test_limited_processors_search_exactly(void **state)
{
    (void)state;
    static const char *const limits[][2] = {
        {"SSE41", "plain"}, {"AVX2", "avx2"}, {"AVX512_CORE", "avx512"}};
    const struct face_dot_kernels *list[8];
    size_t n = face_dot_kernels_list(list, G_N_ELEMENTS(list));
    for (size_t i = 0; i < MIN(n, G_N_ELEMENTS(limits)); i++) {
        assert_exact_under(limits[i][0], limits[i][1]);
    }
}

struct storm {
    struct face_gallery *gallery;
    float fixed[FACE_TEMPLATE_N]; /* a person who stays */
    struct base_uuid fixed_id;
    gint stop;
    gint wrong;
};

static gpointer search_in_storm(gpointer data)
{
    struct storm *storm = data;
    while (!g_atomic_int_get(&storm->stop)) {
        struct face_gallery_match match[2];
        size_t n =
            face_gallery_search(storm->gallery, storm->fixed, NULL, 2, FACE_GALLERY_FASTEST, match);
        if (n < 1 || !base_uuid_equal(&match[0].id, &storm->fixed_id) || match[0].score < 0.999F) {
            g_atomic_int_inc(&storm->wrong);
        }
    }
    return NULL;
}

static gpointer change_in_storm(gpointer data)
{
    struct storm *storm = data;
    g_autoptr(GRand) random = g_rand_new_with_seed(9);
    for (int round = 0; round < 3000; round++) {
        struct base_uuid id = number((unsigned)g_rand_int_range(random, 0, 4000));
        float values[FACE_TEMPLATE_N] = {0};
        random_unit(random, values);
        if (round % 3 == 0) {
            face_gallery_remove(storm->gallery, &id);
        } else {
            face_gallery_set(storm->gallery, &id, values);
        }
    }
    return NULL;
}

static void test_searches_while_the_gallery_changes(void **state)
{
    (void)state;
    g_autoptr(GRand) random = g_rand_new_with_seed(6);
    struct storm storm = {.gallery = filled(random, 2000), .fixed_id = number(999999)};
    random_unit(random, storm.fixed);
    face_gallery_set(storm.gallery, &storm.fixed_id, storm.fixed);
    GThread *readers[3];
    for (size_t i = 0; i < G_N_ELEMENTS(readers); i++) {
        readers[i] = g_thread_new("reader", search_in_storm, &storm);
    }
    GThread *writers[2];
    for (size_t i = 0; i < G_N_ELEMENTS(writers); i++) {
        writers[i] = g_thread_new("writer", change_in_storm, &storm);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(writers); i++) {
        g_thread_join(writers[i]);
    }
    g_atomic_int_set(&storm.stop, 1);
    for (size_t i = 0; i < G_N_ELEMENTS(readers); i++) {
        g_thread_join(readers[i]);
    }
    assert_int_equal(storm.wrong, 0);
    face_gallery_destroy(storm.gallery);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest limited[] = {
        cmocka_unit_test(test_fast_search_equals_exhaustive_search),
        cmocka_unit_test(test_rows_that_are_hard_to_round),
    };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fast_search_equals_exhaustive_search),
        cmocka_unit_test(test_rows_that_are_hard_to_round),
        cmocka_unit_test(test_scope_restricts_the_search),
        cmocka_unit_test(test_replace_and_remove),
        cmocka_unit_test(test_senseless_templates_are_refused),
        cmocka_unit_test(test_every_instruction_set_agrees),
        cmocka_unit_test(test_limited_processors_search_exactly),
        cmocka_unit_test(test_searches_while_the_gallery_changes),
    };
    program = argv[0];
    if (argc == 2) {
        printf("# kernels: %s\n", face_dot_kernels()->name);
        fflush(stdout);
        return cmocka_run_group_tests(limited, NULL, NULL);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
