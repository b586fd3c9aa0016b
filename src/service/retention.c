#include "service/retention.h"

#include "db/query/image.h"
#include "db/query/retention.h"
#include "db/query/setting.h"
#include "service/audit_chain.h"
#include "service/internal.h"
#include "service/picture.h"
#include "service/reviews.h"

#include <stddef.h>
#include <string.h>

#define SETTING "retention"
#define RUN_SETTING "retention.last_run"
#define DAY (24 * 3600 * BASE_TIME_SECOND)

enum { PEOPLE_PAGE = 50 };

/* A period: where it lies, and what it may be. */
struct period {
    const char *name;
    gsize offset;       /* in struct service_retention */
    gsize input_offset; /* in struct service_retention_input */
    gint64 min, max;
    bool may_be_off; /* 0 is allowed: for ever */
};

#define PERIOD_(name, min, max, off)                                                               \
    {                                                                                              \
#name, offsetof(struct service_retention, name),                                           \
            offsetof(struct service_retention_input, name), min, max, off                          \
    }

static const struct period PERIODS[] = {
    PERIOD_(mark_picture_days, 1, 3650, false),
    PERIOD_(review_days, 1, 365, false),
    PERIOD_(audit_months, SERVICE_RETENTION_AUDIT_MONTHS_MIN, 240, true),
    PERIOD_(left_months, 1, 240, true),
};

static gint64 *value_of(struct service_retention *retention, const struct period *period)
{
    return G_STRUCT_MEMBER_P(retention, (glong)period->offset);
}

static const gint64 *input_of(const struct service_retention_input *input,
                              const struct period *period)
{
    return G_STRUCT_MEMBER(const gint64 *, input, (glong)period->input_offset);
}

static bool is_valid(const struct period *period, gint64 value)
{
    return (period->may_be_off && value == 0) || (value >= period->min && value <= period->max);
}

/* ---- what is set ---- */

static bool read_object(struct db_connection *connection, json_t **object, GError **error)
{
    g_autofree char *text = NULL;

    if (!db_setting_get(connection, SETTING, &text, error))
        return false;
    *object = text ? base_json_parse(text, strlen(text), NULL) : NULL;
    if (!json_is_object(*object)) {
        json_decref(*object);
        *object = json_object();
    }
    return true;
}

/* A value that somebody has damaged by hand counts as not set. */
static void read_values(const struct service *service, const json_t *object,
                        struct service_retention *retention)
{
    *retention = (struct service_retention){
        .mark_picture_days = service->images.mark_frame_days,
        .review_days = SERVICE_REVIEW_DAYS,
    };
    for (gsize i = 0; i < G_N_ELEMENTS(PERIODS); i++) {
        const json_t *set = json_object_get(object, PERIODS[i].name);
        if (json_is_integer(set) && is_valid(&PERIODS[i], json_integer_value(set)))
            *value_of(retention, &PERIODS[i]) = json_integer_value(set);
    }
}

bool service_retention_read_on(struct service *service, struct db_connection *connection,
                               struct service_retention *retention, GError **error)
{
    g_autoptr(json_t) object = NULL;

    if (!read_object(connection, &object, error))
        return false;
    read_values(service, object, retention);
    return true;
}

bool service_retention_read(struct service *service, struct service_retention *retention,
                            GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    return connection && service_retention_read_on(service, connection, retention, error);
}

/* ---- changing it ---- */

static bool check_period(const struct period *period, gint64 value, GError **error)
{
    return is_valid(period, value) ||
           base_fail(error, BASE_ERROR_INVALID, "%s must be between %d and %d%s.", period->name,
                     (int)period->min, (int)period->max,
                     period->may_be_off ? ", or 0 for ever" : "");
}

bool service_retention_change_on(struct service *service, struct db_connection *connection,
                                 const struct service_identity *identity,
                                 const struct service_retention_input *input, GError **error)
{
    struct service_retention before;
    g_autoptr(json_t) object = NULL;
    g_autoptr(json_t) details = json_object();

    if (!read_object(connection, &object, error))
        return false;
    read_values(service, object, &before);
    for (gsize i = 0; i < G_N_ELEMENTS(PERIODS); i++) {
        const gint64 *value = input_of(input, &PERIODS[i]);
        if (value && !check_period(&PERIODS[i], *value, error))
            return false;
        const gint64 from = *value_of(&before, &PERIODS[i]);
        if (!value || *value == from)
            continue;
        json_object_set_new(object, PERIODS[i].name, json_integer(*value));
        json_object_set_new(
            details, PERIODS[i].name,
            json_pack("{s:I, s:I}", "from", (json_int_t)from, "to", (json_int_t)*value));
    }
    if (json_object_size(details) == 0)
        return true;
    g_autofree char *text = base_json_format(object);
    return db_setting_set(connection, SETTING, text, base_time_now(), error) &&
           service_audit(connection, identity, "retention.update", &identity->institution_id,
                         g_steal_pointer(&details), error);
}

struct change_work {
    struct service *service;
    const struct service_identity *identity;
    const struct service_retention_input *input;
};

static bool change_body(struct db_connection *connection, gpointer data, GError **error)
{
    const struct change_work *work = data;

    return service_retention_change_on(work->service, connection, work->identity, work->input,
                                       error);
}

bool service_retention_change(struct service *service, const struct service_identity *identity,
                              const struct service_retention_input *input, GError **error)
{
    struct change_work work = {service, identity, input};

    return service_allow_all(identity, CORE_ACTION_SETTING_WRITE, error) &&
           db_transaction(service->db, change_body, &work, error);
}

/* ---- what it means now ---- */

/* Months of the calendar before an instant. */
static base_time months_before(base_time now, gint64 months)
{
    g_autoptr(GDateTime) then = g_date_time_new_from_unix_utc(now / BASE_TIME_SECOND);
    g_autoptr(GDateTime) before = g_date_time_add_months(then, (int)-months);

    return g_date_time_to_unix(before) * BASE_TIME_SECOND;
}

/* Where the audit log would begin: nothing of it goes when it is kept for ever. */
static bool audit_end(struct db_connection *connection, const struct service_retention *retention,
                      base_time now, gint64 *through, GError **error)
{
    *through = 0;
    return retention->audit_months == 0 ||
           db_retention_audit_end(connection, months_before(now, retention->audit_months), through,
                                  error);
}

struct plan_work {
    struct service *service;
    struct service_retention_counts *counts;
};

static bool plan_body(struct db_connection *connection, gpointer data, GError **error)
{
    const struct plan_work *work = data;
    const base_time now = base_time_now();
    struct service_retention_counts *counts = work->counts;
    struct service_retention retention;
    gint64 through = 0;

    *counts = (struct service_retention_counts){0};
    if (!service_retention_read_on(work->service, connection, &retention, error) ||
        !audit_end(connection, &retention, now, &through, error) ||
        !db_retention_audit_count(connection, through, &counts->audit_entries, error) ||
        !db_retention_review_count(connection, now - retention.review_days * DAY, &counts->reviews,
                                   error) ||
        !db_image_count_marks_before(connection, now - retention.mark_picture_days * DAY,
                                     &counts->mark_pictures, error))
        return false;
    return retention.left_months == 0 ||
           db_retention_left_count(connection, months_before(now, retention.left_months),
                                   &counts->people, error);
}

bool service_retention_plan(struct service *service, struct service_retention_counts *counts,
                            GError **error)
{
    struct plan_work work = {service, counts};
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    return connection && db_snapshot_on(connection, plan_body, &work, error);
}

/* ---- applying it ---- */

struct forget_work {
    struct service *service;
    const struct service_identity *identity;
    const struct service_retention *retention;
    gint64 removed;
};

static bool forget_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct forget_work *work = data;
    struct core_audit_head start = {0};
    char hash[CORE_AUDIT_HASH_TEXT_SIZE];

    work->removed = 0;
    if (!audit_end(connection, work->retention, base_time_now(), &start.position, error))
        return false;
    if (start.position == 0)
        return true;
    if (!db_retention_audit_forget(connection, &start, &work->removed, error))
        return false;
    return service_audit_start_set_on(connection, &start, error) &&
           service_audit(connection, work->identity, SERVICE_AUDIT_FORGET, NULL,
                         json_pack("{s:I, s:s}", "through", (json_int_t)start.position, "hash",
                                   core_audit_hash_format(start.hash, hash)),
                         error);
}

static bool forget_audit(struct service *service, const struct service_identity *identity,
                         const struct service_retention *retention, gint64 *removed, GError **error)
{
    struct forget_work work = {service, identity, retention, 0};

    if (retention->audit_months == 0)
        return true;
    /* What has no place in the chain yet cannot be named by it. */
    if (!service_audit_seal(service, NULL, error) ||
        !db_transaction(service->db, forget_body, &work, error))
        return false;
    *removed = work.removed;
    return true;
}

static GArray *left_page(struct service *service, base_time before, const struct base_uuid *after,
                         GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    return connection ? db_retention_left_list(connection, before, after, PEOPLE_PAGE, error)
                      : NULL;
}

/* One after the other, each in a transaction of its own that looks again. */
static bool erase_left(struct service *service, const struct service_identity *identity,
                       const struct service_retention *retention, gint64 *people, GError **error)
{
    const base_time before = months_before(base_time_now(), retention->left_months);
    struct base_uuid after = {0};
    guint n = PEOPLE_PAGE;

    while (retention->left_months > 0 && n == PEOPLE_PAGE) {
        g_autoptr(GArray) page = left_page(service, before, &after, error);
        if (!page)
            return false;
        n = page->len;
        for (guint i = 0; i < n; i++) {
            bool erased = false;
            after = g_array_index(page, struct base_uuid, i);
            if (!service_user_erase_left(service, identity, &after, before, &erased, error))
                return false;
            *people += erased;
        }
    }
    return true;
}

static bool note_run(struct service *service, GError **error)
{
    char now[BASE_TIME_TEXT_SIZE];
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    return connection &&
           db_setting_set(connection, RUN_SETTING, base_time_format(base_time_now(), now),
                          base_time_now(), error);
}

bool service_retention_run(struct service *service, struct service_retention_counts *counts,
                           GError **error)
{
    struct service_retention_counts done = {0};
    struct service_retention retention;
    struct service_identity local;
    const bool pictures = service->images.store != NULL;
    const bool ok =
        service_identity_local(service, &local, error) &&
        service_retention_read(service, &retention, error) &&
        (!pictures || service_frames_collect(service, false, &done.mark_pictures, error)) &&
        service_reviews_expire(service, &done.reviews, error) &&
        forget_audit(service, &local, &retention, &done.audit_entries, error) &&
        erase_left(service, &local, &retention, &done.people, error) && note_run(service, error);

    if (counts)
        *counts = done;
    return ok;
}

bool service_retention_last_run(struct service *service, base_time *at, GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    *at = 0;
    if (!connection || !db_setting_get(connection, RUN_SETTING, &text, error))
        return false;
    if (text && !base_time_parse(text, at))
        *at = 0;
    return true;
}
