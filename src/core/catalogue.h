/*
 * What a university teaches and when, as plain data: terms, subjects, rooms, courses, who is
 * enrolled, the weekly slots, holidays and the sessions that come of them.
 *
 * As in core/types.h strings are UTF-8, owned by the struct and NULL where nothing is known, and an
 * id that is all zeros means "none". Days are "YYYY-MM-DD" on the institution's calendar, seconds
 * count from midnight on its wall.
 */
#ifndef CORE_CATALOGUE_H
#define CORE_CATALOGUE_H

#include "base/time.h"
#include "base/uuid.h"

#include <glib.h>
#include <stdbool.h>

struct core_term {
    struct base_uuid id;
    struct base_uuid institution_id;
    char *name;
    char *name_key; /* `name` normalised for order and search */
    char *first_day;
    char *last_day; /* included */
    base_time created_at;
    base_time updated_at;
};

struct core_subject {
    struct base_uuid id;
    struct base_uuid institution_id;
    char *code; /* "MAT-101" or NULL */
    char *name;
    char *name_key;
    base_time created_at;
    base_time updated_at;
};

struct core_room {
    struct base_uuid id;
    struct base_uuid institution_id;
    char *name;
    char *name_key;
    gint64 capacity; /* 0: not known */
    base_time created_at;
    base_time updated_at;
};

/* A subject taught in a term to one or more groups by one or more teachers. */
struct core_course {
    struct base_uuid id;
    struct base_uuid institution_id;
    struct base_uuid term_id;
    struct base_uuid subject_id;
    struct base_uuid policy_id; /* none: the institution's default */
    char *name;                 /* unique in the term but for case and accents */
    char *name_key;
    char *term_name;    /* filled when read */
    char *subject_name; /* filled when read */
    char *subject_code; /* filled when read */
    base_time created_at;
    base_time updated_at;
};

/* A person's membership of a group, or of one course alone: exactly one of the two ids is set. */
struct core_enrolment {
    struct base_uuid id;
    struct base_uuid user_id;
    struct base_uuid group_id;
    struct base_uuid course_id;
    char *user_name;   /* filled when read */
    char *group_name;  /* filled when read */
    char *course_name; /* filled when read */
    char *first_day;
    char *last_day; /* included; NULL: it goes on */
    base_time created_at;
    base_time updated_at;
};

struct core_holiday {
    struct base_uuid id;
    struct base_uuid institution_id;
    char *name;
    char *first_day;
    char *last_day; /* included */
    base_time created_at;
    base_time updated_at;
};

/* A course's hours on one day of the week. An end that is not after the start is on the next day.
 */
struct core_slot {
    struct base_uuid id;
    struct base_uuid course_id;
    struct base_uuid room_id;
    char *room_name; /* filled when read */
    gint32 weekday;  /* 1 Monday … 7 Sunday (ISO 8601) */
    gint32 start_second;
    gint32 end_second;
    char *first_day;
    char *last_day;     /* included */
    gint32 every_weeks; /* 1: each week, 2: each second one …, counted from the week of first_day */
    base_time created_at;
    base_time updated_at;
};

enum core_session_state {
    CORE_SESSION_PLANNED,
    CORE_SESSION_CANCELLED,
    CORE_SESSION_STATE_N,
};

/* "planned", "cancelled". Static storage; NULL for a value out of range. */
const char *core_session_state_name(enum core_session_state state);
bool core_session_state_from_name(const char *name, enum core_session_state *state);

/* One meeting of a course. */
struct core_session {
    struct base_uuid id;
    struct base_uuid course_id;
    struct base_uuid slot_id; /* the slot that it came from; none: a single session */
    char *slot_day;           /* the day that the slot gave it, also after it was moved */
    char *external_uid;       /* of the calendar that it was imported from */
    struct base_uuid room_id;
    char *room_name;   /* filled when read */
    char *course_name; /* filled when read */
    char *title;
    char *local_day; /* of its start */
    gint32 start_second;
    gint32 end_second;
    base_time starts_at; /* what the wall clock means as an instant */
    base_time ends_at;
    enum core_session_state state;
    bool edited;         /* moved or cancelled by hand: generating again leaves it alone */
    char *note;          /* why it was moved or cancelled */
    base_time closed_at; /* when those without a mark were settled; 0: not yet */
    base_time created_at;
    base_time updated_at;
};

void core_term_clear(struct core_term *term);
void core_subject_clear(struct core_subject *subject);
void core_room_clear(struct core_room *room);
void core_course_clear(struct core_course *course);
void core_enrolment_clear(struct core_enrolment *enrolment);
void core_holiday_clear(struct core_holiday *holiday);
void core_slot_clear(struct core_slot *slot);
void core_session_clear(struct core_session *session);

void core_term_free(struct core_term *term);
void core_subject_free(struct core_subject *subject);
void core_room_free(struct core_room *room);
void core_course_free(struct core_course *course);
void core_enrolment_free(struct core_enrolment *enrolment);
void core_holiday_free(struct core_holiday *holiday);
void core_slot_free(struct core_slot *slot);
void core_session_free(struct core_session *session);

typedef struct core_term core_term;
typedef struct core_subject core_subject;
typedef struct core_room core_room;
typedef struct core_course core_course;
typedef struct core_enrolment core_enrolment;
typedef struct core_holiday core_holiday;
typedef struct core_slot core_slot;
typedef struct core_session core_session;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(core_term, core_term_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(core_subject, core_subject_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(core_room, core_room_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(core_course, core_course_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(core_enrolment, core_enrolment_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(core_holiday, core_holiday_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(core_slot, core_slot_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(core_session, core_session_free)

#endif
