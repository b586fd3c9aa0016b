#include "service/demo_internal.h"

/* SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014). */
static guint64 next(guint64 *state)
{
    guint64 z = *state += 0x9e3779b97f4a7c15U;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

struct demo_dice service_demo_dice(const struct demo *demo, enum demo_topic topic, guint64 a,
                                   guint64 b)
{
    const guint64 parts[] = {topic, a, b};
    guint64 state = demo->options->seed;

    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++)
        state = next(&state) ^ parts[i];
    return (struct demo_dice){next(&state)};
}

guint service_demo_roll(struct demo_dice *dice, guint n)
{
    return (guint)(next(&dice->state) % n);
}

double service_demo_chance(struct demo_dice *dice)
{
    return (double)(next(&dice->state) >> 11) / 9007199254740992.0; /* 2^53 */
}
