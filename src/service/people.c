/* What happens to people after they were created: found, listed, changed, erased. */
#include "db/query/template.h"
#include "service/gallery.h"
#include "service/internal.h"
#include "service/picture.h"
#include "service/reviews.h"
#include "service/users.h"

#include <string.h>

enum {
    OWN_FIELDS = SERVICE_USER_NAME | SERVICE_USER_AGE | SERVICE_USER_DATE_OF_BIRTH |
                 SERVICE_USER_IMAGE | SERVICE_USER_LANGUAGE,
    ADMIN_FIELDS = OWN_FIELDS | SERVICE_USER_EMAIL | SERVICE_USER_GROUP | SERVICE_USER_ROLE |
                   SERVICE_USER_ACTIVE | SERVICE_USER_NUMBER,
};

/* The names under which the audit log tells which fields were changed. */
static const struct {
    enum service_user_field field;
    const char *name;
} field_names[] = {
    {SERVICE_USER_NAME, "name"},
    {SERVICE_USER_EMAIL, "email"},
    {SERVICE_USER_AGE, "age"},
    {SERVICE_USER_DATE_OF_BIRTH, "date_of_birth"},
    {SERVICE_USER_GROUP, "group_id"},
    {SERVICE_USER_ROLE, "role"},
    {SERVICE_USER_IMAGE, "profile_image_url"},
    {SERVICE_USER_ACTIVE, "active"},
    {SERVICE_USER_NUMBER, "student_number"},
    {SERVICE_USER_LANGUAGE, "language"},
};

static bool nobody(GError **error)
{
    return base_fail(error, BASE_ERROR_NOT_FOUND, "There is no such person.");
}

/* Somebody who is not erased. */
static struct core_user *person_find(struct db_connection *connection, const struct base_uuid *id,
                                     GError **error)
{
    struct core_user *user = db_user_find(connection, id, error);

    if (user && user->deleted_at) {
        nobody(error);
        g_clear_pointer(&user, core_user_free);
    }
    return user;
}

struct core_user *service_user_active(struct core_user *found, GError *problem, GError **error)
{
    if (problem && !g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND))
        g_propagate_error(error, problem);
    else
        g_clear_error(&problem);
    if (found && (!found->active || found->deleted_at))
        g_clear_pointer(&found, core_user_free);
    return found;
}

struct core_user *service_user_find(struct service *service,
                                    const struct service_identity *identity,
                                    const struct base_uuid *id, GError **error)
{
    GError *problem = NULL;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    if (!connection)
        return NULL;
    if (service_allow(connection, identity, CORE_ACTION_USER_READ, id, &problem))
        return person_find(connection, id, error);
    if (!g_error_matches(problem, BASE_ERROR, BASE_ERROR_FORBIDDEN)) {
        g_propagate_error(error, problem);
        return NULL;
    }
    g_error_free(problem);
    nobody(error); /* whether there is somebody is not for this caller to know */
    return NULL;
}

struct core_user *service_user_find_email(struct service *service,
                                          const struct service_identity *identity,
                                          const char *email, GError **error)
{
    if (!service_allow_all(identity, CORE_ACTION_USER_READ, error))
        return NULL;
    g_autofree char *address = base_text_email(email, error);
    g_autoptr(db_connection) connection = address ? db_acquire(service->db, error) : NULL;
    return connection ? db_user_find_email(connection, address, error) : NULL;
}

struct core_user *service_user_find_number(struct service *service,
                                           const struct service_identity *identity,
                                           const char *number, GError **error)
{
    if (!service_allow_all(identity, CORE_ACTION_USER_READ, error))
        return NULL;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    return connection ? db_user_find_number(connection, &identity->institution_id, number, error)
                      : NULL;
}

GPtrArray *service_user_list(struct service *service, const struct service_identity *identity,
                             const struct db_user_filter *filter, const struct db_page *page,
                             gint64 *total, GError **error)
{
    struct db_user_filter mine = filter ? *filter : DB_USER_FILTER_ALL;

    if (mine.consent != DB_ANY && !service_allow_all(identity, CORE_ACTION_USER_WRITE, error))
        return NULL;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    if (core_permission_scope(identity->role, CORE_ACTION_USER_READ) != CORE_SCOPE_ALL) {
        mine.teacher_id = identity->user_id;
        mine.with_deleted = false;
    }
    return connection ? db_user_list(connection, &mine, page, total, error) : NULL;
}

/* ---- changing ---- */

struct update_work {
    const struct service_identity *identity;
    struct base_uuid id;
    const struct service_user_input *input;
    const char *today;
    const struct service_new_password *password; /* NULL: stays */
    struct core_user *user;                      /* as it is afterwards */
};

/* Somebody must be left who can let the others in. Call in the transaction, after the change. */
static bool admin_left(struct db_connection *connection, GError **error)
{
    gint64 admins = 0;

    return db_user_count_active(connection, CORE_ROLE_ADMIN, &admins, error) &&
           (admins > 0 || base_fail(error, BASE_ERROR_CONFLICT,
                                    "role and account of the last active administrator must "
                                    "stay."));
}

static json_t *field_list(unsigned fields)
{
    json_t *list = json_array();

    for (size_t i = 0; i < G_N_ELEMENTS(field_names); i++)
        if (fields & field_names[i].field)
            json_array_append_new(list, json_string(field_names[i].name));
    return list;
}

/* Which fields were given; of what decides on rights and on registers also the values. */
static json_t *update_details(const struct update_work *work, const struct core_user *before,
                              const struct core_user *user)
{
    json_t *details = json_pack("{s:o}", "fields", field_list(work->input->fields));

    service_change_note(details, "role", core_role_name(before->role), core_role_name(user->role));
    service_change_note_id(details, "group_id", &before->group_id, &user->group_id);
    service_change_note(details, "active", before->active ? "true" : "false",
                        user->active ? "true" : "false");
    return details;
}

static bool update_fields(struct db_connection *connection, const struct update_work *work,
                          struct core_user *user, GError **error)
{
    const struct core_user before = {
        .role = user->role, .active = user->active, .group_id = user->group_id};
    const bool was_admin = before.active && before.role == CORE_ROLE_ADMIN;
    GError *problem = NULL;

    if (!service_user_apply(work->input, work->today, user, error))
        return false;
    if ((work->input->fields & SERVICE_USER_GROUP) &&
        !service_group_check(connection, &user->group_id, error))
        return false;
    user->updated_at = base_time_now();
    if (!db_user_update(connection, user, work->today, &problem))
        return service_user_taken(error, problem);
    if (!service_audit(connection, work->identity, "user.update", &work->id,
                       update_details(work, &before, user), error))
        return false;
    if (was_admin && !(user->active && user->role == CORE_ROLE_ADMIN) &&
        !admin_left(connection, error))
        return false;
    return before.active == user->active || db_face_revision_bump(connection, &work->id, error);
}

static bool update_password(struct db_connection *connection, const struct update_work *work,
                            GError **error)
{
    return db_user_set_password(connection, &work->id, work->password->hash, base_time_now(),
                                error) &&
           service_audit(connection, work->identity, work->password->action, &work->id, NULL,
                         error);
}

static bool update_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct update_work *work = data;
    const bool only_password =
        work->password && !(work->input->fields & ~(unsigned)SERVICE_USER_PASSWORD);
    g_autoptr(core_user) user = person_find(connection, &work->id, error);

    g_clear_pointer(&work->user, core_user_free);
    if (!user || (!only_password && !update_fields(connection, work, user, error)))
        return false;
    if (work->password && !update_password(connection, work, error))
        return false;
    work->user = db_user_find(connection, &work->id, error);
    return work->user != NULL;
}

bool service_user_close_on(struct service *service, struct db_connection *connection,
                           const struct service_identity *identity, const struct base_uuid *id,
                           GError **error)
{
    const struct service_user_input input = {.fields = SERVICE_USER_ACTIVE, .active = false};
    char today[CORE_DAY_SIZE];
    struct update_work work = {identity, *id, &input, today, NULL, NULL};
    const bool ok = service_today_on(service, connection, today, error) &&
                    update_body(connection, &work, error);

    core_user_free(work.user);
    return ok;
}

/* The local day, for ages. */
static bool today_of(struct service *service, char today[CORE_DAY_SIZE], GError **error)
{
    GTimeZone *zone = service_time_zone(service, error);
    const bool ok = zone && core_day_of_time(zone, base_time_now(), today, error);

    if (zone)
        g_time_zone_unref(zone);
    return ok;
}

struct core_user *service_user_store(struct service *service,
                                     const struct service_identity *identity,
                                     const struct base_uuid *id,
                                     const struct service_user_input *input,
                                     const struct service_new_password *password, GError **error)
{
    char today[CORE_DAY_SIZE];
    const bool admin =
        core_permission_scope(identity->role, CORE_ACTION_USER_WRITE) == CORE_SCOPE_ALL;

    if (!admin && !base_uuid_equal(&identity->user_id, id)) {
        base_fail(error, BASE_ERROR_FORBIDDEN, "You are not allowed to change this person.");
        return NULL;
    }
    if (input->fields & ~(unsigned)((admin ? ADMIN_FIELDS : OWN_FIELDS) | SERVICE_USER_PASSWORD)) {
        base_fail(error, BASE_ERROR_FORBIDDEN,
                  "Only an administrator may change e-mail, group, role, student number and "
                  "activity.");
        return NULL;
    }
    struct update_work work = {identity, *id, input, today, password, NULL};
    if (!today_of(service, today, error) ||
        !db_transaction(service->db, update_body, &work, error)) {
        core_user_free(work.user);
        return NULL;
    }
    service_gallery_refresh(service);
    return work.user;
}

struct core_user *service_user_update(struct service *service,
                                      const struct service_identity *identity,
                                      const struct base_uuid *id,
                                      const struct service_user_input *input, GError **error)
{
    if (!(input->fields & SERVICE_USER_PASSWORD))
        return service_user_store(service, identity, id, input, NULL, error);
    if (!service_allow_all(identity, CORE_ACTION_USER_WRITE, error))
        return NULL;
    g_autofree char *hash = service_password_hash(service, id, input, error);
    const struct service_new_password password = {hash, "password.set"};
    return hash ? service_user_store(service, identity, id, input, &password, error) : NULL;
}

/* ---- erasing ---- */

struct erase_work {
    struct service *service;
    const struct service_identity *identity;
    struct base_uuid id;
    GPtrArray *blobs;      /* of the pictures that go */
    base_time left_before; /* only an account that is closed, unchanged since; 0: any */
    bool erased;
};

static bool erase_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct erase_work *work = data;
    char today[CORE_DAY_SIZE];
    gint64 photos = 0;
    g_autoptr(core_user) user = person_find(connection, &work->id, error);

    g_ptr_array_set_size(work->blobs, 0);
    work->erased =
        user && (!work->left_before || (!user->active && user->updated_at < work->left_before));
    if (user && !work->erased)
        return true;
    if (!user || !service_blobs_of(connection, &work->id, CORE_IMAGE_N, NULL, work->blobs, error) ||
        !service_reviews_forget(connection, &work->id, work->blobs, error) ||
        !service_duplicate_forget_on(connection, &work->id, error) ||
        !db_template_delete_user(connection, &work->id, &photos, error) ||
        !db_face_revision_bump(connection, &work->id, error) ||
        !service_today_on(work->service, connection, today, error) ||
        !db_user_erase(connection, &work->id, today, base_time_now(), error))
        return false;
    if (user->role == CORE_ROLE_ADMIN && user->active && !admin_left(connection, error))
        return false;
    return service_audit(connection, work->identity, "user.erase", &work->id,
                         json_pack("{s:I}", "photos", (json_int_t)photos), error);
}

bool service_user_delete(struct service *service, const struct service_identity *identity,
                         const struct base_uuid *id, GError **error)
{
    g_autoptr(GPtrArray) blobs = g_ptr_array_new_with_free_func(g_free);
    struct erase_work work = {service, identity, *id, blobs, 0, false};

    if (!service_allow_all(identity, CORE_ACTION_USER_WRITE, error) ||
        !db_transaction(service->db, erase_body, &work, error))
        return false;
    service_blobs_delete(service, blobs);
    service_gallery_refresh(service);
    return true;
}

bool service_user_erase_left(struct service *service, const struct service_identity *identity,
                             const struct base_uuid *id, base_time before, bool *erased,
                             GError **error)
{
    g_autoptr(GPtrArray) blobs = g_ptr_array_new_with_free_func(g_free);
    struct erase_work work = {service, identity, *id, blobs, before, false};
    GError *problem = NULL;

    *erased = false;
    if (!db_transaction(service->db, erase_body, &work, &problem)) {
        if (!g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND)) {
            g_propagate_error(error, problem);
            return false;
        }
        g_error_free(problem); /* another node was quicker */
        return true;
    }
    service_blobs_delete(service, blobs);
    service_gallery_refresh(service);
    *erased = work.erased;
    return true;
}

/* ---- "is this e-mail registered" ---- */

static bool exists_within(struct db_connection *connection, struct service *service,
                          const char *address, GError **error)
{
    g_autoptr(core_institution) institution = service_institution_on(service, connection, error);

    if (!institution)
        return false;
    return (institution->email_domain && *institution->email_domain &&
            base_text_email_in_domain(address, institution->email_domain)) ||
           base_fail(error, BASE_ERROR_FORBIDDEN,
                     "Only addresses of the institution can be asked about.");
}

bool service_user_exists(struct service *service, const struct service_identity *identity,
                         const char *email, bool *exists, enum core_role *role, GError **error)
{
    const bool admin = identity && identity->role == CORE_ROLE_ADMIN;
    GError *problem = NULL;
    g_autofree char *address = base_text_email(email, error);
    g_autoptr(db_connection) connection = address ? db_acquire(service->db, error) : NULL;

    *exists = false;
    if (role)
        *role = CORE_ROLE_N;
    if (!connection || (!admin && !exists_within(connection, service, address, error)))
        return false;
    g_autoptr(core_user) user = db_user_find_email(connection, address, &problem);
    if (!user && !g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND)) {
        g_propagate_error(error, problem);
        return false;
    }
    g_clear_error(&problem);
    *exists = user != NULL;
    if (user && admin && role)
        *role = user->role;
    return true;
}
