#include <string.h>

#include "http/internal.h"

void *http_arena_take(struct http_arena *arena, size_t size)
{
    size_t rounded = (size + 15) & ~(size_t)15;
    if (rounded <= HTTP_ARENA_BLOCK - arena->used) {
        void *taken = arena->block + arena->used;
        arena->used += rounded;
        return taken;
    }
    void *large = g_malloc(size);
    arena->large = g_slist_prepend(arena->large, large);
    return large;
}

char *http_arena_copy(struct http_arena *arena, const char *text, size_t size)
{
    char *copy = http_arena_take(arena, size + 1);
    memcpy(copy, text, size);
    copy[size] = '\0';
    return copy;
}

void http_arena_reset(struct http_arena *arena)
{
    arena->used = 0;
    if (arena->large)
        g_slist_free_full(g_steal_pointer(&arena->large), g_free);
}
