#include "app/app.h"

#include "app/server.h"
#include "base/error.h"
#include "db/copy.h"
#include "db/query/institution.h"
#include "face/int8.h"
#include "http/http.h"
#include "service/gallery.h"
#include "service/keys.h"
#include "service/mail.h"

#include <string.h>

struct face_image_limits app_image_limits(const struct app_settings *settings)
{
    return (struct face_image_limits){
        .bytes_max = (size_t)settings->max_image_bytes,
        .pixels_max = (uint64_t)(settings->max_image_megapixels * 1e6),
    };
}

static enum recognise_second choose_second(const struct app_settings *settings)
{
    if (strcmp(settings->second_network, "off") == 0)
        return RECOGNISE_SECOND_OFF;
    return strcmp(settings->second_network, "always") == 0 ? RECOGNISE_SECOND_ALWAYS
                                                           : RECOGNISE_SECOND_AUTO;
}

struct face_detector_options app_detector_options(const struct app_settings *settings)
{
    struct face_detector_options options = {
        .cascade = settings->haar_cascade,
        .landmarks = *settings->hog_landmarks ? settings->hog_landmarks : NULL,
    };

    face_detector_kind_parse(settings->detector, &options.kind);
    return options;
}

static struct recognise_thresholds choose_thresholds(const struct app_settings *settings)
{
    struct recognise_thresholds thresholds = RECOGNISE_THRESHOLDS_DEFAULT;

    if (settings->match_threshold > 0)
        thresholds.match = (float)settings->match_threshold;
    if (settings->review_threshold > 0)
        thresholds.review = (float)settings->review_threshold;
    if (settings->margin >= 0)
        thresholds.margin = (float)settings->margin;
    if (settings->liveness_threshold > 0)
        thresholds.live = (float)settings->liveness_threshold;
    thresholds.false_match = settings->false_match_target;
    return thresholds;
}

static enum face_detail choose_detail(const char *size)
{
    static const char *const SIZES[FACE_DETAIL_N] = {
        [FACE_DETAIL_320] = "320",
        [FACE_DETAIL_640] = "640",
        [FACE_DETAIL_1280] = "1280",
        [FACE_DETAIL_1920] = "1920",
    };

    for (unsigned detail = 0; detail < FACE_DETAIL_N; detail++)
        if (strcmp(SIZES[detail], size) == 0)
            return detail;
    return FACE_DETAIL_320;
}

struct recogniser *app_open_recogniser(const struct app_settings *settings, GError **error)
{
    struct recognise_thresholds thresholds = choose_thresholds(settings);
    g_autofree char *int8 = NULL;
    enum face_int8_mode mode = FACE_INT8_OFF;

    face_int8_mode_parse(settings->int8, &mode);
    if (!face_int8_choose(mode, settings->int8_record, settings->models_dir, &int8, error))
        return NULL;
    struct recogniser_options options = {
        .models_dir = settings->models_dir,
        .int8 = int8,
        .thresholds = &thresholds,
        .limits = app_image_limits(settings),
        .detail = choose_detail(settings->detect_size),
        .detector = app_detector_options(settings),
        .second = choose_second(settings),
        .threads_max = (int)app_settings_workers(settings),
    };
    return recogniser_create(&options, error);
}

/* To examine a register of years is more than a request may take. */
#define MAINTENANCE_SECONDS 86400

/* For whoever is not a thread of the server. */
#define CONNECTIONS_SPARE 10

/* One for each thread that may want one, so that none ever waits for another's: an event thread
 * that waits holds up everybody. */
static guint connections_of(const struct app_settings *settings)
{
    struct http_options server;

    http_options_init(&server);
    return app_settings_workers(settings) + g_get_num_processors() +
           app_server_quick_threads(settings) + app_server_long_threads() + server.event_threads +
           CONNECTIONS_SPARE;
}

static struct db *open_database(const struct app_settings *settings, bool create,
                                guint statement_seconds, GError **error)
{
    struct db_options options = {
        .connections = connections_of(settings),
        .statement_seconds = statement_seconds,
        .must_exist = !create,
    };
    g_autoptr(GError) failure = NULL;
    g_autofree char *shown = db_url_display(settings->database_url);
    struct db *database = db_open(settings->database_url, &options, &failure);

    if (!database && g_error_matches(failure, BASE_ERROR, BASE_ERROR_NOT_FOUND)) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE,
                    "There is no database at %s yet: \"presente db init\" makes it.", shown);
        return NULL;
    }
    if (!database)
        g_propagate_error(error, g_steal_pointer(&failure));
    return database;
}

struct db *app_open_database(const struct app_settings *settings, bool create, GError **error)
{
    return open_database(settings, create, MAINTENANCE_SECONDS, error);
}

/* Who asks for faces, or for everything to be made, cannot go on without the key, but for the
 * server and whoever else says that faces may be missing. */
static bool needs_key(unsigned parts)
{
    return (parts & (APP_PART_FACES | APP_PART_CREATE)) && !(parts & APP_PART_FACES_OPTIONAL);
}

bool app_database_is_new(struct db *database, bool *is_new, GError **error)
{
    gint64 schema = 0;
    g_autoptr(GError) failure = NULL;

    if (!db_schema_version(database, &schema, error))
        return false;
    *is_new = schema == 0;
    if (*is_new)
        return true;
    g_autoptr(db_connection) connection = db_acquire(database, error);
    if (!connection)
        return false;
    g_autoptr(core_institution) institution = db_institution_first(connection, &failure);
    *is_new = g_error_matches(failure, BASE_ERROR, BASE_ERROR_NOT_FOUND);
    if (institution || *is_new)
        return true;
    g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}

static bool open_keys(const struct app_settings *settings, struct app *app, unsigned parts,
                      GError **error)
{
    g_autoptr(GError) failure = NULL;
    bool is_new = false;

    if (!app_database_is_new(app->db, &is_new, error))
        return false;
    if (is_new && (parts & APP_PART_CREATE)) {
        g_autoptr(auth_keys) keys = auth_keys_load_or_create(settings->key_file, NULL, error);
        if (!keys)
            return false;
    }
    app->keys = auth_keyring_load(settings->key_file, &failure);
    if (app->keys)
        return true;
    const bool missing = g_error_matches(failure, BASE_ERROR, BASE_ERROR_NOT_FOUND);
    if (is_new && missing) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE,
                            "The database is empty: run \"presente db init\" first.");
        return false;
    }
    /* A mode that is too open is no loss, and chmod mends it. */
    if (is_new || g_error_matches(failure, BASE_ERROR, BASE_ERROR_FORBIDDEN)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    g_autofree char *problem =
        missing
            ? g_strdup_printf("The key file %s of this database is missing.", settings->key_file)
            : g_strdup_printf("The key file %s of this database cannot be used: %s",
                              settings->key_file, failure->message);
    g_autofree char *why = service_keys_advice(problem);
    if (needs_key(parts)) {
        g_set_error_literal(error, BASE_ERROR,
                            missing ? (int)BASE_ERROR_UNAVAILABLE : failure->code, why);
        return false;
    }
    app->keys = auth_keyring_create_lost(settings->key_file, why, error);
    return app->keys != NULL;
}

static bool bring_up_to_date(struct app *app, bool create, gint64 schema, GError **error)
{
    bool unfinished;

    if (!db_copy_is_unfinished(app->db, &unfinished, error))
        return false;
    if (unfinished) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE,
                    "The \"presente db copy\" or \"restore\" into this database was never "
                    "finished: run it again, or choose another database.");
        return false;
    }
    if (schema == db_schema_latest(app->db))
        return true;
    if (create || schema > db_schema_latest(app->db))
        return db_migrate(app->db, NULL, error);
    g_set_error(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE,
                schema == 0 ? "The database is empty: run \"presente db init\" first."
                            : "The database is of an older version: run \"presente db migrate\".");
    return false;
}

/* The password out of its file, without the line's end; "" when there is no such file to read. */
static char *mail_password(const struct app_settings *settings, GError **error)
{
    g_autoptr(GError) failure = NULL;
    char *text = NULL;

    if (!*settings->smtp_url || !*settings->smtp_password_file)
        return g_strdup(settings->smtp_password);
    if (g_file_get_contents(settings->smtp_password_file, &text, NULL, &failure))
        return g_strchomp(text);
    g_set_error(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE, "PRESENTE_SMTP_PASSWORD_FILE: %s",
                failure->message);
    return NULL;
}

static struct service_mail_options mail_options(const struct app_settings *settings,
                                                const char *password)
{
    static const char *const TLS[] = {
        [MAIL_SMTP_TLS_REQUIRED] = "required",
        [MAIL_SMTP_TLS_OFFERED] = "offered",
        [MAIL_SMTP_TLS_OFF] = "off",
    };
    struct service_mail_options options = {
        .smtp_url = settings->smtp_url,
        .user = settings->smtp_user,
        .password = password,
        .ca_file = settings->smtp_ca,
        .from = settings->mail_from,
        .public_url = settings->public_url,
        .seconds = (int)settings->smtp_seconds,
        .retry_seconds = (int)settings->mail_retry_seconds,
        .lease_seconds = (int)settings->mail_lease_seconds,
    };

    for (int i = 0; i < (int)G_N_ELEMENTS(TLS); i++)
        if (strcmp(TLS[i], settings->smtp_tls) == 0)
            options.tls = i;
    return options;
}

static bool open_service(const struct app_settings *settings, struct app *app, GError **error)
{
    g_autofree char *password = mail_password(settings, error);

    struct auth_limit_rule rates[AUTH_LIMIT_N];
    const gint64 bursts[AUTH_LIMIT_N] = {
        [AUTH_LIMIT_SIGN_IN_ACCOUNT] = settings->limit_sign_in_account,
        [AUTH_LIMIT_SIGN_IN_ADDRESS] = settings->limit_sign_in_address,
        [AUTH_LIMIT_MARK_ADDRESS] = settings->limit_mark_address,
        [AUTH_LIMIT_REGISTER] = settings->limit_register,
        [AUTH_LIMIT_EXISTS] = settings->limit_exists,
        [AUTH_LIMIT_PASSWORD] = settings->limit_password,
        [AUTH_LIMIT_DEVICE_PAIR] = settings->limit_device_pair,
        [AUTH_LIMIT_PIN_DEVICE] = settings->limit_pin_device,
        [AUTH_LIMIT_PIN_PERSON] = settings->limit_pin_person,
        [AUTH_LIMIT_SESSION_CODE] = settings->limit_session_code,
    };

    if (!password)
        return false;
    memcpy(rates, auth_limit_defaults, sizeof rates);
    for (size_t i = 0; i < AUTH_LIMIT_N; i++)
        rates[i].burst = (int)bursts[i];
    struct service_options options = {
        .db = app->db,
        .keys = app->keys,
        .recogniser = app->recogniser,
        .email_domain = settings->email_domain,
        .time_zone = settings->time_zone,
        .session_seconds = (int)(settings->token_hours * 3600),
        .no_self_registration = !settings->self_registration,
        .no_liveness = !settings->liveness,
        .webhooks_private = settings->webhooks_private,
        .images =
            {
                .limits = app_image_limits(settings),
                .sealed = settings->images_sealed,
                .keep_enrolment = settings->keep_enrolment_photos,
                .keep_mark_frames = settings->keep_mark_frames,
                .mark_frame_days = (int)settings->mark_frame_days,
            },
        .mail = mail_options(settings, password),
        .rates = rates,
    };
    /* The store need not be reachable now: whoever wants it is told. */
    app->images = options.images.store = blob_open(settings->images_url, error);
    if (!app->images) {
        g_prefix_error(error, "PRESENTE_IMAGES_URL: ");
        return false;
    }
    app->service = service_create(&options, error);
    return app->service != NULL;
}

static bool bootstrap(const struct app_settings *settings, struct app *app, GError **error)
{
    struct service_bootstrap_request request = {
        .institution_name = settings->institution_name,
        .admin_email = *settings->admin_email ? settings->admin_email : NULL,
    };
    return service_bootstrap(app->service, &request, &app->bootstrap, error);
}

static bool open_models(const struct app_settings *settings, struct app *app, unsigned parts,
                        GError **error)
{
    g_autoptr(GError) failure = NULL;

    app->recogniser = app_open_recogniser(settings, &failure);
    if (app->recogniser) {
        if (choose_second(settings) != RECOGNISE_SECOND_OFF &&
            !recogniser_has_second(app->recogniser))
            g_message("The second recognition network is not there (MobileFaceNet.tflite); the "
                      "first one decides alone. ./dev deps fetches it.");
        return true;
    }
    if (parts & APP_PART_FACES_OPTIONAL) {
        g_warning("Faces are switched off: %s", failure->message);
        return true;
    }
    g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}

/* Says that the key file is lost, or fails where it is needed. */
static bool check_key(struct app *app, unsigned parts, GError **error)
{
    g_autofree char *trouble = NULL;

    if (!(parts & APP_PART_FACES))
        return true;
    trouble = service_keys_trouble(app->service);
    if (!trouble)
        return true;
    if (needs_key(parts)) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_CORRUPT, trouble);
        return false;
    }
    g_warning("%s", trouble);
    return true;
}

static bool load_gallery(struct app *app, GError **error)
{
    struct service_gallery_report report = {0};

    if (!app->recogniser || !service_keys_ready(app->service, NULL))
        return true;
    if (!service_gallery_load(app->service, &report, error))
        return false;
    if (report.unreadable > 0)
        g_warning("%" G_GINT64_FORMAT " stored faces do not open with this key file and are left "
                  "out.",
                  report.unreadable);
    service_gallery_report_clear(&report);
    return true;
}

bool app_open(const struct app_settings *settings, unsigned parts, struct app *app, GError **error)
{
    bool create = parts & APP_PART_CREATE;
    gint64 schema;

    *app = (struct app){0};
    app->db = open_database(settings, create, 0, error);
    if (!app->db || !db_schema_version(app->db, &schema, error) ||
        !open_keys(settings, app, parts, error) || !bring_up_to_date(app, create, schema, error))
        goto failed;
    if ((parts & APP_PART_FACES) && !open_models(settings, app, parts, error))
        goto failed;
    if (!open_service(settings, app, error) ||
        (create && !(parts & APP_PART_EMPTY) && !bootstrap(settings, app, error)) ||
        !check_key(app, parts, error) || !load_gallery(app, error))
        goto failed;
    return true;

failed:
    app_close(app);
    return false;
}

void app_close(struct app *app)
{
    service_bootstrap_result_clear(&app->bootstrap);
    service_destroy(app->service);
    blob_close(app->images);
    recogniser_destroy(app->recogniser);
    auth_keyring_destroy(app->keys);
    db_close(app->db);
    *app = (struct app){0};
}
