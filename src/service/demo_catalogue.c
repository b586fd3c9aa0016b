#include "service/demo_internal.h"

#include "core/timetable.h"
#include "service/consent.h"
#include "service/courses.h"
#include "service/institution.h"
#include "service/policies.h"
#include "service/timetable.h"

#include <string.h>

enum {
    GROUP_SIZE = 27,
    SUBJECTS_MAX = 4, /* of a group */
    ROOM_SEATS = 36,
    LAB_SEATS = 30,
};

static const struct {
    const char *name, *code;
    bool lab;
    guint hours; /* slots a week */
} SUBJECTS[] = {
    {"Álgebra lineal", "MAT-101", false, 2},
    {"Cálculo diferencial", "MAT-102", false, 2},
    {"Probabilidad y estadística", "MAT-201", false, 2},
    {"Fundamentos de programación", "INF-101", true, 2},
    {"Estructuras de datos", "INF-201", true, 2},
    {"Bases de datos", "INF-202", true, 2},
    {"Redes de computadoras", "INF-301", true, 2},
    {"Física general", "FIS-101", false, 2},
    {"Circuitos eléctricos", "ELE-201", true, 2},
    {"Contabilidad", "ADM-101", false, 2},
    {"Mercadotecnia", "ADM-201", false, 2},
    {"Inglés técnico", "ING-201", false, 3},
    {"Anatomía humana", "SAL-101", false, 2},
    {"Ética profesional", "HUM-101", false, 1},
};

static const struct {
    const char *name;
    char letter;
    guint subjects_n;
    guint subjects[SUBJECTS_MAX];
} GROUPS[] = {
    {"Software", 'B', 4, {0, 4, 5, 11}}, /* the fourth term */
    {"Software", 'A', 3, {4, 5, 2}},      {"Software", 'A', 4, {1, 3, 7, 0}},
    {"Software", 'A', 3, {6, 2, 13}},     {"Software", 'B', 3, {1, 3, 11}},
    {"Mecatrónica", 'A', 3, {1, 7, 0}},   {"Mecatrónica", 'A', 4, {8, 2, 11, 0}},
    {"Mecatrónica", 'A', 3, {8, 6, 13}},  {"Negocios", 'A', 3, {9, 0, 11}},
    {"Negocios", 'A', 4, {9, 10, 2, 11}}, {"Negocios", 'A', 3, {10, 13, 2}},
    {"Enfermería", 'A', 3, {12, 11, 13}},
};
static const guint TERMS[] = {4, 4, 2, 6, 2, 2, 4, 6, 2, 4, 6, 2};
G_STATIC_ASSERT(G_N_ELEMENTS(TERMS) == G_N_ELEMENTS(GROUPS));

/* ---- groups and courses ---- */

static char *group_name(guint index)
{
    const guint kind = index % G_N_ELEMENTS(GROUPS);
    const guint round = index / (guint)G_N_ELEMENTS(GROUPS);

    return g_strdup_printf("%u%c %s", TERMS[kind], (char)(GROUPS[kind].letter + 2 * round),
                           GROUPS[kind].name);
}

static void add_course(struct demo *demo, guint subject, guint group, guint other)
{
    struct demo_course course = {
        .subject = subject,
        .groups = {group, other},
        .hours = SUBJECTS[subject].hours,
        .fortnightly = other != DEMO_NONE,
        .policy = SUBJECTS[subject].lab ? DEMO_POLICY_LAB : DEMO_POLICY_CLASS,
        .photo = demo->courses->len % 7 == 3,
    };

    course.name = g_strdup_printf("%s %s", SUBJECTS[subject].name,
                                  DEMO_AT(demo->groups, demo_group, group)->name);
    g_array_append_val(demo->courses, course);
}

struct by_subject {
    guint course, subject;
};

static gint compare_subject(gconstpointer a, gconstpointer b)
{
    const struct by_subject *one = a, *other = b;

    if (one->subject != other->subject)
        return one->subject < other->subject ? -1 : 1;
    return one->course < other->course ? -1 : one->course > other->course;
}

/* Whoever teaches a subject teaches it to several groups. Gives how many teachers that takes. */
static guint assign_teachers(struct demo *demo)
{
    const guint n = demo->courses->len;
    const guint teachers_n = MAX(2, (n * 9 + 10) / 20);
    g_autofree struct by_subject *order = g_new(struct by_subject, n);

    for (guint i = 0; i < n; i++)
        order[i] = (struct by_subject){i, demo_course(demo, i)->subject};
    qsort(order, n, sizeof *order, compare_subject);
    for (guint i = 0; i < n; i++)
        demo_course(demo, order[i].course)->teacher = i * teachers_n / n;
    return teachers_n;
}

guint service_demo_courses_plan(struct demo *demo)
{
    const guint groups_n = MAX(2, ((guint)demo->options->students + GROUP_SIZE / 2) / GROUP_SIZE);

    for (guint i = 0; i < groups_n; i++) {
        const struct demo_group group = {.name = group_name(i)};
        g_array_append_val(demo->groups, group);
    }
    for (guint i = 0; i < groups_n; i++)
        for (guint k = 0; k < GROUPS[i % G_N_ELEMENTS(GROUPS)].subjects_n; k++)
            add_course(demo, GROUPS[i % G_N_ELEMENTS(GROUPS)].subjects[k], i, DEMO_NONE);
    /* One course for two groups together. */
    if (groups_n > 6)
        add_course(demo, G_N_ELEMENTS(SUBJECTS) - 1, 4, 5);
    demo->bad_course = demo->courses->len / 3;
    demo->bad_monday = demo->first_day + 7 * (demo->options->weeks / 2);
    return assign_teachers(demo);
}

/* ---- what is set for everybody ---- */

bool service_demo_institution_store(struct demo *demo, GError **error)
{
    static const gint64 MONDAY = 1;
    static const char *const WARNINGS[] = {"absence", "consecutive", "at_risk", NULL};
    g_autoptr(service_institution_settings) before = service_institution_read(demo->service, error);
    g_autoptr(service_consent_text) consent =
        before ? service_consent_text_read(demo->service, 0, error) : NULL;

    if (!consent)
        return false;
    demo->consent_version = consent->version;
    const struct service_institution_input input = {
        .name = strcmp(before->name, "Presente") == 0 ? "Universidad de la Ceiba Blanca" : NULL,
        .short_name = "UCB",
        .language = "es",
        .mail_sender = "Control escolar",
        .teacher_report = {.frequency = "weekly", .weekday = &MONDAY, .at = "07:00"},
        .warnings = WARNINGS,
    };
    service_demo_tick(demo);
    g_autoptr(service_institution_settings) after =
        service_institution_change(demo->service, demo->identity, &input, error);
    return after != NULL;
}

static json_t *lab_rules(void)
{
    return json_pack("{s:i, s:i, s:i, s:i, s:f, s:s, s:s, s:f, s:i, s:f, s:f, s:[{s:s,s:s,s:s},"
                     "{s:s,s:s,s:s}, {s:s,s:s,s:s,s:f}]}",
                     "present_until", 300, "late_until", 1200, "scans", 2, "left_early", 900,
                     "minimum_presence", 0.6, "left_early_code", "salio-antes", "excused", "out",
                     "late_worth", 0.75, "drop_worst", 1, "required_share", 0.8, "warning_share",
                     0.83, "statuses", "code", "en-linea", "name", "En línea", "kind", "present",
                     "code", "enfermedad", "name", "Enfermedad", "kind", "excused", "code",
                     "salio-antes", "name", "Salió antes", "kind", "late", "points", 0.5);
}

static bool store_policy(struct demo *demo, enum demo_policy which, const char *name, json_t *rules,
                         GError **error)
{
    const struct service_policy_input input = {.name = name, .rules = rules};

    service_demo_tick(demo);
    g_autoptr(db_policy) policy =
        service_policy_create(demo->service, &demo->director, &input, error);
    json_decref(rules);
    if (!policy)
        return false;
    demo->policies[which] = policy->id;
    return service_rules_stored(policy->rules, &demo->rules[which], error);
}

static bool store_policies(struct demo *demo, GError **error)
{
    return store_policy(demo, DEMO_POLICY_CLASS, "Clases",
                        json_pack("{s:f}", "warning_share", 0.83), error) &&
           store_policy(demo, DEMO_POLICY_LAB, "Laboratorios", lab_rules(), error) &&
           service_policy_set_default(demo->service, &demo->director,
                                      &demo->policies[DEMO_POLICY_CLASS], error);
}

/* ---- rooms, term, courses ---- */

static bool store_room(struct demo *demo, const char *name, gint64 seats, GError **error)
{
    const struct service_room_input input = {.name = name, .capacity = &seats};

    service_demo_tick(demo);
    g_autoptr(core_room) room = service_room_create(demo->service, &demo->director, &input, error);
    if (room)
        g_array_append_val(demo->rooms, room->id);
    return room != NULL;
}

static bool store_rooms(struct demo *demo, GError **error)
{
    static const char *const NAMES[] = {"B-204", "A-101", "A-102", "B-201",
                                        "B-205", "C-301", "C-302"};
    const guint n = MAX((guint)G_N_ELEMENTS(NAMES), demo->groups->len * 7 / 12);

    demo->labs_n = MAX(4, demo->groups->len / 3);
    for (guint i = 0; i < n; i++) {
        g_autofree char *name =
            i < G_N_ELEMENTS(NAMES) ? g_strdup(NAMES[i]) : g_strdup_printf("D-%u", 400 + i);
        if (!store_room(demo, name, ROOM_SEATS, error))
            return false;
    }
    for (guint i = 0; i < demo->labs_n; i++) {
        g_autofree char *name = g_strdup_printf("Laboratorio %u", i + 1);
        if (!store_room(demo, name, LAB_SEATS, error))
            return false;
    }
    return true;
}

static bool store_term(struct demo *demo, GError **error)
{
    char first[CORE_DAY_SIZE], last[CORE_DAY_SIZE], middle[CORE_DAY_SIZE];

    core_day_from_number(demo->first_day, first);
    core_day_from_number(demo->last_day, last);
    core_day_from_number((demo->first_day + demo->last_day) / 2, middle);
    g_autofree char *name =
        g_strdup_printf("%s %.4s", strcmp(middle + 5, "07") < 0 ? "Primavera" : "Otoño", middle);
    const struct service_term_input input = {.name = name, .first_day = first, .last_day = last};
    service_demo_tick(demo);
    g_autoptr(core_term) term = service_term_create(demo->service, &demo->director, &input, error);
    if (term)
        demo->term_id = term->id;
    return term != NULL;
}

static bool store_holiday(struct demo *demo, const char *name, gint32 from, gint32 to,
                          GError **error)
{
    char first[CORE_DAY_SIZE], last[CORE_DAY_SIZE];

    core_day_from_number(from, first);
    core_day_from_number(to, last);
    service_demo_tick(demo);
    g_autoptr(core_holiday) holiday =
        service_holiday_create(demo->service, &demo->director, name, first, last, NULL, error);
    return holiday != NULL;
}

/* Before the slots, so that no session of theirs falls on one. None of them is today. */
static bool store_holidays(struct demo *demo, GError **error)
{
    const gint32 first = demo->first_day;
    const gint32 monday = core_day_monday(demo->today);
    const gint32 weeks = demo->options->weeks;

    return (weeks < 4 ||
            store_holiday(demo, "Descanso obligatorio", first + 21, first + 21, error)) &&
           store_holiday(demo, "Día de la comunidad", first + 7 * (weeks * 2 / 3) + 4,
                         first + 7 * (weeks * 2 / 3) + 4, error) &&
           store_holiday(demo, "Semana de receso", monday + 21, monday + 25, error);
}

static bool store_subjects(struct demo *demo, struct base_uuid *ids, GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(SUBJECTS); i++) {
        const struct service_subject_input input = {SUBJECTS[i].name, SUBJECTS[i].code};
        service_demo_tick(demo);
        g_autoptr(core_subject) subject =
            service_subject_create(demo->service, &demo->director, &input, error);
        if (!subject)
            return false;
        ids[i] = subject->id;
    }
    return true;
}

static bool store_course(struct demo *demo, struct demo_course *course,
                         const struct base_uuid *subject_id, GError **error)
{
    const bool lab = course->policy == DEMO_POLICY_LAB;
    const struct service_course_input input = {
        .name = course->name,
        .term_id = demo->term_id,
        .subject_id = *subject_id,
        .policy_id = lab ? &demo->policies[DEMO_POLICY_LAB] : NULL,
    };

    service_demo_tick(demo);
    g_autoptr(core_course) made =
        service_course_create(demo->service, &demo->director, &input, error);
    if (!made)
        return false;
    course->id = made->id;
    for (guint i = 0; i < 2 && course->groups[i] != DEMO_NONE; i++)
        if (!service_course_add_group(demo->service, &demo->director, &course->id,
                                      &DEMO_AT(demo->groups, demo_group, course->groups[i])->id,
                                      error))
            return false;
    return service_course_add_teacher(demo->service, &demo->director, &course->id,
                                      &demo_teacher(demo, course->teacher)->id, error);
}

bool service_demo_catalogue_store(struct demo *demo, GError **error)
{
    struct base_uuid subjects[G_N_ELEMENTS(SUBJECTS)];

    if (!store_policies(demo, error) || !store_rooms(demo, error) || !store_term(demo, error) ||
        !store_holidays(demo, error) || !store_subjects(demo, subjects, error))
        return false;
    for (guint i = 0; i < demo->courses->len; i++) {
        struct demo_course *course = demo_course(demo, i);
        if (!store_course(demo, course, &subjects[course->subject], error))
            return false;
    }
    return true;
}
