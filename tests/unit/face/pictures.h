/* Where the tests find models and photographs. */
#ifndef PICTURES_H
#define PICTURES_H

#include <glib.h>

/* Folder of the models, or NULL with a printed reason; free with g_free. */
static inline char *models_folder(void)
{
    const char *folder = g_getenv("PRESENTE_MODELS_DIR");
    g_autofree char *probe =
        folder != NULL ? g_build_filename(folder, "fr_feature.onnx", NULL) : NULL;
    if (probe == NULL || !g_file_test(probe, G_FILE_TEST_EXISTS)) {
        g_print("# skipped: the face models are not unpacked\n");
        return NULL;
    }
    return g_strdup(folder);
}

/* The bytes of sample group photograph `number`, or NULL with a printed reason. */
static inline GBytes *sample_photo(int number)
{
    const char *root = g_getenv("PRESENTE_SOURCE_DIR");
    g_autofree char *name = g_strdup_printf("sample%d.jpg", number);
    g_autofree char *path =
        g_build_filename(root != NULL ? root : ".", "deps", "samples", name, NULL);
    char *data = NULL;
    gsize size = 0;
    if (!g_file_get_contents(path, &data, &size, NULL)) {
        g_print("# skipped: the sample photographs are not fetched\n");
        return NULL;
    }
    return g_bytes_new_take(data, size);
}

#endif
