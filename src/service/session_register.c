#include "service/session_register.h"

#include "db/query/attendance.h"
#include "db/query/session.h"
#include "service/internal.h"
#include "service/policies.h"
#include "service/sessions.h"

const char *service_window_name(enum service_window window)
{
    static const char *const NAMES[SERVICE_WINDOW_N] = {"before", "open", "after", "cancelled"};

    return (unsigned)window < SERVICE_WINDOW_N ? NAMES[window] : NULL;
}

static void line_free(gpointer data)
{
    struct service_session_line *line = data;

    db_roster_person_free(line->person);
    core_attendance_free(line->mark);
    g_free(line);
}

void service_roll_free(struct service_roll *all)
{
    if (!all)
        return;
    core_session_free(all->session);
    if (all->lines)
        g_ptr_array_unref(all->lines);
    g_free(all);
}

static enum service_window window_of(const struct service_roll *all, base_time now)
{
    if (all->session->state != CORE_SESSION_PLANNED)
        return SERVICE_WINDOW_CANCELLED;
    if (now < all->opens_at)
        return SERVICE_WINDOW_BEFORE;
    return now > all->closes_at ? SERVICE_WINDOW_AFTER : SERVICE_WINDOW_OPEN;
}

static struct service_session_line *line_add(struct service_roll *all,
                                             struct db_roster_person *person)
{
    struct service_session_line *line = g_new0(struct service_session_line, 1);

    line->person = person;
    g_ptr_array_add(all->lines, line);
    return line;
}

/* Puts people and marks together; takes them out of their arrays. */
static void lines_fill(struct service_roll *all, GPtrArray *people, GPtrArray *marks)
{
    g_autoptr(GHashTable) by_person = g_hash_table_new(base_uuid_hash, base_uuid_equal);

    for (guint i = 0; i < marks->len; i++) {
        struct core_attendance *mark = marks->pdata[i];
        g_hash_table_insert(by_person, &mark->user_id, mark);
        all->counts[mark->status]++;
    }
    for (guint i = 0; i < people->len; i++) {
        struct db_roster_person *person = people->pdata[i];
        struct service_session_line *line = line_add(all, person);
        line->mark = g_hash_table_lookup(by_person, &person->id);
        if (line->mark)
            g_hash_table_remove(by_person, &person->id);
        else
            all->unmarked++;
    }
    for (guint i = 0; i < marks->len; i++) {
        struct core_attendance *mark = marks->pdata[i];
        if (g_hash_table_contains(by_person, &mark->user_id))
            line_add(all, NULL)->mark = mark;
    }
    g_ptr_array_set_free_func(people, NULL);
    g_ptr_array_set_free_func(marks, NULL);
}

static bool register_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct service_roll *all = data;
    const struct core_session *session = all->session;

    g_ptr_array_set_size(all->lines, 0);
    all->unmarked = 0;
    for (int i = 0; i < CORE_STATUS_N; i++)
        all->counts[i] = 0;
    if (!service_rules_of_course(connection, &session->course_id, &all->rules, error))
        return false;
    g_autoptr(GPtrArray) people =
        db_roster(connection, &session->course_id, session->local_day, error);
    g_autoptr(GPtrArray) marks =
        people ? db_attendance_list_session(connection, &session->id, error) : NULL;
    if (marks)
        lines_fill(all, people, marks);
    return marks != NULL;
}

struct service_roll *service_session_register(struct service *service,
                                              const struct service_identity *identity,
                                              const struct base_uuid *id, GError **error)
{
    g_autoptr(service_roll) all = g_new0(struct service_roll, 1);
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    all->lines = g_ptr_array_new_with_free_func(line_free);
    all->session = connection ? service_session_to_mark(connection, identity, id, error) : NULL;
    if (!all->session || !db_snapshot_on(connection, register_body, all, error))
        return NULL;
    core_rules_window(&all->rules, all->session->starts_at, all->session->ends_at, &all->opens_at,
                      &all->closes_at);
    all->window = window_of(all, base_time_now());
    return g_steal_pointer(&all);
}
