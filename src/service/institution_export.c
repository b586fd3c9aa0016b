#include "archive/archive.h"
#include "db/query/image.h"
#include "service/archive_rows.h"
#include "service/institution.h"
#include "service/institution_archive.h"
#include "service/picture.h"

#include <string.h>

struct exporter {
    struct service *service;
    const struct service_identity *identity;
    const struct service_export_options *options;
    unsigned parts; /* bits of what may be told */
    archive_writer *writer;
    json_t *files;     /* of the manifest */
    GPtrArray *images; /* char *: lines of pictures, which are written after the pictures; there
                        * may be a million of them. NULL: the picture is lost */
    struct service_archive_counts counts;
};

/* ---- Entries ---- */

/* One that is being written. */
struct entry {
    const char *name;
    GChecksum *checksum;
    gint64 size, rows;
};

static bool entry_begin(struct exporter *exporter, struct entry *entry, const char *name,
                        enum archive_method method, GError **error)
{
    *entry = (struct entry){.name = name, .checksum = g_checksum_new(G_CHECKSUM_SHA256)};
    return archive_writer_begin(exporter->writer, name, method, error);
}

static bool entry_put(struct exporter *exporter, struct entry *entry, const void *data, gsize size,
                      GError **error)
{
    g_checksum_update(entry->checksum, data, (gssize)size);
    entry->size += (gint64)size;
    return archive_writer_put(exporter->writer, data, size, error);
}

static bool entry_line(struct exporter *exporter, struct entry *entry, const char *line,
                       GError **error)
{
    entry->rows++;
    exporter->counts.rows++;
    return entry_put(exporter, entry, line, strlen(line), error) &&
           entry_put(exporter, entry, "\n", 1, error);
}

/* Takes it into the manifest when it is whole. */
static bool entry_end(struct exporter *exporter, struct entry *entry, bool ok)
{
    if (ok)
        json_array_append_new(exporter->files,
                              json_pack("{s:s, s:I, s:I, s:s}", "name", entry->name, "rows",
                                        (json_int_t)entry->rows, "size", (json_int_t)entry->size,
                                        "sha256", g_checksum_get_string(entry->checksum)));
    g_checksum_free(entry->checksum);
    return ok;
}

static bool add_bytes(struct exporter *exporter, const char *name, GBytes *bytes, GError **error)
{
    struct entry entry;
    gsize size;
    const void *data = g_bytes_get_data(bytes, &size);

    return entry_end(exporter, &entry,
                     entry_begin(exporter, &entry, name, ARCHIVE_STORED, error) &&
                         entry_put(exporter, &entry, data, size, error));
}

/* ---- Tables ---- */

/* Pictures of photos mean nothing without the templates that were made of them; those of reviews
 * without who they may be, whose erasure would not find them. */
static bool image_is_wanted(const struct exporter *exporter, const json_t *row)
{
    return exporter->options->with_faces ||
           !(json_object_get(row, "template_id") || json_object_get(row, "review_id"));
}

static bool take_page(struct exporter *exporter, struct db_connection *connection,
                      struct db_schema_reader *reader, struct entry *entry, guint *n,
                      GError **error)
{
    const bool images = strcmp(reader->table->name, "images") == 0;
    g_autoptr(db_rows) rows = db_schema_reader_page(reader, connection, error);
    GError *problem = NULL;

    *n = 0;
    if (!rows)
        return false;
    while (db_rows_next(rows, &problem)) {
        g_autoptr(json_t) row = archive_row_json(reader->table, rows, exporter->parts);
        g_autofree char *line = base_json_format(row);
        if (images && image_is_wanted(exporter, row))
            g_ptr_array_add(exporter->images, g_steal_pointer(&line));
        else if (!images && !entry_line(exporter, entry, line, error))
            return false;
        if (++*n == DB_SCHEMA_PAGE)
            db_schema_reader_pass(reader, rows);
    }
    if (problem)
        g_propagate_error(error, problem);
    return !problem;
}

static bool take_table(struct exporter *exporter, struct db_connection *connection,
                       const struct db_schema_table *table, struct entry *entry, GError **error)
{
    struct db_schema_reader reader;
    guint n = DB_SCHEMA_PAGE;
    bool ok = true;

    db_schema_reader_init(&reader, table);
    while (ok && n == DB_SCHEMA_PAGE)
        ok = take_page(exporter, connection, &reader, entry, &n, error);
    db_schema_reader_clear(&reader);
    return ok;
}

static char *table_entry(const char *name)
{
    return g_strconcat(ARCHIVE_TABLES, name, ".jsonl", NULL);
}

static bool export_table(struct exporter *exporter, struct db_connection *connection,
                         const struct db_schema_table *table, GError **error)
{
    g_autofree char *name = table_entry(table->name);
    struct entry entry;

    if (strcmp(table->name, "images") == 0)
        return take_table(exporter, connection, table, NULL, error);
    return entry_end(exporter, &entry,
                     entry_begin(exporter, &entry, name, ARCHIVE_DEFLATED, error) &&
                         take_table(exporter, connection, table, &entry, error));
}

/* A snapshot only reads: its body runs once. */
static bool export_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct exporter *exporter = data;

    for (guint i = 0; i < db_schema_tables_n; i++)
        if ((exporter->parts & (1u << archive_table_part(&db_schema_tables[i]))) &&
            !export_table(exporter, connection, &db_schema_tables[i], error))
            return false;
    return true;
}

/* ---- Pictures ---- */

/* The picture of an id, opened; NULL with BASE_ERROR_NOT_FOUND when row or bytes are gone. */
static GBytes *picture_of(struct exporter *exporter, const char *text, GError **error)
{
    struct base_uuid id;

    if (!text || !base_uuid_parse(text, &id)) {
        base_fail(error, BASE_ERROR_CORRUPT, "A row of a picture has no id.");
        return NULL;
    }
    g_autoptr(db_connection) connection = db_acquire(exporter->service->db, error);
    g_autoptr(core_image) image = connection ? db_image_find(connection, &id, error) : NULL;
    g_clear_pointer(&connection, db_release);
    return image ? service_picture_get(exporter->service, image, error) : NULL;
}

static bool export_picture(struct exporter *exporter, char **line, GError **error)
{
    g_autoptr(json_t) row = base_json_parse(*line, strlen(*line), error);
    const char *id = json_string_value(json_object_get(row, "id"));
    g_autofree char *name = g_strconcat(ARCHIVE_IMAGES, id ? id : "", ".jpg", NULL);
    GError *problem = NULL;

    if (!row)
        return false;
    g_autoptr(GBytes) picture = picture_of(exporter, id, &problem);
    if (picture) {
        exporter->counts.images++;
        return add_bytes(exporter, name, picture, error);
    }
    if (!g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND)) {
        g_propagate_prefixed_error(error, problem, "The picture %s cannot be read. ", name);
        return false;
    }
    g_error_free(problem);
    exporter->counts.images_lost++;
    g_clear_pointer(line, g_free);
    return true;
}

/* First the pictures and then their rows: a picture may be deleted meanwhile. */
static bool export_pictures(struct exporter *exporter, GError **error)
{
    g_autofree char *name = table_entry("images");
    struct entry entry;

    if (!exporter->options->with_images)
        return true;
    for (guint i = 0; i < exporter->images->len; i++)
        if (!export_picture(exporter, (char **)&exporter->images->pdata[i], error))
            return false;
    bool ok = entry_begin(exporter, &entry, name, ARCHIVE_DEFLATED, error);
    for (guint i = 0; ok && i < exporter->images->len; i++)
        if (exporter->images->pdata[i])
            ok = entry_line(exporter, &entry, exporter->images->pdata[i], error);
    return entry_end(exporter, &entry, ok);
}

static bool export_logo(struct exporter *exporter, GError **error)
{
    GError *problem = NULL;
    g_autoptr(GBytes) logo = service_institution_logo(exporter->service, &problem);

    if (logo)
        return add_bytes(exporter, ARCHIVE_LOGO, logo, error);
    if (!g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND) &&
        !g_error_matches(problem, BASE_ERROR, BASE_ERROR_UNAVAILABLE)) {
        g_propagate_error(error, problem);
        return false;
    }
    g_error_free(problem);
    return true;
}

/* ---- The whole ---- */

static bool export_manifest(struct exporter *exporter, GError **error)
{
    const struct service_export_options *options = exporter->options;
    g_autoptr(json_t) manifest = json_pack(
        "{s:s, s:i, s:I, s:o, s:o, s:b, s:b, s:b, s:O}", "format", ARCHIVE_FORMAT, "version",
        ARCHIVE_VERSION, "schema", (json_int_t)db_schema_latest(exporter->service->db),
        "institution_id", base_json_uuid(&exporter->identity->institution_id), "exported_at",
        base_json_time(base_time_now()), "passwords", options->with_passwords, "faces",
        options->with_faces, "images", options->with_images, "files", exporter->files);
    g_autofree char *text = base_json_format(manifest);

    return archive_writer_add(exporter->writer, ARCHIVE_MANIFEST, ARCHIVE_DEFLATED, text,
                              strlen(text), error);
}

static bool log_body(struct db_connection *connection, gpointer data, GError **error)
{
    const struct exporter *exporter = data;
    const struct service_export_options *options = exporter->options;

    return service_audit(connection, exporter->identity, "institution.export",
                         &exporter->identity->institution_id,
                         json_pack("{s:b, s:b, s:b}", "passwords", options->with_passwords, "faces",
                                   options->with_faces, "images", options->with_images),
                         error);
}

static bool export_all(struct exporter *exporter, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(exporter->service->db, error);

    if (!connection || !db_snapshot_on(connection, export_body, exporter, error))
        return false;
    g_clear_pointer(&connection, db_release);
    return export_pictures(exporter, error) && export_logo(exporter, error) &&
           export_manifest(exporter, error) &&
           /* Logged before it is there, so that none leaves unnoticed. */
           db_transaction(exporter->service->db, log_body, exporter, error) &&
           archive_writer_finish(exporter->writer, error);
}

bool service_institution_export(struct service *service, const struct service_identity *identity,
                                const char *path, const struct service_export_options *options,
                                struct service_archive_counts *counts, GError **error)
{
    struct exporter exporter = {
        .service = service,
        .identity = identity,
        .options = options,
        .parts = 1u << ARCHIVE_PART_ALWAYS |
                 (options->with_passwords ? 1u << ARCHIVE_PART_PASSWORDS : 0u) |
                 (options->with_faces ? 1u << ARCHIVE_PART_FACES : 0u) |
                 (options->with_images ? 1u << ARCHIVE_PART_IMAGES : 0u),
    };

    if (!service_allow_all(identity, CORE_ACTION_SETTING_WRITE, error) ||
        (options->with_images && !service_images_ready(service, error)))
        return false;
    exporter.writer = archive_writer_create(path, options->force, error);
    if (!exporter.writer)
        return false;
    exporter.files = json_array();
    exporter.images = g_ptr_array_new_with_free_func(g_free);
    const bool ok = export_all(&exporter, error);
    g_ptr_array_unref(exporter.images);
    json_decref(exporter.files);
    archive_writer_destroy(exporter.writer);
    if (ok && counts)
        *counts = exporter.counts;
    return ok;
}
