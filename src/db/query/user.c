#include "db/query/user.h"

#include "base/error.h"
#include "base/text.h"
#include "db/query/dispute.h"
#include "db/query/enrolment.h"
#include "db/query/row.h"

gpointer db_user_read(struct db_rows *rows)
{
    struct core_user *user = g_new0(struct core_user, 1);

    user->id = db_rows_uuid(rows, 0);
    user->institution_id = db_rows_uuid(rows, 1);
    user->name = db_rows_dup_text(rows, 2);
    user->name_key = db_rows_dup_text(rows, 3);
    user->email = db_rows_dup_text(rows, 4);
    user->age = db_rows_is_null(rows, 5) ? CORE_AGE_UNKNOWN : (gint32)db_rows_int(rows, 5);
    user->date_of_birth = db_rows_dup_text(rows, 6);
    user->group_id = db_rows_uuid(rows, 7);
    user->group_name = db_rows_dup_text(rows, 8);
    user->role = db_rows_role(rows, 9);
    user->profile_image_url = db_rows_dup_text(rows, 10);
    user->password_hash = db_rows_dup_text(rows, 11);
    user->token_generation = db_rows_int(rows, 12);
    user->active = db_rows_bool(rows, 13);
    user->created_at = db_rows_time(rows, 14);
    user->updated_at = db_rows_time(rows, 15);
    user->deleted_at = db_rows_time(rows, 16);
    user->faces_revision = db_rows_int(rows, 17);
    user->student_number = db_rows_dup_text(rows, 18);
    user->language = db_rows_dup_text(rows, 19);
    user->face_count = db_rows_int(rows, 20);
    user->faces_held = db_rows_int(rows, 21);
    return user;
}

static struct core_user *single(struct db_rows *rows, GError **error)
{
    return db_rows_single(rows, db_user_read, (GDestroyNotify)core_user_free, "user", error);
}

static struct db_value age_value(gint32 age)
{
    return age == CORE_AGE_UNKNOWN ? db_null() : db_int(age);
}

/* The group to which somebody belongs as a student. */
static struct base_uuid group_attended(enum core_role role, const struct base_uuid *group_id)
{
    return role == CORE_ROLE_STUDENT ? *group_id : (struct base_uuid){0};
}

/* Makes the enrolments follow from the group and role that were stored before to those of now. */
static bool enrolments_follow(struct db_connection *connection, const struct core_user *user,
                              enum core_role role_before, const struct base_uuid *group_before,
                              const char *today, GError **error)
{
    const struct base_uuid left = group_attended(role_before, group_before);
    const struct base_uuid entered = group_attended(user->role, &user->group_id);

    if (role_before == CORE_ROLE_STUDENT && user->role != CORE_ROLE_STUDENT)
        return db_enrolment_end(connection, &user->id, &(struct base_uuid){0}, today,
                                user->updated_at, error);
    if (base_uuid_equal(&left, &entered))
        return true;
    if (!base_uuid_is_nil(&left) &&
        !db_enrolment_end(connection, &user->id, &left, today, user->updated_at, error))
        return false;
    return base_uuid_is_nil(&entered) ||
           db_enrolment_open(connection, &user->id, &entered, today, user->updated_at, error);
}

/* Who becomes a student teaches nobody any more. */
static bool teaching_follows(struct db_connection *connection, const struct core_user *user,
                             enum core_role role_before, GError **error)
{
    if (role_before == CORE_ROLE_STUDENT || user->role != CORE_ROLE_STUDENT)
        return true;
    return db_execute(connection, NULL, error, "DELETE FROM group_teachers WHERE teacher_id = ?",
                      db_uuid(&user->id)) &&
           db_execute(connection, NULL, error, "DELETE FROM course_teachers WHERE teacher_id = ?",
                      db_uuid(&user->id));
}

bool db_user_insert(struct db_connection *connection, const struct core_user *user,
                    const char *today, GError **error)
{
    g_autofree char *key = base_text_key(user->name);

    return db_execute(
               connection, NULL, error,
               "INSERT INTO users (id, institution_id, name, name_key, email, age, date_of_birth, "
               "group_id, role, profile_image_url, student_number, language, password_hash, "
               "token_generation, active, faces_revision, created_at, updated_at, deleted_at) "
               "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, NULL)",
               db_uuid(&user->id), db_uuid(&user->institution_id), db_text(user->name),
               db_text(key), db_text(user->email), age_value(user->age),
               db_text(user->date_of_birth), db_uuid(&user->group_id),
               db_text(core_role_name(user->role)), db_text(user->profile_image_url),
               db_text(user->student_number), db_text(user->language), db_text(user->password_hash),
               db_int(user->token_generation), db_bool(user->active), db_time(user->created_at),
               db_time(user->updated_at)) &&
           enrolments_follow(connection, user, user->role, &(struct base_uuid){0}, today, error);
}

struct core_user *db_user_find(struct db_connection *connection, const struct base_uuid *id,
                               GError **error)
{
    return single(db_query(connection, error, DB_USER_SELECT "WHERE u.id = ?", db_uuid(id)), error);
}

struct core_user *db_user_find_email(struct db_connection *connection, const char *email,
                                     GError **error)
{
    return single(db_query(connection, error, DB_USER_SELECT "WHERE u.email = ?", db_text(email)),
                  error);
}

/* What a person belongs to before a change. */
static bool read_membership(struct db_connection *connection, const struct base_uuid *id,
                            enum core_role *role, struct base_uuid *group_id, GError **error)
{
    GError *problem = NULL;
    g_autoptr(db_rows) rows = db_query(connection, error,
                                       "SELECT role, group_id FROM users "
                                       "WHERE id = ? AND deleted_at IS NULL",
                                       db_uuid(id));

    if (!rows)
        return false;
    const bool found = db_rows_next(rows, &problem);
    if (found) {
        *role = db_rows_role(rows, 0);
        *group_id = db_rows_uuid(rows, 1);
        db_rows_next(rows, &problem); /* reports a column that could not be read */
    }
    if (problem) {
        g_propagate_error(error, problem);
        return false;
    }
    return db_changed_some(found, "user", error);
}

bool db_user_update(struct db_connection *connection, const struct core_user *user,
                    const char *today, GError **error)
{
    g_autofree char *key = base_text_key(user->name);
    const char *role = core_role_name(user->role);
    enum core_role role_before = CORE_ROLE_STUDENT;
    struct base_uuid group_before = {0};
    gint64 changed;

    if (!read_membership(connection, &user->id, &role_before, &group_before, error))
        return false;
    /* token_generation first: MariaDB lets later assignments see the earlier ones. */
    return db_execute(connection, &changed, error,
                      "UPDATE users SET token_generation = token_generation + "
                      "CASE WHEN role <> ? OR active <> ? THEN 1 ELSE 0 END, name = ?, "
                      "name_key = ?, email = ?, age = ?, date_of_birth = ?, group_id = ?, "
                      "role = ?, profile_image_url = ?, student_number = ?, language = ?, "
                      "active = ?, updated_at = ? WHERE id = ? AND deleted_at IS NULL",
                      db_text(role), db_bool(user->active), db_text(user->name), db_text(key),
                      db_text(user->email), age_value(user->age), db_text(user->date_of_birth),
                      db_uuid(&user->group_id), db_text(role), db_text(user->profile_image_url),
                      db_text(user->student_number), db_text(user->language), db_bool(user->active),
                      db_time(user->updated_at), db_uuid(&user->id)) &&
           db_changed_some(changed, "user", error) &&
           teaching_follows(connection, user, role_before, error) &&
           enrolments_follow(connection, user, role_before, &group_before, today, error);
}

bool db_user_set_group(struct db_connection *connection, const struct base_uuid *id,
                       const struct base_uuid *group_id, base_time now, GError **error)
{
    gint64 changed;

    return db_execute(connection, &changed, error,
                      "UPDATE users SET group_id = ?, updated_at = ? "
                      "WHERE id = ? AND deleted_at IS NULL",
                      db_uuid(group_id), db_time(now), db_uuid(id)) &&
           db_changed_some(changed, "user", error);
}

bool db_user_set_password(struct db_connection *connection, const struct base_uuid *id,
                          const char *password_hash, base_time now, GError **error)
{
    gint64 changed;

    return db_execute(
               connection, &changed, error,
               "UPDATE users SET password_hash = ?, token_generation = token_generation + 1, "
               "updated_at = ? WHERE id = ? AND deleted_at IS NULL",
               db_text(password_hash), db_time(now), db_uuid(id)) &&
           db_changed_some(changed, "user", error);
}

bool db_user_rehash_password(struct db_connection *connection, const struct base_uuid *id,
                             const char *password_hash, GError **error)
{
    gint64 changed;

    return db_execute(connection, &changed, error,
                      "UPDATE users SET password_hash = ? WHERE id = ? AND deleted_at IS NULL",
                      db_text(password_hash), db_uuid(id)) &&
           db_changed_some(changed, "user", error);
}

bool db_user_void_tokens(struct db_connection *connection, const struct base_uuid *id,
                         base_time now, GError **error)
{
    gint64 changed;

    return db_execute(connection, &changed, error,
                      "UPDATE users SET token_generation = token_generation + 1, updated_at = ? "
                      "WHERE id = ? AND deleted_at IS NULL",
                      db_time(now), db_uuid(id)) &&
           db_changed_some(changed, "user", error);
}

/* What goes with the person, or says something of them; the statements take their id. Addresses and
 * digests of photos, ids of other systems, mail and reports under way are personal as well. */
static const char *const BELONGINGS[] = {
    "DELETE FROM face_templates WHERE user_id = ?",
    "DELETE FROM images WHERE user_id = ?",
    "DELETE FROM group_teachers WHERE teacher_id = ?",
    "DELETE FROM course_teachers WHERE teacher_id = ?",
    "DELETE FROM external_ids WHERE entity_id = ?",
    "DELETE FROM external_ids WHERE entity_id IN "
    "(SELECT e.id FROM enrolments e WHERE e.user_id = ?)",
    "DELETE FROM photo_imports WHERE user_id = ?",
    "DELETE FROM review_candidates WHERE user_id = ?",
    "DELETE FROM lookalikes WHERE first_id = ?",
    "DELETE FROM lookalikes WHERE second_id = ?",
    "DELETE FROM calendar_feeds WHERE user_id = ?",
    "DELETE FROM pins WHERE user_id = ?",
    "DELETE FROM report_schedules WHERE user_id = ?",
    "DELETE FROM mail_refusals WHERE user_id = ?",
    "DELETE FROM duplicates WHERE user_id = ?",
    "DELETE FROM duplicates WHERE other_id = ?",
    "DELETE FROM outbox WHERE user_id = ?",
    "DELETE FROM jobs WHERE user_id = ?",
    "UPDATE attendance SET note = NULL WHERE user_id = ? AND note IS NOT NULL",
};

/* Mail that was asked for by an address alone names it in its parameters. */
static bool erase_mail(struct db_connection *connection, const struct base_uuid *id, GError **error)
{
    g_autoptr(core_user) user = db_user_find(connection, id, error);

    if (!user || !user->email)
        return user != NULL;
    g_autofree char *quoted = g_strdup_printf("\"%s\"", user->email);
    g_autofree char *pattern = db_like_pattern(quoted);
    return db_execute(connection, NULL, error,
                      "DELETE FROM outbox WHERE user_id IS NULL AND channel = 'mail' "
                      "AND parameters LIKE ? ESCAPE '!'",
                      db_text(pattern));
}

bool db_user_erase(struct db_connection *connection, const struct base_uuid *id, const char *today,
                   base_time now, GError **error)
{
    gint64 changed;

    if (!erase_mail(connection, id, error) ||
        !db_execute(connection, &changed, error,
                    "UPDATE users SET name = '', name_key = '', email = NULL, age = NULL, "
                    "date_of_birth = NULL, group_id = NULL, profile_image_url = NULL, "
                    "student_number = NULL, language = NULL, "
                    "password_hash = NULL, token_generation = token_generation + 1, "
                    "active = FALSE, updated_at = ?, deleted_at = ? "
                    "WHERE id = ? AND deleted_at IS NULL",
                    db_time(now), db_time(now), db_uuid(id)) ||
        !db_changed_some(changed, "user", error))
        return false;
    for (gsize i = 0; i < G_N_ELEMENTS(BELONGINGS); i++)
        if (!db_execute(connection, NULL, error, BELONGINGS[i], db_uuid(id)))
            return false;
    return db_enrolment_end(connection, id, &(struct base_uuid){0}, today, now, error) &&
           db_dispute_erase_person(connection, id, now, error) &&
           db_face_revision_bump(connection, id, error);
}

struct core_user *db_user_find_number(struct db_connection *connection,
                                      const struct base_uuid *institution_id, const char *number,
                                      GError **error)
{
    return single(db_query(connection, error,
                           DB_USER_SELECT "WHERE u.institution_id = ? AND u.student_number = ?",
                           db_uuid(institution_id), db_text(number)),
                  error);
}

bool db_user_count_active(struct db_connection *connection, int role, gint64 *count, GError **error)
{
    return db_query_int(connection, count, error,
                        "SELECT COUNT(*) FROM users WHERE (? = 0 OR role = ?) AND active = TRUE "
                        "AND deleted_at IS NULL",
                        db_asked_enum(role), db_text(core_role_name((enum core_role)role)));
}

bool db_user_session(struct db_connection *connection, const struct base_uuid *id, const char *jti,
                     struct db_user_session *session, GError **error)
{
    GError *problem = NULL;
    g_autoptr(db_rows) rows =
        db_query(connection, error,
                 "SELECT u.id, u.institution_id, u.group_id, u.role, u.active, u.deleted_at, "
                 "u.token_generation, (SELECT COUNT(*) FROM revoked_tokens r WHERE r.jti = ?) "
                 "FROM users u WHERE u.id = ?",
                 db_text(jti), db_uuid(id));

    if (!rows)
        return false;
    bool found = db_rows_next(rows, &problem);
    if (found) {
        session->user_id = db_rows_uuid(rows, 0);
        session->institution_id = db_rows_uuid(rows, 1);
        session->group_id = db_rows_uuid(rows, 2);
        session->role = db_rows_role(rows, 3);
        session->active = db_rows_bool(rows, 4) && db_rows_is_null(rows, 5);
        session->token_generation = db_rows_int(rows, 6);
        session->revoked = db_rows_bool(rows, 7);
        db_rows_next(rows, &problem); /* reports a column that could not be read */
    }
    if (problem) {
        g_propagate_error(error, problem);
        return false;
    }
    return db_changed_some(found, "user", error);
}

/* ---- Which faces changed ---- */

bool db_face_revision(struct db_connection *connection, gint64 *revision, GError **error)
{
    return db_query_int(connection, revision, error,
                        "SELECT value FROM counters WHERE name = 'faces_revision'");
}

bool db_face_revision_bump(struct db_connection *connection, const struct base_uuid *user_id,
                           GError **error)
{
    gint64 changed;

    /* The counter first: its row lock puts those who change faces in one order. */
    return db_execute(connection, NULL, error,
                      "UPDATE counters SET value = value + 1 WHERE name = 'faces_revision'") &&
           db_execute(connection, &changed, error,
                      "UPDATE users SET faces_revision = "
                      "(SELECT value FROM counters WHERE name = 'faces_revision') WHERE id = ?",
                      db_uuid(user_id)) &&
           db_changed_some(changed, "user", error);
}

GPtrArray *db_user_list_changed(struct db_connection *connection, gint64 since, GError **error)
{
    return db_rows_collect(db_query(connection, error,
                                    DB_USER_SELECT
                                    "WHERE u.faces_revision > ? ORDER BY u.faces_revision, u.id",
                                    db_int(since)),
                           db_user_read, (GDestroyNotify)core_user_free, error);
}
