#include "service/import.h"

#include <string.h>

static const char *const thing_names[SERVICE_IMPORT_THING_N] = {
    [SERVICE_IMPORT_PERSON] = "person",     [SERVICE_IMPORT_GROUP] = "group",
    [SERVICE_IMPORT_TERM] = "term",         [SERVICE_IMPORT_SUBJECT] = "subject",
    [SERVICE_IMPORT_COURSE] = "course",     [SERVICE_IMPORT_ENROLMENT] = "enrolment",
    [SERVICE_IMPORT_TEACHING] = "teaching",
};

static const char *const action_names[SERVICE_IMPORT_ACTION_N] = {
    [SERVICE_IMPORT_CREATE] = "create",       [SERVICE_IMPORT_UPDATE] = "update",
    [SERVICE_IMPORT_MOVE] = "move",           [SERVICE_IMPORT_WITHDRAW] = "withdraw",
    [SERVICE_IMPORT_UNCHANGED] = "unchanged", [SERVICE_IMPORT_SKIP] = "skip",
};

const char *service_import_thing_name(enum service_import_thing thing)
{
    return (unsigned)thing < SERVICE_IMPORT_THING_N ? thing_names[thing] : NULL;
}

const char *service_import_action_name(enum service_import_action action)
{
    return (unsigned)action < SERVICE_IMPORT_ACTION_N ? action_names[action] : NULL;
}

static void item_free(gpointer data)
{
    struct service_import_item *item = data;

    g_free(item->name);
    g_free(item->detail);
    g_free(item->file);
    g_free(item);
}

static void error_free(gpointer data)
{
    struct service_import_error *fault = data;

    g_free(fault->file);
    g_free(fault->column);
    g_free(fault->message);
    g_free(fault);
}

void service_import_init(struct service_import *import)
{
    *import = (struct service_import){
        .items = g_ptr_array_new_with_free_func(item_free),
        .errors = g_ptr_array_new_with_free_func(error_free),
        .notes = g_ptr_array_new_with_free_func(g_free),
    };
}

void service_import_clear(struct service_import *import)
{
    g_clear_pointer(&import->items, g_ptr_array_unref);
    g_clear_pointer(&import->errors, g_ptr_array_unref);
    g_clear_pointer(&import->notes, g_ptr_array_unref);
}

void service_import_mark(const struct service_import *import, struct service_import_mark *mark)
{
    memcpy(mark->counts, import->counts, sizeof mark->counts);
    mark->items_len = import->items->len;
    mark->errors_len = import->errors->len;
    mark->errors_n = import->errors_n;
}

void service_import_return(struct service_import *import, const struct service_import_mark *mark)
{
    memcpy(import->counts, mark->counts, sizeof mark->counts);
    g_ptr_array_set_size(import->items, (gint)mark->items_len);
    g_ptr_array_set_size(import->errors, (gint)mark->errors_len);
    import->errors_n = mark->errors_n;
}

void service_import_add(struct service_import *import, enum service_import_thing thing,
                        enum service_import_action action, const char *name, const char *detail,
                        const char *file, gint64 line)
{
    import->counts[thing][action]++;
    if (action == SERVICE_IMPORT_UNCHANGED || import->items->len >= SERVICE_IMPORT_ITEMS_MAX)
        return;
    struct service_import_item *item = g_new(struct service_import_item, 1);
    *item = (struct service_import_item){
        thing, action, g_strdup(name), g_strdup(detail), g_strdup(file), line,
    };
    g_ptr_array_add(import->items, item);
}

bool service_import_refuse(struct service_import *import, const char *file, gint64 line,
                           const char *column, const char *format, ...)
{
    va_list arguments;

    import->errors_n++;
    if (import->errors->len >= SERVICE_IMPORT_ERRORS_MAX)
        return false;
    struct service_import_error *fault = g_new(struct service_import_error, 1);
    va_start(arguments, format);
    *fault = (struct service_import_error){
        g_strdup(file),
        line,
        g_strdup(column),
        g_strdup_vprintf(format, arguments),
    };
    va_end(arguments);
    g_ptr_array_add(import->errors, fault);
    return false;
}

void service_import_note(struct service_import *import, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_ptr_array_add(import->notes, g_strdup_vprintf(format, arguments));
    va_end(arguments);
}

static json_t *counts_json(const struct service_import *import)
{
    json_t *counts = json_object();

    for (unsigned thing = 0; thing < SERVICE_IMPORT_THING_N; thing++) {
        json_t *actions = json_object();
        for (unsigned action = 0; action < SERVICE_IMPORT_ACTION_N; action++)
            if (import->counts[thing][action])
                json_object_set_new(actions, action_names[action],
                                    json_integer(import->counts[thing][action]));
        if (json_object_size(actions))
            json_object_set(counts, thing_names[thing], actions);
        json_decref(actions);
    }
    return counts;
}

static json_t *items_json(const struct service_import *import, guint items_max)
{
    json_t *items = json_array();

    for (guint i = 0; i < import->items->len && i < items_max; i++) {
        const struct service_import_item *item = import->items->pdata[i];
        json_array_append_new(
            items, json_pack("{s:s, s:s, s:s?, s:s?, s:s?, s:I}", "thing", thing_names[item->thing],
                             "action", action_names[item->action], "name", item->name, "detail",
                             item->detail, "file", item->file, "line", (json_int_t)item->line));
    }
    return items;
}

static json_t *errors_json(const struct service_import *import)
{
    json_t *errors = json_array();

    for (guint i = 0; i < import->errors->len; i++) {
        const struct service_import_error *fault = import->errors->pdata[i];
        json_array_append_new(errors, json_pack("{s:s?, s:I, s:s?, s:s}", "file", fault->file,
                                                "line", (json_int_t)fault->line, "column",
                                                fault->column, "message", fault->message));
    }
    return errors;
}

json_t *service_import_json(const struct service_import *import, guint items_max)
{
    gint64 items_total = 0;
    json_t *notes = json_array();

    for (unsigned thing = 0; thing < SERVICE_IMPORT_THING_N; thing++)
        for (unsigned action = 0; action < SERVICE_IMPORT_ACTION_N; action++)
            if (action != SERVICE_IMPORT_UNCHANGED)
                items_total += import->counts[thing][action];
    for (guint i = 0; i < import->notes->len; i++)
        json_array_append_new(notes, json_string(import->notes->pdata[i]));
    return json_pack("{s:b, s:I, s:o, s:o, s:I, s:o, s:I, s:o}", "applied", import->applied,
                     "lines", (json_int_t)import->lines, "counts", counts_json(import), "items",
                     items_json(import, items_max), "items_total", (json_int_t)items_total,
                     "errors", errors_json(import), "errors_total", (json_int_t)import->errors_n,
                     "notes", notes);
}
