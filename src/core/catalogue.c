#include "core/catalogue.h"

#include "base/text.h"

static const char *const STATES[CORE_SESSION_STATE_N] = {
    [CORE_SESSION_PLANNED] = "planned",
    [CORE_SESSION_CANCELLED] = "cancelled",
};

const char *core_session_state_name(enum core_session_state state)
{
    return (unsigned)state < CORE_SESSION_STATE_N ? STATES[state] : NULL;
}

bool core_session_state_from_name(const char *name, enum core_session_state *state)
{
    const int index = base_text_index(STATES, CORE_SESSION_STATE_N, name);

    if (index >= 0)
        *state = (enum core_session_state)index;
    return index >= 0;
}

void core_term_clear(struct core_term *term)
{
    g_free(term->name);
    g_free(term->name_key);
    g_free(term->first_day);
    g_free(term->last_day);
    *term = (struct core_term){0};
}

void core_subject_clear(struct core_subject *subject)
{
    g_free(subject->code);
    g_free(subject->name);
    g_free(subject->name_key);
    *subject = (struct core_subject){0};
}

void core_room_clear(struct core_room *room)
{
    g_free(room->name);
    g_free(room->name_key);
    *room = (struct core_room){0};
}

void core_course_clear(struct core_course *course)
{
    g_free(course->name);
    g_free(course->name_key);
    g_free(course->term_name);
    g_free(course->subject_name);
    g_free(course->subject_code);
    *course = (struct core_course){0};
}

void core_enrolment_clear(struct core_enrolment *enrolment)
{
    g_free(enrolment->user_name);
    g_free(enrolment->group_name);
    g_free(enrolment->course_name);
    g_free(enrolment->first_day);
    g_free(enrolment->last_day);
    *enrolment = (struct core_enrolment){0};
}

void core_holiday_clear(struct core_holiday *holiday)
{
    g_free(holiday->name);
    g_free(holiday->first_day);
    g_free(holiday->last_day);
    *holiday = (struct core_holiday){0};
}

void core_slot_clear(struct core_slot *slot)
{
    g_free(slot->room_name);
    g_free(slot->first_day);
    g_free(slot->last_day);
    *slot = (struct core_slot){0};
}

void core_session_clear(struct core_session *session)
{
    g_free(session->slot_day);
    g_free(session->external_uid);
    g_free(session->room_name);
    g_free(session->course_name);
    g_free(session->title);
    g_free(session->local_day);
    g_free(session->note);
    *session = (struct core_session){0};
}

#define DEFINE_FREE(noun)                                                                          \
    void core_##noun##_free(struct core_##noun *noun)                                              \
    {                                                                                              \
        if (!noun)                                                                                 \
            return;                                                                                \
        core_##noun##_clear(noun);                                                                 \
        g_free(noun);                                                                              \
    }

DEFINE_FREE(term)
DEFINE_FREE(subject)
DEFINE_FREE(room)
DEFINE_FREE(course)
DEFINE_FREE(enrolment)
DEFINE_FREE(holiday)
DEFINE_FREE(slot)
DEFINE_FREE(session)
