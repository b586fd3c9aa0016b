#include "archive/archive.h"
#include "auth/seal.h"
#include "blob/blob.h"
#include "db/load.h"
#include "db/query/setting.h"
#include "service/archive_rows.h"
#include "service/institution_archive.h"
#include "service/keys.h"
#include "service/picture.h"

#include <string.h>

enum {
    BUFFER_SIZE = 256 * 1024,
    ROW_SIZE_MAX = 16 << 20, /* bytes of a row */
    MANIFEST_MAX = 1 << 30,  /* bytes: it has a line of some 160 for each picture */
    VALUES_MAX = DB_SCHEMA_ROWS * DB_SCHEMA_COLUMNS_MAX,
};

/* A picture that was put into the store and has no row yet. */
struct placed {
    struct core_image image;
};

struct importer {
    struct service *service;
    const char *path;
    struct auth_keyring *source_keys;
    json_t *manifest;
    GHashTable *expected; /* name → json_t * of the manifest's list, borrowed */
    GHashTable *placed;   /* picture's id → struct placed * */
    GPtrArray *blobs;     /* char *: what was put, to be taken back when it fails */
    struct base_uuid institution_id;
    struct service_archive_counts counts;
};

/* Rows on their way into a table. */
struct loader {
    struct importer *importer;
    struct db_connection *connection;
    const struct db_schema_table *table;
    const char *name; /* of the entry */
    gint64 line;
    guint n; /* rows that wait */
    struct db_value values[VALUES_MAX];
    GPtrArray *bytes; /* what they point at */
    bool (*take)(struct loader *loader, const char *text, gsize size, GError **error);
};

/* ---- The manifest ---- */

static bool manifest_refuse(GError **error, enum base_error code, const char *what)
{
    return base_fail(error, code, ARCHIVE_MANIFEST ": %s", what);
}

static bool manifest_check(struct importer *importer, GError **error)
{
    const json_t *manifest = importer->manifest;
    const json_t *files = json_object_get(manifest, "files");
    const char *id = json_string_value(json_object_get(manifest, "institution_id"));
    const gint64 schema = json_integer_value(json_object_get(manifest, "schema"));
    size_t i;
    json_t *file;

    if (g_strcmp0(json_string_value(json_object_get(manifest, "format")), ARCHIVE_FORMAT) != 0)
        return manifest_refuse(error, BASE_ERROR_INVALID, "this is no export of an institution.");
    if (json_integer_value(json_object_get(manifest, "version")) != ARCHIVE_VERSION ||
        schema > db_schema_latest(importer->service->db))
        return manifest_refuse(error, BASE_ERROR_UNSUPPORTED,
                               "it was written by a newer version of this program; use that one.");
    if (!id || !base_uuid_parse(id, &importer->institution_id) || !json_is_array(files))
        return manifest_refuse(error, BASE_ERROR_INVALID, "something is missing in it.");
    json_array_foreach(files, i, file)
    {
        const char *name = json_string_value(json_object_get(file, "name"));
        if (!name || !json_string_value(json_object_get(file, "sha256")))
            return manifest_refuse(error, BASE_ERROR_INVALID, "a file has no name or no sum.");
        g_hash_table_insert(importer->expected, (gpointer)name, file);
    }
    return true;
}

static archive_reader *archive_open(const struct importer *importer, GError **error)
{
    static const struct archive_limits limits = {.entries = 10 << 20};

    return archive_reader_open(importer->path, &limits, error);
}

/* It stands at the end, because an export does not know it before. */
static bool manifest_read(struct importer *importer, GError **error)
{
    g_autoptr(archive_reader) archive = archive_open(importer, error);
    struct archive_item item;
    GError *problem = NULL;

    while (archive && !importer->manifest && archive_reader_next(archive, &item, &problem)) {
        if (strcmp(item.name, ARCHIVE_MANIFEST) != 0)
            continue;
        g_autoptr(GBytes) text = archive_reader_read_all(archive, MANIFEST_MAX, error);
        if (!text)
            return false;
        importer->manifest =
            base_json_parse(g_bytes_get_data(text, NULL), g_bytes_get_size(text), error);
        if (!importer->manifest)
            return false;
    }
    if (problem)
        g_propagate_error(error, problem);
    if (!archive || problem)
        return false;
    return importer->manifest
               ? manifest_check(importer, error)
               : manifest_refuse(error, BASE_ERROR_INVALID, "it is missing: this is no export.");
}

/* ---- Comparing ---- */

static bool entry_compare(struct importer *importer, archive_reader *archive, const char *name,
                          GError **error)
{
    const json_t *file = g_hash_table_lookup(importer->expected, name);
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    g_autofree guint8 *buffer = g_malloc(BUFFER_SIZE);
    g_autofree char *known = g_strdup(name);
    gssize n;

    if (!file)
        return base_fail(error, BASE_ERROR_CORRUPT, "%s: the manifest does not name it.", name);
    while ((n = archive_reader_read(archive, buffer, BUFFER_SIZE, error)) > 0)
        g_checksum_update(checksum, buffer, n);
    if (n < 0)
        return false;
    if (strcmp(g_checksum_get_string(checksum),
               json_string_value(json_object_get(file, "sha256"))) != 0)
        return base_fail(error, BASE_ERROR_CORRUPT, "%s: it is not what the manifest says.", known);
    return true;
}

static bool compare_all(struct importer *importer, GError **error)
{
    g_autoptr(archive_reader) archive = archive_open(importer, error);
    struct archive_item item;
    GError *problem = NULL;
    guint seen = 0;

    while (archive && archive_reader_next(archive, &item, &problem)) {
        if (strcmp(item.name, ARCHIVE_MANIFEST) == 0)
            continue;
        if (!entry_compare(importer, archive, item.name, error))
            return false;
        seen++;
    }
    if (problem)
        g_propagate_error(error, problem);
    if (!archive || problem)
        return false;
    return seen == g_hash_table_size(importer->expected) ||
           base_fail(error, BASE_ERROR_CORRUPT,
                     "Files that the manifest names are missing from the archive.");
}

/* ---- Rows ---- */

static struct db_value *column_of(const struct db_schema_table *table, struct db_value *values,
                                  const char *name)
{
    for (guint i = 0; i < table->columns_n; i++)
        if (strcmp(table->columns[i].name, name) == 0)
            return &values[i];
    g_assert_not_reached();
}

/* Seals a template with the key of this installation. */
static bool template_reseal(struct loader *loader, struct db_value *values, GError **error)
{
    struct importer *importer = loader->importer;
    struct db_value *sealed = column_of(loader->table, values, "sealed");
    const struct db_value *model = column_of(loader->table, values, "model");

    if (sealed->kind != DB_KIND_BLOB || model->kind != DB_KIND_TEXT)
        return true; /* the database refuses the row */
    const struct auth_seal_context context = {
        column_of(loader->table, values, "user_id")->uuid,
        column_of(loader->table, values, "id")->uuid,
        model->bytes.data,
    };
    struct auth_keyring *source =
        importer->source_keys ? importer->source_keys : importer->service->keys;
    g_autoptr(GBytes) plain =
        auth_seal_open(source, &context, sealed->bytes.data, sealed->bytes.size, error);
    if (!plain) {
        g_prefix_error(error, "A face does not open: is the key file that of the installation "
                              "which wrote the file? ");
        return false;
    }
    if (!importer->source_keys)
        return true;
    g_autoptr(GBytes) again =
        auth_seal_close(importer->service->keys, &context, g_bytes_get_data(plain, NULL),
                        g_bytes_get_size(plain), error);
    if (!again)
        return false;
    *sealed = db_bytes(again);
    g_ptr_array_add(loader->bytes, db_schema_keep(sealed));
    return true;
}

/* Where the row's picture is in this installation's store. */
static bool image_place(struct loader *loader, struct db_value *values, GError **error)
{
    const struct base_uuid id = column_of(loader->table, values, "id")->uuid;
    const struct placed *placed = g_hash_table_lookup(loader->importer->placed, &id);

    if (!placed || !placed->image.blob_key)
        return base_fail(error, BASE_ERROR_INVALID, "Its picture is not in the archive.");
    *column_of(loader->table, values, "blob_key") = db_text(placed->image.blob_key);
    *column_of(loader->table, values, "sealed") = db_bool(placed->image.sealed);
    *column_of(loader->table, values, "key_id") =
        placed->image.sealed ? db_int(placed->image.key_id) : db_null();
    return true;
}

static bool loader_flush(struct loader *loader, GError **error)
{
    const struct db_schema_table *table = loader->table;
    const struct db_value *values = loader->values;

    while (loader->n > 0) {
        const guint n = loader->n == DB_SCHEMA_ROWS ? DB_SCHEMA_ROWS : 1;
        if (!db_execute_values(loader->connection, NULL, error,
                               n > 1 ? table->insert_many : table->insert, values,
                               (gsize)n * table->columns_n)) {
            g_prefix_error(error, "%s:%" G_GINT64_FORMAT " or before: ", loader->name,
                           loader->line);
            return false;
        }
        values += n * table->columns_n;
        loader->n -= n;
    }
    g_ptr_array_set_size(loader->bytes, 0);
    return true;
}

static bool loader_line(struct loader *loader, const char *text, gsize size, GError **error)
{
    struct db_value *values = loader->values + loader->n * loader->table->columns_n;
    const bool is_template = strcmp(loader->table->name, "face_templates") == 0;
    const bool is_image = strcmp(loader->table->name, "images") == 0;

    loader->line++;
    g_autoptr(json_t) object = base_json_parse(text, size, error);
    if (!object || !archive_row_values(loader->table, object, values, loader->bytes, error) ||
        (is_template && !template_reseal(loader, values, error)) ||
        (is_image && !image_place(loader, values, error))) {
        g_prefix_error(error, "%s:%" G_GINT64_FORMAT ": ", loader->name, loader->line);
        return false;
    }
    loader->importer->counts.rows++;
    return ++loader->n < DB_SCHEMA_ROWS || loader_flush(loader, error);
}

/* Takes the whole lines off the front of the text. */
static bool loader_lines(struct loader *loader, GString *text, GError **error)
{
    gsize from = 0;
    const char *end;

    while ((end = memchr(text->str + from, '\n', text->len - from)) != NULL) {
        const gsize size = (gsize)(end - text->str) - from;
        if (!loader->take(loader, text->str + from, size, error))
            return false;
        from += size + 1;
    }
    g_string_erase(text, 0, (gssize)from);
    return text->len <= ROW_SIZE_MAX ||
           base_fail(error, BASE_ERROR_TOO_LARGE, "%s:%" G_GINT64_FORMAT ": The line is too long.",
                     loader->name, loader->line + 1);
}

static bool load_table(struct loader *loader, archive_reader *archive, GError **error)
{
    g_autofree char *buffer = g_malloc(BUFFER_SIZE);
    GString *text = g_string_new(NULL);
    gssize n = 1;
    bool ok = true;

    loader->line = 0;
    loader->n = 0;
    while (ok && (n = archive_reader_read(archive, buffer, BUFFER_SIZE, error)) > 0) {
        g_string_append_len(text, buffer, n);
        ok = loader_lines(loader, text, error);
    }
    ok = ok && n == 0;
    if (ok && text->len > 0)
        ok = base_fail(error, BASE_ERROR_INVALID, "%s: Its last line has no end.", loader->name);
    g_string_free(text, TRUE);
    return ok && loader_flush(loader, error);
}

static bool load_entries(struct loader *loader, GError **error)
{
    g_autoptr(archive_reader) archive = archive_open(loader->importer, error);
    struct archive_item item;
    GError *problem = NULL;

    while (archive && archive_reader_next(archive, &item, &problem)) {
        g_autofree char *name = g_strdup(item.name);
        loader->table = archive_table_named(name);
        loader->name = name;
        if (!loader->table && g_str_has_prefix(name, ARCHIVE_TABLES))
            return base_fail(error, BASE_ERROR_INVALID, "%s: There is no such table.", name);
        if (loader->table && !load_table(loader, archive, error))
            return false;
    }
    if (problem)
        g_propagate_error(error, problem);
    return archive && !problem;
}

static bool is_empty(struct db_connection *connection, GError **error)
{
    gint64 rows = 0;

    for (guint i = 0; i < db_schema_tables_n; i++) {
        if (strcmp(db_schema_tables[i].name, "counters") == 0)
            continue; /* its rows come with the tables */
        if (!db_query_int(connection, &rows, error, db_schema_tables[i].count))
            return false;
        if (rows > 0)
            return base_fail(error, BASE_ERROR_CONFLICT,
                             "The database holds an institution already; nothing was changed. "
                             "Import into an empty one.");
    }
    return true;
}

static bool load_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct importer *importer = data;
    g_autofree struct loader *loader = g_new0(struct loader, 1);

    importer->counts.rows = 0;
    *loader = (struct loader){.importer = importer, .connection = connection, .take = loader_line};
    if (!is_empty(connection, error) || !db_load_begin(connection, error))
        return false;
    loader->bytes = g_ptr_array_new_with_free_func(g_free);
    const bool ok = load_entries(loader, error) && db_load_end(connection, error);
    g_ptr_array_unref(loader->bytes);
    return ok;
}

/* ---- Pictures ---- */

static void placed_free(gpointer data)
{
    struct placed *placed = data;

    core_image_clear(&placed->image);
    g_free(placed);
}

/* Whose picture it is and of what kind: that is sealed with it. */
static bool picture_line(struct loader *loader, const char *text, gsize size, GError **error)
{
    struct core_image image = {0};

    loader->line++;
    g_autoptr(json_t) row = base_json_parse(text, size, error);
    if (!row) {
        g_prefix_error(error, "%s:%" G_GINT64_FORMAT ": ", loader->name, loader->line);
        return false;
    }
    const char *id = json_string_value(json_object_get(row, "id"));
    const char *user_id = json_string_value(json_object_get(row, "user_id"));
    const char *kind = json_string_value(json_object_get(row, "kind"));
    if (!id || !base_uuid_parse(id, &image.id) || !core_image_kind_from_name(kind, &image.kind) ||
        (user_id == NULL) != (image.kind == CORE_IMAGE_REVIEW) ||
        (user_id && !base_uuid_parse(user_id, &image.user_id)))
        return base_fail(error, BASE_ERROR_INVALID,
                         "%s:%" G_GINT64_FORMAT ": This is not a picture's row.", loader->name,
                         loader->line);
    struct placed *placed = g_new0(struct placed, 1);
    placed->image = image;
    g_hash_table_replace(loader->importer->placed, &placed->image.id, placed);
    return true;
}

static bool pictures_read(struct importer *importer, GError **error)
{
    g_autoptr(archive_reader) archive = archive_open(importer, error);
    g_autofree struct loader *loader = g_new0(struct loader, 1);
    struct archive_item item;
    GError *problem = NULL;
    bool ok = archive != NULL;

    *loader = (struct loader){.importer = importer, .take = picture_line};
    loader->bytes = g_ptr_array_new_with_free_func(g_free);
    loader->name = ARCHIVE_TABLES "images.jsonl";
    while (ok && archive_reader_next(archive, &item, &problem))
        if (strcmp(item.name, loader->name) == 0)
            ok = load_table(loader, archive, error);
    g_ptr_array_unref(loader->bytes);
    if (problem)
        g_propagate_error(error, problem);
    return ok && !problem;
}

/* "images/UUID.jpg" */
static struct placed *picture_named(const struct importer *importer, const char *name)
{
    const gsize prefix = strlen(ARCHIVE_IMAGES);
    struct base_uuid id;

    if (!g_str_has_prefix(name, ARCHIVE_IMAGES) || !g_str_has_suffix(name, ".jpg"))
        return NULL;
    g_autofree char *text = g_strndup(name + prefix, strlen(name) - prefix - strlen(".jpg"));
    return base_uuid_parse(text, &id) ? g_hash_table_lookup(importer->placed, &id) : NULL;
}

static bool place_all(struct importer *importer, GError **error)
{
    g_autoptr(archive_reader) archive = archive_open(importer, error);
    struct archive_item item;
    GError *problem = NULL;

    while (archive && archive_reader_next(archive, &item, &problem)) {
        struct placed *placed = picture_named(importer, item.name);
        if (!placed)
            continue;
        g_autoptr(GBytes) picture = archive_reader_read_all(archive, BLOB_SIZE_MAX, error);
        if (!picture || !service_picture_reseal(importer->service, picture, &placed->image, error))
            return false;
        g_ptr_array_add(importer->blobs, g_strdup(placed->image.blob_key));
        importer->counts.images++;
    }
    if (problem)
        g_propagate_error(error, problem);
    return archive && !problem;
}

/* ---- The whole ---- */

/* Before anything is put into the store. */
static bool look_empty(struct importer *importer, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(importer->service->db, error);

    return connection && is_empty(connection, error);
}

/* The pictures' keys begin with the institution's id, which is not in the database yet. */
static void set_prefix(struct importer *importer)
{
    char id[BASE_UUID_TEXT_SIZE];
    struct service *service = importer->service;

    g_mutex_lock(&service->images_lock);
    g_free(service->images_prefix);
    service->images_prefix =
        g_strconcat(base_uuid_format(&importer->institution_id, id), "/", NULL);
    g_mutex_unlock(&service->images_lock);
}

/* The logo keeps its key, because a setting names it. */
static bool place_logo(struct importer *importer, GError **error)
{
    GError *problem = NULL;
    g_autofree char *key = NULL;
    struct archive_item item;

    if (!g_hash_table_contains(importer->expected, ARCHIVE_LOGO) ||
        !importer->service->images.store)
        return true;
    g_autoptr(db_connection) connection = db_acquire(importer->service->db, error);
    if (!connection || !db_setting_get(connection, "institution.logo", &key, error))
        return false;
    g_clear_pointer(&connection, db_release);
    g_autoptr(archive_reader) archive = archive_open(importer, error);
    while (archive && key && archive_reader_next(archive, &item, &problem)) {
        if (strcmp(item.name, ARCHIVE_LOGO) != 0)
            continue;
        g_autoptr(GBytes) logo = archive_reader_read_all(archive, BLOB_SIZE_MAX, error);
        if (!logo)
            return false;
        blob_put(importer->service->images.store, key, g_bytes_get_data(logo, NULL),
                 g_bytes_get_size(logo), &problem);
        break;
    }
    /* It is there when the store is the one of before. */
    if (problem && !g_error_matches(problem, BASE_ERROR, BASE_ERROR_CONFLICT)) {
        g_propagate_error(error, problem);
        return false;
    }
    g_clear_error(&problem);
    return archive != NULL;
}

static bool import_all(struct importer *importer, GError **error)
{
    const bool pictures = json_is_true(json_object_get(importer->manifest, "images"));

    if (!compare_all(importer, error) || !look_empty(importer, error))
        return false;
    if ((pictures || json_is_true(json_object_get(importer->manifest, "faces"))) &&
        !service_keys_ready(importer->service, error))
        return false;
    set_prefix(importer);
    if (pictures && (!service_images_ready(importer->service, error) ||
                     !pictures_read(importer, error) || !place_all(importer, error)))
        return false;
    return db_transaction(importer->service->db, load_body, importer, error);
}

bool service_institution_import(struct service *service, const char *path,
                                struct auth_keyring *source_keys,
                                struct service_archive_counts *counts, GError **error)
{
    struct importer importer = {
        .service = service,
        .path = path,
        .source_keys = source_keys,
        .expected = g_hash_table_new(g_str_hash, g_str_equal),
        .placed = g_hash_table_new_full(base_uuid_hash, base_uuid_equal, NULL, placed_free),
        .blobs = g_ptr_array_new_with_free_func(g_free),
    };
    bool ok = manifest_read(&importer, error);

    if (ok) {
        ok = import_all(&importer, error);
        if (!ok)
            service_blobs_discard(service, importer.blobs);
    }
    ok = ok && place_logo(&importer, error);
    if (ok && counts)
        *counts = importer.counts;
    g_ptr_array_unref(importer.blobs);
    g_hash_table_unref(importer.placed);
    g_hash_table_unref(importer.expected);
    json_decref(importer.manifest);
    return ok;
}
