/*
 * Wiring: opens what the settings name (database, key file, face models) and hands it to the
 * service. The only folder that sees all the others.
 */
#ifndef APP_APP_H
#define APP_APP_H

#include "app/settings.h"
#include "auth/keyring.h"
#include "blob/blob.h"
#include "db/db.h"
#include "recognise/recognise.h"
#include "service/accounts.h"
#include "service/service.h"

#include <glib.h>
#include <stdbool.h>

enum app_part {
    /* Make what is missing: database, tables, key, institution and first administrator. Without it
     * a missing or outdated database is BASE_ERROR_UNAVAILABLE. */
    APP_PART_CREATE = 1 << 0,
    /* Load the face models and the gallery. */
    APP_PART_FACES = 1 << 1,
    /* With APP_PART_FACES: go on without faces when the models are missing, and say so in the log.
     */
    APP_PART_FACES_OPTIONAL = 1 << 2,
    /* With APP_PART_CREATE: no institution and no administrator, because a whole one is about to be
     * read in. */
    APP_PART_EMPTY = 1 << 3,
};

struct app {
    struct db *db;
    struct auth_keyring *keys;
    struct recogniser *recogniser; /* NULL without faces */
    struct blob_store *images;
    struct service *service;
    struct service_bootstrap_result bootstrap; /* what APP_PART_CREATE made */
};

/*
 * Opens everything; `parts` is made of enum app_part. `settings` must outlive `app`. When it fails
 * nothing is left open, and a database or key that was there has not been changed.
 *
 * A key file that is missing or damaged although the database is in use, or that opens none of the
 * stored faces, is lost: it is never replaced. Then APP_PART_CREATE or APP_PART_FACES alone is
 * BASE_ERROR_UNAVAILABLE or BASE_ERROR_CORRUPT; with APP_PART_FACES_OPTIONAL the log says so and
 * everything but faces works until the file is back, as it does for who asked for neither part.
 */
bool app_open(const struct app_settings *settings, unsigned parts, struct app *app, GError **error);

/* Closes what is open; may be called twice. */
void app_close(struct app *app);

/* The database alone, for maintenance: a statement may take hours. Created when missing only if
 * `create`. */
struct db *app_open_database(const struct app_settings *settings, bool create, GError **error);

/* Whether the database has no tables yet, or nobody in them: then nothing was ever sealed. */
bool app_database_is_new(struct db *database, bool *is_new, GError **error);

/* The models alone, with the settings' limits and thresholds. */
struct recogniser *app_open_recogniser(const struct app_settings *settings, GError **error);

/* Limits of pictures as configured. */
struct face_image_limits app_image_limits(const struct app_settings *settings);

/* The detector that the settings choose; its texts are the settings'. */
struct face_detector_options app_detector_options(const struct app_settings *settings);

#endif
