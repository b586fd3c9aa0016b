/* A service that keeps pictures in a folder of the fixture's. */
#ifndef SERVICE_STORE_H
#define SERVICE_STORE_H

#include "fixture.h"

#include "blob/blob.h"
#include "service/images.h"

struct store {
    struct fixture *fixture;
    char *root;
    struct blob_store *blobs;
    struct service *service;
};

/* cmocka set-up and tear-down; *state is the struct store *. Sealed, enrolment photos and frames
 * kept. */
int store_setup(void **state);
int store_teardown(void **state);

/* The same database and store with other choices in `options`. The service before ends, and with it
 * what it did in the background. */
void store_reopen(struct store *store, const struct service_images_options *options);
extern const struct service_images_options STORE_OPTIONS;

/* Paths of the files of all objects. */
GPtrArray *store_files(const struct store *store);
guint store_files_n(const struct store *store);

/* Puts the store out of reach, and back: a file lies where its folder should. */
void store_break(struct store *store);
void store_mend(struct store *store);

/* Lets a file look older. */
void store_age(const char *path, gint64 seconds);

struct base_uuid store_student(struct store *store, const char *name);

/* Enrols takes 0 to 2 of a sample; the photos must be accepted. */
void store_enrol(struct store *store, const struct base_uuid *user_id, unsigned who);

/* Sets take 0 of a sample as the profile picture. */
void store_profile(struct store *store, const struct base_uuid *user_id, unsigned who);

/* Marks by face. */
struct service_mark store_mark(struct store *store, unsigned who);

bool store_is_jpeg(const void *data, gsize size);

#endif
