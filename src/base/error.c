#include "base/error.h"

G_DEFINE_QUARK(base - error, base_error)

static const char *const NAMES[BASE_ERROR_N] = {
    [BASE_ERROR_INTERNAL] = "internal",
    [BASE_ERROR_INVALID] = "invalid",
    [BASE_ERROR_UNAUTHENTICATED] = "unauthenticated",
    [BASE_ERROR_FORBIDDEN] = "forbidden",
    [BASE_ERROR_NOT_FOUND] = "not_found",
    [BASE_ERROR_CONFLICT] = "conflict",
    [BASE_ERROR_TOO_LARGE] = "too_large",
    [BASE_ERROR_UNSUPPORTED] = "unsupported",
    [BASE_ERROR_RATE_LIMITED] = "rate_limited",
    [BASE_ERROR_UNAVAILABLE] = "unavailable",
    [BASE_ERROR_CORRUPT] = "corrupt",
    [BASE_ERROR_IO] = "io",
};

const char *base_error_name(enum base_error code)
{
    if ((unsigned)code >= BASE_ERROR_N)
        return NAMES[BASE_ERROR_INTERNAL];
    return NAMES[code];
}

bool base_fail(GError **error, enum base_error code, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    if (error && !*error)
        *error = g_error_new_valist(BASE_ERROR, (int)code, format, arguments);
    va_end(arguments);
    return false;
}
