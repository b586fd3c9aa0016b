/* Following a challenge, on the landmarks of a made-up head that turns, nods and blinks as told,
 * and on those of a picture of it. */
#include "../unit.h"

#include "recognise/challenge.h"

#include <math.h>
#include <string.h>

#define FRAMES_EACH 12

/* Depth of each point behind the plane of the eyes, in eye distances: the nose stands out, the
 * jaw lies behind. */
static float depth_of(int point)
{
    if (point < 17) {
        return 0.4F;
    }
    return point >= 27 && point < 36 ? -0.25F - 0.1F * (float)(point - 27 < 4 ? point - 27 : 3) : 0;
}

static struct face_point flat_of(int point)
{
    const float i = (float)point;
    if (point < 17) {
        return (struct face_point){-1.1F + i * 2.2F / 16, 0.2F + 1.2F * sinf(i / 16 * 3.1416F)};
    }
    if (point < 27) {
        return (struct face_point){-0.9F + (i - 17) * 0.2F, -0.3F};
    }
    if (point < 36) {
        return (struct face_point){point < 31 ? 0 : (i - 33) * 0.1F,
                                   point < 31 ? (i - 27) * 0.18F : 0.65F};
    }
    if (point < 48) {
        const float side = point < 42 ? -0.5F : 0.5F;
        const float turn = (i - (point < 42 ? 36 : 42)) * 1.0472F;
        return (struct face_point){side - 0.2F * cosf(turn), -0.08F * sinf(turn)};
    }
    const float turn = (i - 48) * 0.5236F;
    return (struct face_point){-0.35F * cosf(turn), 1.1F - 0.15F * sinf(turn)};
}

/* What a camera and the pose network see of a head (or of a flat picture, whose depth is none). */
static struct recognise_challenge_frame seen(float yaw, float pitch, float eyes, float depth,
                                             size_t number)
{
    struct recognise_challenge_frame frame = {
        .face = true,
        .time = -1,
        .width = 400,
        .height = 300,
        .box = {.x = 140, .y = 80, .width = 110, .height = 140, .score = 1},
        .pose = {.yaw = yaw, .pitch = pitch},
        .eyes_open = eyes,
        .values = {1},
    };
    const float y = yaw * 0.01745F;
    const float p = -pitch * 0.01745F;
    for (int i = 0; i < FACE_LANDMARKS_N; i++) {
        const struct face_point flat = flat_of(i);
        const float z = depth_of(i) * depth;
        const float turned = -flat.x * sinf(y) + z * cosf(y);
        frame.landmarks.points[i] = (struct face_point){
            195 + 50 * (flat.x * cosf(y) - z * sinf(y)),
            130 + 50 * (flat.y * cosf(p) - turned * sinf(p)),
        };
    }
    memcpy(frame.fingerprint, &number, sizeof number);
    return frame;
}

struct film {
    struct recognise_challenge_frame frames[RECOGNISE_CHALLENGE_FRAMES_MAX];
    size_t n;
    float depth;
};

static void shoot(struct film *film, float yaw, float pitch, float eyes, float depth)
{
    film->frames[film->n] = seen(yaw, pitch, eyes, depth, film->n);
    film->n++;
}

/* Looks straight, does a step and comes back. */
static void act(struct film *film, enum recognise_step step)
{
    for (int i = 0; i < FRAMES_EACH; i++) {
        const float away = i < 3 || i > 9 ? 0 : sinf((float)(i - 3) / 6 * 3.1416F);
        const float yaw = step == RECOGNISE_STEP_TURN_LEFT    ? 32 * away
                          : step == RECOGNISE_STEP_TURN_RIGHT ? -32 * away
                                                              : 0;
        const float pitch = step == RECOGNISE_STEP_NOD ? -25 * away : 0;
        const bool shut = step == RECOGNISE_STEP_BLINK && away > 0.5F;
        shoot(film, yaw, pitch, shut ? 0.02F : 0.98F, film->depth);
    }
}

static struct recognise_challenge_outcome answer(const struct film *film, enum recognise_step first,
                                                 enum recognise_step second)
{
    const enum recognise_step steps[] = {first, second};
    struct recognise_challenge_outcome outcome;
    recognise_challenge_follow(steps, 2, film->frames, film->n, &outcome);
    return outcome;
}

static void test_every_pair_of_steps_passes_in_its_order_alone(void **state)
{
    (void)state;
    for (int a = 0; a < RECOGNISE_STEP_N; a++) {
        for (int b = 0; b < RECOGNISE_STEP_N; b++) {
            struct film film = {.depth = 1};
            if (a == b) {
                continue;
            }
            act(&film, (enum recognise_step)a);
            act(&film, (enum recognise_step)b);
            for (int c = 0; c < RECOGNISE_STEP_N; c++) {
                for (int d = 0; d < RECOGNISE_STEP_N; d++) {
                    const bool right = a == c && b == d;
                    if (c == d) {
                        continue;
                    }
                    const struct recognise_challenge_outcome outcome =
                        answer(&film, (enum recognise_step)c, (enum recognise_step)d);
                    assert_int_equal(outcome.result == RECOGNISE_CHALLENGE_PASSED, right);
                }
            }
        }
    }
}

static void test_the_wrong_way_is_another_step(void **state)
{
    struct film film = {.depth = 1};
    (void)state;
    act(&film, RECOGNISE_STEP_TURN_RIGHT);
    act(&film, RECOGNISE_STEP_NOD);
    const struct recognise_challenge_outcome outcome =
        answer(&film, RECOGNISE_STEP_TURN_LEFT, RECOGNISE_STEP_NOD);
    assert_int_equal(outcome.result, RECOGNISE_CHALLENGE_OTHER_STEP);
    assert_int_equal(outcome.steps_done, 0);
}

static void test_a_picture_that_is_turned_is_flat(void **state)
{
    struct film film = {.depth = 0};
    (void)state;
    act(&film, RECOGNISE_STEP_TURN_LEFT);
    act(&film, RECOGNISE_STEP_NOD);
    assert_int_equal(answer(&film, RECOGNISE_STEP_TURN_LEFT, RECOGNISE_STEP_NOD).result,
                     RECOGNISE_CHALLENGE_FLAT);
}

/* The nod begins while the head is still turned: between two steps people look straight. */
static void test_steps_have_a_look_straight_between_them(void **state)
{
    struct film film = {.depth = 1};
    (void)state;
    for (int i = 0; i < 4 * FRAMES_EACH / 3; i++) {
        const int part = i / 4;
        shoot(&film, part == 1 ? 32 : 0, part == 2 ? -25 : 0, 0.98F, 1);
    }
    assert_int_equal(answer(&film, RECOGNISE_STEP_TURN_LEFT, RECOGNISE_STEP_NOD).result,
                     RECOGNISE_CHALLENGE_MISSING_STEP);
    assert_int_equal(recognise_challenge_step(&film.frames[0], &film.frames[5]),
                     RECOGNISE_STEP_TURN_LEFT);
    assert_int_equal(recognise_challenge_step(&film.frames[0], &film.frames[9]),
                     RECOGNISE_STEP_NOD);
    assert_int_equal(recognise_challenge_step(&film.frames[0], &film.frames[1]), RECOGNISE_STEP_N);
}

static void test_parallax_tells_a_head_from_its_picture(void **state)
{
    const struct recognise_challenge_frame straight = seen(0, 0, 1, 1, 0);
    struct face_point head;
    struct face_point picture;
    (void)state;
    for (int yaw = -40; yaw <= 40; yaw += 10) {
        const struct recognise_challenge_frame turned = seen((float)yaw, 0, 1, 1, 1);
        const struct recognise_challenge_frame bent = seen((float)yaw, 0, 1, 0, 1);
        assert_true(recognise_challenge_parallax(&straight.landmarks, &turned.landmarks, &head));
        assert_true(recognise_challenge_parallax(&straight.landmarks, &bent.landmarks, &picture));
        assert_true(fabsf(picture.x) < 0.01F && fabsf(picture.y) < 0.01F);
        assert_true(abs(yaw) < 10 || head.x * (float)yaw > 0);
        assert_true(abs(yaw) < 20 || fabsf(head.x) > 0.12F);
    }
}

/* Network and parallax must agree on how far and on which way. */
static void test_a_step_is_deep_enough_for_its_angle(void **state)
{
    const struct recognise_challenge_frame straight = seen(0, 0, 1, 1, 0);
    size_t steps = 0;
    (void)state;
    for (int depth = 0; depth <= 100; depth++) {
        const struct recognise_challenge_frame turned = seen(45, 0, 1, (float)depth / 100, 1);
        struct face_point parallax;
        assert_true(
            recognise_challenge_parallax(&straight.landmarks, &turned.landmarks, &parallax));
        const bool deep = parallax.x >= 45 * 0.004F;
        assert_int_equal(recognise_challenge_step(&straight, &turned),
                         deep ? RECOGNISE_STEP_TURN_LEFT : RECOGNISE_STEP_N);
        steps += deep;
    }
    assert_in_range(steps, 1, 99);
    struct recognise_challenge_frame contrary = seen(32, 0, 1, 1, 1);
    contrary.pose.yaw = -32;
    assert_int_equal(recognise_challenge_step(&straight, &contrary), RECOGNISE_STEP_N);
    contrary = seen(0, -25, 1, 1, 1);
    assert_int_equal(recognise_challenge_step(&straight, &contrary), RECOGNISE_STEP_NOD);
    contrary.pose.pitch = 25;
    assert_int_equal(recognise_challenge_step(&straight, &contrary), RECOGNISE_STEP_N);
}

static void test_a_still_is_no_answer(void **state)
{
    struct film copies = {.depth = 1};
    struct film alike = {.depth = 1};
    (void)state;
    for (int i = 0; i < 30; i++) {
        shoot(&copies, 0, 0, 0.98F, 1);
        copies.frames[i].fingerprint[0] = 7;
        shoot(&alike, (float)(i % 3), 0, 0.98F, 1);
    }
    assert_int_equal(answer(&copies, RECOGNISE_STEP_NOD, RECOGNISE_STEP_BLINK).result,
                     RECOGNISE_CHALLENGE_REPEATED);
    assert_int_equal(answer(&alike, RECOGNISE_STEP_NOD, RECOGNISE_STEP_BLINK).result,
                     RECOGNISE_CHALLENGE_MISSING_STEP);
}

static void test_it_must_be_one_face_without_jumps(void **state)
{
    struct film film = {.depth = 1};
    (void)state;
    act(&film, RECOGNISE_STEP_TURN_LEFT);
    act(&film, RECOGNISE_STEP_BLINK);
    struct film other = film;
    struct film jump = film;
    struct film gone = film;
    struct film late = film;
    struct film earlier = film;
    for (size_t i = FRAMES_EACH; i < film.n; i++) {
        other.frames[i].values[0] = 0;
        other.frames[i].values[1] = 1;
        jump.frames[i].box.x += 300;
        late.frames[i].time = i * 2 * G_USEC_PER_SEC;
    }
    for (size_t i = 4; i < FRAMES_EACH; i++) {
        gone.frames[i].face = false;
    }
    late.frames[0].time = earlier.frames[0].time = 0;
    for (size_t i = 1; i < film.n; i++) {
        earlier.frames[i].time = -1000 * (gint64)i; /* before the first one */
    }
    for (size_t i = 1; i < FRAMES_EACH; i++) {
        late.frames[i].time = (gint64)i;
    }
#define RESULT(f) answer(&(f), RECOGNISE_STEP_TURN_LEFT, RECOGNISE_STEP_BLINK).result
    assert_int_equal(RESULT(film), RECOGNISE_CHALLENGE_PASSED);
    assert_int_equal(RESULT(other), RECOGNISE_CHALLENGE_OTHER_FACE);
    assert_int_equal(RESULT(jump), RECOGNISE_CHALLENGE_LOST);
    assert_int_equal(RESULT(gone), RECOGNISE_CHALLENGE_LOST);
    assert_int_equal(RESULT(late), RECOGNISE_CHALLENGE_LOST);
    assert_int_equal(RESULT(earlier), RECOGNISE_CHALLENGE_LOST);
    film.n = 5;
    assert_int_equal(RESULT(film), RECOGNISE_CHALLENGE_TOO_FEW);
#undef RESULT
}

static void test_every_order_is_drawn(void **state)
{
    bool drawn[RECOGNISE_STEP_N][RECOGNISE_STEP_N] = {{false}};
    size_t orders = 0;
    (void)state;
    for (uint64_t random = 0; random < 12; random++) {
        enum recognise_step steps[2];
        recognise_challenge_draw(random, steps, 2);
        assert_int_not_equal(steps[0], steps[1]);
        orders += !drawn[steps[0]][steps[1]];
        drawn[steps[0]][steps[1]] = true;
    }
    assert_int_equal(orders, 12);
}

/* ---- passive ---- */

static struct recognise_liveness_frame look(float live, float coverage, uint64_t print)
{
    return (struct recognise_liveness_frame){live, coverage, print};
}

static void test_liveness_judges_frames_together(void **state)
{
    const struct recognise_liveness_rule rule = recognise_liveness_rule(0.5F);
    float score;
    (void)state;
    assert_int_equal(recognise_liveness_judge(&rule, NULL, 0, &score), RECOGNISE_LIVENESS_UNKNOWN);
    assert_true(score < 0);
    struct recognise_liveness_frame frames[] = {look(0.7F, 1, 1), look(0.7F, 1, 1),
                                                look(0.7F, 1, 2)};
    /* A still and its copy are held to more than two frames. */
    assert_int_equal(recognise_liveness_judge(&rule, frames, 1, &score), RECOGNISE_LIVENESS_DOUBT);
    assert_int_equal(recognise_liveness_judge(&rule, frames, 2, NULL), RECOGNISE_LIVENESS_DOUBT);
    assert_int_equal(recognise_liveness_judge(&rule, frames, 3, NULL), RECOGNISE_LIVENESS_LIVE);
    assert_float_equal(score, 0.7F, 1e-4);
    /* So is a face that leaves nothing to see around it. */
    frames[1].fingerprint = 3;
    for (int i = 0; i < 3; i++) {
        frames[i].coverage = 0.4F;
    }
    assert_int_equal(recognise_liveness_judge(&rule, frames, 3, NULL), RECOGNISE_LIVENESS_DOUBT);
    /* One frame that is sure of itself does not speak for the others. */
    const struct recognise_liveness_frame print[] = {look(1, 1, 1), look(0.02F, 1, 2),
                                                     look(0.01F, 1, 3)};
    assert_int_not_equal(recognise_liveness_judge(&rule, print, 3, NULL), RECOGNISE_LIVENESS_LIVE);
    assert_int_equal(recognise_liveness_judge(&rule, print + 1, 2, NULL),
                     RECOGNISE_LIVENESS_ATTACK);
}

static void test_liveness_thresholds_keep_their_order(void **state)
{
    (void)state;
    for (int i = 1; i < 10; i++) {
        const struct recognise_liveness_rule rule = recognise_liveness_rule((float)i / 10);
        assert_true(rule.doubt < rule.live && rule.live < rule.strict_live);
        assert_true(rule.doubt > 0 && rule.strict_live < 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_pair_of_steps_passes_in_its_order_alone),
        cmocka_unit_test(test_the_wrong_way_is_another_step),
        cmocka_unit_test(test_a_picture_that_is_turned_is_flat),
        cmocka_unit_test(test_steps_have_a_look_straight_between_them),
        cmocka_unit_test(test_parallax_tells_a_head_from_its_picture),
        cmocka_unit_test(test_a_step_is_deep_enough_for_its_angle),
        cmocka_unit_test(test_a_still_is_no_answer),
        cmocka_unit_test(test_it_must_be_one_face_without_jumps),
        cmocka_unit_test(test_every_order_is_drawn),
        cmocka_unit_test(test_liveness_judges_frames_together),
        cmocka_unit_test(test_liveness_thresholds_keep_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
