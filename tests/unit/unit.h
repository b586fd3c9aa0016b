/* What every unit test includes first: cmocka, and the few headers it asks for beforehand. */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"

/* Asserts that `error` is ours with this code, shows its message otherwise, and clears it. */
#define assert_base_error(error, expected)                                                         \
    do {                                                                                           \
        assert_non_null(error);                                                                    \
        if (!g_error_matches((error), BASE_ERROR, (int)(expected)))                                \
            fail_msg("unexpected error: %s", (error)->message);                                    \
        g_clear_error(&(error));                                                                   \
    } while (0)

#define assert_no_error(error)                                                                     \
    do {                                                                                           \
        if (error)                                                                                 \
            fail_msg("unexpected error: %s", (error)->message);                                    \
    } while (0)

#endif
