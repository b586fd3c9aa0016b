#include "app/log.h"

#include "base/time.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    GLogLevelFlags level;
} LEVELS[] = {
    {"error", G_LOG_LEVEL_CRITICAL},
    {"warning", G_LOG_LEVEL_WARNING},
    {"info", G_LOG_LEVEL_INFO},
    {"debug", G_LOG_LEVEL_DEBUG},
};

/* Levels grow as messages matter less. */
static gint lowest = G_LOG_LEVEL_INFO;

static const char *level_name(GLogLevelFlags level)
{
    for (size_t i = 0; i < G_N_ELEMENTS(LEVELS); i++)
        if ((level & G_LOG_LEVEL_MASK) <= LEVELS[i].level)
            return LEVELS[i].name;
    return "debug";
}

static GLogWriterOutput write_line(GLogLevelFlags level, const GLogField *fields, gsize fields_n,
                                   gpointer data)
{
    char when[BASE_TIME_TEXT_SIZE];
    const char *message = "";

    (void)data;
    if ((gint)(level & G_LOG_LEVEL_MASK) > g_atomic_int_get(&lowest))
        return G_LOG_WRITER_HANDLED;
    for (gsize i = 0; i < fields_n; i++)
        if (strcmp(fields[i].key, "MESSAGE") == 0)
            message = fields[i].value;
    /* What a client sent may be in the message: it must not look like a line of its own. */
    g_autofree char *line = g_strdup(message);
    g_strdelimit(line, "\r\n", ' ');
    fprintf(stderr, "%s %s: %s\n", base_time_format(base_time_now(), when), level_name(level),
            line);
    return G_LOG_WRITER_HANDLED;
}

void app_log_start(const char *level)
{
    static bool started;

    for (size_t i = 0; i < G_N_ELEMENTS(LEVELS); i++)
        if (strcmp(LEVELS[i].name, level) == 0)
            g_atomic_int_set(&lowest, (gint)LEVELS[i].level);
    if (!started)
        g_log_set_writer_func(write_line, NULL, NULL);
    started = true;
}
