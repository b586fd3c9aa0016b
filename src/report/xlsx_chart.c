/* The plots of a workbook: a sheet with the numbers of every series, and one with the plots. */
#include "report/xlsx.h"

#include <math.h>

enum {
    CHART_WIDTH = 760, /* pixels */
    CHART_HEIGHT = 380,
    CHART_ROWS = 20, /* rows of the sheet that a plot covers, with room */
    LABEL_WIDTH = 24,
};

struct plots {
    const struct report *report;
    lxw_workbook *workbook;
    lxw_worksheet *data;
    lxw_worksheet *sheet;
    lxw_format *bold, *share;
    lxw_row_t at; /* the next row of the data */
    GString *scratch;
};

static bool write_string(struct plots *plots, lxw_col_t column, const char *text,
                         lxw_format *format, GError **error)
{
    g_autofree char *valid = g_utf8_make_valid(text ? text : "", -1);

    return report_xlsx_check(worksheet_write_string(plots->data, plots->at, column,
                                                    report_xlsx_text(valid, plots->scratch),
                                                    format),
                             error);
}

/* A block of the data: the title, the names, and a row a label. */
static bool write_data(struct plots *plots, const struct report_series *series, GError **error)
{
    if (!write_string(plots, 0, series->title, plots->bold, error))
        return false;
    plots->at++;
    if (!write_string(plots, 0, series->x_title, plots->bold, error))
        return false;
    for (size_t i = 0; i < series->values_n; i++)
        if (!write_string(plots, (lxw_col_t)(i + 1), series->values[i].name, plots->bold, error))
            return false;
    plots->at++;
    for (size_t j = 0; j < series->labels_n; j++, plots->at++) {
        if (!write_string(plots, 0, series->labels[j], NULL, error))
            return false;
        for (size_t i = 0; i < series->values_n; i++) {
            const double value = series->values[i].values[j];
            if (isfinite(value) &&
                !report_xlsx_check(worksheet_write_number(plots->data, plots->at,
                                                          (lxw_col_t)(i + 1), value,
                                                          series->is_share ? plots->share : NULL),
                                   error))
                return false;
        }
    }
    plots->at++;
    return true;
}

static bool is_drawn(const struct report_series *series)
{
    return series->labels_n > 0 && series->values_n > 0;
}

static void add_chart(struct plots *plots, const struct report_series *series, size_t index,
                      lxw_row_t names_row)
{
    const char *data = report_word(plots->report, REPORT_WORD_DATA);
    const lxw_row_t first = names_row + 1;
    const lxw_row_t last = names_row + (lxw_row_t)series->labels_n;
    lxw_chart *chart = workbook_add_chart(
        plots->workbook, series->plot == REPORT_PLOT_BAR ? LXW_CHART_COLUMN : LXW_CHART_LINE);
    lxw_chart_options size = {.x_scale = CHART_WIDTH / 480.0, .y_scale = CHART_HEIGHT / 288.0};

    for (size_t i = 0; i < series->values_n; i++) {
        const lxw_col_t column = (lxw_col_t)(i + 1);
        lxw_chart_series *line = chart_add_series(chart, NULL, NULL);
        chart_series_set_name_range(line, data, names_row, column);
        chart_series_set_categories(line, data, first, 0, last, 0);
        chart_series_set_values(line, data, first, column, last, column);
    }
    chart_title_set_name(chart, series->title ? series->title : "");
    if (series->x_title)
        chart_axis_set_name(chart->x_axis, series->x_title);
    if (series->y_title)
        chart_axis_set_name(chart->y_axis, series->y_title);
    if (series->is_share) {
        chart_axis_set_min(chart->y_axis, 0);
        chart_axis_set_max(chart->y_axis, 1);
        chart_axis_set_num_format(chart->y_axis, "0%");
    }
    if (series->values_n < 2)
        chart_legend_set_position(chart, LXW_CHART_LEGEND_NONE);
    worksheet_insert_chart_opt(plots->sheet, (lxw_row_t)(index * CHART_ROWS + 2), 0, chart, &size);
}

static bool any_is_drawn(const struct report *report)
{
    for (size_t i = 0; i < report->series_n; i++)
        if (is_drawn(&report->series[i]))
            return true;
    return false;
}

/* A sheet without any cell would keep its temporary file open for ever. */
static bool write_heading(struct plots *plots, GError **error)
{
    g_autofree char *valid =
        g_utf8_make_valid(plots->report->title ? plots->report->title : "-", -1);

    return report_xlsx_check(worksheet_write_string(plots->sheet, 0, 0,
                                                    report_xlsx_text(valid, plots->scratch),
                                                    plots->bold),
                             error);
}

bool report_xlsx_charts(lxw_workbook *workbook, const struct report *report, GError **error)
{
    if (!any_is_drawn(report))
        return true;
    struct plots plots = {
        .report = report,
        .workbook = workbook,
        .bold = workbook_add_format(workbook),
        .share = workbook_add_format(workbook),
    };

    plots.sheet = workbook_add_worksheet(workbook, report_word(report, REPORT_WORD_CHARTS));
    plots.data = workbook_add_worksheet(workbook, report_word(report, REPORT_WORD_DATA));
    bool ok = plots.sheet && plots.data;
    size_t drawn = 0;

    if (!ok)
        return report_xlsx_check(LXW_ERROR_CREATING_TMPFILE, error);
    format_set_bold(plots.bold);
    format_set_num_format(plots.share, "0.0%");
    worksheet_set_column(plots.data, 0, 0, LABEL_WIDTH, NULL);
    plots.scratch = g_string_new(NULL);
    ok = write_heading(&plots, error);
    for (size_t i = 0; ok && i < report->series_n; i++) {
        const struct report_series *series = &report->series[i];
        const lxw_row_t names_row = plots.at + 1;
        if (!is_drawn(series))
            continue;
        ok = write_data(&plots, series, error);
        if (ok)
            add_chart(&plots, series, drawn++, names_row);
    }
    g_string_free(plots.scratch, TRUE);
    return ok;
}
