#include "service/oneroster_file.h"

#include "archive/archive.h"
#include "core/timetable.h"

#include <string.h>

enum {
    ROWS_MAX = 1000000, /* of a file */
    ARCHIVE_ENTRIES = 1000,
    FILE_SIZE_MAX = 128 << 20, /* bytes of one, unpacked */
};

static const char *const file_names[SERVICE_ONEROSTER_FILE_N] = {
    [SERVICE_ONEROSTER_MANIFEST] = "manifest.csv",
    [SERVICE_ONEROSTER_ORGS] = "orgs.csv",
    [SERVICE_ONEROSTER_SESSIONS] = "academicSessions.csv",
    [SERVICE_ONEROSTER_COURSES] = "courses.csv",
    [SERVICE_ONEROSTER_CLASSES] = "classes.csv",
    [SERVICE_ONEROSTER_USERS] = "users.csv",
    [SERVICE_ONEROSTER_DEMOGRAPHICS] = "demographics.csv",
    [SERVICE_ONEROSTER_ENROLLMENTS] = "enrollments.csv",
};

const char *service_oneroster_file_name(enum service_oneroster_file file)
{
    return (unsigned)file < SERVICE_ONEROSTER_FILE_N ? file_names[file] : NULL;
}

void service_oneroster_files_clear(struct service_oneroster_files *files)
{
    for (unsigned i = 0; i < SERVICE_ONEROSTER_FILE_N; i++)
        g_clear_pointer(&files->contents[i], g_bytes_unref);
}

/* ---- Archives ---- */

/* The files may lie in one folder of the archive, as when somebody has packed that. */
static int file_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;

    for (int i = 0; i < SERVICE_ONEROSTER_FILE_N; i++)
        if (g_ascii_strcasecmp(name, file_names[i]) == 0 && !g_str_has_prefix(path, "__MACOSX/"))
            return i;
    return -1;
}

bool service_oneroster_unzip(const void *data, gsize size, struct service_oneroster_files *files,
                             GError **error)
{
    const struct archive_limits limits = {
        .entries = ARCHIVE_ENTRIES,
        .entry_size = FILE_SIZE_MAX,
        .total_size = 2 * (gint64)FILE_SIZE_MAX,
    };
    g_autoptr(archive_reader) archive = archive_reader_open_bytes(data, size, &limits, error);
    struct archive_item item;
    GError *problem = NULL;

    while (archive && archive_reader_next(archive, &item, &problem)) {
        const int file = file_of(item.name);
        if (file < 0)
            continue;
        if (files->contents[file])
            return base_fail(error, BASE_ERROR_INVALID, "There are two files %s.",
                             file_names[file]);
        files->contents[file] = archive_reader_read_all(archive, FILE_SIZE_MAX, error);
        if (!files->contents[file])
            return false;
    }
    if (problem)
        g_propagate_error(error, problem);
    return archive && !problem;
}

/* ---- The reader ---- */

void oneroster_init(struct oneroster *reader)
{
    reader->terms = g_hash_table_new(g_str_hash, g_str_equal);
    reader->subjects = g_hash_table_new(g_str_hash, g_str_equal);
    reader->groups = g_hash_table_new(g_str_hash, g_str_equal);
    reader->courses = g_hash_table_new(g_str_hash, g_str_equal);
    reader->people = g_hash_table_new(g_str_hash, g_str_equal);
    reader->skipped = g_hash_table_new(g_str_hash, g_str_equal);
    reader->terms_taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    reader->subjects_taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    reader->groups_taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    reader->courses_taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

/* Frees what nothing has referred to. */
static void free_unused(GHashTable *things, const GPtrArray *used)
{
    GHashTableIter iterator;
    gpointer thing;

    g_hash_table_iter_init(&iterator, things);
    while (g_hash_table_iter_next(&iterator, NULL, &thing))
        if (!g_ptr_array_find((GPtrArray *)used, thing, NULL))
            g_free(thing);
}

void oneroster_clear(struct oneroster *reader)
{
    GHashTable *const tables[] = {
        reader->terms,        reader->subjects,      reader->groups,      reader->courses,
        reader->people,       reader->skipped,       reader->terms_taken, reader->subjects_taken,
        reader->groups_taken, reader->courses_taken,
    };

    free_unused(reader->terms, reader->roster->terms);
    free_unused(reader->subjects, reader->roster->subjects);
    for (gsize i = 0; i < G_N_ELEMENTS(tables); i++)
        g_hash_table_unref(tables[i]);
}

void oneroster_refuse(struct oneroster *reader, const char *column, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    service_import_refuse(reader->roster->import, reader->place.file, reader->place.line, column,
                          "%s", message);
    reader->faulty = true;
}

const char *oneroster_value(struct oneroster *reader, const char *column)
{
    g_autofree char *key = g_ascii_strdown(column, -1);
    const guint index = GPOINTER_TO_UINT(g_hash_table_lookup(reader->columns, key));
    const char *value = index ? base_csv_field(reader->csv, index - 1) : NULL;
    g_autofree char *trimmed = value ? g_strstrip(g_strdup(value)) : NULL;

    return roster_text(reader->roster, trimmed);
}

const char *oneroster_required(struct oneroster *reader, const char *column)
{
    const char *value = oneroster_value(reader, column);

    if (!value && !reader->deleted)
        oneroster_refuse(reader, column, "It is empty.");
    return value;
}

const char *oneroster_day(struct oneroster *reader, const char *column, int later)
{
    const char *value = oneroster_value(reader, column);
    char day[CORE_DAY_SIZE];

    if (!value)
        return NULL;
    if (!core_day_is_valid(value)) {
        oneroster_refuse(reader, column, "\"%s\" is not a day such as 2026-07-31.", value);
        return NULL;
    }
    core_day_from_number(core_day_number(value) + later, day);
    return roster_text(reader->roster, day);
}

const char *oneroster_name(struct oneroster *reader, const char *column, const char *name,
                           GHashTable *taken)
{
    g_autoptr(GError) problem = NULL;
    g_autofree char *clean = base_text_name(name, column, SERVICE_NAME_MAX, &problem);

    if (!clean) {
        oneroster_refuse(reader, column, "%s", problem->message);
        return NULL;
    }
    if (!taken || g_hash_table_add(taken, base_text_key(clean)))
        return roster_text(reader->roster, clean);
    g_autofree char *longer = g_strdup_printf("%s (%s)", clean, reader->id);
    return oneroster_name(reader, column, longer, NULL);
}

/* ---- Files ---- */

static void columns_read(struct oneroster *reader)
{
    reader->columns = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < base_csv_columns(reader->csv); i++) {
        g_autofree char *name = g_strstrip(g_strdup(base_csv_field(reader->csv, i)));
        g_hash_table_insert(reader->columns, g_ascii_strdown(name, -1), GUINT_TO_POINTER(i + 1));
    }
}

/* Opens a file and reads its first line; NULL with the fault told when that is none. */
static bool file_begin(struct oneroster *reader, enum service_oneroster_file file)
{
    gsize size;
    const void *data = g_bytes_get_data(reader->files->contents[file], &size);
    const struct base_csv_options options = {.separator = ',', .size_max = FILE_SIZE_MAX};
    g_autoptr(GError) problem = NULL;

    reader->place = (struct roster_place){.file = file_names[file], .line = 1};
    reader->csv = base_csv_create_bytes(data, size, &options);
    if (base_csv_next(reader->csv, &problem)) {
        columns_read(reader);
        return true;
    }
    oneroster_refuse(reader, NULL, "%s", problem ? problem->message : "The file is empty.");
    g_clear_pointer(&reader->csv, base_csv_destroy);
    return false;
}

/* The next row; false at the end and at what is no CSV, which is told. */
static bool file_next(struct oneroster *reader)
{
    g_autoptr(GError) problem = NULL;
    const bool more = base_csv_next(reader->csv, &problem);

    reader->place.line = base_csv_line(reader->csv);
    reader->faulty = false;
    if (problem)
        oneroster_refuse(reader, NULL, "%s", problem->message);
    return more;
}

static void file_end(struct oneroster *reader)
{
    g_clear_pointer(&reader->columns, g_hash_table_unref);
    g_clear_pointer(&reader->csv, base_csv_destroy);
}

/* What every row has: an id and, in a delta, what became of it. */
static bool row_begin(struct oneroster *reader, enum service_oneroster_file file, GHashTable *ids)
{
    const char *status = oneroster_value(reader, "status");
    const guint columns_n = g_hash_table_size(reader->columns);

    reader->place.labels = NULL;
    reader->deleted = false;
    if (base_csv_columns(reader->csv) != columns_n) {
        oneroster_refuse(reader, NULL, "The line has %u fields and the first line of the file %u.",
                         base_csv_columns(reader->csv), columns_n);
        return false;
    }
    reader->id = oneroster_required(reader, "sourcedId");
    reader->deleted = status && g_ascii_strcasecmp(status, "tobedeleted") == 0;
    if (status && !reader->deleted && g_ascii_strcasecmp(status, "active") != 0)
        oneroster_refuse(reader, "status", "\"%s\" is neither active nor tobedeleted.", status);
    else if (!status && reader->delta[file])
        oneroster_refuse(reader, "status", "A delta file says of each record what became of it.");
    if (reader->id && !g_hash_table_add(ids, (gpointer)reader->id))
        oneroster_refuse(reader, "sourcedId", "\"%s\" is there twice.", reader->id);
    return !reader->faulty;
}

bool oneroster_each(struct oneroster *reader, enum service_oneroster_file file,
                    void (*take)(struct oneroster *reader), GError **error)
{
    g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal);
    gint64 rows = 0;

    if (!reader->files->contents[file] || reader->absent[file] || !file_begin(reader, file))
        return true;
    if (!g_hash_table_contains(reader->columns, "sourcedid"))
        oneroster_refuse(reader, "sourcedId", "The first line does not name this column.");
    while (!reader->faulty && rows <= ROWS_MAX && file_next(reader)) {
        rows++;
        reader->roster->import->lines++;
        if (row_begin(reader, file, ids))
            take(reader);
        reader->faulty = false;
    }
    file_end(reader);
    return rows <= ROWS_MAX || base_fail(error, BASE_ERROR_TOO_LARGE, "%s has more than %d lines.",
                                         file_names[file], ROWS_MAX);
}

/* ---- The manifest ---- */

static bool property_is_file(const char *property, enum service_oneroster_file *file)
{
    for (int i = 0; i < SERVICE_ONEROSTER_FILE_N; i++) {
        const gsize length = strlen(file_names[i]) - strlen(".csv");
        if (g_str_has_prefix(property, "file.") &&
            strncmp(property + strlen("file."), file_names[i], length) == 0 &&
            property[strlen("file.") + length] == '\0') {
            *file = (enum service_oneroster_file)i;
            return true;
        }
    }
    return false;
}

static void manifest_file(struct oneroster *reader, enum service_oneroster_file file,
                          const char *value)
{
    reader->delta[file] = strcmp(value, "delta") == 0;
    reader->absent[file] = strcmp(value, "absent") == 0;
    if (!reader->delta[file] && !reader->absent[file] && strcmp(value, "bulk") != 0)
        oneroster_refuse(reader, "value", "\"%s\" is neither bulk nor delta nor absent.", value);
    else if (reader->absent[file] && reader->files->contents[file])
        service_import_note(reader->roster->import,
                            "%s was passed over: the manifest calls it absent.", file_names[file]);
    else if (!reader->absent[file] && !reader->files->contents[file])
        oneroster_refuse(reader, "value", "There is no file %s.", file_names[file]);
}

static void manifest_row(struct oneroster *reader, bool *versioned)
{
    const char *property = oneroster_value(reader, "propertyName");
    const char *value = oneroster_value(reader, "value");
    enum service_oneroster_file file;

    if (!property || !value)
        return;
    if (strcmp(property, "oneroster.version") == 0) {
        *versioned = true;
        if (!g_str_has_prefix(value, "1.1"))
            oneroster_refuse(reader, "value", "This is OneRoster %s; 1.1 is understood.", value);
    } else if (property_is_file(property, &file)) {
        manifest_file(reader, file, value);
    }
}

bool oneroster_manifest(struct oneroster *reader, GError **error)
{
    bool versioned = false;

    if (!reader->files->contents[SERVICE_ONEROSTER_MANIFEST])
        return base_fail(error, BASE_ERROR_INVALID,
                         "There is no manifest.csv: this is not OneRoster 1.1.");
    if (!file_begin(reader, SERVICE_ONEROSTER_MANIFEST))
        return true;
    while (file_next(reader))
        manifest_row(reader, &versioned);
    reader->place.line = 1;
    if (!versioned)
        oneroster_refuse(reader, "propertyName", "It does not say oneroster.version.");
    file_end(reader);
    return true;
}
