/* People: created by an administrator, registered by themselves, changed, erased, listed. */
#ifndef SERVICE_USERS_H
#define SERVICE_USERS_H

#include "db/query/user.h"
#include "service/enrol.h"
#include "service/service.h"

/* Which members of struct service_user_input are meant; the others are left alone. */
enum service_user_field {
    SERVICE_USER_NAME = 1 << 0,
    SERVICE_USER_EMAIL = 1 << 1,
    SERVICE_USER_PASSWORD = 1 << 2,
    SERVICE_USER_AGE = 1 << 3,
    SERVICE_USER_DATE_OF_BIRTH = 1 << 4,
    SERVICE_USER_GROUP = 1 << 5,
    SERVICE_USER_ROLE = 1 << 6,
    SERVICE_USER_IMAGE = 1 << 7,
    SERVICE_USER_ACTIVE = 1 << 8,
    SERVICE_USER_NUMBER = 1 << 9,
    SERVICE_USER_LANGUAGE = 1 << 10,
};

/* As it was typed: everything is checked and normalised. Names 1 to 120 characters; ages 5 to 120;
 * profile images http(s) URLs or paths that start with one slash, at most 2,000 bytes; student
 * numbers 1 to 32 printable characters, unique in the institution. */
struct service_user_input {
    unsigned fields; /* enum service_user_field, or-ed */
    const char *name;
    const char *email;
    const char *password;      /* NULL: cannot sign in with a password yet */
    gint64 age;                /* CORE_AGE_UNKNOWN: not known */
    const char *date_of_birth; /* "YYYY-MM-DD"; NULL: not known */
    struct base_uuid group_id; /* nil: none */
    enum core_role role;
    const char *profile_image_url; /* NULL: none */
    bool active;
    const char *student_number; /* NULL: none */
    const char *language;       /* "es", "en"; NULL: the institution's */
    gint64 consent_version;     /* of registrations: the text agreed to (consent.h); 0: none */
};

struct service_registration {
    struct core_user *user;          /* NULL when a photo was refused: then nothing was stored */
    struct service_enrolment photos; /* what was seen in each photo */
};
void service_registration_clear(struct service_registration *registration);

/*
 * An administrator creates a person; name and e-mail are required, the role is student unless
 * given. Photos (`photos_n` may be 0, then `options` may be NULL) are enrolled in the same
 * transaction, or nothing is stored at all. True also when photos were refused: see `result`.
 * BASE_ERROR_CONFLICT when the e-mail or the student number is taken, BASE_ERROR_INVALID when there
 * is no such group.
 */
bool service_user_create(struct service *service, const struct service_identity *identity,
                         const struct service_user_input *input,
                         const struct recognise_picture *photos, size_t photos_n,
                         const struct service_enrol_options *options,
                         struct service_registration *result, GError **error);

/*
 * A student registers: name, e-mail of the institution's domain, password, group (optional), and
 * SERVICE_REGISTRATION_PHOTOS or more photos of their live face. Account and faces are stored in
 * one transaction or not at all. True also when photos were refused: see `registration`.
 * BASE_ERROR_FORBIDDEN for another domain or when registration is switched off,
 * BASE_ERROR_CONFLICT when the e-mail is taken, which only shows once the photos were accepted, and
 * when the text of consent is another by now; BASE_ERROR_INVALID when consent is required and not
 * there. The caller takes AUTH_LIMIT_REGISTER first.
 */
#define SERVICE_REGISTRATION_PHOTOS 3
bool service_user_register(struct service *service, const struct service_user_input *input,
                           const struct recognise_picture *photos, size_t photos_n,
                           struct service_registration *registration, GError **error);

/* BASE_ERROR_NOT_FOUND when there is none, was erased, or is not for this caller to see. */
struct core_user *service_user_find(struct service *service,
                                    const struct service_identity *identity,
                                    const struct base_uuid *id, GError **error);

/* By e-mail or by student number, administrators only. */
struct core_user *service_user_find_email(struct service *service,
                                          const struct service_identity *identity,
                                          const char *email, GError **error);
struct core_user *service_user_find_number(struct service *service,
                                           const struct service_identity *identity,
                                           const char *number, GError **error);

/* The people this caller may see; `total` (may be NULL) gets how many match. An array of struct
 * core_user * that frees them. */
GPtrArray *service_user_list(struct service *service, const struct service_identity *identity,
                             const struct db_user_filter *filter, const struct db_page *page,
                             gint64 *total, GError **error);

/* An administrator changes anybody; others change their own name, age, date of birth, profile
 * image and language, and their password with service_password_change(). All fields are stored or
 * none; a new password ends that person's sessions. The last active administrator keeps role and
 * account (BASE_ERROR_CONFLICT). Returns the person as stored now. */
struct core_user *service_user_update(struct service *service,
                                      const struct service_identity *identity,
                                      const struct base_uuid *id,
                                      const struct service_user_input *input, GError **error);

/* Erases a person and their faces, in the database and in the gallery; the marks stay under the
 * bare id. Administrators only. */
bool service_user_delete(struct service *service, const struct service_identity *identity,
                         const struct base_uuid *id, GError **error);

/*
 * Is there an account with this e-mail? Answers only within the institution's domain
 * (BASE_ERROR_FORBIDDEN otherwise, and always when none is configured) except to administrators.
 * `role` (may be NULL) is filled for administrators who ask about an existing account, otherwise it
 * is CORE_ROLE_N. `identity` may be NULL: nobody signed in. The caller takes AUTH_LIMIT_EXISTS
 * first.
 */
bool service_user_exists(struct service *service, const struct service_identity *identity,
                         const char *email, bool *exists, enum core_role *role, GError **error);

#endif
