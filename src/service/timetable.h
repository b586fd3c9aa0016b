/*
 * The timetable: weekly slots, holidays, and the sessions that are generated from them.
 *
 * Generating takes place in the transaction that changes a slot, a holiday, a term or the time
 * zone. A slot gives one session a week (or each second week …); the session of a week is known
 * again by its slot and that week, so that it keeps its id, its marks and its place in people's
 * calendars when the slot moves to another day or hour. Generating
 *   - inserts what is missing; a session that has ended already by then is stored as closed, so
 * that nobody is marked absent for what was entered afterwards;
 *   - moves sessions that nothing has happened to, with their slot;
 *   - deletes such sessions when their slot no longer gives them;
 *   - leaves alone what was edited by hand, what has marks, and what began while it stood in the
 *     timetable. That something was entered after it had ended is no such history: without marks it
 *     is moved and deleted like one to come.
 *
 * Administrators write slots and holidays. Days are "YYYY-MM-DD" on the institution's calendar.
 */
#ifndef SERVICE_TIMETABLE_H
#define SERVICE_TIMETABLE_H

#include "db/query/holiday.h"
#include "db/query/session.h"
#include "db/query/slot.h"
#include "service/service.h"

/* What generating did. */
struct service_timetable_counts {
    gint64 inserted;
    gint64 moved;
    gint64 deleted;
    gint64 kept; /* left alone although the slots would have them otherwise */
};

/* ---- slots ---- */

/* What is given of a slot; on a new one everything but room and days is required. */
struct service_slot_input {
    const struct base_uuid *room_id; /* NULL: as it is; nil: none */
    const gint32 *weekday;
    const gint32 *start_second;
    const gint32 *end_second;
    const char *first_day; /* NULL: as it is, the term's on a new one */
    const char *last_day;
    const gint32 *every_weeks; /* NULL: as it is, 1 on a new one */
};

/* Both give the slot as it is afterwards. `counts` may be NULL. */
struct core_slot *service_slot_create(struct service *service,
                                      const struct service_identity *identity,
                                      const struct base_uuid *course_id,
                                      const struct service_slot_input *input,
                                      struct service_timetable_counts *counts, GError **error);
struct core_slot *service_slot_update(struct service *service,
                                      const struct service_identity *identity,
                                      const struct base_uuid *id,
                                      const struct service_slot_input *input,
                                      struct service_timetable_counts *counts, GError **error);
bool service_slot_delete(struct service *service, const struct service_identity *identity,
                         const struct base_uuid *id, struct service_timetable_counts *counts,
                         GError **error);

/* Who may see the course may see its slots. An array of struct core_slot *. */
GPtrArray *service_slot_list(struct service *service, const struct service_identity *identity,
                             const struct base_uuid *course_id, GError **error);
struct core_slot *service_slot_find(struct service *service,
                                    const struct service_identity *identity,
                                    const struct base_uuid *id, GError **error);

/* ---- holidays ---- */

/* NULL for what stays; last_day defaults to first_day on a new one. At most 366 days. */
struct core_holiday *
service_holiday_create(struct service *service, const struct service_identity *identity,
                       const char *name, const char *first_day, const char *last_day,
                       struct service_timetable_counts *counts, GError **error);
struct core_holiday *service_holiday_update(struct service *service,
                                            const struct service_identity *identity,
                                            const struct base_uuid *id, const char *name,
                                            const char *first_day, const char *last_day,
                                            struct service_timetable_counts *counts,
                                            GError **error);
bool service_holiday_delete(struct service *service, const struct service_identity *identity,
                            const struct base_uuid *id, struct service_timetable_counts *counts,
                            GError **error);

/* Anybody who is signed in. An array of struct core_holiday * by day. */
GPtrArray *service_holiday_list(struct service *service, const struct service_identity *identity,
                                const char *from_day, const char *to_day, GError **error);

/* ---- what others change, in their transactions ---- */

/* A term's days have changed from old_first … old_last; call it when they are stored. Slots that
 * began or ended with the term still do. `counts` may be NULL. */
bool service_timetable_term_changed(struct service *service, struct db_connection *connection,
                                    const struct base_uuid *term_id, const char *old_first,
                                    const char *old_last, struct service_timetable_counts *counts,
                                    GError **error);

/*
 * Brings sessions to come to the institution's time zone, if they are of another: their instants
 * are computed again from the wall clock. Call it in the transaction that changes the zone, and
 * when the program starts (service_timetable_sync), because the configuration can name another.
 */
bool service_timetable_sync_on(struct service *service, struct db_connection *connection,
                               gint64 *moved, GError **error);
bool service_timetable_sync(struct service *service, GError **error);

#endif
