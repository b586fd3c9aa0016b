/* People of a roster: known again, created, changed, moved, withdrawn. */
#include "db/query/enrolment.h"
#include "db/query/user.h"
#include "service/roster_plan.h"

#include <string.h>

/* Which column is to blame for what service_user_apply() says. */
static const struct {
    const char *field;
    enum roster_column column;
} field_columns[] = {
    {"name", ROSTER_NAME},
    {"email", ROSTER_EMAIL},
    {"student_number", ROSTER_STUDENT_NUMBER},
    {"date_of_birth", ROSTER_DATE_OF_BIRTH},
    {"language", ROSTER_LANGUAGE},
    {"role", ROSTER_ROLE},
};

static void tell_person(const struct roster_work *work, const struct roster_person *person,
                        enum service_import_action action, const char *name, const char *detail)
{
    service_import_add(work->roster->import, SERVICE_IMPORT_PERSON, action, name, detail,
                       person->place.file, person->place.line);
}

static void person_changed(struct roster_person *person, const char *what)
{
    for (guint i = 0; i < person->changed->len; i++)
        if (strcmp(person->changed->pdata[i], what) == 0)
            return;
    g_ptr_array_add(person->changed, (gpointer)what);
}

/* ---- Who it is ---- */

/* The person by the id of the other system, the student number or the e-mail; NULL: somebody new.
 * False when these contradict one another. */
static bool person_look(struct roster_work *work, const struct roster_person *person,
                        const char *email, struct core_user **found)
{
    const struct base_uuid *id = roster_external(work, ROSTER_KIND_PERSON, person->external);
    struct core_user *known = id ? g_hash_table_lookup(work->by_id, id) : NULL;
    struct core_user *numbered = person->student_number
                                     ? g_hash_table_lookup(work->by_number, person->student_number)
                                     : NULL;
    struct core_user *addressed = email ? g_hash_table_lookup(work->by_email, email) : NULL;

    *found = known ? known : numbered ? numbered : addressed;
    if (numbered && numbered != *found)
        return roster_refuse(work->roster, &person->place, ROSTER_STUDENT_NUMBER,
                             "The student number %s belongs to somebody else already.",
                             person->student_number);
    if (addressed && addressed != *found)
        return roster_refuse(work->roster, &person->place, ROSTER_EMAIL,
                             "The e-mail %s belongs to somebody else than this %s.", email,
                             known ? "person" : "student number");
    if (addressed && !known && !numbered && person->student_number && addressed->student_number)
        return roster_refuse(work->roster, &person->place, ROSTER_STUDENT_NUMBER,
                             "The person with the e-mail %s has another student number, %s.", email,
                             addressed->student_number);
    return true;
}

/* ---- What they are to be ---- */

static bool person_refuse(struct roster_work *work, const struct roster_person *person,
                          const GError *problem)
{
    for (gsize i = 0; i < G_N_ELEMENTS(field_columns); i++) {
        const gsize length = strlen(field_columns[i].field);
        if (strncmp(problem->message, field_columns[i].field, length) == 0 &&
            problem->message[length] == ' ')
            return roster_refuse(work->roster, &person->place, field_columns[i].column, "%s",
                                 problem->message);
    }
    return service_import_refuse(work->roster->import, person->place.file, person->place.line, NULL,
                                 "%s", problem->message);
}

static bool person_apply(struct roster_work *work, const struct roster_person *person,
                         const char *email, struct core_user *user)
{
    struct service_user_input input = {
        .name = person->name,
        .email = email,
        .student_number = person->student_number,
        .date_of_birth = person->date_of_birth,
        .language = person->language,
        .fields = (person->name ? SERVICE_USER_NAME : 0u) | (email ? SERVICE_USER_EMAIL : 0u) |
                  (person->student_number ? SERVICE_USER_NUMBER : 0u) |
                  (person->date_of_birth ? SERVICE_USER_DATE_OF_BIRTH : 0u) |
                  (person->language ? SERVICE_USER_LANGUAGE : 0u),
    };
    GError *problem = NULL;

    if (!service_user_apply(&input, work->today, user, &problem)) {
        person_refuse(work, person, problem);
        g_error_free(problem);
        return false;
    }
    /* An import makes nobody less than an administrator: that is done by hand. */
    if (person->role >= 0 && user->role != CORE_ROLE_ADMIN)
        user->role = (enum core_role)person->role;
    if (person->active >= 0 && user->role != CORE_ROLE_ADMIN)
        user->active = person->active == 1;
    else if (work->options->withdraw_missing && user->role == CORE_ROLE_STUDENT)
        user->active = true; /* whom such an import has withdrawn comes back by it */
    if (person->group && !base_uuid_is_nil(&person->group->id) && user->role == CORE_ROLE_STUDENT)
        user->group_id = person->group->id;
    else if (person->leaves_group && base_uuid_equal(&user->group_id, &person->leaves_group->id))
        user->group_id = (struct base_uuid){0};
    return true;
}

/* What the log must tell so that who was where can be worked out from it. */
static void person_note(struct roster_person *person, const struct core_user *before,
                        const struct core_user *after)
{
    if (!person->details)
        person->details = json_object();
    service_change_note_id(person->details, "group_id", &before->group_id, &after->group_id);
    service_change_note(person->details, "role", core_role_name(before->role),
                        core_role_name(after->role));
    service_change_note(person->details, "active", before->active ? "true" : "false",
                        after->active ? "true" : "false");
}

/* Notes which fields differ, and gives them in words. */
static char *person_compare(struct roster_person *person, const struct core_user *before,
                            const struct core_user *after)
{
    const struct {
        const char *name;
        bool differs;
    } fields[] = {
        {"name", g_strcmp0(before->name, after->name) != 0},
        {"email", g_strcmp0(before->email, after->email) != 0},
        {"student_number", g_strcmp0(before->student_number, after->student_number) != 0},
        {"date_of_birth", g_strcmp0(before->date_of_birth, after->date_of_birth) != 0},
        {"language", g_strcmp0(before->language, after->language) != 0},
        {"role", before->role != after->role},
        {"active", before->active != after->active},
        {"group_id", !base_uuid_equal(&before->group_id, &after->group_id)},
    };
    GString *words = g_string_new(NULL);

    person_note(person, before, after);
    for (gsize i = 0; i < G_N_ELEMENTS(fields); i++) {
        if (!fields[i].differs)
            continue;
        person_changed(person, fields[i].name);
        if (strcmp(fields[i].name, "group_id") == 0)
            g_string_append_printf(words, "%sgroup: %s → %s", words->len ? ", " : "",
                                   before->group_name ? before->group_name : "—",
                                   person->group ? person->group->name : "—");
        else
            g_string_append_printf(words, "%s%s", words->len ? ", " : "", fields[i].name);
    }
    return g_string_free(words, FALSE);
}

/* ---- Storing ---- */

/* A copy of what an import compares and writes; core_user_free() it. */
static struct core_user *user_copy(const struct core_user *user)
{
    struct core_user *copy = g_memdup2(user, sizeof *user);

    copy->name = g_strdup(user->name);
    copy->name_key = g_strdup(user->name_key);
    copy->email = g_strdup(user->email);
    copy->date_of_birth = g_strdup(user->date_of_birth);
    copy->group_name = g_strdup(user->group_name);
    copy->profile_image_url = g_strdup(user->profile_image_url);
    copy->student_number = g_strdup(user->student_number);
    copy->language = g_strdup(user->language);
    copy->password_hash = g_strdup(user->password_hash);
    return copy;
}

/* From here on the others of the file meet this person as they are to be. */
static void person_register(struct roster_work *work, struct roster_person *person,
                            struct core_user *user)
{
    g_ptr_array_add(work->users, user);
    g_hash_table_replace(work->by_id, &user->id, user);
    if (user->email)
        g_hash_table_replace(work->by_email, user->email, user);
    if (user->student_number)
        g_hash_table_replace(work->by_number, user->student_number, user);
    g_hash_table_add(work->seen, &user->id);
    person->id = user->id;
    person->role_now = user->role;
}

static bool person_create(struct roster_work *work, struct roster_person *person, const char *email,
                          GError **error)
{
    struct core_user *user = g_new0(struct core_user, 1);

    *user = (struct core_user){
        .institution_id = work->identity->institution_id,
        .age = CORE_AGE_UNKNOWN,
        .role = person->role_if_new,
        .active = true,
        .created_at = work->now,
        .updated_at = work->now,
    };
    base_uuid_new(&user->id);
    if (!email)
        email = person->email_if_new;
    if (email && g_hash_table_contains(work->by_email, email)) {
        roster_refuse(work->roster, &person->place, ROSTER_EMAIL,
                      "The e-mail %s belongs to somebody else already.", email);
        core_user_free(user);
        return true;
    }
    if (!person->name)
        roster_refuse(work->roster, &person->place, ROSTER_NAME, "A new person needs a name.");
    else if (!email)
        roster_refuse(work->roster, &person->place, ROSTER_EMAIL, "A new person needs an e-mail.");
    if (!person->name || !email || !person_apply(work, person, email, user)) {
        core_user_free(user);
        return true;
    }
    person->is_new = true;
    tell_person(work, person, SERVICE_IMPORT_CREATE, user->name,
                person->group ? person->group->name : NULL);
    person_register(work, person, user);
    return !roster_writes(work) ||
           db_user_insert(work->connection, user,
                          person->first_day ? person->first_day : work->today, error);
}

static bool person_store(struct roster_work *work, struct roster_person *person,
                         struct core_user *user, bool was_active, GError **error)
{
    user->updated_at = work->now;
    if (!roster_writes(work))
        return true;
    work->faces |= was_active != user->active;
    return db_user_update(work->connection, user,
                          person->first_day ? person->first_day : work->today, error) &&
           (was_active == user->active ||
            db_face_revision_bump(work->connection, &user->id, error));
}

static bool person_update(struct roster_work *work, struct roster_person *person, const char *email,
                          struct core_user *before, GError **error)
{
    struct core_user *user = user_copy(before);

    if (!person_apply(work, person, email, user)) {
        core_user_free(user);
        return true;
    }
    if (!base_uuid_equal(&before->group_id, &user->group_id)) {
        g_free(user->group_name);
        user->group_name = person->group ? g_strdup(person->group->name) : NULL;
    }
    g_autofree char *detail = person_compare(person, before, user);
    const bool moves = !base_uuid_is_nil(&before->group_id) &&
                       !base_uuid_equal(&before->group_id, &user->group_id);
    tell_person(work, person,
                !*detail ? SERVICE_IMPORT_UNCHANGED
                : moves  ? SERVICE_IMPORT_MOVE
                         : SERVICE_IMPORT_UPDATE,
                user->name, detail);
    person_register(work, person, user);
    return !*detail || person_store(work, person, user, before->active, error);
}

/* ---- Leaving ---- */

static bool person_withdraw(struct roster_work *work, struct roster_person *person,
                            struct core_user *before, GError **error)
{
    static const struct base_uuid everywhere;
    struct core_user *user = user_copy(before);

    user->active = false;
    user->group_id = (struct base_uuid){0};
    g_clear_pointer(&user->group_name, g_free);
    person_register(work, person, user);
    if (before->role == CORE_ROLE_ADMIN) {
        tell_person(work, person, SERVICE_IMPORT_SKIP, before->name,
                    "administrators are not withdrawn by an import");
        user->active = before->active;
        return true;
    }
    if (!before->active && base_uuid_is_nil(&before->group_id)) {
        tell_person(work, person, SERVICE_IMPORT_UNCHANGED, before->name, NULL);
        return true;
    }
    person_changed(person, "active");
    person_note(person, before, user);
    tell_person(work, person, SERVICE_IMPORT_WITHDRAW, before->name, before->group_name);
    if (!person_store(work, person, user, before->active, error))
        return false;
    return !roster_writes(work) || db_enrolment_end(work->connection, &user->id, &everywhere,
                                                    work->today, work->now, error);
}

/* Somebody whom the roster only names. */
static bool person_refer(struct roster_work *work, struct roster_person *person,
                         struct core_user *stored, GError **error)
{
    if (!stored) {
        if (person->email)
            roster_refuse(work->roster, &person->place, ROSTER_TEACHER,
                          "There is nobody with the e-mail %s.", person->email);
        else
            service_import_refuse(work->roster->import, person->place.file, person->place.line,
                                  "userSourcedId", "There is no user \"%s\".", person->external);
        return true;
    }
    if (person->group || person->leaves_group)
        return person_update(work, person, NULL, stored, error);
    person->id = stored->id;
    person->role_now = stored->role;
    return true;
}

static bool person_settle(struct roster_work *work, struct roster_person *person, GError **error)
{
    GError *problem = NULL;
    struct core_user *stored = NULL;
    g_autofree char *email = person->email ? base_text_email(person->email, &problem) : NULL;

    person->id = (struct base_uuid){0};
    person->is_new = false;
    g_ptr_array_set_size(person->changed, 0);
    g_clear_pointer(&person->details, json_decref);
    if (person->is_faulty) {
        g_clear_error(&problem);
        return true;
    }
    if (problem) {
        roster_refuse(work->roster, &person->place, ROSTER_EMAIL, "%s", problem->message);
        g_error_free(problem);
        return true;
    }
    if (!person_look(work, person, email, &stored))
        return true;
    if (person->is_reference)
        return person_refer(work, person, stored, error);
    if (stored && g_hash_table_contains(work->seen, &stored->id)) {
        roster_refuse(work->roster, &person->place, ROSTER_STUDENT_NUMBER,
                      "%s is in the file already, under another number or e-mail.", stored->name);
        return true;
    }
    if (person->leaves)
        return !stored || person_withdraw(work, person, stored, error);
    if (stored ? !person_update(work, person, email, stored, error)
               : !person_create(work, person, email, error))
        return false;
    return base_uuid_is_nil(&person->id) ||
           roster_external_set(work, ROSTER_KIND_PERSON, person->external, &person->id, error);
}

bool roster_settle_people(struct roster_work *work, GError **error)
{
    for (guint i = 0; i < work->roster->people->len; i++)
        if (!person_settle(work, work->roster->people->pdata[i], error))
            return false;
    return true;
}

/* Students of the roster's groups whom it does not name. They become people of the roster, so that
 * the audit log has them too. */
bool roster_settle_missing(struct roster_work *work, GError **error)
{
    g_autoptr(GHashTable) groups = g_hash_table_new(base_uuid_hash, base_uuid_equal);
    const guint users_n = work->users->len;

    for (guint i = 0; i < work->roster->groups->len; i++) {
        struct roster_group *group = work->roster->groups->pdata[i];
        if (!base_uuid_is_nil(&group->id))
            g_hash_table_add(groups, &group->id);
    }
    for (guint i = 0; work->options->withdraw_missing && i < users_n; i++) {
        struct core_user *user = work->users->pdata[i];
        if (user->role != CORE_ROLE_STUDENT || g_hash_table_contains(work->seen, &user->id) ||
            !g_hash_table_contains(groups, &user->group_id))
            continue;
        const struct roster_place nowhere = {0};
        struct roster_person *person = roster_add_person(work->roster, &nowhere);
        person->leaves = true;
        if (!person_withdraw(work, person, user, error))
            return false;
    }
    return true;
}

/* ---- The log ---- */

void roster_note_enrolment(struct roster_person *person, const struct core_enrolment *enrolment,
                           bool deleted)
{
    json_t *note = json_object();

    person_changed(person, "enrolments");
    if (!person->details)
        person->details = json_object();
    json_t *all = json_object_get(person->details, "enrolments");
    if (!all) {
        all = json_array();
        json_object_set_new(person->details, "enrolments", all);
    }
    json_object_set_new(note, "course_id", base_json_uuid(&enrolment->course_id));
    json_object_set_new(note, "first_day", json_string(enrolment->first_day));
    json_object_set_new(note, "last_day", base_json_text_or_null(enrolment->last_day));
    if (deleted)
        json_object_set_new(note, "deleted", json_true());
    json_array_append_new(all, note);
}

static bool person_audit(struct roster_work *work, const struct roster_person *person,
                         GError **error)
{
    const struct core_user *user = g_hash_table_lookup(work->by_id, &person->id);
    json_t *details = json_pack("{s:s}", "source", "import");

    if (person->details)
        json_object_update(details, person->details);
    if (person->is_new) {
        json_object_set_new(details, "role", json_string(core_role_name(person->role_now)));
        if (user && !base_uuid_is_nil(&user->group_id))
            json_object_set_new(details, "group_id", base_json_uuid(&user->group_id));
        return service_audit(work->connection, work->identity, "user.create", &person->id, details,
                             error);
    }
    if (person->changed->len == 0) {
        json_decref(details);
        return true;
    }
    json_t *fields = json_array();
    for (guint i = 0; i < person->changed->len; i++)
        json_array_append_new(fields, json_string(person->changed->pdata[i]));
    json_object_set_new(details, "fields", fields);
    return service_audit(work->connection, work->identity, "user.update", &person->id, details,
                         error);
}

bool roster_audit_people(struct roster_work *work, GError **error)
{
    for (guint i = 0; i < work->roster->people->len; i++)
        if (!person_audit(work, work->roster->people->pdata[i], error))
            return false;
    return true;
}
