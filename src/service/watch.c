#include "service/watch.h"

#include "service/internal.h"
#include "service/keys.h"

#define PATIENCE_US (2 * G_TIME_SPAN_SECOND)

static bool look_once(struct service *service, GError **error)
{
    /* The table as well: the server may be well and our database gone from it. */
    if (!db_ping(service->db, error))
        return false;
    g_autoptr(core_institution) institution = service_institution(service, error);
    return institution != NULL;
}

/* Once more where the answer came at once: the server may have closed, at this very moment, a
 * connection that lay idle. */
static bool look(struct service *service, GError **error)
{
    const gint64 start = g_get_monotonic_time();

    return look_once(service, NULL) ||
           (g_get_monotonic_time() - start < PATIENCE_US && look_once(service, error)) ||
           base_fail(error, BASE_ERROR_UNAVAILABLE, "no answer in time.");
}

void service_watch_look(struct service *service)
{
    g_autoptr(GError) problem = NULL;
    const bool was_well = service_watch_state(service) != SERVICE_WATCH_SILENT;
    const gint64 asked = g_get_monotonic_time();

    __atomic_store_n(&service->watch_asked, asked, __ATOMIC_RELEASE);
    const bool well = look(service, &problem);
    __atomic_store_n(&service->watch_well, well, __ATOMIC_RELEASE);
    __atomic_store_n(&service->watch_asked, 0, __ATOMIC_RELEASE);
    __atomic_store_n(&service->watched, true, __ATOMIC_RELEASE);
    if (was_well && !well)
        g_warning("The database does not answer: %s", problem->message);
    else if (!was_well && well)
        g_message("The database answers again.");
    else if (well && g_get_monotonic_time() - asked >= PATIENCE_US)
        g_warning("The database took %" G_GINT64_FORMAT " s to answer a trivial question.",
                  (g_get_monotonic_time() - asked) / G_TIME_SPAN_SECOND);
    if (well)
        (void)service_keys_ready(service, NULL);
}

enum service_watch_state service_watch_state(const struct service *service)
{
    const gint64 asked = __atomic_load_n(&service->watch_asked, __ATOMIC_ACQUIRE);

    if (!__atomic_load_n(&service->watched, __ATOMIC_ACQUIRE))
        return SERVICE_WATCH_NONE;
    return __atomic_load_n(&service->watch_well, __ATOMIC_ACQUIRE) &&
                   (!asked || g_get_monotonic_time() - asked < PATIENCE_US)
               ? SERVICE_WATCH_WELL
               : SERVICE_WATCH_SILENT;
}
