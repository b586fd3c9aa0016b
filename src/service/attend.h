/* Private to this folder: one mark from somebody who was recognised, and what every change of a
 * mark writes. */
#ifndef SERVICE_ATTEND_H
#define SERVICE_ATTEND_H

#include "core/catalogue.h"
#include "core/rules.h"
#include "service/internal.h"

/* Scans of one person closer to each other than this are one. */
#define SERVICE_SCANS_APART (60 * BASE_TIME_SECOND)

struct service_attend {
    struct service *service;
    const struct service_identity *identity; /* NULL: nobody is signed in */
    struct base_uuid person;
    struct base_uuid session_id; /* only this session; nil: the one that is open, else the day */
    base_time at;
    base_time captured_at; /* by the device's clock; 0 */
    enum core_method method;
    double score;               /* NaN: none */
    struct base_uuid device_id; /* the kiosk that it was made at; nil: none */
    /* Whether it is known that a person stands there: core_rules_proof() decides by the rules that
     * hold. Without `prove` nothing is asked. */
    bool prove, doubt, challenge_passed, alternative;

    /* What became of it; service_attend_clear(). */
    struct core_attendance *attendance; /* the mark that stands */
    struct core_session *session;       /* of the mark; NULL: it is one of the day */
    char *person_name;
    bool gone; /* deactivated, erased or no longer on the roster: nothing else is filled */
    enum core_rules_proof proof; /* not ENOUGH: only the name and the session are filled */
    bool is_new;                 /* the mark is this one */
    bool seen;                   /* it stood before, and this scan was noted as another one */

    /* In between. */
    struct core_rules rules;
    const char *occasion, *day;
    enum core_status status;
};
void service_attend_clear(struct service_attend *attend);

/*
 * Finds the session of the person (core/session_choice.h) and marks them in it; where none is open,
 * by the institution's policy of the day. Any number of calls at once leave one mark a person and
 * occasion. A mark that the program made itself when the session was closed gives way; in a course
 * of two scans a later scan is noted. `connection` must not be in a transaction.
 */
bool service_attend(struct db_connection *connection, const struct core_institution *institution,
                    struct service_attend *attend, GError **error);

/* The same within the caller's transaction, which is one of db_transaction_keyed_on(). */
bool service_attend_within(struct db_connection *connection,
                           const struct core_institution *institution,
                           struct service_attend *attend, GError **error);

/* Leaves in attend->session what service_attend() would mark attend->person in; NULL: the day. */
bool service_attend_session(struct db_connection *connection, struct service_attend *attend,
                            GError **error);

/* The session must take place and `at` be in its window: BASE_ERROR_CONFLICT otherwise, with the
 * times on the institution's clock. */
bool service_session_takes_marks(const struct core_session *session, const struct core_rules *rules,
                                 GTimeZone *zone, base_time at, GError **error);

/* The key of marks of a session: "session:<uuid>". */
void service_occasion_of_session(const struct base_uuid *id, char occasion[CORE_OCCASION_SIZE]);

/* Writes down what a mark was before it becomes `status` and `code` (may be NULL), in the
 * transaction of that change. `by` is nil for the program itself, `reason` may be NULL. */
bool service_mark_record(struct db_connection *connection, const struct core_attendance *before,
                         enum core_status status, const char *code, const struct base_uuid *by,
                         const char *reason, GError **error);

/* Two scans: gives a mark of a camera the status that core_rules_presence() has for it, with its
 * record. Marks of other methods, and of courses with one scan, stay. */
bool service_mark_settle(struct db_connection *connection, const struct core_session *session,
                         const struct core_rules *rules, const struct core_attendance *mark,
                         GError **error);

/* Whether the caller may write this mark, or one of this person in this course (nil: of a day):
 * administrators; for a session the teachers of its course; for a day those of the person's group.
 * Nobody but an administrator writes their own. BASE_ERROR_FORBIDDEN. */
bool service_mark_allow(struct db_connection *connection, const struct service_identity *identity,
                        const struct base_uuid *person, const struct base_uuid *course_id,
                        GError **error);

/* Corrects a mark in the caller's transaction, with its record and its entry in the log; who may is
 * for the caller to check. The mark as it is afterwards, or NULL. */
struct core_attendance *service_mark_correct_on(struct db_connection *connection,
                                                const struct service_identity *identity,
                                                const struct core_attendance *before,
                                                enum core_status status, const char *code,
                                                const char *reason, GError **error);

/* A token for service_mark_not_me(). g_free() it. */
char *service_mark_token(struct service *service, const struct core_attendance *mark,
                         GError **error);

/* Reads a status of a mark: one of the four or, where `rules` are not NULL, the site's own. `code`
 * (of CORE_RULES_CODE_SIZE) gets "" for the four. BASE_ERROR_INVALID naming `status`. */
bool service_status_read(const char *text, const struct core_rules *rules, enum core_status *status,
                         char code[CORE_RULES_CODE_SIZE], GError **error);

#endif
