#include "db/query/consent.h"

#include "base/text.h"
#include "db/driver.h"
#include "db/query/row.h"

static const char *const STATES[DB_CONSENT_STATE_N] = {
    [DB_CONSENT_STANDING] = "standing",
    [DB_CONSENT_REPLACED] = "replaced",
    [DB_CONSENT_WITHDRAWN] = "withdrawn",
};

static bool state_from_name(const char *name, enum db_consent_state *state)
{
    const int index = base_text_index(STATES, DB_CONSENT_STATE_N, name);

    if (index >= 0)
        *state = (enum db_consent_state)index;
    return index >= 0;
}

/* ---- texts ---- */

void db_consent_text_free(struct db_consent_text *text)
{
    if (!text)
        return;
    g_free(text->en);
    g_free(text->es);
    g_free(text);
}

static gpointer read_text(struct db_rows *rows)
{
    struct db_consent_text *text = g_new0(struct db_consent_text, 1);

    text->version = db_rows_int(rows, 0);
    text->en = db_rows_dup_text(rows, 1);
    text->es = db_rows_dup_text(rows, 2);
    text->created_at = db_rows_time(rows, 3);
    text->created_by = db_rows_uuid(rows, 4);
    return text;
}

struct db_consent_text *db_consent_text_find(struct db_connection *connection, gint64 version,
                                             GError **error)
{
    return db_rows_single(db_query(connection, error,
                                   "SELECT version, text_en, text_es, created_at, created_by "
                                   "FROM consent_texts WHERE ? = 0 OR version = ? "
                                   "ORDER BY version DESC LIMIT 1",
                                   db_int(version), db_int(version)),
                          read_text, (GDestroyNotify)db_consent_text_free, "text of consent",
                          error);
}

bool db_consent_text_insert(struct db_connection *connection, const struct db_consent_text *text,
                            GError **error)
{
    return db_execute(connection, NULL, error,
                      "INSERT INTO consent_texts (version, text_en, text_es, created_at, "
                      "created_by) VALUES (?, ?, ?, ?, ?)",
                      db_int(text->version), db_text(text->en), db_text(text->es),
                      db_time(text->created_at), db_uuid(&text->created_by));
}

/* ---- consents ---- */

void db_consent_free(struct db_consent *consent)
{
    if (!consent)
        return;
    g_free(consent->voucher_name);
    g_free(consent);
}

static gpointer read_consent(struct db_rows *rows)
{
    struct db_consent *consent = g_new0(struct db_consent, 1);

    consent->id = db_rows_uuid(rows, 0);
    consent->user_id = db_rows_uuid(rows, 1);
    consent->version = db_rows_int(rows, 2);
    if (!state_from_name(db_rows_text(rows, 3), &consent->state))
        db_rows_fail(rows, "the state of a consent");
    consent->vouched = g_strcmp0(db_rows_text(rows, 4), "administrator") == 0;
    consent->vouched_by = db_rows_uuid(rows, 5);
    consent->given_at = db_rows_time(rows, 6);
    consent->ended_at = db_rows_time(rows, 7);
    consent->erased_faces = db_rows_int(rows, 8);
    consent->erased_images = db_rows_int(rows, 9);
    consent->voucher_name = db_rows_dup_text(rows, 10);
    return consent;
}

struct db_consent *db_consent_find(struct db_connection *connection,
                                   const struct base_uuid *user_id, GError **error)
{
    return db_rows_single(
        db_query(connection, error,
                 "SELECT c.id, c.user_id, c.version, c.state, c.given_by, c.vouched_by, "
                 "c.given_at, c.ended_at, c.erased_faces, c.erased_images, v.name "
                 "FROM consents c LEFT JOIN users v ON v.id = c.vouched_by "
                 "WHERE c.user_id = ? "
                 "ORDER BY CASE WHEN c.standing_of IS NULL THEN 1 ELSE 0 END, c.id DESC LIMIT 1",
                 db_uuid(user_id)),
        read_consent, (GDestroyNotify)db_consent_free, "consent", error);
}

/* The receipt's numbers belong to a withdrawal alone. */
static struct db_value erased(const struct db_consent *consent, gint64 number)
{
    return consent->state == DB_CONSENT_WITHDRAWN ? db_int(number) : db_null();
}

bool db_consent_insert(struct db_connection *connection, const struct db_consent *consent,
                       GError **error)
{
    const bool stands = consent->state == DB_CONSENT_STANDING;

    return db_execute(
        connection, NULL, error,
        "INSERT INTO consents (id, user_id, standing_of, version, state, given_by, "
        "vouched_by, given_at, ended_at, erased_faces, erased_images) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        db_uuid(&consent->id), db_uuid(&consent->user_id),
        stands ? db_uuid(&consent->user_id) : db_null(),
        consent->version ? db_int(consent->version) : db_null(), db_text(STATES[consent->state]),
        db_text(consent->vouched ? "administrator" : "person"), db_uuid(&consent->vouched_by),
        db_time_or_null(consent->given_at), db_time_or_null(consent->ended_at),
        erased(consent, consent->erased_faces), erased(consent, consent->erased_images));
}

bool db_consent_end(struct db_connection *connection, const struct db_consent *consent,
                    bool *changed, GError **error)
{
    gint64 rows = 0;

    if (!db_execute(connection, &rows, error,
                    "UPDATE consents SET state = ?, standing_of = NULL, ended_at = ?, "
                    "erased_faces = ?, erased_images = ? WHERE standing_of = ?",
                    db_text(STATES[consent->state]), db_time(consent->ended_at),
                    erased(consent, consent->erased_faces), erased(consent, consent->erased_images),
                    db_uuid(&consent->user_id)))
        return false;
    if (changed)
        *changed = rows > 0;
    return true;
}

/* ---- what goes with a withdrawal ---- */

/* The statements take the person's id. */
static const char *const OF_THE_FACE[] = {
    "DELETE FROM images WHERE user_id = ?",
    "DELETE FROM face_templates WHERE user_id = ?",
    "DELETE FROM photo_imports WHERE user_id = ?",
    "DELETE FROM review_candidates WHERE user_id = ?",
    "DELETE FROM lookalikes WHERE first_id = ?",
    "DELETE FROM lookalikes WHERE second_id = ?",
    "DELETE FROM duplicates WHERE user_id = ?",
    "DELETE FROM duplicates WHERE other_id = ?",
};

bool db_consent_erase_face(struct db_connection *connection, const struct base_uuid *user_id,
                           const char *image_path, gint64 *faces, gint64 *images, GError **error)
{
    if (!db_query_int(connection, faces, error,
                      "SELECT COUNT(*) FROM face_templates WHERE user_id = ?", db_uuid(user_id)) ||
        !db_query_int(connection, images, error, "SELECT COUNT(*) FROM images WHERE user_id = ?",
                      db_uuid(user_id)))
        return false;
    for (gsize i = 0; i < G_N_ELEMENTS(OF_THE_FACE); i++)
        if (!db_execute(connection, NULL, error, OF_THE_FACE[i], db_uuid(user_id)))
            return false;
    return db_execute(connection, NULL, error,
                      "UPDATE users SET profile_image_url = NULL "
                      "WHERE id = ? AND profile_image_url = ?",
                      db_uuid(user_id), db_text(image_path));
}
