#include "core/percentage.h"

#include <math.h>

/* Sums of fractions such as three times 0.1 are off by less. */
#define TOLERANCE 1e-9

static const char *const USES[CORE_PERCENTAGE_USE_N] = {
    [CORE_PERCENTAGE_COUNTED] = "counted",   [CORE_PERCENTAGE_EXCUSED] = "excused",
    [CORE_PERCENTAGE_UNMARKED] = "unmarked", [CORE_PERCENTAGE_DROPPED] = "dropped",
    [CORE_PERCENTAGE_TO_COME] = "to_come",
};

static const char *const WARNINGS[CORE_PERCENTAGE_WARNINGS_N] = {
    "below_warning",
    "below_required",
    "absences_in_a_row",
    "cannot_pass",
};

/* Points of so many sessions. */
struct sum {
    double earned;
    gint32 possible;
};

const char *core_percentage_use_name(enum core_percentage_use use)
{
    return (unsigned)use < CORE_PERCENTAGE_USE_N ? USES[use] : NULL;
}

const char *core_percentage_warning_name(enum core_percentage_warning warning)
{
    for (int i = 0; i < CORE_PERCENTAGE_WARNINGS_N; i++)
        if ((guint)warning == 1u << i)
            return WARNINGS[i];
    return NULL;
}

static double share_of(struct sum sum)
{
    return sum.possible > 0 ? sum.earned / sum.possible : NAN;
}

static bool reaches(struct sum sum, double share)
{
    return sum.earned + TOLERANCE >= share * sum.possible;
}

/* ---- One session ---- */

/* What stands for a mark that is not there; false: nothing does. */
static bool settle(const struct core_rules *rules, const struct core_percentage_session *session,
                   enum core_status *status)
{
    if (session->settled || rules->unmarked == CORE_RULES_UNMARKED_OPEN)
        return false;
    *status =
        rules->unmarked == CORE_RULES_UNMARKED_EXCUSED ? CORE_STATUS_EXCUSED : CORE_STATUS_ABSENT;
    return true;
}

static void use_session(const struct core_rules *rules, struct core_percentage_session *session)
{
    enum core_status status = session->status;

    session->points = NAN;
    if (!session->ended) {
        session->use = CORE_PERCENTAGE_TO_COME;
        if (session->marked)
            session->points = core_rules_points(rules, status, session->code);
        if (session->marked && isnan(session->points))
            session->use = CORE_PERCENTAGE_EXCUSED;
        return;
    }
    if (!session->marked && !settle(rules, session, &status)) {
        session->use = CORE_PERCENTAGE_UNMARKED;
        return;
    }
    session->points = core_rules_points(rules, status, session->marked ? session->code : NULL);
    session->use = isnan(session->points) ? CORE_PERCENTAGE_EXCUSED : CORE_PERCENTAGE_COUNTED;
}

static void count_session(const struct core_percentage_session *session,
                          struct core_percentage *percentage)
{
    percentage->sessions++;
    if (!session->ended) {
        percentage->to_come++;
        percentage->remaining += !session->marked;
        return;
    }
    percentage->ended++;
    if (session->marked && (unsigned)session->status < CORE_STATUS_N)
        percentage->counts[session->status]++;
    percentage->unmarked += !session->marked;
    percentage->left_out += session->use == CORE_PERCENTAGE_EXCUSED;
    percentage->open += session->use == CORE_PERCENTAGE_UNMARKED;
}

/* The newest ended sessions that are absences. */
static gint32 count_in_a_row(const struct core_rules *rules,
                             const struct core_percentage_session *sessions, gsize n)
{
    gint32 absences = 0;

    while (n-- > 0) {
        enum core_status status = sessions[n].status;
        if (!sessions[n].ended || sessions[n].use == CORE_PERCENTAGE_UNMARKED)
            continue;
        if (!sessions[n].marked)
            settle(rules, &sessions[n], &status);
        if (status == CORE_STATUS_PRESENT || status == CORE_STATUS_LATE)
            break;
        absences += status == CORE_STATUS_ABSENT;
    }
    return absences;
}

/* ---- Sums ---- */

static struct sum sum_past(const struct core_percentage_session *sessions, gsize n)
{
    struct sum sum = {0};

    for (gsize i = 0; i < n; i++) {
        if (sessions[i].use != CORE_PERCENTAGE_COUNTED)
            continue;
        sum.earned += sessions[i].points;
        sum.possible++;
    }
    return sum;
}

/* What the sessions to come add on the basis of the whole term, as long as nothing more is known.
 */
static struct sum sum_to_come(const struct core_percentage_session *sessions, gsize n)
{
    struct sum sum = {0};

    for (gsize i = 0; i < n; i++) {
        if (sessions[i].use != CORE_PERCENTAGE_TO_COME)
            continue;
        sum.earned += isnan(sessions[i].points) ? 0 : sessions[i].points;
        sum.possible++;
    }
    return sum;
}

/* May one session of these points be left out of the sum? */
static bool may_drop(struct sum sum, double points)
{
    return sum.possible > 1 && points < 1 - TOLERANCE &&
           points * sum.possible <= sum.earned + TOLERANCE;
}

/* Leaves out the worst ended sessions, and returns what is left of `sum`. */
static struct sum drop_worst(const struct core_rules *rules,
                             struct core_percentage_session *sessions, gsize n, struct sum sum,
                             gint32 *dropped)
{
    for (*dropped = 0; *dropped < rules->drop_worst; (*dropped)++) {
        struct core_percentage_session *worst = NULL;
        for (gsize i = 0; i < n; i++)
            if (sessions[i].use == CORE_PERCENTAGE_COUNTED &&
                (!worst || sessions[i].points < worst->points - TOLERANCE))
                worst = &sessions[i];
        if (!worst || !may_drop(sum, worst->points))
            break;
        worst->use = CORE_PERCENTAGE_DROPPED;
        sum.earned -= worst->points;
        sum.possible--;
    }
    return sum;
}

/* ---- The end of the term ---- */

static int compare_points(gconstpointer a, gconstpointer b)
{
    const double *first = a, *second = b;

    return (*first > *second) - (*first < *second);
}

/* What is known already of the sum at the end: ended sessions before anything is dropped, and
 * marks of sessions to come; the points in ascending order. */
static GArray *known_points(const struct core_percentage_session *sessions, gsize n)
{
    GArray *points = g_array_new(FALSE, FALSE, sizeof(double));

    for (gsize i = 0; i < n; i++)
        if (!isnan(sessions[i].points) && sessions[i].use != CORE_PERCENTAGE_EXCUSED)
            g_array_append_val(points, sessions[i].points);
    g_array_sort(points, compare_points);
    return points;
}

/* So many sessions of the same points. */
struct pile {
    double points;
    gint32 n;
};

/* The end when `missed` of what remains are missed and the others attended. */
static struct sum sum_at_end(const struct core_rules *rules, const GArray *known, gint32 attended,
                             gint32 missed)
{
    struct pile piles[] = {
        {core_rules_points(rules, CORE_STATUS_ABSENT, NULL), missed},
        {core_rules_points(rules, CORE_STATUS_PRESENT, NULL), attended},
    };
    struct sum sum = {piles[0].points * missed + piles[1].points * attended,
                      missed + attended + (gint32)known->len};
    guint next = 0;

    for (guint i = 0; i < known->len; i++)
        sum.earned += g_array_index(known, double, i);
    for (gint32 i = 0; i < rules->drop_worst; i++) {
        struct pile *worst = NULL;
        for (gsize p = 0; p < G_N_ELEMENTS(piles); p++)
            if (piles[p].n > 0 && (!worst || piles[p].points < worst->points))
                worst = &piles[p];
        if (next < known->len && (!worst || g_array_index(known, double, next) <= worst->points))
            worst = NULL;
        if (!worst && next >= known->len)
            break;
        const double points = worst ? worst->points : g_array_index(known, double, next);
        if (!may_drop(sum, points))
            break;
        sum.earned -= points;
        sum.possible--;
        if (worst)
            worst->n--;
        else
            next++;
    }
    return sum;
}

static void look_ahead(const struct core_rules *rules,
                       const struct core_percentage_session *sessions, gsize n,
                       struct core_percentage *percentage)
{
    const gint32 remaining = percentage->remaining;
    g_autoptr(GArray) known = known_points(sessions, n);
    gint32 missed = remaining;

    if (remaining == 0 && known->len == 0)
        return;
    while (missed >= 0 &&
           !reaches(sum_at_end(rules, known, remaining - missed, missed), rules->required_share))
        missed--;
    percentage->cannot_pass = missed < 0;
    percentage->passes = missed == remaining;
    percentage->can_miss = MAX(missed, 0);
}

/* ---- All of it ---- */

static guint warnings_of(const struct core_rules *rules, const struct core_percentage *percentage,
                         struct sum past)
{
    guint warnings = 0;

    if (past.possible > 0 && !reaches(past, rules->warning_share))
        warnings |= CORE_PERCENTAGE_BELOW_WARNING;
    if (past.possible > 0 && !reaches(past, rules->required_share))
        warnings |= CORE_PERCENTAGE_BELOW_REQUIRED;
    if (rules->warning_absences > 0 && percentage->in_a_row >= rules->warning_absences)
        warnings |= CORE_PERCENTAGE_IN_A_ROW;
    if (percentage->cannot_pass)
        warnings |= CORE_PERCENTAGE_CANNOT_PASS;
    return warnings;
}

/* Of what has ended alone, without leaving a trace of what was dropped for it. */
static struct sum past_after_drops(const struct core_rules *rules,
                                   struct core_percentage_session *sessions, gsize n)
{
    gint32 dropped;
    const struct sum sum = drop_worst(rules, sessions, n, sum_past(sessions, n), &dropped);

    for (gsize i = 0; i < n && dropped > 0; i++)
        if (sessions[i].use == CORE_PERCENTAGE_DROPPED)
            sessions[i].use = CORE_PERCENTAGE_COUNTED;
    return sum;
}

void core_percentage_reckon(const struct core_rules *rules,
                            struct core_percentage_session *sessions, gsize n,
                            struct core_percentage *percentage)
{
    *percentage = (struct core_percentage){0};
    for (gsize i = 0; i < n; i++) {
        use_session(rules, &sessions[i]);
        count_session(&sessions[i], percentage);
    }
    percentage->in_a_row = count_in_a_row(rules, sessions, n);
    look_ahead(rules, sessions, n, percentage);

    const struct sum past = past_after_drops(rules, sessions, n);
    struct sum sum = sum_past(sessions, n);
    if (rules->basis == CORE_RULES_BASIS_TERM) {
        const struct sum to_come = sum_to_come(sessions, n);
        sum.earned += to_come.earned;
        sum.possible += to_come.possible;
    }
    sum = drop_worst(rules, sessions, n, sum, &percentage->dropped);
    percentage->earned = sum.earned;
    percentage->possible = sum.possible;
    percentage->share = share_of(sum);
    percentage->share_past = share_of(past);
    percentage->warnings = warnings_of(rules, percentage, past);
}
