#include "service/internal.h"

bool service_fail(GError **error, enum base_error code, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    if (error && !*error)
        *error = g_error_new_valist(BASE_ERROR, (int)code, format, arguments);
    va_end(arguments);
    return false;
}
