/*
 * Configuration from the environment and a .env file, described by one table.
 *
 * The environment wins over the file, the file over the default. A key of the program's prefix that
 * the table does not know is reported, with the key it resembles, because a misspelt setting that
 * is silently ignored is the hardest to find.
 */
#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

enum base_config_kind {
    BASE_CONFIG_TEXT,    /* char *, owned by the configuration; never NULL */
    BASE_CONFIG_INTEGER, /* gint64 within min and max */
    BASE_CONFIG_REAL,    /* double within min and max */
    BASE_CONFIG_BOOL,    /* bool: on, off, true, false, yes, no, 1, 0 */
    BASE_CONFIG_CHOICE,  /* char *, one of `choices` */
};

struct base_config_key {
    const char *name; /* with the prefix: PRESENTE_LISTEN */
    enum base_config_kind kind;
    size_t offset;        /* of the value in the caller's struct */
    const char *fallback; /* the default, as text */
    double min, max;      /* numbers only; no range when min >= max */
    const char *choices;  /* choices only: separated by '|' */
    const char *help;     /* one line */
};

struct base_config_table {
    const char *prefix; /* "PRESENTE_" */
    const struct base_config_key *keys;
    size_t keys_n;
};

/*
 * Fills `settings`, a zeroed struct that the table's offsets point into. `file` names the .env
 * file; a missing one is fine, NULL means none. `warnings`, if not NULL, receives a sentence (char
 * *, g_free) for every unknown key. Fails with BASE_ERROR_INVALID, naming key, value and what is
 * expected, or BASE_ERROR_IO when the file cannot be read; `settings` holds no memory then.
 */
bool base_config_load(const struct base_config_table *table, const char *file, void *settings,
                      GPtrArray *warnings, GError **error);

/* Frees the texts of a struct that base_config_load() filled. */
void base_config_clear(const struct base_config_table *table, void *settings);

/*
 * Parses the text of a .env file into `values` (char * → char *, both g_free): lines KEY=VALUE,
 * an optional leading "export", # comments, single or double quotes (\n, \", \\ and \$ inside
 * double quotes). Fails with BASE_ERROR_INVALID and the line number.
 */
bool base_config_parse_env(const char *text, GHashTable *values, GError **error);

#endif
