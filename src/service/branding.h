/* The institution's colour on the pages (core/accent.h). */
#ifndef SERVICE_BRANDING_H
#define SERVICE_BRANDING_H

#include "service/service.h"

/* "#rrggbb" as it is stored. NULL with BASE_ERROR_INVALID for another text, and for a colour that
 * cannot be read on the pages: the message names one near it that can. */
char *service_branding_accent(const char *text, GError **error);

/* The accent of dark pages, derived from that of light ones; NULL for NULL. g_free() it. */
char *service_branding_accent_dark(const char *accent);

/* The style sheet that puts the colour in place of the pages' own, in both themes; a comment alone
 * when none is set. g_free() it. */
char *service_branding_css(const char *accent);

#endif
