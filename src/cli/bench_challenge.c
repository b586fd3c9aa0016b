#include "cli/bench_frames.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "recognise/challenge.h"

#include <math.h>

struct challenge_run {
    struct cli_bench bench;
    GArray *frames; /* struct recognise_challenge_frame */
    GArray *ends;   /* guint, the frame after each sequence */
};

static bool measure(const struct face_image *image, gint64 time, void *data, GError **error)
{
    struct challenge_run *run = data;

    g_array_set_size(run->frames, run->frames->len + 1);
    return recognise_challenge_measure_image(
        run->bench.recogniser, image, time,
        &g_array_index(run->frames, struct recognise_challenge_frame, run->frames->len - 1), error);
}

/* The nose against eyes and mouth, compared with the frame that stands for looking straight. */
static struct face_point parallax_of(const struct challenge_run *run, size_t neutral, guint i)
{
    struct face_point parallax = {NAN, NAN};

    (void)recognise_challenge_parallax(
        &g_array_index(run->frames, struct recognise_challenge_frame, neutral).landmarks,
        &g_array_index(run->frames, struct recognise_challenge_frame, i).landmarks, &parallax);
    return parallax;
}

static void print_frame(const struct challenge_run *run, size_t neutral, bool known, guint i)
{
    const struct recognise_challenge_frame *frame =
        &g_array_index(run->frames, struct recognise_challenge_frame, i);
    g_autofree char *name = g_strdup_printf("%u", i);

    if (!frame->face) {
        cli_bench_line(name, "no face in front");
        return;
    }
    const struct face_point parallax =
        known ? parallax_of(run, neutral, i) : (struct face_point){NAN, NAN};
    cli_bench_line(name, "yaw %+5.1f  pitch %+5.1f  roll %+5.1f  eyes %.2f  parallax %+.2f %+.2f",
                   (double)frame->pose.yaw, (double)frame->pose.pitch, (double)frame->pose.roll,
                   (double)frame->eyes_open, (double)parallax.x, (double)parallax.y);
}

/* Which two steps the frames would be accepted for: those of one window of as many frames as an
 * answer may have. */
static void print_steps(const struct challenge_run *run)
{
    const struct recognise_challenge_frame *frames = (const void *)run->frames->data;
    const size_t window = MIN(run->frames->len, RECOGNISE_CHALLENGE_FRAMES_MAX);

    for (size_t first = 0; window > 0; first += window / 2) {
        const size_t n = MIN(window, run->frames->len - first);
        for (int pair = 0; pair < RECOGNISE_STEP_N * RECOGNISE_STEP_N; pair++) {
            const enum recognise_step steps[] = {(enum recognise_step)(pair / RECOGNISE_STEP_N),
                                                 (enum recognise_step)(pair % RECOGNISE_STEP_N)};
            struct recognise_challenge_outcome outcome;
            if (steps[0] == steps[1])
                continue;
            recognise_challenge_follow(steps, 2, frames + first, n, &outcome);
            if (outcome.result != RECOGNISE_CHALLENGE_PASSED)
                continue;
            g_autofree char *name = g_strdup_printf("Frames %zu to %zu", first, first + n - 1);
            cli_bench_line(name, "%s at %zu, %s at %zu", recognise_step_name(steps[0]),
                           first + outcome.at[0], recognise_step_name(steps[1]),
                           first + outcome.at[1]);
        }
        if (first + window >= run->frames->len)
            return;
    }
}

/* Every two frames of a sequence, each once as the one that looks straight. */
struct pairs {
    size_t n, steps[RECOGNISE_STEP_N];
    float yaw, pitch, parallax; /* the greatest of any pair */
};

static void compare_pair(const struct recognise_challenge_frame *neutral,
                         const struct recognise_challenge_frame *frame, struct pairs *pairs)
{
    const enum recognise_step step = recognise_challenge_step(neutral, frame);
    struct face_point parallax;

    if (!neutral->face || !frame->face ||
        !recognise_challenge_parallax(&neutral->landmarks, &frame->landmarks, &parallax))
        return;
    pairs->n++;
    pairs->yaw = fmaxf(pairs->yaw, fabsf(frame->pose.yaw - neutral->pose.yaw));
    pairs->pitch = fmaxf(pairs->pitch, fabsf(frame->pose.pitch - neutral->pose.pitch));
    pairs->parallax = fmaxf(pairs->parallax, fmaxf(fabsf(parallax.x), fabsf(parallax.y)));
    if (step != RECOGNISE_STEP_N)
        pairs->steps[step]++;
}

static void compare_sequence(const struct recognise_challenge_frame *frames, guint n,
                             struct pairs *pairs)
{
    for (guint i = 0; i < n; i++)
        for (guint j = 0; j < n; j++)
            if (i != j)
                compare_pair(&frames[i], &frames[j], pairs);
}

static void print_pairs(const struct challenge_run *run)
{
    const struct recognise_challenge_frame *frames = (const void *)run->frames->data;
    struct pairs pairs = {0};
    guint first = 0;

    for (guint i = 0; i < run->ends->len; i++) {
        const guint end = g_array_index(run->ends, guint, i);
        compare_sequence(frames + first, end - first, &pairs);
        first = end;
    }
    cli_bench_line("Pairs of frames", "%zu, at most yaw %.1f, pitch %.1f, parallax %.2f apart",
                   pairs.n, (double)pairs.yaw, (double)pairs.pitch, (double)pairs.parallax);
    for (int step = 0; step < RECOGNISE_STEP_N; step++) {
        g_autofree char *name =
            g_strdup_printf("Pairs that show %s", recognise_step_name((enum recognise_step)step));
        cli_bench_line(name, "%zu", pairs.steps[step]);
    }
}

static bool read_frames(struct challenge_run *run, char **words, GError **error)
{
    size_t faults = 0;

    for (; *words; words++) {
        g_autoptr(GArray) sequences = cli_bench_sequences(*words, error);
        if (!sequences)
            return false;
        for (guint i = 0; i < sequences->len; i++) {
            if (!cli_bench_frames_each(&run->bench,
                                       &g_array_index(sequences, struct cli_bench_sequence, i),
                                       measure, run, &faults, error))
                return false;
            g_array_append_val(run->ends, run->frames->len);
        }
    }
    return true;
}

static int run_challenge(struct challenge_run *run, char **words)
{
    g_autoptr(GError) error = NULL;

    if (!read_frames(run, words, &error))
        return cli_fail(error);
    size_t neutral = 0;
    const bool known = recognise_challenge_neutral((const void *)run->frames->data,
                                                   run->frames->len, &neutral, 1) == 1;
    for (guint i = 0; i < run->frames->len; i++)
        print_frame(run, neutral, known, i);
    print_steps(run);
    print_pairs(run);
    return cli_bench_end(NULL);
}

int cli_bench_challenge(int argc, char **argv)
{
    const struct cli_syntax syntax = {
        .words = "FRAMES…|VIDEO",
        .summary = "Shows what the frames of a challenge measure, and which two steps they would "
                   "pass.",
        .notes = "Pictures by name, folders, or a video (8 frames a second of it). Angles in\n"
                 "degrees; eyes: probability that one is open; parallax: how far the nose moved\n"
                 "against eyes and mouth, in eye distances, which is none for a flat picture.\n"
                 "Pairs: every two frames of a folder or video, one taken to look straight.",
        .words_min = 1,
        .words_max = -1,
    };
    struct challenge_run run = {0};
    g_auto(GStrv) words = NULL;
    int status;

    if (!cli_parse(&syntax, argc, argv, &words, &status) || !cli_bench_open(&run.bench, &status))
        return status;
    run.frames = g_array_new(FALSE, TRUE, sizeof(struct recognise_challenge_frame));
    run.ends = g_array_new(FALSE, FALSE, sizeof(guint));
    status = run_challenge(&run, words);
    g_array_unref(run.frames);
    g_array_unref(run.ends);
    cli_bench_close(&run.bench);
    return status;
}
