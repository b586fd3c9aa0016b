#include "service/standing.h"

#include "base/text.h"
#include "db/query/course.h"
#include "db/query/report.h"
#include "db/query/session.h"
#include "db/query/term.h"
#include "service/internal.h"
#include "service/policies.h"

#include <math.h>
#include <string.h>

/* ---- One course ---- */

/* What one course consists of while it is reckoned. */
struct reckoning {
    const struct service_standing_options *options;
    struct service_course_standing *result;
    GPtrArray *sessions;  /* struct core_session *, by start, none cancelled */
    GPtrArray *roster;    /* struct db_roster_person *, of the group that was asked for */
    GPtrArray *everybody; /* the same of the whole course, when one was asked for */
    GHashTable *by_id;    /* ... by struct base_uuid * */
    GArray *cells;        /* struct db_report_cell */
    GHashTable *places;   /* struct base_uuid * of a session → its place + 1 */
    GHashTable *marks; /* struct base_uuid * of a person → their cell, or NULL, of each place */
    base_time now;
};

static void standing_free(gpointer data)
{
    struct service_standing *standing = data;

    g_free(standing->name);
    g_free(standing->name_key);
    g_free(standing->email);
    g_free(standing->student_number);
    g_free(standing->language);
    g_free(standing->group_name);
    g_free(standing->course_name);
    g_free(standing->subject_name);
    g_free(standing->term_name);
    g_free(standing->arithmetic);
    g_free(standing->outlook);
    g_clear_pointer(&standing->sessions, g_array_unref);
    g_clear_pointer(&standing->places, g_array_unref);
    g_free(standing);
}

void service_course_standing_free(struct service_course_standing *standing)
{
    if (!standing)
        return;
    core_course_free(standing->course);
    if (standing->standings)
        g_ptr_array_unref(standing->standings);
    g_clear_pointer(&standing->sessions, g_ptr_array_unref);
    g_clear_pointer(&standing->marks, g_array_unref);
    g_free(standing);
}

static void reckoning_clear(struct reckoning *work)
{
    g_clear_pointer(&work->sessions, g_ptr_array_unref);
    g_clear_pointer(&work->roster, g_ptr_array_unref);
    g_clear_pointer(&work->by_id, g_hash_table_unref);
    g_clear_pointer(&work->everybody, g_ptr_array_unref);
    g_clear_pointer(&work->cells, g_array_unref);
    g_clear_pointer(&work->places, g_hash_table_unref);
    g_clear_pointer(&work->marks, g_hash_table_unref);
}

/* Who changed group counts in each for their weeks in it, but passes or not by all of them. */
static bool read_everybody(struct db_connection *connection, const struct core_term *term,
                           struct reckoning *work, GError **error)
{
    if (base_uuid_is_nil(&work->options->group_id))
        return true;
    work->everybody = db_roster_of_period(connection, &work->result->course->id, NULL,
                                          term->first_day, term->last_day, error);
    if (!work->everybody)
        return false;
    work->by_id = g_hash_table_new(base_uuid_hash, base_uuid_equal);
    for (guint i = 0; i < work->everybody->len; i++) {
        struct db_roster_person *person = work->everybody->pdata[i];
        g_hash_table_insert(work->by_id, &person->id, person);
    }
    return true;
}

static bool read_course(struct db_connection *connection, const struct base_uuid *course_id,
                        struct reckoning *work, GError **error)
{
    struct service_course_standing *result = work->result;
    struct db_session_filter sessions = DB_SESSION_FILTER_ALL;

    result->course = db_course_find(connection, course_id, error);
    g_autoptr(core_term) term =
        result->course ? db_term_find(connection, &result->course->term_id, error) : NULL;
    if (!term || !service_rules_of_course(connection, course_id, &result->rules, error))
        return false;
    sessions.course_id = *course_id;
    sessions.state = CORE_SESSION_PLANNED;
    work->sessions = db_session_list(connection, &sessions, NULL, NULL, error);
    if (!work->sessions)
        return false;
    work->roster = db_roster_of_period(connection, course_id, &work->options->group_id,
                                       term->first_day, term->last_day, error);
    if (!work->roster || !read_everybody(connection, term, work, error))
        return false;
    work->cells = db_report_cells(connection, course_id, &work->options->user_id, error);
    return work->cells != NULL;
}

static void index_marks(struct reckoning *work)
{
    work->places = g_hash_table_new(base_uuid_hash, base_uuid_equal);
    work->marks = g_hash_table_new_full(base_uuid_hash, base_uuid_equal, NULL, g_free);
    for (guint i = 0; i < work->sessions->len; i++) {
        struct core_session *session = work->sessions->pdata[i];
        g_hash_table_insert(work->places, &session->id, GUINT_TO_POINTER(i + 1));
    }
    for (guint i = 0; i < work->cells->len; i++) {
        struct db_report_cell *cell = &g_array_index(work->cells, struct db_report_cell, i);
        const guint place = GPOINTER_TO_UINT(g_hash_table_lookup(work->places, &cell->session_id));
        if (place == 0)
            continue; /* of a cancelled session */
        const struct db_report_cell **row = g_hash_table_lookup(work->marks, &cell->user_id);
        if (!row) {
            row = g_new0(const struct db_report_cell *, work->sessions->len);
            g_hash_table_insert(work->marks, &cell->user_id, row);
        }
        row[place - 1] = cell;
    }
}

static struct core_percentage_session session_of(const struct reckoning *work,
                                                 const struct core_session *session,
                                                 const struct db_report_cell *cell)
{
    base_time opens, closes;

    core_rules_window(&work->result->rules, session->starts_at, session->ends_at, &opens, &closes);
    struct core_percentage_session reckoned = {
        .ended = (session->closed_at > 0) || (closes < work->now),
        .settled = session->closed_at != 0,
        .marked = cell != NULL,
    };
    if (cell) {
        reckoned.status = cell->status;
        reckoned.code = cell->code[0] ? cell->code : NULL;
    }
    return reckoned;
}

/* The sessions of one person's enrolment between two days (NULL: open); `places` may be NULL. */
static GArray *sessions_of(const struct reckoning *work, const struct db_roster_person *person,
                           const char *from, const char *to, GArray *places)
{
    GArray *sessions = g_array_new(FALSE, FALSE, sizeof(struct core_percentage_session));
    const struct db_report_cell **row = g_hash_table_lookup(work->marks, &person->id);

    for (guint i = 0; i < work->sessions->len; i++) {
        const struct core_session *session = work->sessions->pdata[i];
        if ((from && strcmp(session->local_day, from) < 0) ||
            (to && strcmp(session->local_day, to) > 0) ||
            !db_roster_person_on(person, session->local_day))
            continue;
        const struct core_percentage_session reckoned =
            session_of(work, session, row ? row[i] : NULL);
        g_array_append_val(sessions, reckoned);
        if (places)
            g_array_append_val(places, i);
    }
    return sessions;
}

/* The share of a period leaves what is to be expected at the end as the whole term has it, and so
 * the share that the warnings compare. */
static void keep_outlook(const struct core_percentage *whole, struct core_percentage *part)
{
    part->share_past = whole->share_past;
    part->in_a_row = whole->in_a_row;
    part->remaining = whole->remaining;
    part->can_miss = whole->can_miss;
    part->passes = whole->passes;
    part->cannot_pass = whole->cannot_pass;
    part->warnings = whole->warnings;
}

static struct core_percentage_session *sessions_in(GArray *sessions)
{
    return (struct core_percentage_session *)(void *)sessions->data;
}

static void reckon(const struct reckoning *work, const struct db_roster_person *person,
                   struct service_standing *standing)
{
    const struct service_standing_options *options = work->options;
    const struct core_rules *rules = &work->result->rules;
    const char *language = options->language ? options->language : "es";
    const char *from = options->from_day, *to = options->to_day;
    const struct db_roster_person *throughout =
        work->by_id ? g_hash_table_lookup(work->by_id, &person->id) : NULL;
    g_autoptr(GArray) whole =
        from || to || throughout
            ? sessions_of(work, throughout ? throughout : person, NULL, NULL, NULL)
            : NULL;
    struct core_percentage percentage;

    standing->places = g_array_new(FALSE, FALSE, sizeof(guint));
    standing->sessions = sessions_of(work, person, from, to, standing->places);
    core_percentage_reckon(rules, sessions_in(standing->sessions), standing->sessions->len,
                           &standing->percentage);
    if (whole) {
        core_percentage_reckon(rules, sessions_in(whole), whole->len, &percentage);
        keep_outlook(&percentage, &standing->percentage);
    }
    standing->outlook = core_percentage_outlook(rules, &standing->percentage, language);
    standing->arithmetic =
        core_percentage_sentence(rules, sessions_in(standing->sessions), standing->sessions->len,
                                 &standing->percentage, language);
    if (!options->sessions) {
        g_clear_pointer(&standing->sessions, g_array_unref);
        g_clear_pointer(&standing->places, g_array_unref);
    }
}

static bool is_asked_for(const struct service_standing_options *options,
                         const struct db_roster_person *person)
{
    if (!person->email) /* erased */
        return false;
    return base_uuid_is_nil(&options->user_id) || base_uuid_equal(&options->user_id, &person->id);
}

static struct service_standing *standing_of(const struct reckoning *work,
                                            const struct db_roster_person *person)
{
    const struct core_course *course = work->result->course;
    struct service_standing *standing = g_new0(struct service_standing, 1);

    standing->user_id = person->id;
    standing->name = g_strdup(person->name);
    standing->name_key = g_strdup(person->name_key);
    standing->email = g_strdup(person->email);
    standing->student_number = g_strdup(person->student_number);
    standing->language = g_strdup(person->language);
    standing->group_id = person->group_id;
    standing->group_name = g_strdup(person->group_name);
    standing->course_id = course->id;
    standing->course_name = g_strdup(course->name);
    standing->subject_name = g_strdup(course->subject_name);
    standing->term_name = g_strdup(course->term_name);
    standing->rules = &work->result->rules;
    reckon(work, person, standing);
    return standing;
}

struct service_course_standing *
service_standing_course_on(struct db_connection *connection, const struct base_uuid *course_id,
                           const struct service_standing_options *options, GError **error)
{
    static const struct service_standing_options NONE = {0};
    g_autoptr(service_course_standing) result = g_new0(struct service_course_standing, 1);
    struct reckoning work = {.options = options ? options : &NONE, .result = result};

    work.now = work.options->now ? work.options->now : base_time_now();
    if (!read_course(connection, course_id, &work, error)) {
        reckoning_clear(&work);
        return NULL;
    }
    index_marks(&work);
    result->sessions_n = work.sessions->len;
    result->standings = g_ptr_array_new_with_free_func(standing_free);
    for (guint i = 0; i < work.roster->len; i++)
        if (is_asked_for(work.options, work.roster->pdata[i]))
            g_ptr_array_add(result->standings, standing_of(&work, work.roster->pdata[i]));
    if (work.options->sessions) {
        result->sessions = g_steal_pointer(&work.sessions);
        result->marks = g_steal_pointer(&work.cells);
    }
    reckoning_clear(&work);
    return g_steal_pointer(&result);
}

/* ---- Order ---- */

static const char *const SORTS[SERVICE_STANDING_SORT_N] = {"name", "share", "can_miss"};

bool service_standing_sort_from_name(const char *name, enum service_standing_sort *sort)
{
    const int index = base_text_index(SORTS, SERVICE_STANDING_SORT_N, name);

    if (index >= 0)
        *sort = (enum service_standing_sort)index;
    return index >= 0;
}

struct order {
    enum service_standing_sort sort;
    int sign;
};

static int compare_standings(gconstpointer a, gconstpointer b, gpointer data)
{
    const struct service_standing *first = *(struct service_standing *const *)a;
    const struct service_standing *second = *(struct service_standing *const *)b;
    const struct core_percentage *one = &first->percentage, *two = &second->percentage;
    const struct order *order = data;
    int difference = 0;

    if (order->sort == SERVICE_STANDING_SORT_SHARE && isnan(one->share) != isnan(two->share))
        return isnan(one->share) ? 1 : -1;
    if (order->sort == SERVICE_STANDING_SORT_SHARE)
        difference = order->sign * ((one->share > two->share) - (one->share < two->share));
    if (order->sort == SERVICE_STANDING_SORT_CAN_MISS)
        difference = order->sign * (one->can_miss - two->can_miss);
    if (order->sort == SERVICE_STANDING_SORT_NAME)
        difference = order->sign * g_strcmp0(first->name_key, second->name_key);
    if (difference == 0)
        difference = g_strcmp0(first->name_key, second->name_key);
    return difference ? difference
                      : memcmp(&first->user_id, &second->user_id, sizeof first->user_id);
}

void service_standing_sort(GPtrArray *standings, enum service_standing_sort sort, bool descending)
{
    struct order order = {sort, descending ? -1 : 1};

    g_ptr_array_sort_with_data(standings, compare_standings, &order);
}
