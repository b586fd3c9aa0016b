/* A folder with a fresh key file, for the tests of this folder. */
#ifndef TEST_KEYS_H
#define TEST_KEYS_H

#include "../unit.h"

#include "auth/keyring.h"

#include <glib/gstdio.h>

struct test_keys {
    char *folder;
    char *path;
    struct auth_keys *keys;
    struct auth_keyring *keyring;
};

static inline void test_keys_open(struct test_keys *test)
{
    GError *error = NULL;

    test->folder = g_dir_make_tmp("presente-auth-XXXXXX", NULL);
    test->path = g_build_filename(test->folder, "presente.key", NULL);
    test->keys = auth_keys_load_or_create(test->path, NULL, &error);
    assert_no_error(error);
    test->keyring = auth_keyring_create(test->keys, test->path);
}

static inline void test_keys_close(struct test_keys *test)
{
    auth_keyring_destroy(test->keyring);
    auth_keys_unref(test->keys);
    g_unlink(test->path);
    g_rmdir(test->folder);
    g_free(test->path);
    g_free(test->folder);
}

#endif
