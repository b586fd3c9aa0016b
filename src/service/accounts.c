#include "service/accounts.h"

#include "auth/password.h"
#include "db/query/institution.h"
#include "db/query/setting.h"
#include "db/query/token.h"
#include "db/query/user.h"
#include "service/internal.h"

#include <string.h>

#define BOOTSTRAP_SETTING "bootstrap.institution"

/* ---- the first administrator ---- */

struct bootstrap {
    struct service *service;
    struct core_institution institution;
    struct core_user admin;
    bool created;
    struct base_uuid standing; /* the institution that was there already */
};

static bool bootstrap_exists(struct db_connection *connection, struct bootstrap *work, bool *exists,
                             GError **error)
{
    GError *problem = NULL;
    g_autoptr(core_institution) first = db_institution_first(connection, &problem);

    *exists = first != NULL;
    if (first)
        work->standing = first->id;
    if (!first && !g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND)) {
        g_propagate_error(error, problem);
        return false;
    }
    g_clear_error(&problem);
    return true;
}

static bool bootstrap_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct bootstrap *work = data;
    char id[BASE_UUID_TEXT_SIZE], today[CORE_DAY_SIZE];
    g_autofree char *standing = NULL;
    bool exists = false;

    work->created = false;
    if (!bootstrap_exists(connection, work, &exists, error))
        return false;
    if (exists)
        return true;
    /* Two first starts at once meet at this row, whatever the database's isolation. */
    base_uuid_format(&work->institution.id, id);
    if (!db_setting_set_once(connection, BOOTSTRAP_SETTING, id, work->institution.created_at,
                             &standing, error))
        return false;
    if (g_strcmp0(standing, id) != 0)
        return base_fail(error, BASE_ERROR_UNAVAILABLE,
                         "Another process is setting up this database; please try again.");
    if (!db_institution_insert(connection, &work->institution, error) ||
        !service_today_on(work->service, connection, today, error) ||
        !db_user_insert(connection, &work->admin, today, error) ||
        !service_audit(connection, NULL, "institution.create", &work->institution.id, NULL,
                       error) ||
        !service_audit(connection, NULL, "user.create", &work->admin.id,
                       json_pack("{s:s}", "role", core_role_name(CORE_ROLE_ADMIN)), error))
        return false;
    work->created = true;
    return true;
}

static char *bootstrap_email(const struct service *service, const char *given, GError **error)
{
    const char *domain = service->email_domain ? service->email_domain : "presente.local";
    g_autofree char *made = g_strconcat("admin@", *domain == '.' ? domain + 1 : domain, NULL);

    return base_text_email(given ? given : made, error);
}

/* Checks the request and fills what is to be stored; `password` gets the clear text. */
static bool bootstrap_prepare(struct bootstrap *work,
                              const struct service_bootstrap_request *request, char **password,
                              GError **error)
{
    const struct service *service = work->service;
    const base_time now = base_time_now();
    const char *name = request->institution_name ? request->institution_name : "Presente";

    base_uuid_new(&work->institution.id);
    base_uuid_new(&work->admin.id);
    work->institution.name = base_text_name(name, "institution", SERVICE_NAME_MAX, error);
    if (!work->institution.name)
        return false;
    work->institution.email_domain = g_strdup(service->email_domain);
    work->institution.time_zone =
        g_strdup(service->time_zone ? service->time_zone : CORE_TIME_ZONE_DEFAULT);
    work->institution.policy = CORE_POLICY_DEFAULT;
    work->institution.created_at = work->institution.updated_at = now;

    name = request->admin_name ? request->admin_name : "Administrator";
    work->admin.name = base_text_name(name, "name", SERVICE_NAME_MAX, error);
    work->admin.email = bootstrap_email(service, request->admin_email, error);
    if (!work->admin.name || !work->admin.email)
        return false;
    if (request->admin_password &&
        !auth_password_check(request->admin_password, work->admin.email, error))
        return false;
    *password =
        request->admin_password ? g_strdup(request->admin_password) : auth_password_generate();
    work->admin.password_hash = auth_password_hash(*password, error);
    work->admin.institution_id = work->institution.id;
    work->admin.role = CORE_ROLE_ADMIN;
    work->admin.age = CORE_AGE_UNKNOWN;
    work->admin.active = true;
    work->admin.created_at = work->admin.updated_at = now;
    return work->admin.password_hash != NULL;
}

/* Whether there is an institution, without the cost of preparing one. */
static bool bootstrap_look(struct bootstrap *work, bool *exists, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(work->service->db, error);

    return connection && bootstrap_exists(connection, work, exists, error);
}

bool service_bootstrap(struct service *service, const struct service_bootstrap_request *request,
                       struct service_bootstrap_result *result, GError **error)
{
    static const struct service_bootstrap_request nothing;
    struct bootstrap work = {.service = service};
    g_autofree char *password = NULL;
    bool exists = false;

    *result = (struct service_bootstrap_result){0};
    bool ok = bootstrap_look(&work, &exists, error);
    if (ok && !exists)
        ok = bootstrap_prepare(&work, request ? request : &nothing, &password, error) &&
             db_transaction(service->db, bootstrap_body, &work, error);
    if (ok && work.created) {
        result->created = true;
        result->institution_id = work.institution.id;
        result->admin_id = work.admin.id;
        result->email = g_steal_pointer(&work.admin.email);
        result->password = g_steal_pointer(&password);
    } else if (ok) {
        result->institution_id = work.standing;
    }
    core_institution_clear(&work.institution);
    core_user_clear(&work.admin);
    return ok;
}

void service_bootstrap_result_clear(struct service_bootstrap_result *result)
{
    g_free(result->email);
    g_free(result->password);
    *result = (struct service_bootstrap_result){0};
}

/* ---- sessions ---- */

void service_session_clear(struct service_session *session)
{
    g_free(session->token);
    core_user_free(session->user);
    *session = (struct service_session){0};
}

bool service_session_issue(struct service *service, const struct core_user *user, char **token,
                           base_time *expires_at, GError **error)
{
    struct auth_token_claims claims = {
        .user = user->id,
        .generation = user->token_generation,
        .issued_at = base_time_now(),
    };

    base_uuid_new(&claims.id);
    g_strlcpy(claims.role, core_role_name(user->role), sizeof claims.role);
    claims.expires_at = claims.issued_at + service->session;
    claims.expires_at -= claims.expires_at % BASE_TIME_SECOND;
    *token = auth_tokens_issue(service->tokens, &claims, error);
    *expires_at = claims.expires_at;
    return *token != NULL;
}

/* The account of an address; no account is no error. No connection is held while hashing. */
static bool account_look_up(struct service *service, const char *email, struct core_user **user,
                            GError **error)
{
    GError *problem = NULL;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    *user = NULL;
    if (!connection)
        return false;
    *user = db_user_find_email(connection, email, &problem);
    if (*user || g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND)) {
        g_clear_error(&problem);
        return true;
    }
    g_propagate_error(error, problem);
    return false;
}

/* Newer parameters are taken over when the clear text is at hand; a failure can wait for the next
 * sign-in. */
static void account_rehash(struct service *service, const struct core_user *user,
                           const char *password)
{
    if (!auth_password_needs_rehash(user->password_hash))
        return;
    g_autofree char *hash = auth_password_hash(password, NULL);
    g_autoptr(db_connection) connection = hash ? db_acquire(service->db, NULL) : NULL;
    if (connection)
        (void)db_user_rehash_password(connection, &user->id, hash, NULL);
}

/* One stranger who guesses is stopped at their address; only many addresses at once can use up what
 * the account allows from anywhere. `narrow` gets the key of the two, NULL when it is not limited.
 */
static bool sign_in_limit(struct service *service, const char *account, const char *address,
                          char **narrow, int *retry_after, GError **error)
{
    *narrow = account && address ? g_strconcat(address, "|", account, NULL) : NULL;
    return service_limit(service, AUTH_LIMIT_SIGN_IN_ADDRESS, address, retry_after, error) &&
           (!*narrow ||
            (service_limit(service, AUTH_LIMIT_SIGN_IN_ACCOUNT, *narrow, retry_after, error) &&
             service_limit(service, AUTH_LIMIT_SIGN_IN_ANYWHERE, account, retry_after, error)));
}

bool service_sign_in(struct service *service, const char *email, const char *password,
                     const char *address, struct service_session *session, int *retry_after,
                     GError **error)
{
    g_autofree char *account = base_text_email(email, NULL);
    g_autofree char *narrow = NULL;
    g_autoptr(core_user) user = NULL;

    *session = (struct service_session){0};
    if (!sign_in_limit(service, account, address, &narrow, retry_after, error))
        return false;
    if (account && !account_look_up(service, account, &user, error))
        return false;
    if (!auth_password_verify(user ? user->password_hash : NULL, password))
        return base_fail(error, BASE_ERROR_UNAUTHENTICATED, "E-mail or password are wrong.");
    if (!user->active)
        return base_fail(error, BASE_ERROR_FORBIDDEN,
                         "This account is not active; please ask an administrator.");
    account_rehash(service, user, password);
    if (!service_session_issue(service, user, &session->token, &session->expires_at, error))
        return false;
    if (narrow)
        auth_limiter_reset(service->limiter, AUTH_LIMIT_SIGN_IN_ACCOUNT, narrow);
    auth_limiter_reset(service->limiter, AUTH_LIMIT_SIGN_IN_ANYWHERE, account);
    session->user = g_steal_pointer(&user);
    return true;
}

static bool sign_out_body(struct db_connection *connection, gpointer data, GError **error)
{
    const struct service_identity *identity = data;
    char id[BASE_UUID_TEXT_SIZE];

    return db_token_purge(connection, base_time_now(), NULL, error) &&
           db_token_revoke(connection, base_uuid_format(&identity->token_id, id),
                           identity->token_expires_at, error) &&
           service_audit(connection, identity, "session.end", &identity->user_id, NULL, error);
}

bool service_sign_out(struct service *service, const struct service_identity *identity,
                      GError **error)
{
    struct service_identity copy = *identity;

    if (base_uuid_is_nil(&identity->token_id))
        return true;
    return db_transaction(service->db, sign_out_body, &copy, error);
}

static bool unauthenticated(GError **error)
{
    return base_fail(error, BASE_ERROR_UNAUTHENTICATED,
                     "The session has ended; please sign in again.");
}

bool service_authenticate(struct service *service, const char *token,
                          struct service_identity *identity, GError **error)
{
    struct auth_token_claims claims;
    struct db_user_session now;
    char id[BASE_UUID_TEXT_SIZE];
    GError *problem = NULL;

    if (!auth_tokens_verify(service->tokens, token, base_time_now(), &claims, error))
        return false;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    if (!connection)
        return false;
    if (!db_user_session(connection, &claims.user, base_uuid_format(&claims.id, id), &now,
                         &problem)) {
        if (g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND)) {
            g_clear_error(&problem);
            return unauthenticated(error);
        }
        g_propagate_error(error, problem);
        return false;
    }
    if (!now.active || now.revoked || now.token_generation != claims.generation ||
        g_strcmp0(claims.role, core_role_name(now.role)) != 0)
        return unauthenticated(error);
    *identity = (struct service_identity){
        .user_id = now.user_id,
        .institution_id = now.institution_id,
        .group_id = now.group_id,
        .role = now.role,
        .token_id = claims.id,
        .token_expires_at = claims.expires_at,
    };
    return true;
}

/* ---- passwords ---- */

static struct core_user *account_find(struct service *service, const struct base_uuid *id,
                                      GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    struct core_user *user = connection ? db_user_find(connection, id, error) : NULL;

    if (user && user->deleted_at) {
        base_fail(error, BASE_ERROR_NOT_FOUND, "There is no such person.");
        g_clear_pointer(&user, core_user_free);
    }
    return user;
}

/* The hash of a password that is fit for this account, whose address may change with it. */
static char *account_hash(const struct core_user *user, const struct service_user_input *input,
                          GError **error)
{
    g_autofree char *email = input->fields & SERVICE_USER_EMAIL
                                 ? base_text_email(input->email, error)
                                 : g_strdup(user->email);

    if (input->fields & SERVICE_USER_EMAIL && !email)
        return NULL;
    if (!input->password) {
        base_fail(error, BASE_ERROR_INVALID, "password is required.");
        return NULL;
    }
    return auth_password_check(input->password, email, error)
               ? auth_password_hash(input->password, error)
               : NULL;
}

char *service_password_hash(struct service *service, const struct base_uuid *user_id,
                            const struct service_user_input *input, GError **error)
{
    g_autoptr(core_user) user = account_find(service, user_id, error);

    return user ? account_hash(user, input, error) : NULL;
}

bool service_password_change(struct service *service, const struct service_identity *identity,
                             const char *current, const struct service_user_input *input,
                             struct service_session *session, int *retry_after, GError **error)
{
    char key[BASE_UUID_TEXT_SIZE];

    if (session)
        *session = (struct service_session){0};
    if (!service_limit(service, AUTH_LIMIT_PASSWORD, base_uuid_format(&identity->user_id, key),
                       retry_after, error))
        return false;
    g_autoptr(core_user) user = account_find(service, &identity->user_id, error);
    if (!user)
        return false;
    if (!auth_password_verify(user->password_hash, current))
        return base_fail(error, BASE_ERROR_FORBIDDEN, "The current password is wrong.");
    const struct service_new_password password = {account_hash(user, input, error),
                                                  "password.change"};
    g_autoptr(core_user) changed =
        password.hash
            ? service_user_store(service, identity, &identity->user_id, input, &password, error)
            : NULL;
    g_free(password.hash);
    if (!changed || !session)
        return changed != NULL;
    const bool ok =
        service_session_issue(service, changed, &session->token, &session->expires_at, error);
    session->user = g_steal_pointer(&changed);
    return ok;
}

bool service_password_set(struct service *service, const struct service_identity *identity,
                          const struct base_uuid *user_id, const char *password, char **generated,
                          GError **error)
{
    g_autofree char *made = password ? NULL : auth_password_generate();
    const struct service_user_input input = {
        .fields = SERVICE_USER_PASSWORD,
        .password = password ? password : made,
    };
    g_autoptr(core_user) user = service_user_update(service, identity, user_id, &input, error);

    if (user && generated)
        *generated = g_steal_pointer(&made);
    return user != NULL;
}
