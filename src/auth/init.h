/* Private to this folder: libsodium must be initialised before its first use, once, from any
 * thread. Every entry point that needs it calls this. */
#ifndef AUTH_INIT_H
#define AUTH_INIT_H

#include "base/error.h"

#include <glib.h>
#include <sodium.h>
#include <stdbool.h>

static inline bool auth_init(GError **error)
{
    if (sodium_init() >= 0)
        return true;
    g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INTERNAL,
                        "The cryptographic library could not be initialised.");
    return false;
}

#endif
