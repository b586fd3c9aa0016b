#include "cli/command.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "service/gallery.h"

#include <stdio.h>

static json_t *report_json(const struct service_gallery_report *report)
{
    json_t *faults = json_array();

    for (guint i = 0; report->faults && i < report->faults->len; i++) {
        const struct service_gallery_fault *fault = report->faults->pdata[i];
        json_array_append_new(faults, json_pack("{s:o,s:o,s:s?}", "user_id",
                                                base_json_uuid(&fault->user_id), "template_id",
                                                base_json_uuid(&fault->template_id), "reason",
                                                fault->reason));
    }
    return json_pack("{s:I,s:I,s:I,s:I,s:o}", "people", (json_int_t)report->people, "templates",
                     (json_int_t)report->templates, "unreadable", (json_int_t)report->unreadable,
                     "other_model", (json_int_t)report->other_model, "faults", faults);
}

static void print_report(const struct service_gallery_report *report)
{
    printf("%" G_GINT64_FORMAT " people, %" G_GINT64_FORMAT " photos.\n", report->people,
           report->templates);
    if (report->unreadable)
        printf("%" G_GINT64_FORMAT " photos do not open: they were sealed with another key, or are "
               "damaged.\n",
               report->unreadable);
    if (report->other_model)
        printf("%" G_GINT64_FORMAT " photos were made by another face model: enrol these people "
               "again.\n",
               report->other_model);
    for (guint i = 0; report->faults && i < report->faults->len; i++) {
        const struct service_gallery_fault *fault = report->faults->pdata[i];
        char user[BASE_UUID_TEXT_SIZE];
        printf("  person %s: %s\n", base_uuid_format(&fault->user_id, user), fault->reason);
    }
}

int cli_faces_rebuild(int argc, char **argv)
{
    gboolean as_json = FALSE;
    const GOptionEntry options[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .summary = "Opens every stored face again and reports what is unusable. A running server "
                   "takes changes over by itself.",
        .no = "some faces are unusable",
        .options = options,
    };
    struct service_gallery_report report = {0};
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) words = NULL;
    struct cli_session session;
    int status;

    if (!cli_parse(&syntax, argc, argv, &words, &status) ||
        !cli_session_open(&session, APP_PART_FACES, &status))
        return status;
    if (!service_gallery_rebuild(session.app.service, &session.identity, &report, &error)) {
        status = cli_fail(error);
    } else {
        bool sound = report.unreadable == 0 && report.other_model == 0;
        bool printed = true;
        if (as_json)
            printed = cli_print_json(report_json(&report));
        else
            print_report(&report);
        printed = cli_print_end() && printed;
        status = !printed ? CLI_EXIT_UNAVAILABLE : sound ? CLI_EXIT_OK : CLI_EXIT_NO;
    }
    service_gallery_report_clear(&report);
    cli_session_close(&session);
    return status;
}
