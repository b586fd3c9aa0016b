/*
 * The institution's colour: whether it can be read, and the shades that pages make of it. Contrast
 * is that of the Web Content Accessibility Guidelines 2.2: relative luminance of sRGB, success
 * criterion 1.4.3. Pure functions.
 */
#ifndef CORE_ACCENT_H
#define CORE_ACCENT_H

#include <glib.h>
#include <stdbool.h>

#define CORE_CONTRAST_TEXT 4.5 /* of text of the usual size */

enum { CORE_COLOUR_SIZE = 8 }; /* "#rrggbb" and its terminator */

struct core_colour {
    guint8 red, green, blue; /* sRGB */
};

/* "#1f5eff", in either case. False for anything else. */
bool core_colour_parse(const char *text, struct core_colour *colour);

/* Lower case; returns `text`. */
char *core_colour_format(struct core_colour colour, char text[static CORE_COLOUR_SIZE]);

/* Relative luminance: 0 black … 1 white. */
double core_colour_luminance(struct core_colour colour);

/* 1 … 21, whichever of the two is the lighter one. */
double core_colour_contrast(struct core_colour one, struct core_colour other);

/* What a theme needs of the accent. Text in `accent` keeps CORE_CONTRAST_TEXT on the theme's
 * grounds and on `wash`, and so does `ink` on `accent` and `strong`. */
struct core_accent_shades {
    struct core_colour accent; /* buttons, links */
    struct core_colour strong; /* under the pointer */
    struct core_colour wash;   /* a ground with a touch of it */
    struct core_colour ink;    /* text on it */
};

struct core_accent {
    struct core_accent_shades light, dark;
};

/* The contrast of an accent on the ground of light pages where it is lowest. */
double core_accent_contrast(struct core_colour accent);

/* The nearest darker shade of the same hue that can be read; the accent itself when it can be. */
struct core_colour core_accent_readable(struct core_colour accent);

/* The shades of both themes. False when the accent cannot be read on light pages. */
bool core_accent_derive(struct core_colour accent, struct core_accent *shades);

#endif
