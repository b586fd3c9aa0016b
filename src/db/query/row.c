#include "db/query/row.h"

#include "base/error.h"
#include "db/driver.h"

#include <string.h>

enum core_role db_rows_role(struct db_rows *rows, guint column)
{
    enum core_role role = CORE_ROLE_STUDENT; /* the one that may do least */

    if (!core_role_from_name(db_rows_text(rows, column), &role))
        db_rows_fail(rows, "a role");
    return role;
}

enum core_status db_rows_status(struct db_rows *rows, guint column)
{
    enum core_status status = CORE_STATUS_ABSENT;

    if (!core_status_from_name(db_rows_text(rows, column), &status))
        db_rows_fail(rows, "a status");
    return status;
}

enum core_method db_rows_method(struct db_rows *rows, guint column)
{
    enum core_method method = CORE_METHOD_MANUAL;

    if (!core_method_from_name(db_rows_text(rows, column), &method))
        db_rows_fail(rows, "a method of marking");
    return method;
}

enum core_image_kind db_rows_image_kind(struct db_rows *rows, guint column)
{
    enum core_image_kind kind = CORE_IMAGE_ENROLMENT; /* the one that fewest may see */

    if (!core_image_kind_from_name(db_rows_text(rows, column), &kind))
        db_rows_fail(rows, "a kind of picture");
    return kind;
}

GPtrArray *db_rows_collect(struct db_rows *taken, db_row_reader read, GDestroyNotify destroy,
                           GError **error)
{
    g_autoptr(db_rows) rows = taken;
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(destroy);
    GError *problem = NULL;

    if (!rows)
        return NULL;
    while (db_rows_next(rows, &problem))
        g_ptr_array_add(list, read(rows));
    if (problem) {
        g_propagate_error(error, problem);
        return NULL;
    }
    return g_steal_pointer(&list);
}

gpointer db_rows_single(struct db_rows *rows, db_row_reader read, GDestroyNotify destroy,
                        const char *noun, GError **error)
{
    g_autoptr(GPtrArray) list = db_rows_collect(rows, read, destroy, error);

    if (!list || !db_changed_some(list->len, noun, error))
        return NULL;
    return g_ptr_array_steal_index(list, 0);
}

bool db_changed_some(gint64 changed, const char *noun, GError **error)
{
    if (changed == 0)
        g_set_error(error, BASE_ERROR, BASE_ERROR_NOT_FOUND, "There is no such %s.", noun);
    return changed != 0;
}

char *db_like_pattern(const char *text)
{
    if (!text)
        return NULL;

    GString *pattern = g_string_new("%");
    for (; *text; text++) {
        if (strchr("%_!", *text))
            g_string_append_c(pattern, '!');
        g_string_append_c(pattern, *text);
    }
    g_string_append_c(pattern, '%');
    return g_string_free(pattern, FALSE);
}

gint64 db_page_limit(const struct db_page *page)
{
    if (!page || page->limit <= 0)
        return DB_PAGE_LIMIT_MAX;
    return MIN(page->limit, DB_PAGE_LIMIT_MAX);
}

gint64 db_page_offset(const struct db_page *page)
{
    return page ? MAX(page->offset, 0) : 0;
}

bool db_page_total(const struct db_page *page, guint n, gint64 *total)
{
    if (n >= db_page_limit(page) || (n == 0 && db_page_offset(page) > 0))
        return false;
    *total = db_page_offset(page) + n;
    return true;
}

GPtrArray *db_list_read(struct db_connection *connection, const struct db_list *list,
                        struct db_value *values, gsize n, const struct db_page *page, gint64 *total,
                        GError **error)
{
    values[n] = db_int(db_page_limit(page));
    values[n + 1] = db_int(db_page_offset(page));
    g_autoptr(GPtrArray) entities =
        db_rows_collect(db_query_values(connection, error, list->select, values, n + 2), list->read,
                        list->destroy, error);

    if (entities && total && !db_page_total(page, entities->len, total) &&
        !db_query_int_values(connection, total, error, list->count, values, n))
        return NULL;
    return g_steal_pointer(&entities);
}

struct db_value db_asked_text(const char *text)
{
    return db_int(text && *text);
}

struct db_value db_asked_uuid(const struct base_uuid *uuid)
{
    return db_int(!base_uuid_is_nil(uuid));
}

struct db_value db_asked_enum(int value)
{
    return db_int(value != DB_ANY);
}
