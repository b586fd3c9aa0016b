/* Many windows around a face pass the cascade; few pass by chance in the same place. */
#include "face/haar.h"

#include <math.h>

/* Sides of two hits on one face differ by less than this share of their size. */
#define LIKENESS 0.2
/* This many members more than needed give a score of a half. */
#define MEMBERS_HALF 8.0F

struct group {
    gint64 x, y, width, height; /* sums, then means */
    int members;
};

static bool alike(const struct face_cascade_hit *a, const struct face_cascade_hit *b)
{
    double apart = LIKENESS * (MIN(a->width, b->width) + MIN(a->height, b->height)) / 2;
    return abs(a->x - b->x) <= apart && abs(a->y - b->y) <= apart &&
           abs(a->x + a->width - b->x - b->width) <= apart &&
           abs(a->y + a->height - b->y - b->height) <= apart;
}

static guint root_of(guint *parents, guint i)
{
    while (parents[i] != i) {
        parents[i] = parents[parents[i]];
        i = parents[i];
    }
    return i;
}

static gint compare_x(gconstpointer a, gconstpointer b)
{
    const struct face_cascade_hit *left = a;
    const struct face_cascade_hit *right = b;
    return (left->x > right->x) - (left->x < right->x);
}

/* Alike is not transitive, belonging together is. Sorted from left to right, so that what lies far
 * to the right need not be compared. */
static void join(const GArray *hits, guint *parents)
{
    const struct face_cascade_hit *hit = (const void *)hits->data;
    for (guint i = 0; i < hits->len; i++) {
        parents[i] = i;
    }
    for (guint i = 0; i < hits->len; i++) {
        double reach = LIKENESS * (hit[i].width + hit[i].height) / 2;
        for (guint j = i + 1; j < hits->len && hit[j].x - hit[i].x <= reach; j++) {
            guint a = root_of(parents, i);
            guint b = root_of(parents, j);
            if (a != b && alike(&hit[i], &hit[j])) {
                parents[MAX(a, b)] = MIN(a, b);
            }
        }
    }
}

static gint64 mean(gint64 sum, int n)
{
    return (gint64)llrint((double)sum / n);
}

static struct group *sum_groups(const GArray *hits, guint *parents)
{
    struct group *groups = g_new0(struct group, hits->len);
    for (guint i = 0; i < hits->len; i++) {
        const struct face_cascade_hit *hit = &g_array_index(hits, struct face_cascade_hit, i);
        struct group *group = &groups[root_of(parents, i)];
        group->x += hit->x;
        group->y += hit->y;
        group->width += hit->width;
        group->height += hit->height;
        group->members++;
    }
    for (guint i = 0; i < hits->len; i++) {
        struct group *group = &groups[i];
        if (group->members > 0) {
            group->x = mean(group->x, group->members);
            group->y = mean(group->y, group->members);
            group->width = mean(group->width, group->members);
            group->height = mean(group->height, group->members);
        }
    }
    return groups;
}

static bool lies_in(const struct group *a, const struct group *b)
{
    gint64 x = llrint((double)b->width * LIKENESS);
    gint64 y = llrint((double)b->height * LIKENESS);
    return a->x >= b->x - x && a->y >= b->y - y && a->x + a->width <= b->x + b->width + x &&
           a->y + a->height <= b->y + b->height + y;
}

/* A weaker group within a stronger one is a part of the same face. */
static bool is_part(const struct group *groups, guint n, guint which, int neighbours_min)
{
    for (guint i = 0; i < n; i++) {
        const struct group *other = &groups[i];
        if (i != which && other->members > neighbours_min && lies_in(&groups[which], other) &&
            (other->members > MAX(3, groups[which].members) || groups[which].members < 3)) {
            return true;
        }
    }
    return false;
}

static gint compare_scores(gconstpointer a, gconstpointer b)
{
    float left = ((const struct face_box *)a)->score;
    float right = ((const struct face_box *)b)->score;
    return (left < right) - (left > right);
}

void face_cascade_group(GArray *hits, int neighbours_min, GArray *boxes)
{
    g_array_sort(hits, compare_x);
    g_autofree guint *parents = g_new(guint, hits->len);
    join(hits, parents);
    g_autofree struct group *groups = sum_groups(hits, parents);
    guint strong = 0;
    for (guint i = 0; i < hits->len; i++) {
        if (groups[i].members > neighbours_min) {
            groups[strong++] = groups[i];
        }
    }
    for (guint i = 0; i < strong; i++) {
        if (is_part(groups, strong, i, neighbours_min)) {
            continue;
        }
        float more = (float)(groups[i].members - neighbours_min);
        struct face_box box = {(float)groups[i].x, (float)groups[i].y, (float)groups[i].width,
                               (float)groups[i].height, more / (more + MEMBERS_HALF)};
        g_array_append_val(boxes, box);
    }
    g_array_sort(boxes, compare_scores);
}
