/* OneRoster's files as the things that a roster speaks of. Each file is read once, those that
 * others refer to first. */
#include "service/oneroster.h"

#include "service/oneroster_file.h"

#include <string.h>

static const char SOURCE[] = "oneroster";

static const char *const user_labels[ROSTER_COLUMN_N] = {
    [ROSTER_NAME] = "givenName", [ROSTER_STUDENT_NUMBER] = "identifier",
    [ROSTER_EMAIL] = "email",    [ROSTER_GROUP] = "classSourcedId",
    [ROSTER_ROLE] = "role",      [ROSTER_DATE_OF_BIRTH] = "birthDate",
    [ROSTER_STATUS] = "status",
};

static const char *const class_labels[ROSTER_COLUMN_N] = {
    [ROSTER_GROUP] = "title",
    [ROSTER_COURSE] = "title",
    [ROSTER_SUBJECT] = "courseSourcedId",
    [ROSTER_TERM] = "termSourcedIds",
};

static const char *const enrollment_labels[ROSTER_COLUMN_N] = {
    [ROSTER_FIRST_DAY] = "beginDate",
    [ROSTER_LAST_DAY] = "endDate",
    [ROSTER_ROLE] = "role",
    [ROSTER_TEACHER] = "role",
};

/* ---- Terms and subjects, made when a class refers to them ---- */

static void session_row(struct oneroster *reader)
{
    const char *title = oneroster_required(reader, "title");
    const char *first = oneroster_day(reader, "startDate", 0);
    const char *last = oneroster_day(reader, "endDate", -1); /* the first day after it */

    if (!title || reader->faulty || reader->deleted)
        return;
    if (!first || !last || strcmp(last, first) < 0) {
        oneroster_refuse(reader, "endDate", "The session must end after it begins.");
        return;
    }
    struct roster_term *term = g_new0(struct roster_term, 1);
    term->place = reader->place;
    term->external = reader->id;
    term->name = oneroster_name(reader, "title", title, reader->terms_taken);
    term->first_day = first;
    term->last_day = last;
    g_hash_table_insert(reader->terms, (gpointer)reader->id, term);
}

static struct roster_term *term_of(struct oneroster *reader, const char *id)
{
    struct roster_term *term = g_hash_table_lookup(reader->terms, id);

    if (!term && reader->delta[SERVICE_ONEROSTER_SESSIONS]) {
        term = g_new0(struct roster_term, 1);
        term->place = reader->place;
        term->external = id;
        g_hash_table_insert(reader->terms, (gpointer)id, term);
    }
    if (term && !g_ptr_array_find(reader->roster->terms, term, NULL))
        g_ptr_array_add(reader->roster->terms, term);
    return term;
}

static void course_row(struct oneroster *reader)
{
    const char *title = oneroster_required(reader, "title");
    const char *code = oneroster_value(reader, "courseCode");

    if (!title || reader->faulty || reader->deleted)
        return;
    struct roster_subject *subject = g_new0(struct roster_subject, 1);
    subject->place = reader->place;
    subject->external = reader->id;
    subject->name = oneroster_name(reader, "title", title, reader->subjects_taken);
    subject->code = code && g_utf8_strlen(code, -1) <= 32 ? code : NULL;
    g_hash_table_insert(reader->subjects, (gpointer)reader->id, subject);
}

static struct roster_subject *subject_of(struct oneroster *reader, const char *id)
{
    struct roster_subject *subject = g_hash_table_lookup(reader->subjects, id);

    if (!subject && reader->delta[SERVICE_ONEROSTER_COURSES]) {
        subject = g_new0(struct roster_subject, 1);
        subject->place = reader->place;
        subject->external = id;
        g_hash_table_insert(reader->subjects, (gpointer)id, subject);
    }
    if (subject && !g_ptr_array_find(reader->roster->subjects, subject, NULL))
        g_ptr_array_add(reader->roster->subjects, subject);
    return subject;
}

/* ---- Classes ---- */

static void homeroom(struct oneroster *reader, const char *title)
{
    struct roster_group *group = roster_add_group(reader->roster, &reader->place);

    group->external = reader->id;
    group->name = oneroster_name(reader, "title", title, reader->groups_taken);
    g_hash_table_insert(reader->groups, (gpointer)reader->id, group);
}

static void class_row(struct oneroster *reader)
{
    const char *title = oneroster_required(reader, "title");
    const char *course_id = oneroster_required(reader, "courseSourcedId");
    const char *terms = oneroster_required(reader, "termSourcedIds");
    const char *type = oneroster_value(reader, "classType");

    reader->place.labels = class_labels;
    if (!title || !course_id || !terms || reader->faulty)
        return;
    if (type && g_ascii_strcasecmp(type, "homeroom") == 0) {
        if (!reader->deleted)
            homeroom(reader, title);
        return;
    }
    g_auto(GStrv) ids = g_strsplit(terms, ",", 2);
    struct roster_term *term = term_of(reader, roster_text(reader->roster, g_strstrip(ids[0])));
    struct roster_subject *subject = subject_of(reader, course_id);
    if (!term)
        oneroster_refuse(reader, "termSourcedIds", "There is no academic session \"%s\".", ids[0]);
    if (!subject)
        oneroster_refuse(reader, "courseSourcedId", "There is no course \"%s\".", course_id);
    if (!term || !subject)
        return;
    struct roster_course *course = roster_add_course(reader->roster, &reader->place);
    g_autofree char *scope = g_strdup_printf("%s\n%s", term->external, title);
    const bool taken = !g_hash_table_add(reader->courses_taken, base_text_key(scope));
    g_autofree char *name = g_strdup_printf("%s (%s)", title, reader->id);
    course->external = reader->id;
    course->name = taken ? oneroster_name(reader, "title", name, NULL)
                         : oneroster_name(reader, "title", title, NULL);
    course->term = term;
    course->subject = subject;
    course->ends = reader->deleted;
    g_hash_table_insert(reader->courses, (gpointer)reader->id, course);
}

/* ---- Users ---- */

/* The role of somebody here; -1: nobody of ours, -2: no role of OneRoster's. */
static int role_of(const struct oneroster *reader, const char *name)
{
    static const struct {
        const char *name;
        int role;
    } ROLES[] = {
        {"student", CORE_ROLE_STUDENT},
        {"teacher", CORE_ROLE_TEACHER},
        {"aide", CORE_ROLE_TEACHER},
        {"proctor", CORE_ROLE_TEACHER},
        {"guardian", -1},
        {"parent", -1},
        {"relative", -1},
    };

    if (strcmp(name, "administrator") == 0)
        return reader->options->admins ? CORE_ROLE_ADMIN : CORE_ROLE_TEACHER;
    for (gsize i = 0; i < G_N_ELEMENTS(ROLES); i++)
        if (strcmp(name, ROLES[i].name) == 0)
            return ROLES[i].role;
    return -2;
}

static const char *user_name(struct oneroster *reader)
{
    const char *const parts[] = {
        oneroster_required(reader, "givenName"),
        oneroster_value(reader, "middleName"),
        oneroster_required(reader, "familyName"),
    };
    GString *whole = g_string_new(NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++)
        if (parts[i])
            g_string_append_printf(whole, "%s%s", whole->len ? " " : "", parts[i]);
    const char *name = roster_text(reader->roster, whole->str);
    g_string_free(whole, TRUE);
    return name;
}

/* A user name that is an address serves as one where no other is given. */
static void user_address(struct oneroster *reader, struct roster_person *person)
{
    const char *email = oneroster_value(reader, "email");
    const char *username = oneroster_value(reader, "username");
    g_autofree char *address = !email && username ? base_text_email(username, NULL) : NULL;

    person->email = email ? email : roster_text(reader->roster, address);
    if (person->student_number && reader->options->email_domain) {
        g_autofree char *made =
            g_strdup_printf("%s@%s", person->student_number, reader->options->email_domain);
        g_autofree char *made_address = base_text_email(made, NULL);
        person->email_if_new = roster_text(reader->roster, made_address);
    }
}

static void user_row(struct oneroster *reader)
{
    const char *role_name = oneroster_required(reader, "role");
    const char *enabled = oneroster_value(reader, "enabledUser");
    const char *name = user_name(reader);
    const int role = role_name ? role_of(reader, role_name) : -2;

    reader->place.labels = user_labels;
    if (role_name && role == -2)
        oneroster_refuse(reader, "role", "\"%s\" is not a role of OneRoster.", role_name);
    if (reader->faulty)
        return;
    if (role == -1) {
        service_import_add(reader->roster->import, SERVICE_IMPORT_PERSON, SERVICE_IMPORT_SKIP, name,
                           role_name, reader->place.file, reader->place.line);
        g_hash_table_add(reader->skipped, (gpointer)reader->id);
        return;
    }
    struct roster_person *person = roster_add_person(reader->roster, &reader->place);
    person->external = reader->id;
    person->name = name;
    person->student_number = oneroster_value(reader, "identifier");
    person->role = person->role_if_new = (enum core_role)role;
    person->active = enabled && g_ascii_strcasecmp(enabled, "false") == 0 ? 0 : 1;
    person->leaves = reader->deleted;
    user_address(reader, person);
    g_hash_table_insert(reader->people, (gpointer)reader->id, person);
}

static struct roster_person *person_of(struct oneroster *reader, const char *id)
{
    struct roster_person *person = g_hash_table_lookup(reader->people, id);

    if (!person && reader->delta[SERVICE_ONEROSTER_USERS]) {
        person = roster_add_person(reader->roster, &reader->place);
        person->external = id;
        person->is_reference = true;
        g_hash_table_insert(reader->people, (gpointer)id, person);
    }
    return person;
}

static void demographics_row(struct oneroster *reader)
{
    const char *born = oneroster_day(reader, "birthDate", 0);
    struct roster_person *person = g_hash_table_lookup(reader->people, reader->id);

    if (person && !reader->deleted)
        person->date_of_birth = born;
}

/* ---- Enrollments ---- */

/* What the class is here: a course or a group, or in delta files either. */
static bool class_find(struct oneroster *reader, const char *id, struct roster_enrolment *enrolment)
{
    enrolment->course = g_hash_table_lookup(reader->courses, id);
    enrolment->group = g_hash_table_lookup(reader->groups, id);
    if (enrolment->course || enrolment->group)
        return true;
    if (!reader->delta[SERVICE_ONEROSTER_CLASSES])
        return false;
    enrolment->course = roster_add_course(reader->roster, &reader->place);
    enrolment->course->external = id;
    enrolment->group = roster_add_group(reader->roster, &reader->place);
    enrolment->group->external = id;
    g_hash_table_insert(reader->courses, (gpointer)id, enrolment->course);
    g_hash_table_insert(reader->groups, (gpointer)id, enrolment->group);
    return true;
}

/* A student of a homeroom is in that group. */
static void enrol_in_group(struct oneroster *reader, const struct roster_enrolment *enrolment,
                           struct roster_person *person)
{
    if (enrolment->ends) {
        person->leaves_group = enrolment->group;
        return;
    }
    if (person->group && person->group != enrolment->group && !enrolment->course) {
        oneroster_refuse(reader, "classSourcedId", "This student has another homeroom, \"%s\".",
                         person->group->name);
        return;
    }
    person->group = enrolment->group;
    person->first_day = enrolment->first_day;
}

static void enrollment_take(struct oneroster *reader, const struct roster_enrolment *found)
{
    if (!found->teaches && found->group) {
        enrol_in_group(reader, found, found->person);
        if (!found->course)
            return;
    }
    struct roster_enrolment *enrolment = roster_add_enrolment(reader->roster, &reader->place);
    *enrolment = *found;
    enrolment->place = reader->place;
    enrolment->external = reader->id;
    enrolment->from_term_start = true;
}

static void enrollment_row(struct oneroster *reader)
{
    const char *class_id = oneroster_required(reader, "classSourcedId");
    const char *user_id = oneroster_required(reader, "userSourcedId");
    const char *role = oneroster_required(reader, "role");
    struct roster_enrolment found = {
        .first_day = oneroster_day(reader, "beginDate", 0),
        .last_day = oneroster_day(reader, "endDate", -1), /* the first day without it */
        .ends = reader->deleted,
        .teaches = g_strcmp0(role, "teacher") == 0,
    };

    reader->place.labels = enrollment_labels;
    if (reader->faulty || g_hash_table_contains(reader->skipped, user_id))
        return;
    if (!found.teaches && strcmp(role, "student") != 0) {
        service_import_add(reader->roster->import,
                           found.teaches ? SERVICE_IMPORT_TEACHING : SERVICE_IMPORT_ENROLMENT,
                           SERVICE_IMPORT_SKIP, user_id, role, reader->place.file,
                           reader->place.line);
        return;
    }
    found.person = person_of(reader, user_id);
    if (!found.person)
        oneroster_refuse(reader, "userSourcedId", "There is no user \"%s\".", user_id);
    else if (!class_find(reader, class_id, &found))
        oneroster_refuse(reader, "classSourcedId", "There is no class \"%s\".", class_id);
    else
        enrollment_take(reader, &found);
}

/* ---- The whole ---- */

static void org_row(struct oneroster *reader)
{
    oneroster_required(reader, "name");
}

static bool read_all(struct oneroster *reader, GError **error)
{
    static const struct {
        enum service_oneroster_file file;
        void (*row)(struct oneroster *reader);
    } FILES[] = {
        {SERVICE_ONEROSTER_ORGS, org_row},
        {SERVICE_ONEROSTER_SESSIONS, session_row},
        {SERVICE_ONEROSTER_COURSES, course_row},
        {SERVICE_ONEROSTER_CLASSES, class_row},
        {SERVICE_ONEROSTER_USERS, user_row},
        {SERVICE_ONEROSTER_DEMOGRAPHICS, demographics_row},
        {SERVICE_ONEROSTER_ENROLLMENTS, enrollment_row},
    };

    if (!oneroster_manifest(reader, error))
        return false;
    for (gsize i = 0; i < G_N_ELEMENTS(FILES); i++)
        if (!oneroster_each(reader, FILES[i].file, FILES[i].row, error))
            return false;
    return true;
}

bool service_oneroster_import(struct service *service, const struct service_identity *identity,
                              const struct service_oneroster_files *files,
                              const struct service_oneroster_options *options,
                              struct service_import *import, GError **error)
{
    struct roster roster;
    struct oneroster reader = {.roster = &roster, .files = files, .options = options};

    if (!service_allow_all(identity, CORE_ACTION_USER_WRITE, error))
        return false;
    roster_init(&roster, import);
    oneroster_init(&reader);
    bool ok = read_all(&reader, error);
    const struct roster_options plan = {
        .apply = options->apply,
        .withdraw_external =
            options->withdraw_missing && !reader.delta[SERVICE_ONEROSTER_ENROLLMENTS],
        .source = SOURCE,
        .action = "import.oneroster",
    };
    ok = ok && roster_settle(service, identity, &roster, &plan, error);
    oneroster_clear(&reader);
    roster_clear(&roster);
    return ok;
}
