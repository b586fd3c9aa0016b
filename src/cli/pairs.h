/* Lists of pairs of pictures, the input of `bench verify`. */
#ifndef CLI_PAIRS_H
#define CLI_PAIRS_H

#include <glib.h>
#include <stdbool.h>

struct cli_pair {
    bool same;
    int fold; /* 0 … folds − 1; 0 without a fold column */
    char *a, *b;
};

struct cli_pairs {
    GArray *pairs; /* struct cli_pair, which frees what it holds */
    int folds;     /* different values of the fold column; 0: there is none */
};

/*
 * Reads tab-separated text: a header "same image_a image_b", or "fold same image_a image_b", then a
 * pair a line; `same` is 1 or 0, a fold any text. Empty lines are passed over. Fails with
 * BASE_ERROR_INVALID and the line's number. Free with cli_pairs_finish.
 */
bool cli_pairs_parse(const char *text, struct cli_pairs *pairs, GError **error);

/* Reads a file of them; fails as cli_file_read() does too. */
bool cli_pairs_read(const char *path, struct cli_pairs *pairs, GError **error);
void cli_pairs_finish(struct cli_pairs *pairs);

#endif
