#include "service/demo_internal.h"

#include "core/timetable.h"
#include "db/query/attendance.h"
#include "db/query/session.h"
#include "service/attend.h"

#include <math.h>

#define MINUTES(n) ((base_time)(n)*60 * BASE_TIME_SECOND)

static const char *const EXCUSES[] = {
    "Cita médica con comprobante.",
    "Representa a la universidad en el torneo estatal.",
    "Trámite de beca con constancia.",
    "Asunto familiar avisado con anticipación.",
    "Participa en el congreso de estudiantes.",
};

static const char *const PROOFS[] = {
    "Entregó justificante médico.",
    "Entregó constancia de la clínica.",
    "Justificado por tutoría.",
    "Accidente de tránsito, con reporte.",
};

static const char *const WAS_THERE[] = {
    "Estuvo en clase; la cámara no alcanzó su lugar.",
    "Firmó la lista en papel.",
    "Llegó a tiempo; la red falló en la entrada.",
    "Participó en la práctica del día.",
};

#define PICK(dice, list) ((list)[service_demo_roll((dice), G_N_ELEMENTS(list))])

/* By its occasion: a server that settled the session meanwhile has made a mark of its own. */
struct core_attendance *service_demo_mark_find(const struct demo *demo,
                                               struct db_connection *connection,
                                               const struct demo_mark *mark, GError **error)
{
    char occasion[CORE_OCCASION_SIZE];

    service_occasion_of_session(&demo_session(demo, mark->session)->session->id, occasion);
    return db_attendance_find_occasion(connection, &demo_student(demo, mark->student)->id, occasion,
                                       error);
}

/* ---- corrections ---- */

struct demo_correction {
    guint mark;
    enum core_status status;
    const char *code, *reason;
};

static bool correct(struct demo *demo, struct db_connection *connection, guint index,
                    GError **error)
{
    const struct demo_correction *correction = DEMO_AT(demo->corrections, demo_correction, index);
    const struct demo_mark *mark = demo_mark(demo, correction->mark);
    const guint teacher = demo_course(demo, demo_session(demo, mark->session)->course)->teacher;
    const struct service_identity identity =
        service_demo_identity(demo, demo_teacher(demo, teacher));
    g_autoptr(core_attendance) before = service_demo_mark_find(demo, connection, mark, error);
    g_autoptr(core_attendance) after =
        before ? service_mark_correct_on(connection, &identity, before, correction->status,
                                         correction->code, correction->reason, error)
               : NULL;

    return after != NULL;
}

void service_demo_correct(struct demo *demo, guint mark, base_time at, enum core_status status,
                          const char *code, const char *reason)
{
    const struct demo_correction correction = {mark, status, code, reason};

    if (at > demo->now)
        return;
    demo_mark(demo, mark)->settled = true;
    g_array_append_val(demo->corrections, correction);
    service_demo_happens_within(demo, at, correct, demo->corrections->len - 1);
}

/* ---- storing marks ---- */

static bool insert(struct demo *demo, struct db_connection *connection,
                   const struct demo_mark *mark, GError **error)
{
    const struct demo_session *session = demo_session(demo, mark->session);
    const struct demo_course *course = demo_course(demo, session->course);
    const guint group = service_demo_group_on(demo, mark->student, session->day);
    char occasion[CORE_OCCASION_SIZE];
    struct core_attendance row = {
        .id = mark->id,
        .user_id = demo_student(demo, mark->student)->id,
        .session_id = session->session->id,
        .course_id = course->id,
        .occasion = occasion,
        .local_day = session->session->local_day,
        .marked_at = mark->marked_at,
        .last_seen_at = mark->last_seen_at,
        .status = mark->status,
        .status_code = (char *)mark->code,
        .method = mark->method,
        .score = mark->score,
        .note = (char *)mark->note,
        .created_at = mark->at,
        .updated_at = mark->at,
    };

    service_occasion_of_session(&session->session->id, occasion);
    if (group != DEMO_NONE)
        row.group_id = DEMO_AT(demo->groups, demo_group, group)->id;
    if (mark->method == CORE_METHOD_MANUAL)
        row.marked_by = demo_teacher(demo, course->teacher)->id;
    return db_attendance_insert(connection, &row, error);
}

static bool write_mark(struct demo *demo, struct db_connection *connection, guint index,
                       GError **error)
{
    const struct demo_mark *mark = demo_mark(demo, index);
    const struct demo_session *session = demo_session(demo, mark->session);
    const bool manual = mark->method == CORE_METHOD_MANUAL;
    const bool teacher = manual || mark->method == CORE_METHOD_PHOTO;
    const struct service_identity identity = service_demo_identity(
        demo, demo_teacher(demo, demo_course(demo, session->course)->teacher));
    char occasion[CORE_OCCASION_SIZE];

    service_occasion_of_session(&session->session->id, occasion);
    return insert(demo, connection, mark, error) &&
           service_audit(connection, teacher ? &identity : NULL,
                         manual ? "attendance.write" : "attendance.mark",
                         &demo_student(demo, mark->student)->id,
                         json_pack("{s:s, s:s}", "occasion", occasion, "status",
                                   core_status_name(mark->status)),
                         error);
}

/* As service/closing.c ends a session, but without its mail, which would wait by the hundred. */
static bool close_session(struct demo *demo, struct db_connection *connection, guint index,
                          GError **error)
{
    const struct demo_session *session = demo_session(demo, index);
    const struct base_uuid *id = &session->session->id;
    json_int_t absent = 0;
    g_autoptr(json_t) people = json_array();

    for (guint i = 0; i < session->marks_n; i++) {
        const struct demo_mark *mark = demo_mark(demo, session->first_mark + i);
        if (mark->method != CORE_METHOD_AUTOMATIC)
            continue;
        json_array_append_new(people, base_json_uuid(&demo_student(demo, mark->student)->id));
        absent++;
        if (!insert(demo, connection, mark, error))
            return false;
    }
    return (absent == 0 ||
            service_audit(connection, NULL, "session.unmarked", id,
                          json_pack("{s:s, s:O}", "status", core_status_name(CORE_STATUS_ABSENT),
                                    "people", people),
                          error)) &&
           db_session_set_closed(connection, id, base_time_now(), NULL, error) &&
           service_audit(connection, NULL, "session.close", id, json_pack("{s:I}", "marks", absent),
                         error);
}

/* ---- making them up ---- */

/* One student in one session. */
struct draw {
    struct demo *demo;
    const struct demo_session *session;
    const struct demo_course *course;
    const struct demo_person *person;
    const struct core_rules *rules;
    struct demo_dice dice;
    bool ill, dull; /* the person; the hour: Monday morning */
    bool live;      /* it is the class that is going on: some are yet to come */
};

static bool is_bad_week(const struct draw *draw)
{
    const struct demo *demo = draw->demo;

    return draw->course == demo_course(demo, demo->bad_course) &&
           core_day_monday(draw->session->day) == demo->bad_monday;
}

static double likely(const struct draw *draw)
{
    const struct demo *demo = draw->demo;
    const struct core_session *session = draw->session->session;
    const gint32 weekday = core_day_weekday(draw->session->day);
    struct demo_dice day = service_demo_dice(demo, DEMO_TOPIC_DAY, (guint64)draw->session->day, 0);
    double p = draw->person->attends;

    if (draw->ill)
        return 0.02;
    if (draw->dull)
        p -= 0.06;
    if (weekday == 5 && session->start_second >= 12 * 3600)
        p -= 0.04;
    if (service_demo_roll(&day, 16) == 0) /* a day of heavy rain */
        p -= 0.07;
    if (is_bad_week(draw))
        p -= 0.45;
    if (draw->person->declines && draw->session->day > (demo->first_day * 2 + demo->today * 3) / 5)
        p -= 0.30;
    return p;
}

/* Two scans: when the person was seen last, and what that makes of the mark. */
static void leave(struct draw *draw, struct demo_mark *mark)
{
    const struct core_session *session = draw->session->session;
    const bool early = service_demo_roll(&draw->dice, 30) == 0;
    const base_time before_end = early ? MINUTES(18 + service_demo_roll(&draw->dice, 21))
                                       : MINUTES(service_demo_roll(&draw->dice, 6));
    static const char LEFT_EARLY[] = "salio-antes";
    char code[CORE_RULES_CODE_SIZE];

    if (draw->rules->scans < 2 || session->ends_at > draw->demo->now)
        return;
    mark->last_seen_at = session->ends_at - before_end;
    mark->status = core_rules_presence(draw->rules, session->starts_at, session->ends_at,
                                       mark->marked_at, mark->last_seen_at, code);
    mark->code = *code ? LEFT_EARLY : NULL;
}

static void arrive(struct draw *draw, struct demo_mark *mark)
{
    const struct core_session *session = draw->session->session;
    const gint32 on_time = draw->rules->present_until, last = draw->rules->late_until;
    const double late = draw->person->late + (draw->dull ? 0.05 : 0) +
                        (is_bad_week(draw) ? 0.2 : 0) + (draw->live ? 0.2 : 0);
    const guint way = service_demo_roll(&draw->dice, 100);
    const double u = service_demo_chance(&draw->dice), v = service_demo_chance(&draw->dice);
    double offset = -600 + (600 + on_time - 20) * (u + v) / 2;

    if (service_demo_chance(&draw->dice) < late)
        offset = on_time + 15 + (last - on_time - 60) * u * v;
    mark->method = way < 94 ? CORE_METHOD_FACE : way < 97 ? CORE_METHOD_CODE : CORE_METHOD_MANUAL;
    mark->marked_at = session->starts_at + (base_time)(offset * (double)BASE_TIME_SECOND);
    if (draw->course->photo && offset < 240) {
        mark->method = CORE_METHOD_PHOTO;
        mark->marked_at = session->starts_at + MINUTES(4);
    }
    if (mark->method == CORE_METHOD_FACE || mark->method == CORE_METHOD_PHOTO)
        mark->score = 0.56 + 0.3 * service_demo_chance(&draw->dice);
    mark->at = mark->marked_at;
    mark->status = core_rules_arrival(draw->rules, session->starts_at, mark->marked_at);
    leave(draw, mark);
}

/* An excuse that was given before, which the teacher wrote down. */
static void excuse(struct draw *draw, struct demo_mark *mark)
{
    mark->method = CORE_METHOD_MANUAL;
    mark->status = CORE_STATUS_EXCUSED;
    mark->code = draw->ill && draw->course->policy == DEMO_POLICY_LAB ? "enfermedad" : NULL;
    mark->note = PICK(&draw->dice, EXCUSES);
    mark->at =
        draw->session->session->starts_at - DEMO_HOUR * (2 + service_demo_roll(&draw->dice, 9));
    mark->marked_at = draw->session->session->starts_at;
}

static base_time end_of(const struct draw *draw)
{
    return draw->session->session->ends_at + (draw->rules->closes_after + 20) * BASE_TIME_SECOND;
}

/* What somebody who was taken for absent brings later: a proof, or that they were there. */
static void reconsider(struct draw *draw, guint index)
{
    const base_time at = end_of(draw) + DEMO_HOUR * (5 + service_demo_roll(&draw->dice, 60));
    const guint luck = service_demo_roll(&draw->dice, 100);
    const bool lab = draw->course->policy == DEMO_POLICY_LAB;

    if (draw->ill ? luck < 65 : luck < 7)
        service_demo_correct(draw->demo, index, at, CORE_STATUS_EXCUSED,
                             lab && draw->ill ? "enfermedad" : NULL, PICK(&draw->dice, PROOFS));
    else if (luck < 11)
        service_demo_correct(draw->demo, index, at, CORE_STATUS_PRESENT, NULL,
                             PICK(&draw->dice, WAS_THERE));
}

static void stay_away(struct draw *draw, struct demo_mark *mark)
{
    if (service_demo_roll(&draw->dice, 100) < (draw->ill ? 25 : 4)) {
        excuse(draw, mark);
        return;
    }
    mark->method = CORE_METHOD_AUTOMATIC;
    mark->status = CORE_STATUS_ABSENT;
    mark->at = end_of(draw);
    mark->marked_at = draw->session->session->ends_at;
}

static void draw_mark(struct demo *demo, guint session_index, guint student)
{
    const struct demo_session *session = demo_session(demo, session_index);
    const struct demo_person *person = demo_student(demo, student);
    struct draw draw = {
        .demo = demo,
        .session = session,
        .course = demo_course(demo, session->course),
        .person = person,
        .rules = &demo->rules[demo_course(demo, session->course)->policy],
        .dice = service_demo_dice(demo, DEMO_TOPIC_MARK, session_index, student),
        .ill = session->day >= person->ill_from && session->day <= person->ill_to,
        .live = base_uuid_equal(&session->session->id, &demo->live_id),
        .dull = core_day_weekday(session->day) == 1 && session->session->start_second < 9 * 3600,
    };
    struct demo_mark mark = {.session = session_index, .student = student, .score = NAN};
    const guint index = demo->marks->len;

    /* In the class that is going on the student of the demonstration is yet to come, and somebody
     * has an excuse. */
    if (draw.live && student == 0)
        return;
    if (draw.live && student == 2)
        excuse(&draw, &mark);
    else if (service_demo_chance(&draw.dice) < likely(&draw))
        arrive(&draw, &mark);
    else
        stay_away(&draw, &mark);
    if (mark.at > demo->now)
        return;
    base_uuid_new(&mark.id);
    g_array_append_val(demo->marks, mark);
    if (mark.method == CORE_METHOD_AUTOMATIC)
        reconsider(&draw, index);
    else
        service_demo_happens_within(demo, mark.at, write_mark, index);
    if (mark.status == CORE_STATUS_LATE && service_demo_roll(&draw.dice, 30) == 0)
        service_demo_correct(demo, index, end_of(&draw) + DEMO_HOUR, CORE_STATUS_PRESENT, NULL,
                             PICK(&draw.dice, WAS_THERE));
}

static void draw_session(struct demo *demo, guint index)
{
    struct demo_session *session = demo_session(demo, index);
    const struct core_rules *rules = &demo->rules[demo_course(demo, session->course)->policy];

    session->first_mark = demo->marks->len;
    if (session->session->state != CORE_SESSION_PLANNED ||
        session->session->starts_at - DEMO_HOUR > demo->now)
        return;
    for (guint student = 0; student < demo->students->len; student++)
        if (service_demo_attends(demo, student, session->course, session->day))
            draw_mark(demo, index, student);
    session->marks_n = demo->marks->len - session->first_mark;
    service_demo_happens_within(
        demo, session->session->ends_at + (rules->closes_after + 20) * BASE_TIME_SECOND,
        close_session, index);
}

void service_demo_marks_plan(struct demo *demo)
{
    demo->corrections = g_array_new(FALSE, FALSE, sizeof(struct demo_correction));
    for (guint i = 0; i < demo->sessions->len; i++)
        draw_session(demo, i);
}
