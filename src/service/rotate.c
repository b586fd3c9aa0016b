#include "auth/key_file.h"
#include "auth/seal.h"
#include "db/query/seal.h"
#include "db/query/template.h"
#include "service/images.h"
#include "service/internal.h"
#include "service/keys.h"

#include <string.h>

enum {
    /* After it every server has looked at the key file: several times what it may take. */
    KEYS_SETTLE_MS = 3 * AUTH_KEYRING_LOOK_MS,
    /* Before a key is gone for ever: also longer than it takes to commit the row of a picture. */
    KEYS_DROP_SETTLE_MS = 2000,
    /* Passes in which a server may still turn up something sealed with an older key. */
    KEYS_ROUNDS_MAX = 5,
};

static void key_name(guint32 id, char name[AUTH_KEY_ID_TEXT_SIZE])
{
    g_snprintf(name, AUTH_KEY_ID_TEXT_SIZE, "%08x", id);
}

/* ---- audit ---- */

struct audit_work {
    const struct service_identity *identity;
    const char *action;
    guint32 id;
    gint64 templates, images;
};

static bool audit_body(struct db_connection *connection, gpointer data, GError **error)
{
    const struct audit_work *work = data;
    char key[AUTH_KEY_ID_TEXT_SIZE];

    key_name(work->id, key);
    return service_audit(connection, work->identity, work->action, NULL,
                         json_pack("{s:s, s:I, s:I}", "key", key, "templates",
                                   (json_int_t)work->templates, "images", (json_int_t)work->images),
                         error);
}

static bool audit(struct service *service, struct audit_work *work, GError **error)
{
    return db_transaction(service->db, audit_body, work, error);
}

/* ---- sealing anew ---- */

struct reseal {
    struct service *service;
    struct auth_keyring *keyring; /* of the file as it is now */
    struct service_keys_rotation *rotation;
    const GPtrArray *page;
    GPtrArray *sealed;  /* GBytes * beside the page; NULL: stays as it is */
    gint64 done, total; /* templates looked at in the first pass */
    gint64 changed;     /* in this page */
    gint64 found;       /* in this pass */
};

static bool reseal_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct reseal *work = data;

    work->changed = 0;
    for (guint i = 0; i < work->page->len; i++) {
        const struct core_template *face = work->page->pdata[i];
        bool replaced = false;
        if (!work->sealed->pdata[i])
            continue;
        if (!db_seal_template_replace(connection, &face->id, face->sealed, work->sealed->pdata[i],
                                      &replaced, error))
            return false;
        work->changed += replaced;
    }
    return true;
}

/* NULL without an error when it has the current key already, or opens with none. */
static GBytes *reseal_one(struct reseal *work, guint32 current, const struct core_template *face,
                          GError **error)
{
    const struct auth_seal_context context = {
        .user = face->user_id,
        .template_id = face->id,
        .model = face->model,
    };
    gsize n = 0, plain_n = 0;
    const void *sealed = g_bytes_get_data(face->sealed, &n);
    guint32 id = current;

    if (!auth_seal_key_id(sealed, n, &id) || id == current)
        return NULL;
    g_autoptr(GBytes) plain = service_seal_open(work->keyring, face, NULL);
    if (!plain)
        return NULL;
    const void *bytes = g_bytes_get_data(plain, &plain_n);
    return auth_seal_close(work->keyring, &context, bytes, plain_n, error);
}

static void bytes_free(gpointer bytes)
{
    if (bytes)
        g_bytes_unref(bytes);
}

static bool reseal_store(struct reseal *work, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(work->service->db, error);

    /* Each statement compares what it replaces, so that nothing else needs to stand still. */
    if (!connection || !db_transaction_keyed_on(connection, reseal_body, work, error))
        return false;
    work->found += work->changed;
    work->rotation->templates += work->changed;
    return true;
}

static bool reseal_page(const GPtrArray *page, gpointer data, GError **error)
{
    struct reseal *work = data;
    g_autoptr(auth_keys) keys = auth_keyring_keys(work->keyring);
    g_autoptr(GPtrArray) sealed = g_ptr_array_new_with_free_func(bytes_free);
    bool any = false;

    for (guint i = 0; i < page->len; i++) {
        GError *problem = NULL;
        GBytes *one = reseal_one(work, auth_keys_current(keys), page->pdata[i], &problem);
        if (problem) {
            g_propagate_error(error, problem);
            return false;
        }
        any = any || one;
        g_ptr_array_add(sealed, one);
    }
    work->page = page;
    work->sealed = sealed;
    if (any && !reseal_store(work, error))
        return false;
    work->done += page->len;
    if (work->rotation->progress && work->done <= work->total)
        work->rotation->progress(work->done, work->total, work->rotation->data);
    return true;
}

static bool reseal_templates(struct reseal *work, GError **error)
{
    work->found = 0;
    return service_seals_each(work->service, reseal_page, work, error);
}

static bool fence_body(struct db_connection *connection, gpointer data, GError **error)
{
    (void)data;
    return db_seal_fence(connection, error);
}

/* Waits until every server has noticed the file, and makes those that sealed before start over. */
static bool reseal_settle(struct service *service, gulong milliseconds, GError **error)
{
    g_usleep(milliseconds * G_TIME_SPAN_MILLISECOND);
    return db_transaction(service->db, fence_body, NULL, error);
}

static bool reseal_count(struct reseal *work, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(work->service->db, error);

    return connection && db_template_count(connection, &work->total, NULL, error);
}

static bool images_need_it(struct reseal *work, bool *any, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(work->service->db, error);
    g_autoptr(GArray) counts = connection ? db_seal_images(connection, error) : NULL;
    g_autoptr(auth_keys) keys = auth_keyring_keys(work->keyring);

    for (guint i = 0; counts && i < counts->len; i++)
        *any = *any ||
               g_array_index(counts, struct db_seal_count, i).key_id != auth_keys_current(keys);
    return counts != NULL;
}

static bool reseal_images(struct reseal *work, GError **error)
{
    gint64 resealed = 0;
    bool any = false;

    work->rotation->unreadable = 0;

    /* Where none needs it the store need not be there. */
    if (!images_need_it(work, &any, error))
        return false;
    if (!any)
        return true;
    if (!service_images_reseal(work->service, &resealed, &work->rotation->unreadable, error))
        return false;
    work->found += resealed;
    work->rotation->images += resealed;
    return true;
}

/* Whether there was anything to do without a new key. */
static bool reseal_begin(struct service *service, struct auth_key_file *file,
                         struct service_keys_rotation *rotation, bool *any, GError **error)
{
    g_autoptr(auth_keyring) keyring = auth_keyring_create(auth_key_file_keys(file), NULL);
    struct reseal work = {.service = service, .keyring = keyring, .rotation = rotation};

    if (!reseal_templates(&work, error) || !reseal_images(&work, error))
        return false;
    *any = work.found > 0;
    return true;
}

/* Everything that opens gets the current key of the file. */
static bool reseal_all(struct service *service, struct auth_key_file *file,
                       struct service_keys_rotation *rotation, GError **error)
{
    g_autoptr(auth_keyring) keyring = auth_keyring_create(auth_key_file_keys(file), NULL);
    struct reseal work = {.service = service, .keyring = keyring, .rotation = rotation};

    if (!reseal_count(&work, error) || !reseal_templates(&work, error))
        return false;
    for (int round = 0; round < KEYS_ROUNDS_MAX; round++) {
        if (!reseal_settle(service, KEYS_SETTLE_MS, error) || !reseal_templates(&work, error) ||
            !reseal_images(&work, error))
            return false;
        if (work.found == 0)
            return true;
    }
    return base_fail(error, BASE_ERROR_UNAVAILABLE,
                     "Something keeps sealing with an older key: does every node have the new "
                     "key file? Copy it there and run \"presente keys rotate\" again.");
}

/* ---- rotating ---- */

static struct auth_key_file *file_open(struct service *service,
                                       const struct service_identity *identity, GError **error)
{
    g_autofree char *trouble = NULL;

    if (!service_allow_all(identity, CORE_ACTION_FACE_WRITE, error))
        return NULL;
    trouble = service_keys_trouble(service);
    if (trouble) {
        base_fail(error, BASE_ERROR_UNAVAILABLE, "%s", trouble);
        return NULL;
    }
    if (!service_keys_ready(service, error))
        return NULL;
    return auth_key_file_open(auth_keyring_path(service->keys), error);
}

/* So that this process seals with it as well. */
static void take_over(struct service *service, guint32 id)
{
    auth_keys_unref(auth_keyring_keys_with(service->keys, id));
}

static bool rotate_to_fresh(struct service *service, struct auth_key_file *file,
                            struct service_keys_rotation *rotation, GError **error)
{
    bool unfinished = false;

    /* What was interrupted is finished first: then keys never pile up by trying again. */
    if (!reseal_begin(service, file, rotation, &unfinished, error))
        return false;
    rotation->resumed = unfinished;
    if (!unfinished && !auth_key_file_add(file, true, &rotation->id, error))
        return false;
    take_over(service, auth_keys_current(auth_key_file_keys(file)));
    return reseal_all(service, file, rotation, error);
}

static bool rotate_in(struct service *service, struct auth_key_file *file,
                      struct service_keys_rotation *rotation, GError **error)
{
    switch (rotation->step) {
    case SERVICE_KEYS_PREPARE:
        return auth_key_file_add(file, false, &rotation->id, error);
    case SERVICE_KEYS_USE:
        return auth_key_file_make_current(file, rotation->id, error) &&
               reseal_all(service, file, rotation, error);
    case SERVICE_KEYS_ROTATE:
        break;
    }
    return rotate_to_fresh(service, file, rotation, error);
}

bool service_keys_rotate(struct service *service, const struct service_identity *identity,
                         struct service_keys_rotation *rotation, GError **error)
{
    static const char *const ACTIONS[] = {
        [SERVICE_KEYS_ROTATE] = "keys.rotate",
        [SERVICE_KEYS_PREPARE] = "keys.prepare",
        [SERVICE_KEYS_USE] = "keys.rotate",
    };
    g_autoptr(auth_key_file) file = file_open(service, identity, error);
    struct service_keys_report report;

    rotation->templates = rotation->images = rotation->unreadable = 0;
    rotation->resumed = false;
    if (!file || !rotate_in(service, file, rotation, error))
        return false;
    if (rotation->step != SERVICE_KEYS_PREPARE)
        rotation->id = auth_keys_current(auth_key_file_keys(file));
    take_over(service, rotation->id);
    struct audit_work entry = {identity, ACTIONS[rotation->step], rotation->id, rotation->templates,
                               rotation->images};
    if (!audit(service, &entry, error) || !service_keys_report(service, &report, error))
        return false;
    /* A picture may fail although its key is there: its bytes are damaged or gone. */
    rotation->unreadable =
        report.templates_unreadable + MAX(rotation->unreadable, report.images_unreadable);
    service_keys_report_clear(&report);
    return true;
}

/* ---- dropping ---- */

/* Templates that no key opens are in nobody's way; neither are those whose key is not this one. */
struct drop {
    struct service *service;
    guint32 id;
    gint64 templates;
};

static bool drop_page(const GPtrArray *page, gpointer data, GError **error)
{
    struct drop *drop = data;

    (void)error;
    for (guint i = 0; i < page->len; i++) {
        const struct core_template *face = page->pdata[i];
        gsize n = 0;
        guint32 id = 0;
        const void *sealed = g_bytes_get_data(face->sealed, &n);
        if (!auth_seal_key_id(sealed, n, &id) || id != drop->id)
            continue;
        g_autoptr(GBytes) plain = service_seal_open(drop->service->keys, face, NULL);
        drop->templates += plain != NULL;
    }
    return true;
}

static bool drop_images(struct service *service, guint32 id, gint64 *images, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    g_autoptr(GArray) counts = connection ? db_seal_images(connection, error) : NULL;

    *images = 0;
    for (guint i = 0; counts && i < counts->len; i++) {
        const struct db_seal_count *count = &g_array_index(counts, struct db_seal_count, i);
        if (count->key_id == id)
            *images = count->images;
    }
    return counts != NULL;
}

/* The file is locked: nobody makes another key current meanwhile. */
static bool drop_unused(struct service *service, guint32 id, GError **error)
{
    struct drop drop = {.service = service, .id = id};
    gint64 images = 0;

    if (!reseal_settle(service, KEYS_DROP_SETTLE_MS, error) ||
        !service_seals_each(service, drop_page, &drop, error) ||
        !drop_images(service, id, &images, error))
        return false;
    return drop.templates + images == 0 ||
           base_fail(error, BASE_ERROR_CONFLICT,
                     "%" G_GINT64_FORMAT " faces and %" G_GINT64_FORMAT
                     " pictures are still sealed with the key %08x: run \"presente keys "
                     "rotate\" first; \"presente images check\" names pictures that are "
                     "damaged.",
                     drop.templates, images, id);
}

bool service_keys_drop(struct service *service, const struct service_identity *identity, guint32 id,
                       GError **error)
{
    g_autoptr(auth_key_file) file = file_open(service, identity, error);
    struct audit_work entry = {.identity = identity, .action = "keys.drop", .id = id};

    if (!file)
        return false;
    /* One that cannot be dropped is said without waiting. */
    if (auth_keys_has(auth_key_file_keys(file), id) &&
        id != auth_keys_current(auth_key_file_keys(file)) && !drop_unused(service, id, error))
        return false;
    return auth_key_file_drop(file, id, error) && audit(service, &entry, error);
}

/* ---- a key that is lost for good ---- */

void service_keys_replacement_clear(struct service_keys_replacement *replacement)
{
    g_free(replacement->kept);
    *replacement = (struct service_keys_replacement){0};
}

struct purge {
    struct service *service;
    struct auth_keyring *keyring; /* of the new file */
    const GPtrArray *page;
    gint64 deleted; /* of this page */
    gint64 all;
};

static bool purge_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct purge *purge = data;

    purge->deleted = 0;
    for (guint i = 0; i < purge->page->len; i++) {
        const struct core_template *face = purge->page->pdata[i];
        g_autoptr(GBytes) plain = service_seal_open(purge->keyring, face, NULL);
        bool deleted = false;
        if (!plain && !db_seal_template_delete(connection, face, &deleted, error))
            return false;
        purge->deleted += deleted;
    }
    return true;
}

static bool purge_page(const GPtrArray *page, gpointer data, GError **error)
{
    struct purge *purge = data;

    purge->page = page;
    if (!db_transaction(purge->service->db, purge_body, purge, error))
        return false;
    purge->all += purge->deleted;
    return true;
}

struct purge_images {
    struct auth_keys *keys;
    gint64 deleted;
};

static bool purge_images_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct purge_images *purge = data;
    g_autoptr(GArray) counts = db_seal_images(connection, error);

    purge->deleted = 0;
    for (guint i = 0; counts && i < counts->len; i++) {
        const struct db_seal_count *count = &g_array_index(counts, struct db_seal_count, i);
        gint64 deleted = 0;
        if (auth_keys_has(purge->keys, count->key_id))
            continue;
        if (!db_seal_images_delete(connection, count->key_id, &deleted, error))
            return false;
        purge->deleted += deleted;
    }
    return counts != NULL;
}

/* Pictures of faces that go with their template are counted as pictures, so they go first. */
static bool replace_purge(struct service *service, struct service_keys_replacement *replacement,
                          GError **error)
{
    g_autoptr(auth_keys) keys = auth_keys_load(auth_keyring_path(service->keys), error);
    if (!keys)
        return false;
    g_autoptr(auth_keyring) keyring = auth_keyring_create(keys, NULL);
    struct purge_images images = {.keys = keys};
    struct purge faces = {.service = service, .keyring = keyring};

    replacement->id = auth_keys_current(keys);
    if (!db_transaction(service->db, purge_images_body, &images, error) ||
        !service_seals_each(service, purge_page, &faces, error))
        return false;
    replacement->images = images.deleted;
    replacement->templates = faces.all;
    take_over(service, replacement->id);
    return true;
}

bool service_keys_replace(struct service *service, const struct service_identity *identity,
                          struct service_keys_replacement *replacement, GError **error)
{
    bool fit = false;

    *replacement = (struct service_keys_replacement){0};
    /* A database that cannot be asked says nothing about the key. */
    if (!service_allow_all(identity, CORE_ACTION_FACE_WRITE, error) ||
        !service_keys_fit(service, &fit, error))
        return false;
    if (fit)
        return base_fail(error, BASE_ERROR_CONFLICT,
                         "The key file %s is in order: there is nothing to replace.",
                         auth_keyring_path(service->keys));
    if (!auth_key_file_replace(auth_keyring_path(service->keys), &replacement->kept, error) ||
        !replace_purge(service, replacement, error)) {
        service_keys_replacement_clear(replacement);
        return false;
    }
    struct audit_work entry = {identity, "keys.replace", replacement->id, replacement->templates,
                               replacement->images};
    return audit(service, &entry, error);
}
