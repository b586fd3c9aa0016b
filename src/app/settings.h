/*
 * Everything that can be configured, as one table: PRESENTE_ keys in the environment or in a .env
 * file of the working directory. `presente config` prints the table, .env.example repeats it.
 */
#ifndef APP_SETTINGS_H
#define APP_SETTINGS_H

#include "base/config.h"

#include <glib.h>
#include <stdbool.h>

/* Texts are never NULL; lists are separated by commas. See the table for ranges and defaults. */
struct app_settings {
    /* Where things are. */
    char *database_url;
    char *key_file;
    char *models_dir;
    char *modules_dir;
    char *camera;
    char *web_dir;

    /* The institution: taken over when the database is made. */
    char *institution_name;
    char *email_domain;
    char *time_zone;
    char *admin_email;

    /* The server. */
    char *listen;
    gint64 workers;
    gint64 queue;
    char *trusted_proxies;
    char *cors_origins;
    bool cookie_secure;
    gint64 token_hours;
    bool self_registration;
    char *log_level;

    /* Pictures and faces. */
    gint64 max_image_bytes;
    double max_image_megapixels;
    char *detect_size;
    char *detector;
    char *second_network;
    char *int8;
    char *int8_record;
    char *haar_cascade;
    char *hog_landmarks;
    double false_match_target;
    double match_threshold;
    double review_threshold;
    double margin;
    bool liveness;
    double liveness_threshold;

    /* Pictures that are kept. */
    char *images_url;
    bool images_sealed;
    bool keep_enrolment_photos;
    bool keep_mark_frames;
    gint64 mark_frame_days;
    bool webhooks_private;

    /* Mail. */
    char *public_url;
    char *smtp_url;
    char *smtp_user;
    char *smtp_password;
    char *smtp_password_file;
    char *smtp_tls;
    char *smtp_ca;
    gint64 smtp_seconds;
    char *mail_from;
    gint64 mail_retry_seconds;
    gint64 mail_lease_seconds;

    /* Attempts allowed in a period; 0 switches a limit off. */
    gint64 limit_sign_in_account;
    gint64 limit_sign_in_address;
    gint64 limit_mark_address;
    gint64 limit_register;
    gint64 limit_exists;
    gint64 limit_password;
    gint64 limit_device_pair;
    gint64 limit_pin_device;
    gint64 limit_pin_person;
    gint64 limit_session_code;
    gint64 limit_listeners;
};

extern const struct base_config_table app_settings_table;

/*
 * Reads environment and `env_file` (NULL: ".env"), checks what the table alone cannot, and finds
 * the models and the page beside the program when they are not where the default says. Sentences
 * about unknown keys are appended to `warnings` (char *, may be NULL). Fails with
 * BASE_ERROR_INVALID or BASE_ERROR_IO; `settings` holds no memory then.
 */
bool app_settings_load(const char *env_file, struct app_settings *settings, GPtrArray *warnings,
                       GError **error);

/* Frees the texts; may be called twice. */
void app_settings_clear(struct app_settings *settings);

/* Number of workers: the configured one, or one a processor. */
unsigned app_settings_workers(const struct app_settings *settings);

/* The items of a comma-separated setting, trimmed; free with g_strfreev. */
char **app_settings_list(const char *text);

#endif
