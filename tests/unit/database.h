/*
 * A fresh database of the engine that this run of the tests is about: the environment's TEST_ENGINE
 * (sqlite when it is not set), on the server that TEST_POSTGRESQL_URL or TEST_MARIADB_URL names
 * (scripts/databases.sh starts them).
 */
#ifndef UNIT_DATABASE_H
#define UNIT_DATABASE_H

#include <stdbool.h>

/* "sqlite", "postgresql" or "mariadb". Static storage. */
const char *unit_database_engine(void);

/* The URL of a new, empty database: a file in `folder`, which must exist, that db_open() will
 * create, or a database of a random name on the server. g_free() it. Ends the program with a
 * sentence when the server cannot be reached. */
char *unit_database_create(const char *folder);

/* Removes what unit_database_create() made, whoever is still connected to it. Files go with their
 * folder, which is the caller's. NULL is allowed. */
void unit_database_drop(const char *url);

/* Ends every session on the database but its own, and waits until they are gone. Servers only. */
void unit_database_cut(const char *url);

/* Whether the engine keeps the database in a file, which is SQLite. */
bool unit_database_is_file(void);

/* For a test that is not for this engine: prints the reason; then call skip(). */
void unit_database_say_skipped(const char *reason);

/* For a main() that is not for this engine: prints, as TAP, that all of it is skipped. Gives the
 * program's exit status. */
int unit_database_skip_program(const char *reason);

#endif
