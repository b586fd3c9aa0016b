#include "core/accent.h"

#include <math.h>
#include <string.h>

/* The grounds of the pages where contrast is lowest: the tokens --wash of light and --hover of dark
 * pages, with --paper of each for mixing. */
static const struct core_colour WHITE = {0xff, 0xff, 0xff};
static const struct core_colour BLACK = {0, 0, 0};
static const struct core_colour LIGHT_GROUND = {0xf6, 0xf7, 0xf9};
static const struct core_colour DARK_GROUND = {0x22, 0x28, 0x34};
static const struct core_colour DARK_PAPER = {0x17, 0x1b, 0x23};
static const struct core_colour DARK_INK = {0x0b, 0x10, 0x20};

#define STEPS 100 /* in which a shade is looked for */
#define STRONG 0.2
#define WASH_LIGHT 8 /* hundredths of the accent, at most */
#define WASH_DARK 20

bool core_colour_parse(const char *text, struct core_colour *colour)
{
    guint8 values[3];

    if (!text || strlen(text) != CORE_COLOUR_SIZE - 1 || *text != '#')
        return false;
    for (int i = 0; i < 3; i++) {
        const int high = g_ascii_xdigit_value(text[1 + 2 * i]);
        const int low = g_ascii_xdigit_value(text[2 + 2 * i]);
        if (high < 0 || low < 0)
            return false;
        values[i] = (guint8)(high * 16 + low);
    }
    *colour = (struct core_colour){values[0], values[1], values[2]};
    return true;
}

char *core_colour_format(struct core_colour colour, char text[static CORE_COLOUR_SIZE])
{
    g_snprintf(text, CORE_COLOUR_SIZE, "#%02x%02x%02x", colour.red, colour.green, colour.blue);
    return text;
}

/* Of one channel, as light: the inverse of sRGB's transfer function with the guidelines' constants.
 */
static double linear(guint8 channel)
{
    const double value = channel / 255.0;

    return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4);
}

double core_colour_luminance(struct core_colour colour)
{
    return 0.2126 * linear(colour.red) + 0.7152 * linear(colour.green) +
           0.0722 * linear(colour.blue);
}

double core_colour_contrast(struct core_colour one, struct core_colour other)
{
    const double a = core_colour_luminance(one), b = core_colour_luminance(other);

    return (fmax(a, b) + 0.05) / (fmin(a, b) + 0.05);
}

static guint8 mix_channel(guint8 from, guint8 to, double share)
{
    return (guint8)lround(from + (to - from) * share);
}

/* `share` of the way from one to the other. */
static struct core_colour mix(struct core_colour from, struct core_colour to, double share)
{
    return (struct core_colour){mix_channel(from.red, to.red, share),
                                mix_channel(from.green, to.green, share),
                                mix_channel(from.blue, to.blue, share)};
}

/* The first shade on the way to `end` that can be read on the ground. */
static struct core_colour towards(struct core_colour colour, struct core_colour end,
                                  struct core_colour ground)
{
    struct core_colour shade = colour;

    for (int i = 1; i <= STEPS && core_colour_contrast(shade, ground) < CORE_CONTRAST_TEXT; i++)
        shade = mix(colour, end, (double)i / STEPS);
    return shade;
}

/* The strongest touch of the accent on paper, up to `most` hundredths, on which it can be read. */
static struct core_colour wash(struct core_colour accent, struct core_colour paper, int most)
{
    struct core_colour ground = paper;

    for (int i = most; i >= 0; i--) {
        ground = mix(paper, accent, i / 100.0);
        if (core_colour_contrast(accent, ground) >= CORE_CONTRAST_TEXT)
            break;
    }
    return ground;
}

double core_accent_contrast(struct core_colour accent)
{
    return core_colour_contrast(accent, LIGHT_GROUND);
}

struct core_colour core_accent_readable(struct core_colour accent)
{
    return towards(accent, BLACK, LIGHT_GROUND);
}

bool core_accent_derive(struct core_colour accent, struct core_accent *shades)
{
    if (core_accent_contrast(accent) < CORE_CONTRAST_TEXT)
        return false;
    const struct core_colour dark = towards(accent, WHITE, DARK_GROUND);
    *shades = (struct core_accent){
        .light = {accent, mix(accent, BLACK, STRONG), wash(accent, WHITE, WASH_LIGHT), WHITE},
        .dark = {dark, mix(dark, WHITE, STRONG), wash(dark, DARK_PAPER, WASH_DARK), DARK_INK},
    };
    return true;
}
