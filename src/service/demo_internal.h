/* Private to demo*.c: the term that is told, while it is made up. */
#ifndef SERVICE_DEMO_INTERNAL_H
#define SERVICE_DEMO_INTERNAL_H

#include "core/catalogue.h"
#include "core/rules.h"
#include "service/demo.h"
#include "service/internal.h"

#define DEMO_MINUTE (60 * BASE_TIME_SECOND)
#define DEMO_HOUR (60 * DEMO_MINUTE)
#define DEMO_DAY (24 * DEMO_HOUR)
#define DEMO_NONE G_MAXUINT
#define DEMO_FOREVER G_MAXINT32

enum {
    DEMO_STAYS_MAX = 2,
    DEMO_GUESTS_MAX = 4,
    DEMO_LIVE_MINUTES = 120,
};

/* Days that a student is in a group, both included. */
struct demo_stay {
    guint group;
    gint32 from, to;
};

struct demo_person {
    struct base_uuid id;
    enum core_role role;
    char *name, *email, *number, *birth;
    const char *language;
    bool active;
    bool invited; /* has no password yet */

    /* Of students: where they are, and what they are like. */
    struct demo_stay stays[DEMO_STAYS_MAX];
    guint stays_n;
    double attends, late; /* how likely */
    bool declines;        /* comes less and less */
    gint32 ill_from, ill_to;
};

struct demo_group {
    struct base_uuid id;
    char *name;
};

enum demo_policy {
    DEMO_POLICY_CLASS,
    DEMO_POLICY_LAB,
    DEMO_POLICY_N,
};

struct demo_course {
    struct base_uuid id;
    char *name;
    guint subject;
    guint groups[2]; /* the second may be DEMO_NONE */
    guint teacher;   /* of demo->teachers */
    guint hours;     /* slots a week */
    bool fortnightly;
    enum demo_policy policy;
    bool photo; /* the teacher takes a picture of the whole class */
};

struct demo_session {
    struct core_session *session; /* as it takes place in the end */
    base_time planned_at;         /* when it was to start at first */
    guint course;
    gint32 day;
    guint first_mark, marks_n;
};

struct demo_mark {
    struct base_uuid id;
    guint session, student;
    base_time at;           /* when it was written */
    base_time marked_at;    /* what stands in it */
    base_time last_seen_at; /* 0: once alone */
    enum core_status status;
    enum core_method method;
    const char *code; /* the site's own status; NULL */
    const char *note; /* NULL: none */
    double score;
    bool settled; /* corrected or disputed: nothing else happens to it */
};

/* Somebody who is in one course alone. */
struct demo_guest {
    guint student, course;
    gint32 from;
};

struct demo;

/* Something that happens at its moment: within a transaction of several, or by itself. Of the two
 * one is given. A body may run again. */
typedef bool (*demo_within)(struct demo *demo, struct db_connection *connection, guint index,
                            GError **error);
typedef bool (*demo_alone)(struct demo *demo, guint index, GError **error);

struct demo {
    struct service *service;
    const struct service_identity *identity; /* of who asked for it */
    struct service_identity director;        /* the administrator of the tale */
    const struct service_demo_options *options;
    struct service_demo_result *result;

    GTimeZone *zone;
    base_time now;
    base_time clock; /* of what is set up before the term; see service_demo_tick() */
    gint32 today, first_day, last_day; /* day numbers; first and last of the term */
    gint32 live_start, live_end;       /* seconds of today's wall; the end may be tomorrow's */

    GArray *teachers, *students; /* struct demo_person; the director is the last teacher */
    GArray *groups, *courses;    /* struct demo_group, demo_course */
    GArray *sessions;            /* struct demo_session, by start */
    GArray *marks;               /* struct demo_mark, by session */
    struct demo_guest guests[DEMO_GUESTS_MAX];
    guint guests_n;
    struct core_rules rules[DEMO_POLICY_N];
    struct base_uuid policies[DEMO_POLICY_N];
    struct base_uuid term_id;
    gint64 consent_version;
    GArray *rooms; /* struct base_uuid; laboratories last */
    guint labs_n;
    struct base_uuid live_id;
    guint bad_course;  /* had a week … */
    gint32 bad_monday; /* … in which few came */
    char *password_hash;

    GArray *stories; /* struct demo_story: what becomes of sessions */
    GArray *disputes;
    GArray *corrections;
    GArray *events;
};

#define DEMO_AT(array, type, index) (&g_array_index((array), struct type, (index)))

static inline struct demo_person *demo_student(const struct demo *demo, guint index)
{
    return DEMO_AT(demo->students, demo_person, index);
}

static inline struct demo_person *demo_teacher(const struct demo *demo, guint index)
{
    return DEMO_AT(demo->teachers, demo_person, index);
}

static inline struct demo_course *demo_course(const struct demo *demo, guint index)
{
    return DEMO_AT(demo->courses, demo_course, index);
}

static inline struct demo_session *demo_session(const struct demo *demo, guint index)
{
    return DEMO_AT(demo->sessions, demo_session, index);
}

static inline struct demo_mark *demo_mark(const struct demo *demo, guint index)
{
    return DEMO_AT(demo->marks, demo_mark, index);
}

/* ---- demo_dice.c ---- */

/* What is left to chance, each matter by itself, so that one does not change another. */
enum demo_topic {
    DEMO_TOPIC_NAME,
    DEMO_TOPIC_CHARACTER,
    DEMO_TOPIC_TIMETABLE,
    DEMO_TOPIC_MARK,
    DEMO_TOPIC_DAY,
    DEMO_TOPIC_STORY,
    DEMO_TOPIC_MAIL,
};

struct demo_dice {
    guint64 state;
};

/* Dice that fall the same for the same seed and matter. */
struct demo_dice service_demo_dice(const struct demo *demo, enum demo_topic topic, guint64 a,
                                   guint64 b);
/* 0 … n - 1; n is not 0. */
guint service_demo_roll(struct demo_dice *dice, guint n);
/* [0, 1). */
double service_demo_chance(struct demo_dice *dice);

/* ---- demo_names.c ---- */

/* A name, an address of it and, for students, a number and a birthday; none is given twice. `taken`
 * is a set of the texts that are. */
void service_demo_name(const struct demo *demo, struct demo_person *person, guint index,
                       GHashTable *taken);

/* ---- demo_people.c ---- */

/* Makes up teachers, students and groups; the courses know by then how many teachers there are. */
void service_demo_people_plan(struct demo *demo, guint teachers_n);
bool service_demo_people_store(struct demo *demo, GError **error);
/* Adds to the timeline who consents, and those who change group, come late, leave, or take a course
 * besides. */
void service_demo_people_moves(struct demo *demo);
/* Whether the student is on the roster of a course on a day. */
bool service_demo_attends(const struct demo *demo, guint student, guint course, gint32 day);
/* The group of a student on a day, or DEMO_NONE. */
guint service_demo_group_on(const struct demo *demo, guint student, gint32 day);

struct service_identity service_demo_identity(const struct demo *demo,
                                              const struct demo_person *person);

/* ---- demo_catalogue.c ---- */

/* Groups and courses, and how many teachers they need. */
guint service_demo_courses_plan(struct demo *demo);
bool service_demo_institution_store(struct demo *demo, GError **error);
bool service_demo_catalogue_store(struct demo *demo, GError **error);

/* ---- demo_timetable.c ---- */

bool service_demo_timetable_store(struct demo *demo, GError **error);

/* ---- demo_stories.c ---- */

/* Sessions that are cancelled or moved: before the marks are made up. */
void service_demo_stories_plan(struct demo *demo);
/* Corrections and disputes of the marks there are. */
void service_demo_disputes_plan(struct demo *demo);
void service_demo_stories_finish(struct demo *demo);

/* ---- demo_marks.c ---- */

/* Makes up every mark until now, and adds them and the ends of sessions to the timeline. */
void service_demo_marks_plan(struct demo *demo);
/* A mark as it is stored. */
struct core_attendance *service_demo_mark_find(const struct demo *demo,
                                               struct db_connection *connection,
                                               const struct demo_mark *mark, GError **error);
/* Adds a correction of a mark to the timeline. Texts are static. */
void service_demo_correct(struct demo *demo, guint mark, base_time at, enum core_status status,
                          const char *code, const char *reason);

/* ---- demo_mail.c ---- */

/* Schedules, and a webhook that is off. */
bool service_demo_mailing_store(struct demo *demo, GError **error);
/* What was mailed, waits and was given up. */
bool service_demo_mail_store(struct demo *demo, GError **error);

/* ---- demo_devices.c ---- */

/* Kiosks that are paired; at the end of the tale one more, which waits for its code. */
bool service_demo_devices_store(struct demo *demo, GError **error);
bool service_demo_devices_finish(struct demo *demo, GError **error);
/* The PIN of the student whom a demonstration shows. */
bool service_demo_pin_store(struct demo *demo, GError **error);

/* ---- demo_faces.c ---- */

bool service_demo_faces_store(struct demo *demo, GError **error);
bool service_demo_reviews_store(struct demo *demo, GError **error);

/* ---- demo_timeline.c ---- */

GArray *service_demo_events_new(void);

/* Adds something that happens; what lies after now never does. */
void service_demo_happens_within(struct demo *demo, base_time at, demo_within what, guint index);
void service_demo_happens(struct demo *demo, base_time at, demo_alone what, guint index);
bool service_demo_timeline_run(struct demo *demo, GError **error);

/* Sets the clock a moment further than it was, for what is set up before the term. */
void service_demo_tick(struct demo *demo);

base_time service_demo_instant(const struct demo *demo, gint32 day, gint32 second);

#endif
