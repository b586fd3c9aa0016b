#include "db/query/review.h"

#include "base/text.h"
#include "db/driver.h"
#include "db/query/row.h"

#define FROM                                                                                       \
    "FROM reviews r LEFT JOIN sessions s ON s.id = r.session_id "                                  \
    "LEFT JOIN courses c ON c.id = s.course_id LEFT JOIN users u ON u.id = r.user_id "             \
    "LEFT JOIN users w ON w.id = r.settled_by "
#define SELECT                                                                                     \
    "SELECT r.id, r.session_id, r.local_day, r.taken_at, r.source, r.reason, r.state, r.user_id, " \
    "r.attendance_id, r.settled_by, r.settled_at, r.created_at, r.updated_at, s.course_id, "       \
    "c.name, u.name, w.name, (SELECT COUNT(*) FROM images i WHERE i.review_id = r.id) " FROM

#define TAUGHT                                                                                     \
    "(EXISTS (SELECT 1 FROM course_teachers t WHERE t.course_id = s.course_id "                    \
    "AND t.teacher_id = ?) OR (r.session_id IS NULL AND EXISTS (SELECT 1 "                         \
    "FROM review_candidates k JOIN users m ON m.id = k.user_id "                                   \
    "JOIN group_teachers g ON g.group_id = m.group_id "                                            \
    "WHERE k.review_id = r.id AND g.teacher_id = ?))) "

#define CONDITIONS                                                                                 \
    "(? = 0 OR r.session_id = ?) AND (? = 0 OR s.course_id = ?) AND (? = 0 OR r.local_day = ?) "   \
    "AND (? = 0 OR r.state = ?) AND (? = 0 OR " TAUGHT ") "
#define CONDITION_VALUES 11
#define ORDER "ORDER BY r.taken_at DESC, r.id DESC LIMIT ? OFFSET ?"

/* What the search starts from: each has its index. */
enum scope {
    SCOPE_ALL,
    SCOPE_SESSION,
    SCOPE_STATE,
};

static const struct {
    const char *list, *count;
} STATEMENTS[] = {
#define STATEMENT(where)                                                                           \
    {                                                                                              \
        SELECT "WHERE " where CONDITIONS ORDER, "SELECT COUNT(*) " FROM "WHERE " where CONDITIONS  \
    }
    [SCOPE_ALL] = STATEMENT(""),
    [SCOPE_SESSION] = STATEMENT("r.session_id = ? AND "),
    [SCOPE_STATE] = STATEMENT("r.state = ? AND "),
};

static const char *const SOURCES[DB_REVIEW_SOURCE_N] = {
    [DB_REVIEW_FACE] = "face",
    [DB_REVIEW_CLASS] = "class",
    [DB_REVIEW_VIDEO] = "video",
    [DB_REVIEW_WATCH] = "watch",
};

static const char *const STATES[DB_REVIEW_STATE_N] = {
    [DB_REVIEW_OPEN] = "open",
    [DB_REVIEW_MATCHED] = "matched",
    [DB_REVIEW_NOBODY] = "nobody",
    [DB_REVIEW_ENDED] = "ended",
};

const char *db_review_source_name(enum db_review_source source)
{
    return (unsigned)source < DB_REVIEW_SOURCE_N ? SOURCES[source] : NULL;
}

const char *db_review_state_name(enum db_review_state state)
{
    return (unsigned)state < DB_REVIEW_STATE_N ? STATES[state] : NULL;
}

bool db_review_source_from_name(const char *name, enum db_review_source *source)
{
    const int index = base_text_index(SOURCES, DB_REVIEW_SOURCE_N, name);

    if (index >= 0)
        *source = (enum db_review_source)index;
    return index >= 0;
}

bool db_review_state_from_name(const char *name, enum db_review_state *state)
{
    const int index = base_text_index(STATES, DB_REVIEW_STATE_N, name);

    if (index >= 0)
        *state = (enum db_review_state)index;
    return index >= 0;
}

static void candidate_free(gpointer data)
{
    struct db_review_candidate *candidate = data;

    g_free(candidate->user_name);
    g_free(candidate->profile_image_url);
    g_free(candidate);
}

struct db_review *db_review_new(void)
{
    struct db_review *review = g_new0(struct db_review, 1);

    review->candidates = g_ptr_array_new_with_free_func(candidate_free);
    return review;
}

void db_review_free(struct db_review *review)
{
    if (!review)
        return;
    g_free(review->local_day);
    g_free(review->reason);
    g_free(review->course_name);
    g_free(review->user_name);
    g_free(review->settled_by_name);
    g_ptr_array_unref(review->candidates);
    g_free(review);
}

void db_review_candidate_add(struct db_review *review, const struct base_uuid *user_id,
                             double score)
{
    struct db_review_candidate *candidate = g_new0(struct db_review_candidate, 1);

    candidate->user_id = *user_id;
    candidate->score = score;
    g_ptr_array_add(review->candidates, candidate);
}

static gpointer read_review(struct db_rows *rows)
{
    struct db_review *review = db_review_new();

    review->id = db_rows_uuid(rows, 0);
    review->session_id = db_rows_uuid(rows, 1);
    review->local_day = db_rows_dup_text(rows, 2);
    review->taken_at = db_rows_time(rows, 3);
    if (!db_review_source_from_name(db_rows_text(rows, 4), &review->source))
        db_rows_fail(rows, "the source of a review");
    review->reason = db_rows_dup_text(rows, 5);
    if (!db_review_state_from_name(db_rows_text(rows, 6), &review->state))
        db_rows_fail(rows, "the state of a review");
    review->user_id = db_rows_uuid(rows, 7);
    review->attendance_id = db_rows_uuid(rows, 8);
    review->settled_by = db_rows_uuid(rows, 9);
    review->settled_at = db_rows_time(rows, 10);
    review->created_at = db_rows_time(rows, 11);
    review->updated_at = db_rows_time(rows, 12);
    review->course_id = db_rows_uuid(rows, 13);
    review->course_name = db_rows_dup_text(rows, 14);
    review->user_name = db_rows_dup_text(rows, 15);
    review->settled_by_name = db_rows_dup_text(rows, 16);
    review->has_picture = db_rows_int(rows, 17) > 0;
    return review;
}

bool db_review_insert(struct db_connection *connection, const struct db_review *review,
                      GError **error)
{
    if (!db_execute(connection, NULL, error,
                    "INSERT INTO reviews (id, session_id, local_day, taken_at, source, reason, "
                    "state, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, 'open', ?, ?)",
                    db_uuid(&review->id), db_uuid(&review->session_id), db_text(review->local_day),
                    db_time(review->taken_at), db_text(db_review_source_name(review->source)),
                    db_text(review->reason), db_time(review->created_at),
                    db_time(review->updated_at)))
        return false;
    for (guint i = 0; i < review->candidates->len; i++) {
        const struct db_review_candidate *candidate = review->candidates->pdata[i];
        if (!db_execute(connection, NULL, error,
                        "INSERT INTO review_candidates (review_id, position, user_id, score) "
                        "VALUES (?, ?, ?, ?)",
                        db_uuid(&review->id), db_int(i + 1), db_uuid(&candidate->user_id),
                        db_real(candidate->score)))
            return false;
    }
    return true;
}

bool db_review_pending(struct db_connection *connection, const struct db_review *like,
                       const struct base_uuid *user_id, base_time from, base_time to,
                       struct base_uuid *id, GError **error)
{
    const bool session = !base_uuid_is_nil(&like->session_id);
    bool found;
    g_autoptr(db_rows) rows =
        db_query(connection, error,
                 "SELECT r.id FROM review_candidates k JOIN reviews r ON r.id = k.review_id "
                 "WHERE k.user_id = ? AND k.position = 1 AND r.state = 'open' AND r.source = ? "
                 "AND (? = 0 OR r.session_id = ?) "
                 "AND (? = 0 OR (r.session_id IS NULL AND r.local_day = ?)) "
                 "AND r.taken_at >= ? AND r.taken_at <= ? ORDER BY r.taken_at DESC, r.id LIMIT 1",
                 db_uuid(user_id), db_text(db_review_source_name(like->source)), db_int(session),
                 db_uuid(&like->session_id), db_int(!session), db_text(like->local_day),
                 db_time(from), db_time(to));

    *id = (struct base_uuid){0};
    if (!db_rows_first(rows, &found, error))
        return false;
    if (found)
        *id = db_rows_uuid(rows, 0);
    return true;
}

/* ---- reading ---- */

static bool read_candidates(struct db_connection *connection, struct db_review *review,
                            GError **error)
{
    GError *problem = NULL;
    g_autoptr(db_rows) rows = db_query(connection, error,
                                       "SELECT k.user_id, k.score, u.name, u.group_id, "
                                       "u.profile_image_url "
                                       "FROM review_candidates k JOIN users u ON u.id = k.user_id "
                                       "WHERE k.review_id = ? ORDER BY k.position",
                                       db_uuid(&review->id));

    while (rows && db_rows_next(rows, &problem)) {
        const struct base_uuid id = db_rows_uuid(rows, 0);
        db_review_candidate_add(review, &id, db_rows_real(rows, 1));
        struct db_review_candidate *last = review->candidates->pdata[review->candidates->len - 1];
        last->user_name = db_rows_dup_text(rows, 2);
        last->group_id = db_rows_uuid(rows, 3);
        last->profile_image_url = db_rows_dup_text(rows, 4);
    }
    if (problem)
        g_propagate_error(error, problem);
    return rows && !problem;
}

static GPtrArray *with_candidates(struct db_connection *connection, GPtrArray *reviews,
                                  GError **error)
{
    for (guint i = 0; reviews && i < reviews->len; i++) {
        if (!read_candidates(connection, reviews->pdata[i], error))
            g_clear_pointer(&reviews, g_ptr_array_unref);
    }
    return reviews;
}

struct db_review *db_review_find(struct db_connection *connection, const struct base_uuid *id,
                                 GError **error)
{
    struct db_review *review =
        db_rows_single(db_query(connection, error, SELECT "WHERE r.id = ?", db_uuid(id)),
                       read_review, (GDestroyNotify)db_review_free, "review", error);

    if (review && !read_candidates(connection, review, error))
        g_clear_pointer(&review, db_review_free);
    return review;
}

/* Fills in the conditions and returns how many values they take. */
static gsize bind_filter(const struct db_review_filter *filter, enum scope scope,
                         struct db_value values[1 + CONDITION_VALUES])
{
    const char *state = db_review_state_name((enum db_review_state)filter->state);
    const struct db_value conditions[CONDITION_VALUES] = {
        db_asked_uuid(&filter->session_id), db_uuid(&filter->session_id),
        db_asked_uuid(&filter->course_id),  db_uuid(&filter->course_id),
        db_asked_text(filter->day),         db_text(filter->day),
        db_asked_enum(filter->state),       db_text(state),
        db_asked_uuid(&filter->teacher_id), db_uuid(&filter->teacher_id),
        db_uuid(&filter->teacher_id),
    };
    gsize n = 0;

    if (scope == SCOPE_SESSION)
        values[n++] = db_uuid(&filter->session_id);
    else if (scope == SCOPE_STATE)
        values[n++] = db_text(state);
    for (gsize i = 0; i < CONDITION_VALUES; i++)
        values[n++] = conditions[i];
    return n;
}

GPtrArray *db_review_list(struct db_connection *connection, const struct db_review_filter *filter,
                          const struct db_page *page, gint64 *total, GError **error)
{
    static const struct db_review_filter ALL = {.state = DB_ANY};
    struct db_value values[1 + CONDITION_VALUES + 2];
    enum scope scope = SCOPE_ALL;

    if (!filter)
        filter = &ALL;
    if (!base_uuid_is_nil(&filter->session_id))
        scope = SCOPE_SESSION;
    else if (filter->state != DB_ANY)
        scope = SCOPE_STATE;
    const gsize n = bind_filter(filter, scope, values);
    const struct db_list list = {
        .select = STATEMENTS[scope].list,
        .count = STATEMENTS[scope].count,
        .read = read_review,
        .destroy = (GDestroyNotify)db_review_free,
    };
    return with_candidates(connection,
                           db_list_read(connection, &list, values, n, page, total, error), error);
}

bool db_review_is_taught_by(struct db_connection *connection, const struct base_uuid *id,
                            const struct base_uuid *teacher_id, bool *taught, GError **error)
{
    gint64 count = 0;

    if (!db_query_int(connection, &count, error,
                      "SELECT COUNT(*) " FROM "WHERE r.id = ? AND " TAUGHT, db_uuid(id),
                      db_uuid(teacher_id), db_uuid(teacher_id)))
        return false;
    *taught = count > 0;
    return true;
}

GPtrArray *db_review_list_before(struct db_connection *connection, base_time before, gint64 limit,
                                 GError **error)
{
    return db_rows_collect(db_query(connection, error,
                                    SELECT "WHERE r.state = 'open' AND r.created_at < ? "
                                           "ORDER BY r.taken_at, r.id LIMIT ?",
                                    db_time(before), db_int(limit)),
                           read_review, (GDestroyNotify)db_review_free, error);
}

GPtrArray *db_review_list_candidate(struct db_connection *connection,
                                    const struct base_uuid *user_id, GError **error)
{
    return db_rows_collect(db_query(connection, error,
                                    SELECT
                                    "WHERE r.state = 'open' AND r.id IN (SELECT k.review_id "
                                    "FROM review_candidates k WHERE k.user_id = ?) ORDER BY r.id",
                                    db_uuid(user_id)),
                           read_review, (GDestroyNotify)db_review_free, error);
}

/* ---- ending ---- */

bool db_review_end(struct db_connection *connection, const struct db_review *review, bool *changed,
                   GError **error)
{
    gint64 rows = 0;

    if (!db_execute(connection, &rows, error,
                    "UPDATE reviews SET state = ?, user_id = ?, settled_by = ?, settled_at = ?, "
                    "updated_at = ? WHERE id = ? AND state = 'open'",
                    db_text(db_review_state_name(review->state)), db_uuid(&review->user_id),
                    db_uuid(&review->settled_by), db_time(review->settled_at),
                    db_time(review->updated_at), db_uuid(&review->id)))
        return false;
    *changed = rows > 0;
    return true;
}

bool db_review_mark(struct db_connection *connection, const struct base_uuid *id,
                    const struct base_uuid *attendance_id, GError **error)
{
    return db_execute(connection, NULL, error, "UPDATE reviews SET attendance_id = ? WHERE id = ?",
                      db_uuid(attendance_id), db_uuid(id));
}
