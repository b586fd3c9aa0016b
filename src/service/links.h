/*
 * What people do by a link in a mail, without being signed in: set a password, refuse mail. A link
 * carries a signed token (auth/token.h) that holds for one purpose, one person and, for passwords,
 * until that person's sessions are ended by anything, the use of the link included.
 */
#ifndef SERVICE_LINKS_H
#define SERVICE_LINKS_H

#include "service/service.h"

/*
 * Somebody forgot the password of this address. Whatever the address, and whether anybody has it,
 * the answer is the same and takes as long: the mail is only noted down. BASE_ERROR_RATE_LIMITED by
 * the caller's address (`client`, NULL: not limited) and by the account; BASE_ERROR_INVALID for a
 * text that is no address.
 */
bool service_password_forgot(struct service *service, const char *email, const char *client,
                             int *retry_after, GError **error);

/* Sets the password of the person whose link this is. Ends their sessions and every other such
 * link; an account that was invited can sign in from then on. BASE_ERROR_INVALID, naming
 * "token", for a link that is not valid any more and, naming "password", for the password;
 * BASE_ERROR_RATE_LIMITED. */
bool service_password_set_by_link(struct service *service, const char *token, const char *password,
                                  const char *client, int *retry_after, GError **error);

/* Administrators: mails a link to set the first password, good for seven days. BASE_ERROR_CONFLICT
 * when the account is not active or has no address. */
bool service_invite(struct service *service, const struct service_identity *identity,
                    const struct base_uuid *user_id, GError **error);

/* The same for every active account of a role (enum core_role or DB_ANY) that has no password yet,
 * or for the given people (an array of struct base_uuid, may be NULL). `invited` gets how many. */
bool service_invite_all(struct service *service, const struct service_identity *identity, int role,
                        const GArray *user_ids, gint64 *invited, GError **error);

/* ---- mail that is not wanted ---- */

/* Whose link this is, by name, and which mail it refuses ("absence" …, static storage). Changes
 * nothing. BASE_ERROR_INVALID for a link that is not valid. */
bool service_unsubscribe_look(struct service *service, const char *token, const char **kind,
                              bool *refused, GError **error);
bool service_unsubscribe(struct service *service, const char *token, bool refused, GError **error);

/* One's own: "absence", "warning", "report". */
bool service_mail_refused(struct service *service, const struct service_identity *identity,
                          const char *kind, bool *refused, GError **error);
bool service_mail_refuse(struct service *service, const struct service_identity *identity,
                         const char *kind, bool refused, GError **error);

#endif
