/*
 * Private to this folder: what an import wants to be there, whatever kind of file said so, and
 * making it so. The readers (roster.c, oneroster.c) fill in a struct roster; roster_settle()
 * compares it with the database and tells, and in earnest stores, the difference.
 *
 * A term, subject, group or course without a name is one that must be there by its external id.
 *
 * A thing of the roster that cannot be had is reported to the import and keeps a nil id; what
 * depends on it is passed over in silence.
 */
#ifndef SERVICE_ROSTER_PLAN_H
#define SERVICE_ROSTER_PLAN_H

#include "core/catalogue.h"
#include "service/import.h"
#include "service/internal.h"

enum roster_column {
    ROSTER_NAME,
    ROSTER_STUDENT_NUMBER,
    ROSTER_EMAIL,
    ROSTER_GROUP,
    ROSTER_ROLE,
    ROSTER_DATE_OF_BIRTH,
    ROSTER_LANGUAGE,
    ROSTER_STATUS,
    ROSTER_SUBJECT,
    ROSTER_COURSE,
    ROSTER_TERM,
    ROSTER_TEACHER,
    ROSTER_FIRST_DAY,
    ROSTER_LAST_DAY,
    ROSTER_COLUMN_N,
};

/* Where a thing stands, for who has to mend it. Borrowed texts, as all in these structs: they live
 * as long as the roster. */
struct roster_place {
    const char *file;
    gint64 line;
    const char *const *labels; /* what the file calls each roster_column; NULL: as we do */
};

/* In each of the following NULL means: not said, leave it as it is. `external` is the id in the
 * other system. `id` is filled in by settling; nil: there is none. */
struct roster_term {
    struct roster_place place;
    const char *external, *name;
    const char *first_day, *last_day; /* both, or the term must be there */
    struct base_uuid id;
};

struct roster_subject {
    struct roster_place place;
    const char *external, *name, *code;
    struct base_uuid id;
};

struct roster_group {
    struct roster_place place;
    const char *external, *name;
    struct base_uuid id;
};

struct roster_course {
    struct roster_place place;
    const char *external, *name; /* NULL: the subject's */
    struct roster_term *term;    /* NULL: that of today */
    struct roster_subject *subject;
    GPtrArray *groups; /* struct roster_group *, borrowed */
    bool ends;         /* it is to be no more: who is in it leaves, the marks stay */
    struct base_uuid id;
    char first_day[CORE_DAY_SIZE]; /* of its term */
    GPtrArray *enrolments;         /* struct core_enrolment *: those stored, in the course itself */
    GHashTable *members;           /* the same by person: struct base_uuid * → GPtrArray */
};

struct roster_person {
    struct roster_place place;
    const char *external, *name, *student_number, *email, *date_of_birth, *language;
    struct roster_group *group;
    struct roster_group *leaves_group; /* is in it no more, if they are; NULL */
    const char *first_day;             /* of the group; NULL: today */
    int role;                          /* enum core_role; -1: not said */
    int active;                        /* 0, 1; -1: not said */
    enum core_role role_if_new;
    const char *email_if_new; /* for who has none; NULL */
    bool leaves;              /* is to be withdrawn */
    bool is_faulty;           /* a line of theirs was refused: nothing more is told of them */
    bool is_reference;        /* must be there, by the e-mail; nothing about them changes */
    struct base_uuid id;
    enum core_role role_now;
    bool is_new;
    GPtrArray *changed; /* char *, static: which fields the audit log tells of */
    json_t *details;    /* what else it tells: from → to, enrolments; NULL: nothing */
};

/* Somebody in one course, or teaching a course or a group. */
struct roster_enrolment {
    struct roster_place place;
    const char *external;
    struct roster_person *person;
    struct roster_course *course; /* one of these, or both and it is whichever there is */
    struct roster_group *group;
    bool teaches;
    bool in_course;       /* and not in a group: filled in by settling */
    bool only_teaching;   /* of students it means nothing */
    bool by_role;         /* whoever is no student teaches, whatever `teaches` says */
    bool ends;            /* it is to be no more */
    bool from_term_start; /* without a first day it begins with the term rather than today */
    const char *first_day, *last_day;
};

struct roster {
    GStringChunk *texts;
    GPtrArray *terms, *subjects, *groups, *courses, *people, *enrolments;
    struct service_import *import; /* the caller's */
};

void roster_init(struct roster *roster, struct service_import *import);
void roster_clear(struct roster *roster);

/* A copy of the text that lives as long as the roster; NULL for NULL and for the empty text. */
const char *roster_text(struct roster *roster, const char *text);

/* New things, owned by the roster. */
struct roster_term *roster_add_term(struct roster *roster, const struct roster_place *place);
struct roster_subject *roster_add_subject(struct roster *roster, const struct roster_place *place);
struct roster_group *roster_add_group(struct roster *roster, const struct roster_place *place);
struct roster_course *roster_add_course(struct roster *roster, const struct roster_place *place);
struct roster_person *roster_add_person(struct roster *roster, const struct roster_place *place);
struct roster_enrolment *roster_add_enrolment(struct roster *roster,
                                              const struct roster_place *place);

/* Notes what is wrong at a place. Returns false. */
bool roster_refuse(struct roster *roster, const struct roster_place *place,
                   enum roster_column column, const char *format, ...) G_GNUC_PRINTF(4, 5);

struct roster_options {
    bool apply;
    bool keep_groups;
    bool withdraw_missing;  /* students of the roster's groups who are not in it leave */
    bool withdraw_external; /* enrolments of an earlier import that the roster has no more end */
    const char *source;     /* prefix of the kinds of external ids, "oneroster"; NULL: none */
    const char *action;     /* of the audit log, "import.roster" */
};

/* Compares, and stores what differs in one transaction when options->apply is set and nothing was
 * refused. */
bool roster_settle(struct service *service, const struct service_identity *identity,
                   struct roster *roster, const struct roster_options *options, GError **error);

/* ---- Between roster_settle.c, roster_people.c and roster_courses.c ---- */

enum roster_kind {
    ROSTER_KIND_TERM,
    ROSTER_KIND_SUBJECT,
    ROSTER_KIND_GROUP,
    ROSTER_KIND_COURSE,
    ROSTER_KIND_PERSON,
    ROSTER_KIND_ENROLMENT,
    ROSTER_KIND_N,
};

struct roster_work {
    struct service *service;
    const struct service_identity *identity;
    struct roster *roster;
    const struct roster_options *options;
    struct db_connection *connection;
    char today[CORE_DAY_SIZE];
    base_time now;
    struct service_import_mark mark;      /* what the reader has told: settling may run again */
    guint people_len;                     /* likewise */
    GHashTable *externals[ROSTER_KIND_N]; /* NULL without options->source */
    char *kinds[ROSTER_KIND_N];
    GPtrArray *users; /* struct core_user *: everybody */
    GHashTable *by_id, *by_email, *by_number;
    GHashTable *seen; /* struct base_uuid *: whom the roster named */
    GHashTable *kept; /* struct base_uuid *: stored enrolments that the roster still has */
    bool no_term;     /* there is none today, which was told */
    bool faces;       /* somebody became active or inactive */
};

/* Whether things are stored, rather than only compared. */
bool roster_writes(const struct roster_work *work);

/* Whether the error only says that there is no such thing; it is freed then, and propagated
 * otherwise. */
bool roster_is_absent(GError *problem, GError **error);

/* What an external id stands for; NULL: it is new. */
const struct base_uuid *roster_external(const struct roster_work *work, enum roster_kind kind,
                                        const char *external);
bool roster_external_set(struct roster_work *work, enum roster_kind kind, const char *external,
                         const struct base_uuid *id, GError **error);

bool roster_settle_terms(struct roster_work *work, GError **error);
bool roster_settle_subjects(struct roster_work *work, GError **error);
bool roster_settle_groups(struct roster_work *work, GError **error);
bool roster_settle_courses(struct roster_work *work, GError **error);
bool roster_settle_people(struct roster_work *work, GError **error);
bool roster_settle_missing(struct roster_work *work, GError **error);
bool roster_settle_enrolments(struct roster_work *work, GError **error);
bool roster_settle_ended(struct roster_work *work, GError **error);
/* Notes for the audit log that an enrolment of the person was begun, changed or ended: course and
 * days as they are now, or that it was deleted. */
void roster_note_enrolment(struct roster_person *person, const struct core_enrolment *enrolment,
                           bool deleted);

bool roster_audit_people(struct roster_work *work, GError **error);

#endif
