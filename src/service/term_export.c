#include "service/term_export.h"

#include "archive/archive.h"
#include "auth/sign.h"
#include "db/query/attendance_change.h"
#include "db/query/institution.h"
#include "db/query/term.h"
#include "db/query/term_export.h"
#include "service/audit_chain.h"
#include "service/internal.h"
#include "service/term_proof.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

enum {
    PAGE_MARKS = 500,
    BUFFER = 65536,
};

/* A file of lines on its way into the ZIP file. */
struct lines {
    struct archive_writer *writer;
    const char *name;
    GString *buffer;
    GChecksum *sum;
    gint64 size;
    gint64 count;
};

struct export
{
    struct service *service;
    const struct base_uuid *term_id;
    struct archive_writer *writer;
    struct auth_keys *keys;
    struct core_term *term;
    struct core_institution *institution;
    bool begun;                   /* rows were written */
    struct core_audit_head start; /* behind which the chain begins */
    struct core_audit_head head;
    gint64 pending;
    gint64 marks;
    json_t *files; /* of the proof */
};

/* ---- files of lines ---- */

static bool lines_begin(struct lines *lines, struct archive_writer *writer, const char *name,
                        GError **error)
{
    *lines = (struct lines){.writer = writer, .name = name};
    lines->buffer = g_string_sized_new(BUFFER);
    lines->sum = g_checksum_new(G_CHECKSUM_SHA256);
    return archive_writer_begin(writer, name, ARCHIVE_DEFLATED, error);
}

static bool lines_flush(struct lines *lines, GError **error)
{
    g_checksum_update(lines->sum, (const guchar *)lines->buffer->str, (gssize)lines->buffer->len);
    lines->size += (gint64)lines->buffer->len;
    const bool put =
        archive_writer_put(lines->writer, lines->buffer->str, lines->buffer->len, error);
    g_string_truncate(lines->buffer, 0);
    return put;
}

/* Takes over `text`. */
static bool lines_add(struct lines *lines, char *text, GError **error)
{
    if (!text)
        return base_fail(error, BASE_ERROR_CORRUPT, "A row holds a text that is not UTF-8.");
    g_string_append(lines->buffer, text);
    g_string_append_c(lines->buffer, '\n');
    g_free(text);
    lines->count++;
    return lines->buffer->len < BUFFER / 2 || lines_flush(lines, error);
}

/* Ends it, and takes note of it in the proof. */
static bool lines_end(struct lines *lines, json_t *files, GError **error)
{
    if (!lines_flush(lines, error))
        return false;
    json_array_append_new(files,
                          json_pack("{s:s,s:s,s:I,s:I}", "name", lines->name, "sha256",
                                    g_checksum_get_string(lines->sum), "size",
                                    (json_int_t)lines->size, "lines", (json_int_t)lines->count));
    return true;
}

static void lines_clear(struct lines *lines)
{
    g_checksum_free(lines->sum);
    g_string_free(lines->buffer, TRUE);
}

/* ---- register.jsonl ---- */

static json_t *uuid_or_null(const struct base_uuid *uuid)
{
    return base_uuid_is_nil(uuid) ? json_null() : base_json_uuid(uuid);
}

static json_t *time_or_null(base_time time)
{
    return time ? base_json_time(time) : json_null();
}

static json_t *show_change(const struct db_attendance_change *change)
{
    return json_pack(
        "{s:o,s:o,s:s,s:o,s:s,s:s,s:o,s:o}", "at", base_json_time(change->changed_at), "by",
        uuid_or_null(&change->changed_by), "from", core_status_name(change->from_status),
        "from_code", base_json_text_or_null(change->from_code), "from_method",
        core_method_name(change->from_method), "to", core_status_name(change->to_status), "to_code",
        base_json_text_or_null(change->to_code), "reason", base_json_text_or_null(change->reason));
}

/* NULL on an error. */
static json_t *show_changes(struct db_connection *connection, const struct db_term_mark *mark,
                            GError **error)
{
    json_t *list = json_array();

    if (!mark->changed)
        return list;
    g_autoptr(GPtrArray) changes = db_attendance_change_list(connection, &mark->id, error);
    for (guint i = 0; changes && i < changes->len; i++)
        json_array_append_new(list, show_change(changes->pdata[i]));
    if (!changes)
        g_clear_pointer(&list, json_decref);
    return list;
}

static json_t *show_person(const struct db_term_mark *mark)
{
    return json_pack("{s:o,s:o,s:o,s:o}", "id", base_json_uuid(&mark->user_id), "student_number",
                     base_json_text_or_null(mark->student_number), "name",
                     base_json_text_or_null(mark->user_name), "email",
                     base_json_text_or_null(mark->user_email));
}

static json_t *show_named(const struct base_uuid *id, const char *name)
{
    if (base_uuid_is_nil(id))
        return json_null();
    return json_pack("{s:o,s:o}", "id", base_json_uuid(id), "name", base_json_text_or_null(name));
}

static json_t *show_course(const struct db_term_mark *mark)
{
    json_t *course = show_named(&mark->course_id, mark->course_name);

    if (!json_is_null(course))
        json_object_set_new(course, "subject_code", base_json_text_or_null(mark->subject_code));
    return course;
}

static json_t *show_session(const struct db_term_mark *mark)
{
    if (base_uuid_is_nil(&mark->session_id))
        return json_null();
    return json_pack("{s:o,s:o,s:o}", "id", base_json_uuid(&mark->session_id), "starts_at",
                     base_json_time(mark->starts_at), "ends_at", base_json_time(mark->ends_at));
}

/* Takes over `changes`; g_free() the line. */
static char *show_mark(const struct db_term_mark *mark, json_t *changes)
{
    g_autoptr(json_t) json = json_pack(
        "{s:o,s:o,s:o,s:o,s:o,s:s,s:s,s:s,s:o,s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "id",
        base_json_uuid(&mark->id), "person", show_person(mark), "group",
        show_named(&mark->group_id, mark->group_name), "course", show_course(mark), "session",
        show_session(mark), "occasion", mark->occasion, "day", mark->local_day, "status",
        core_status_name(mark->status), "code", base_json_text_or_null(mark->status_code), "method",
        core_method_name(mark->method), "score",
        isnan(mark->score) ? json_null() : json_real(mark->score), "marked_at",
        base_json_time(mark->marked_at), "captured_at", time_or_null(mark->captured_at),
        "last_seen_at", time_or_null(mark->last_seen_at), "marked_by",
        uuid_or_null(&mark->marked_by), "note", base_json_text_or_null(mark->note), "created_at",
        base_json_time(mark->created_at), "updated_at", base_json_time(mark->updated_at), "changes",
        changes);

    return json ? base_json_format(json) : NULL;
}

static bool write_page(struct db_connection *connection, const GPtrArray *page, struct lines *lines,
                       GError **error)
{
    for (guint i = 0; i < page->len; i++) {
        json_t *changes = show_changes(connection, page->pdata[i], error);
        if (!changes || !lines_add(lines, show_mark(page->pdata[i], changes), error))
            return false;
    }
    return true;
}

static bool write_pages(struct db_connection *connection, const struct db_term_marks *marks,
                        struct lines *lines, GError **error)
{
    g_autoptr(GPtrArray) page = db_term_marks_page(connection, marks, NULL, PAGE_MARKS, error);

    while (page && page->len > 0) {
        if (!write_page(connection, page, lines, error))
            return false;
        GPtrArray *next = page->len < PAGE_MARKS
                              ? g_ptr_array_new()
                              : db_term_marks_page(connection, marks, page->pdata[page->len - 1],
                                                   PAGE_MARKS, error);
        g_ptr_array_unref(page);
        page = next;
    }
    return page != NULL;
}

static bool write_register(struct db_connection *connection, struct export *export, GError **error)
{
    struct db_term_marks marks = {0};
    struct lines lines;

    bool ok = lines_begin(&lines, export->writer, "register.jsonl", error) &&
              db_term_marks_begin(connection, export->term, &marks, error) &&
              write_pages(connection, &marks, &lines, error) &&
              lines_end(&lines, export->files, error);
    export->marks = lines.count;
    lines_clear(&lines);
    g_free(marks.first_day);
    g_free(marks.last_day);
    return ok;
}

/* ---- audit.jsonl ---- */

struct audit {
    struct lines lines;
    struct core_audit_head *head;
};

static bool write_entry(const struct core_audit *entry, gpointer data, GError **error)
{
    struct audit *audit = data;

    /* What is wrong with the chain is for whoever verifies to find. */
    core_audit_chain_follow(audit->head, entry);
    return lines_add(&audit->lines, service_audit_line(entry), error);
}

static bool write_audit(struct db_connection *connection, struct export *export, GError **error)
{
    struct audit audit = {.head = &export->head};

    if (!service_audit_start_on(connection, &export->start, error))
        return false;
    export->head = export->start;
    bool ok = lines_begin(&audit.lines, export->writer, "audit.jsonl", error) &&
              db_audit_pending(connection, &export->pending, error) &&
              db_audit_each(connection, 0, write_entry, &audit, error) &&
              lines_end(&audit.lines, export->files, error);
    lines_clear(&audit.lines);
    return ok;
}

/* ---- the proof ---- */

/* Takes over the files. */
static char *show_proof(struct export *export, uint32_t key_id, const struct auth_sign_public *key)
{
    char hash[CORE_AUDIT_HASH_TEXT_SIZE];
    g_autofree char *hex = auth_sign_public_hex(key);
    g_autofree char *id = g_strdup_printf("%08x", key_id);
    g_autoptr(json_t) json = json_pack(
        "{s:s,s:o,s:{s:o,s:s},s:{s:o,s:s,s:s,s:s},s:o,s:{s:I,s:s,s:I},s:{s:s,s:s,s:s}}", "format",
        "presente-term-1", "created_at", base_json_time(base_time_now()), "institution", "id",
        base_json_uuid(&export->institution->id), "name", export->institution->name, "term", "id",
        base_json_uuid(&export->term->id), "name", export->term->name, "first_day",
        export->term->first_day, "last_day", export->term->last_day, "files",
        g_steal_pointer(&export->files), "chain", "position", (json_int_t) export->head.position,
        "hash", core_audit_hash_format(export->head.hash, hash), "pending",
        (json_int_t) export->pending, "key", "id", id, "algorithm", "Ed25519", "public_key", hex);
    if (export->start.position > 0)
        json_object_set_new(json_object_get(json, "chain"), "start",
                            json_pack("{s:I, s:s}", "position", (json_int_t) export->start.position,
                                      "hash", core_audit_hash_format(export->start.hash, hash)));
    g_autofree char *text = json ? base_json_format(json) : NULL;

    return text ? g_strconcat(text, "\n", NULL) : NULL;
}

static bool write_proof(struct export *export, GError **error)
{
    const uint32_t key_id = auth_keys_current(export->keys);
    struct auth_sign_public key;
    uint8_t signature[AUTH_SIGN_BYTES];

    if (!auth_sign_public_of(export->keys, key_id, &key))
        return base_fail(error, BASE_ERROR_UNAVAILABLE, "The key cannot be used for signing.");
    g_autofree char *proof = show_proof(export, key_id, &key);
    g_autofree char *pem = auth_sign_public_pem(&key);
    if (!proof || !auth_sign(export->keys, key_id, proof, strlen(proof), signature))
        return base_fail(error, BASE_ERROR_INTERNAL, "The proof could not be made.");
    return archive_writer_add(export->writer, "proof.json", ARCHIVE_STORED, proof, strlen(proof),
                              error) &&
           archive_writer_add(export->writer, "proof.sig", ARCHIVE_STORED, signature,
                              sizeof signature, error) &&
           archive_writer_add(export->writer, "key.pem", ARCHIVE_STORED, pem, strlen(pem), error);
}

/* ---- the whole ---- */

static bool read_names(struct db_connection *connection, struct export *export, GError **error)
{
    export->term = db_term_find(connection, export->term_id, error);
    export->institution =
        export->term ? service_institution_on(export->service, connection, error) : NULL;
    return export->institution != NULL;
}

/* Register and chain of one moment. What is in the file already cannot be written again. */
static bool write_rows(struct db_connection *connection, gpointer data, GError **error)
{
    struct export *export = data;

    if (export->begun)
        return base_fail(error, BASE_ERROR_UNAVAILABLE,
                         "The connection to the database was lost; please try again.");
    export->begun = true;
    return write_register(connection, export, error) && write_audit(connection, export, error);
}

static bool write_all(struct export *export, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(export->service->db, error);

    if (!connection || !read_names(connection, export, error) ||
        !db_snapshot_on(connection, write_rows, export, error))
        return false;
    g_clear_pointer(&connection, db_release);
    return write_proof(export, error) && archive_writer_finish(export->writer, error);
}

static bool export_to(struct export *export, struct service_term_exported *exported, GError **error)
{
    export->keys = auth_keyring_file_keys(export->service->keys);
    export->files = json_array();
    bool ok = export->keys != NULL ||
              base_fail(error, BASE_ERROR_UNAVAILABLE, "There is no key file to sign with.");
    ok = ok && write_all(export, error);
    if (ok && exported)
        *exported = (struct service_term_exported){.marks = export->marks,
                                                   .head = export->head,
                                                   .key_id = auth_keys_current(export->keys)};
    auth_keys_unref(export->keys);
    core_institution_free(export->institution);
    json_decref(export->files);
    return ok;
}

bool service_term_export(struct service *service, const struct service_identity *identity,
                         const struct base_uuid *term_id, const char *path, bool force,
                         struct service_term_exported *exported, GError **error)
{
    if (!service_allow_all(identity, CORE_ACTION_AUDIT_READ, error) ||
        !service_audit_seal(service, NULL, error))
        return false;
    g_autoptr(archive_writer) writer = archive_writer_create(path, force, error);
    struct export export = {.service = service, .term_id = term_id, .writer = writer};
    const bool ok = writer && export_to(&export, exported, error);
    core_term_free(export.term);
    return ok;
}

int service_term_export_temporary(struct service *service, const struct service_identity *identity,
                                  const struct base_uuid *term_id, char **name, GError **error)
{
    if (!service_allow_all(identity, CORE_ACTION_AUDIT_READ, error))
        return -1;

    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "presente-XXXXXX", NULL);
    int fd = g_mkstemp_full(path, O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0 || g_unlink(path) != 0) {
        base_fail(error, BASE_ERROR_UNAVAILABLE, "There is no room for a temporary file.");
        if (fd >= 0)
            close(fd);
        return -1;
    }
    g_autoptr(archive_writer) writer = archive_writer_create_fd(fd, error);
    struct export export = {.service = service, .term_id = term_id, .writer = writer};
    if (!writer || !export_to(&export, NULL, error) || lseek(fd, 0, SEEK_SET) != 0) {
        g_clear_pointer(&writer, archive_writer_destroy);
        close(fd);
        fd = -1;
    }
    if (fd >= 0 && name)
        *name = g_strdup(export.term->name);
    core_term_free(export.term);
    return fd;
}
