#include "service/demo_internal.h"

#include "core/timetable.h"
#include "db/query/user.h"
#include "service/consent.h"
#include "service/enrolments.h"
#include "service/groups.h"
#include "service/users.h"

enum { PEOPLE_CHUNK = 200 };

/* ---- making them up ---- */

/* What there is of each kind of student, in percent. */
static const struct character {
    guint share;
    double attends, late;
} CHARACTERS[] = {
    {32, 0.994, 0.02},                    /* always there */
    {46, 0.978, 0.04}, {10, 0.965, 0.14}, /* there, but late */
    {6, 0.88, 0.07},   {4, 0.73, 0.10},   /* on the edge */
    {2, 0.46, 0.12},                      /* hardly ever there */
};

static void draw_character(const struct demo *demo, struct demo_person *person, guint index)
{
    struct demo_dice dice = service_demo_dice(demo, DEMO_TOPIC_CHARACTER, index, 0);
    guint share = service_demo_roll(&dice, 100);
    gsize i = 0;

    while (share >= CHARACTERS[i].share)
        share -= CHARACTERS[i++].share;
    person->attends = CHARACTERS[i].attends;
    person->late = CHARACTERS[i].late;
    person->declines = service_demo_roll(&dice, 40) == 0;
    person->invited = service_demo_roll(&dice, 60) == 0;
    person->ill_from = DEMO_FOREVER;
    if (service_demo_roll(&dice, 14) == 0) {
        person->ill_from =
            demo->first_day + (gint32)service_demo_roll(&dice, (guint)demo->options->weeks * 7);
        person->ill_to = person->ill_from + 2 + (gint32)service_demo_roll(&dice, 6);
    }
    if (index > 0)
        return;
    /* Whom a demonstration shows: somebody with a little of everything. */
    *person = (struct demo_person){.role = CORE_ROLE_STUDENT,
                                   .attends = 0.92,
                                   .late = 0.1,
                                   .ill_from = demo->first_day + 10,
                                   .ill_to = demo->first_day + 11};
}

static void plan_teachers(struct demo *demo, guint n, GHashTable *taken)
{
    for (guint i = 0; i < n + 2; i++) {
        struct demo_person person = {
            .role = i <= n ? CORE_ROLE_TEACHER : CORE_ROLE_ADMIN,
            .active = i != n, /* somebody who taught here once */
        };
        service_demo_name(demo, &person, i, taken);
        g_array_append_val(demo->teachers, person);
    }
}

/* Groups of different sizes, which add up. */
static void fill_groups(const struct demo *demo, guint *sizes)
{
    const guint groups_n = demo->groups->len;
    const guint n = (guint)demo->options->students;
    struct demo_dice dice = service_demo_dice(demo, DEMO_TOPIC_CHARACTER, n, 1);

    for (guint i = 0; i < groups_n; i++)
        sizes[i] = n / groups_n + (i < n % groups_n);
    for (guint i = 0; i + 1 < groups_n; i += 2) {
        const guint more = service_demo_roll(&dice, sizes[i + 1] / 5 + 1);
        sizes[i] += more;
        sizes[i + 1] -= more;
    }
}

static void plan_students(struct demo *demo, GHashTable *taken)
{
    g_autofree guint *sizes = g_new0(guint, demo->groups->len);

    fill_groups(demo, sizes);
    for (guint group = 0; group < demo->groups->len; group++) {
        for (guint i = 0; i < sizes[group]; i++) {
            struct demo_person person = {.role = CORE_ROLE_STUDENT};
            const guint index = demo->students->len;
            draw_character(demo, &person, index);
            person.active = true;
            person.stays[0] = (struct demo_stay){group, G_MININT32, DEMO_FOREVER};
            person.stays_n = 1;
            service_demo_name(demo, &person, index, taken);
            g_array_append_val(demo->students, person);
        }
    }
}

void service_demo_people_plan(struct demo *demo, guint teachers_n)
{
    g_autoptr(GHashTable) taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    plan_teachers(demo, teachers_n, taken);
    plan_students(demo, taken);
}

/* ---- where they are ---- */

guint service_demo_group_on(const struct demo *demo, guint student, gint32 day)
{
    const struct demo_person *person = demo_student(demo, student);

    for (guint i = 0; i < person->stays_n; i++)
        if (day >= person->stays[i].from && day <= person->stays[i].to)
            return person->stays[i].group;
    return DEMO_NONE;
}

bool service_demo_attends(const struct demo *demo, guint student, guint course, gint32 day)
{
    const struct demo_course *what = demo_course(demo, course);
    const guint group = service_demo_group_on(demo, student, day);

    if (group != DEMO_NONE && (group == what->groups[0] || group == what->groups[1]))
        return true;
    for (guint i = 0; i < demo->guests_n; i++)
        if (demo->guests[i].student == student && demo->guests[i].course == course &&
            day >= demo->guests[i].from)
            return true;
    return false;
}

struct service_identity service_demo_identity(const struct demo *demo,
                                              const struct demo_person *person)
{
    return (struct service_identity){
        .user_id = person->id,
        .institution_id = demo->identity->institution_id,
        .role = person->role,
    };
}

/* ---- storing ---- */

struct people_work {
    struct demo *demo;
    GArray *people;
    guint from, to;
    char today[CORE_DAY_SIZE];
};

static bool insert(struct db_connection *connection, const struct people_work *work,
                   struct demo_person *person, GError **error)
{
    const struct demo *demo = work->demo;
    const base_time now = base_time_now();
    const guint group =
        person->stays_n && person->stays[0].from == G_MININT32 ? person->stays[0].group : DEMO_NONE;
    struct core_user user = {
        .institution_id = demo->identity->institution_id,
        .name = person->name,
        .email = person->email,
        .age = CORE_AGE_UNKNOWN,
        .date_of_birth = person->birth,
        .role = person->role,
        .student_number = person->number,
        .language = (char *)person->language,
        .password_hash = person->invited ? NULL : demo->password_hash,
        .active = person->active,
        .created_at = now,
        .updated_at = now,
    };

    base_uuid_new(&user.id);
    if (group != DEMO_NONE)
        user.group_id = DEMO_AT(demo->groups, demo_group, group)->id;
    person->id = user.id;
    return db_user_insert(connection, &user, work->today, error) &&
           service_audit(connection,
                         person->role == CORE_ROLE_ADMIN ? demo->identity : &demo->director,
                         "user.create", &user.id,
                         json_pack("{s:s}", "role", core_role_name(user.role)), error);
}

/* Straight into the table, because each account by itself would hash the one password again. */
static bool people_body(struct db_connection *connection, gpointer data, GError **error)
{
    const struct people_work *work = data;

    for (guint i = work->from; i < work->to; i++) {
        base_time_pretend(work->demo->clock + (base_time)i * BASE_TIME_SECOND);
        if (!insert(connection, work, DEMO_AT(work->people, demo_person, i), error))
            return false;
    }
    return true;
}

static bool store(struct demo *demo, GArray *people, guint from, guint to, GError **error)
{
    struct people_work work = {.demo = demo, .people = people};

    if (!core_day_of_time(demo->zone, demo->clock, work.today, error))
        return false;
    for (work.from = from; work.from < to; work.from = work.to) {
        work.to = MIN(work.from + PEOPLE_CHUNK, to);
        if (!db_transaction(demo->service->db, people_body, &work, error))
            return false;
    }
    demo->clock += (base_time)to * BASE_TIME_SECOND;
    service_demo_tick(demo);
    return true;
}

static bool store_groups(struct demo *demo, GError **error)
{
    for (guint i = 0; i < demo->groups->len; i++) {
        struct demo_group *group = DEMO_AT(demo->groups, demo_group, i);
        service_demo_tick(demo);
        g_autoptr(core_group) made =
            service_group_create(demo->service, &demo->director, group->name, error);
        if (!made)
            return false;
        group->id = made->id;
    }
    return true;
}

/* The teacher of a group's first course looks after it. */
static bool store_tutors(struct demo *demo, GError **error)
{
    guint last = DEMO_NONE;

    for (guint i = 0; i < demo->courses->len; i++) {
        const struct demo_course *course = demo_course(demo, i);
        if (course->groups[0] == last || course->groups[1] != DEMO_NONE)
            continue;
        last = course->groups[0];
        service_demo_tick(demo);
        if (!service_group_add_teacher(demo->service, &demo->director,
                                       &DEMO_AT(demo->groups, demo_group, last)->id,
                                       &demo_teacher(demo, course->teacher)->id, error))
            return false;
    }
    return true;
}

bool service_demo_people_store(struct demo *demo, GError **error)
{
    const guint n = demo->teachers->len;

    if (!store(demo, demo->teachers, n - 1, n, error))
        return false;
    demo->director = service_demo_identity(demo, demo_teacher(demo, n - 1));
    return store(demo, demo->teachers, 0, n - 1, error) && store_groups(demo, error) &&
           store(demo, demo->students, 0, demo->students->len, error) && store_tutors(demo, error);
}

/* ---- who comes and goes ---- */

/* Into the group that the student is in from that day on. */
static bool change_group(struct demo *demo, guint student, GError **error)
{
    const struct demo_person *person = demo_student(demo, student);
    const struct demo_stay *stay = &person->stays[person->stays_n - 1];
    const struct service_user_input input = {
        .fields = SERVICE_USER_GROUP,
        .group_id = DEMO_AT(demo->groups, demo_group, stay->group)->id,
    };
    g_autoptr(core_user) user =
        service_user_update(demo->service, &demo->director, &person->id, &input, error);

    return user != NULL;
}

static bool leave(struct demo *demo, guint student, GError **error)
{
    const struct demo_person *person = demo_student(demo, student);
    const struct db_enrolment_filter filter = {.user_id = person->id};
    const struct service_user_input input = {.fields = SERVICE_USER_ACTIVE, .active = false};
    g_autoptr(GPtrArray) enrolments =
        service_enrolment_list(demo->service, &demo->director, &filter, NULL, NULL, error);

    for (guint i = 0; enrolments && i < enrolments->len; i++) {
        const struct core_enrolment *enrolment = enrolments->pdata[i];
        g_autoptr(core_enrolment) ended =
            service_enrolment_withdraw(demo->service, &demo->director, &enrolment->id, NULL, error);
        if (!ended)
            return false;
    }
    g_autoptr(core_user) user =
        enrolments ? service_user_update(demo->service, &demo->director, &person->id, &input, error)
                   : NULL;
    return user != NULL;
}

/* What a server does every morning: who is enrolled no more has no group. */
static bool follow(struct demo *demo, guint index, GError **error)
{
    (void)index;
    return service_enrolments_follow(demo->service, NULL, error);
}

static bool enrol_guest(struct demo *demo, guint index, GError **error)
{
    const struct demo_guest *guest = &demo->guests[index];
    const struct service_enrolment_input input = {
        .user_id = demo_student(demo, guest->student)->id,
        .course_id = demo_course(demo, guest->course)->id,
    };
    g_autoptr(core_enrolment) enrolment =
        service_enrolment_create(demo->service, &demo->director, &input, error);

    return enrolment != NULL;
}

static void plan_change(struct demo *demo, guint student, gint32 day)
{
    struct demo_person *person = demo_student(demo, student);

    person->stays[0].to = day - 1;
    person->stays[1] = (struct demo_stay){
        (person->stays[0].group + 1) % demo->groups->len,
        day,
        DEMO_FOREVER,
    };
    person->stays_n = 2;
    service_demo_happens(demo, service_demo_instant(demo, day, 6 * 3600 + 1800), change_group,
                         student);
}

static void plan_guest(struct demo *demo, guint student, guint course, gint32 day)
{
    if (service_demo_attends(demo, student, course, day))
        return;
    demo->guests[demo->guests_n] = (struct demo_guest){student, course, day};
    service_demo_happens(demo, service_demo_instant(demo, day, 6 * 3600 + 2400), enrol_guest,
                         demo->guests_n++);
}

static void plan_changes(struct demo *demo)
{
    const guint n = demo->students->len;
    const gint32 middle = demo->first_day + 7 * (demo->options->weeks / 2);
    const gint32 early = demo->first_day + 3;

    if (demo->groups->len < 2)
        return;
    plan_change(demo, n / 3, middle);
    plan_guest(demo, n - 1, 0, early);
    if (n < 60)
        return;
    plan_change(demo, n / 5, middle + 1);
    plan_change(demo, n / 2, middle - 6);
    plan_change(demo, n - n / 4, middle + 7);
    plan_guest(demo, n / 6, demo->courses->len / 2, early + 1);
    /* One joined when the term had begun, one left. */
    struct demo_person *joins = demo_student(demo, n - n / 7);
    joins->stays[0].from = early + 5;
    service_demo_happens(demo, service_demo_instant(demo, early + 5, 6 * 3600), change_group,
                         n - n / 7);
    struct demo_person *leaves = demo_student(demo, n - n / 8);
    leaves->stays[0].to = middle + 2;
    service_demo_happens(demo, service_demo_instant(demo, middle + 2, 20 * 3600), leave, n - n / 8);
    service_demo_happens(demo, service_demo_instant(demo, middle + 3, 60), follow, 0);
}

/* ---- consent ---- */

static bool consent(struct demo *demo, struct db_connection *connection, guint student,
                    GError **error)
{
    return service_consent_register_on(connection, &demo_student(demo, student)->id,
                                       demo->consent_version, error);
}

static bool withdraw(struct demo *demo, guint student, GError **error)
{
    const struct service_identity identity =
        service_demo_identity(demo, demo_student(demo, student));
    struct service_consent_receipt receipt;

    return service_consent_withdraw(demo->service, &identity, &receipt, error);
}

/* In the days before the term; some have yet to read it, and one thinks better of it. */
static void plan_consents(struct demo *demo)
{
    const guint n = demo->students->len;

    for (guint i = 0; i < n; i++) {
        const base_time at =
            service_demo_instant(demo, demo->first_day - 3, 9 * 3600) + i * 3 * DEMO_MINUTE;
        if (!demo_student(demo, i)->invited && i % 13 != 5)
            service_demo_happens_within(demo, at, consent, i);
    }
    if (n > 60)
        service_demo_happens(demo, demo->now - 9 * DEMO_DAY, withdraw, n - 10);
}

void service_demo_people_moves(struct demo *demo)
{
    plan_consents(demo);
    plan_changes(demo);
}
