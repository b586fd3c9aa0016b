/* Terms that prove themselves, and that nothing in them can be changed unnoticed. */
#include "fixture.h"

#include "archive/archive.h"
#include "auth/key_file.h"
#include "service/audit_chain.h"
#include "service/keys.h"
#include "service/retention.h"
#include "service/term_export.h"
#include "service/term_proof.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOON ((base_time)1773324000 * BASE_TIME_SECOND)

enum { FILES = 5 };

struct sample {
    struct fixture *fixture;
    struct base_uuid term;
    char *path;
};

static void run(struct fixture *fixture, const char *sql, const struct db_value *values, gsize n)
{
    g_autoptr(db_connection) connection = db_acquire(fixture->db, NULL);
    GError *error = NULL;

    db_execute_values(connection, NULL, &error, sql, values, n);
    if (error)
        fail_msg("%s: %s", sql, error->message);
}

#define RUN(fixture, sql, ...)                                                                     \
    run(fixture, sql, DB_VALUES_(__VA_ARGS__) + 1, DB_VALUES_N_(__VA_ARGS__))

/* A term with a course, a session, and a mark of it that was corrected. */
static void fill_term(struct sample *sample, const struct base_uuid *person)
{
    struct base_uuid ids[5];
    const struct db_value institution = db_uuid(&sample->fixture->admin.institution_id);
    const struct db_value now = db_time(NOON);

    for (gsize i = 0; i < G_N_ELEMENTS(ids); i++)
        base_uuid_new(&ids[i]);
    sample->term = ids[0];
    RUN(sample->fixture,
        "INSERT INTO terms (id, institution_id, name, name_key, first_day, last_day, created_at, "
        "updated_at) VALUES (?, ?, 'Primavera ñ', 'primavera', '2026-03-01', '2026-03-31', ?, ?)",
        db_uuid(&ids[0]), institution, now, now);
    RUN(sample->fixture,
        "INSERT INTO subjects (id, institution_id, code, name, name_key, created_at, updated_at) "
        "VALUES (?, ?, 'MAT-1', 'Álgebra', 'algebra', ?, ?)",
        db_uuid(&ids[1]), institution, now, now);
    RUN(sample->fixture,
        "INSERT INTO courses (id, institution_id, term_id, subject_id, name, name_key, created_at, "
        "updated_at) VALUES (?, ?, ?, ?, 'Álgebra A', 'algebra a', ?, ?)",
        db_uuid(&ids[2]), institution, db_uuid(&ids[0]), db_uuid(&ids[1]), now, now);
    RUN(sample->fixture,
        "INSERT INTO sessions (id, course_id, local_day, start_second, end_second, starts_at, "
        "ends_at, state, edited, created_at, updated_at) "
        "VALUES (?, ?, '2026-04-01', 0, 60, ?, ?, 'planned', ?, ?, ?)",
        db_uuid(&ids[3]), db_uuid(&ids[2]), now, db_time(NOON + 1), db_bool(true), now, now);
    RUN(sample->fixture,
        "INSERT INTO attendance (id, user_id, session_id, course_id, occasion, local_day, "
        "marked_at, status, method, created_at, updated_at) "
        "VALUES (?, ?, ?, ?, 'session:x', '2026-04-01', ?, 'excused', 'manual', ?, ?)",
        db_uuid(&ids[4]), db_uuid(person), db_uuid(&ids[3]), db_uuid(&ids[2]), now, now, now);
    RUN(sample->fixture,
        "INSERT INTO attendance_changes (id, attendance_id, changed_at, from_status, from_method, "
        "to_status, reason) VALUES (?, ?, ?, 'absent', 'automatic', 'excused', 'médico')",
        db_uuid(&ids[4]), db_uuid(&ids[4]), now);
}

static int set_up(void **state)
{
    struct sample *sample = g_new0(struct sample, 1);

    if (fixture_setup((void **)&sample->fixture) != 0)
        return -1;
    struct base_uuid ana =
        fixture_user(sample->fixture, "Ana", "ana@uni.edu", CORE_ROLE_STUDENT, NULL);
    fixture_mark(sample->fixture, &ana, "2026-02-28", CORE_STATUS_PRESENT); /* before the term */
    fixture_mark(sample->fixture, &ana, "2026-03-01", CORE_STATUS_PRESENT);
    fixture_mark(sample->fixture, &ana, "2026-03-31", CORE_STATUS_LATE);
    fill_term(sample, &ana);
    sample->path = g_build_filename(sample->fixture->folder, "term.zip", NULL);
    *state = sample;
    return 0;
}

static int tear_down(void **state)
{
    struct sample *sample = *state;

    g_unlink(sample->path);
    fixture_teardown((void **)&sample->fixture);
    g_free(sample->path);
    g_free(sample);
    return 0;
}

static void export_term(struct sample *sample, struct service_term_exported *exported)
{
    GError *error = NULL;

    service_term_export(sample->fixture->service, &sample->fixture->admin, &sample->term,
                        sample->path, true, exported, &error);
    assert_no_error(error);
}

static struct auth_sign_public current_key(struct sample *sample)
{
    struct auth_sign_public key;
    g_autoptr(auth_keys) keys = auth_keyring_keys(sample->fixture->keys);

    assert_true(auth_sign_public_of(keys, auth_keys_current(keys), &key));
    return key;
}

/* The findings of a file in one text; "" when it is sound. */
static char *findings_of(const void *data, gsize size, const struct auth_sign_public *key)
{
    struct service_term_proof proof;
    g_autoptr(GPtrArray) findings = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;

    if (!service_term_proof_check_bytes(data, size, key, &proof, findings, &error))
        g_ptr_array_add(findings, g_strdup(error->message));
    service_term_proof_clear(&proof);
    g_ptr_array_add(findings, NULL);
    return g_strjoinv("\n", (char **)findings->pdata);
}

struct content {
    char *names[FILES];
    GBytes *bytes[FILES];
};

static void read_content(const char *path, struct content *content)
{
    struct archive_item item;
    GError *error = NULL;
    g_autoptr(archive_reader) reader = archive_reader_open(path, NULL, &error);
    guint n = 0;

    while (reader && archive_reader_next(reader, &item, &error)) {
        assert_true(n < FILES);
        content->names[n] = g_strdup(item.name);
        content->bytes[n++] = archive_reader_read_all(reader, 1 << 20, &error);
    }
    assert_no_error(error);
    assert_int_equal(n, FILES);
}

/* The content as a file again, in memory and stored, so that the test spends its time on checking.
 */
static GBytes *pack(const struct content *content, guint leave_out)
{
    GError *error = NULL;
    gsize size;
    const int fd = memfd_create("zip", MFD_CLOEXEC);
    g_autoptr(archive_writer) writer = archive_writer_create_fd(fd, &error);

    for (guint i = 0; i < FILES; i++) {
        const void *bytes = g_bytes_get_data(content->bytes[i], &size);
        if (i != leave_out)
            assert_true(
                archive_writer_add(writer, content->names[i], ARCHIVE_STORED, bytes, size, &error));
    }
    assert_true(archive_writer_finish(writer, &error));
    const off_t end = lseek(fd, 0, SEEK_END);
    char *data = g_malloc((gsize)end);
    assert_int_equal(pread(fd, data, (size_t)end, 0), end);
    close(fd);
    return g_bytes_new_take(data, (gsize)end);
}

static void clear_content(struct content *content)
{
    for (guint i = 0; i < FILES; i++) {
        g_free(content->names[i]);
        g_bytes_unref(content->bytes[i]);
    }
}

static void test_a_term_proves_itself(void **state)
{
    struct sample *sample = *state;
    struct service_term_exported exported;
    struct service_term_proof proof;
    struct content content;
    struct auth_sign_public key = current_key(sample);
    g_autoptr(GPtrArray) findings = g_ptr_array_new_with_free_func(g_free);
    GError *error = NULL;

    export_term(sample, &exported);
    assert_int_equal(exported.marks, 3); /* two days, and the session although it is in April */
    assert_true(service_term_proof_check(sample->path, &key, &proof, findings, &error));
    if (findings->len > 0)
        fail_msg("%s", (char *)findings->pdata[0]);
    assert_string_equal(proof.term, "Primavera ñ");
    assert_int_equal(proof.marks, 3);
    assert_int_equal(proof.pending, 0);
    assert_true(proof.expected);
    assert_int_equal(proof.head.position, exported.head.position);
    assert_int_equal(proof.head.position,
                     fixture_count(sample->fixture, "SELECT COUNT(*) FROM audit_log"));
    service_term_proof_clear(&proof);

    read_content(sample->path, &content);
    assert_string_equal(content.names[0], "register.jsonl");
    gsize size;
    const char *data = g_bytes_get_data(content.bytes[0], &size);
    g_autofree char *text = g_strndup(data, size);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    assert_int_equal(g_strv_length(lines), 4); /* the last one is empty */
    assert_non_null(strstr(lines[0], "\"day\":\"2026-03-01\""));
    assert_non_null(strstr(lines[2], "\"subject_code\":\"MAT-1\""));
    assert_non_null(strstr(lines[2], "\"reason\":\"médico\""));
    assert_non_null(strstr(lines[2], "\"from\":\"absent\""));
    clear_content(&content);
}

/* The oldest entries of the log are gone: the proof says where it begins, and nowhere else. */
static void test_a_log_without_its_oldest_entries(void **state)
{
    struct sample *sample = *state;
    struct service *service = sample->fixture->service;
    static const gint64 YEAR = 12;
    const struct service_retention_input input = {.audit_months = &YEAR};
    struct auth_sign_public key = current_key(sample);
    struct service_retention_counts done;
    struct content content;
    GError *error = NULL;

    assert_true(service_retention_change(service, &sample->fixture->admin, &input, &error));
    base_time_pretend(base_time_now() + 400 * 24 * 3600 * BASE_TIME_SECOND);
    fixture_group(sample->fixture, "later");
    assert_true(service_retention_run(service, &done, &error));
    base_time_pretend(0);
    assert_true(done.audit_entries > 5);
    export_term(sample, NULL);
    read_content(sample->path, &content);
    g_autoptr(GBytes) whole = pack(&content, FILES);
    g_autofree char *sound =
        findings_of(g_bytes_get_data(whole, NULL), g_bytes_get_size(whole), &key);
    assert_string_equal(sound, "");

    for (guint i = 0; i < FILES; i++) {
        if (strcmp(content.names[i], "audit.jsonl") != 0)
            continue;
        gsize size;
        const char *text = g_bytes_get_data(content.bytes[i], &size);
        const gsize first = (gsize)((const char *)memchr(text, '\n', size) + 1 - text);
        g_autoptr(GBytes) all = content.bytes[i];
        content.bytes[i] = g_bytes_new_from_bytes(all, first, size - first);
    }
    g_autoptr(GBytes) less = pack(&content, FILES);
    g_autofree char *missing =
        findings_of(g_bytes_get_data(less, NULL), g_bytes_get_size(less), &key);
    assert_non_null(strstr(missing, "does not begin where the proof says"));
    clear_content(&content);
}

static void test_every_changed_byte_is_found(void **state)
{
    struct sample *sample = *state;
    struct content content;
    guint tried = 0;

    export_term(sample, NULL);
    read_content(sample->path, &content);
    g_autoptr(GBytes) whole = pack(&content, FILES);
    gsize size;
    const char *data = g_bytes_get_data(whole, &size);
    g_autofree char *sound = findings_of(data, size, NULL);
    assert_string_equal(sound, "");
    for (guint i = 0; i < FILES; i++) {
        gsize file_size;
        GBytes *before = content.bytes[i];
        const guint8 *bytes = g_bytes_get_data(before, &file_size);
        g_autofree guint8 *changed = g_memdup2(bytes, file_size);
        /* Each byte of the proof, its signature and key; of the long files a good many. */
        for (gsize k = 0; k < file_size; k += i < 2 ? 37 : 1) {
            changed[k] ^= 1;
            content.bytes[i] = g_bytes_new_static(changed, file_size);
            g_autoptr(GBytes) forged = pack(&content, FILES);
            gsize forged_size;
            const void *forged_data = g_bytes_get_data(forged, &forged_size);
            g_autofree char *found = findings_of(forged_data, forged_size, NULL);
            if (!*found)
                fail_msg("byte %u of %s was changed unnoticed", (guint)k, content.names[i]);
            g_bytes_unref(content.bytes[i]);
            changed[k] ^= 1;
            tried++;
        }
        content.bytes[i] = before;
    }
    assert_true(tried > 600);
    clear_content(&content);
}

/* What of the ZIP file itself can be changed without anybody noticing must change nothing of what
 * is in it. */
static void test_bytes_of_the_container(void **state)
{
    struct sample *sample = *state;
    g_autofree char *data = NULL;
    gsize size;

    export_term(sample, NULL);
    assert_true(g_file_get_contents(sample->path, &data, &size, NULL));
    for (gsize k = 0; k < size; k += 3) {
        data[k] ^= 4;
        g_autofree char *found = findings_of(data, size, NULL);
        (void)found; /* any answer will do; the sanitizers watch */
        data[k] ^= 4;
    }
    g_autofree char *sound = findings_of(data, size, NULL);
    assert_string_equal(sound, "");
}

static void test_what_is_missing_or_from_elsewhere(void **state)
{
    struct sample *sample = *state;
    struct content content;
    struct content later;
    gsize size;

    export_term(sample, NULL);
    read_content(sample->path, &content);
    for (guint i = 0; i < FILES; i++) {
        g_autoptr(GBytes) without = pack(&content, i);
        const void *data = g_bytes_get_data(without, &size);
        g_autofree char *found = findings_of(data, size, NULL);
        g_autofree char *expected = g_strdup_printf("%s is missing.", content.names[i]);
        assert_string_equal(found, expected);
    }

    /* The register of a later export beside the proof of this one. */
    RUN(sample->fixture, "UPDATE attendance SET status = 'present'");
    export_term(sample, NULL);
    read_content(sample->path, &later);
    GBytes *own = content.bytes[0];
    content.bytes[0] = later.bytes[0];
    g_autoptr(GBytes) mixed = pack(&content, FILES);
    content.bytes[0] = own;
    const void *data = g_bytes_get_data(mixed, &size);
    g_autofree char *found = findings_of(data, size, NULL);
    assert_string_equal(found, "register.jsonl is not the file that was signed.");
    clear_content(&content);
    clear_content(&later);
}

static void test_a_forger_has_another_key(void **state)
{
    struct sample *sample = *state;
    g_autoptr(auth_keys) others = auth_keys_create(NULL);
    struct auth_sign_public other;
    struct service_term_proof proof;
    g_autoptr(GPtrArray) findings = g_ptr_array_new_with_free_func(g_free);
    GError *error = NULL;

    export_term(sample, NULL);
    assert_true(auth_sign_public_of(others, auth_keys_current(others), &other));
    assert_true(service_term_proof_check(sample->path, &other, &proof, findings, &error));
    assert_true(findings->len > 0);
    assert_non_null(strstr(findings->pdata[0], "another key"));
    service_term_proof_clear(&proof);
    g_ptr_array_set_size(findings, 0);
    assert_true(service_term_proof_check(sample->path, NULL, &proof, findings, &error));
    assert_int_equal(findings->len, 0);
    assert_false(proof.expected);
    service_term_proof_clear(&proof);
}

static void test_rotated_keys_leave_old_proofs_good(void **state)
{
    struct sample *sample = *state;
    struct auth_sign_public before = current_key(sample);
    g_autofree char *data = NULL;
    gsize size;
    uint32_t added = 0;
    GError *error = NULL;

    export_term(sample, NULL);
    assert_true(g_file_get_contents(sample->path, &data, &size, NULL));
    g_autoptr(auth_key_file) file = auth_key_file_open(sample->fixture->key_path, &error);
    assert_no_error(error);
    assert_true(auth_key_file_add(file, true, &added, &error));
    g_clear_pointer(&file, auth_key_file_close);
    auth_keys_unref(auth_keyring_keys_with(sample->fixture->keys, added)); /* looks now */
    export_term(sample, NULL);
    struct auth_sign_public after = current_key(sample);
    assert_memory_not_equal(before.bytes, after.bytes, sizeof before.bytes);
    g_autofree char *old = findings_of(data, size, &before);
    assert_string_equal(old, "");
    g_autofree char *mistaken = findings_of(data, size, &after);
    assert_string_not_equal(mistaken, "");
}

static void test_who_may_and_what_is_refused(void **state)
{
    struct sample *sample = *state;
    struct service *service = sample->fixture->service;
    struct base_uuid id =
        fixture_user(sample->fixture, "Tom", "tom@uni.edu", CORE_ROLE_TEACHER, NULL);
    struct service_identity teacher = fixture_identity(sample->fixture, &id);
    struct base_uuid unknown;
    GError *error = NULL;
    struct stat about;
    g_autofree char *name = NULL;

    base_uuid_new(&unknown);
    assert_false(
        service_term_export(service, &teacher, &sample->term, sample->path, false, NULL, &error));
    assert_base_error(error, BASE_ERROR_FORBIDDEN);
    assert_false(service_term_export(service, &sample->fixture->admin, &unknown, sample->path,
                                     false, NULL, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    assert_false(g_file_test(sample->path, G_FILE_TEST_EXISTS));
    assert_int_equal(
        service_term_export_temporary(service, &sample->fixture->admin, &unknown, NULL, &error),
        -1);
    assert_base_error(error, BASE_ERROR_NOT_FOUND);

    /* The temporary one leaves the chain as it is, and says so. */
    fixture_group(sample->fixture, "7A");
    const int fd = service_term_export_temporary(service, &sample->fixture->admin, &sample->term,
                                                 &name, &error);
    assert_no_error(error);
    assert_string_equal(name, "Primavera ñ");
    assert_int_equal(fstat(fd, &about), 0);
    g_autofree char *bytes = g_malloc((gsize)about.st_size);
    assert_int_equal(read(fd, bytes, (size_t)about.st_size), about.st_size);
    close(fd);
    g_autofree char *sound = findings_of(bytes, (gsize)about.st_size, NULL);
    assert_string_equal(sound, "");
    assert_true(fixture_count(sample->fixture,
                              "SELECT COUNT(*) FROM audit_log WHERE position IS NULL") > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_term_proves_itself),        TEST(test_every_changed_byte_is_found),
        TEST(test_bytes_of_the_container),      TEST(test_what_is_missing_or_from_elsewhere),
        TEST(test_a_forger_has_another_key),    TEST(test_rotated_keys_leave_old_proofs_good),
        TEST(test_who_may_and_what_is_refused), TEST(test_a_log_without_its_oldest_entries),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
