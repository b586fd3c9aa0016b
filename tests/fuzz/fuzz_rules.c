/* Input: the rules of a course. What is accepted must come out as text that reads back the same. */
#include <stdlib.h>
#include <string.h>

#include "core/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = g_strndup((const char *)data, size);
    struct core_rules rules, again;

    if (!core_rules_parse(text, &rules, &error)) {
        if (!error)
            abort();
        return 0;
    }
    g_autoptr(json_t) json = core_rules_json(&rules);
    g_autofree char *written = base_json_format(json);
    if (!core_rules_parse(written, &again, &error))
        abort();
    g_autoptr(json_t) json_again = core_rules_json(&again);
    if (!json_equal(json, json_again))
        abort();
    return 0;
}
