/*
 * Percentages worked out by hand: each case has its reckoning beside it. A term is a text, one
 * letter a session:
 *   P L A E  ended: present, late, absent, excused
 *   O S      ended: the site's own "online" (present, worth 0.8) and "sick" (excused, worth 0.5)
 *   - s      ended without a mark: not settled yet, settled
 *   p l a e  not ended, but marked already
 *   .        to come
 */
#include "../unit.h"

#include "core/percentage.h"

#include <math.h>
#include <string.h>

enum { TERM_MAX = 64 };

struct case_of {
    const char *term;
    /* Rules; zero is the program's own: excused out, late worth 0.5, none dropped, past sessions,
     * unmarked absent, 80 % required. */
    enum core_rules_excused excused;
    enum core_rules_unmarked unmarked;
    enum core_rules_basis basis;
    int drop;
    double late;     /* worth + 1, so that 0 is the program's own */
    double required; /* likewise 0 */
    /* Worked out. */
    double earned;
    double possible;
    gint32 can_miss;
    char fate; /* ' ', or 'P'asses whatever comes, or 'N'o longer */
    const char *sentence;
};

#define OUT CORE_RULES_EXCUSED_OUT
#define AS_PRESENT CORE_RULES_EXCUSED_PRESENT
#define AS_ABSENT CORE_RULES_EXCUSED_ABSENT
#define ABSENT CORE_RULES_UNMARKED_ABSENT
#define EXCUSED CORE_RULES_UNMARKED_EXCUSED
#define OPEN CORE_RULES_UNMARKED_OPEN
#define PAST CORE_RULES_BASIS_PAST
#define TERM CORE_RULES_BASIS_TERM

/* clang-format off */
static const struct case_of CASES[] = {
    /* -- nothing to speak of -- */
    /* no session at all */
    {"", .sentence = "nothing to count"},
    /* all to come: 4 of 5 are 80 %, so one may be missed; 3 of 5 are 60 % */
    {".....", .can_miss = 1, .sentence = "nothing to count"},
    /* 3 of 4 are 75 %: none may be missed */
    {"....", .can_miss = 0, .sentence = "nothing to count"},
    /* 8 of 10 are 80 % */
    {"..........", .can_miss = 2, .sentence = "nothing to count"},
    /* only an excuse, left out: nothing counts */
    {"E", .sentence = "nothing to count, excused 1 left out"},

    /* -- present, late, absent -- */
    {"P", .earned = 1, .possible = 1, .fate = 'P', .sentence = "1 of 1 = 100.0 %"},
    {"A", .earned = 0, .possible = 1, .fate = 'N', .sentence = "0 of 1 = 0.0 %"},
    /* 1 × 0.5 of 1 */
    {"L", .earned = 0.5, .possible = 1, .fate = 'N', .sentence = "1 × 0.5 of 1 = 50.0 %"},
    /* 4 of 5 are exactly the 80 % required */
    {"PPPPA", .earned = 4, .possible = 5, .fate = 'P', .sentence = "4 of 5 = 80.0 %"},
    /* 3 + 2 × 0.5 = 4 of 5 */
    {"PPPLL", .earned = 4, .possible = 5, .fate = 'P', .sentence = "(3 + 2 × 0.5) of 5 = 80.0 %"},
    /* 3 + 0.5 = 3.5 of 5 are 70 % */
    {"PPPLA", .earned = 3.5, .possible = 5, .fate = 'N',
     .sentence = "(3 + 1 × 0.5) of 5 = 70.0 %"},
    /* late counts whole: 3 + 2 × 1 = 5 of 5 */
    {"PPPLL", .late = 2, .earned = 5, .possible = 5, .fate = 'P', .sentence = "5 of 5 = 100.0 %"},
    /* late counts nothing: 3 of 5 are 60 % */
    {"PPPLL", .late = 1, .earned = 3, .possible = 5, .fate = 'N', .sentence = "3 of 5 = 60.0 %"},
    /* late is worth 0.75: 3 + 2 × 0.75 = 4.5 of 5 are 90 % */
    {"PPPLL", .late = 1.75, .earned = 4.5, .possible = 5, .fate = 'P',
     .sentence = "(3 + 2 × 0.75) of 5 = 90.0 %"},
    /* 2 of 3 are 66.67 %, rounded 66.7 */
    {"PPA", .earned = 2, .possible = 3, .fate = 'N', .sentence = "2 of 3 = 66.7 %"},
    /* 13 of 16 are 81.25 %: half a tenth is rounded up */
    {"PPPPPPPPPPPPPAAA", .earned = 13, .possible = 16, .fate = 'P',
     .sentence = "13 of 16 = 81.3 %"},

    /* -- excused -- */
    /* out: 4 of 4, the fifth does not count */
    {"PPPPE", .earned = 4, .possible = 4, .fate = 'P',
     .sentence = "4 of 4 = 100.0 %, excused 1 left out"},
    /* as present: 4 + 1 of 6 are 83.3 % */
    {"PPPPEA", .excused = AS_PRESENT, .earned = 5, .possible = 6, .fate = 'P',
     .sentence = "5 of 6 = 83.3 %"},
    /* as absent: 4 of 6 are 66.7 % */
    {"PPPPEA", .excused = AS_ABSENT, .earned = 4, .possible = 6, .fate = 'N',
     .sentence = "4 of 6 = 66.7 %"},
    /* the site's own: 2 + 0.8 of 3, 93.3 % */
    {"PPO", .earned = 2.8, .possible = 3, .fate = 'P',
     .sentence = "(2 + 1 × 0.8) of 3 = 93.3 %"},
    /* an own excuse that has points counts with them: 2 + 0.5 of 3, 83.3 % */
    {"PPS", .earned = 2.5, .possible = 3, .fate = 'P',
     .sentence = "(2 + 1 × 0.5) of 3 = 83.3 %"},

    /* -- without a mark -- */
    /* will be settled as absent: 4 of 5 */
    {"PPPP-", .earned = 4, .possible = 5, .fate = 'P', .sentence = "4 of 5 = 80.0 %"},
    /* will be settled as excused, which is out: 4 of 4 */
    {"PPPP-", .unmarked = EXCUSED, .earned = 4, .possible = 4, .fate = 'P',
     .sentence = "4 of 4 = 100.0 %, excused 1 left out"},
    /* as excused, which counts as attended: 5 of 5 */
    {"PPPP-", .unmarked = EXCUSED, .excused = AS_PRESENT, .earned = 5, .possible = 5, .fate = 'P',
     .sentence = "5 of 5 = 100.0 %"},
    /* left open: 4 of 4 */
    {"PPPP-", .unmarked = OPEN, .earned = 4, .possible = 4, .fate = 'P',
     .sentence = "4 of 4 = 100.0 %, unmarked 1 left out"},
    /* settled without this person, who came to the course later: 3 of 3 */
    {"ssPPP", .earned = 3, .possible = 3, .fate = 'P',
     .sentence = "3 of 3 = 100.0 %, unmarked 2 left out"},

    /* -- the worst are dropped -- */
    /* without the first absence 4 of 5 */
    {"PPPPAA", .drop = 1, .earned = 4, .possible = 5, .fate = 'P',
     .sentence = "4 of 5 = 80.0 %, worst 1 dropped"},
    {"PPPPAA", .drop = 2, .earned = 4, .possible = 4, .fate = 'P',
     .sentence = "4 of 4 = 100.0 %, worst 2 dropped"},
    /* the absence goes before the late one: 3 + 0.5 of 4, 87.5 % */
    {"PPPLA", .drop = 1, .earned = 3.5, .possible = 4, .fate = 'P',
     .sentence = "(3 + 1 × 0.5) of 4 = 87.5 %, worst 1 dropped"},
    /* both: 3 of 3 */
    {"PPPLA", .drop = 2, .earned = 3, .possible = 3, .fate = 'P',
     .sentence = "3 of 3 = 100.0 %, worst 2 dropped"},
    /* full points are never dropped */
    {"PPP", .drop = 2, .earned = 3, .possible = 3, .fate = 'P', .sentence = "3 of 3 = 100.0 %"},
    /* nor the last one that counts */
    {"A", .drop = 3, .earned = 0, .possible = 1, .fate = 'N', .sentence = "0 of 1 = 0.0 %"},
    {"AAA", .drop = 5, .earned = 0, .possible = 1, .fate = 'N',
     .sentence = "0 of 1 = 0.0 %, worst 2 dropped"},
    /* an excuse that is out is not dropped besides: 3 of 3 */
    {"PPPEA", .drop = 1, .earned = 3, .possible = 3, .fate = 'P',
     .sentence = "3 of 3 = 100.0 %, excused 1 left out, worst 1 dropped"},
    /* the brief's: 18 + 3 × 0.5 = 19.5 of 24, 81.25 %: 25 without the 2 excused, 1 absence dropped */
    {"PPPPPPPPPPPPPPPPPPLLLAAAAEE", .drop = 1, .earned = 19.5, .possible = 24, .fate = 'P',
     .sentence = "(18 + 3 × 0.5) of 24 = 81.3 %, excused 2 left out, worst 1 dropped"},

    /* -- past sessions, some to come -- */
    /* now 4 of 5; at the end 4 + 5 − k of 10 ≥ 8: k ≤ 1 */
    {"PPPPA.....", .earned = 4, .possible = 5, .can_miss = 1, .sentence = "4 of 5 = 80.0 %"},
    /* now 5 of 5; 10 − k of 10 ≥ 8: k ≤ 2 */
    {"PPPPP.....", .earned = 5, .possible = 5, .can_miss = 2, .sentence = "5 of 5 = 100.0 %"},
    /* 0 + 5 of 10 are 50 %: lost */
    {"AAAAA.....", .earned = 0, .possible = 5, .fate = 'N', .sentence = "0 of 5 = 0.0 %"},
    /* 8 of 8; 8 of 10 are enough whatever comes: both may be missed */
    {"PPPPPPPP..", .earned = 8, .possible = 8, .can_miss = 2, .fate = 'P',
     .sentence = "8 of 8 = 100.0 %"},
    /* 2 absences of 4, 6 to come: 2 + 6 = 8 of 10: none may be missed */
    {"PPAA......", .earned = 2, .possible = 4, .can_miss = 0, .sentence = "2 of 4 = 50.0 %"},
    /* the same, worst 1 dropped: now 2 of 3; at the end 8 − k of 9 ≥ 7.2: k ≤ 0 */
    {"PPAA......", .drop = 1, .earned = 2, .possible = 3, .can_miss = 0,
     .sentence = "2 of 3 = 66.7 %, worst 1 dropped"},
    /* no absence yet, worst 1 dropped: 10 − k of 9 (one missed is dropped) ≥ 7.2: k ≤ 2 */
    {"PPPP......", .drop = 1, .earned = 4, .possible = 4, .can_miss = 2,
     .sentence = "4 of 4 = 100.0 %"},
    /* of 10 sessions the 2 worst are dropped: 10 − k of 8 ≥ 6.4: k ≤ 3 */
    {"PPPP......", .drop = 2, .earned = 4, .possible = 4, .can_miss = 3,
     .sentence = "4 of 4 = 100.0 %"},
    /* late ones: 1 + 2 × 0.5 = 2 of 3; at the end 2 + 7 − k of 10 ≥ 8: k ≤ 1 */
    {"PLL.......", .earned = 2, .possible = 3, .can_miss = 1,
     .sentence = "(1 + 2 × 0.5) of 3 = 66.7 %"},
    /* excused shrinks the term: 9 − k of 9 ≥ 7.2: k ≤ 1 */
    {"PPPPE.....", .earned = 4, .possible = 4, .can_miss = 1,
     .sentence = "4 of 4 = 100.0 %, excused 1 left out"},
    /* excused beforehand: it does not remain; 9 − k of 9 ≥ 7.2: k ≤ 1 of 4 */
    {"PPPPPe....", .earned = 5, .possible = 5, .can_miss = 1, .sentence = "5 of 5 = 100.0 %"},
    /* marked in the session that goes on: known at the end, not counted yet: 10 − k ≥ 8 */
    {"PPPPp.....", .earned = 4, .possible = 4, .can_miss = 2, .sentence = "4 of 4 = 100.0 %"},
    /* announced absence: 9 − k of 10 ≥ 8: k ≤ 1 */
    {"PPPPa.....", .earned = 4, .possible = 4, .can_miss = 1, .sentence = "4 of 4 = 100.0 %"},
    /* half is enough: 10 − k ≥ 5: all 5 may be missed */
    {"PPPPP.....", .required = 0.5, .earned = 5, .possible = 5, .can_miss = 5, .fate = 'P',
     .sentence = "5 of 5 = 100.0 %"},
    /* all is required */
    {"PPPPP.....", .required = 1, .earned = 5, .possible = 5, .can_miss = 0,
     .sentence = "5 of 5 = 100.0 %"},

    /* -- the whole term -- */
    /* 3 of 10, 7 to come */
    {"PPP.......", .basis = TERM, .earned = 3, .possible = 10, .can_miss = 2,
     .sentence = "3 of 10 = 30.0 %, to come 7 counted"},
    /* to come alone */
    {".....", .basis = TERM, .earned = 0, .possible = 5, .can_miss = 1,
     .sentence = "0 of 5 = 0.0 %, to come 5 counted"},
    /* nothing to come: as the past */
    {"PPPPA", .basis = TERM, .earned = 4, .possible = 5, .fate = 'P',
     .sentence = "4 of 5 = 80.0 %"},
    /* excused beforehand is out of the term: 4 of 8 */
    {"PPPPe....", .basis = TERM, .earned = 4, .possible = 8, .can_miss = 1,
     .sentence = "4 of 8 = 50.0 %, to come 4 counted"},
    /* dropping the absence helps: 3 of 9, not of 10 */
    {"PPPA......", .basis = TERM, .drop = 1, .earned = 3, .possible = 9, .can_miss = 1,
     .sentence = "3 of 9 = 33.3 %, to come 6 counted, worst 1 dropped"},
    /* dropping the late one would give 3 of 9 = 33.3 % instead of 3.5 of 10 = 35 %: it stays. At the
     * end 9.5 − k of 10, worst dropped (a missed one before the late one): k = 1: 8.5 of 9;
     * k = 2: 7.5 of 9 = 83.3 %; k = 3: 6.5 of 9 = 72.2 % */
    {"PPPL......", .basis = TERM, .drop = 1, .earned = 3.5, .possible = 10, .can_miss = 2,
     .sentence = "(3 + 1 × 0.5) of 10 = 35.0 %, to come 6 counted"},
    /* what is to come is never dropped: 4 of 10 */
    {"PPPP......", .basis = TERM, .drop = 3, .earned = 4, .possible = 10, .can_miss = 4,
     .sentence = "4 of 10 = 40.0 %, to come 6 counted"},
};
/* clang-format on */

static void rules_of(const struct case_of *entry, struct core_rules *rules)
{
    core_rules_init(rules);
    rules->excused = entry->excused;
    rules->unmarked = entry->unmarked;
    rules->basis = entry->basis;
    rules->drop_worst = entry->drop;
    if (entry->late > 0)
        rules->late_worth = entry->late - 1;
    if (entry->required > 0)
        rules->required_share = entry->required;
    rules->statuses[rules->statuses_n++] =
        (struct core_rules_status){.code = "online", .kind = CORE_STATUS_PRESENT, .points = 0.8};
    rules->statuses[rules->statuses_n++] =
        (struct core_rules_status){.code = "sick", .kind = CORE_STATUS_EXCUSED, .points = 0.5};
}

static struct core_percentage_session session_of(char letter)
{
    static const char letters[] = "PLAEplaeOS";
    static const enum core_status kinds[] = {
        CORE_STATUS_PRESENT, CORE_STATUS_LATE,    CORE_STATUS_ABSENT, CORE_STATUS_EXCUSED,
        CORE_STATUS_PRESENT, CORE_STATUS_LATE,    CORE_STATUS_ABSENT, CORE_STATUS_EXCUSED,
        CORE_STATUS_PRESENT, CORE_STATUS_EXCUSED,
    };
    const char *at = strchr(letters, letter);
    struct core_percentage_session session = {
        .ended = !strchr("plae.", letter),
        .settled = letter == 's',
        .marked = at != NULL,
        .code = letter == 'O'   ? "online"
                : letter == 'S' ? "sick"
                                : NULL,
    };

    if (at)
        session.status = kinds[at - letters];
    return session;
}

static gsize read_term(const char *term, struct core_percentage_session sessions[TERM_MAX])
{
    const gsize n = strlen(term);

    assert_true(n <= TERM_MAX);
    for (gsize i = 0; i < n; i++)
        sessions[i] = session_of(term[i]);
    return n;
}

static void reckon(const struct core_rules *rules, const char *term,
                   struct core_percentage *percentage)
{
    struct core_percentage_session sessions[TERM_MAX];

    core_percentage_reckon(rules, sessions, read_term(term, sessions), percentage);
}

static void test_cases_worked_out_by_hand(void **state)
{
    (void)state;
    assert_true(G_N_ELEMENTS(CASES) >= 40);
    for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
        const struct case_of *entry = &CASES[i];
        struct core_percentage_session sessions[TERM_MAX];
        struct core_percentage is;
        struct core_rules rules;
        rules_of(entry, &rules);
        const gsize n = read_term(entry->term, sessions);
        core_percentage_reckon(&rules, sessions, n, &is);
        g_autofree char *sentence = core_percentage_sentence(&rules, sessions, n, &is, "en");
        if (fabs(is.earned - entry->earned) > 1e-9 || is.possible != entry->possible ||
            is.can_miss != entry->can_miss || is.passes != (entry->fate == 'P') ||
            is.cannot_pass != (entry->fate == 'N') || g_strcmp0(sentence, entry->sentence) != 0)
            fail_msg("case %zu, \"%s\": %g of %g, can miss %d, passes %d, cannot %d, \"%s\"", i,
                     entry->term, is.earned, is.possible, is.can_miss, is.passes, is.cannot_pass,
                     sentence);
        assert_true(entry->possible > 0 ? fabs(is.share - entry->earned / entry->possible) < 1e-9
                                        : isnan(is.share));
    }
}

/* ---- Can still miss, by trying it ---- */

/* The share at the end when those of the sessions to come whose bit is set in `missed` are missed
 * and the others attended, reckoned as a past of its own. */
static bool reaches_at_end(const struct core_rules *rules, const char *term, guint missed)
{
    char ended[TERM_MAX + 1];
    struct core_percentage percentage;
    guint bit = 0;

    g_strlcpy(ended, term, sizeof ended);
    for (char *at = ended; *at; at++) {
        if (*at == '.')
            *at = missed >> bit++ & 1 ? 'A' : 'P';
        else if (strchr("plae", *at))
            *at = g_ascii_toupper(*at);
    }
    reckon(rules, ended, &percentage);
    return percentage.share + 1e-9 >= rules->required_share;
}

static guint count_bits(guint value)
{
    guint n = 0;

    for (; value; value &= value - 1)
        n++;
    return n;
}

/* The largest number such that every choice of so many that are missed is good; −1: none is. */
static int try_all(const struct core_rules *rules, const char *term, guint remaining)
{
    int best = -1;

    for (guint n = 0; n <= remaining; n++) {
        bool good = true;
        for (guint missed = 0; missed < 1u << remaining && good; missed++)
            good = count_bits(missed) != n || reaches_at_end(rules, term, missed);
        if (!good)
            break;
        best = (int)n;
    }
    return best;
}

static void test_can_still_miss_agrees_with_trying(void **state)
{
    static const char letters[] = "PPPPLAEOS-spae";
    GRand *random = g_rand_new_with_seed(20260312);

    (void)state;
    for (int round = 0; round < 1500; round++) {
        const struct case_of entry = {
            .excused = (enum core_rules_excused)g_rand_int_range(random, 0, CORE_RULES_EXCUSED_N),
            .unmarked =
                (enum core_rules_unmarked)g_rand_int_range(random, 0, CORE_RULES_UNMARKED_N),
            .basis = (enum core_rules_basis)g_rand_int_range(random, 0, CORE_RULES_BASIS_N),
            .drop = g_rand_int_range(random, 0, 4),
            .late = 1 + g_rand_int_range(random, 0, 5) / 4.0,
            .required = g_rand_int_range(random, 5, 21) / 20.0,
        };
        const guint past = (guint)g_rand_int_range(random, 1, 12);
        const guint remaining = (guint)g_rand_int_range(random, 1, 8);
        char term[TERM_MAX + 1] = "";
        struct core_rules rules;
        struct core_percentage is;
        for (guint i = 0; i < past; i++)
            term[i] = letters[g_rand_int_range(random, 0, (gint32)strlen(letters))];
        memset(term + past, '.', remaining);
        rules_of(&entry, &rules);
        /* A site's own points: an absence may be worth more than a late arrival. */
        if (round % 3 == 0) {
            rules.statuses[CORE_STATUS_ABSENT].points = g_rand_int_range(random, 0, 4) / 8.0;
            rules.statuses[CORE_STATUS_PRESENT].points = g_rand_int_range(random, 6, 9) / 8.0;
        }
        reckon(&rules, term, &is);
        const int tried = try_all(&rules, term, remaining);
        if (is.can_miss != MAX(tried, 0) || is.cannot_pass != (tried < 0) ||
            is.passes != (tried == (int)remaining))
            fail_msg("\"%s\", drop %d, late %g, required %g: %d, tried %d", term, entry.drop,
                     rules.late_worth, rules.required_share, is.can_miss, tried);
    }
    g_rand_free(random);
}

/* ---- Warnings and words ---- */

static void test_warnings(void **state)
{
    static const struct {
        const char *term;
        gint32 in_a_row;
        guint warnings;
    } cases[] = {
        {"", 0, 0},
        {"....", 0, 0},
        {"PPPPPPPPPP", 0, 0},
        {"PPPPPPAPPP.....", 0, 0}, /* 90 % */
        /* 84 % warns below 85 %, 80 % are required */
        {"PPPPPPPPPPPPPPPPPPPPPAAAPA", 1, CORE_PERCENTAGE_BELOW_WARNING},
        {"AAPP..........", 0, CORE_PERCENTAGE_BELOW_WARNING | CORE_PERCENTAGE_BELOW_REQUIRED},
        /* 3 in a row, the excuse and the one nobody has marked are passed over: 17 of 20 = 85 % */
        {"PPPPPPPPPPPPPPPPPAAEsA", 3, CORE_PERCENTAGE_IN_A_ROW},
        {"PPPPPPPPPPPPPPPPPAALA.....", 1, CORE_PERCENTAGE_BELOW_WARNING},
        /* 11 of 15; at best 12 of 16, which are 75 % */
        {"PPPPPPPPPPPAAAA.", 4,
         CORE_PERCENTAGE_BELOW_WARNING | CORE_PERCENTAGE_BELOW_REQUIRED | CORE_PERCENTAGE_IN_A_ROW |
             CORE_PERCENTAGE_CANNOT_PASS},
        /* an absence that is announced is none in a row */
        {"PPPPPPPPPPPPPPPPPPPAAa", 2, 0},
        /* not marked and not settled yet: the absence that it will be */
        {"PPPPPPPPPPPPPPPPPPPPP---", 3, CORE_PERCENTAGE_IN_A_ROW},
    };
    struct core_rules rules;

    (void)state;
    core_rules_init(&rules);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct core_percentage is;
        reckon(&rules, cases[i].term, &is);
        if (is.in_a_row != cases[i].in_a_row || is.warnings != cases[i].warnings)
            fail_msg("\"%s\": %d in a row, warnings %x", cases[i].term, is.in_a_row, is.warnings);
    }
    /* A term's share is low at its beginning; that warns of nothing. */
    struct core_percentage is;
    rules.basis = CORE_RULES_BASIS_TERM;
    reckon(&rules, "PPP.......", &is);
    assert_int_equal(is.warnings, 0);
    assert_true(is.share_past == 1);
    rules.warning_absences = 0;
    reckon(&rules, "PPPPPPPPPPPPPPPPPPPPPPPPPPPPAAA", &is);
    assert_int_equal(is.warnings & CORE_PERCENTAGE_IN_A_ROW, 0);
}

static void check_words(const char *term, const char *language, const char *sentence,
                        const char *outlook)
{
    struct core_percentage_session sessions[TERM_MAX];
    struct core_percentage is;
    struct core_rules rules;

    core_rules_init(&rules);
    rules.drop_worst = 1;
    const gsize n = read_term(term, sessions);
    core_percentage_reckon(&rules, sessions, n, &is);
    g_autofree char *first = core_percentage_sentence(&rules, sessions, n, &is, language);
    g_autofree char *second = core_percentage_outlook(&rules, &is, language);
    assert_string_equal(first, sentence);
    assert_string_equal(second, outlook);
}

static void test_words(void **state)
{
    (void)state;
    check_words("PPLLAAEs..........", "es",
                "(2 + 2 × 0.5) de 5 = 60.0 %, justificadas 1 fuera de la cuenta, sin registro 1 "
                "fuera de la cuenta, peores 1 descartadas",
                "todavía puede faltar a 1 de 10");
    check_words("AAAA....", "es", "0 de 3 = 0.0 %, peores 1 descartadas",
                "ya no puede alcanzar el 80 %");
    check_words("AAAA....", "en", "0 of 3 = 0.0 %, worst 1 dropped", "can no longer reach 80 %");
    check_words("PPPPPPPP.", "en", "8 of 8 = 100.0 %", "reaches 80 % whatever comes");
    check_words("PPPPPPPP", "en", "8 of 8 = 100.0 %", "reached 80 %");
    check_words("PPPAA.", "en", "3 of 4 = 75.0 %, worst 1 dropped",
                "can miss none of the 1 that remain");
    check_words("", "es", "nada que contar", "");
}

static void test_shares_never_say_more_than_they_are(void **state)
{
    static const struct {
        double share;
        const char *text;
    } cases[] = {
        {0, "0.0 %"},       {1, "100.0 %"},      {0.8125, "81.3 %"},
        {0.9999, "99.9 %"}, {2.0 / 3, "66.7 %"}, {0.00049, "0.0 %"},
    };
    char text[CORE_PERCENTAGE_SHARE_SIZE];

    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        assert_string_equal(core_percentage_share_text(cases[i].share, text), cases[i].text);
    assert_string_equal(core_percentage_share_text(NAN, text), "–");
}

static void test_warning_texts(void **state)
{
    struct core_percentage is;
    struct core_rules rules;

    (void)state;
    core_rules_init(&rules);
    reckon(&rules, "PPPPPPPAAA", &is);
    g_autofree char *below =
        core_percentage_warning_text(&rules, &is, CORE_PERCENTAGE_BELOW_REQUIRED, "en");
    g_autofree char *row =
        core_percentage_warning_text(&rules, &is, CORE_PERCENTAGE_IN_A_ROW, "es");
    assert_string_equal(below, "70.0 % is below the 80 % required");
    assert_string_equal(row, "3 faltas seguidas");
    assert_string_equal(core_percentage_warning_name(CORE_PERCENTAGE_CANNOT_PASS), "cannot_pass");
    assert_string_equal(core_percentage_use_name(CORE_PERCENTAGE_TO_COME), "to_come");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases_worked_out_by_hand),
        cmocka_unit_test(test_can_still_miss_agrees_with_trying),
        cmocka_unit_test(test_warnings),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_shares_never_say_more_than_they_are),
        cmocka_unit_test(test_warning_texts),
    };

    return cmocka_run_group_tests_name("core_percentage", tests, NULL, NULL);
}
