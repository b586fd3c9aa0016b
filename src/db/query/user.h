/* The users table and the counter of face changes. Errors are those of db.h. */
#ifndef DB_QUERY_USER_H
#define DB_QUERY_USER_H

#include "core/types.h"
#include "db/db.h"
#include "db/query/page.h"

/* Stores a new person, id and times as given; name_key is made from the name and the e-mail stored
 * as given, so it must be normalised (base_text_email()). A student with a group is enrolled in it
 * from `today` on, the institution's local day. BASE_ERROR_CONFLICT ("users.email",
 * "users.student_number") when the address or the number is taken. Call it in a transaction. */
bool db_user_insert(struct db_connection *connection, const struct core_user *user,
                    const char *today, GError **error);

/* NULL with BASE_ERROR_NOT_FOUND when there is none. Erased people are found by id, with deleted_at
 * set. */
struct core_user *db_user_find(struct db_connection *connection, const struct base_uuid *id,
                               GError **error);
struct core_user *db_user_find_email(struct db_connection *connection, const char *email,
                                     GError **error);
struct core_user *db_user_find_number(struct db_connection *connection,
                                      const struct base_uuid *institution_id, const char *number,
                                      GError **error);

/* Writes name, e-mail, age, date of birth, group, role, profile image URL, student number,
 * language, active and updated_at. A student who leaves a group was in it until the day before
 * `today` (or never, when it began today) and is in the other one from today on; who is no student
 * any more is nowhere enrolled from today on, and who becomes one teaches nobody. Call it in a
 * transaction. When `active` or the role changed, older tokens become void by a new
 * token_generation. BASE_ERROR_NOT_FOUND when there is no such person or it was erased. */
bool db_user_update(struct db_connection *connection, const struct core_user *user,
                    const char *today, GError **error);

/* Writes the group alone, without touching the enrolments: for whoever writes those by themselves.
 */
bool db_user_set_group(struct db_connection *connection, const struct base_uuid *id,
                       const struct base_uuid *group_id, base_time now, GError **error);

/* Stores another password hash and makes every older token void. NULL: no password. */
bool db_user_set_password(struct db_connection *connection, const struct base_uuid *id,
                          const char *password_hash, base_time now, GError **error);

/* Stores the same password under newer parameters; tokens stay good. */
bool db_user_rehash_password(struct db_connection *connection, const struct base_uuid *id,
                             const char *password_hash, GError **error);

/* Makes every token of the person void. */
bool db_user_void_tokens(struct db_connection *connection, const struct base_uuid *id,
                         base_time now, GError **error);

/*
 * Erases a person: name, e-mail, age, date of birth, group, student number, password, templates,
 * pictures and notes are gone, so are their ids in other systems, what was imported of them, their
 * calendar's address, schedules, jobs and mail; groups and courses lose them as a teacher,
 * enrolments end the day before `today`, tokens are void; the marks and past enrolments stay under
 * the bare id. Call it in a transaction. BASE_ERROR_NOT_FOUND when there is none or it was erased
 * before.
 */
bool db_user_erase(struct db_connection *connection, const struct base_uuid *id, const char *today,
                   base_time now, GError **error);

enum db_user_sort {
    DB_USER_SORT_NAME,
    DB_USER_SORT_EMAIL,
    DB_USER_SORT_CREATED,
    DB_USER_SORT_N,
};

/* "name", "email", "created_at". Static storage. */
const char *db_user_sort_name(enum db_user_sort sort);
bool db_user_sort_from_name(const char *name, enum db_user_sort *sort);

struct db_user_filter {
    int role;                    /* enum core_role or DB_ANY */
    int active;                  /* 0, 1 or DB_ANY */
    struct base_uuid group_id;   /* nil: any */
    struct base_uuid teacher_id; /* only this person and students of groups and courses they teach;
                                  * nil: any */
    const char *search; /* part of the name (any case, any accents), of the e-mail or of the student
                         * number; NULL: any */
    int faces;          /* photos enrolled: 0 none, 1 some, those held too, or DB_ANY */
    int consent;        /* standing: 0, 1 or DB_ANY */
    bool with_deleted;  /* erased people too */
    enum db_user_sort sort;
    bool descending;
};

/* Everybody who is not erased, by name. */
#define DB_USER_FILTER_ALL                                                                         \
    ((struct db_user_filter){.role = DB_ANY, .active = DB_ANY, .faces = DB_ANY, .consent = DB_ANY})

/* An array of struct core_user * that frees them. `total` (may be NULL) gets how many match the
 * filter. Filter and page may be NULL: all. */
GPtrArray *db_user_list(struct db_connection *connection, const struct db_user_filter *filter,
                        const struct db_page *page, gint64 *total, GError **error);

/* How many people of a role (or DB_ANY) are active and not erased. */
bool db_user_count_active(struct db_connection *connection, int role, gint64 *count,
                          GError **error);

/* What a request needs to know about who sent it. */
struct db_user_session {
    struct base_uuid user_id;
    struct base_uuid institution_id;
    struct base_uuid group_id;
    enum core_role role;
    bool active; /* false for erased people too */
    gint64 token_generation;
    bool revoked; /* this one token was signed out */
};

/* One cheap read. `jti` (may be NULL) is the token's own id. BASE_ERROR_NOT_FOUND when there is no
 * such person. */
bool db_user_session(struct db_connection *connection, const struct base_uuid *id, const char *jti,
                     struct db_user_session *session, GError **error);

/* ---- Which faces changed ---- */

/* The value of the counter: it grows with every change of anybody's faces. */
bool db_face_revision(struct db_connection *connection, gint64 *revision, GError **error);

/* Notes that this person's faces (or whether they may be recognised at all) changed. Call it in the
 * transaction that changes them. */
bool db_face_revision_bump(struct db_connection *connection, const struct base_uuid *user_id,
                           GError **error);

/* People whose faces changed after a value of the counter, oldest change first, inactive and erased
 * ones included, as an array of struct core_user * that frees them. */
GPtrArray *db_user_list_changed(struct db_connection *connection, gint64 since, GError **error);

#endif
