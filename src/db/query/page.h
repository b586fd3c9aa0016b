/* Which part of a list is wanted. */
#ifndef DB_QUERY_PAGE_H
#define DB_QUERY_PAGE_H

#include <glib.h>

#define DB_PAGE_LIMIT_MAX 100000

struct db_page {
    gint64 limit;  /* most rows; 0 or less, or more than DB_PAGE_LIMIT_MAX: DB_PAGE_LIMIT_MAX */
    gint64 offset; /* rows to leave out before; less than 0: 0 */
};

/* Meaning of -1 in a filter of an enum or a truth value. */
#define DB_ANY (-1)

#endif
