/* What commands are given: files, folders, people, moments, passwords. */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include "cli/command.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* Reads a regular file of at most `size_max` bytes. Fails with BASE_ERROR_NOT_FOUND,
 * BASE_ERROR_TOO_LARGE or BASE_ERROR_IO; the message names the file. */
GBytes *cli_file_read(const char *path, size_t size_max, GError **error);

/* Writes a file; either all of it is there afterwards or nothing has changed. BASE_ERROR_IO. */
bool cli_file_write(const char *path, const void *data, size_t size, GError **error);

/* Whether the name ends like a picture's: .jpg, .jpeg, .png or .webp, in either case. */
bool cli_picture_has_name(const char *name);

/* The pictures in a folder (paths, by name), in all folders below it too when `deep`. NULL with
 * BASE_ERROR_NOT_FOUND or BASE_ERROR_IO when it cannot be read. Symbolic links to folders are not
 * followed. */
GPtrArray *cli_pictures_in(const char *folder, bool deep, GError **error);

/* The folders in a folder (paths, by name); errors as above. */
GPtrArray *cli_folders_in(const char *folder, GError **error);

/*
 * A moment: RFC 3339, or "YYYY-MM-DD HH:MM[:SS]" (a T will do for the space) on the clock of
 * `zone`. BASE_ERROR_INVALID otherwise, and for a time that the clocks skipped.
 */
bool cli_time_parse(const char *text, GTimeZone *zone, base_time *moment, GError **error);

/*
 * A password: one line of standard input when `from_stdin`, otherwise asked for on the terminal,
 * twice and without echo. Free with g_free after wiping it (cli_password_free). NULL with an error
 * when there is no terminal or the two differ.
 */
char *cli_password_read(bool from_stdin, GError **error);
void cli_password_free(char *password);

/* Asks a question on the terminal; true for y or yes. False without a terminal. */
bool cli_confirm(const char *question);

/* The person with this e-mail or, when there is no "@" in it, with this student number; NULL with
 * an error that names it. */
struct core_user *cli_user_find(struct cli_session *session, const char *email, GError **error);

/* The group of this name; NULL with BASE_ERROR_NOT_FOUND. */
struct core_group *cli_group_find(struct cli_session *session, const char *name, GError **error);

#endif
