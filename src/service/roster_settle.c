/* A roster against the database: the transaction around all of it, and what stands alone in it. */
#include "db/query/audit.h"
#include "db/query/external_id.h"
#include "db/query/group.h"
#include "db/query/subject.h"
#include "db/query/term.h"
#include "service/gallery.h"
#include "service/roster_plan.h"
#include "service/timetable.h"

#include <string.h>

static const char *const kind_names[ROSTER_KIND_N] = {
    [ROSTER_KIND_TERM] = "term",     [ROSTER_KIND_SUBJECT] = "subject",
    [ROSTER_KIND_GROUP] = "group",   [ROSTER_KIND_COURSE] = "course",
    [ROSTER_KIND_PERSON] = "person", [ROSTER_KIND_ENROLMENT] = "enrolment",
};

/* ---- What the settling files share ---- */

bool roster_writes(const struct roster_work *work)
{
    return work->options->apply && work->roster->import->errors_n == 0;
}

bool roster_is_absent(GError *problem, GError **error)
{
    if (!g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND)) {
        g_propagate_error(error, problem);
        return false;
    }
    g_error_free(problem);
    return true;
}

const struct base_uuid *roster_external(const struct roster_work *work, enum roster_kind kind,
                                        const char *external)
{
    return external && work->externals[kind] ? g_hash_table_lookup(work->externals[kind], external)
                                             : NULL;
}

bool roster_external_set(struct roster_work *work, enum roster_kind kind, const char *external,
                         const struct base_uuid *id, GError **error)
{
    const struct base_uuid *stands = roster_external(work, kind, external);

    if (!external || !work->externals[kind] || !roster_writes(work) ||
        (stands && base_uuid_equal(stands, id)))
        return true;
    return db_external_id_set(work->connection, work->kinds[kind], external, id, work->now, error);
}

static void tell(const struct roster_work *work, enum service_import_thing thing,
                 enum service_import_action action, const char *name, const char *detail,
                 const struct roster_place *place)
{
    service_import_add(work->roster->import, thing, action, name, detail, place->file, place->line);
}

/* ---- Terms ---- */

static bool term_look(struct roster_work *work, const struct roster_term *term,
                      struct core_term **found, GError **error)
{
    const struct base_uuid *id = roster_external(work, ROSTER_KIND_TERM, term->external);
    GError *problem = NULL;

    *found = id ? db_term_find(work->connection, id, &problem) : NULL;
    if (*found || (problem && !roster_is_absent(g_steal_pointer(&problem), error)))
        return *found != NULL;
    *found =
        db_term_find_name(work->connection, &work->identity->institution_id, term->name, &problem);
    return *found || roster_is_absent(problem, error);
}

static bool term_create(struct roster_work *work, struct roster_term *term, GError **error)
{
    const struct core_term made = {
        .id = term->id,
        .institution_id = work->identity->institution_id,
        .name = (char *)term->name,
        .first_day = (char *)term->first_day,
        .last_day = (char *)term->last_day,
        .created_at = work->now,
        .updated_at = work->now,
    };

    tell(work, SERVICE_IMPORT_TERM, SERVICE_IMPORT_CREATE, term->name, NULL, &term->place);
    return !roster_writes(work) ||
           (db_term_insert(work->connection, &made, error) &&
            service_audit(work->connection, work->identity, "term.create", &made.id,
                          json_pack("{s:s, s:s}", "name", term->name, "source", "import"), error));
}

static bool term_update(struct roster_work *work, struct roster_term *term,
                        const struct core_term *stored, GError **error)
{
    struct core_term changed = *stored;

    if (!term->first_day || (strcmp(stored->first_day, term->first_day) == 0 &&
                             strcmp(stored->last_day, term->last_day) == 0)) {
        tell(work, SERVICE_IMPORT_TERM, SERVICE_IMPORT_UNCHANGED, stored->name, NULL, &term->place);
        return true;
    }
    g_autofree char *detail = g_strdup_printf("%s … %s → %s … %s", stored->first_day,
                                              stored->last_day, term->first_day, term->last_day);
    tell(work, SERVICE_IMPORT_TERM, SERVICE_IMPORT_UPDATE, stored->name, detail, &term->place);
    changed.first_day = (char *)term->first_day;
    changed.last_day = (char *)term->last_day;
    changed.updated_at = work->now;
    return !roster_writes(work) ||
           (db_term_update(work->connection, &changed, error) &&
            service_timetable_term_changed(work->service, work->connection, &term->id,
                                           stored->first_day, stored->last_day, NULL, error) &&
            service_audit(work->connection, work->identity, "term.update", &term->id,
                          json_pack("{s:s}", "source", "import"), error));
}

static bool term_settle(struct roster_work *work, struct roster_term *term, GError **error)
{
    g_autoptr(core_term) stored = NULL;

    term->id = (struct base_uuid){0};
    if (!term_look(work, term, &stored, error))
        return false;
    if (!stored && !term->first_day) {
        roster_refuse(work->roster, &term->place, ROSTER_TERM,
                      "There is no term \"%s\"; make it first, with its days.",
                      term->name ? term->name : term->external);
        return true;
    }
    if (stored)
        term->id = stored->id;
    else
        base_uuid_new(&term->id);
    return (stored ? term_update(work, term, stored, error) : term_create(work, term, error)) &&
           roster_external_set(work, ROSTER_KIND_TERM, term->external, &term->id, error);
}

bool roster_settle_terms(struct roster_work *work, GError **error)
{
    for (guint i = 0; i < work->roster->terms->len; i++)
        if (!term_settle(work, work->roster->terms->pdata[i], error))
            return false;
    return true;
}

/* ---- Subjects ---- */

static bool subject_look(struct roster_work *work, const struct roster_subject *subject,
                         struct core_subject **found, GError **error)
{
    const struct base_uuid *id = roster_external(work, ROSTER_KIND_SUBJECT, subject->external);
    const char *const names[] = {subject->code, subject->name};
    GError *problem = NULL;

    *found = id ? db_subject_find(work->connection, id, &problem) : NULL;
    for (guint i = 0; !*found && i < G_N_ELEMENTS(names); i++) {
        if (problem && !roster_is_absent(g_steal_pointer(&problem), error))
            return false;
        if (names[i])
            *found = db_subject_find_name(work->connection, &work->identity->institution_id,
                                          names[i], &problem);
    }
    return *found || !problem || roster_is_absent(problem, error);
}

static bool subject_create(struct roster_work *work, struct roster_subject *subject, GError **error)
{
    const struct core_subject made = {
        .id = subject->id,
        .institution_id = work->identity->institution_id,
        .name = (char *)subject->name,
        .code = (char *)subject->code,
        .created_at = work->now,
        .updated_at = work->now,
    };

    tell(work, SERVICE_IMPORT_SUBJECT, SERVICE_IMPORT_CREATE, subject->name, NULL, &subject->place);
    return !roster_writes(work) ||
           (db_subject_insert(work->connection, &made, error) &&
            service_audit(work->connection, work->identity, "subject.create", &made.id,
                          json_pack("{s:s, s:s}", "name", subject->name, "source", "import"),
                          error));
}

bool roster_settle_subjects(struct roster_work *work, GError **error)
{
    for (guint i = 0; i < work->roster->subjects->len; i++) {
        struct roster_subject *subject = work->roster->subjects->pdata[i];
        g_autoptr(core_subject) stored = NULL;

        subject->id = (struct base_uuid){0};
        if (!subject_look(work, subject, &stored, error))
            return false;
        if (!stored && !subject->name) {
            roster_refuse(work->roster, &subject->place, ROSTER_SUBJECT,
                          "There is no course \"%s\".", subject->external);
            continue;
        }
        if (stored) {
            subject->id = stored->id;
            tell(work, SERVICE_IMPORT_SUBJECT, SERVICE_IMPORT_UNCHANGED, stored->name, NULL,
                 &subject->place);
        } else {
            base_uuid_new(&subject->id);
            if (!subject_create(work, subject, error))
                return false;
        }
        if (!roster_external_set(work, ROSTER_KIND_SUBJECT, subject->external, &subject->id, error))
            return false;
    }
    return true;
}

/* ---- Groups ---- */

static bool group_look(struct roster_work *work, const struct roster_group *group,
                       struct core_group **found, GError **error)
{
    const struct base_uuid *id = roster_external(work, ROSTER_KIND_GROUP, group->external);
    GError *problem = NULL;

    *found = id ? db_group_find(work->connection, id, &problem) : NULL;
    if (*found || (problem && !roster_is_absent(g_steal_pointer(&problem), error)))
        return *found != NULL;
    if (!group->name)
        return true;
    *found = db_group_find_name(work->connection, &work->identity->institution_id, group->name,
                                &problem);
    return *found || roster_is_absent(problem, error);
}

static bool group_create(struct roster_work *work, struct roster_group *group, GError **error)
{
    const struct core_group made = {
        .id = group->id,
        .institution_id = work->identity->institution_id,
        .name = (char *)group->name,
        .created_at = work->now,
        .updated_at = work->now,
    };

    tell(work, SERVICE_IMPORT_GROUP, SERVICE_IMPORT_CREATE, group->name, NULL, &group->place);
    return !roster_writes(work) ||
           (db_group_insert(work->connection, &made, error) &&
            service_audit(work->connection, work->identity, "group.create", &made.id,
                          json_pack("{s:s, s:s}", "name", group->name, "source", "import"), error));
}

static bool group_settle(struct roster_work *work, struct roster_group *group, GError **error)
{
    g_autoptr(core_group) stored = NULL;

    group->id = (struct base_uuid){0};
    if (!group_look(work, group, &stored, error))
        return false;
    if (stored) {
        group->id = stored->id;
        tell(work, SERVICE_IMPORT_GROUP, SERVICE_IMPORT_UNCHANGED, stored->name, NULL,
             &group->place);
    } else if (!group->name) {
        return true; /* whoever refers to it tells */
    } else if (work->options->keep_groups) {
        roster_refuse(work->roster, &group->place, ROSTER_GROUP, "There is no group \"%s\".",
                      group->name);
        return true;
    } else {
        base_uuid_new(&group->id);
        if (!group_create(work, group, error))
            return false;
    }
    return roster_external_set(work, ROSTER_KIND_GROUP, group->external, &group->id, error);
}

bool roster_settle_groups(struct roster_work *work, GError **error)
{
    for (guint i = 0; i < work->roster->groups->len; i++)
        if (!group_settle(work, work->roster->groups->pdata[i], error))
            return false;
    return true;
}

/* ---- The whole ---- */

static void work_forget(struct roster_work *work)
{
    for (guint i = 0; i < ROSTER_KIND_N; i++)
        g_clear_pointer(&work->externals[i], g_hash_table_unref);
    g_clear_pointer(&work->by_id, g_hash_table_unref);
    g_clear_pointer(&work->by_email, g_hash_table_unref);
    g_clear_pointer(&work->by_number, g_hash_table_unref);
    g_clear_pointer(&work->seen, g_hash_table_unref);
    g_clear_pointer(&work->kept, g_hash_table_unref);
    g_clear_pointer(&work->users, g_ptr_array_unref);
}

static bool work_load(struct roster_work *work, GError **error)
{
    work->by_id = g_hash_table_new(base_uuid_hash, base_uuid_equal);
    work->by_email = g_hash_table_new(g_str_hash, g_str_equal);
    work->by_number = g_hash_table_new(g_str_hash, g_str_equal);
    work->seen = g_hash_table_new(base_uuid_hash, base_uuid_equal);
    work->kept = g_hash_table_new(base_uuid_hash, base_uuid_equal);
    work->users = db_user_list(work->connection, NULL, NULL, NULL, error);
    if (!work->users)
        return false;
    for (guint i = 0; i < work->users->len; i++) {
        struct core_user *user = work->users->pdata[i];
        g_hash_table_insert(work->by_id, &user->id, user);
        if (user->email)
            g_hash_table_insert(work->by_email, user->email, user);
        if (user->student_number)
            g_hash_table_insert(work->by_number, user->student_number, user);
    }
    for (guint i = 0; work->options->source && i < ROSTER_KIND_N; i++) {
        work->externals[i] = db_external_id_load(work->connection, work->kinds[i], error);
        if (!work->externals[i])
            return false;
    }
    return service_today_on(work->service, work->connection, work->today, error);
}

static json_t *counts_of(const struct service_import *import)
{
    json_t *whole = service_import_json(import, 0);
    json_t *counts = json_incref(json_object_get(whole, "counts"));

    json_decref(whole);
    return counts;
}

static bool settle_all(struct roster_work *work, GError **error)
{
    struct service_import *import = work->roster->import;

    if (!work_load(work, error) || !roster_settle_terms(work, error) ||
        !roster_settle_subjects(work, error) || !roster_settle_groups(work, error) ||
        !roster_settle_people(work, error) || !roster_settle_missing(work, error) ||
        !roster_settle_courses(work, error) || !roster_settle_enrolments(work, error) ||
        !roster_settle_ended(work, error))
        return false;
    if (!roster_writes(work))
        return !work->options->apply || base_fail(error, BASE_ERROR_INVALID, "refused");
    return roster_audit_people(work, error) &&
           service_audit(work->connection, work->identity, work->options->action,
                         &work->identity->institution_id, counts_of(import), error);
}

/* Takes back what an earlier run of the body has noted. */
static void work_restart(struct roster_work *work)
{
    service_import_return(work->roster->import, &work->mark);
    g_ptr_array_set_size(work->roster->people, (gint)work->people_len);
    work->faces = false;
    work->no_term = false;
    work->now = base_time_now();
}

static bool settle_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct roster_work *work = data;

    work_restart(work);
    work->connection = connection;
    const bool ok = settle_all(work, error);
    work_forget(work);
    return ok;
}

static bool settle_run(struct roster_work *work, GError **error)
{
    struct service_import *import = work->roster->import;
    GError *problem = NULL;

    if (!work->options->apply) {
        g_autoptr(db_connection) connection = db_acquire(work->service->db, error);
        return connection && db_snapshot_on(connection, settle_body, work, error);
    }
    import->applied = db_transaction(work->service->db, settle_body, work, &problem);
    if (import->applied)
        return true;
    if (import->errors_n == 0 || !g_error_matches(problem, BASE_ERROR, BASE_ERROR_INVALID)) {
        g_propagate_error(error, problem);
        return false;
    }
    g_error_free(problem); /* the lines that were refused say it */
    return true;
}

bool roster_settle(struct service *service, const struct service_identity *identity,
                   struct roster *roster, const struct roster_options *options, GError **error)
{
    struct roster_work work = {
        .service = service,
        .identity = identity,
        .roster = roster,
        .options = options,
        .people_len = roster->people->len,
    };

    service_import_mark(roster->import, &work.mark);
    for (guint i = 0; options->source && i < ROSTER_KIND_N; i++)
        work.kinds[i] = g_strdup_printf("%s.%s", options->source, kind_names[i]);
    const bool ok = settle_run(&work, error);
    for (guint i = 0; i < ROSTER_KIND_N; i++)
        g_free(work.kinds[i]);
    if (ok && roster->import->applied && work.faces)
        service_gallery_refresh(service);
    return ok;
}
