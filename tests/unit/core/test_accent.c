#include "../unit.h"

#include "core/accent.h"

#include <glib.h>
#include <math.h>

static struct core_colour colour(const char *text)
{
    struct core_colour colour;

    assert_true(core_colour_parse(text, &colour));
    return colour;
}

static void assert_readable(struct core_colour text, struct core_colour ground)
{
    if (core_colour_contrast(text, ground) < CORE_CONTRAST_TEXT) {
        char one[CORE_COLOUR_SIZE], other[CORE_COLOUR_SIZE];
        fail_msg("%s on %s: %.2f", core_colour_format(text, one), core_colour_format(ground, other),
                 core_colour_contrast(text, ground));
    }
}

static void colours_are_read_and_written(void **state)
{
    (void)state;
    static const char *const REFUSED[] = {"",        "#fff",    "1f5eff", "#1f5ef", "#1f5eff0",
                                          "#1f5efg", "#1f5e f", "red",    "#-f5eff"};
    char text[CORE_COLOUR_SIZE];
    struct core_colour none;

    assert_string_equal(core_colour_format(colour("#1F5eFF"), text), "#1f5eff");
    assert_string_equal(core_colour_format(colour("#000a0b"), text), "#000a0b");
    for (gsize i = 0; i < G_N_ELEMENTS(REFUSED); i++)
        assert_false(core_colour_parse(REFUSED[i], &none));
    assert_false(core_colour_parse(NULL, &none));
}

/* Values that the guidelines' own texts give, or that follow from their formula by hand. */
static void contrast_is_that_of_the_guidelines(void **state)
{
    (void)state;
    const struct core_colour white = colour("#ffffff"), black = colour("#000000");

    assert_true(fabs(core_colour_contrast(white, black) - 21.0) < 1e-9);
    assert_true(fabs(core_colour_contrast(black, white) - 21.0) < 1e-9);
    assert_true(fabs(core_colour_contrast(white, white) - 1.0) < 1e-9);
    assert_true(fabs(core_colour_luminance(colour("#ff0000")) - 0.2126) < 1e-9);
    assert_true(fabs(core_colour_luminance(colour("#00ff00")) - 0.7152) < 1e-9);
    assert_true(fabs(core_colour_luminance(colour("#0000ff")) - 0.0722) < 1e-9);
    /* The well-known greys on both sides of 4.5:1 on white. */
    assert_true(core_colour_contrast(colour("#767676"), white) >= CORE_CONTRAST_TEXT);
    assert_true(core_colour_contrast(colour("#777777"), white) < CORE_CONTRAST_TEXT);
}

static void pale_colours_are_refused_and_a_darker_one_is_found(void **state)
{
    (void)state;
    static const char *const PALE[] = {"#ffffff", "#ffd400", "#00ff00",
                                       "#7b9fff", "#777777", "#ff6600"};
    struct core_accent shades;

    for (gsize i = 0; i < G_N_ELEMENTS(PALE); i++) {
        const struct core_colour advice = core_accent_readable(colour(PALE[i]));
        assert_false(core_accent_derive(colour(PALE[i]), &shades));
        assert_true(core_accent_contrast(advice) >= CORE_CONTRAST_TEXT);
        assert_true(core_accent_derive(advice, &shades));
    }
    /* What can be read is its own advice. */
    char text[CORE_COLOUR_SIZE];
    assert_string_equal(core_colour_format(core_accent_readable(colour("#1f5eff")), text),
                        "#1f5eff");
}

static void assert_shades(const struct core_accent_shades *shades, const char *paper,
                          const char *ground)
{
    assert_readable(shades->accent, colour(paper));
    assert_readable(shades->accent, colour(ground));
    assert_readable(shades->strong, colour(paper));
    assert_readable(shades->accent, shades->wash);
    assert_readable(shades->ink, shades->accent);
    assert_readable(shades->ink, shades->strong);
}

/* Every colour of a grid over sRGB: taken or refused, and readable wherever it is taken. */
static void every_accepted_colour_can_be_read_in_both_themes(void **state)
{
    (void)state;
    struct core_accent shades;
    guint accepted = 0, refused = 0;

    for (guint i = 0; i < 16 * 16 * 16; i++) {
        const struct core_colour accent = {(guint8)((i >> 8) * 17), (guint8)((i >> 4 & 15) * 17),
                                           (guint8)((i & 15) * 17)};
        if (!core_accent_derive(accent, &shades)) {
            refused++;
            continue;
        }
        accepted++;
        assert_shades(&shades.light, "#ffffff", "#f6f7f9");
        assert_shades(&shades.dark, "#171b23", "#222834");
    }
    assert_true(accepted > 1000);
    assert_true(refused > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(colours_are_read_and_written),
        cmocka_unit_test(contrast_is_that_of_the_guidelines),
        cmocka_unit_test(pale_colours_are_refused_and_a_darker_one_is_found),
        cmocka_unit_test(every_accepted_colour_can_be_read_in_both_themes),
    };
    return cmocka_run_group_tests_name("accent", tests, NULL, NULL);
}
