#include "service/class_figures.h"

#include "db/query/course.h"
#include "db/query/group.h"
#include "db/query/session.h"
#include "db/query/user.h"
#include "service/courses.h"
#include "service/gallery.h"
#include "service/internal.h"

#include <math.h>
#include <string.h>

/* So much of a class's impostor scores is its tail; it needs at least so many. */
#define TAIL_SHARE 0.05
#define TAIL_MIN 40

struct member {
    struct base_uuid id;
    GArray *templates; /* float */
    float fused[FACE_TEMPLATE_N];
    char *name;
};

struct reading {
    struct service_class_figures *figures;
    GArray *members; /* struct member, those with faces */
    GArray *scores;  /* float, of impostors */
    double sum, squares;
};

void service_class_figures_clear(struct service_class_figures *figures)
{
    g_clear_pointer(&figures->lookalikes, g_ptr_array_unref);
}

static void member_clear(gpointer data)
{
    struct member *member = data;

    explicit_bzero(member->fused, sizeof member->fused);
    g_array_unref(member->templates);
    g_free(member->name);
}

/* ---- who it is about ---- */

static bool is_absent(GError **problem)
{
    const bool absent = g_error_matches(*problem, BASE_ERROR, BASE_ERROR_NOT_FOUND);

    if (absent)
        g_clear_error(problem);
    return absent;
}

/* The group's members; NULL without an error when it is no group. */
static GArray *group_people(struct db_connection *connection, const struct base_uuid *id,
                            GError **error)
{
    struct db_user_filter filter = DB_USER_FILTER_ALL;

    filter.active = 1;
    filter.group_id = *id;
    g_autoptr(core_group) group = db_group_find(connection, id, error);
    g_autoptr(GPtrArray) users =
        group ? db_user_list(connection, &filter, NULL, NULL, error) : NULL;

    if (!users)
        return NULL;
    GArray *people = g_array_new(FALSE, FALSE, sizeof(struct base_uuid));
    for (guint i = 0; i < users->len; i++)
        g_array_append_val(people, ((const struct core_user *)users->pdata[i])->id);
    return people;
}

static GArray *session_people(struct db_connection *connection, const struct base_uuid *id,
                              GError **error)
{
    g_autoptr(core_session) session = db_session_find(connection, id, error);

    return session ? db_session_roster(connection, session, error) : NULL;
}

/* The people of a session or a group; NULL without an error when the id is neither's. */
static GArray *find_people(struct service *service, const struct base_uuid *id, GError **error)
{
    GError *problem = NULL;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    GArray *people = connection ? session_people(connection, id, &problem) : NULL;

    if (!people && is_absent(&problem))
        people = group_people(connection, id, &problem);
    if (!people && problem && !is_absent(&problem))
        g_propagate_error(error, problem);
    return people;
}

static GArray *course_people(struct service *service, const struct service_identity *identity,
                             const struct base_uuid *id, GError **error)
{
    GError *problem = NULL;
    g_autoptr(GPtrArray) roster = service_course_roster(service, identity, id, NULL, &problem);

    if (!roster) {
        if (!is_absent(&problem))
            g_propagate_error(error, problem);
        else
            base_fail(error, BASE_ERROR_NOT_FOUND,
                      "There is no session, course or group with this id.");
        return NULL;
    }
    GArray *people = g_array_new(FALSE, FALSE, sizeof(struct base_uuid));
    for (guint i = 0; i < roster->len; i++)
        g_array_append_val(people, ((const struct db_roster_person *)roster->pdata[i])->id);
    return people;
}

static bool read_members(struct service *service, const GArray *people, struct reading *reading,
                         GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    if (!connection)
        return false;
    for (guint i = 0; i < people->len; i++) {
        struct member member = {.id = g_array_index(people, struct base_uuid, i)};
        g_autoptr(core_user) user = db_user_find(connection, &member.id, error);
        member.templates =
            user ? service_templates_of(service, connection, &member.id, error) : NULL;
        if (!member.templates)
            return false;
        const size_t n = member.templates->len / FACE_TEMPLATE_N;
        if (!recognise_person_template((const float *)(void *)member.templates->data, n,
                                       member.fused)) {
            g_array_unref(member.templates);
            continue;
        }
        member.name = g_strdup(user->name);
        reading->figures->templates += n;
        g_array_append_val(reading->members, member);
    }
    return true;
}

/* ---- scores ---- */

static const float *template_of(const struct member *member, size_t photo)
{
    return &g_array_index(member->templates, float, photo *FACE_TEMPLATE_N);
}

/* What the member's other photos say of this one; −1 when there is no other. */
static float genuine_score(const struct member *member, size_t photo)
{
    const size_t n = member->templates->len / FACE_TEMPLATE_N;
    float fused[FACE_TEMPLATE_N];
    g_autofree float *others = g_new(float, member->templates->len);
    size_t k = 0;

    for (size_t i = 0; i < n; i++)
        if (i != photo)
            memcpy(others + k++ * FACE_TEMPLATE_N, template_of(member, i),
                   sizeof(float) * FACE_TEMPLATE_N);
    return recognise_person_template(others, k, fused)
               ? recognise_similarity(template_of(member, photo), fused)
               : -1;
}

/* What a mark would make of it. */
static void count_genuine(struct service_class_figures *figures, float own, float other)
{
    const float best = MAX(own, other), lead = fabsf(own - other);
    const bool match =
        (double)best >= figures->match && (other <= -1 || (double)lead >= figures->margin);

    figures->genuine++;
    figures->matched += match && own > other;
    figures->wrong += match && own <= other;
    figures->reviewed += !match && (double)best >= figures->review;
    figures->unknown += !match && (double)best < figures->review;
}

static void compare_photo(struct reading *reading, guint who, size_t photo)
{
    const struct member *member = &g_array_index(reading->members, struct member, who);
    float highest = -1;

    for (guint i = 0; i < reading->members->len; i++) {
        const struct member *other = &g_array_index(reading->members, struct member, i);
        if (i == who)
            continue;
        const float score = recognise_similarity(template_of(member, photo), other->fused);
        g_array_append_val(reading->scores, score);
        reading->sum += (double)score;
        reading->squares += (double)score * (double)score;
        highest = MAX(highest, score);
    }
    const float own = genuine_score(member, photo);
    if (own > -1)
        count_genuine(reading->figures, own, highest);
}

static void find_pairs(struct reading *reading)
{
    for (guint i = 0; i < reading->members->len; i++) {
        const struct member *one = &g_array_index(reading->members, struct member, i);
        for (guint k = i + 1; k < reading->members->len; k++) {
            const struct member *other = &g_array_index(reading->members, struct member, k);
            const double score = (double)recognise_similarity(one->fused, other->fused);
            if (score < reading->figures->match)
                continue;
            struct db_lookalike *pair = g_new0(struct db_lookalike, 1);
            pair->first_id = one->id;
            pair->second_id = other->id;
            pair->first_name = g_strdup(one->name);
            pair->second_name = g_strdup(other->name);
            pair->score = score;
            g_ptr_array_add(reading->figures->lookalikes, pair);
        }
    }
}

static gint compare_falling(gconstpointer a, gconstpointer b)
{
    const float left = *(const float *)a, right = *(const float *)b;

    return (left < right) - (left > right);
}

static void conclude(struct reading *reading)
{
    struct service_class_figures *figures = reading->figures;
    const double n = reading->scores->len;
    const size_t tail_n = (size_t)(n * TAIL_SHARE);

    g_array_sort(reading->scores, compare_falling);
    figures->impostor_scores = n;
    figures->impostor_mean = n > 0 ? reading->sum / n : NAN;
    figures->impostor_deviation =
        n > 0 ? sqrt(fmax(reading->squares / n - pow(reading->sum / n, 2), 0)) : NAN;
    figures->impostor_highest = n > 0 ? (double)g_array_index(reading->scores, float, 0) : NAN;
    figures->tail_known =
        tail_n >= TAIL_MIN &&
        recognise_tail_fit((const float *)(void *)reading->scores->data, tail_n, n, &figures->tail);
    const struct recognise_tail *tail =
        figures->tail_known ? &figures->tail : &RECOGNISE_TAIL_DEFAULT;
    figures->member_match_rate = recognise_tail_rate(tail, figures->match);
    figures->member_named_rate = recognise_tail_strangers(
        tail, figures->enrolled > 0 ? figures->enrolled - 1 : 0, figures->match);
    figures->stranger_named_rate =
        recognise_tail_strangers(tail, figures->enrolled, figures->match);
    figures->stranger_target_rate =
        recognise_tail_strangers(&RECOGNISE_TAIL_DEFAULT, figures->enrolled, figures->match);
}

static void compare_all(struct service *service, struct reading *reading)
{
    struct service_class_figures *figures = reading->figures;

    figures->enrolled = reading->members->len;
    const struct recognise_thresholds thresholds =
        recognise_thresholds_among(service->recogniser, figures->enrolled);
    figures->match = (double)thresholds.match;
    figures->review = (double)thresholds.review;
    figures->margin = (double)thresholds.margin;
    for (guint i = 0; i < reading->members->len; i++) {
        const struct member *member = &g_array_index(reading->members, struct member, i);
        for (size_t photo = 0; photo < member->templates->len / FACE_TEMPLATE_N; photo++)
            compare_photo(reading, i, photo);
    }
    find_pairs(reading);
    conclude(reading);
}

bool service_class_figures_read(struct service *service, const struct service_identity *identity,
                                const struct base_uuid *roster,
                                struct service_class_figures *figures, GError **error)
{
    GError *problem = NULL;
    struct reading reading = {.figures = figures};

    *figures = (struct service_class_figures){0};
    if (!service_allow_all(identity, CORE_ACTION_FACE_WRITE, error) ||
        !service_faces_ready(service, error))
        return false;
    g_autoptr(GArray) people = find_people(service, roster, &problem);
    if (problem) {
        g_propagate_error(error, problem);
        return false;
    }
    if (!people)
        people = course_people(service, identity, roster, error);
    if (!people)
        return false;
    figures->people = people->len;
    figures->lookalikes = g_ptr_array_new_with_free_func((GDestroyNotify)db_lookalike_free);
    reading.members = g_array_new(FALSE, FALSE, sizeof(struct member));
    g_array_set_clear_func(reading.members, member_clear);
    reading.scores = g_array_new(FALSE, FALSE, sizeof(float));
    const bool ok = read_members(service, people, &reading, error);
    if (ok)
        compare_all(service, &reading);
    else
        service_class_figures_clear(figures);
    g_array_unref(reading.members);
    g_array_unref(reading.scores);
    return ok;
}
