#include "place.h"

#include "../folder.h"

#include <string.h>

int place_setup(void **state)
{
    struct place *place = g_new0(struct place, 1);

    place->base = g_dir_make_tmp("presente-blob-XXXXXX", NULL);
    place->root = g_build_filename(place->base, "deep", "store", NULL);
    g_autofree char *url = g_strconcat("file:", place->root, NULL);
    place->store = blob_open(url, NULL);
    *state = place;
    return place->store ? 0 : -1;
}

int place_teardown(void **state)
{
    struct place *place = *state;

    blob_close(place->store);
    unit_folder_remove(place->base);
    g_free(place->base);
    g_free(place->root);
    g_free(place);
    return 0;
}

char *path_in(const struct place *place, const char *name)
{
    return g_build_filename(place->root, name, NULL);
}

void put(struct place *place, const char *key, const char *text)
{
    GError *error = NULL;

    if (!blob_put(place->store, key, text, strlen(text), &error))
        fail_msg("%s: %s", key, error->message);
}

void assert_content(struct place *place, const char *key, const char *text)
{
    GError *error = NULL;
    gsize size;
    g_autoptr(GBytes) bytes = blob_get(place->store, key, NULL, NULL, &error);

    assert_no_error(error);
    const void *data = g_bytes_get_data(bytes, &size);
    assert_int_equal(size, strlen(text));
    assert_memory_equal(data, text, size);
}

char *listed(struct place *place, const char *prefix, size_t limit)
{
    GString *keys = g_string_new(NULL);
    g_autofree char *cursor = NULL;
    struct blob_page page = {0};
    GError *error = NULL;

    do {
        if (!blob_list(place->store, prefix, cursor, limit, &page, &error))
            fail_msg("%s", error->message);
        assert_true(page.entries->len <= limit);
        for (guint i = 0; i < page.entries->len; i++)
            g_string_append_printf(keys, "%s%s", keys->len ? " " : "",
                                   g_array_index(page.entries, struct blob_entry, i).key);
        g_free(cursor);
        cursor = g_steal_pointer(&page.cursor);
    } while (cursor);
    blob_page_clear(&page);
    return g_string_free(keys, FALSE);
}
