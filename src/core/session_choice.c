#include "core/session_choice.h"

enum phase {
    PHASE_RUNNING,
    PHASE_BEFORE,
    PHASE_AFTER,
};

static enum phase phase_of(const struct core_session_candidate *candidate, base_time instant)
{
    if (instant < candidate->starts_at)
        return PHASE_BEFORE;
    return instant > candidate->ends_at ? PHASE_AFTER : PHASE_RUNNING;
}

static base_time distance(const struct core_session_candidate *candidate, base_time instant)
{
    return ABS(instant - candidate->starts_at);
}

static bool is_better(const struct core_session_candidate *a,
                      const struct core_session_candidate *b, base_time instant)
{
    if (phase_of(a, instant) != phase_of(b, instant))
        return phase_of(a, instant) < phase_of(b, instant);
    if (a->marked != b->marked)
        return b->marked;
    if (distance(a, instant) != distance(b, instant))
        return distance(a, instant) < distance(b, instant);
    return a->starts_at < b->starts_at;
}

size_t core_session_choose(const struct core_session_candidate *candidates, size_t n,
                           base_time instant)
{
    size_t best = n;

    for (size_t i = 0; i < n; i++) {
        const struct core_session_candidate *candidate = &candidates[i];
        if (instant < candidate->opens_at || instant > candidate->closes_at)
            continue;
        if (best == n || is_better(candidate, &candidates[best], instant))
            best = i;
    }
    return best;
}
