/* What recognition may be expected to do in one class. */
#include "cli/bench.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "service/class_figures.h"

#include <stdio.h>

struct class_options {
    char *roster;
    gboolean as_json;
};

static json_t *figures_json(const struct service_class_figures *figures)
{
    json_t *pairs = json_array();

    for (guint i = 0; i < figures->lookalikes->len; i++) {
        const struct db_lookalike *pair = figures->lookalikes->pdata[i];
        json_array_append_new(pairs, json_pack("{s:o, s:s, s:o, s:s, s:f}", "first_id",
                                               base_json_uuid(&pair->first_id), "first_name",
                                               pair->first_name, "second_id",
                                               base_json_uuid(&pair->second_id), "second_name",
                                               pair->second_name, "score", pair->score));
    }
    json_t *json = json_pack(
        "{s:I, s:I, s:I, s:f, s:f, s:f, s:f, s:o, s:o, s:o, s:b}", "people",
        (json_int_t)figures->people, "enrolled", (json_int_t)figures->enrolled, "templates",
        (json_int_t)figures->templates, "match", figures->match, "review", figures->review,
        "margin", figures->margin, "impostor_scores", figures->impostor_scores, "impostor_mean",
        cli_json_real(figures->impostor_mean), "impostor_deviation",
        cli_json_real(figures->impostor_deviation), "impostor_highest",
        cli_json_real(figures->impostor_highest), "own_tail", figures->tail_known);
    json_t *rates = json_pack(
        "{s:f, s:f, s:f, s:f, s:{s:I, s:I, s:I, s:I, s:I}, s:o}", "fmr_members",
        figures->member_match_rate, "fpir_members", figures->member_named_rate, "fpir_strangers",
        figures->stranger_named_rate, "fpir_target", figures->stranger_target_rate, "genuine",
        "photos", (json_int_t)figures->genuine, "matched", (json_int_t)figures->matched, "reviewed",
        (json_int_t)figures->reviewed, "unknown", (json_int_t)figures->unknown, "wrong",
        (json_int_t)figures->wrong, "lookalikes", pairs);
    json_object_update(json, rates);
    json_decref(rates);
    return json;
}

static void print(const struct service_class_figures *figures)
{
    cli_bench_line("People", "%zu, of whom %zu have faces (%zu photos)", figures->people,
                   figures->enrolled, figures->templates);
    cli_bench_line("Thresholds", "match %.3f, review %.3f, margin %.2f", figures->match,
                   figures->review, figures->margin);
    if (figures->impostor_scores > 0)
        cli_bench_line("Impostor scores", "%.0f: mean %.3f, deviation %.3f, highest %.3f",
                       figures->impostor_scores, figures->impostor_mean,
                       figures->impostor_deviation, figures->impostor_highest);
    cli_bench_line("Tail", "%s",
                   figures->tail_known ? "the class's own"
                                       : "the program's (too few scores for one of its own)");
    cli_bench_line("FMR between members", "%.5f %%", 100 * figures->member_match_rate);
    cli_bench_line("Members taken for another", "%.4f %% of pictures",
                   100 * figures->member_named_rate);
    cli_bench_line("FPIR, strangers named", "%.4f %% (by the program's own scores %.4f %%)",
                   100 * figures->stranger_named_rate, 100 * figures->stranger_target_rate);
    if (figures->genuine > 0)
        cli_bench_line("Photos against the others",
                       "%zu: %zu match, %zu review, %zu unknown, "
                       "%zu somebody else",
                       figures->genuine, figures->matched, figures->reviewed, figures->unknown,
                       figures->wrong);
    for (guint i = 0; i < figures->lookalikes->len; i++) {
        const struct db_lookalike *pair = figures->lookalikes->pdata[i];
        cli_bench_line(i == 0 ? "Look-alikes, always reviewed" : "", "%.3f  %s and %s", pair->score,
                       pair->first_name, pair->second_name);
    }
}

static int measure(struct cli_session *session, char **words, gpointer data)
{
    const struct class_options *given = data;
    struct service_class_figures figures;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;

    (void)words;
    if (!given->roster || !base_uuid_parse(given->roster, &id))
        return cli_fail_input("--roster needs the id of a session, a course or a group.");
    if (!service_class_figures_read(session->app.service, &session->identity, &id, &figures,
                                    &error))
        return cli_fail(error);
    if (!given->as_json)
        print(&figures);
    const int status = cli_bench_end(given->as_json ? figures_json(&figures) : NULL);
    service_class_figures_clear(&figures);
    return status;
}

int cli_bench_class(int argc, char **argv)
{
    struct class_options given = {0};
    const GOptionEntry options[] = {
        {"roster", 0, 0, G_OPTION_ARG_STRING, &given.roster, "Id of a session, a course or a group",
         "ID"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &given.as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .summary = "Says what errors to expect in one class, from the faces of its members.",
        .notes =
            "Every photo of a member is compared with all others of the class (impostor scores)\n"
            "and with the member's other photos. FMR: share of comparisons of two members that\n"
            "reach the threshold. FPIR: share of strangers who reach it with anybody\n"
            "(ISO/IEC 19795-1). Photos of one day are more alike than those of different days:\n"
            "expect more reviews than there are here.",
        .options = options,
    };
    const int status = cli_run_session(&syntax, APP_PART_FACES, argc, argv, measure, &given);

    g_free(given.roster);
    return status;
}
