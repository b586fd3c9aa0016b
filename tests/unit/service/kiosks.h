/* A room with a session that takes marks now, a kiosk in it, and a browser that seals entries. */
#ifndef SERVICE_KIOSKS_H
#define SERVICE_KIOSKS_H

#include "fixture.h"

#include "service/kiosk_entries.h"
#include "service/pins.h"

#define MINUTE (60 * BASE_TIME_SECOND)
#define HOUR (60 * MINUTE)

struct kiosks {
    struct fixture *f;
    struct base_uuid room, course, session;
    struct base_uuid ana, ben; /* Ana is on the roster, with the number A1; Ben is not, with B1 */
    struct service_identity as_ana, as_ben;
    struct service_device device; /* paired, of the room */
};

/* Of its own database; `faces` for the recogniser. */
void kiosks_open(struct kiosks *kiosks, bool faces);
void kiosks_close(struct kiosks *kiosks);

/* A kiosk of this room (NULL: of none), paired. */
struct service_device kiosks_pair(struct kiosks *kiosks, const char *name,
                                  const struct base_uuid *room);

/* A session of the course in this room (NULL: in none). */
struct base_uuid kiosks_session(struct kiosks *kiosks, const struct base_uuid *room,
                                base_time starts_at, base_time ends_at);

/* Puts somebody on the roster of the course. */
void kiosks_enrol(struct kiosks *kiosks, const struct base_uuid *person);

/* Sets somebody's PIN. */
void kiosks_pin(struct kiosks *kiosks, const struct service_identity *who, const char *pin);

/* An entry that the kiosk sealed; kiosks_entry_clear() it. */
struct service_kiosk_entry kiosks_entry(struct kiosks *kiosks, const struct service_device *device,
                                        gint64 counter, base_time captured_at, const char *json);
void kiosks_entry_clear(struct service_kiosk_entry *entry);

/* Hands one in. */
struct service_kiosk_outcome kiosks_send(struct service *service,
                                         const struct service_device *device, base_time sent_at,
                                         const struct service_kiosk_entry *entry);

/* How many marks there are; and none any more. */
gint64 kiosks_marks(struct kiosks *kiosks);
void kiosks_forget_marks(struct kiosks *kiosks);

#endif
