/* What the parts of `bench detectors` share. */
#ifndef CLI_BENCH_DETECTORS_H
#define CLI_BENCH_DETECTORS_H

#include "app/settings.h"
#include "face/detectors.h"
#include "face/image.h"

#include <glib.h>
#include <stdbool.h>

/* How often a detector lets somebody be known again. */
struct cli_detectors_rank {
    guint people, probes, first; /* first: probes whose most similar person is the right one */
    guint missed;                /* pictures of either kind in which no face was found */
};

/* A detector with everything that it needs; one thread at a time. */
struct cli_contestant {
    const char *name;
    char *missing;                            /* why it cannot take part; NULL: it does */
    bool present;                             /* it takes part in this run */
    bool ranks;                               /* recognition can be asked for with it */
    struct face_detector_options options;     /* of a detector as the program uses it */
    struct face_engine *engine;               /* likewise; otherwise NULL */
    struct face_worker *worker;               /* likewise */
    struct face_detector_memory *at_one_size; /* the network alone at `detail` */
    int detail;
    gint64 expected, met, extra;        /* in pictures that say how many people they show */
    gint64 reference, matched, strange; /* in all others */
    GArray *times;                      /* double, ms a picture */
    struct cli_detectors_rank rank;
};

/* Appends the boxes and the time of the search in ms. */
bool cli_contestant_run(struct cli_contestant *contestant, const struct face_image *image,
                        bool group, GArray *boxes, double *ms, GError **error);

/* People of `folder`/enrol, at most `people_max`, are enrolled, and their pictures in
 * `folder`/probe looked for among them, with this detector. */
bool cli_detectors_identify(struct cli_contestant *contestant, const struct app_settings *settings,
                            const char *folder, guint people_max, GError **error);

/* How many people NAME_K.jpg shows; -1 when the name says nothing. Numbers with leading zeros count
 * pictures, not people. */
gint64 cli_detectors_expected(const char *path);

#endif
