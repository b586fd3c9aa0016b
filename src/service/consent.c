#include "service/consent.h"

#include "db/query/consent.h"
#include "db/query/setting.h"
#include "db/query/template.h"
#include "db/query/user.h"
#include "service/consent_text.h"
#include "service/gallery.h"
#include "service/internal.h"
#include "service/picture.h"
#include "service/reviews.h"

#include <string.h>

#define REQUIRED_SETTING "consent.required"

enum { DEFAULT_VERSION = 1 };

static const char *const STATES[] = {
    [SERVICE_CONSENT_NONE] = "none",
    [SERVICE_CONSENT_STANDING] = "standing",
    [SERVICE_CONSENT_WITHDRAWN] = "withdrawn",
};

const char *service_consent_state_name(enum service_consent_state state)
{
    return STATES[state];
}

void service_consent_text_free(struct service_consent_text *text)
{
    if (!text)
        return;
    g_free(text->en);
    g_free(text->es);
    g_free(text);
}

void service_consent_free(struct service_consent *consent)
{
    if (!consent)
        return;
    g_free(consent->voucher_name);
    g_free(consent);
}

/* Takes the problem when there is simply nothing; false otherwise, with the error passed on. */
static bool is_absent(GError *problem, GError **error)
{
    if (g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND)) {
        g_error_free(problem);
        return true;
    }
    g_propagate_error(error, problem);
    return false;
}

/* ---- the text ---- */

/* It is required unless somebody switched that off. */
static bool read_required(struct db_connection *connection, bool *required, GError **error)
{
    g_autofree char *value = NULL;

    if (!db_setting_get(connection, REQUIRED_SETTING, &value, error))
        return false;
    *required = g_strcmp0(value, "false") != 0;
    return true;
}

static struct service_consent_text *text_on(struct db_connection *connection, gint64 version,
                                            GError **error)
{
    GError *problem = NULL;
    bool required = true;

    if (!read_required(connection, &required, error))
        return NULL;
    g_autoptr(db_consent_text) row = db_consent_text_find(connection, version, &problem);
    const bool is_default = !row && version <= DEFAULT_VERSION &&
                            g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND);
    if (!row && !is_default) {
        g_propagate_error(error, problem);
        return NULL;
    }
    g_clear_error(&problem);
    struct service_consent_text *text = g_new0(struct service_consent_text, 1);
    *text = (struct service_consent_text){
        .version = row ? row->version : DEFAULT_VERSION,
        .en = row ? g_steal_pointer(&row->en) : g_strdup(SERVICE_CONSENT_DEFAULT_EN),
        .es = row ? g_steal_pointer(&row->es) : g_strdup(SERVICE_CONSENT_DEFAULT_ES),
        .required = required,
        .created_at = row ? row->created_at : 0,
    };
    return text;
}

struct service_consent_text *service_consent_text_read(struct service *service, gint64 version,
                                                       GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    return connection ? text_on(connection, version, error) : NULL;
}

/* The version that counts now; the program's own text is stored as soon as it matters, so that
 * another program's does not take its place. */
static bool keep_text(struct db_connection *connection, gint64 *version, GError **error)
{
    g_autoptr(service_consent_text) text = text_on(connection, 0, error);

    if (!text)
        return false;
    *version = text->version;
    if (text->created_at)
        return true;
    const struct db_consent_text row = {
        .version = text->version, .en = text->en, .es = text->es, .created_at = base_time_now()};
    return db_consent_text_insert(connection, &row, error);
}

/* ---- changing it ---- */

struct set_work {
    const struct service_identity *identity;
    const char *en, *es; /* as they are stored */
    const bool *required;
};

/* Paragraphs are kept, what surrounds the text is not. */
static char *read_text(const char *given, GError **error)
{
    g_autofree char *text = g_strdup(given);

    g_strstrip(text);
    bool ok = g_utf8_validate(text, -1, NULL) && *text &&
              g_utf8_strlen(text, -1) <= SERVICE_CONSENT_TEXT_MAX;
    for (const char *at = text; ok && *at; at = g_utf8_next_char(at)) {
        const gunichar c = g_utf8_get_char(at);
        ok = c == '\n' || c == '\r' || c == '\t' || !g_unichar_iscntrl(c);
    }
    if (ok)
        return g_steal_pointer(&text);
    base_fail(error, BASE_ERROR_INVALID,
              "text must be in English and in Spanish, each of 1 to %d characters.",
              SERVICE_CONSENT_TEXT_MAX);
    return NULL;
}

static bool store_text(struct db_connection *connection, const struct set_work *work,
                       json_t *details, GError **error)
{
    g_autoptr(service_consent_text) before = text_on(connection, 0, error);

    if (!before)
        return false;
    if (!work->en || (strcmp(before->en, work->en) == 0 && strcmp(before->es, work->es) == 0))
        return true;
    const struct db_consent_text row = {
        .version = before->version + 1,
        .en = (char *)work->en,
        .es = (char *)work->es,
        .created_at = base_time_now(),
        .created_by = work->identity->user_id,
    };
    json_object_set_new(details, "version", json_integer(row.version));
    return db_consent_text_insert(connection, &row, error);
}

static bool store_required(struct db_connection *connection, const struct set_work *work,
                           json_t *details, GError **error)
{
    bool before = true;

    if (!read_required(connection, &before, error))
        return false;
    if (!work->required || *work->required == before)
        return true;
    const char *value = *work->required ? "true" : "false";
    service_change_note(details, "required", before ? "true" : "false", value);
    return db_setting_set(connection, REQUIRED_SETTING, value, base_time_now(), error);
}

static bool set_body(struct db_connection *connection, gpointer data, GError **error)
{
    const struct set_work *work = data;
    g_autoptr(json_t) details = json_object();

    if (!store_text(connection, work, details, error) ||
        !store_required(connection, work, details, error))
        return false;
    return json_object_size(details) == 0 ||
           service_audit(connection, work->identity, "consent.text",
                         &work->identity->institution_id, g_steal_pointer(&details), error);
}

struct service_consent_text *service_consent_set(struct service *service,
                                                 const struct service_identity *identity,
                                                 const struct service_consent_input *input,
                                                 GError **error)
{
    g_autofree char *en = NULL, *es = NULL;

    if (!service_allow_all(identity, CORE_ACTION_SETTING_WRITE, error))
        return NULL;
    if (input->en || input->es) {
        en = read_text(input->en ? input->en : "", error);
        es = en ? read_text(input->es ? input->es : "", error) : NULL;
        if (!es)
            return NULL;
    }
    struct set_work work = {identity, en, es, input->required};
    return db_transaction(service->db, set_body, &work, error)
               ? service_consent_text_read(service, 0, error)
               : NULL;
}

/* ---- somebody's consent ---- */

/* NULL without an error when there is none. */
static struct db_consent *latest(struct db_connection *connection, const struct base_uuid *user_id,
                                 bool *ok, GError **error)
{
    GError *problem = NULL;
    struct db_consent *consent = db_consent_find(connection, user_id, &problem);

    *ok = consent || is_absent(problem, error);
    return consent;
}

bool service_consent_withdrawn_on(struct db_connection *connection, const struct base_uuid *user_id,
                                  bool *withdrawn, GError **error)
{
    bool ok;
    g_autoptr(db_consent) consent = latest(connection, user_id, &ok, error);

    *withdrawn = consent && consent->state == DB_CONSENT_WITHDRAWN;
    return ok;
}

static void fill(struct service_consent *shown, struct db_consent *row)
{
    if (!row)
        return;
    shown->state =
        row->state == DB_CONSENT_WITHDRAWN ? SERVICE_CONSENT_WITHDRAWN : SERVICE_CONSENT_STANDING;
    shown->version = row->version;
    shown->given_at = row->given_at;
    shown->vouched = row->vouched;
    shown->voucher_name = g_steal_pointer(&row->voucher_name);
    shown->receipt =
        (struct service_consent_receipt){row->erased_faces, row->erased_images, row->ended_at};
}

static struct service_consent *find_on(struct db_connection *connection,
                                       const struct base_uuid *user_id, GError **error)
{
    bool ok;
    g_autoptr(service_consent_text) text = text_on(connection, 0, error);
    g_autoptr(db_consent) row = text ? latest(connection, user_id, &ok, error) : NULL;

    if (!text || !ok)
        return NULL;
    struct service_consent *consent = g_new0(struct service_consent, 1);
    consent->current_version = text->version;
    consent->required = text->required;
    fill(consent, row);
    return consent;
}

struct service_consent *service_consent_find(struct service *service,
                                             const struct service_identity *identity,
                                             const struct base_uuid *user_id, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    if (!connection || !service_allow(connection, identity, CORE_ACTION_FACE_WRITE, user_id, error))
        return NULL;
    g_autoptr(core_user) user = db_user_find(connection, user_id, error);
    return user ? find_on(connection, user_id, error) : NULL;
}

/* Stores that they agreed to the text that counts, in place of an earlier one. */
static bool insert_standing(struct db_connection *connection, const struct base_uuid *user_id,
                            const struct service_identity *voucher, GError **error)
{
    const base_time now = base_time_now();
    const struct db_consent before = {
        .user_id = *user_id, .state = DB_CONSENT_REPLACED, .ended_at = now};
    struct db_consent consent = {
        .user_id = *user_id,
        .state = DB_CONSENT_STANDING,
        .vouched = voucher != NULL,
        .given_at = now,
    };

    if (voucher)
        consent.vouched_by = voucher->user_id;
    base_uuid_new(&consent.id);
    return keep_text(connection, &consent.version, error) &&
           db_consent_end(connection, &before, NULL, error) &&
           db_consent_insert(connection, &consent, error);
}

static bool check_version(const struct service_consent_text *text, gint64 version, GError **error)
{
    return version == text->version ||
           base_fail(error, BASE_ERROR_CONFLICT,
                     "consent_version is not that of the text as it is now; please read it "
                     "again.");
}

bool service_consent_check_on(struct db_connection *connection, gint64 version, GError **error)
{
    g_autoptr(service_consent_text) text = text_on(connection, 0, error);

    if (!text)
        return false;
    if (version != 0)
        return check_version(text, version, error);
    return !text->required ||
           base_fail(error, BASE_ERROR_INVALID,
                     "consent_version is missing: nobody's face is stored without consent.");
}

bool service_consent_register_on(struct db_connection *connection, const struct base_uuid *user_id,
                                 gint64 version, GError **error)
{
    if (!service_consent_check_on(connection, version, error))
        return false;
    return version == 0 ||
           (insert_standing(connection, user_id, NULL, error) &&
            service_audit(connection, NULL, "consent.give", user_id,
                          json_pack("{s:I}", "version", (json_int_t)version), error));
}

/* ---- enrolling ---- */

/* A person enrols themselves by their own consent alone. */
static bool enrol_self(struct db_connection *connection, bool withdrawn, GError **error)
{
    bool required = true;

    if (!read_required(connection, &required, error))
        return false;
    return (!required && !withdrawn) ||
           base_fail(error, BASE_ERROR_CONFLICT,
                     "Before your photos are stored, please read and accept the consent.");
}

bool service_consent_enrol_on(struct db_connection *connection,
                              const struct service_identity *identity,
                              const struct base_uuid *user_id, GError **error)
{
    bool ok;

    if (!identity)
        return true; /* a registration, which asked by itself */
    g_autoptr(db_consent) consent = latest(connection, user_id, &ok, error);
    if (!ok)
        return false;
    if (consent && consent->state == DB_CONSENT_STANDING)
        return true;
    if (base_uuid_equal(&identity->user_id, user_id))
        return enrol_self(connection, consent != NULL, error);
    if (consent)
        return base_fail(error, BASE_ERROR_CONFLICT,
                         "This person withdrew their consent; only they can give it again.");
    return insert_standing(connection, user_id, identity, error) &&
           service_audit(connection, identity, "consent.vouch", user_id, NULL, error);
}

/* ---- giving and withdrawing ---- */

struct give_work {
    const struct service_identity *identity;
    gint64 version;
    struct service_consent *consent; /* as it is afterwards */
};

static bool give_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct give_work *work = data;
    const struct base_uuid *me = &work->identity->user_id;
    bool ok;

    g_clear_pointer(&work->consent, service_consent_free);
    g_autoptr(core_user) user = db_user_find(connection, me, error);
    g_autoptr(service_consent_text) text = user ? text_on(connection, 0, error) : NULL;
    if (!text || !check_version(text, work->version, error))
        return false;
    g_autoptr(db_consent) before = latest(connection, me, &ok, error);
    if (!ok)
        return false;
    const bool stands = before && before->state == DB_CONSENT_STANDING && !before->vouched &&
                        before->version == work->version;
    if (!stands &&
        (!insert_standing(connection, me, NULL, error) ||
         !service_audit(connection, work->identity, "consent.give", me,
                        json_pack("{s:I}", "version", (json_int_t)work->version), error)))
        return false;
    work->consent = find_on(connection, me, error);
    return work->consent != NULL;
}

struct service_consent *service_consent_give(struct service *service,
                                             const struct service_identity *identity,
                                             gint64 version, GError **error)
{
    struct give_work work = {identity, version, NULL};

    if (db_transaction(service->db, give_body, &work, error))
        return work.consent;
    service_consent_free(work.consent);
    return NULL;
}

struct withdraw_work {
    const struct service_identity *identity;
    struct service_consent_receipt receipt;
    GPtrArray *blobs; /* of the pictures that go */
};

/* Erases in the caller's transaction and fills in the numbers. */
static bool erase_face(struct db_connection *connection, struct withdraw_work *work,
                       struct db_consent *end, GError **error)
{
    const struct base_uuid *me = &work->identity->user_id;
    char id[BASE_UUID_TEXT_SIZE];
    g_autofree char *path = g_strdup_printf("/users/%s/image", base_uuid_format(me, id));

    g_ptr_array_set_size(work->blobs, 0);
    return service_blobs_of(connection, me, CORE_IMAGE_N, NULL, work->blobs, error) &&
           service_reviews_forget(connection, me, work->blobs, error) &&
           service_duplicate_forget_on(connection, me, error) &&
           db_consent_erase_face(connection, me, path, &end->erased_faces, &end->erased_images,
                                 error) &&
           db_face_revision_bump(connection, me, error);
}

/* Ends the consent that stands, or notes that there shall be none. */
static bool note_withdrawal(struct db_connection *connection, struct db_consent *end,
                            GError **error)
{
    bool changed = false;

    if (!db_consent_end(connection, end, &changed, error))
        return false;
    base_uuid_new(&end->id);
    return changed || db_consent_insert(connection, end, error);
}

static bool withdraw_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct withdraw_work *work = data;
    const struct base_uuid *me = &work->identity->user_id;
    bool ok;
    struct db_consent end = {
        .user_id = *me, .state = DB_CONSENT_WITHDRAWN, .ended_at = base_time_now()};

    g_autoptr(core_user) user = db_user_find(connection, me, error);
    g_autoptr(db_consent) before = user ? latest(connection, me, &ok, error) : NULL;
    if (!user || !ok || !erase_face(connection, work, &end, error))
        return false;
    if (before && before->state == DB_CONSENT_WITHDRAWN && !end.erased_faces &&
        !end.erased_images) {
        work->receipt = (struct service_consent_receipt){before->erased_faces,
                                                         before->erased_images, before->ended_at};
        return true;
    }
    work->receipt =
        (struct service_consent_receipt){end.erased_faces, end.erased_images, end.ended_at};
    return note_withdrawal(connection, &end, error) &&
           service_audit(connection, work->identity, "consent.withdraw", me,
                         json_pack("{s:I, s:I}", "faces", (json_int_t)end.erased_faces, "images",
                                   (json_int_t)end.erased_images),
                         error);
}

bool service_consent_withdraw(struct service *service, const struct service_identity *identity,
                              struct service_consent_receipt *receipt, GError **error)
{
    g_autoptr(GPtrArray) blobs = g_ptr_array_new_with_free_func(g_free);
    struct withdraw_work work = {.identity = identity, .blobs = blobs};

    if (!db_transaction(service->db, withdraw_body, &work, error))
        return false;
    service_blobs_delete(service, blobs);
    service_gallery_refresh(service);
    *receipt = work.receipt;
    return true;
}
