/* The arithmetic of a percentage in words. */
#include "core/percentage.h"

#include <math.h>

enum text {
    TEXT_OF,
    TEXT_NOTHING,
    TEXT_EXCUSED,
    TEXT_OPEN,
    TEXT_DROPPED,
    TEXT_TO_COME,
    TEXT_CAN_MISS,
    TEXT_MISS_NONE,
    TEXT_CANNOT_PASS,
    TEXT_PASSES,
    TEXT_REACHED,
    TEXT_BELOW_WARNING,
    TEXT_BELOW_REQUIRED,
    TEXT_IN_A_ROW,
    TEXT_N,
};

/* In Spanish and English; {a} and {b} stand for what is filled in. */
static const char *const TEXTS[TEXT_N][2] = {
    [TEXT_OF] = {"de", "of"},
    [TEXT_NOTHING] = {"nada que contar", "nothing to count"},
    [TEXT_EXCUSED] = {"justificadas {a} fuera de la cuenta", "excused {a} left out"},
    [TEXT_OPEN] = {"sin registro {a} fuera de la cuenta", "unmarked {a} left out"},
    [TEXT_DROPPED] = {"peores {a} descartadas", "worst {a} dropped"},
    [TEXT_TO_COME] = {"por venir {a} contadas", "to come {a} counted"},
    [TEXT_CAN_MISS] = {"todavía puede faltar a {a} de {b}", "can still miss {a} of {b}"},
    [TEXT_MISS_NONE] = {"no puede faltar a ninguna de las {b} que quedan",
                        "can miss none of the {b} that remain"},
    [TEXT_CANNOT_PASS] = {"ya no puede alcanzar el {a}", "can no longer reach {a}"},
    [TEXT_PASSES] = {"alcanza el {a} pase lo que pase", "reaches {a} whatever comes"},
    [TEXT_REACHED] = {"alcanzó el {a}", "reached {a}"},
    [TEXT_BELOW_WARNING] = {"{a} está por debajo del {b} de aviso",
                            "{a} is below the {b} that warns"},
    [TEXT_BELOW_REQUIRED] = {"{a} está por debajo del {b} requerido",
                             "{a} is below the {b} required"},
    [TEXT_IN_A_ROW] = {"{a} faltas seguidas", "{a} absences in a row"},
};

static void append(GString *text, enum text what, const char *language, const char *a,
                   const char *b)
{
    const char *from = TEXTS[what][g_strcmp0(language, "es") != 0];

    for (; *from; from++) {
        const char *filling = g_str_has_prefix(from, "{a}")   ? a
                              : g_str_has_prefix(from, "{b}") ? b
                                                              : NULL;
        if (filling)
            g_string_append(text, filling), from += 2;
        else
            g_string_append_c(text, *from);
    }
}

static char *say(enum text what, const char *language, const char *a, const char *b)
{
    GString *text = g_string_new(NULL);

    append(text, what, language, a, b);
    return g_string_free(text, FALSE);
}

#define NUMBER_SIZE 12

static const char *number_text(gint32 number, char text[static NUMBER_SIZE])
{
    g_snprintf(text, NUMBER_SIZE, "%d", number);
    return text;
}

char *core_percentage_share_text(double share, char text[static CORE_PERCENTAGE_SHARE_SIZE])
{
    if (isnan(share)) {
        g_strlcpy(text, "–", CORE_PERCENTAGE_SHARE_SIZE);
        return text;
    }
    double tenths = floor(share * 1000 + 0.5 + 1e-9);
    if (share < 1 && tenths >= 1000)
        tenths = 999;
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    g_ascii_formatd(number, sizeof number, "%.1f", tenths / 10);
    g_snprintf(text, CORE_PERCENTAGE_SHARE_SIZE, "%s %%", number);
    return text;
}

/* A limit, which people write without decimals where it has none: "80 %". */
static const char *limit_text(double share, char text[static CORE_PERCENTAGE_SHARE_SIZE])
{
    char number[G_ASCII_DTOSTR_BUF_SIZE];

    g_ascii_formatd(number, sizeof number, "%.10g", share * 100);
    g_snprintf(text, CORE_PERCENTAGE_SHARE_SIZE, "%s %%", number);
    return text;
}

/* ---- (18 + 3 × 0.5) of 24 ---- */

/* So many sessions worth the same. */
struct term {
    double points;
    gint32 n;
};

static int compare_terms(gconstpointer a, gconstpointer b)
{
    const struct term *first = a, *second = b;

    return (first->points < second->points) - (first->points > second->points);
}

static bool counts(const struct core_rules *rules, const struct core_percentage_session *session)
{
    if (session->use == CORE_PERCENTAGE_TO_COME)
        return rules->basis == CORE_RULES_BASIS_TERM && !isnan(session->points);
    return session->use == CORE_PERCENTAGE_COUNTED;
}

static void add_term(GArray *terms, double points)
{
    for (guint i = 0; i < terms->len; i++) {
        struct term *term = &g_array_index(terms, struct term, i);
        if (fabs(term->points - points) < 1e-9) {
            term->n++;
            return;
        }
    }
    const struct term term = {points, 1};
    g_array_append_val(terms, term);
}

/* The sessions that are worth something, by what they are worth, the best first. */
static GArray *terms_of(const struct core_rules *rules,
                        const struct core_percentage_session *sessions, gsize n)
{
    GArray *terms = g_array_new(FALSE, FALSE, sizeof(struct term));

    for (gsize i = 0; i < n; i++)
        if (counts(rules, &sessions[i]) && sessions[i].points > 0)
            add_term(terms, sessions[i].points);
    g_array_sort(terms, compare_terms);
    return terms;
}

static void append_terms(GString *text, const GArray *terms)
{
    const bool brackets = terms->len > 1;

    if (terms->len == 0)
        g_string_append_c(text, '0');
    if (brackets)
        g_string_append_c(text, '(');
    for (guint i = 0; i < terms->len; i++) {
        const struct term *term = &g_array_index(terms, struct term, i);
        char points[G_ASCII_DTOSTR_BUF_SIZE];
        g_string_append_printf(text, i > 0 ? " + %d" : "%d", term->n);
        if (term->points != 1)
            g_string_append_printf(text, " × %s",
                                   g_ascii_formatd(points, sizeof points, "%.6g", term->points));
    }
    if (brackets)
        g_string_append_c(text, ')');
}

static void append_count(GString *text, enum text what, gint32 n, const char *language)
{
    char number[NUMBER_SIZE];

    if (n == 0)
        return;
    g_string_append(text, ", ");
    append(text, what, language, number_text(n, number), NULL);
}

char *core_percentage_sentence(const struct core_rules *rules,
                               const struct core_percentage_session *sessions, gsize n,
                               const struct core_percentage *percentage, const char *language)
{
    char share[CORE_PERCENTAGE_SHARE_SIZE];
    GString *text = g_string_new(NULL);
    gint32 to_come = 0;

    if (percentage->possible > 0) {
        g_autoptr(GArray) terms = terms_of(rules, sessions, n);
        append_terms(text, terms);
        g_string_append_c(text, ' ');
        append(text, TEXT_OF, language, NULL, NULL);
        g_string_append_printf(text, " %.0f = %s", percentage->possible,
                               core_percentage_share_text(percentage->share, share));
    } else {
        append(text, TEXT_NOTHING, language, NULL, NULL);
    }
    for (gsize i = 0; i < n && rules->basis == CORE_RULES_BASIS_TERM; i++)
        to_come += sessions[i].use == CORE_PERCENTAGE_TO_COME;
    append_count(text, TEXT_TO_COME, to_come, language);
    append_count(text, TEXT_EXCUSED, percentage->left_out, language);
    append_count(text, TEXT_OPEN, percentage->open, language);
    append_count(text, TEXT_DROPPED, percentage->dropped, language);
    return g_string_free(text, FALSE);
}

/* ---- What is to be expected, and warnings ---- */

char *core_percentage_outlook(const struct core_rules *rules,
                              const struct core_percentage *percentage, const char *language)
{
    char required[CORE_PERCENTAGE_SHARE_SIZE], miss[NUMBER_SIZE], remaining[NUMBER_SIZE];

    limit_text(rules->required_share, required);
    if (percentage->cannot_pass)
        return say(TEXT_CANNOT_PASS, language, required, NULL);
    if (percentage->passes)
        return say(percentage->to_come > 0 ? TEXT_PASSES : TEXT_REACHED, language, required, NULL);
    if (percentage->remaining == 0)
        return g_strdup("");
    return say(percentage->can_miss > 0 ? TEXT_CAN_MISS : TEXT_MISS_NONE, language,
               number_text(percentage->can_miss, miss),
               number_text(percentage->remaining, remaining));
}

char *core_percentage_warning_text(const struct core_rules *rules,
                                   const struct core_percentage *percentage,
                                   enum core_percentage_warning warning, const char *language)
{
    char share[CORE_PERCENTAGE_SHARE_SIZE], limit[CORE_PERCENTAGE_SHARE_SIZE];
    char number[NUMBER_SIZE];

    core_percentage_share_text(percentage->share_past, share);
    switch (warning) {
    case CORE_PERCENTAGE_BELOW_WARNING:
        return say(TEXT_BELOW_WARNING, language, share, limit_text(rules->warning_share, limit));
    case CORE_PERCENTAGE_BELOW_REQUIRED:
        return say(TEXT_BELOW_REQUIRED, language, share, limit_text(rules->required_share, limit));
    case CORE_PERCENTAGE_IN_A_ROW:
        return say(TEXT_IN_A_ROW, language, number_text(percentage->in_a_row, number), NULL);
    default:
        return say(TEXT_CANNOT_PASS, language, limit_text(rules->required_share, limit), NULL);
    }
}
