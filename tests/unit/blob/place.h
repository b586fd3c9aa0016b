/* A store in a temporary folder. */
#ifndef BLOB_PLACE_H
#define BLOB_PLACE_H

#include "../unit.h"

#include "blob/blob.h"

#include <glib.h>

#define KEY "face/0198a1b2-c3d4-7000-8000-00000000beef"
#define FILE_OF_KEY "face/f/e/0198a1b2-c3d4-7000-8000-00000000beef.blob"

struct place {
    char *base; /* a temporary folder */
    char *root; /* the store's, in it */
    struct blob_store *store;
};

/* cmocka set-up and tear-down; *state is the struct place *. */
int place_setup(void **state);
int place_teardown(void **state);
#define PLACE_TEST(name) cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)

/* The path of a file of the store; g_free() it. */
char *path_in(const struct place *place, const char *name);

void put(struct place *place, const char *key, const char *text);
void assert_content(struct place *place, const char *key, const char *text);

/* Keys of all objects in the order listed, in pages of `limit`, joined by spaces. */
char *listed(struct place *place, const char *prefix, size_t limit);

#endif
