/*
 * A small university whose numbers are known, in a spring that is over. Days are of 2026.
 *
 *   Algebra, taught by Tere to group 1A, Mondays 08:00–10:00:
 *               02/03   09/03   16/03   23/03   30/03   (06/04 is cancelled)
 *     Ana       P       P       L 08:12 A*      P       3 + 0.5 of 5 = 70 %
 *     Bruno     –       –       P       E       P       2 of 2, in 1A from 16/03
 *     Dora      A       P       –       –       –       1 of 2, in 1A until 15/03
 *   * by Tere, who had written "present" before.
 *
 *   Physics, taught by Beto to group 1B, Tuesdays 10:00–11:00:
 *               10/03   17/03   24/03
 *     Carla     P       L 10:20 A                       1 + 0.5 of 3 = 50 %
 *     Dora      –       P       P                       2 of 2, in 1B from 16/03
 *     Ana       E       P       (none)                  1 of 2, by herself from 10/03
 *
 *   Carla also has a mark of the day 05/03: late, by face, at 09:20. Uma is the tutor of 1B, where
 *   Carla and Dora are now. Paco is in 1B from 01/06 on: no session, nothing to count.
 */
#ifndef SERVICE_UNIVERSITY_H
#define SERVICE_UNIVERSITY_H

#include "fixture.h"

struct university {
    struct base_uuid term, algebra_subject, physics_subject;
    struct base_uuid group_a, group_b;
    struct base_uuid algebra, physics;
    struct base_uuid algebra_sessions[6], physics_sessions[3];
    struct base_uuid ana, bruno, carla, dora, paco;
    struct service_identity tere, beto, uma, ana_self, carla_self;
};

void university_create(struct fixture *fixture, struct university *university);

/* An instant of a day on the wall of Mérida: "2026-03-02", 8 * 3600. */
base_time university_time(const char *day, int second);

#endif
