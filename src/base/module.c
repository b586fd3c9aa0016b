#include "base/module.h"

#include "base/error.h"

#include <dlfcn.h>

static char *folder_set;

void base_module_folder_set(const char *folder)
{
    g_free(folder_set);
    folder_set = folder && *folder ? g_strdup(folder) : NULL;
}

/* The candidates in order, NULL at the end. */
static char **folders(void)
{
    const char *named = folder_set ? folder_set : g_getenv("PRESENTE_MODULES_DIR");
    g_autoptr(GStrvBuilder) list = g_strv_builder_new();
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *beside = program ? g_path_get_dirname(program) : NULL;

    if (named && *named) {
        g_strv_builder_add(list, named);
    } else {
        if (beside)
            g_strv_builder_add(list, beside);
        g_strv_builder_add(list, PRESENTE_MODULES_INSTALLED);
    }
    return g_strv_builder_end(list);
}

static char *find(const char *file)
{
    g_auto(GStrv) list = folders();

    for (char **folder = list; *folder; folder++) {
        char *path = g_build_filename(*folder, file, NULL);
        if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
            return path;
        g_free(path);
    }
    return NULL;
}

void *base_module_symbol(const char *name, const char *symbol, const char *purpose,
                         const char *packages, GError **error)
{
    g_autofree char *file = g_strdup_printf("presente-%s.so", name);
    g_autofree char *path = find(file);

    if (!path) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE,
                    "%s needs %s, which was not built here: run ./dev deps %s, then ./dev build.",
                    purpose, file, packages);
        return NULL;
    }
    /* The linker counts uses and gives the same handle every time. */
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    void *address = handle ? dlsym(handle, symbol) : NULL;
    if (!address) {
        const char *reason = dlerror();
        g_set_error(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE,
                    "%s needs a library that could not be loaded (%s): run ./dev deps %s.", purpose,
                    reason ? reason : file, packages);
    }
    if (handle)
        dlclose(handle);
    return address;
}
