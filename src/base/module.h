/*
 * Parts of the program that are loaded only when they are used, because what they stand on is large
 * or not everywhere: presente-NAME.so beside the program, or where it was installed.
 */
#ifndef BASE_MODULE_H
#define BASE_MODULE_H

#include <glib.h>

/* The only folder that is looked into from now on; "" or NULL: the one that the variable
 * PRESENTE_MODULES_DIR names, and without it those above. Before other threads begin. */
void base_module_folder_set(const char *folder);

/*
 * The address of `symbol` in the module `name`, loaded on the first call and never unloaded. From
 * any thread. Fails with BASE_ERROR_UNAVAILABLE, and then a later call looks again: `purpose`
 * ("Reading videos") begins the message, which says to run ./dev deps `packages` when there is no
 * such module, or what the dynamic linker missed.
 */
void *base_module_symbol(const char *name, const char *symbol, const char *purpose,
                         const char *packages, GError **error);

#endif
