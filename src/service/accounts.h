/* The first administrator, signing in and out, passwords. */
#ifndef SERVICE_ACCOUNTS_H
#define SERVICE_ACCOUNTS_H

#include "service/service.h"
#include "service/users.h"

struct service_bootstrap_request {
    const char *institution_name; /* NULL: "Presente" */
    const char *admin_email;      /* NULL: admin@ and the configured domain or presente.local */
    const char *admin_name;       /* NULL: "Administrator" */
    const char *admin_password;   /* NULL: generated */
};

struct service_bootstrap_result {
    bool created; /* false: there was an institution, nothing was changed */
    struct base_uuid institution_id;
    struct base_uuid admin_id; /* nil when not created */
    char *email;               /* NULL when not created */
    char *password;            /* NULL when not created; it is stored nowhere else */
};

/* Makes the institution and its first administrator when there is none. Of several processes at
 * once one does it. `request` may be NULL. */
bool service_bootstrap(struct service *service, const struct service_bootstrap_request *request,
                       struct service_bootstrap_result *result, GError **error);
void service_bootstrap_result_clear(struct service_bootstrap_result *result);

struct service_session {
    char *token;
    base_time expires_at;
    struct core_user *user;
};
void service_session_clear(struct service_session *session);

/*
 * Signs in. Attempts are limited by `address`, by account from this address, and far wider by
 * account from anywhere (BASE_ERROR_RATE_LIMITED, then `retry_after` says the seconds; it may be
 * NULL); a NULL address is not limited.
 * BASE_ERROR_UNAUTHENTICATED when e-mail or password are wrong, in the same time for both;
 * BASE_ERROR_FORBIDDEN for the right password of an account that is not active.
 */
bool service_sign_in(struct service *service, const char *email, const char *password,
                     const char *address, struct service_session *session, int *retry_after,
                     GError **error);

/* Ends the session of this token. */
bool service_sign_out(struct service *service, const struct service_identity *identity,
                      GError **error);

/*
 * Who sent this token, from one read of the database, so that signing out, a new password, another
 * role, deactivation and deletion count at once. BASE_ERROR_UNAUTHENTICATED otherwise.
 */
bool service_authenticate(struct service *service, const char *token,
                          struct service_identity *identity, GError **error);

/* The caller's own new password, together with the other fields of `input` that are given, which
 * they may change themselves: all is stored or nothing. Ends every session, this one included:
 * `session` (may be NULL) gets a new one. BASE_ERROR_FORBIDDEN when `current` is wrong,
 * BASE_ERROR_RATE_LIMITED. */
bool service_password_change(struct service *service, const struct service_identity *identity,
                             const char *current, const struct service_user_input *input,
                             struct service_session *session, int *retry_after, GError **error);

/* An administrator sets somebody's password; NULL generates one. `generated` (may be NULL when a
 * password is given) gets it, free with g_free(). Ends that person's sessions. */
bool service_password_set(struct service *service, const struct service_identity *identity,
                          const struct base_uuid *user_id, const char *password, char **generated,
                          GError **error);

#endif
