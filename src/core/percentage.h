/*
 * What attendance comes to: the share of a course's sessions that a person attended, with the
 * arithmetic that can be shown, what it will be at the end, and what to warn of. docs/numbers.md
 * tells it in words. Pure functions of the person's sessions and the course's rules.
 *
 * A session is worth 0 … 1 by core_rules_points(). The share is the points earned of those
 * possible, one a session that counts. What counts:
 *   - a session that has ended with a mark, unless the mark is an excuse that the rules leave out;
 *   - one that has ended without a mark, as the rules will settle it (rules->unmarked): as an
 *     absence, as excused, or, where they leave it open, not at all; not at all either once the
 *     session was settled, for then the person was not on the roster at that time;
 *   - on the basis "term" also a session to come: as what is known of it (somebody excused
 *     beforehand), otherwise as not attended yet.
 * Of the sessions that ended and count the `drop_worst` with the fewest points are left out, of
 * equal ones the earliest; but never one of full points, never the last one that counts, and never
 * where the share would fall by it, so that dropping never hurts.
 */
#ifndef CORE_PERCENTAGE_H
#define CORE_PERCENTAGE_H

#include "core/rules.h"

#include <glib.h>
#include <stdbool.h>

/* What became of one session in the reckoning. */
enum core_percentage_use {
    CORE_PERCENTAGE_COUNTED,
    CORE_PERCENTAGE_EXCUSED,  /* left out: excused */
    CORE_PERCENTAGE_UNMARKED, /* left out: it has ended and nobody said */
    CORE_PERCENTAGE_DROPPED,  /* left out: among the worst */
    CORE_PERCENTAGE_TO_COME,  /* it has not ended; on the basis "term" it counts nevertheless */
    CORE_PERCENTAGE_USE_N,
};

/* "counted", "excused", "unmarked", "dropped", "to_come". Static storage. */
const char *core_percentage_use_name(enum core_percentage_use use);

/* A session of the course, in the order of their starts; cancelled ones and those outside of the
 * person's enrolment are left out by the caller. */
struct core_percentage_session {
    bool ended;   /* marks are no longer taken */
    bool settled; /* what becomes of those without a mark was carried out */
    bool marked;
    enum core_status status; /* what the mark counts as */
    const char *code;        /* the site's own status; NULL: the status itself */
    /* Filled in: */
    enum core_percentage_use use;
    double points; /* what it is worth; NaN: nothing known, or left out as excused */
};

/* Bits. All look at the sessions that have ended, whatever the basis; BELOW_… need one that
 * counts. */
enum core_percentage_warning {
    CORE_PERCENTAGE_BELOW_WARNING = 1 << 0,  /* the share is below warning_share */
    CORE_PERCENTAGE_BELOW_REQUIRED = 1 << 1, /* the share is below required_share */
    CORE_PERCENTAGE_IN_A_ROW = 1 << 2,       /* warning_absences or more absences in a row */
    CORE_PERCENTAGE_CANNOT_PASS = 1 << 3,    /* required_share is out of reach */
    CORE_PERCENTAGE_WARNINGS_N = 4,
};

/* "below_warning", "below_required", "absences_in_a_row", "cannot_pass". Static storage. */
const char *core_percentage_warning_name(enum core_percentage_warning warning);

struct core_percentage {
    gint32 sessions; /* given */
    gint32 ended;
    gint32 to_come;               /* sessions − ended */
    gint32 counts[CORE_STATUS_N]; /* marks of sessions that have ended, by status */
    gint32 unmarked;              /* ended without a mark, however it is settled */
    gint32 left_out;              /* ended, left out as excused */
    gint32 open;                  /* ended, left out because nobody said */
    gint32 dropped;
    double earned;     /* points */
    double possible;   /* points: sessions that count, without those dropped */
    double share;      /* earned / possible on the rules' basis; NaN when nothing counts */
    double share_past; /* the same of what has ended */
    gint32 in_a_row;   /* the newest ended sessions that are absences, excused and open ones between
                        * them passed over */
    gint32 remaining;  /* to come and without a mark */
    gint32 can_miss;   /* how many of those may be missed, all others attended, and required_share
                        * still be reached at the end */
    bool passes;       /* required_share is reached whatever comes */
    bool cannot_pass;  /* not even by attending all of what remains */
    guint warnings;    /* enum core_percentage_warning */
};

/* Reckons n sessions, filling in their `use` and `points`. */
void core_percentage_reckon(const struct core_rules *rules,
                            struct core_percentage_session *sessions, gsize n,
                            struct core_percentage *percentage);

/*
 * The arithmetic in a sentence, in "es" or "en" (anything else): "(18 + 3 × 0.5) of 24 = 81.3 %,
 * excused 2 left out, worst 1 dropped". `sessions` as core_percentage_reckon() left them. g_free()
 * it.
 */
char *core_percentage_sentence(const struct core_rules *rules,
                               const struct core_percentage_session *sessions, gsize n,
                               const struct core_percentage *percentage, const char *language);

/* What is to be expected: "can still miss 2 of 10", "can no longer reach 80 %", "reaches 80 %
 * whatever comes"; "" when nothing counts and nothing is to come. g_free() it. */
char *core_percentage_outlook(const struct core_rules *rules,
                              const struct core_percentage *percentage, const char *language);

/* One warning as a sentence: "70.0 % is below the 80 % required". g_free() it. */
char *core_percentage_warning_text(const struct core_rules *rules,
                                   const struct core_percentage *percentage,
                                   enum core_percentage_warning warning, const char *language);

/* A share as people read it: 0.8125 is "81.3 %", half a tenth rounded up but never to what it does
 * not reach: less than all is at most 99.9 %. "–" for NaN. Returns `text`. */
#define CORE_PERCENTAGE_SHARE_SIZE 24
char *core_percentage_share_text(double share, char text[static CORE_PERCENTAGE_SHARE_SIZE]);

#endif
