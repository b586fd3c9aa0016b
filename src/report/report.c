#include "report/report.h"

#include "report/internal.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

typedef bool (*writer)(const struct report *report, const struct report_options *options,
                       report_sink sink, gpointer sink_data, GError **error);

static const struct {
    const char *name;
    const char *type;
    writer write;
} FORMATS[REPORT_FORMAT_N] = {
    [REPORT_FORMAT_JSON] = {"json", "application/json", report_write_json},
    [REPORT_FORMAT_CSV] = {"csv", "text/csv; charset=utf-8", report_write_csv},
    [REPORT_FORMAT_XLSX] = {"xlsx",
                            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                            report_write_xlsx},
    [REPORT_FORMAT_PDF] = {"pdf", "application/pdf", report_write_pdf},
};

static const char *const PAPERS[REPORT_PAPER_N] = {"a4", "letter"};

const char *report_format_name(enum report_format format)
{
    return (unsigned)format < REPORT_FORMAT_N ? FORMATS[format].name : NULL;
}

bool report_format_from_name(const char *name, enum report_format *format)
{
    for (unsigned i = 0; name && i < REPORT_FORMAT_N; i++) {
        if (strcmp(name, FORMATS[i].name) == 0) {
            *format = (enum report_format)i;
            return true;
        }
    }
    return false;
}

const char *report_format_type(enum report_format format)
{
    return (unsigned)format < REPORT_FORMAT_N ? FORMATS[format].type : NULL;
}

const char *report_paper_name(enum report_paper paper)
{
    return (unsigned)paper < REPORT_PAPER_N ? PAPERS[paper] : NULL;
}

bool report_paper_from_name(const char *name, enum report_paper *paper)
{
    for (unsigned i = 0; name && i < REPORT_PAPER_N; i++) {
        if (strcmp(name, PAPERS[i]) == 0) {
            *paper = (enum report_paper)i;
            return true;
        }
    }
    return false;
}

bool report_write(enum report_format format, const struct report *report,
                  const struct report_options *options, report_sink sink, gpointer sink_data,
                  GError **error)
{
    if ((unsigned)format >= REPORT_FORMAT_N)
        return base_fail(error, BASE_ERROR_UNSUPPORTED, "There is no such format of a report.");
    return FORMATS[format].write(report, options, sink, sink_data, error);
}

/* ---- cells ---- */

struct report_cell report_text(const char *text)
{
    return (struct report_cell){.kind = text ? REPORT_KIND_TEXT : REPORT_KIND_NONE, .text = text};
}

struct report_cell report_integer(gint64 value)
{
    return (struct report_cell){.kind = REPORT_KIND_INTEGER, .integer = value};
}

static struct report_cell real_cell(enum report_kind kind, double value)
{
    return (struct report_cell){.kind = isfinite(value) ? kind : REPORT_KIND_NONE, .real = value};
}

struct report_cell report_real(double value)
{
    return real_cell(REPORT_KIND_REAL, value);
}

struct report_cell report_percent(double share)
{
    return real_cell(REPORT_KIND_PERCENT, share);
}

struct report_cell report_date(const char *day)
{
    return (struct report_cell){.kind = day ? REPORT_KIND_DATE : REPORT_KIND_NONE, .text = day};
}

struct report_cell report_time(gint64 second)
{
    return (struct report_cell){.kind = REPORT_KIND_TIME, .integer = second};
}

struct report_cell report_instant(base_time instant)
{
    return (struct report_cell){.kind = instant ? REPORT_KIND_INSTANT : REPORT_KIND_NONE,
                                .integer = instant};
}

struct report_cell report_duration(gint64 seconds)
{
    return (struct report_cell){.kind = REPORT_KIND_DURATION, .integer = seconds};
}

struct report_cell report_status(enum core_status status, const char *code, const char *text)
{
    return (struct report_cell){.kind = text ? REPORT_KIND_STATUS : REPORT_KIND_NONE,
                                .text = text,
                                .code = code,
                                .status = status};
}

/* ---- sinks ---- */

bool report_sink_fd(const char *data, size_t size, gpointer data_of_sink, GError **error)
{
    const int fd = *(const int *)data_of_sink;

    while (size > 0) {
        const ssize_t n = write(fd, data, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return base_fail(error,
                             errno == ENOSPC || errno == EDQUOT || errno == EFBIG
                                 ? BASE_ERROR_UNAVAILABLE
                                 : BASE_ERROR_IO,
                             "The report could not be written: %s.", g_strerror(errno));
        data += n;
        size -= (size_t)n;
    }
    return true;
}
