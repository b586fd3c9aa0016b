/* Names and e-mail addresses: what is stored is normalised, so normalising it again changes
 * nothing. */
#include "base/text.h"

#include <stdint.h>

#define NAME_MAX_CHARACTERS 100

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_name(const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *name = base_text_name(text, "name", NAME_MAX_CHARACTERS, &error);
    g_assert_true((name == NULL) == (error != NULL));
    if (name == NULL) {
        return;
    }
    g_assert_true(g_utf8_validate(name, -1, NULL));
    glong length = g_utf8_strlen(name, -1);
    g_assert_true(length >= 1 && length <= NAME_MAX_CHARACTERS);
    g_autofree char *again = base_text_name(name, "name", NAME_MAX_CHARACTERS, NULL);
    g_assert_cmpstr(again, ==, name);
    g_autofree char *key = base_text_key(name);
    g_assert_true(g_utf8_validate(key, -1, NULL));
}

static void check_email(const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *email = base_text_email(text, &error);
    g_assert_true((email == NULL) == (error != NULL));
    if (email == NULL) {
        return;
    }
    g_assert_true(g_str_is_ascii(email));
    g_autofree char *again = base_text_email(email, NULL);
    g_assert_cmpstr(again, ==, email);
    g_assert_true(base_text_email_in_domain(email, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    check_name(text);
    check_email(text);
    return 0;
}
