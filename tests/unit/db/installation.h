/* A whole installation with values that are easy to lose on the way, for what moves databases. */
#ifndef INSTALLATION_H
#define INSTALLATION_H

#include "fixture.h"

#include "db/schema.h"

/* Fills a migrated database: `people` with four templates, pictures and marks each on average. */
void installation_fill(struct db *db, guint people);

/* Digests of all tables in one text; g_free() it. */
char *installation_digest(struct db *db);

/* The ids of everybody in the order in which lists show them, hashed; g_free() it. */
char *installation_order_of_names(struct db *db);

/* Sentences of db_check(), joined with line feeds; g_free() it. Empty: sound. */
char *installation_check(struct db *db);

/* A new, empty database of an engine: its URL, to be dropped with installation_drop(). */
char *installation_database(const char *engine, const char *folder, const char *name);
void installation_drop(char *url);

/* Whether the environment names a server of this engine; sqlite needs none. */
bool installation_engine_is_there(const char *engine);

/* g_dir_make_tmp() and its removal with everything in it. */
char *installation_folder(void);
void installation_remove_folder(char *folder);

#endif
