/* The CSV file of a roster as the things that it speaks of. */
#include "service/roster.h"

#include "service/roster_columns.h"
#include "service/roster_plan.h"

#include <string.h>

enum { ROWS_MAX = 200000 };

struct reader {
    struct roster *roster;
    const struct service_roster_options *options;
    struct base_csv *csv;
    guint columns_n;
    int meanings[ROSTER_FIELD_N];          /* which column of the file; -1: none */
    const char *labels[ROSTER_COLUMN_N];   /* what the file calls them */
    GHashTable *numbers, *emails;          /* → struct roster_person * */
    GHashTable *terms, *subjects, *groups; /* by key → struct roster_… * */
    GHashTable *courses;                   /* by term and name */
    GHashTable *teachers;                  /* e-mail → GPtrArray of struct roster_enrolment * */
    struct roster_place place;             /* of the row that is read */
    const char *values[ROSTER_FIELD_N];    /* of the row, trimmed; NULL: empty */
    bool faulty;                           /* the row */
};

/* ---- The row ---- */

static void row_refuse(struct reader *reader, enum roster_column column, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

static void row_refuse(struct reader *reader, enum roster_column column, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    roster_refuse(reader->roster, &reader->place, column, "%s", message);
    reader->faulty = true;
}

/* Whether the row says anything. */
static bool row_read(struct reader *reader)
{
    bool any = false;

    reader->place.line = base_csv_line(reader->csv);
    reader->faulty = false;
    for (guint i = 0; i < ROSTER_FIELD_N; i++) {
        const int column = reader->meanings[i];
        const char *value = column >= 0 ? base_csv_field(reader->csv, (guint)column) : NULL;
        g_autofree char *trimmed = value ? g_strstrip(g_strdup(value)) : NULL;
        reader->values[i] = roster_text(reader->roster, trimmed);
        any |= reader->values[i] != NULL;
    }
    if (any && base_csv_columns(reader->csv) != reader->columns_n) {
        service_import_refuse(reader->roster->import, NULL, reader->place.line, NULL,
                              "The line has %u fields and the first line of the file %u.",
                              base_csv_columns(reader->csv), reader->columns_n);
        return false;
    }
    return any;
}

static const char *row_day(struct reader *reader, enum roster_field field,
                           enum roster_column column)
{
    char day[CORE_DAY_SIZE];

    if (!reader->values[field])
        return NULL;
    if (roster_day_read(reader->values[field], day))
        return roster_text(reader->roster, day);
    row_refuse(reader, column, "\"%s\" is not a day such as 2026-07-31 or 31/07/2026.",
               reader->values[field]);
    return NULL;
}

/* A word of a column that has a few; -1: not said. */
static int row_word(struct reader *reader, enum roster_field field, enum roster_column column)
{
    int meaning = -1;

    if (reader->values[field] && !roster_word_read(field, reader->values[field], &meaning))
        row_refuse(reader, column, "\"%s\" is not one of %s.", reader->values[field],
                   roster_words(field));
    return meaning;
}

static const char *row_name(struct reader *reader)
{
    const char *const parts[] = {
        reader->values[ROSTER_FIELD_FIRST_NAME],
        reader->values[ROSTER_FIELD_LAST_NAME],
        reader->values[ROSTER_FIELD_SECOND_LAST_NAME],
    };
    GString *whole = g_string_new(reader->values[ROSTER_FIELD_NAME]);

    for (gsize i = 0; !reader->values[ROSTER_FIELD_NAME] && i < G_N_ELEMENTS(parts); i++)
        if (parts[i])
            g_string_append_printf(whole, "%s%s", whole->len ? " " : "", parts[i]);
    const char *name = roster_text(reader->roster, whole->str);
    g_string_free(whole, TRUE);
    return name;
}

static const char *row_email(struct reader *reader, enum roster_field field,
                             enum roster_column column)
{
    g_autoptr(GError) problem = NULL;

    if (!reader->values[field])
        return NULL;
    g_autofree char *email = base_text_email(reader->values[field], &problem);
    if (!email)
        row_refuse(reader, column, "\"%s\" is not an e-mail address.", reader->values[field]);
    return roster_text(reader->roster, email);
}

/* ---- Things by name ---- */

/* The name as it is to be stored; NULL, and the row is faulty, when it cannot be. */
static const char *clean_name(struct reader *reader, enum roster_column column, const char *name)
{
    g_autoptr(GError) problem = NULL;
    g_autofree char *clean = base_text_name(
        name, reader->labels[column] ? reader->labels[column] : "It", SERVICE_NAME_MAX, &problem);

    if (!clean)
        row_refuse(reader, column, "%s", problem->message);
    return roster_text(reader->roster, clean);
}

static struct roster_group *group_of(struct reader *reader, const char *name)
{
    const char *clean = name ? clean_name(reader, ROSTER_GROUP, name) : NULL;
    g_autofree char *key = clean ? base_text_key(clean) : NULL;
    struct roster_group *group = key ? g_hash_table_lookup(reader->groups, key) : NULL;

    if (!group && clean) {
        group = roster_add_group(reader->roster, &reader->place);
        group->name = clean;
        g_hash_table_insert(reader->groups, g_steal_pointer(&key), group);
    }
    return group;
}

static struct roster_term *term_of(struct reader *reader, const char *name)
{
    g_autofree char *key = name ? base_text_key(name) : NULL;
    struct roster_term *term = key ? g_hash_table_lookup(reader->terms, key) : NULL;

    if (!term && name) {
        term = roster_add_term(reader->roster, &reader->place);
        term->name = name;
        g_hash_table_insert(reader->terms, g_steal_pointer(&key), term);
    }
    return term;
}

static struct roster_subject *subject_of(struct reader *reader, const char *name)
{
    const char *clean = clean_name(reader, ROSTER_SUBJECT, name);
    g_autofree char *key = clean ? base_text_key(clean) : NULL;
    struct roster_subject *subject = key ? g_hash_table_lookup(reader->subjects, key) : NULL;

    if (!subject && clean) {
        subject = roster_add_subject(reader->roster, &reader->place);
        subject->name = clean;
        g_hash_table_insert(reader->subjects, g_steal_pointer(&key), subject);
    }
    return subject;
}

/* The course that the row names; NULL: none, or the row is faulty. */
static struct roster_course *course_of(struct reader *reader)
{
    const char *subject_name = reader->values[ROSTER_FIELD_SUBJECT];
    const char *given = reader->values[ROSTER_FIELD_COURSE];
    const char *term_name = reader->values[ROSTER_FIELD_TERM];

    if (!given && !subject_name)
        return NULL;
    if (!term_name)
        term_name = roster_text(reader->roster, reader->options->term);
    const char *name = clean_name(reader, ROSTER_COURSE, given ? given : subject_name);
    struct roster_subject *subject = subject_of(reader, subject_name ? subject_name : given);
    if (!name || !subject)
        return NULL;
    g_autofree char *whole = g_strdup_printf("%s\n%s", term_name ? term_name : "", name);
    g_autofree char *key = base_text_key(whole);
    struct roster_course *course = g_hash_table_lookup(reader->courses, key);
    if (course) {
        if (course->subject != subject)
            row_refuse(reader, ROSTER_SUBJECT,
                       "The course \"%s\" has another subject on line "
                       "%" G_GINT64_FORMAT ".",
                       name, course->place.line);
        return course;
    }
    course = roster_add_course(reader->roster, &reader->place);
    course->name = name;
    course->term = term_of(reader, term_name);
    course->subject = subject;
    g_hash_table_insert(reader->courses, g_steal_pointer(&key), course);
    return course;
}

/* ---- People ---- */

/* Takes a value over, unless an earlier row of the same person says something else. */
static void merge(struct reader *reader, const struct roster_person *person,
                  enum roster_column column, const char **standing, const char *value)
{
    if (!*standing)
        *standing = value;
    else if (value && strcmp(*standing, value) != 0)
        row_refuse(reader, column, "It is \"%s\" for the same person on line %" G_GINT64_FORMAT ".",
                   *standing, person->place.line);
}

static void merge_number(struct reader *reader, const struct roster_person *person,
                         enum roster_column column, int *standing, int value)
{
    if (*standing < 0)
        *standing = value;
    else if (value >= 0 && *standing != value)
        row_refuse(reader, column,
                   "It is something else for the same person on line %" G_GINT64_FORMAT ".",
                   person->place.line);
}

/* The person of the row, as far as earlier rows know them. */
static struct roster_person *person_of(struct reader *reader, const char *number, const char *email)
{
    struct roster_person *numbered = number ? g_hash_table_lookup(reader->numbers, number) : NULL;
    struct roster_person *addressed = email ? g_hash_table_lookup(reader->emails, email) : NULL;

    if (numbered && addressed && numbered != addressed) {
        row_refuse(reader, ROSTER_EMAIL,
                   "The e-mail is that of another person on line %" G_GINT64_FORMAT ".",
                   addressed->place.line);
        return NULL;
    }
    struct roster_person *person = numbered ? numbered : addressed;
    if (!person)
        person = roster_add_person(reader->roster, &reader->place);
    merge(reader, person, ROSTER_STUDENT_NUMBER, &person->student_number, number);
    merge(reader, person, ROSTER_EMAIL, &person->email, email);
    if (number && !numbered)
        g_hash_table_insert(reader->numbers, (gpointer)number, person);
    if (email && !addressed)
        g_hash_table_insert(reader->emails, (gpointer)email, person);
    return person;
}

static void person_fill(struct reader *reader, struct roster_person *person,
                        struct roster_group *group)
{
    const struct service_roster_options *options = reader->options;
    const int role = row_word(reader, ROSTER_FIELD_ROLE, ROSTER_ROLE);
    const int language = row_word(reader, ROSTER_FIELD_LANGUAGE, ROSTER_LANGUAGE);

    if (role == CORE_ROLE_ADMIN && !options->admins)
        row_refuse(reader, ROSTER_ROLE,
                   "This import makes no administrators unless that is asked for.");
    merge(reader, person, ROSTER_NAME, &person->name, row_name(reader));
    merge(reader, person, ROSTER_DATE_OF_BIRTH, &person->date_of_birth,
          row_day(reader, ROSTER_FIELD_DATE_OF_BIRTH, ROSTER_DATE_OF_BIRTH));
    merge(reader, person, ROSTER_LANGUAGE, &person->language,
          language < 0    ? NULL
          : language == 0 ? "es"
                          : "en");
    merge_number(reader, person, ROSTER_ROLE, &person->role, role);
    merge_number(reader, person, ROSTER_STATUS, &person->active,
                 row_word(reader, ROSTER_FIELD_STATUS, ROSTER_STATUS));
    person->role_if_new = options->role;
    if (!person->group)
        person->group = group;
    else if (group && person->group != group)
        row_refuse(reader, ROSTER_GROUP,
                   "The group is \"%s\" for the same person on line %" G_GINT64_FORMAT ".",
                   person->group->name, person->place.line);
    if (person->student_number && options->email_domain && !person->email_if_new) {
        g_autofree char *made =
            g_strdup_printf("%s@%s", person->student_number, options->email_domain);
        g_autofree char *email = base_text_email(made, NULL);
        person->email_if_new = roster_text(reader->roster, email);
    }
}

/* ---- Who teaches ---- */

static void teacher_note(struct reader *reader, const char *email,
                         const struct roster_enrolment *teaching)
{
    GPtrArray *of_teacher = g_hash_table_lookup(reader->teachers, email);

    if (!of_teacher) {
        of_teacher = g_ptr_array_new();
        g_hash_table_insert(reader->teachers, (gpointer)email, of_teacher);
    }
    for (guint i = 0; i < of_teacher->len; i++) {
        const struct roster_enrolment *known = of_teacher->pdata[i];
        if (known->course == teaching->course && known->group == teaching->group)
            return;
    }
    struct roster_enrolment *added = roster_add_enrolment(reader->roster, &reader->place);
    added->course = teaching->course;
    added->group = teaching->group;
    added->teaches = true;
    g_ptr_array_add(of_teacher, added);
}

/* Teachers may stand further down in the file, or in the database only. */
static void teachers_resolve(struct reader *reader)
{
    GHashTableIter iterator;
    gpointer email, teachings;

    g_hash_table_iter_init(&iterator, reader->teachers);
    while (g_hash_table_iter_next(&iterator, &email, &teachings)) {
        const GPtrArray *of_teacher = teachings;
        struct roster_person *person = g_hash_table_lookup(reader->emails, email);
        if (!person) {
            const struct roster_enrolment *first = of_teacher->pdata[0];
            person = roster_add_person(reader->roster, &first->place);
            person->email = email;
            person->is_reference = true;
        }
        for (guint i = 0; i < of_teacher->len; i++)
            ((struct roster_enrolment *)of_teacher->pdata[i])->person = person;
    }
}

/* ---- The file ---- */

static void row_take(struct reader *reader)
{
    const char *number = reader->values[ROSTER_FIELD_STUDENT_NUMBER];
    const char *email = row_email(reader, ROSTER_FIELD_EMAIL, ROSTER_EMAIL);
    const char *teacher = row_email(reader, ROSTER_FIELD_TEACHER, ROSTER_TEACHER);
    const char *named_group = reader->values[ROSTER_FIELD_GROUP];
    const char *first_day = row_day(reader, ROSTER_FIELD_FIRST_DAY, ROSTER_FIRST_DAY);
    const char *last_day = row_day(reader, ROSTER_FIELD_LAST_DAY, ROSTER_LAST_DAY);

    if (!number && !email) {
        if (!reader->faulty)
            row_refuse(reader, ROSTER_STUDENT_NUMBER,
                       "A line needs a student number or an e-mail.");
        return;
    }
    struct roster_person *person = person_of(reader, number, email);
    struct roster_group *group =
        group_of(reader, named_group ? named_group : reader->options->group);
    struct roster_course *course = course_of(reader);
    if (!person)
        return;
    person_fill(reader, person, group);
    if (group && !person->first_day)
        person->first_day = first_day;
    person->is_faulty |= reader->faulty;
    if (reader->faulty)
        return;
    if (course && group && !g_ptr_array_find(course->groups, group, NULL))
        g_ptr_array_add(course->groups, group);
    if (course || named_group) {
        struct roster_enrolment *enrolment = roster_add_enrolment(reader->roster, &reader->place);
        enrolment->person = person;
        enrolment->course = course;
        enrolment->group = course ? NULL : group;
        enrolment->by_role = true;
        enrolment->only_teaching = group != NULL; /* students are there through the group */
        enrolment->first_day = first_day;
        enrolment->last_day = last_day;
    }
    const struct roster_enrolment teaching = {.course = course, .group = course ? NULL : group};
    if (teacher && (course || group))
        teacher_note(reader, teacher, &teaching);
}

static bool header_read(struct reader *reader, GError **error)
{
    struct service_import *import = reader->roster->import;

    if (!base_csv_next(reader->csv, error))
        return *error ? false : base_fail(error, BASE_ERROR_INVALID, "The file is empty.");
    reader->columns_n = base_csv_columns(reader->csv);
    for (guint i = 0; i < ROSTER_FIELD_N; i++)
        reader->meanings[i] = -1;
    for (guint i = 0; i < reader->columns_n; i++) {
        const char *label = roster_text(reader->roster, base_csv_field(reader->csv, i));
        enum roster_field field;
        if (!label || !roster_field_read(label, &field)) {
            service_import_note(import, "The column \"%s\" is not known and was passed over.",
                                label ? label : "");
            continue;
        }
        if (reader->meanings[field] >= 0)
            return base_fail(error, BASE_ERROR_INVALID,
                             "The columns \"%s\" and \"%s\" mean the same.",
                             base_csv_field(reader->csv, (guint)reader->meanings[field]), label);
        reader->meanings[field] = (int)i;
        reader->labels[roster_field_column(field)] = label;
    }
    if (reader->meanings[ROSTER_FIELD_STUDENT_NUMBER] < 0 &&
        reader->meanings[ROSTER_FIELD_EMAIL] < 0)
        return base_fail(error, BASE_ERROR_INVALID,
                         "The first line names neither a column of student numbers "
                         "(student_number, matrícula) nor one of e-mails (email, correo).");
    return true;
}

/* What is wrong with the file as CSV is wrong with a line of it. */
static bool file_refuse(struct reader *reader, GError *problem, GError **error)
{
    if (!g_error_matches(problem, BASE_ERROR, BASE_ERROR_INVALID) &&
        !g_error_matches(problem, BASE_ERROR, BASE_ERROR_TOO_LARGE)) {
        g_propagate_error(error, problem);
        return false;
    }
    service_import_refuse(reader->roster->import, NULL, base_csv_line(reader->csv), NULL, "%s",
                          problem->message);
    g_error_free(problem);
    return true;
}

static bool file_read(struct reader *reader, GError **error)
{
    struct service_import *import = reader->roster->import;
    GError *problem = NULL;

    reader->place.labels = reader->labels;
    if (!header_read(reader, &problem))
        return file_refuse(reader, problem, error);
    while (base_csv_next(reader->csv, &problem)) {
        if (import->lines++ == ROWS_MAX)
            return base_fail(error, BASE_ERROR_TOO_LARGE,
                             "The file has more than %d lines; import it in parts.", ROWS_MAX);
        if (row_read(reader))
            row_take(reader);
    }
    teachers_resolve(reader);
    return !problem || file_refuse(reader, problem, error);
}

static void reader_init(struct reader *reader)
{
    reader->numbers = g_hash_table_new(g_str_hash, g_str_equal);
    reader->emails = g_hash_table_new(g_str_hash, g_str_equal);
    reader->terms = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    reader->subjects = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    reader->groups = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    reader->courses = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    reader->teachers =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_ptr_array_unref);
}

static void reader_clear(struct reader *reader)
{
    GHashTable *const tables[] = {reader->numbers,  reader->emails, reader->terms,
                                  reader->subjects, reader->groups, reader->courses,
                                  reader->teachers};

    for (gsize i = 0; i < G_N_ELEMENTS(tables); i++)
        g_hash_table_unref(tables[i]);
    base_csv_destroy(reader->csv);
}

static bool options_check(const struct service_roster_options *options, GError **error)
{
    if (options->role == CORE_ROLE_ADMIN && !options->admins)
        return base_fail(error, BASE_ERROR_INVALID,
                         "role must be \"student\" or \"teacher\" for everybody of a file.");
    return true;
}

bool service_roster_import(struct service *service, const struct service_identity *identity,
                           base_csv_source source, gpointer data,
                           const struct service_roster_options *options,
                           struct service_import *import, GError **error)
{
    struct roster roster;
    struct reader reader = {.roster = &roster, .options = options};
    const struct roster_options plan = {
        .apply = options->apply,
        .keep_groups = options->keep_groups,
        .withdraw_missing = options->withdraw_missing,
        .action = "import.roster",
    };

    if (!service_allow_all(identity, CORE_ACTION_USER_WRITE, error) ||
        !options_check(options, error))
        return false;
    roster_init(&roster, import);
    reader_init(&reader);
    reader.csv = base_csv_create(source, data, &options->file);
    const bool ok =
        file_read(&reader, error) && roster_settle(service, identity, &roster, &plan, error);
    reader_clear(&reader);
    roster_clear(&roster);
    return ok;
}
