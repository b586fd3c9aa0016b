/* Faces that wait for somebody who knows them. */
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/output.h"
#include "service/images.h"
#include "service/reviews.h"

#include <stdio.h>

struct review_options {
    char *state, *session, *output;
    gboolean nobody, as_json;
};

static json_t *show(const void *entity)
{
    const struct db_review *review = entity;
    char time[BASE_TIME_TEXT_SIZE];
    json_t *candidates = json_array();

    base_time_format(review->taken_at, time);
    for (guint i = 0; i < review->candidates->len; i++) {
        const struct db_review_candidate *candidate = review->candidates->pdata[i];
        json_array_append_new(candidates,
                              json_pack("{s:o, s:s*, s:f}", "user_id",
                                        base_json_uuid(&candidate->user_id), "name",
                                        candidate->user_name, "score", candidate->score));
    }
    return json_pack("{s:o, s:s, s:s*, s:s*, s:s, s:s, s:s*, s:b, s:o, s:s*}", "id",
                     base_json_uuid(&review->id), "taken_at", time, "day", review->local_day,
                     "course", review->course_name, "state", db_review_state_name(review->state),
                     "source", db_review_source_name(review->source), "reason", review->reason,
                     "has_picture", review->has_picture, "candidates", candidates, "name",
                     review->user_name);
}

static void print(const struct db_review *review)
{
    char id[BASE_UUID_TEXT_SIZE], time[BASE_TIME_TEXT_SIZE];

    base_time_format(review->taken_at, time);
    printf("%s  %s  %s  %s (%s)%s\n", base_uuid_format(&review->id, id), time,
           review->course_name ? review->course_name : "day", db_review_state_name(review->state),
           review->reason, review->has_picture ? "" : ", no picture");
    for (guint i = 0; i < review->candidates->len; i++) {
        const struct db_review_candidate *candidate = review->candidates->pdata[i];
        printf("  %s  %.2f  %s\n", base_uuid_format(&candidate->user_id, id), candidate->score,
               candidate->user_name);
    }
    if (review->user_name)
        printf("  It is %s.\n", review->user_name);
}

static bool read_id(const char *text, struct base_uuid *id)
{
    return base_uuid_parse(text, id);
}

static int not_an_id(const char *text)
{
    return cli_fail_input("\"%s\" is not the id of a review; presente review list shows them.",
                          text);
}

static int list(struct cli_session *session, char **words, gpointer data)
{
    const struct review_options *given = data;
    struct db_review_filter filter = DB_REVIEW_FILTER_ALL;
    enum db_review_state state = DB_REVIEW_OPEN;
    g_autoptr(GError) error = NULL;

    (void)words;
    if (given->state && !db_review_state_from_name(given->state, &state))
        return cli_fail_input("There is no state \"%s\": open, matched, nobody, ended.",
                              given->state);
    if (given->session && !base_uuid_parse(given->session, &filter.session_id))
        return cli_fail_input("\"%s\" is not the id of a session.", given->session);
    filter.state = (int)state;
    g_autoptr(GPtrArray) reviews =
        service_review_list(session->app.service, &session->identity, &filter, NULL, NULL, &error);
    if (!reviews)
        return cli_fail(error);
    if (given->as_json)
        return cli_end_items(reviews, show);
    for (guint i = 0; i < reviews->len; i++)
        print(reviews->pdata[i]);
    return cli_end();
}

static int end(const struct review_options *given, const struct db_review *review,
               const GError *error)
{
    if (!review)
        return cli_fail(error);
    if (given->as_json)
        return cli_end_json(show(review));
    print(review);
    return cli_end();
}

static int one(struct cli_session *session, char **words, gpointer data)
{
    struct base_uuid id;
    g_autoptr(GError) error = NULL;

    if (!read_id(words[0], &id))
        return not_an_id(words[0]);
    g_autoptr(db_review) review =
        service_review_find(session->app.service, &session->identity, &id, &error);
    return end(data, review, error);
}

static int picture(struct cli_session *session, char **words, gpointer data)
{
    const struct review_options *given = data;
    struct base_uuid id;
    gsize size;
    g_autoptr(GError) error = NULL;

    if (!read_id(words[0], &id))
        return not_an_id(words[0]);
    g_autoptr(core_image) image =
        service_review_picture(session->app.service, &session->identity, &id, &error);
    g_autoptr(GBytes) bytes =
        image ? service_image_read(session->app.service, image, &error) : NULL;
    if (!bytes)
        return cli_fail(error);
    const void *content = g_bytes_get_data(bytes, &size);
    return cli_file_write(given->output, content, size, &error) ? cli_end() : cli_fail(error);
}

static int settle(struct cli_session *session, char **words, gpointer data)
{
    const struct review_options *given = data;
    struct base_uuid id, user_id = {0};
    g_autoptr(GError) error = NULL;

    if (!read_id(words[0], &id))
        return not_an_id(words[0]);
    if ((words[1] != NULL) == (given->nobody != FALSE))
        return cli_fail_input("Give a person or --nobody.");
    if (words[1] && (!base_uuid_parse(words[1], &user_id) || base_uuid_is_nil(&user_id))) {
        g_autoptr(core_user) user = cli_user_find(session, words[1], &error);
        if (!user)
            return cli_fail(error);
        user_id = user->id;
    }
    g_autoptr(db_review) review =
        service_review_settle(session->app.service, &session->identity, &id, &user_id, &error);
    return end(given, review, error);
}

#define JSON_OPTION(given)                                                                         \
    {                                                                                              \
        "json", 0, 0, G_OPTION_ARG_NONE, &(given).as_json, "Print JSON", NULL                      \
    }

int cli_review_list(int argc, char **argv)
{
    struct review_options given = {0};
    const GOptionEntry options[] = {
        {"state", 0, 0, G_OPTION_ARG_STRING, &given.state,
         "open (the default), matched, nobody or ended", "STATE"},
        {"session", 0, 0, G_OPTION_ARG_STRING, &given.session, "Only of this session", "ID"},
        JSON_OPTION(given),
        {NULL},
    };
    const struct cli_syntax syntax = {
        .summary = "Lists faces that wait for somebody who knows them.",
        .options = options,
    };
    const int status = cli_run_session(&syntax, 0, argc, argv, list, &given);

    g_free(given.state);
    g_free(given.session);
    return status;
}

int cli_review_show(int argc, char **argv)
{
    struct review_options given = {0};
    const GOptionEntry options[] = {JSON_OPTION(given), {NULL}};
    const struct cli_syntax syntax = {
        .words = "ID",
        .summary = "Shows one of them, and who it may be.",
        .words_min = 1,
        .words_max = 1,
        .options = options,
    };

    return cli_run_session(&syntax, 0, argc, argv, one, &given);
}

int cli_review_picture(int argc, char **argv)
{
    struct review_options given = {0};
    const GOptionEntry options[] = {
        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &given.output, "Write the JPEG here", "FILE"},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "ID",
        .summary = "Writes the face of a review to a file.",
        .words_min = 1,
        .words_max = 1,
        .options = options,
    };
    const int status = cli_run_session(&syntax, 0, argc, argv, picture, &given);

    g_free(given.output);
    return status;
}

int cli_review_settle(int argc, char **argv)
{
    struct review_options given = {0};
    const GOptionEntry options[] = {
        {"nobody", 0, 0, G_OPTION_ARG_NONE, &given.nobody, "It is none of them", NULL},
        JSON_OPTION(given),
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "ID [PERSON]",
        .summary = "Says whose face it is, which marks them at the moment of the picture.",
        .words_min = 1,
        .words_max = 2,
        .options = options,
    };

    return cli_run_session(&syntax, 0, argc, argv, settle, &given);
}
