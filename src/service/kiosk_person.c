/* Who it is by what they typed, and who it is not by what they said. */
#include "auth/password.h"
#include "db/query/pin.h"
#include "db/query/user.h"
#include "service/kiosk.h"
#include "service/kiosk_scene.h"

/* ---- PINs ---- */

/* NULL without an error: nobody. */
static struct core_user *person_find(struct db_connection *connection,
                                     const struct service_device *device,
                                     const struct kiosk_typed *typed, const char *email,
                                     GError **error)
{
    GError *problem = NULL;
    struct core_user *user = typed->student_number
                                 ? db_user_find_number(connection, &device->institution_id,
                                                       typed->student_number, &problem)
                                 : db_user_find_email(connection, email ? email : "", &problem);

    return service_user_active(user, problem, error);
}

/* Whose it is said to be, and the hash to compare with; both empty when nobody has such a PIN. */
static bool look_up(struct service *service, const struct service_device *device,
                    const struct kiosk_typed *typed, struct base_uuid *person, char **hash,
                    GError **error)
{
    g_autofree char *email = typed->email ? base_text_email(typed->email, NULL) : NULL;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    GError *problem = NULL;

    *hash = NULL;
    *person = (struct base_uuid){0};
    if (!connection)
        return false;
    g_autoptr(core_user) user = person_find(connection, device, typed, email, &problem);
    if (problem) {
        g_propagate_error(error, problem);
        return false;
    }
    if (!user)
        return true;
    *person = user->id;
    return db_pin_find(connection, &user->id, hash, NULL, error);
}

/* What attempts are counted by: the person, however they are named; else what was typed. */
static char *limit_key(const struct base_uuid *person, const struct kiosk_typed *typed)
{
    char id[BASE_UUID_TEXT_SIZE];

    if (!base_uuid_is_nil(person))
        return g_strdup(base_uuid_format(person, id));
    return g_utf8_strdown(typed->student_number ? typed->student_number : typed->email, -1);
}

bool kiosk_person_by_pin(struct service *service, const struct service_device *device,
                         const struct kiosk_typed *typed, struct base_uuid *person,
                         int *retry_after, GError **error)
{
    g_autofree char *hash = NULL;

    if (!typed->student_number == !typed->email)
        return base_fail(error, BASE_ERROR_INVALID,
                         "student_number or email is needed, and one of them alone.");
    if (!look_up(service, device, typed, person, &hash, error))
        return false;
    g_autofree char *key = limit_key(person, typed);
    if (!service_limit(service, AUTH_LIMIT_PIN_PERSON, key, retry_after, error))
        return false;
    if (!auth_password_verify(hash, typed->pin))
        *person = (struct base_uuid){0};
    else
        auth_limiter_reset(service->limiter, AUTH_LIMIT_PIN_PERSON, key);
    return true;
}

/* ---- taken for somebody else ---- */

static gboolean doubt_is_over(gpointer person, gpointer until, gpointer now)
{
    (void)person;
    return *(const gint64 *)until <= *(const gint64 *)now;
}

void kiosk_doubt_add(struct service *service, const struct base_uuid *person)
{
    gint64 now = g_get_monotonic_time();
    gint64 until = now + SERVICE_KIOSK_DOUBT_SECONDS * G_TIME_SPAN_SECOND;

    g_mutex_lock(&service->doubts_lock);
    if (!service->doubts)
        service->doubts = g_hash_table_new_full(base_uuid_hash, base_uuid_equal, g_free, g_free);
    g_hash_table_foreach_remove(service->doubts, doubt_is_over, &now);
    g_hash_table_replace(service->doubts, g_memdup2(person, sizeof *person),
                         g_memdup2(&until, sizeof until));
    g_mutex_unlock(&service->doubts_lock);
}

bool kiosk_doubt_has(struct service *service, const struct base_uuid *person)
{
    g_mutex_lock(&service->doubts_lock);
    const gint64 *until = service->doubts ? g_hash_table_lookup(service->doubts, person) : NULL;
    const bool has = until && *until > g_get_monotonic_time();
    g_mutex_unlock(&service->doubts_lock);
    return has;
}
