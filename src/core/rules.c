#include "core/rules.h"

#include "base/error.h"
#include "base/text.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#define DAY 86400

static const char *const UNMARKED[CORE_RULES_UNMARKED_N] = {"absent", "excused", "open"};
static const char *const EXCUSED[CORE_RULES_EXCUSED_N] = {"out", "present", "absent"};
static const char *const CHALLENGE[CORE_RULES_CHALLENGE_N] = {"doubt", "never", "always"};
static const char *const SEARCH[CORE_RULES_SEARCH_N] = {"roster", "institution"};
static const char *const BASIS[CORE_RULES_BASIS_N] = {"past", "term"};

/* The members by kind, and where in struct core_rules they are. */
static const struct whole {
    const char *name;
    size_t offset;
    gint64 min, max;
} WHOLES[] = {
    {"opens_before", offsetof(struct core_rules, opens_before), 0, CORE_RULES_OPENS_BEFORE_MAX},
    {"present_until", offsetof(struct core_rules, present_until), 0, DAY},
    {"late_until", offsetof(struct core_rules, late_until), 0, DAY},
    {"closes_after", offsetof(struct core_rules, closes_after), 0, CORE_RULES_CLOSES_AFTER_MAX},
    {"left_early", offsetof(struct core_rules, left_early), 0, DAY},
    {"scans", offsetof(struct core_rules, scans), 1, 2},
    {"drop_worst", offsetof(struct core_rules, drop_worst), 0, 1000},
    {"warning_absences", offsetof(struct core_rules, warning_absences), 0, 1000},
};

static const struct share {
    const char *name;
    size_t offset;
} SHARES[] = {
    {"minimum_presence", offsetof(struct core_rules, minimum_presence)},
    {"late_worth", offsetof(struct core_rules, late_worth)},
    {"required_share", offsetof(struct core_rules, required_share)},
    {"warning_share", offsetof(struct core_rules, warning_share)},
};

static const struct choice {
    const char *name;
    size_t offset;
    const char *const *names;
    unsigned n;
} CHOICES[] = {
    {"unmarked", offsetof(struct core_rules, unmarked), UNMARKED, CORE_RULES_UNMARKED_N},
    {"challenge", offsetof(struct core_rules, challenge), CHALLENGE, CORE_RULES_CHALLENGE_N},
    {"search", offsetof(struct core_rules, search), SEARCH, CORE_RULES_SEARCH_N},
    {"excused", offsetof(struct core_rules, excused), EXCUSED, CORE_RULES_EXCUSED_N},
    {"basis", offsetof(struct core_rules, basis), BASIS, CORE_RULES_BASIS_N},
};

/* Where a member of such a table is. */
#define AT(rules, member) ((void *)((char *)(rules) + (member)->offset))
#define AT_CONST(rules, member) ((const void *)((const char *)(rules) + (member)->offset))

enum {
    MEMBERS_N = G_N_ELEMENTS(WHOLES) + G_N_ELEMENTS(SHARES) + G_N_ELEMENTS(CHOICES) + 2,
};

void core_rules_init(struct core_rules *rules)
{
    *rules = (struct core_rules){
        .opens_before = 15 * 60,
        .present_until = 10 * 60,
        .late_until = 30 * 60,
        .scans = 1,
        .unmarked = CORE_RULES_UNMARKED_ABSENT,
        .statuses_n = CORE_STATUS_N,
        .excused = CORE_RULES_EXCUSED_OUT,
        .late_worth = 0.5,
        .basis = CORE_RULES_BASIS_PAST,
        .required_share = 0.8,
        .warning_share = 0.85,
        .warning_absences = 3,
    };
    for (int i = 0; i < CORE_STATUS_N; i++) {
        struct core_rules_status *status = &rules->statuses[i];
        g_strlcpy(status->code, core_status_name((enum core_status)i), sizeof status->code);
        status->kind = (enum core_status)i;
        status->points = NAN;
    }
}

const char *core_rules_challenge_name(enum core_rules_challenge challenge)
{
    return (unsigned)challenge < CORE_RULES_CHALLENGE_N ? CHALLENGE[challenge] : NULL;
}

bool core_rules_challenge_from_name(const char *name, enum core_rules_challenge *challenge)
{
    for (unsigned i = 0; name && i < CORE_RULES_CHALLENGE_N; i++) {
        if (strcmp(name, CHALLENGE[i]) == 0) {
            *challenge = (enum core_rules_challenge)i;
            return true;
        }
    }
    return false;
}

enum core_rules_proof core_rules_proof(enum core_rules_challenge challenge, bool doubt, bool passed,
                                       bool alternative)
{
    if (passed || (!doubt && challenge != CORE_RULES_CHALLENGE_ALWAYS))
        return CORE_RULES_PROOF_ENOUGH;
    return challenge == CORE_RULES_CHALLENGE_NEVER || alternative ? CORE_RULES_PROOF_REVIEW
                                                                  : CORE_RULES_PROOF_CHALLENGE;
}

/* ---- reading ---- */

static bool invalid(GError **error, const char *member, const char *wanted)
{
    g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "%s must be %s.", member, wanted);
    return false;
}

static bool read_choice(const struct choice *choice, const char *text, struct core_rules *rules,
                        GError **error)
{
    for (unsigned i = 0; i < choice->n; i++) {
        if (strcmp(text, choice->names[i]) == 0) {
            *(unsigned *)AT(rules, choice) = i;
            return true;
        }
    }
    g_autoptr(GString) wanted = g_string_new(NULL);
    for (unsigned i = 0; i < choice->n; i++)
        g_string_append_printf(wanted, "%s\"%s\"",
                               i == 0              ? ""
                               : i < choice->n - 1 ? ", "
                                                   : " or ",
                               choice->names[i]);
    return invalid(error, choice->name, wanted->str);
}

static bool is_share(double value)
{
    return value >= 0 && value <= 1;
}

static bool is_code(const char *text)
{
    const size_t n = strlen(text);

    return n > 0 && n < CORE_RULES_CODE_SIZE &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-") == n;
}

static bool read_status_texts(struct core_rules_status *status, const char *code, const char *name,
                              const char *kind, GError **error)
{
    if (!is_code(code))
        return invalid(error, "statuses.code",
                       "1 to 16 of the characters a-z, 0-9, \"_\" and \"-\"");
    if (kind && !core_status_from_name(kind, &status->kind))
        return invalid(error, "statuses.kind", "\"present\", \"late\", \"absent\" or \"excused\"");
    g_strlcpy(status->code, code, sizeof status->code);
    if (!name || !*name)
        return true;
    g_autofree char *clean = base_text_name(name, "statuses.name", CORE_RULES_NAME_SIZE - 1, error);
    if (!clean)
        return false;
    if (strlen(clean) >= CORE_RULES_NAME_SIZE)
        return invalid(error, "statuses.name", "at most 120 bytes long");
    g_strlcpy(status->name, clean, sizeof status->name);
    return true;
}

/* Puts a status into the list; a built-in one has its place there. */
static bool place_status(struct core_rules_status *status, struct core_rules *rules, guint32 *seen,
                         GError **error)
{
    enum core_status built_in;

    if (core_status_from_name(status->code, &built_in)) {
        if (*seen & (1U << built_in))
            return invalid(error, "statuses.code", "different for each status");
        if (status->kind != CORE_STATUS_N && status->kind != built_in)
            return invalid(error, "statuses.kind", "that of the built-in status itself");
        status->kind = built_in;
        *seen |= 1U << built_in;
        rules->statuses[built_in] = *status;
        return true;
    }
    if (status->kind == CORE_STATUS_N)
        return invalid(error, "statuses.kind", "given for each status of your own");
    if (core_rules_status_find(rules, status->code))
        return invalid(error, "statuses.code", "different for each status");
    if (rules->statuses_n == CORE_RULES_STATUSES_MAX)
        return invalid(error, "statuses", "a list of at most 16, the four built-in ones included");
    rules->statuses[rules->statuses_n++] = *status;
    return true;
}

static bool read_status(json_t *item, struct core_rules *rules, guint32 *seen, GError **error)
{
    struct core_rules_status status = {.kind = CORE_STATUS_N, .points = NAN};
    const char *code = NULL, *name = NULL, *kind = NULL;
    bool no_points = false;
    const struct base_json_field FIELDS[] = {
        {"code", BASE_JSON_TEXT, BASE_JSON_REQUIRED, &code, .max = 1024},
        {"name", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &name, .max = 1024},
        {"kind", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &kind, .max = 1024},
        {"points", BASE_JSON_REAL, BASE_JSON_OPTIONAL, &status.points, .null = &no_points},
    };
    GError *problem = NULL;

    if (!base_json_read(item, FIELDS, G_N_ELEMENTS(FIELDS), &problem)) {
        g_propagate_prefixed_error(error, problem, "statuses: ");
        return false;
    }
    if (!read_status_texts(&status, code, name, kind, error))
        return false;
    if (!isnan(status.points) && !is_share(status.points))
        return invalid(error, "statuses.points", "from 0 to 1");
    return place_status(&status, rules, seen, error);
}

static bool read_statuses(json_t *list, struct core_rules *rules, GError **error)
{
    guint32 seen = 0;

    for (size_t i = 0; list && i < json_array_size(list); i++) {
        json_t *item = json_array_get(list, i);
        if (!json_is_object(item))
            return invalid(error, "statuses", "a list of objects");
        if (!read_status(item, rules, &seen, error))
            return false;
    }
    return true;
}

/* What single members cannot tell. */
static bool check(const struct core_rules *rules, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(SHARES); i++)
        if (!is_share(*(const double *)AT_CONST(rules, &SHARES[i])))
            return invalid(error, SHARES[i].name, "a share from 0 to 1");
    if (rules->late_until < rules->present_until)
        return invalid(error, "late_until", "at least present_until");
    if (*rules->left_early_code && !core_rules_status_find(rules, rules->left_early_code))
        return invalid(error, "left_early_code", "the code of one of the statuses");
    return true;
}

bool core_rules_read(json_t *object, struct core_rules *rules, GError **error)
{
    struct core_rules read;
    gint64 wholes[G_N_ELEMENTS(WHOLES)];
    const char *choices[G_N_ELEMENTS(CHOICES)] = {NULL};
    const char *left_early_code = "";
    json_t *statuses = NULL;
    struct base_json_field fields[MEMBERS_N];
    size_t n = 0;

    core_rules_init(&read);
    for (size_t i = 0; i < G_N_ELEMENTS(WHOLES); i++) {
        wholes[i] = *(gint32 *)AT(&read, &WHOLES[i]);
        fields[n++] = (struct base_json_field){.name = WHOLES[i].name,
                                               .kind = BASE_JSON_INTEGER,
                                               .value = &wholes[i],
                                               .min = WHOLES[i].min,
                                               .max = WHOLES[i].max};
    }
    for (size_t i = 0; i < G_N_ELEMENTS(SHARES); i++)
        fields[n++] = (struct base_json_field){
            .name = SHARES[i].name, .kind = BASE_JSON_REAL, .value = AT(&read, &SHARES[i])};
    for (size_t i = 0; i < G_N_ELEMENTS(CHOICES); i++)
        fields[n++] = (struct base_json_field){
            .name = CHOICES[i].name, .kind = BASE_JSON_TEXT, .value = &choices[i]};
    fields[n++] = (struct base_json_field){
        .name = "left_early_code", .kind = BASE_JSON_TEXT, .value = &left_early_code};
    fields[n++] =
        (struct base_json_field){.name = "statuses", .kind = BASE_JSON_ARRAY, .value = &statuses};

    if (!base_json_read(object, fields, n, error))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(WHOLES); i++)
        *(gint32 *)AT(&read, &WHOLES[i]) = (gint32)wholes[i];
    for (size_t i = 0; i < G_N_ELEMENTS(CHOICES); i++)
        if (choices[i] && !read_choice(&CHOICES[i], choices[i], &read, error))
            return false;
    if (*left_early_code && !is_code(left_early_code))
        return invalid(error, "left_early_code", "the code of one of the statuses");
    g_strlcpy(read.left_early_code, left_early_code, sizeof read.left_early_code);
    if (!read_statuses(statuses, &read, error) || !check(&read, error))
        return false;
    *rules = read;
    return true;
}

bool core_rules_parse(const char *text, struct core_rules *rules, GError **error)
{
    g_autoptr(json_t) object = base_json_parse(text, strlen(text), error);

    return object && core_rules_read(object, rules, error);
}

json_t *core_rules_json(const struct core_rules *rules)
{
    json_t *json = json_object();
    json_t *statuses = json_array();

    for (size_t i = 0; i < G_N_ELEMENTS(WHOLES); i++)
        json_object_set_new(json, WHOLES[i].name,
                            json_integer(*(const gint32 *)AT_CONST(rules, &WHOLES[i])));
    for (size_t i = 0; i < G_N_ELEMENTS(SHARES); i++)
        json_object_set_new(json, SHARES[i].name,
                            json_real(*(const double *)AT_CONST(rules, &SHARES[i])));
    for (size_t i = 0; i < G_N_ELEMENTS(CHOICES); i++)
        json_object_set_new(
            json, CHOICES[i].name,
            json_string(CHOICES[i].names[*(const unsigned *)AT_CONST(rules, &CHOICES[i])]));
    json_object_set_new(json, "left_early_code", json_string(rules->left_early_code));
    for (gsize i = 0; i < rules->statuses_n; i++) {
        const struct core_rules_status *status = &rules->statuses[i];
        json_t *item = json_object();
        json_object_set_new(item, "code", json_string(status->code));
        json_object_set_new(item, "name", json_string(status->name));
        json_object_set_new(item, "kind", json_string(core_status_name(status->kind)));
        json_object_set_new(item, "points",
                            isnan(status->points) ? json_null() : json_real(status->points));
        json_array_append_new(statuses, item);
    }
    json_object_set_new(json, "statuses", statuses);
    return json;
}

/* ---- meaning ---- */

const struct core_rules_status *core_rules_status_find(const struct core_rules *rules,
                                                       const char *code)
{
    for (gsize i = 0; code && i < rules->statuses_n; i++)
        if (strcmp(rules->statuses[i].code, code) == 0)
            return &rules->statuses[i];
    return NULL;
}

double core_rules_points(const struct core_rules *rules, enum core_status status, const char *code)
{
    const struct core_rules_status *own =
        core_rules_status_find(rules, code ? code : core_status_name(status));

    if (own && own->kind == status && !isnan(own->points))
        return own->points;
    switch (status) {
    case CORE_STATUS_PRESENT:
        return 1;
    case CORE_STATUS_LATE:
        return rules->late_worth;
    case CORE_STATUS_EXCUSED:
        if (rules->excused == CORE_RULES_EXCUSED_OUT)
            return NAN;
        return rules->excused == CORE_RULES_EXCUSED_PRESENT;
    default:
        return 0;
    }
}

void core_rules_window(const struct core_rules *rules, base_time starts_at, base_time ends_at,
                       base_time *opens_at, base_time *closes_at)
{
    *opens_at = starts_at - rules->opens_before * BASE_TIME_SECOND;
    *closes_at = ends_at + rules->closes_after * BASE_TIME_SECOND;
}

base_time core_rules_on_time_until(const struct core_rules *rules, base_time starts_at)
{
    return starts_at + rules->present_until * BASE_TIME_SECOND;
}

enum core_status core_rules_arrival(const struct core_rules *rules, base_time starts_at,
                                    base_time arrival)
{
    if (arrival <= core_rules_on_time_until(rules, starts_at))
        return CORE_STATUS_PRESENT;
    if (arrival <= starts_at + rules->late_until * BASE_TIME_SECOND)
        return CORE_STATUS_LATE;
    return CORE_STATUS_ABSENT;
}

enum core_status core_rules_presence(const struct core_rules *rules, base_time starts_at,
                                     base_time ends_at, base_time first_seen, base_time last_seen,
                                     char code[CORE_RULES_CODE_SIZE])
{
    const enum core_status arrived = core_rules_arrival(rules, starts_at, first_seen);

    *code = '\0';
    if (rules->scans < 2 || arrived == CORE_STATUS_ABSENT)
        return arrived;
    const base_time from = CLAMP(first_seen, starts_at, ends_at);
    const base_time to = CLAMP(last_seen, from, ends_at);
    if ((double)(to - from) < rules->minimum_presence * (double)(ends_at - starts_at))
        return CORE_STATUS_ABSENT;
    if (to >= ends_at - rules->left_early * BASE_TIME_SECOND || !*rules->left_early_code)
        return arrived;
    const struct core_rules_status *left = core_rules_status_find(rules, rules->left_early_code);
    /* Who came late does not get better by leaving early. */
    if (!left || left->kind < arrived)
        return arrived;
    if (left >= rules->statuses + CORE_STATUS_N)
        g_strlcpy(code, left->code, CORE_RULES_CODE_SIZE);
    return left->kind;
}
