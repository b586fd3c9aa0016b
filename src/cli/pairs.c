#include "cli/pairs.h"

#include "base/error.h"
#include "cli/input.h"

#include <string.h>

#define LIST_BYTES_MAX (256u << 20)

static void pair_clear(gpointer data)
{
    struct cli_pair *pair = data;
    g_free(pair->a);
    g_free(pair->b);
}

bool cli_pairs_read(const char *path, struct cli_pairs *pairs, GError **error)
{
    g_autoptr(GBytes) content = cli_file_read(path, LIST_BYTES_MAX, error);
    gsize size;

    if (!content)
        return false;
    const char *data = g_bytes_get_data(content, &size);
    g_autofree char *text = g_strndup(data, size);
    return cli_pairs_parse(text, pairs, error);
}

void cli_pairs_finish(struct cli_pairs *pairs)
{
    g_clear_pointer(&pairs->pairs, g_array_unref);
}

static bool parse_line(char **fields, bool has_fold, GHashTable *folds, struct cli_pairs *pairs)
{
    guint first = has_fold ? 1 : 0;

    if (g_strv_length(fields) != first + 3)
        return false;
    bool same = strcmp(fields[first], "1") == 0;
    if (!same && strcmp(fields[first], "0") != 0)
        return false;
    if (!*fields[first + 1] || !*fields[first + 2])
        return false;
    int fold = 0;
    if (has_fold) {
        gpointer known;
        if (!g_hash_table_lookup_extended(folds, fields[0], NULL, &known)) {
            known = GINT_TO_POINTER(pairs->folds++);
            g_hash_table_insert(folds, g_strdup(fields[0]), known);
        }
        fold = GPOINTER_TO_INT(known);
    }
    struct cli_pair pair = {same, fold, g_strdup(fields[first + 1]), g_strdup(fields[first + 2])};
    g_array_append_val(pairs->pairs, pair);
    return true;
}

bool cli_pairs_parse(const char *text, struct cli_pairs *pairs, GError **error)
{
    g_autoptr(GHashTable) folds = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    *pairs = (struct cli_pairs){.pairs = g_array_new(FALSE, FALSE, sizeof(struct cli_pair))};
    g_array_set_clear_func(pairs->pairs, pair_clear);
    const char *header = lines[0] ? g_strchomp(lines[0]) : "";
    bool has_fold = strcmp(header, "fold\tsame\timage_a\timage_b") == 0;
    if (!has_fold && strcmp(header, "same\timage_a\timage_b") != 0) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                            "The first line of the list of pairs must be \"same image_a image_b\" "
                            "or \"fold same image_a image_b\", separated by tabs.");
        cli_pairs_finish(pairs);
        return false;
    }
    for (int i = 1; lines[i]; i++) {
        size_t length = strcspn(lines[i], "\r");
        lines[i][length] = '\0';
        if (length == 0)
            continue;
        g_auto(GStrv) fields = g_strsplit(lines[i], "\t", -1);
        if (!parse_line(fields, has_fold, folds, pairs)) {
            g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                        "Line %d of the list of pairs is not like its header.", i + 1);
            cli_pairs_finish(pairs);
            return false;
        }
    }
    return true;
}
