/*
 * What recognition may be expected to do in one class, from the templates of its members as they
 * are stored (ISO/IEC 19795-1): no picture is needed and nobody is searched for.
 *
 * Every photo template of a member stands for a picture at the camera. Compared with the others it
 * gives impostor scores; compared with what the member's other photos make, a genuine score. Photos
 * of one enrolment are more alike than those of different days, so that the genuine figures are the
 * best that can be hoped for.
 */
#ifndef SERVICE_CLASS_FIGURES_H
#define SERVICE_CLASS_FIGURES_H

#include "db/query/lookalike.h"
#include "recognise/calibration.h"
#include "service/service.h"

struct service_class_figures {
    size_t people, enrolled, templates;
    double match, review, margin; /* the thresholds for so many people */

    double impostor_scores;                                     /* how many */
    double impostor_mean, impostor_deviation, impostor_highest; /* NaN without any */
    bool tail_known;            /* there are enough scores for a tail of the class's own */
    struct recognise_tail tail; /* its own */
    double member_match_rate;   /* FMR: expected share of comparisons of two members at `match` */
    double member_named_rate;   /* expected share of members' pictures that reach it with another */
    double stranger_named_rate; /* FPIR: the same of strangers, by the class's own tail */
    double stranger_target_rate; /* the same by the tail that the threshold was chosen with */

    size_t genuine; /* photos that could be compared with others of the same person */
    size_t matched, reviewed, unknown, wrong; /* what would become of them */

    GPtrArray *lookalikes; /* struct db_lookalike *: pairs at `match` or above */
};
void service_class_figures_clear(struct service_class_figures *figures);

/* The roster of a session, the people of a course today, or the members of a group, whichever the
 * id is of. For administrators. BASE_ERROR_NOT_FOUND for another id. */
bool service_class_figures_read(struct service *service, const struct service_identity *identity,
                                const struct base_uuid *roster,
                                struct service_class_figures *figures, GError **error);

#endif
