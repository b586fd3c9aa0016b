#include "service/users.h"

#include "auth/password.h"
#include "service/internal.h"

#include <string.h>

enum {
    USER_AGE_MIN = 5,
    USER_AGE_MAX = 120,
    USER_IMAGE_MAX = 2000, /* bytes */
    USER_NUMBER_MAX = 32,  /* characters */
};

/* ---- fields ---- */

static void replace(char **text, char *with)
{
    g_free(*text);
    *text = with;
}

static bool apply_name(const struct service_user_input *input, const char *today,
                       struct core_user *user, GError **error)
{
    (void)today;
    replace(&user->name, base_text_name(input->name, "name", SERVICE_NAME_MAX, error));
    return user->name != NULL;
}

static bool apply_email(const struct service_user_input *input, const char *today,
                        struct core_user *user, GError **error)
{
    (void)today;
    replace(&user->email, base_text_email(input->email, error));
    return user->email != NULL;
}

static bool apply_age(const struct service_user_input *input, const char *today,
                      struct core_user *user, GError **error)
{
    (void)today;
    if (input->age != CORE_AGE_UNKNOWN && (input->age < USER_AGE_MIN || input->age > USER_AGE_MAX))
        return base_fail(error, BASE_ERROR_INVALID, "age must be between %d and %d.", USER_AGE_MIN,
                         USER_AGE_MAX);
    user->age = (gint32)input->age;
    return true;
}

static bool apply_birth(const struct service_user_input *input, const char *today,
                        struct core_user *user, GError **error)
{
    const struct core_user born = {.date_of_birth = (char *)input->date_of_birth,
                                   .age = CORE_AGE_UNKNOWN};

    if (input->date_of_birth && !core_day_is_valid(input->date_of_birth))
        return base_fail(error, BASE_ERROR_INVALID,
                         "date_of_birth must be a date such as 2004-07-31.");
    const gint32 age = input->date_of_birth ? core_user_age(&born, today) : USER_AGE_MIN;
    if (age < USER_AGE_MIN || age > USER_AGE_MAX)
        return base_fail(error, BASE_ERROR_INVALID,
                         "date_of_birth must give an age between %d and %d.", USER_AGE_MIN,
                         USER_AGE_MAX);
    replace(&user->date_of_birth, g_strdup(input->date_of_birth));
    return true;
}

static bool apply_group(const struct service_user_input *input, const char *today,
                        struct core_user *user, GError **error)
{
    (void)today;
    (void)error;
    user->group_id = input->group_id; /* whether it exists is asked in the transaction */
    return true;
}

static bool apply_role(const struct service_user_input *input, const char *today,
                       struct core_user *user, GError **error)
{
    (void)today;
    if (!core_role_name(input->role))
        return base_fail(error, BASE_ERROR_INVALID,
                         "role must be \"admin\", \"teacher\" or \"student\".");
    user->role = input->role;
    return true;
}

/* Only what a page may show as a picture: never a script or a file of the reader's machine. */
static bool image_is_allowed(const char *url)
{
    if (strlen(url) > USER_IMAGE_MAX || !g_utf8_validate(url, -1, NULL))
        return false;
    for (const char *at = url; *at; at++)
        if ((unsigned char)*at <= ' ' || strchr("\"'<>\\^`{|}\x7f", *at))
            return false;
    return g_str_has_prefix(url, "https://") || g_str_has_prefix(url, "http://") ||
           (url[0] == '/' && url[1] != '/');
}

static bool apply_image(const struct service_user_input *input, const char *today,
                        struct core_user *user, GError **error)
{
    (void)today;
    if (input->profile_image_url && !image_is_allowed(input->profile_image_url))
        return base_fail(error, BASE_ERROR_INVALID,
                         "profile_image_url must be an http or https address or a path.");
    replace(&user->profile_image_url, g_strdup(input->profile_image_url));
    return true;
}

static bool apply_active(const struct service_user_input *input, const char *today,
                         struct core_user *user, GError **error)
{
    (void)today;
    (void)error;
    user->active = input->active;
    return true;
}

/* Printable and without spaces at its ends, as it stands on a card. */
static bool number_is_allowed(const char *number)
{
    const glong n = g_utf8_validate(number, -1, NULL) ? g_utf8_strlen(number, -1) : 0;

    if (n < 1 || n > USER_NUMBER_MAX || *number == ' ' || number[strlen(number) - 1] == ' ')
        return false;
    for (const char *at = number; *at; at = g_utf8_next_char(at))
        if (!g_unichar_isprint(g_utf8_get_char(at)))
            return false;
    return true;
}

static bool apply_number(const struct service_user_input *input, const char *today,
                         struct core_user *user, GError **error)
{
    (void)today;
    if (input->student_number && !number_is_allowed(input->student_number))
        return base_fail(error, BASE_ERROR_INVALID,
                         "student_number must be 1 to %d printable characters.", USER_NUMBER_MAX);
    replace(&user->student_number, g_strdup(input->student_number));
    return true;
}

static bool apply_language(const struct service_user_input *input, const char *today,
                           struct core_user *user, GError **error)
{
    (void)today;
    if (input->language && strcmp(input->language, "es") != 0 && strcmp(input->language, "en") != 0)
        return base_fail(error, BASE_ERROR_INVALID, "language must be \"es\" or \"en\".");
    replace(&user->language, g_strdup(input->language));
    return true;
}

static const struct {
    enum service_user_field field;
    bool (*apply)(const struct service_user_input *input, const char *today, struct core_user *user,
                  GError **error);
} user_fields[] = {
    {SERVICE_USER_NAME, apply_name},     {SERVICE_USER_EMAIL, apply_email},
    {SERVICE_USER_AGE, apply_age},       {SERVICE_USER_DATE_OF_BIRTH, apply_birth},
    {SERVICE_USER_GROUP, apply_group},   {SERVICE_USER_ROLE, apply_role},
    {SERVICE_USER_IMAGE, apply_image},   {SERVICE_USER_ACTIVE, apply_active},
    {SERVICE_USER_NUMBER, apply_number}, {SERVICE_USER_LANGUAGE, apply_language},
};

bool service_user_apply(const struct service_user_input *input, const char *today,
                        struct core_user *user, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(user_fields); i++)
        if ((input->fields & user_fields[i].field) &&
            !user_fields[i].apply(input, today, user, error))
            return false;
    return true;
}

/* ---- creating ---- */

struct create_work {
    struct service *service;
    const struct service_identity *identity; /* NULL: registration */
    struct core_user *user;                  /* as it is to be stored */
    const char *action;
    gint64 consent_version; /* of a registration */
    char today[CORE_DAY_SIZE];
};

bool service_user_taken(GError **error, GError *problem)
{
    if (db_conflict_is(problem, "users.email"))
        return service_taken(error, problem, "users.email", "email is registered already.");
    return service_taken(error, problem, "users.student_number",
                         "student_number belongs to somebody else already.");
}

static bool create_body(struct db_connection *connection, gpointer data, GError **error)
{
    const struct create_work *work = data;
    GError *problem = NULL;

    if (!service_group_check(connection, &work->user->group_id, error))
        return false;
    if (!db_user_insert(connection, work->user, work->today, &problem))
        return service_user_taken(error, problem);
    if (!work->identity &&
        !service_consent_register_on(connection, &work->user->id, work->consent_version, error))
        return false;
    json_t *details = json_pack("{s:s}", "role", core_role_name(work->user->role));
    if (!base_uuid_is_nil(&work->user->group_id))
        json_object_set_new(details, "group_id", base_json_uuid(&work->user->group_id));
    return service_audit(connection, work->identity, work->action, &work->user->id, details, error);
}

/* Looks for what would make the transaction fail, before the costly part. */
static bool create_look(struct create_work *work, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(work->service->db, error);
    GError *problem = NULL;

    if (!connection || !service_group_check(connection, &work->user->group_id, error))
        return false;
    if (!work->identity) /* a stranger learns that an address is taken by a live face only */
        return service_consent_check_on(connection, work->consent_version, error);
    g_autoptr(core_user) other = db_user_find_email(connection, work->user->email, &problem);
    if (other)
        return base_fail(error, BASE_ERROR_CONFLICT, "email is registered already.");
    if (!g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND)) {
        g_propagate_error(error, problem);
        return false;
    }
    g_error_free(problem);
    return true;
}

static struct core_user *create_fetch(struct service *service, const struct base_uuid *id,
                                      GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    return connection ? db_user_find(connection, id, error) : NULL;
}

/* Fills a new person from the input, all but the password; `today` gets the local day. */
static bool create_prepare(struct service *service, const struct core_institution *institution,
                           const struct service_user_input *input, struct core_user *user,
                           char today[CORE_DAY_SIZE], GError **error)
{
    GTimeZone *zone = service_zone_of(service, institution, error);

    if (!zone)
        return false;
    user->created_at = user->updated_at = base_time_now();
    const bool dated = core_day_of_time(zone, user->created_at, today, error);
    g_time_zone_unref(zone);
    if (!dated)
        return false;
    base_uuid_new(&user->id);
    user->institution_id = institution->id;
    user->age = CORE_AGE_UNKNOWN;
    user->role = CORE_ROLE_STUDENT;
    user->active = true;
    struct service_user_input full = *input;
    full.fields |= SERVICE_USER_NAME | SERVICE_USER_EMAIL;
    if (!service_user_apply(&full, today, user, error))
        return false;
    return !input->password || auth_password_check(input->password, user->email, error);
}

/* Stores the prepared person, with photos or without; fills `result`. */
static bool create_store(struct create_work *work, const struct service_user_input *input,
                         struct service_batch *batch, const struct recognise_picture *photos,
                         size_t photos_n, struct service_registration *result, GError **error)
{
    struct service *service = work->service;

    if (!create_look(work, error))
        return false;
    if (photos_n > 0) {
        batch->enrolment = &result->photos;
        if (!service_faces_ready(service, error) ||
            !service_batch_judge(service, batch, photos, photos_n, error))
            return false;
        if (!service_batch_accepted(batch))
            return true;
    }
    if (input->password) {
        work->user->password_hash = auth_password_hash(input->password, error);
        if (!work->user->password_hash)
            return false;
    }
    if (photos_n == 0 ? !db_transaction(service->db, create_body, work, error)
                      : !service_batch_store(service, work->identity, batch, &work->user->id,
                                             create_body, work, error))
        return false;
    if (photos_n > 0 && !result->photos.stored)
        return true;
    result->user = create_fetch(service, &work->user->id, error);
    return result->user != NULL;
}

bool service_user_create(struct service *service, const struct service_identity *identity,
                         const struct service_user_input *input,
                         const struct recognise_picture *photos, size_t photos_n,
                         const struct service_enrol_options *options,
                         struct service_registration *result, GError **error)
{
    struct service_registration made = {0};
    struct core_user user = {0};
    struct create_work work = {service, identity, &user, "user.create", 0, ""};
    struct service_batch batch = {
        .skip_liveness = options && options->skip_liveness,
        .allow_duplicate = options && options->allow_duplicate,
        .allow_copies = options && options->allow_copies,
        .source = options && options->source ? options->source : "admin",
    };

    if (result)
        *result = made;
    if (!service_allow_all(identity, CORE_ACTION_USER_WRITE, error))
        return false;
    g_autoptr(core_institution) institution = service_institution(service, error);
    const bool ok = institution &&
                    create_prepare(service, institution, input, &user, work.today, error) &&
                    create_store(&work, input, &batch, photos, photos_n, &made, error);
    service_batch_finish(&batch);
    core_user_clear(&user);
    if (ok && result)
        *result = made;
    else
        core_user_free(made.user);
    return ok;
}

static bool register_check(struct service *service, const struct core_institution *institution,
                           const struct core_user *user, const struct service_user_input *input,
                           size_t photos_n, GError **error)
{
    if (!service->self_registration)
        return base_fail(error, BASE_ERROR_FORBIDDEN,
                         "Registration is closed; please ask an administrator.");
    if (!base_text_email_in_domain(user->email, institution->email_domain))
        return base_fail(error, BASE_ERROR_FORBIDDEN,
                         "email must be an address of the institution (%s).",
                         institution->email_domain);
    if (!input->password)
        return base_fail(error, BASE_ERROR_INVALID, "password is required.");
    if (photos_n < SERVICE_REGISTRATION_PHOTOS || photos_n > SERVICE_PHOTOS_MAX)
        return base_fail(error, BASE_ERROR_INVALID, "image must be %d to %d photos.",
                         SERVICE_REGISTRATION_PHOTOS, SERVICE_PHOTOS_MAX);
    return true;
}

bool service_user_register(struct service *service, const struct service_user_input *input,
                           const struct recognise_picture *photos, size_t photos_n,
                           struct service_registration *registration, GError **error)
{
    struct core_user user = {0};
    struct create_work work = {service, NULL, &user, "user.register", input->consent_version, ""};
    struct service_batch batch = {.source = "registration"};
    struct service_user_input own = *input;

    *registration = (struct service_registration){0};
    own.fields &= SERVICE_USER_NAME | SERVICE_USER_EMAIL | SERVICE_USER_AGE |
                  SERVICE_USER_DATE_OF_BIRTH | SERVICE_USER_GROUP | SERVICE_USER_IMAGE;
    g_autoptr(core_institution) institution = service_institution(service, error);
    const bool ok = institution &&
                    create_prepare(service, institution, &own, &user, work.today, error) &&
                    register_check(service, institution, &user, &own, photos_n, error) &&
                    create_store(&work, &own, &batch, photos, photos_n, registration, error);
    service_batch_finish(&batch);
    core_user_clear(&user);
    return ok;
}

void service_registration_clear(struct service_registration *registration)
{
    core_user_free(registration->user);
    *registration = (struct service_registration){0};
}
