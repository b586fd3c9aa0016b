#include "service/demo_internal.h"

#include "core/timetable.h"
#include "db/query/attendance.h"
#include "service/disputes.h"
#include "service/generate.h"
#include "service/sessions.h"

enum {
    DISPUTES = 24, /* about so many, however many marks there are */
    DISPUTED_DAYS = 21,
    MOVED_START = 13 * 3600 + 45 * 60, /* when nothing else takes place */
    MOVED_END = 15 * 3600 + 15 * 60,
};

#define PICK(dice, list) ((list)[service_demo_roll((dice), G_N_ELEMENTS(list))])

/* ---- sessions that are cancelled or moved ---- */

struct demo_story {
    guint session;
    bool cancelled;
    struct base_uuid room_id; /* nil: it stays */
    gint32 day, start, end;
    const char *note;
};

static const char *const CANCELLED[] = {
    "Corte de energía en el edificio.",
    "Comisión académica del docente.",
    "Suspensión por alerta de tormenta.",
    "Asamblea general de la facultad.",
};

static const char *const MOVED[] = {
    "Cambio acordado con el grupo.",
    "El aula se ocupa para un examen.",
    "Repone la práctica pendiente.",
};

/* A session of the past that was moved is open again; see close_past() of demo_timetable.c. */
static bool close_again(struct demo *demo, const struct core_session *session, GError **error)
{
    if (session->closed_at || session->ends_at > demo->now)
        return true;
    g_autoptr(db_connection) connection = db_acquire(demo->service->db, error);
    return connection &&
           db_session_set_closed(connection, &session->id, session->ends_at, NULL, error);
}

static bool tell_story(struct demo *demo, guint index, GError **error)
{
    const struct demo_story *story = DEMO_AT(demo->stories, demo_story, index);
    const struct demo_session *session = demo_session(demo, story->session);
    const struct demo_person *teacher =
        demo_teacher(demo, demo_course(demo, session->course)->teacher);
    const struct service_identity identity = service_demo_identity(demo, teacher);
    const enum core_session_state state = CORE_SESSION_CANCELLED;
    char day[CORE_DAY_SIZE];
    struct service_session_input input = {.note = story->note};

    if (story->cancelled) {
        input.state = &state;
    } else {
        core_day_from_number(story->day, day);
        input.local_day = day;
        input.start_second = &story->start;
        input.end_second = &story->end;
        input.room_id = base_uuid_is_nil(&story->room_id) ? NULL : &story->room_id;
    }
    g_autoptr(core_session) after =
        service_session_update(demo->service, &identity, &session->session->id, &input, error);
    return after && close_again(demo, after, error);
}

/* From now on the session is in memory what it becomes later in the tale. */
static void add_story(struct demo *demo, const struct demo_story *story, base_time at)
{
    struct demo_session *session = demo_session(demo, story->session);
    char day[CORE_DAY_SIZE];

    if (story->cancelled) {
        session->session->state = CORE_SESSION_CANCELLED;
    } else {
        core_day_from_number(story->day, day);
        service_session_place(session->session, demo->zone, day, story->start, story->end);
        session->day = story->day;
    }
    g_array_append_val(demo->stories, *story);
    service_demo_happens(demo, at, tell_story, demo->stories->len - 1);
}

static void draw_story(struct demo *demo, guint index)
{
    const struct demo_session *session = demo_session(demo, index);
    struct demo_dice dice = service_demo_dice(demo, DEMO_TOPIC_STORY, index, 0);
    const guint luck = service_demo_roll(&dice, 1000);
    const base_time before = DEMO_HOUR * (18 + service_demo_roll(&dice, 30));
    const base_time at = MIN(session->planned_at - before, demo->now - before / 2);
    const bool late_in_week = core_day_weekday(session->day) >= 5;
    struct demo_story story = {
        .session = index,
        .cancelled = luck < 14,
        .day = session->day + (late_in_week ? -1 : 1),
        .start = MOVED_START,
        .end = MOVED_END,
    };

    if (luck >= 26 || session->day < demo->first_day + 7 || session->day > demo->today + 14 ||
        session->day == demo->today || (!story.cancelled && story.day == demo->today))
        return;
    story.note = story.cancelled ? PICK(&dice, CANCELLED) : PICK(&dice, MOVED);
    add_story(demo, &story, at);
}

/* A room that is booked twice, next week. */
static void book_twice(struct demo *demo)
{
    const struct demo_session *first = NULL;

    for (guint i = 0; i < demo->sessions->len; i++) {
        const struct demo_session *session = demo_session(demo, i);
        if (session->day < demo->today + 2 || session->session->state != CORE_SESSION_PLANNED ||
            session->session->start_second == MOVED_START)
            continue;
        if (!first || first->day != session->day) {
            first = session;
            continue;
        }
        if (first->session->start_second == session->session->start_second)
            continue;
        const struct demo_story story = {
            .session = i,
            .day = first->day,
            .start = first->session->start_second,
            .end = first->session->end_second,
            .room_id = first->session->room_id,
            .note = "Simulacro de evacuación en el edificio.",
        };
        add_story(demo, &story, demo->now - 3 * DEMO_HOUR);
        return;
    }
}

void service_demo_stories_plan(struct demo *demo)
{
    demo->stories = g_array_new(FALSE, FALSE, sizeof(struct demo_story));
    for (guint i = 0; i < demo->sessions->len; i++)
        draw_story(demo, i);
    book_twice(demo);
}

/* ---- disputes ---- */

enum fate {
    FATE_OPEN,
    FATE_ACCEPTED,
    FATE_REJECTED,
    FATE_WITHDRAWN,
};

struct demo_dispute {
    guint mark;
    struct base_uuid id;
    enum fate fate;
    const char *message, *answer;
};

static const char *const ABSENT_MESSAGES[] = {
    "Sí asistí a la clase; me senté atrás y la cámara no me tomó.",
    "Estuve toda la sesión, mi equipo expuso ese día.",
    "Llegué con el grupo, pero la entrada estaba muy oscura.",
    "Entregué mi práctica al final de la clase.",
};

static const char *const LATE_MESSAGES[] = {
    "Entré a la hora; había fila en la puerta.",
    "Estaba en el salón antes de que empezara la clase.",
    "El camión venía retrasado por la lluvia, avisé por correo.",
};

static const char *const ACCEPTED[] = {
    "Es cierto, participaste en la clase. Queda corregido.",
    "Tienes razón, revisé la lista en papel.",
    "Tu equipo lo confirma. Gracias por avisar.",
};

static const char *const REJECTED[] = {
    "Ese día no estuviste en la lista en papel.",
    "Llegaste cuando ya había terminado el tiempo de tolerancia.",
    "Sin justificante no puedo cambiarlo; puedes traerlo a control escolar.",
};

static struct core_attendance *find_mark(struct demo *demo, const struct demo_mark *mark,
                                         GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(demo->service->db, error);

    return connection ? service_demo_mark_find(demo, connection, mark, error) : NULL;
}

static bool open_dispute(struct demo *demo, guint index, GError **error)
{
    struct demo_dispute *dispute = DEMO_AT(demo->disputes, demo_dispute, index);
    const struct demo_mark *mark = demo_mark(demo, dispute->mark);
    const struct service_identity identity =
        service_demo_identity(demo, demo_student(demo, mark->student));
    g_autoptr(core_attendance) stored = find_mark(demo, mark, error);
    g_autoptr(db_dispute) opened =
        stored
            ? service_dispute_open(demo->service, &identity, &stored->id, dispute->message, error)
            : NULL;

    if (opened)
        dispute->id = opened->id;
    return opened != NULL;
}

static bool end_dispute(struct demo *demo, guint index, GError **error)
{
    const struct demo_dispute *dispute = DEMO_AT(demo->disputes, demo_dispute, index);
    const struct demo_mark *mark = demo_mark(demo, dispute->mark);
    const struct service_dispute_answer answer = {
        .accept = dispute->fate == FATE_ACCEPTED,
        .answer = dispute->answer,
    };

    if (dispute->fate == FATE_WITHDRAWN) {
        const struct service_identity student =
            service_demo_identity(demo, demo_student(demo, mark->student));
        g_autoptr(db_dispute) withdrawn =
            service_dispute_withdraw(demo->service, &student, &dispute->id, error);
        return withdrawn != NULL;
    }
    const guint course = demo_session(demo, mark->session)->course;
    const struct service_identity teacher =
        service_demo_identity(demo, demo_teacher(demo, demo_course(demo, course)->teacher));
    g_autoptr(db_dispute) answered =
        service_dispute_answer(demo->service, &teacher, &dispute->id, &answer, error);
    return answered != NULL;
}

static enum fate draw_fate(struct demo_dice *dice)
{
    const guint luck = service_demo_roll(dice, 100);

    return luck < 42   ? FATE_ACCEPTED
           : luck < 70 ? FATE_REJECTED
           : luck < 80 ? FATE_WITHDRAWN
                       : FATE_OPEN;
}

static bool is_disputable(const struct demo *demo, const struct demo_mark *mark)
{
    return !mark->settled && mark->at > demo->now - DISPUTED_DAYS * DEMO_DAY &&
           mark->at < demo->now - 2 * DEMO_HOUR &&
           (mark->method == CORE_METHOD_AUTOMATIC ||
            (mark->status == CORE_STATUS_LATE && mark->method == CORE_METHOD_FACE));
}

static void add_dispute(struct demo *demo, guint index, enum fate fate, struct demo_dice *dice)
{
    struct demo_mark *mark = demo_mark(demo, index);
    const bool absent = mark->status == CORE_STATUS_ABSENT;
    const base_time at =
        MIN(mark->at + DEMO_MINUTE * (50 + service_demo_roll(dice, 900)), demo->now - DEMO_HOUR);
    const struct demo_dispute dispute = {
        .mark = index,
        .fate = fate,
        .message = absent ? PICK(dice, ABSENT_MESSAGES) : PICK(dice, LATE_MESSAGES),
        .answer = fate == FATE_ACCEPTED ? PICK(dice, ACCEPTED) : PICK(dice, REJECTED),
    };

    mark->settled = true;
    g_array_append_val(demo->disputes, dispute);
    service_demo_happens(demo, at, open_dispute, demo->disputes->len - 1);
    if (fate != FATE_OPEN)
        service_demo_happens(demo, at + DEMO_HOUR * (4 + service_demo_roll(dice, 40)), end_dispute,
                             demo->disputes->len - 1);
}

/* Three of the student whom a demonstration shows: accepted, rejected, and not answered yet. */
static void plan_known(struct demo *demo)
{
    static const enum fate FATES[] = {FATE_OPEN, FATE_ACCEPTED, FATE_REJECTED};
    struct demo_dice dice = service_demo_dice(demo, DEMO_TOPIC_STORY, 0, 1);
    guint n = 0;

    for (guint i = demo->marks->len; i > 0 && n < G_N_ELEMENTS(FATES); i--)
        if (demo_mark(demo, i - 1)->student == 0 && is_disputable(demo, demo_mark(demo, i - 1)))
            add_dispute(demo, i - 1, FATES[n++], &dice);
}

void service_demo_disputes_plan(struct demo *demo)
{
    guint candidates = 0;

    demo->disputes = g_array_new(FALSE, FALSE, sizeof(struct demo_dispute));
    plan_known(demo);
    for (guint i = 0; i < demo->marks->len; i++)
        candidates += is_disputable(demo, demo_mark(demo, i));
    for (guint i = 0; i < demo->marks->len; i++) {
        const struct demo_mark *mark = demo_mark(demo, i);
        const guint course = demo_session(demo, mark->session)->course;
        const bool known = demo_course(demo, course)->teacher == demo_course(demo, 0)->teacher;
        struct demo_dice dice = service_demo_dice(demo, DEMO_TOPIC_STORY, i, 2);
        if (is_disputable(demo, mark) &&
            service_demo_roll(&dice, candidates) < DISPUTES * (known ? 3 : 1))
            add_dispute(demo, i, draw_fate(&dice), &dice);
    }
}

void service_demo_stories_finish(struct demo *demo)
{
    g_clear_pointer(&demo->stories, g_array_unref);
    g_clear_pointer(&demo->disputes, g_array_unref);
}
