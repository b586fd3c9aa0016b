/* Rotating the key under templates, finding what no key opens, and a key that is lost. The
 * templates are sealed texts of no face: nothing here looks inside. */
#include "../database.h"
#include "fixture.h"

#include "auth/key_file.h"
#include "auth/seal.h"
#include "service/keys.h"

#include <glib/gstdio.h>
#include <string.h>

#define LOOK_US (2 * AUTH_KEYRING_LOOK_MS * G_TIME_SPAN_MILLISECOND)

static const char MODEL[] = "model";
static const char PLAIN[] = "a face";

static GBytes *seal(struct auth_keyring *keys, const struct base_uuid *user,
                    const struct base_uuid *id)
{
    const struct auth_seal_context context = {*user, *id, MODEL};
    GError *error = NULL;
    GBytes *sealed = auth_seal_close(keys, &context, PLAIN, sizeof PLAIN, &error);

    assert_no_error(error);
    return sealed;
}

static bool insert(struct db_connection *connection, const struct base_uuid *user,
                   const struct base_uuid *id, GBytes *sealed, GError **error)
{
    struct core_template face = {
        .id = *id,
        .user_id = *user,
        .sealed = sealed,
        .model = (char *)MODEL,
        .quality = 1,
        .source = (char *)"test",
        .created_at = base_time_now(),
    };

    return db_template_insert(connection, &face, error) &&
           db_face_revision_bump(connection, user, error);
}

static void enrol(struct fixture *f, const struct base_uuid *user, int n)
{
    GError *error = NULL;
    g_autoptr(db_connection) connection = db_acquire(f->db, &error);

    for (int i = 0; i < n; i++) {
        struct base_uuid id;
        base_uuid_new(&id);
        g_autoptr(GBytes) sealed = seal(f->keys, user, &id);
        assert_true(insert(connection, user, &id, sealed, &error));
    }
}

static struct base_uuid person(struct fixture *f, const char *name)
{
    g_autofree char *email = g_strconcat(name, "@uni.edu", NULL);

    return fixture_user(f, name, email, CORE_ROLE_STUDENT, NULL);
}

static struct service_keys_report report_of(struct fixture *f)
{
    struct service_keys_report report;
    GError *error = NULL;

    assert_true(service_keys_report(f->service, &report, &error));
    assert_no_error(error);
    return report;
}

static const struct service_key_use *use_at(const struct service_keys_report *report, guint index)
{
    assert_true(index < report->uses->len);
    return &g_array_index(report->uses, struct service_key_use, index);
}

static guint32 rotate(struct fixture *f, gint64 expected, bool resumed)
{
    struct service_keys_rotation rotation = {.step = SERVICE_KEYS_ROTATE};
    GError *error = NULL;

    assert_true(service_keys_rotate(f->service, &f->admin, &rotation, &error));
    assert_no_error(error);
    assert_int_equal(rotation.templates, expected);
    assert_int_equal(rotation.resumed, resumed);
    return rotation.id;
}

/* Flips a bit of somebody's template. */
static void tamper(struct fixture *f, const struct base_uuid *user)
{
    GError *error = NULL;
    g_autoptr(db_connection) connection = db_acquire(f->db, &error);
    g_autoptr(GPtrArray) faces = db_template_list_user(connection, user, &error);
    const struct core_template *face = faces->pdata[0];
    gsize n = 0;
    g_autofree guint8 *bytes = g_bytes_unref_to_data(g_bytes_ref(face->sealed), &n);

    bytes[n - 1] ^= 1;
    g_autoptr(GBytes) damaged = g_bytes_new(bytes, n);
    assert_true(
        db_seal_template_replace(connection, &face->id, face->sealed, damaged, NULL, &error));
}

static void test_everything_that_opens_is_sealed_anew(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    const struct base_uuid ana = person(f, "ana"), bea = person(f, "bea");

    enrol(f, &ana, 230); /* more than a page */
    enrol(f, &bea, 2);
    tamper(f, &bea);
    struct service_keys_report before = report_of(f);
    const guint32 old = use_at(&before, 0)->id;
    assert_int_equal(before.templates, 232);
    assert_int_equal(before.templates_unreadable, 1);
    service_keys_report_clear(&before);

    const guint32 fresh = rotate(f, 231, false);
    struct service_keys_report after = report_of(f);
    assert_int_equal(after.uses->len, 2);
    assert_int_equal(use_at(&after, 0)->id, fresh);
    assert_true(use_at(&after, 0)->current);
    assert_int_equal(use_at(&after, 0)->templates, 231);
    assert_int_equal(use_at(&after, 1)->id, old);
    assert_int_equal(use_at(&after, 1)->templates, 1);
    assert_int_equal(after.templates_unreadable, 1);
    service_keys_report_clear(&after);

    g_autoptr(GPtrArray) findings = g_ptr_array_new_with_free_func(g_free);
    assert_true(service_seals_check(f->service, findings, &error));
    assert_int_equal(findings->len, 2);
    assert_string_equal(findings->pdata[0],
                        "1 of 232 stored faces do not open with this key file.");
    assert_non_null(strstr(findings->pdata[1], "was changed after it was sealed"));

    /* What no key opens does not keep a key in the file. */
    assert_true(service_keys_drop(f->service, &f->admin, old, &error));
    assert_no_error(error);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM audit_log WHERE action IN "
                                      "('keys.rotate', 'keys.drop')"),
                     2);
}

static void test_a_key_in_use_is_not_dropped(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    const struct base_uuid ana = person(f, "ana");
    guint32 fresh = 0;

    enrol(f, &ana, 3);
    const guint32 old = rotate(f, 3, false);
    /* As an interrupted rotation leaves it. */
    g_autoptr(auth_key_file) file = auth_key_file_open(f->key_path, &error);
    assert_true(auth_key_file_add(file, true, &fresh, &error));
    g_clear_pointer(&file, auth_key_file_close);
    assert_false(service_keys_drop(f->service, &f->admin, old, &error));
    assert_non_null(strstr(error->message, "3 faces"));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    assert_false(service_keys_drop(f->service, &f->admin, fresh, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
    assert_false(service_keys_drop(f->service, &f->admin, 1, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);

    assert_int_equal(rotate(f, 3, true), fresh);
    assert_true(service_keys_drop(f->service, &f->admin, old, &error));
    assert_no_error(error);
}

static void test_only_administrators(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    const struct base_uuid ana = person(f, "ana");
    const struct service_identity student = fixture_identity(f, &ana);
    struct service_keys_rotation rotation = {.step = SERVICE_KEYS_ROTATE};
    struct service_keys_replacement replacement;

    assert_false(service_keys_rotate(f->service, &student, &rotation, &error));
    assert_base_error(error, BASE_ERROR_FORBIDDEN);
    assert_false(service_keys_drop(f->service, &student, 1, &error));
    assert_base_error(error, BASE_ERROR_FORBIDDEN);
    assert_false(service_keys_replace(f->service, &student, &replacement, &error));
    assert_base_error(error, BASE_ERROR_FORBIDDEN);
}

/* ---- an enrolment that is under way ---- */

struct late {
    struct fixture *f;
    struct base_uuid user;
    gint sealed;
};

static bool late_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct late *late = data;
    struct base_uuid id;
    gint64 revision = 0;

    base_uuid_new(&id);
    if (!db_face_revision(connection, &revision, error))
        return false;
    g_autoptr(GBytes) sealed = seal(late->f->keys, &late->user, &id);
    /* Sealed with the old key, and the rotation has run for a while before it is stored. */
    if (g_atomic_int_add(&late->sealed, 1) == 0)
        g_usleep(3 * LOOK_US);
    return insert(connection, &late->user, &id, sealed, error);
}

static gpointer late_run(gpointer data)
{
    struct late *late = data;

    return GINT_TO_POINTER(db_transaction(late->f->db, late_body, late, NULL));
}

static void test_an_enrolment_under_way_is_not_missed(void **state)
{
    struct fixture *f = *state;
    struct late late = {.f = f, .user = person(f, "ana")};
    struct service_keys_rotation rotation = {.step = SERVICE_KEYS_ROTATE};
    GError *error = NULL;

    enrol(f, &late.user, 3);
    GThread *thread = g_thread_new("enrol", late_run, &late);
    while (g_atomic_int_get(&late.sealed) == 0)
        g_usleep(1000);
    assert_true(service_keys_rotate(f->service, &f->admin, &rotation, &error));
    assert_no_error(error);
    assert_true(GPOINTER_TO_INT(g_thread_join(thread)));
    struct service_keys_report report = report_of(f);
    assert_int_equal(report.templates, 4);
    assert_int_equal(use_at(&report, 0)->templates, 4);
    assert_int_equal(report.templates_unreadable, 0);
    service_keys_report_clear(&report);
}

/* ---- lost ---- */

static void put_other_key(struct fixture *f)
{
    g_autofree char *other = g_strconcat(f->key_path, ".other", NULL);
    GError *error = NULL;

    auth_keys_unref(auth_keys_load_or_create(other, NULL, &error));
    assert_no_error(error);
    assert_int_equal(g_rename(other, f->key_path), 0);
    g_usleep(LOOK_US);
}

static void test_another_key_is_refused_until_it_fits(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    const struct base_uuid ana = person(f, "ana");
    g_autofree char *own = NULL, *trouble = NULL;
    gsize n = 0;

    enrol(f, &ana, 3);
    assert_true(service_keys_ready(f->service, &error));
    assert_null(service_keys_trouble(f->service));
    assert_true(g_file_get_contents(f->key_path, &own, &n, NULL));
    put_other_key(f);
    assert_false(service_keys_ready(f->service, &error));
    assert_null(strstr(error->message, "presente.key")); /* strangers may read it */
    assert_base_error(error, BASE_ERROR_UNAVAILABLE);
    trouble = service_keys_trouble(f->service);
    assert_non_null(strstr(trouble, "presente.key opens none of the 3 stored faces"));
    struct service_keys_rotation rotation = {.step = SERVICE_KEYS_ROTATE};
    assert_false(service_keys_rotate(f->service, &f->admin, &rotation, &error));
    assert_base_error(error, BASE_ERROR_UNAVAILABLE);

    g_file_set_contents_full(f->key_path, own, (gssize)n, G_FILE_SET_CONTENTS_CONSISTENT, 0600,
                             &error);
    g_usleep(LOOK_US);
    assert_true(service_keys_ready(f->service, &error));
    rotate(f, 3, false);
}

/* Keys that were never compared with a database that does not answer may well be the right ones. */
static void test_nothing_is_replaced_on_a_guess(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    const struct base_uuid ana = person(f, "ana");
    struct service_keys_replacement replacement;
    struct recogniser *recogniser = NULL;
    g_autofree char *before = NULL, *after = NULL;

    enrol(f, &ana, 1);
    assert_true(g_file_get_contents(f->key_path, &before, NULL, &error));
    g_autoptr(auth_keyring) doubted = auth_keyring_load(f->key_path, &error);
    struct service *service = fixture_second(f, doubted, &recogniser);
    g_autoptr(db_connection) connection = db_acquire(f->db, &error);
    assert_true(db_execute(connection, NULL, &error, "ALTER TABLE counters RENAME TO away"));
    assert_false(service_keys_replace(service, &f->admin, &replacement, &error));
    assert_base_error(error,
                      unit_database_is_file() ? BASE_ERROR_INTERNAL : BASE_ERROR_UNAVAILABLE);
    assert_true(g_file_get_contents(f->key_path, &after, NULL, &error));
    assert_string_equal(after, before);
    service_destroy(service);
    recogniser_destroy(recogniser);
}

static void test_replacing_deletes_only_what_no_key_opens(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    const struct base_uuid ana = person(f, "ana");
    struct service_keys_replacement replacement;

    enrol(f, &ana, 3);
    assert_false(service_keys_replace(f->service, &f->admin, &replacement, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM face_templates"), 3);
    put_other_key(f);
    assert_true(service_keys_replace(f->service, &f->admin, &replacement, &error));
    assert_no_error(error);
    assert_int_equal(replacement.templates, 3);
    assert_non_null(replacement.kept);
    assert_int_equal(g_unlink(replacement.kept), 0);
    service_keys_replacement_clear(&replacement);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM face_templates"), 0);
    assert_true(service_keys_ready(f->service, &error));
    enrol(f, &ana, 1);
    struct service_keys_report report = report_of(f);
    assert_int_equal(report.templates_unreadable, 0);
    service_keys_report_clear(&report);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_everything_that_opens_is_sealed_anew),
        TEST(test_a_key_in_use_is_not_dropped),
        TEST(test_only_administrators),
        TEST(test_an_enrolment_under_way_is_not_missed),
        TEST(test_another_key_is_refused_until_it_fits),
        TEST(test_nothing_is_replaced_on_a_guess),
        TEST(test_replacing_deletes_only_what_no_key_opens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
