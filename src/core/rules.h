/*
 * The rules of a course: when marks are taken, what an arrival counts as, what becomes of who was
 * not marked, and what the numbers mean. Pure functions; instants and rules come in as arguments.
 *
 * Every duration is in seconds and belongs to the session: `present_until` counts from its start,
 * `closes_after` and `left_early` from its end. A moment exactly on a limit still has the better
 * status, as in core/policy.h.
 */
#ifndef CORE_RULES_H
#define CORE_RULES_H

#include "base/json.h"
#include "core/types.h"

enum {
    CORE_RULES_STATUSES_MAX = 16,
    CORE_RULES_CODE_SIZE = 17,  /* bytes of a status code with its NUL */
    CORE_RULES_NAME_SIZE = 121, /* bytes of a status name with its NUL */
    CORE_RULES_OPENS_BEFORE_MAX = 12 * 3600,
    CORE_RULES_CLOSES_AFTER_MAX = 24 * 3600,
};

/* A status as a site knows it. The four of enum core_status exist always, under their names
 * "present", "late", "absent" and "excused"; further ones ("online", "sick") count as one of
 * them. */
struct core_rules_status {
    char code[CORE_RULES_CODE_SIZE]; /* a–z, 0–9, "_" and "-" */
    char name[CORE_RULES_NAME_SIZE]; /* as people read it; "": the program's word for it */
    enum core_status kind;           /* what it counts as */
    double points;                   /* 0 … 1 of a session attended; NaN: that of its kind */
};

/* What becomes at the end of a session of those on its roster who have no mark. */
enum core_rules_unmarked {
    CORE_RULES_UNMARKED_ABSENT,  /* marked absent, by the method "automatic" */
    CORE_RULES_UNMARKED_EXCUSED, /* marked excused */
    CORE_RULES_UNMARKED_OPEN,    /* left without a mark */
    CORE_RULES_UNMARKED_N,
};

/* Whether an excused session counts. */
enum core_rules_excused {
    CORE_RULES_EXCUSED_OUT,     /* out of the denominator */
    CORE_RULES_EXCUSED_PRESENT, /* as attended */
    CORE_RULES_EXCUSED_ABSENT,  /* as missed */
    CORE_RULES_EXCUSED_N,
};

/* Who is searched for a face at the camera of a session. */
enum core_rules_search {
    CORE_RULES_SEARCH_ROSTER,      /* its roster alone */
    CORE_RULES_SEARCH_INSTITUTION, /* the roster first, then everybody: who is found there is not
                                    * marked, but shown to the teacher */
    CORE_RULES_SEARCH_N,
};

/* Which sessions the share is of. */
enum core_rules_basis {
    CORE_RULES_BASIS_PAST, /* those that have ended */
    CORE_RULES_BASIS_TERM, /* all of the term: what is still to come counts as not attended yet */
    CORE_RULES_BASIS_N,
};

/* When somebody who was recognised is asked to move, so that it is them and no picture of them
 * (recognise/challenge.h). */
enum core_rules_challenge {
    CORE_RULES_CHALLENGE_DOUBT, /* when the frames leave doubt */
    CORE_RULES_CHALLENGE_NEVER, /* in doubt a person looks at the picture */
    CORE_RULES_CHALLENGE_ALWAYS,
    CORE_RULES_CHALLENGE_N,
};

/* "doubt", "never", "always". Static storage; NULL for no such value. */
const char *core_rules_challenge_name(enum core_rules_challenge challenge);
bool core_rules_challenge_from_name(const char *name, enum core_rules_challenge *challenge);

/* What is still needed before somebody who was recognised is marked. */
enum core_rules_proof {
    CORE_RULES_PROOF_ENOUGH,
    CORE_RULES_PROOF_CHALLENGE, /* they are asked to move */
    CORE_RULES_PROOF_REVIEW,    /* a person looks at the picture */
};

/* By what the frames leave in doubt, whether a challenge was passed, and whether the person has
 * chosen not to move: then somebody else looks, which wins nothing for who holds up a picture. */
enum core_rules_proof core_rules_proof(enum core_rules_challenge challenge, bool doubt, bool passed,
                                       bool alternative);

struct core_rules {
    gint32 opens_before;  /* marks are taken from so long before the start */
    gint32 present_until; /* after the start: later is late */
    gint32 late_until;    /* after the start: later is absent */
    gint32 closes_after;  /* marks are taken until so long after the end */
    gint32 left_early; /* seen last longer than this before the end: left early. Two scans only */
    gint32 scans;      /* 1, or 2: who arrives and who leaves */
    double minimum_presence; /* two scans: least share of the session between the first and the last
                              * scan, 0 … 1; less is absent */
    char left_early_code[CORE_RULES_CODE_SIZE]; /* status of who left early; "": it stays */
    enum core_rules_unmarked unmarked;
    struct core_rules_status statuses[CORE_RULES_STATUSES_MAX];
    gsize statuses_n; /* the four built-in ones are first and always there */

    enum core_rules_challenge challenge;

    enum core_rules_search search;

    enum core_rules_excused excused;
    double late_worth; /* what a late arrival is worth, 0 … 1 */
    gint32 drop_worst; /* sessions left out, the worst ones */
    enum core_rules_basis basis;
    double required_share;   /* what a student must reach to pass, 0 … 1 */
    double warning_share;    /* below it a student is warned, 0 … 1 */
    gint32 warning_absences; /* as many absences in a row are warned of; 0: never */
};

/* Opens 15 minutes before, present for 10 minutes, late for 30, closes at the end; one scan; a
 * challenge in doubt; the roster alone is searched; unmarked are absent; excused is out, late is
 * worth a half, none dropped, past sessions, 80 % required, warned below 85 % and after 3 absences
 * in a row. */
void core_rules_init(struct core_rules *rules);

/* Rules from a JSON object whose members are named as above ("statuses": [{"code", "name", "kind",
 * "points"}]; enums by their lower-case names); what is missing has core_rules_init()'s value.
 * BASE_ERROR_INVALID names the member. */
bool core_rules_read(json_t *object, struct core_rules *rules, GError **error);
/* The same from text, as the database keeps it. */
bool core_rules_parse(const char *text, struct core_rules *rules, GError **error);
/* The whole of it, defaults included. New reference. */
json_t *core_rules_json(const struct core_rules *rules);

/* The status of a code, built-in ones included; NULL when the rules know no such code. */
const struct core_rules_status *core_rules_status_find(const struct core_rules *rules,
                                                       const char *code);

/* What a mark is worth, 0 … 1: the points of its own status where it has one (`code` may be NULL),
 * otherwise present 1, late `late_worth`, absent 0; excused as `excused` says, NaN when it is out.
 */
double core_rules_points(const struct core_rules *rules, enum core_status status, const char *code);

/* The instants between which marks of a session are taken, both included. */
void core_rules_window(const struct core_rules *rules, base_time starts_at, base_time ends_at,
                       base_time *opens_at, base_time *closes_at);

/* The last instant at which who arrives is on time. */
base_time core_rules_on_time_until(const struct core_rules *rules, base_time starts_at);

/* What somebody is who arrives at this instant. */
enum core_status core_rules_arrival(const struct core_rules *rules, base_time starts_at,
                                    base_time arrival);

/*
 * Two scans: what becomes of an arrival when a person was seen last at this instant. `code` (of
 * CORE_RULES_CODE_SIZE) gets "" or left_early_code where that is a status of the site's own. Before
 * the start and after the end nothing counts as presence. Who arrived too late or was there for
 * less than `minimum_presence` is absent; who left early has the status of left_early_code, unless
 * their arrival's counts for less. One scan: the arrival's status stays.
 */
enum core_status core_rules_presence(const struct core_rules *rules, base_time starts_at,
                                     base_time ends_at, base_time first_seen, base_time last_seen,
                                     char code[CORE_RULES_CODE_SIZE]);

#endif
