#include "service/branding.h"

#include "core/accent.h"
#include "service/internal.h"

#include <math.h>

char *service_branding_accent(const char *text, GError **error)
{
    struct core_colour accent;
    char written[CORE_COLOUR_SIZE], advice[CORE_COLOUR_SIZE];

    if (!core_colour_parse(text, &accent)) {
        base_fail(error, BASE_ERROR_INVALID, "accent must be a colour such as #1f5eff.");
        return NULL;
    }
    const double contrast = core_accent_contrast(accent);
    if (contrast < CORE_CONTRAST_TEXT) {
        base_fail(error, BASE_ERROR_INVALID,
                  "accent is too pale to be read on the pages: its contrast is %.1f:1, and %.1f:1 "
                  "is needed. %s is near it and can be read.",
                  floor(contrast * 10) / 10, CORE_CONTRAST_TEXT,
                  core_colour_format(core_accent_readable(accent), advice));
        return NULL;
    }
    return g_strdup(core_colour_format(accent, written));
}

/* What is stored was checked; of what somebody wrote there by hand nothing is derived. */
static bool derive(const char *text, struct core_accent *shades)
{
    struct core_colour accent;

    return core_colour_parse(text, &accent) && core_accent_derive(accent, shades);
}

char *service_branding_accent_dark(const char *accent)
{
    struct core_accent shades;
    char text[CORE_COLOUR_SIZE];

    return derive(accent, &shades) ? g_strdup(core_colour_format(shades.dark.accent, text)) : NULL;
}

static void append_rule(GString *css, const char *selector, const struct core_accent_shades *shades)
{
    char accent[CORE_COLOUR_SIZE], strong[CORE_COLOUR_SIZE];
    char wash[CORE_COLOUR_SIZE], ink[CORE_COLOUR_SIZE];

    g_string_append_printf(css,
                           "%s {\n    --accent: %s;\n    --accent-2: %s;\n    --accent-wash: %s;\n"
                           "    --accent-ink: %s;\n}\n",
                           selector, core_colour_format(shades->accent, accent),
                           core_colour_format(shades->strong, strong),
                           core_colour_format(shades->wash, wash),
                           core_colour_format(shades->ink, ink));
}

char *service_branding_css(const char *accent)
{
    GString *css = g_string_new("/* The institution's colour. */\n");
    struct core_accent shades;

    if (derive(accent, &shades)) {
        append_rule(css, ":root", &shades.light);
        append_rule(css, ":root[data-theme='dark']", &shades.dark);
    }
    return g_string_free(css, FALSE);
}
