#include "db/query/audit.h"

#include "db/query/row.h"

#define FILTER                                                                                     \
    "WHERE (? = 0 OR actor_id = ?) AND (? = 0 OR action = ?) AND (? = 0 OR subject = ?) "          \
    "AND happened_at >= ? AND happened_at < ? "
#define FILTER_VALUES 8

static gpointer read_entry(struct db_rows *rows)
{
    struct core_audit *entry = g_new0(struct core_audit, 1);

    entry->sequence = db_rows_int(rows, 0);
    entry->happened_at = db_rows_time(rows, 1);
    entry->actor_id = db_rows_uuid(rows, 2);
    entry->action = db_rows_dup_text(rows, 3);
    entry->subject = db_rows_dup_text(rows, 4);
    entry->details = db_rows_dup_text(rows, 5);
    return entry;
}

bool db_audit_append(struct db_connection *connection, const struct core_audit *entry,
                     GError **error)
{
    return db_execute(connection, NULL, error,
                      "INSERT INTO audit_log (happened_at, actor_id, action, subject, details) "
                      "VALUES (?, ?, ?, ?, ?)",
                      db_time(entry->happened_at), db_uuid(&entry->actor_id),
                      db_text(entry->action), db_text(entry->subject ? entry->subject : ""),
                      db_text(entry->details));
}

GPtrArray *db_audit_list(struct db_connection *connection, const struct db_audit_filter *filter,
                         const struct db_page *page, gint64 *total, GError **error)
{
    static const struct db_audit_filter ALL = {.action = NULL};

    if (!filter)
        filter = &ALL;
    const struct db_value values[FILTER_VALUES + 2] = {
        db_asked_uuid(&filter->actor_id),
        db_uuid(&filter->actor_id),
        db_asked_text(filter->action),
        db_text(filter->action),
        db_asked_text(filter->subject),
        db_text(filter->subject),
        db_time(filter->from ? filter->from : G_MININT64),
        db_time(filter->before ? filter->before : G_MAXINT64),
        db_int(db_page_limit(page)),
        db_int(db_page_offset(page)),
    };

    g_autoptr(GPtrArray) entries =
        db_rows_collect(db_query_values(connection, error,
                                        "SELECT sequence, happened_at, actor_id, action, "
                                        "subject, details FROM audit_log " FILTER
                                        "ORDER BY sequence DESC LIMIT ? OFFSET ?",
                                        values, G_N_ELEMENTS(values)),
                        read_entry, (GDestroyNotify)core_audit_free, error);
    if (entries && total && !db_page_total(page, entries->len, total) &&
        !db_query_int_values(connection, total, error, "SELECT COUNT(*) FROM audit_log " FILTER,
                             values, FILTER_VALUES))
        return NULL;
    return g_steal_pointer(&entries);
}
