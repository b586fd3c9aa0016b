/*
 * Which of the sessions that take marks at one moment somebody is marked in.
 *
 * One that is running beats one that is about to begin, which beats one that is over and still
 * takes marks: whoever looks at a camera during a lecture is in that lecture, and two scans of it
 * cannot end up in the next one. Among those alike, one in which the person has no mark beats one
 * in which they have; then the one whose start is nearest; then the earlier start; then the first
 * of the list.
 */
#ifndef CORE_SESSION_CHOICE_H
#define CORE_SESSION_CHOICE_H

#include "base/time.h"

#include <stddef.h>

struct core_session_candidate {
    base_time starts_at, ends_at;
    base_time opens_at, closes_at; /* of core_rules_window() */
    bool marked; /* the person has a mark, which the program did not make itself */
};

/* Its index, or `n` when none takes marks at that instant. */
size_t core_session_choose(const struct core_session_candidate *candidates, size_t n,
                           base_time instant);

#endif
