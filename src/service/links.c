#include "service/links.h"

#include "auth/password.h"
#include "db/query/report_schedule.h"
#include "db/query/user.h"
#include "service/internal.h"
#include "service/mail.h"
#include "service/outbox.h"

#include <string.h>

/* What a token is for stands where a session's token has its role, so that neither passes for the
 * other. */
#define PURPOSE_PASSWORD "link:password"
#define PURPOSE_REFUSAL "link:"

/* Mail that nobody can keep a link to for longer than this is rare. */
#define REFUSAL_LIFE (BASE_TIME_SECOND * 86400 * 3650)

/* One mail for an address in so long, however often somebody asks. */
#define FORGOT_SECONDS 300

/* ---- tokens ---- */

/* What of the address a link is for stands in its token's id: a link that went to an address which
 * was wrong ends when that is put right. */
static struct base_uuid address_id(const struct core_user *user)
{
    struct base_uuid id = {0};
    const char *email = user->email ? user->email : "";
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    guint8 digest[32];
    gsize size = sizeof digest;

    g_checksum_update(checksum, (const guchar *)email, (gssize)strlen(email));
    g_checksum_get_digest(checksum, digest, &size);
    memcpy(&id, digest, sizeof id);
    return id;
}

static char *link_token(struct service *service, const struct core_user *user, const char *purpose,
                        gint64 generation, base_time life, GError **error)
{
    struct auth_token_claims claims = {
        .user = user->id,
        .id = address_id(user),
        .generation = generation,
        .issued_at = base_time_now(),
    };

    g_strlcpy(claims.role, purpose, sizeof claims.role);
    claims.expires_at = claims.issued_at + life;
    return auth_tokens_issue(service->tokens, &claims, error);
}

static const char *public_url(const struct service *service)
{
    return service->mail.public_url ? service->mail.public_url : "";
}

char *service_link_password(struct service *service, const struct core_user *user, base_time life,
                            GError **error)
{
    g_autofree char *token =
        link_token(service, user, PURPOSE_PASSWORD, user->token_generation, life, error);

    return token ? g_strconcat(public_url(service), "/#/password?token=", token, NULL) : NULL;
}

char *service_link_unsubscribe(struct service *service, const struct core_user *user,
                               const char *kind, GError **error)
{
    g_autofree char *purpose = g_strconcat(PURPOSE_REFUSAL, kind, NULL);

    return link_token(service, user, purpose, 0, REFUSAL_LIFE, error);
}

static bool link_void(GError **error)
{
    return base_fail(error, BASE_ERROR_INVALID,
                     "token: this link is not valid any more; please ask for a new one.");
}

/* Also a token that is none says that the link is void, and nothing more. */
static bool link_read(struct service *service, const char *token, struct auth_token_claims *claims,
                      GError **error)
{
    return auth_tokens_verify(service->tokens, token, base_time_now(), claims, NULL) ||
           link_void(error);
}

/* ---- forgotten passwords ---- */

struct forgot_work {
    const char *email;
    base_time now;
};

static bool forgot_body(struct db_connection *connection, gpointer data, GError **error)
{
    const struct forgot_work *work = data;
    g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, work->email, -1);
    g_autofree char *key = g_strdup_printf("password:%.40s:%" G_GINT64_FORMAT, digest,
                                           work->now / (FORGOT_SECONDS * BASE_TIME_SECOND));

    /* Whose address it is gets asked when the mail is sent, so that known and unknown ones cost the
     * same here. */
    return service_outbox_add(connection,
                              &(struct service_outbox_entry){
                                  .channel = DB_OUTBOX_MAIL,
                                  .kind = service_mail_kind_name(SERVICE_MAIL_PASSWORD),
                                  .dedupe_key = key,
                                  .parameters = json_pack("{s:s}", "email", work->email),
                              },
                              NULL, error);
}

bool service_password_forgot(struct service *service, const char *email, const char *client,
                             int *retry_after, GError **error)
{
    g_autofree char *account = base_text_email(email, error);
    g_autofree char *by_client = client ? g_strconcat("forgot|", client, NULL) : NULL;

    if (!account)
        return false;
    g_autofree char *by_account = client ? g_strconcat("forgot|", account, NULL) : NULL;
    if (!service_limit(service, AUTH_LIMIT_REGISTER, by_client, retry_after, error) ||
        !service_limit(service, AUTH_LIMIT_PASSWORD, by_account, retry_after, error))
        return false;
    struct forgot_work work = {account, base_time_now()};
    return db_transaction(service->db, forgot_body, &work, error);
}

/* ---- setting a password ---- */

struct set_work {
    const struct auth_token_claims *claims;
    const char *hash;
};

/* The account that the link was made for, as long as nothing has ended its sessions since and it
 * has the address that the link went to. */
static struct core_user *link_user(struct db_connection *connection,
                                   const struct auth_token_claims *claims, GError **error)
{
    GError *problem = NULL;
    g_autoptr(core_user) user = db_user_find(connection, &claims->user, &problem);

    if (problem && !g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND)) {
        g_propagate_error(error, problem);
        return NULL;
    }
    g_clear_error(&problem);
    if (user && !user->deleted_at && user->active && user->token_generation == claims->generation) {
        const struct base_uuid address = address_id(user);
        if (base_uuid_equal(&address, &claims->id))
            return g_steal_pointer(&user);
    }
    link_void(error);
    return NULL;
}

static bool set_body(struct db_connection *connection, gpointer data, GError **error)
{
    const struct set_work *work = data;
    g_autoptr(core_user) user = link_user(connection, work->claims, error);

    return user &&
           db_user_set_password(connection, &user->id, work->hash, base_time_now(), error) &&
           service_audit(connection, NULL, "password.link", &user->id, NULL, error);
}

static struct core_user *link_user_now(struct service *service,
                                       const struct auth_token_claims *claims, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    return connection ? link_user(connection, claims, error) : NULL;
}

bool service_password_set_by_link(struct service *service, const char *token, const char *password,
                                  const char *client, int *retry_after, GError **error)
{
    struct auth_token_claims claims;

    if (!service_limit(service, AUTH_LIMIT_SIGN_IN_ADDRESS, client, retry_after, error) ||
        !link_read(service, token, &claims, error))
        return false;
    if (strcmp(claims.role, PURPOSE_PASSWORD) != 0)
        return link_void(error);
    g_autoptr(core_user) user = link_user_now(service, &claims, error);
    if (!user || !auth_password_check(password, user->email, error))
        return false;
    g_autofree char *hash = auth_password_hash(password, error);
    struct set_work work = {&claims, hash};
    return hash && db_transaction(service->db, set_body, &work, error);
}

/* ---- invitations ---- */

struct invite_work {
    const struct service_identity *identity;
    const struct base_uuid *ids;
    gsize n;
    bool strict; /* whoever cannot be invited is an error */
    gint64 invited;
};

static bool invite_one(struct db_connection *connection, struct invite_work *work,
                       const struct base_uuid *id, GError **error)
{
    char text[BASE_UUID_TEXT_SIZE];
    bool added = false;
    g_autoptr(core_user) user = db_user_find(connection, id, error);

    if (!user)
        return false;
    if (user->deleted_at)
        return base_fail(error, BASE_ERROR_NOT_FOUND, "There is no such person.");
    if (!user->active || !user->email)
        return !work->strict || base_fail(error, BASE_ERROR_CONFLICT,
                                          "This account is not active or has no address.");
    g_autofree char *key = g_strdup_printf("invitation:%s:%" G_GINT64_FORMAT,
                                           base_uuid_format(id, text), base_time_now());
    if (!service_outbox_add(connection,
                            &(struct service_outbox_entry){
                                .channel = DB_OUTBOX_MAIL,
                                .kind = service_mail_kind_name(SERVICE_MAIL_INVITATION),
                                .dedupe_key = key,
                                .user_id = *id,
                            },
                            &added, error))
        return false;
    work->invited += added;
    return service_audit(connection, work->identity, "user.invite", id, NULL, error);
}

static bool invite_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct invite_work *work = data;

    work->invited = 0;
    for (gsize i = 0; i < work->n; i++)
        if (!invite_one(connection, work, &work->ids[i], error))
            return false;
    return true;
}

bool service_invite(struct service *service, const struct service_identity *identity,
                    const struct base_uuid *user_id, GError **error)
{
    struct invite_work work = {identity, user_id, 1, .strict = true};

    return service_allow_all(identity, CORE_ACTION_USER_WRITE, error) &&
           db_transaction(service->db, invite_body, &work, error);
}

/* The ids of active accounts without a password. */
static GArray *without_password(struct service *service, int role, GError **error)
{
    struct db_user_filter filter = DB_USER_FILTER_ALL;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    filter.role = role;
    filter.active = 1;
    g_autoptr(GPtrArray) users =
        connection ? db_user_list(connection, &filter, NULL, NULL, error) : NULL;
    if (!users)
        return NULL;
    GArray *ids = g_array_new(FALSE, FALSE, sizeof(struct base_uuid));
    for (guint i = 0; i < users->len; i++) {
        const struct core_user *user = users->pdata[i];
        if (!user->password_hash && user->email)
            g_array_append_val(ids, user->id);
    }
    return ids;
}

bool service_invite_all(struct service *service, const struct service_identity *identity, int role,
                        const GArray *user_ids, gint64 *invited, GError **error)
{
    if (!service_allow_all(identity, CORE_ACTION_USER_WRITE, error))
        return false;
    g_autoptr(GArray) found = user_ids ? NULL : without_password(service, role, error);
    const GArray *ids = user_ids ? user_ids : found;
    if (!ids)
        return false;
    struct invite_work work = {identity, (const struct base_uuid *)(const void *)ids->data,
                               ids->len, .strict = user_ids};
    if (!db_transaction(service->db, invite_body, &work, error))
        return false;
    *invited = work.invited;
    return true;
}

/* ---- mail that is not wanted ---- */

struct refusal_work {
    struct service_identity identity;
    const char *kind;
    bool refused;
};

static bool refusal_body(struct db_connection *connection, gpointer data, GError **error)
{
    const struct refusal_work *work = data;

    return db_mail_refusal_set(connection, &work->identity.user_id, work->kind, work->refused,
                               base_time_now(), error) &&
           service_audit(connection, &work->identity, work->refused ? "mail.refuse" : "mail.accept",
                         &work->identity.user_id, json_pack("{s:s}", "kind", work->kind), error);
}

static bool refusal_read(struct service *service, const char *token, struct refusal_work *work,
                         struct auth_token_claims *claims, GError **error)
{
    if (!link_read(service, token, claims, error))
        return false;
    if (!g_str_has_prefix(claims->role, PURPOSE_REFUSAL) ||
        !service_mail_is_refusal(claims->role + strlen(PURPOSE_REFUSAL)))
        return link_void(error);
    work->identity.user_id = claims->user;
    work->kind = service_mail_refusal_name(claims->role + strlen(PURPOSE_REFUSAL));
    return true;
}

bool service_unsubscribe_look(struct service *service, const char *token, const char **kind,
                              bool *refused, GError **error)
{
    struct auth_token_claims claims;
    struct refusal_work work = {0};

    if (!refusal_read(service, token, &work, &claims, error))
        return false;
    *kind = work.kind;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    return connection && db_mail_refusal_get(connection, &claims.user, work.kind, refused, error);
}

bool service_unsubscribe(struct service *service, const char *token, bool refused, GError **error)
{
    struct auth_token_claims claims;
    struct refusal_work work = {.refused = refused};
    GError *problem = NULL;

    if (!refusal_read(service, token, &work, &claims, error))
        return false;
    if (db_transaction(service->db, refusal_body, &work, &problem))
        return true;
    /* The account was erased: nothing will be sent to it. */
    if (g_error_matches(problem, BASE_ERROR, BASE_ERROR_CONFLICT)) {
        g_error_free(problem);
        return true;
    }
    g_propagate_error(error, problem);
    return false;
}

bool service_mail_refused(struct service *service, const struct service_identity *identity,
                          const char *kind, bool *refused, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    return connection && db_mail_refusal_get(connection, &identity->user_id, kind, refused, error);
}

bool service_mail_refuse(struct service *service, const struct service_identity *identity,
                         const char *kind, bool refused, GError **error)
{
    struct refusal_work work = {*identity, service_mail_refusal_name(kind), refused};

    return (work.kind || base_fail(error, BASE_ERROR_NOT_FOUND, "There is no such mail.")) &&
           db_transaction(service->db, refusal_body, &work, error);
}
