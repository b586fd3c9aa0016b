/* Private to this folder: what is told once a session was settled. */
#ifndef SERVICE_MAIL_SETTLED_H
#define SERVICE_MAIL_SETTLED_H

#include "service/sender.h"

/* Whether an entry of the outbox is such a note rather than a mail. */
bool service_mail_is_settled_kind(const char *kind);

/* Works out who hears of the session's absences and of being at risk, and adds their mails to the
 * outbox. */
enum service_delivery service_mail_settled(struct service *service,
                                           const struct db_outbox_entry *entry, GError **error);

#endif
