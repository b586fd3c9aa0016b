#include "service/pins.h"

#include "auth/password.h"
#include "db/query/pin.h"
#include "db/query/user.h"
#include "service/internal.h"

#include <string.h>

struct pin_work {
    const struct service_identity *identity;
    const char *hash;
};

static bool digits_only(const char *pin)
{
    return strspn(pin, "0123456789") == strlen(pin);
}

/* Each digit the one before, one more, or one less. */
static bool is_run(const char *pin)
{
    const int step = pin[1] - pin[0];

    if (ABS(step) > 1)
        return false;
    for (size_t i = 2; pin[i]; i++)
        if (pin[i] - pin[i - 1] != step)
            return false;
    return true;
}

static bool has_variety(const char *pin)
{
    bool seen[10] = {false};
    int different = 0;

    for (; *pin; pin++) {
        different += !seen[*pin - '0'];
        seen[*pin - '0'] = true;
    }
    return different > 2;
}

/* The digits of a text, together: "1999-04-12" as "19990412". */
static char *digits_of(const char *text)
{
    g_autoptr(GString) digits = g_string_new(NULL);

    for (; text && *text; text++)
        if (g_ascii_isdigit(*text))
            g_string_append_c(digits, *text);
    return g_string_free(g_steal_pointer(&digits), FALSE);
}

static bool is_of_person(const char *pin, const struct core_user *user)
{
    g_autofree char *number = digits_of(user->student_number);
    g_autofree char *birth = digits_of(user->date_of_birth);
    char turned[9] = "";

    if (strlen(birth) == 8)
        g_snprintf(turned, sizeof turned, "%.2s%.2s%.4s", birth + 6, birth + 4, birth);
    return strstr(number, pin) || strstr(birth, pin) || strstr(turned, pin);
}

static bool check(const char *pin, const struct core_user *user, GError **error)
{
    const size_t n = strlen(pin);

    if (n < SERVICE_PIN_MIN || n > SERVICE_PIN_MAX || !digits_only(pin))
        return base_fail(error, BASE_ERROR_INVALID, "pin must be %d to %d digits.", SERVICE_PIN_MIN,
                         SERVICE_PIN_MAX);
    if (is_run(pin) || !has_variety(pin))
        return base_fail(error, BASE_ERROR_INVALID,
                         "pin is easy to guess: a run of digits, or fewer than three different "
                         "ones.");
    return !is_of_person(pin, user) ||
           base_fail(error, BASE_ERROR_INVALID,
                     "pin must not be part of the student number or the date of birth.");
}

static bool set_body(struct db_connection *connection, gpointer data, GError **error)
{
    const struct pin_work *work = data;
    const struct base_uuid *id = &work->identity->user_id;

    return db_pin_set(connection, id, work->hash, base_time_now(), error) &&
           service_audit(connection, work->identity, "pin.set", id, NULL, error);
}

static struct core_user *person(struct service *service, const struct service_identity *identity,
                                GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    return connection ? db_user_find(connection, &identity->user_id, error) : NULL;
}

bool service_pin_set(struct service *service, const struct service_identity *identity,
                     const char *pin, int *retry_after, GError **error)
{
    char key[BASE_UUID_TEXT_SIZE];

    if (!service_limit(service, AUTH_LIMIT_PASSWORD, base_uuid_format(&identity->user_id, key),
                       retry_after, error))
        return false;
    g_autoptr(core_user) user = person(service, identity, error);
    if (!user || !check(pin, user, error))
        return false;
    g_autofree char *hash = auth_password_hash(pin, error);
    struct pin_work work = {identity, hash};
    return hash && db_transaction(service->db, set_body, &work, error);
}

static bool delete_body(struct db_connection *connection, gpointer data, GError **error)
{
    const struct pin_work *work = data;
    const struct base_uuid *id = &work->identity->user_id;
    bool removed = false;

    return db_pin_delete(connection, id, &removed, error) &&
           (!removed || service_audit(connection, work->identity, "pin.delete", id, NULL, error));
}

bool service_pin_delete(struct service *service, const struct service_identity *identity,
                        GError **error)
{
    struct pin_work work = {.identity = identity};

    return db_transaction(service->db, delete_body, &work, error);
}

bool service_pin_since(struct service *service, const struct service_identity *identity,
                       base_time *changed_at, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    return connection && db_pin_find(connection, &identity->user_id, NULL, changed_at, error);
}
