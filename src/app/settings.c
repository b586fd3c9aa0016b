#include "app/settings.h"

#include "base/error.h"
#include "base/module.h"
#include "base/text.h"
#include "core/policy.h"
#include "face/detectors.h"
#include "service/mail.h"

#include <stddef.h>
#include <string.h>

#define MODELS_DIR_DEFAULT "deps/models"
#define WEB_DIR_DEFAULT "build/web"

#define AT(member) offsetof(struct app_settings, member)

static const struct base_config_key KEYS[] = {
    {"PRESENTE_DATABASE_URL", BASE_CONFIG_TEXT, AT(database_url), "sqlite:data/presente.db",
     .help = "the database: sqlite:FILE, postgresql://USER:PASSWORD@HOST/NAME or "
             "mariadb://USER:PASSWORD@HOST/NAME"},
    {"PRESENTE_KEY_FILE", BASE_CONFIG_TEXT, AT(key_file), "data/presente.key",
     .help = "the key that seals faces and signs sessions; back it up apart from the database"},
    {"PRESENTE_MODELS_DIR", BASE_CONFIG_TEXT, AT(models_dir), MODELS_DIR_DEFAULT,
     .help = "folder of the face models"},
    {"PRESENTE_MODULES_DIR", BASE_CONFIG_TEXT, AT(modules_dir), "",
     .help = "folder of the parts that are loaded when they are used (presente-video.so, …); "
             "empty: beside the program, or where it was installed"},
    {"PRESENTE_CAMERA_URL", BASE_CONFIG_TEXT, AT(camera), "",
     .help = "address of the camera of `presente watch`, with its name and password"},
    {"PRESENTE_WEB_DIR", BASE_CONFIG_TEXT, AT(web_dir), WEB_DIR_DEFAULT,
     .help = "folder of the page"},

    {"PRESENTE_INSTITUTION_NAME", BASE_CONFIG_TEXT, AT(institution_name), "Presente",
     .help = "name of the institution, taken over when the database is made"},
    {"PRESENTE_EMAIL_DOMAIN", BASE_CONFIG_TEXT, AT(email_domain), "",
     .help = "students register with addresses of this domain (.example.edu: any below it); "
             "empty: any address"},
    {"PRESENTE_TIME_ZONE", BASE_CONFIG_TEXT, AT(time_zone), "",
     .help = "IANA name of the institution's time zone; "
             "empty: as stored, " CORE_TIME_ZONE_DEFAULT " in a new database"},
    {"PRESENTE_ADMIN_EMAIL", BASE_CONFIG_TEXT, AT(admin_email), "",
     .help = "e-mail of the first administrator; "
             "empty: admin@ and the e-mail domain or presente.local"},

    {"PRESENTE_LISTEN", BASE_CONFIG_TEXT, AT(listen), "127.0.0.1:8000",
     .help = "address and port to serve on; port 0: any free one"},
    {"PRESENTE_WORKERS", BASE_CONFIG_INTEGER, AT(workers), "0", 0, 256,
     .help = "threads that work on faces; 0: one a processor"},
    {"PRESENTE_QUEUE", BASE_CONFIG_INTEGER, AT(queue), "64", 0, 10000,
     .help = "face requests that may wait before the server answers 503"},
    {"PRESENTE_TRUSTED_PROXY", BASE_CONFIG_TEXT, AT(trusted_proxies), "",
     .help = "addresses or networks of proxies whose X-Forwarded-For is believed"},
    {"PRESENTE_CORS_ORIGINS", BASE_CONFIG_TEXT, AT(cors_origins), "",
     .help = "other sites' origins that may call the API from a browser; empty: none"},
    {"PRESENTE_COOKIE_SECURE", BASE_CONFIG_BOOL, AT(cookie_secure), "off",
     .help = "send the session cookie over TLS only: on wherever a TLS proxy stands in front"},
    {"PRESENTE_TOKEN_HOURS", BASE_CONFIG_INTEGER, AT(token_hours), "12", 1, 720,
     .help = "hours until a session ends"},
    {"PRESENTE_SELF_REGISTRATION", BASE_CONFIG_BOOL, AT(self_registration), "on",
     .help = "students may register themselves"},
    {"PRESENTE_LOG_LEVEL", BASE_CONFIG_CHOICE, AT(log_level), "info",
     .choices = "error|warning|info|debug", .help = "what goes to standard error"},

    {"PRESENTE_MAX_IMAGE_BYTES", BASE_CONFIG_INTEGER, AT(max_image_bytes), "20971520", 65536,
     268435456, .help = "largest picture, in bytes"},
    {"PRESENTE_MAX_IMAGE_MEGAPIXELS", BASE_CONFIG_REAL, AT(max_image_megapixels), "50", 0.1, 500,
     .help = "largest picture, in millions of pixels"},
    {"PRESENTE_DETECT_SIZE", BASE_CONFIG_CHOICE, AT(detect_size), "320",
     .choices = "320|640|1280|1920",
     .help = "size in pixels at which a picture is first searched for a face; larger ones follow "
             "while there is none"},
    {"PRESENTE_SECOND_NETWORK", BASE_CONFIG_CHOICE, AT(second_network), "auto",
     .choices = "auto|always|off",
     .help =
         "a second network (MobileFaceNet.tflite beside the other models) looks at a face again: "
         "when the first leaves doubt, always, or never; photos are enrolled with both but for "
         "off"},
    {"PRESENTE_INT8", BASE_CONFIG_CHOICE, AT(int8), "off", .choices = "off|auto|on",
     .help =
         "the first network in 8 bits, twice as fast: never, where `presente bench int8` passed "
         "on this processor (AVX-512 VNNI), or wherever it has run"},
    {"PRESENTE_INT8_RECORD", BASE_CONFIG_TEXT, AT(int8_record), "data/int8.ini",
     .help = "what `presente bench int8` measured"},
    {"PRESENTE_DETECTOR", BASE_CONFIG_CHOICE, AT(detector), "network",
     .choices = "network|haar|hog",
     .help = "what finds the faces: the network, OpenCV's Haar cascade or dlib's histograms of "
             "gradients"},
    {"PRESENTE_HAAR_CASCADE", BASE_CONFIG_TEXT, AT(haar_cascade), FACE_DETECTOR_CASCADE_DEFAULT,
     .help = "the cascade file of the detector haar; Debian's package opencv-data has several"},
    {"PRESENTE_HOG_LANDMARKS", BASE_CONFIG_TEXT, AT(hog_landmarks), "",
     .help = "dlib's file of 68 landmarks for the detector hog (package libdlib-data); "
             "empty: the landmark network"},
    {"PRESENTE_FALSE_MATCH_TARGET", BASE_CONFIG_REAL, AT(false_match_target), "0.001", 0.000001,
     0.1, .help = "share of strangers who may be named; the thresholds follow from it"},
    {"PRESENTE_MATCH_THRESHOLD", BASE_CONFIG_REAL, AT(match_threshold), "0", 0, 1,
     .help = "lowest similarity of a match; 0: by the target and the number of people"},
    {"PRESENTE_REVIEW_THRESHOLD", BASE_CONFIG_REAL, AT(review_threshold), "0", 0, 1,
     .help = "lowest similarity that somebody is asked to look at; 0: by the target"},
    {"PRESENTE_MARGIN", BASE_CONFIG_REAL, AT(margin), "-1", -1, 1,
     .help = "lead a match must have over the runner-up; -1: the calibrated one"},
    {"PRESENTE_LIVENESS", BASE_CONFIG_BOOL, AT(liveness), "on",
     .help = "refuse prints and screens"},
    {"PRESENTE_LIVENESS_THRESHOLD", BASE_CONFIG_REAL, AT(liveness_threshold), "0", 0, 1,
     .help = "lowest probability of a live face; 0: the calibrated one"},

    {"PRESENTE_IMAGES_URL", BASE_CONFIG_TEXT, AT(images_url), "file:data/images",
     .help = "where pictures are kept: file: and a folder; back it up with the database"},
    {"PRESENTE_IMAGES_SEALED", BASE_CONFIG_BOOL, AT(images_sealed), "on",
     .help = "seal new pictures with the key file's key, as the faces are"},
    {"PRESENTE_KEEP_ENROLMENT_PHOTOS", BASE_CONFIG_BOOL, AT(keep_enrolment_photos), "on",
     .help = "keep the photos that people enrol with"},
    {"PRESENTE_KEEP_MARK_FRAMES", BASE_CONFIG_BOOL, AT(keep_mark_frames), "off",
     .help = "keep the picture of the face behind each mark"},
    {"PRESENTE_MARK_FRAME_DAYS", BASE_CONFIG_INTEGER, AT(mark_frame_days), "30", 1, 3650,
     .help = "days after which the pictures behind marks are deleted"},

    {"PRESENTE_WEBHOOKS_PRIVATE", BASE_CONFIG_BOOL, AT(webhooks_private), "off",
     .help = "webhooks may go to addresses of this machine and of private networks"},

    {"PRESENTE_PUBLIC_URL", BASE_CONFIG_TEXT, AT(public_url), "",
     .help = "what people open to get here, such as https://presente.uni.edu: links in mails begin "
             "with it"},
    {"PRESENTE_SMTP_URL", BASE_CONFIG_TEXT, AT(smtp_url), "",
     .help = "the mail server: smtp://HOST:587 or smtps://HOST:465; empty: mail waits"},
    {"PRESENTE_SMTP_USER", BASE_CONFIG_TEXT, AT(smtp_user), "",
     .help = "account at the mail server; empty: without signing in"},
    {"PRESENTE_SMTP_PASSWORD", BASE_CONFIG_TEXT, AT(smtp_password), "", .help = "its password"},
    {"PRESENTE_SMTP_PASSWORD_FILE", BASE_CONFIG_TEXT, AT(smtp_password_file), "",
     .help = "a file that holds the password instead"},
    {"PRESENTE_SMTP_TLS", BASE_CONFIG_CHOICE, AT(smtp_tls), "required",
     .choices = "required|offered|off",
     .help = "encryption of smtp:// by STARTTLS; smtps:// is always encrypted"},
    {"PRESENTE_SMTP_CA", BASE_CONFIG_TEXT, AT(smtp_ca), "",
     .help = "file of the authorities that vouch for the mail server; empty: the system's"},
    {"PRESENTE_SMTP_SECONDS", BASE_CONFIG_INTEGER, AT(smtp_seconds), "60", 1, 100,
     .help = "longest time in seconds that handing over one mail may take"},
    {"PRESENTE_MAIL_FROM", BASE_CONFIG_TEXT, AT(mail_from), "",
     .help = "address that mail comes from"},
    {"PRESENTE_MAIL_RETRY_SECONDS", BASE_CONFIG_INTEGER, AT(mail_retry_seconds), "60", 1, 3600,
     .help = "pause after the first failure to send, in seconds; it doubles each time, up to 360 "
             "times as long"},
    {"PRESENTE_MAIL_LEASE_SECONDS", BASE_CONFIG_INTEGER, AT(mail_lease_seconds), "300", 1, 86400,
     .help = "seconds after which what a node that died was sending is sent by another; at least "
             "twice PRESENTE_SMTP_SECONDS"},

    {"PRESENTE_LIMIT_SIGN_IN_ACCOUNT", BASE_CONFIG_INTEGER, AT(limit_sign_in_account), "10", 0,
     1000000,
     .help = "sign-in attempts an account in 10 minutes from one address, ten times that from all; "
             "0: no limit"},
    {"PRESENTE_LIMIT_SIGN_IN_ADDRESS", BASE_CONFIG_INTEGER, AT(limit_sign_in_address), "120", 0,
     1000000, .help = "sign-in attempts an address a minute; 0: no limit"},
    {"PRESENTE_LIMIT_MARK_ADDRESS", BASE_CONFIG_INTEGER, AT(limit_mark_address), "300", 0, 1000000,
     .help = "face attempts an address a minute; 0: no limit"},
    {"PRESENTE_LIMIT_REGISTER", BASE_CONFIG_INTEGER, AT(limit_register), "60", 0, 1000000,
     .help = "self-registrations an address in 10 minutes; 0: no limit"},
    {"PRESENTE_LIMIT_EXISTS", BASE_CONFIG_INTEGER, AT(limit_exists), "30", 0, 1000000,
     .help = "questions whether an e-mail is registered, an address a minute; 0: no limit"},
    {"PRESENTE_LIMIT_PASSWORD", BASE_CONFIG_INTEGER, AT(limit_password), "10", 0, 1000000,
     .help = "changes of password and PIN an account in 10 minutes; 0: no limit"},
    {"PRESENTE_LIMIT_DEVICE_PAIR", BASE_CONFIG_INTEGER, AT(limit_device_pair), "10", 0, 1000000,
     .help = "codes to pair a kiosk that an address tries in 10 minutes; 0: no limit"},
    {"PRESENTE_LIMIT_PIN_DEVICE", BASE_CONFIG_INTEGER, AT(limit_pin_device), "60", 0, 1000000,
     .help = "PINs that are tried at a kiosk a minute; 0: no limit"},
    {"PRESENTE_LIMIT_PIN_PERSON", BASE_CONFIG_INTEGER, AT(limit_pin_person), "5", 0, 1000000,
     .help = "PINs that are tried for a person in 10 minutes; 0: no limit"},
    {"PRESENTE_LIMIT_SESSION_CODE", BASE_CONFIG_INTEGER, AT(limit_session_code), "10", 0, 1000000,
     .help = "codes of a session that an account tries in 10 minutes; 0: no limit"},
    {"PRESENTE_LIMIT_LISTENERS", BASE_CONFIG_INTEGER, AT(limit_listeners), "8", 0, 1000000,
     .help = "pages of an account, or a kiosk, that hear of sessions at once; 0: no limit"},
};

const struct base_config_table app_settings_table = {
    .prefix = "PRESENTE_",
    .keys = KEYS,
    .keys_n = G_N_ELEMENTS(KEYS),
};

/* Looks for a folder where an installed or freshly built program has it; leaves the setting alone
 * when the default is there, when somebody chose another one, or when there is none. */
static void find_beside_program(char **folder, const char *fallback, const char *const *places)
{
    if (strcmp(*folder, fallback) != 0 || g_file_test(*folder, G_FILE_TEST_IS_DIR))
        return;
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
    if (!program)
        return;
    g_autofree char *beside = g_path_get_dirname(program);
    for (; *places; places++) {
        g_autofree char *candidate = g_build_filename(beside, *places, NULL);
        if (!g_file_test(candidate, G_FILE_TEST_IS_DIR))
            continue;
        g_free(*folder);
        *folder = g_canonicalize_filename(candidate, NULL);
        return;
    }
}

static bool check_admin_email(const char *text, GError **error)
{
    if (!*text)
        return true;
    g_autofree char *email = base_text_email(text, NULL);
    if (email)
        return true;
    g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                "PRESENTE_ADMIN_EMAIL is \"%s\", which is not an e-mail address.", text);
    return false;
}

static bool check_time_zone(const char *name, GError **error)
{
    if (!*name)
        return true;
    g_autoptr(GTimeZone) zone = core_time_zone_load(name, NULL);
    if (zone)
        return true;
    g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                "PRESENTE_TIME_ZONE is \"%s\", which is not a time zone such as %s.", name,
                CORE_TIME_ZONE_DEFAULT);
    return false;
}

static bool invalid(GError **error, const char *message)
{
    g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID, message);
    return false;
}

static bool check_public_url(const char *url, GError **error)
{
    g_autoptr(GUri) uri = *url ? g_uri_parse(url, G_URI_FLAGS_NONE, NULL) : NULL;

    if (!*url)
        return true;
    if (uri && g_uri_get_host(uri) && *g_uri_get_host(uri) && !g_str_has_suffix(url, "/") &&
        !g_uri_get_query(uri) && !g_uri_get_fragment(uri) && !strpbrk(url, " <>\"") &&
        (strcmp(g_uri_get_scheme(uri), "https") == 0 || strcmp(g_uri_get_scheme(uri), "http") == 0))
        return true;
    return invalid(error, "PRESENTE_PUBLIC_URL must be a URL such as https://presente.uni.edu, "
                          "without a slash at the end.");
}

static bool check_mail(const struct app_settings *settings, GError **error)
{
    g_autofree char *from = base_text_email(settings->mail_from, NULL);

    if (!check_public_url(settings->public_url, error))
        return false;
    if (*settings->mail_from && !from)
        return invalid(error, "PRESENTE_MAIL_FROM is no e-mail address.");
    if (!*settings->smtp_url)
        return true;
    if (!service_mail_url_is_valid(settings->smtp_url))
        return invalid(error, "PRESENTE_SMTP_URL must be smtp://HOST:PORT or smtps://HOST:PORT, "
                              "without a password.");
    if (!*settings->mail_from || !*settings->public_url)
        return invalid(error, "PRESENTE_SMTP_URL needs PRESENTE_MAIL_FROM and "
                              "PRESENTE_PUBLIC_URL too.");
    if (*settings->smtp_password && *settings->smtp_password_file)
        return invalid(error, "Set PRESENTE_SMTP_PASSWORD or PRESENTE_SMTP_PASSWORD_FILE, not "
                              "both.");
    return settings->mail_lease_seconds >= 2 * settings->smtp_seconds ||
           invalid(error, "PRESENTE_MAIL_LEASE_SECONDS must be at least twice "
                          "PRESENTE_SMTP_SECONDS.");
}

static bool check(const struct app_settings *settings, GError **error)
{
    if (!check_time_zone(settings->time_zone, error) ||
        !check_admin_email(settings->admin_email, error) || !check_mail(settings, error))
        return false;
    if (settings->match_threshold > 0 && settings->review_threshold > settings->match_threshold) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                            "PRESENTE_REVIEW_THRESHOLD is above PRESENTE_MATCH_THRESHOLD.");
        return false;
    }
    return true;
}

bool app_settings_load(const char *env_file, struct app_settings *settings, GPtrArray *warnings,
                       GError **error)
{
    static const char *const MODEL_PLACES[] = {"../deps/models", "models",
                                               "../share/presente/models", NULL};
    static const char *const WEB_PLACES[] = {"web", "../share/presente/web", NULL};

    *settings = (struct app_settings){0};
    if (!base_config_load(&app_settings_table, env_file ? env_file : ".env", settings, warnings,
                          error))
        return false;
    find_beside_program(&settings->models_dir, MODELS_DIR_DEFAULT, MODEL_PLACES);
    find_beside_program(&settings->web_dir, WEB_DIR_DEFAULT, WEB_PLACES);
    base_module_folder_set(settings->modules_dir);
    if (check(settings, error))
        return true;
    app_settings_clear(settings);
    return false;
}

void app_settings_clear(struct app_settings *settings)
{
    base_config_clear(&app_settings_table, settings);
    *settings = (struct app_settings){0};
}

unsigned app_settings_workers(const struct app_settings *settings)
{
    return settings->workers > 0 ? (unsigned)settings->workers : g_get_num_processors();
}

char **app_settings_list(const char *text)
{
    g_auto(GStrv) pieces = g_strsplit(text, ",", -1);
    g_autoptr(GStrvBuilder) items = g_strv_builder_new();

    for (char **piece = pieces; *piece; piece++)
        if (*g_strstrip(*piece))
            g_strv_builder_add(items, *piece);
    return g_strv_builder_end(items);
}
