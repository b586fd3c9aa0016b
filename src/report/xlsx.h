/* Private to this folder: what the two files of the XLSX writer share. */
#ifndef REPORT_XLSX_H
#define REPORT_XLSX_H

#include "report/internal.h"

#include <xlsxwriter.h>

/* Turns what the library says into an error; true for LXW_NO_ERROR. */
bool report_xlsx_check(lxw_error code, GError **error);

/* A text without what XML cannot hold; the text itself when there is nothing of that. */
const char *report_xlsx_text(const char *text, GString *scratch);

/* Makes the sheets of the series: one with the plots, one with their numbers; none when there is
 * nothing to plot. */
bool report_xlsx_charts(lxw_workbook *workbook, const struct report *report, GError **error);

#endif
