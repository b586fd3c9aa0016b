#include "service/keys.h"

#include "auth/seal.h"
#include "db/query/seal.h"
#include "db/query/user.h"
#include "service/internal.h"

enum {
    KEYS_PAGE = 200, /* templates in memory and in a transaction at once */
    KEYS_JUDGE_ATTEMPTS = 3,
    KEYS_EXAMPLES_MAX = 5,
};

GBytes *service_seal_open(struct auth_keyring *keyring, const struct core_template *face,
                          GError **error)
{
    const struct auth_seal_context context = {
        .user = face->user_id,
        .template_id = face->id,
        .model = face->model,
    };
    gsize n = 0;
    const void *sealed = g_bytes_get_data(face->sealed, &n);

    return auth_seal_open(keyring, &context, sealed, n, error);
}

static GPtrArray *seals_page(struct service *service, const struct base_uuid *after, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    return connection ? db_seal_templates(connection, after, KEYS_PAGE, error) : NULL;
}

bool service_seals_each(struct service *service, service_seals_page visit, gpointer data,
                        GError **error)
{
    struct base_uuid after = {0};

    for (;;) {
        GError *problem = NULL;
        g_autoptr(GPtrArray) page = seals_page(service, &after, error);
        if (!page)
            return false;
        if (page->len == 0)
            return true;
        after = ((const struct core_template *)page->pdata[page->len - 1])->id;
        if (visit(page, data, &problem))
            continue;
        if (!problem)
            return true;
        g_propagate_error(error, problem);
        return false;
    }
}

/* ---- whether the keys fit ---- */

char *service_keys_advice(const char *problem)
{
    return g_strdup_printf(
        "%s Faces are off: no face and no picture can be read, and nobody can be enrolled. The "
        "register works. Put the key file of this database back from its backup; it is taken over "
        "without a restart. If it is lost for good, \"presente keys replace\" makes a new one, and "
        "people must enrol again.",
        problem);
}

struct fit {
    struct auth_keyring *keyring;
    gint64 seen;
    bool opened; /* one is enough */
};

static bool fit_page(const GPtrArray *page, gpointer data, GError **error)
{
    struct fit *fit = data;

    (void)error;
    for (guint i = 0; i < page->len; i++) {
        g_autoptr(GBytes) plain = service_seal_open(fit->keyring, page->pdata[i], NULL);
        fit->seen++;
        fit->opened = plain != NULL;
        if (fit->opened)
            return false;
    }
    return true;
}

static bool fit_images(struct service *service, struct fit *fit, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    g_autoptr(GArray) counts = connection ? db_seal_images(connection, error) : NULL;
    g_autoptr(auth_keys) keys = auth_keyring_keys(fit->keyring);

    for (guint i = 0; counts && i < counts->len; i++) {
        const struct db_seal_count *count = &g_array_index(counts, struct db_seal_count, i);
        fit->seen += count->images;
        fit->opened = fit->opened || auth_keys_has(keys, count->key_id);
    }
    return counts != NULL;
}

static bool faces_revision(struct service *service, gint64 *revision, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    return connection && db_face_revision(connection, revision, error);
}

static bool keys_judge(struct service *service, uint64_t version, GError **error)
{
    struct fit fit = {.keyring = service->keys};
    g_autofree char *why = NULL;
    gint64 revision = 0;

    if (!faces_revision(service, &revision, error) ||
        !service_seals_each(service, fit_page, &fit, error) ||
        (!fit.opened && !fit_images(service, &fit, error)))
        return false;
    if (!fit.opened && fit.seen > 0) {
        g_autofree char *problem = g_strdup_printf(
            "The key file %s opens none of the %" G_GINT64_FORMAT " stored faces and pictures: it "
            "belongs to another database, or the database is damaged.",
            auth_keyring_path(service->keys), fit.seen);
        why = service_keys_advice(problem);
    }
    __atomic_store_n(&service->judged_revision, revision, __ATOMIC_RELEASE);
    auth_keyring_judge(service->keys, version, why);
    return true;
}

/* Refused keys are judged again once anybody's faces have changed: those that did not open may have
 * been deleted. */
static bool keys_stay_refused(struct service *service, bool *stay, GError **error)
{
    g_autoptr(auth_keys) keys = auth_keyring_file_keys(service->keys);
    gint64 revision = 0;

    *stay = true;
    if (!keys)
        return true;
    if (!faces_revision(service, &revision, error))
        return false;
    *stay = revision == __atomic_load_n(&service->judged_revision, __ATOMIC_ACQUIRE);
    return true;
}

bool service_keys_fit(struct service *service, bool *fit, GError **error)
{
    *fit = false;
    for (int attempt = 0; attempt < KEYS_JUDGE_ATTEMPTS; attempt++) {
        uint64_t version = 0;
        bool stay = false;
        const enum auth_keyring_state state = auth_keyring_look(service->keys, &version, NULL);
        *fit = state == AUTH_KEYRING_TRUSTED;
        if (state == AUTH_KEYRING_REFUSED && !keys_stay_refused(service, &stay, error))
            return false;
        if (*fit || stay)
            return true;
        if (!keys_judge(service, version, error))
            return false;
    }
    return base_fail(error, BASE_ERROR_UNAVAILABLE,
                     "The key file is being changed at the moment. Please try again.");
}

bool service_keys_ready(struct service *service, GError **error)
{
    bool fit = false;

    return service_keys_fit(service, &fit, error) &&
           (fit ||
            base_fail(error, BASE_ERROR_UNAVAILABLE,
                      "Faces and pictures are switched off at the moment: the key that opens "
                      "them is missing. Please tell an administrator."));
}

char *service_keys_trouble(struct service *service)
{
    char *why = NULL;

    if (!service_keys_ready(service, NULL))
        auth_keyring_look(service->keys, NULL, &why);
    return why;
}

char *service_keys_trouble_known(struct service *service)
{
    char *why = NULL;

    if (auth_keyring_look(service->keys, NULL, &why) == AUTH_KEYRING_TRUSTED)
        g_clear_pointer(&why, g_free);
    return why;
}

/* ---- what is sealed with what ---- */

void service_keys_report_clear(struct service_keys_report *report)
{
    g_clear_pointer(&report->uses, g_array_unref);
    *report = (struct service_keys_report){0};
}

static struct service_key_use *report_use(struct service_keys_report *report, guint32 id)
{
    for (guint i = 0; i < report->uses->len; i++) {
        struct service_key_use *use = &g_array_index(report->uses, struct service_key_use, i);
        if (use->id == id)
            return use;
    }
    const struct service_key_use unknown = {.id = id};
    g_array_append_val(report->uses, unknown);
    return &g_array_index(report->uses, struct service_key_use, report->uses->len - 1);
}

struct report_work {
    struct service *service;
    struct service_keys_report *report;
    GPtrArray *examples; /* char *; NULL: nobody wants any */
};

static void report_unreadable(struct report_work *work, const struct core_template *face,
                              const GError *problem)
{
    char id[BASE_UUID_TEXT_SIZE], user[BASE_UUID_TEXT_SIZE];

    work->report->templates_unreadable++;
    if (work->examples && work->examples->len < KEYS_EXAMPLES_MAX)
        g_ptr_array_add(work->examples,
                        g_strdup_printf("Face template %s of person %s: %s",
                                        base_uuid_format(&face->id, id),
                                        base_uuid_format(&face->user_id, user), problem->message));
}

static bool report_page(const GPtrArray *page, gpointer data, GError **error)
{
    struct report_work *work = data;

    (void)error;
    for (guint i = 0; i < page->len; i++) {
        const struct core_template *face = page->pdata[i];
        g_autoptr(GError) problem = NULL;
        gsize n = 0;
        guint32 id = 0;
        const void *sealed = g_bytes_get_data(face->sealed, &n);
        g_autoptr(GBytes) plain = service_seal_open(work->service->keys, face, &problem);
        work->report->templates++;
        if (auth_seal_key_id(sealed, n, &id))
            report_use(work->report, id)->templates++;
        if (!plain)
            report_unreadable(work, face, problem);
    }
    return true;
}

static bool report_images(struct service *service, struct service_keys_report *report,
                          GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    g_autoptr(GArray) counts = connection ? db_seal_images(connection, error) : NULL;

    for (guint i = 0; counts && i < counts->len; i++) {
        const struct db_seal_count *count = &g_array_index(counts, struct db_seal_count, i);
        struct service_key_use *use = report_use(report, count->key_id);
        use->images += count->images;
        report->images += count->images;
        if (!use->in_file)
            report->images_unreadable += count->images;
    }
    return counts != NULL;
}

static bool report_fill(struct report_work *work, GError **error)
{
    g_autoptr(auth_keys) keys = auth_keyring_file_keys(work->service->keys);

    *work->report = (struct service_keys_report){
        .uses = g_array_new(FALSE, FALSE, sizeof(struct service_key_use)),
    };
    for (int i = 0; keys && i < auth_keys_count(keys); i++) {
        struct service_key_use *use = report_use(work->report, auth_keys_id(keys, i));
        use->in_file = true;
        use->current = i == 0;
    }
    if (service_seals_each(work->service, report_page, work, error) &&
        report_images(work->service, work->report, error))
        return true;
    service_keys_report_clear(work->report);
    return false;
}

bool service_keys_report(struct service *service, struct service_keys_report *report,
                         GError **error)
{
    struct report_work work = {service, report, NULL};

    return report_fill(&work, error);
}

bool service_seals_check(struct service *service, GPtrArray *findings, GError **error)
{
    g_autoptr(GPtrArray) examples = g_ptr_array_new_with_free_func(g_free);
    struct service_keys_report report;
    struct report_work work = {service, &report, examples};
    char *trouble = service_keys_trouble(service);

    if (trouble)
        g_ptr_array_add(findings, trouble);
    if (!report_fill(&work, error))
        return false;
    if (report.templates_unreadable > 0)
        g_ptr_array_add(findings, g_strdup_printf("%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT
                                                  " stored faces do not open with this key file.",
                                                  report.templates_unreadable, report.templates));
    while (examples->len > 0)
        g_ptr_array_add(findings, g_ptr_array_steal_index(examples, 0));
    service_keys_report_clear(&report);
    return true;
}
