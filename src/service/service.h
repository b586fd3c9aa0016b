/*
 * The use cases of Presente, shared by the HTTP API and the command line. Neither of them touches
 * the database, the keys or the recogniser by itself for anything a person asked for.
 *
 * A call says who is asking (struct service_identity), checks permission by core/permission.h,
 * changes the database in one transaction together with an entry of the audit log, and brings the
 * gallery in memory up to date. Everything is thread-safe. Errors are BASE_ERROR: INVALID names
 * the field as the first word of the message (see service_error_field), FORBIDDEN and NOT_FOUND
 * say what the caller may know, UNAVAILABLE means try again later; db.h's otherwise.
 *
 *   service.h   the service itself, who is asking, rate limits
 *   accounts.h  first administrator, signing in and out, passwords
 *   users.h     creating, registering, changing, erasing and listing people
 *   calendar.h  iCalendar: exports, private addresses, imports
 *   groups.h    classes and who teaches them
 *   consent.h   what people agree to, and withdrawing it
 *   courses.h   terms, subjects, rooms and courses
 *   class_marks.h the whole class: pictures and videos
 *   enrolments.h who belongs where, from when to when
 *   codes.h     the code that a session shows
 *   devices.h   kiosks: pairing them
 *   enrol.h     photos of a person
 *   gallery.h   the faces in memory
 *   images.h    pictures that are kept
 *   institution.h what is set for the whole institution
 *   jobs.h      long reports in the background
 *   live.h      what happens in a session, told as it happens
 *   keys.h      the key file: whether it fits, rotating it
 *   kiosk.h     what a kiosk does; kiosk_entries.h while the server is away
 *   marking.h   attendance by face and by hand
 *   pins.h      PINs, for those without a face
 *   mail.h      mails and how they look
 *   outbox.h    what is to leave the house
 *   sender.h    sending it
 *   schedule.h  reports that are mailed regularly
 *   links.h     links in mails: passwords, mail that is not wanted
 *   retention.h how long things are kept
 *   register.h  the register: lists, counts, CSV
 *   sessions.h  single sessions: extra, moved, cancelled ones
 *   status.h    how the installation is doing
 *   timetable.h slots, holidays, the sessions that come of them
 *   webhooks.h  telling other systems
 *   standing.h  percentages: where students stand in their courses
 *   reports.h   what is in each report
 *   dashboard.h what somebody sees first
 */
#ifndef SERVICE_SERVICE_H
#define SERVICE_SERVICE_H

#include "auth/keyring.h"
#include "auth/limiter.h"
#include "base/error.h"
#include "core/types.h"
#include "db/db.h"
#include "recognise/recognise.h"

#include <glib.h>
#include <stdbool.h>

struct blob_store;

/* Which pictures are kept, and where. */
struct service_images_options {
    struct blob_store *store;        /* must outlive the service; NULL: none is kept */
    struct face_image_limits limits; /* of pictures that are sent */
    bool sealed;
    bool keep_enrolment;   /* the photos that templates are made of */
    bool keep_mark_frames; /* the face behind each mark */
    int mark_frame_days;   /* these are deleted after so many, unless retention.h says; 0: 30 */
};

/* How mail leaves, and what its links point to. NULL or empty: not set. */
struct service_mail_options {
    const char *smtp_url; /* "smtp://host:587"; not set: mail waits in the outbox */
    const char *user;     /* not set: without authentication */
    const char *password;
    const char *ca_file;    /* PEM in place of the system's authorities */
    const char *from;       /* the address that mail comes from */
    const char *public_url; /* what people type to get here: "https://presente.uni.edu" */
    int tls;                /* enum mail_smtp_tls */
    int seconds;            /* for one message; 0: 60 */
    int retry_seconds;      /* after the first failure; 0: 60 */
    int lease_seconds;      /* for which a node has a message to itself; 0: 300 */
};

struct service_options {
    struct db *db;                 /* migrated; must outlive the service */
    struct auth_keyring *keys;     /* must outlive the service */
    struct recogniser *recogniser; /* must outlive the service; NULL when models are missing: then
                                    * everything with faces answers BASE_ERROR_UNAVAILABLE */
    /* What the configuration says. Texts are copied. A non-empty e-mail domain or time zone stands
     * in place of what the institution's row says, and initialises that row. */
    const char *email_domain; /* "uni.edu", or ".uni.edu" for everything below it */
    const char *time_zone;    /* IANA name; NULL or empty: the institution's */
    int session_seconds;      /* life of a token; 0: 12 hours */
    int faces_max;            /* photos kept a person; 0: 12 */
    bool no_self_registration;
    struct service_images_options images;
    bool no_liveness;      /* marks and registration do not ask for a live face */
    bool webhooks_private; /* webhooks may go to private addresses too */
    struct service_mail_options mail;
    const struct auth_limit_rule *rates; /* AUTH_LIMIT_N entries, copied; NULL: the defaults */
};

struct service;

/* Does not touch the database yet: call service_bootstrap() (accounts.h) and
 * service_gallery_load() (gallery.h) next. BASE_ERROR_INVALID for a time zone that the system does
 * not know. */
struct service *service_create(const struct service_options *options, GError **error);

/* Takes NULL. No call may be running. */
void service_destroy(struct service *service);

struct db *service_db(struct service *service);
struct recogniser *service_recogniser(struct service *service); /* may be NULL */

/* Whose request this is. Filled by service_authenticate(). */
struct service_identity {
    struct base_uuid user_id; /* nil for the command line */
    struct base_uuid institution_id;
    struct base_uuid group_id; /* nil: none */
    enum core_role role;
    struct base_uuid token_id; /* nil when no token was used */
    base_time token_expires_at;
};

/* The command line, which whoever may read the key file may use: an administrator without an
 * account. Filled with the institution's id; BASE_ERROR_NOT_FOUND before service_bootstrap(). */
bool service_identity_local(struct service *service, struct service_identity *identity,
                            GError **error);

/* The institution, with the configuration's e-mail domain and time zone in place. */
struct core_institution *service_institution(struct service *service, GError **error);

/* The institution's time zone; g_time_zone_unref() it. */
GTimeZone *service_time_zone(struct service *service, GError **error);

/*
 * Counts one attempt against a limit (auth/limiter.h). False with BASE_ERROR_RATE_LIMITED when
 * there were too many; `retry_after` (may be NULL) gets the seconds to wait. A NULL key is not
 * limited.
 */
bool service_limit(struct service *service, enum auth_limit limit, const char *key,
                   int *retry_after, GError **error);

/* The field that an INVALID or CONFLICT error is about ("email", "name", "photos"…), or NULL.
 * Static storage. */
const char *service_error_field(const GError *error);

#endif
