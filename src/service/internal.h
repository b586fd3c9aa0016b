/* Private to this folder: what the use cases share. */
#ifndef SERVICE_INTERNAL_H
#define SERVICE_INTERNAL_H

#include "auth/token.h"
#include "base/json.h"
#include "base/text.h"
#include "core/permission.h"
#include "service/enrol.h"
#include "service/service.h"
#include "service/users.h"

enum {
    SERVICE_NAME_MAX = 120,         /* characters */
    SERVICE_REASON_MAX = 500,       /* characters */
    SERVICE_DASHBOARD_SECONDS = 60, /* how long counts of students at risk are remembered */
};

struct service_frames;

struct service {
    struct db *db;
    struct auth_keyring *keys;
    struct recogniser *recogniser;
    struct auth_tokens *tokens;
    struct auth_limiter *limiter;
    char *email_domain; /* NULL: the institution's */
    char *time_zone;    /* NULL: the institution's */
    GTimeZone *zone;    /* of time_zone: held so that looking it up again is cheap */
    base_time session;  /* life of a token */
    int faces_max;
    bool self_registration;
    bool liveness;
    bool webhooks_private;
    struct service_images_options images;
    struct service_mail_options mail; /* its texts are the service's */
    struct service_frames *frames;    /* NULL: not kept */
    GMutex images_lock;
    char *images_prefix; /* of every key in the store; NULL until it is asked for */

    GMutex jobs_lock; /* of whether there is a new job, for those who wait for one (jobs.h) */
    GCond jobs_wake;
    guint jobs_new;

    /* One enrolment at a time compares its face with the gallery and stores it, or two requests
     * could enrol one face as two people. Taken before gallery_lock, never with a connection. */
    GMutex enrol_lock;

    /* Held while the gallery is changed. A connection is acquired before it. */
    GMutex gallery_lock;
    GHashTable *gallery_people; /* struct base_uuid *: who is in it */
    gint64 gallery_revision;    /* of the faces counter; written under the lock, read atomically */
    bool gallery_faulty;        /* something did not open; read and written atomically */
    uint64_t gallery_keys;  /* version of the keyring that it was opened with; as the revision */
    gint64 judged_revision; /* of the faces that the key file was found not to open; atomic */

    /* Counts of students at risk that a pass over many courses found, so that it is not made for
     * every look at a dashboard: dashboard.c. */
    GMutex dashboard_lock;
    GHashTable *dashboard;

    GMutex live_lock; /* of whether somebody listens already: live.c */
    struct service_live *live;

    GMutex open_lock; /* of who has a session about now: mark_scope.c */
    GArray *open_people;
    base_time open_at; /* when they were read for; 0: never */

    GMutex doubts_lock;
    GHashTable *doubts; /* who was the wrong person at a kiosk: kiosk_person.c */

    gint class_photos; /* calls that work on pictures of a class now; atomic */

    /* Of the watch (watch.h), atomic. */
    gint64 watch_asked; /* monotonic time of a look that has had no answer yet, or 0 */
    bool watched;       /* somebody looks from time to time */
    bool watch_well;    /* the last answer was a good one */
};

/* Appends an entry to the audit log in the caller's transaction; takes over `details`, which may be
 * NULL. `identity` may be NULL: nobody signed in. */
bool service_audit(struct db_connection *connection, const struct service_identity *identity,
                   const char *action, const struct base_uuid *subject, json_t *details,
                   GError **error);

/* Whether the caller may do this to this person: BASE_ERROR_FORBIDDEN otherwise. */
bool service_allow(struct db_connection *connection, const struct service_identity *identity,
                   enum core_action action, const struct base_uuid *subject, GError **error);

/* The same for what is not about one person: only the scope "all" will do. */
bool service_allow_all(const struct service_identity *identity, enum core_action action,
                       GError **error);

/* The same for what every teacher and administrator may look at, as far as it is theirs. */
bool service_allow_staff(const struct service_identity *identity, GError **error);

/* As service_institution() and service_time_zone(), on a connection that the caller holds. */
struct core_institution *service_institution_on(struct service *service,
                                                struct db_connection *connection, GError **error);
GTimeZone *service_zone_of(struct service *service, const struct core_institution *institution,
                           GError **error);

/* The institution's local day now, "YYYY-MM-DD". */
bool service_today_on(struct service *service, struct db_connection *connection,
                      char today[CORE_DAY_SIZE], GError **error);

/* Notes in the details of an audit entry that a field went `from` one value `to` another (NULL:
 * none); nothing when they are equal. */
void service_change_note(json_t *details, const char *field, const char *from, const char *to);
void service_change_note_id(json_t *details, const char *field, const struct base_uuid *from,
                            const struct base_uuid *to);

/* Turns the CONFLICT of a unique column into a sentence; other errors are passed on. False. */
bool service_taken(GError **error, GError *problem, const char *column, const char *sentence);

/* A date that must be one: BASE_ERROR_INVALID naming `field` otherwise, for NULL too. */
bool service_day_check(const char *day, const char *field, GError **error);

/* A group that must exist: BASE_ERROR_INVALID naming `group_id` otherwise. Nil is fine. */
bool service_group_check(struct db_connection *connection, const struct base_uuid *group_id,
                         GError **error);

/* BASE_ERROR_UNAVAILABLE when there is no recogniser, or the key file is lost (service/keys.h).
 * Call it without holding a connection. */
bool service_faces_ready(struct service *service, GError **error);

/* A token for this person as they are now. */
bool service_session_issue(struct service *service, const struct core_user *user, char **token,
                           base_time *expires_at, GError **error);

/* A sentence that a person wrote: 1 to SERVICE_REASON_MAX characters. NULL with
 * BASE_ERROR_INVALID naming `field`. */
char *service_reason(const char *text, const char *field, GError **error);

/* ---- mail_channel.c ---- */

/* A copy with texts of its own, and their end. */
void service_mail_options_init(struct service_mail_options *options,
                               const struct service_mail_options *given);
void service_mail_options_finish(struct service_mail_options *options);

/* ---- links.c ---- */

/* The whole link to set a password: public address, page and signed token. */
char *service_link_password(struct service *service, const struct core_user *user, base_time life,
                            GError **error);
/* The signed token alone, for refusing mail of a kind. */
char *service_link_unsubscribe(struct service *service, const struct core_user *user,
                               const char *kind, GError **error);

/* ---- gallery.c ---- */

/* service_gallery_sync() on a connection that the caller holds. */
bool service_gallery_sync_on(struct service *service, struct db_connection *connection,
                             GError **error);

/* After a change of somebody's faces was stored: brings the gallery up to date. A failure is only
 * logged, because the change stands and the next search takes it over before it begins. */
void service_gallery_refresh(struct service *service);

/* Opens a stored template. BASE_ERROR_CORRUPT, or BASE_ERROR_UNSUPPORTED when another model made
 * it. */
bool service_template_open(struct service *service, const struct core_template *face,
                           float values[FACE_TEMPLATE_N], GError **error);

/* The usable templates of a person, n × FACE_TEMPLATE_N floats in an array of float; what cannot be
 * read is left out and logged. Those that take part in recognition, or those held as well. */
GArray *service_templates_of(struct service *service, struct db_connection *connection,
                             const struct base_uuid *user_id, GError **error);
GArray *service_templates_stored(struct service *service, struct db_connection *connection,
                                 const struct base_uuid *user_id, GError **error);

/* ---- keys.c ---- */

/* Whether the key file is that of what is stored. False with an error only when it could not be
 * found out. */
bool service_keys_fit(struct service *service, bool *fit, GError **error);

/* Opens a template as it is stored, whatever model made it. NULL with BASE_ERROR_CORRUPT. */
GBytes *service_seal_open(struct auth_keyring *keyring, const struct core_template *face,
                          GError **error);

/* Called with a page of templates; no connection is held. False stops, on an error or not. */
typedef bool (*service_seals_page)(const GPtrArray *page, gpointer data, GError **error);

/* Every stored template, in the order of ids. */
bool service_seals_each(struct service *service, service_seals_page visit, gpointer data,
                        GError **error);

/* ---- photos.c ---- */

/* Photos of one call: what was seen in them and the templates of those accepted. */
struct service_batch {
    struct service_enrolment *enrolment;
    float *values; /* photos_n × FACE_TEMPLATE_N; free with service_batch_finish() */
    float *prints; /* photos_n × RECOGNISE_PRINT_N; likewise */
    const struct recognise_picture *photos; /* those that were judged; the caller's */
    struct core_image *images;      /* of those kept, photos_n of them, while they are stored */
    const struct base_uuid *person; /* NULL: somebody new */
    bool skip_liveness;
    bool allow_duplicate;
    bool allow_copies;
    const char *source;
    float duplicate_score; /* to enrolment->duplicate_of */
};

void service_batch_finish(struct service_batch *batch);

/* Judges each photo by itself and against the others. True also when one was refused; see
 * service_batch_accepted(). Takes the time of the recogniser, holds no connection. */
bool service_batch_judge(struct service *service, struct service_batch *batch,
                         const struct recognise_picture *photos, size_t photos_n, GError **error);

/* Compares with the templates that the person has stored, n × FACE_TEMPLATE_N floats. */
void service_batch_compare(struct service *service, struct service_batch *batch,
                           const float *stored, size_t stored_n);

/* Compares with everybody enrolled but those who are known to be other people (`apart`, struct
 * base_uuid): `held` and `duplicate_of` of the enrolment. */
void service_batch_duplicate(struct service *service, struct service_batch *batch,
                             const GArray *apart);

bool service_batch_accepted(const struct service_batch *batch);

/* ---- enrol.c ---- */

/* What a transaction that stores an accepted batch does besides. */
typedef bool (*service_batch_body)(struct db_connection *connection, gpointer data, GError **error);

/*
 * Stores an accepted batch for `person` in one transaction after `before` (may be NULL) ran in it,
 * and brings the gallery up to date. Nobody else can enrol the same face in the meantime: the
 * transaction is tried again when anybody's faces changed after the comparison. True with
 * enrolment->stored false when a photo is not of the person, or a copy of one that is stored. A
 * face that looks like somebody else's is stored and held (service/duplicates.h).
 */
bool service_batch_store(struct service *service, const struct service_identity *identity,
                         struct service_batch *batch, const struct base_uuid *person,
                         service_batch_body before, gpointer data, GError **error);

/* ---- duplicates.c ---- */

/* Notes that the photos of a person, held from now on, look like another person. */
bool service_duplicate_open_on(struct db_connection *connection,
                               const struct service_identity *identity,
                               const struct base_uuid *user_id, const struct base_uuid *other_id,
                               double score, base_time now, GError **error);

/* Before a person is erased: whose photos were held because of them takes part again. */
bool service_duplicate_forget_on(struct db_connection *connection, const struct base_uuid *user_id,
                                 GError **error);

/* ---- consent.c ---- */

/* Whether a registration that names this version (0: none) may go on: BASE_ERROR_INVALID when one
 * is needed, BASE_ERROR_CONFLICT when it is not the text that counts. */
bool service_consent_check_on(struct db_connection *connection, gint64 version, GError **error);

/* The same, and stores that this person agreed, in the transaction that makes the account. */
bool service_consent_register_on(struct db_connection *connection, const struct base_uuid *user_id,
                                 gint64 version, GError **error);

/* In the transaction that stores photos: whether the person agreed, or the caller, who vouches for
 * it then. BASE_ERROR_CONFLICT when they did not, or withdrew. */
bool service_consent_enrol_on(struct db_connection *connection,
                              const struct service_identity *identity,
                              const struct base_uuid *user_id, GError **error);

/* Whether nothing of this person's face may be kept because they withdrew. */
bool service_consent_withdrawn_on(struct db_connection *connection, const struct base_uuid *user_id,
                                  bool *withdrawn, GError **error);

/* ---- users.c ---- */

/* Checks every field that is given and writes it normalised into `user`. `today` is the local day.
 * BASE_ERROR_INVALID names the field. */
bool service_user_apply(const struct service_user_input *input, const char *today,
                        struct core_user *user, GError **error);

/* Says which of the unique fields of a person is taken (BASE_ERROR_CONFLICT), or passes another
 * error on. False. */
bool service_user_taken(GError **error, GError *problem);

/* ---- accounts.c ---- */

/* The hash of input->password, checked against the rules and the address that the account has or is
 * about to get. NULL with the error otherwise. Takes the time of a hash, holds no connection. */
char *service_password_hash(struct service *service, const struct base_uuid *user_id,
                            const struct service_user_input *input, GError **error);

/* ---- people.c ---- */

/* What a look-up gave, when the account is active; NULL without an error when it is not, or there
 * was none. Takes over both; passes other problems on. */
struct core_user *service_user_active(struct core_user *found, GError *problem, GError **error);

struct service_new_password {
    char *hash;
    const char *action; /* for the audit log */
};

/* Stores the fields of `input`, and the new password (may be NULL), in one transaction. Whether the
 * password may be changed is for the caller to check, not who may change the other fields. */
struct core_user *service_user_store(struct service *service,
                                     const struct service_identity *identity,
                                     const struct base_uuid *id,
                                     const struct service_user_input *input,
                                     const struct service_new_password *password, GError **error);

/* Erases an account that was closed and not changed since `before`; `erased` says whether it still
 * was so. */
bool service_user_erase_left(struct service *service, const struct service_identity *identity,
                             const struct base_uuid *id, base_time before, bool *erased,
                             GError **error);

/* Deactivates an account in the caller's transaction. Nothing else of it changes. */
bool service_user_close_on(struct service *service, struct db_connection *connection,
                           const struct service_identity *identity, const struct base_uuid *id,
                           GError **error);

#endif
