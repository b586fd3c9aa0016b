/* The URL of a database server: read into its parts or refused, and never shown with its password.
 */
#include "db/db.h"
#include "db/url.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autofree char *whole = g_strconcat("postgresql:", text, NULL);
    g_autofree char *shown = db_url_display(whole);
    g_autoptr(GError) error = NULL;
    struct db_url url;

    g_assert_nonnull(shown);
    bool parsed = db_url_parse(text, &url, &error);
    g_assert_true(parsed == (error == NULL));
    if (parsed) {
        g_assert_nonnull(url.database);
        g_assert_true(url.port <= G_MAXUINT16);
        g_assert_true(url.tls != DB_TLS_VERIFY || url.ca);
        db_url_clear(&url);
    } else {
        g_assert_null(url.database);
        g_assert_null(url.password);
    }
    return 0;
}
