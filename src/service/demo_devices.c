#include "service/demo_internal.h"

#include "service/devices.h"
#include "service/pins.h"

/* A kiosk in a room of demo->rooms, or DEMO_NONE. */
static struct db_device *add(struct demo *demo, const char *name, guint room,
                             struct service_device_code *code, GError **error)
{
    const struct service_device_input input = {
        .name = name,
        .room_id = room == DEMO_NONE ? NULL : DEMO_AT(demo->rooms, base_uuid, room),
    };

    return service_device_create(demo->service, &demo->director, &input, code, error);
}

static bool add_paired(struct demo *demo, const char *name, guint room, guint seen_minutes,
                       GError **error)
{
    struct service_device_code code;
    struct service_device paired;
    char token[AUTH_CODE_TOKEN_SIZE];

    service_demo_tick(demo);
    g_autoptr(db_device) device = add(demo, name, room, &code, error);
    service_demo_tick(demo);
    if (!device || !service_device_pair(demo->service, code.text, &paired, token, error))
        return false;
    base_time_pretend(demo->now - seen_minutes * DEMO_MINUTE);
    return service_device_seen(demo->service, &paired, error);
}

bool service_demo_devices_store(struct demo *demo, GError **error)
{
    return add_paired(demo, "Entrada principal", DEMO_NONE, 1, error) &&
           add_paired(demo, "Laboratorio 1", demo->rooms->len - demo->labs_n, 190, error);
}

/* Where a class is going on, so that who tries it sees something. */
bool service_demo_devices_finish(struct demo *demo, GError **error)
{
    struct service_device_code code;

    base_time_pretend(demo->now);
    g_autoptr(db_device) device = add(demo, "Aula B-204", 0, &code, error);
    if (device)
        demo->result->kiosk_code = g_strdup(code.text);
    return device != NULL;
}

bool service_demo_pin_store(struct demo *demo, GError **error)
{
    static const char PIN[] = "739164";
    const struct service_identity student = service_demo_identity(demo, demo_student(demo, 0));

    demo->result->pin = g_strdup(PIN);
    service_demo_tick(demo);
    return service_pin_set(demo->service, &student, PIN, NULL, error);
}
