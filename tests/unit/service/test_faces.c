/* Enrolment with real models and real photographs. */
#include "fixture.h"

#include "../database.h"

#include "auth/seal.h"

#include <glib/gstdio.h>
#include <string.h>

static struct base_uuid student(struct fixture *f, const char *name)
{
    g_autofree char *email = g_strdup_printf("%s@uni.edu", name);

    return fixture_user(f, name, email, CORE_ROLE_STUDENT, NULL);
}

static gint64 templates(struct fixture *f)
{
    return fixture_count(f, "SELECT COUNT(*) FROM face_templates");
}

static void test_enrolled_stored_and_in_the_gallery(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;

    if (!fixture_has_faces(f))
        skip();
    const struct base_uuid id = student(f, "ana");
    fixture_enrol(f, &id, 0);
    assert_int_equal(templates(f), 3);
    assert_true(recognise_person_exists(f->recogniser, &id));
    g_autoptr(GPtrArray) faces = service_faces_list(f->service, &f->admin, &id, &error);
    assert_int_equal(faces->len, 3);
    assert_null(((struct core_template *)faces->pdata[0])->sealed);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM audit_log WHERE action = 'faces.add'"),
                     1);
}

static void test_deleting_faces_and_people_empties_the_gallery(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    gint64 removed = 0;

    if (!fixture_has_faces(f))
        skip();
    const struct base_uuid ana = student(f, "ana"), bea = student(f, "bea");
    const struct service_identity stranger = fixture_identity(f, &bea);
    fixture_enrol(f, &ana, 0);
    fixture_enrol(f, &bea, 1);
    assert_false(service_faces_delete(f->service, &stranger, &ana, NULL, &removed, &error));
    assert_base_error(error, BASE_ERROR_FORBIDDEN);
    g_autoptr(GPtrArray) faces = service_faces_list(f->service, &f->admin, &ana, &error);
    const struct core_template *first = faces->pdata[0];
    assert_false(service_faces_delete(f->service, &f->admin, &bea, &first->id, &removed, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    assert_true(service_faces_delete(f->service, &f->admin, &ana, &first->id, &removed, &error));
    assert_int_equal(removed, 1);
    assert_true(recognise_person_exists(f->recogniser, &ana));
    assert_true(service_faces_delete(f->service, &f->admin, &ana, NULL, &removed, &error));
    assert_int_equal(removed, 2);
    assert_false(recognise_person_exists(f->recogniser, &ana));
    assert_true(service_user_delete(f->service, &f->admin, &bea, &error));
    assert_false(recognise_person_exists(f->recogniser, &bea));
    assert_int_equal(templates(f), 0);
}

static void test_an_inactive_person_is_not_searched(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;

    if (!fixture_has_faces(f))
        skip();
    const struct base_uuid id = student(f, "ana");
    fixture_enrol(f, &id, 0);
    const struct service_user_input off = {.fields = SERVICE_USER_ACTIVE, .active = false};
    const struct service_user_input on = {.fields = SERVICE_USER_ACTIVE, .active = true};
    core_user_free(service_user_update(f->service, &f->admin, &id, &off, &error));
    assert_false(recognise_person_exists(f->recogniser, &id));
    core_user_free(service_user_update(f->service, &f->admin, &id, &on, &error));
    assert_true(recognise_person_exists(f->recogniser, &id));
}

static void test_one_face_is_one_person(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    struct recognise_picture photos[3];
    struct service_enrolment enrolment;

    if (!fixture_has_faces(f))
        skip();
    const struct base_uuid ana = student(f, "ana"), other = student(f, "other");
    const struct service_identity herself = fixture_identity(f, &other);
    struct service_enrol_options options = {.allow_duplicate = true};
    fixture_enrol(f, &ana, 0);
    sample_photos(0, photos);
    fixture_agree(f, &herself);
    /* Only an administrator may say that it is a twin. */
    assert_true(
        service_enrol(f->service, &herself, &other, photos, 3, &options, &enrolment, &error));
    assert_true(enrolment.stored);
    assert_true(enrolment.held);
    assert_true(base_uuid_is_nil(&enrolment.duplicate_of));
    assert_false(recognise_person_exists(f->recogniser, &other));
    assert_true(service_faces_delete(f->service, &f->admin, &other, NULL, NULL, &error));
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM duplicates"), 0);
    options.allow_duplicate = false;
    assert_true(
        service_enrol(f->service, &f->admin, &other, photos, 3, &options, &enrolment, &error));
    assert_true(enrolment.held);
    assert_true(base_uuid_equal(&enrolment.duplicate_of, &ana));
    assert_true(service_faces_delete(f->service, &f->admin, &other, NULL, NULL, &error));
    assert_int_equal(templates(f), 3);
    options.allow_duplicate = true;
    assert_true(
        service_enrol(f->service, &f->admin, &other, photos, 3, &options, &enrolment, &error));
    assert_true(enrolment.stored);
    assert_false(enrolment.held);
    assert_true(recognise_person_exists(f->recogniser, &other));
}

static void test_photos_of_several_people_are_refused(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    struct service_enrolment enrolment;

    if (!fixture_has_faces(f))
        skip();
    const struct base_uuid id = student(f, "ana");
    const struct recognise_picture three[] = {sample_photo(0, 0), sample_photo(1, 0),
                                              sample_photo(2, 0)};
    assert_true(service_enrol(f->service, &f->admin, &id, three, 3, NULL, &enrolment, &error));
    assert_false(enrolment.stored);
    const struct recognise_picture odd[] = {sample_photo(0, 0), sample_photo(1, 0),
                                            sample_photo(0, 1)};
    assert_true(service_enrol(f->service, &f->admin, &id, odd, 3, NULL, &enrolment, &error));
    assert_false(enrolment.stored);
    assert_int_equal(enrolment.photos[0].kind, SERVICE_PHOTO_ACCEPTED);
    assert_int_equal(enrolment.photos[1].kind, SERVICE_PHOTO_OTHER_PERSON);
    assert_true(base_uuid_is_nil(&enrolment.photos[0].template_id));
    /* Later photos must be of the person stored. */
    fixture_enrol(f, &id, 0);
    const struct recognise_picture later[] = {sample_photo(1, 0), sample_photo(1, 1)};
    assert_true(service_enrol(f->service, &f->admin, &id, later, 2, NULL, &enrolment, &error));
    assert_false(enrolment.stored);
    assert_int_equal(enrolment.photos[1].kind, SERVICE_PHOTO_OTHER_PERSON);
    assert_int_equal(templates(f), 3);
}

static void test_registration_is_all_or_nothing(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    struct service_registration result;
    struct recognise_picture photos[] = {sample_wall(), sample_wall(), sample_wall()};
    const struct service_user_input input = {.name = "Ana L\xC3\xB3pez",
                                             .email = "ana@uni.edu",
                                             .password = PASSWORD,
                                             .consent_version = 1};

    if (!fixture_has_faces(f))
        skip();
    photos[0] = sample_photo(0, 0);
    photos[1] = sample_photo(0, 1);
    assert_true(service_user_register(f->service, &input, photos, 3, &result, &error));
    assert_null(result.user);
    assert_false(result.photos.stored);
    assert_int_equal(result.photos.photos[0].kind, SERVICE_PHOTO_ACCEPTED);
    assert_int_equal(result.photos.photos[2].kind, SERVICE_PHOTO_NO_FACE);
    service_registration_clear(&result);
    photos[2] = (struct recognise_picture){"not a picture", 13};
    assert_true(service_user_register(f->service, &input, photos, 3, &result, &error));
    assert_int_equal(result.photos.photos[2].kind, SERVICE_PHOTO_UNREADABLE);
    service_registration_clear(&result);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM users"), 1);
    assert_int_equal(templates(f), 0);
    assert_int_equal(
        fixture_count(f, "SELECT COUNT(*) FROM audit_log WHERE action = 'user.register'"), 0);

    photos[2] = sample_photo(0, 2);
    assert_true(service_user_register(f->service, &input, photos, 3, &result, &error));
    assert_no_error(error);
    assert_non_null(result.user);
    assert_int_equal(result.user->role, CORE_ROLE_STUDENT);
    assert_int_equal(result.user->face_count, 3);
    assert_true(recognise_person_exists(f->recogniser, &result.user->id));
    service_registration_clear(&result);
    struct service_session session;
    assert_true(service_sign_in(f->service, "ana@uni.edu", PASSWORD, NULL, &session, NULL, &error));
    service_session_clear(&session);
    /* The same face under another address. */
    const struct service_user_input again = {
        .name = "Eva", .email = "eva@uni.edu", .password = PASSWORD, .consent_version = 1};
    assert_true(service_user_register(f->service, &again, photos, 3, &result, &error));
    assert_non_null(result.user);
    assert_int_equal(result.user->face_count, 0);
    assert_int_equal(result.user->faces_held, 3);
    assert_true(base_uuid_is_nil(&result.photos.duplicate_of));
    assert_false(recognise_person_exists(f->recogniser, &result.user->id));
    service_registration_clear(&result);
}

struct registrant {
    struct fixture *fixture;
    int number;
};

static gpointer register_in_thread(gpointer data)
{
    const struct registrant *self = data;
    struct service_registration result;
    struct recognise_picture photos[3];
    g_autofree char *email = g_strdup_printf("ana%d@uni.edu", self->number);
    const struct service_user_input input = {
        .name = "Ana", .email = email, .password = PASSWORD, .consent_version = 1};

    sample_photos(0, photos);
    const bool ok =
        service_user_register(self->fixture->service, &input, photos, 3, &result, NULL) &&
        result.user != NULL && !result.photos.held;
    service_registration_clear(&result);
    return GINT_TO_POINTER(ok);
}

static void test_one_face_registering_at_once_is_one_person(void **state)
{
    struct fixture *f = *state;
    struct registrant registrants[6];
    GThread *threads[6];
    struct recognise_picture photos[3];
    int registered = 0;

    if (!fixture_has_faces(f))
        skip();
    sample_photos(0, photos); /* cut before the threads need them */
    for (int i = 0; i < 6; i++) {
        registrants[i] = (struct registrant){f, i};
        threads[i] = g_thread_new("register", register_in_thread, &registrants[i]);
    }
    for (int i = 0; i < 6; i++)
        registered += GPOINTER_TO_INT(g_thread_join(threads[i]));
    assert_int_equal(registered, 1);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM face_templates WHERE held = FALSE"), 3);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM duplicates WHERE state = 'open'"), 5);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM users"), 7);
}

struct enroller {
    struct fixture *fixture;
    struct base_uuid id;
    unsigned who;
};

static gpointer enrol_in_thread(gpointer data)
{
    const struct enroller *self = data;
    struct service_enrolment enrolment;
    struct recognise_picture photos[3];

    sample_photos(self->who, photos);
    return GINT_TO_POINTER(service_enrol(self->fixture->service, &self->fixture->admin, &self->id,
                                         photos, 3, NULL, &enrolment, NULL) &&
                           enrolment.stored);
}

static void test_two_people_enrolling_at_once_into_one_account(void **state)
{
    struct fixture *f = *state;
    struct enroller enrollers[2];
    GThread *threads[2];
    struct recognise_picture photos[3];
    int stored = 0;

    if (!fixture_has_faces(f))
        skip();
    const struct base_uuid id = student(f, "ana");
    for (unsigned i = 0; i < 2; i++)
        sample_photos(i, photos); /* cut before the threads need them */
    for (unsigned i = 0; i < 2; i++) {
        enrollers[i] = (struct enroller){f, id, i};
        threads[i] = g_thread_new("enrol", enrol_in_thread, &enrollers[i]);
    }
    for (int i = 0; i < 2; i++)
        stored += GPOINTER_TO_INT(g_thread_join(threads[i]));
    assert_int_equal(stored, 1);
    assert_int_equal(templates(f), 3);
}

static void test_a_taken_address_shows_after_the_photos(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    struct service_registration result;
    struct recognise_picture photos[] = {sample_wall(), sample_wall(), sample_wall()};
    struct service_user_input input = {
        .name = "Ana", .email = ADMIN_EMAIL, .password = PASSWORD, .consent_version = 1};

    if (!fixture_has_faces(f))
        skip();
    assert_true(service_user_register(f->service, &input, photos, 3, &result, &error));
    assert_int_equal(result.photos.photos[0].kind, SERVICE_PHOTO_NO_FACE);
    service_registration_clear(&result);
    sample_photos(0, photos);
    assert_false(service_user_register(f->service, &input, photos, 3, &result, &error));
    assert_string_equal(service_error_field(error), "email");
    assert_base_error(error, BASE_ERROR_CONFLICT);
    assert_int_equal(templates(f), 0);
}

static void test_no_more_than_the_limit(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    struct recognise_picture photos[3];
    struct service_enrolment enrolment;

    if (!fixture_has_faces(f))
        skip();
    const struct base_uuid id = student(f, "ana");
    for (int i = 0; i < 4; i++)
        fixture_enrol(f, &id, 0);
    sample_photos(0, photos);
    const struct service_enrol_options options = {.allow_copies = true};
    assert_false(
        service_enrol(f->service, &f->admin, &id, photos, 3, &options, &enrolment, &error));
    assert_string_equal(service_error_field(error), "image");
    assert_base_error(error, BASE_ERROR_CONFLICT);
    assert_int_equal(templates(f), 12);
}

static void test_the_database_gives_up_no_face(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    struct recognise_photo seen;
    const struct recognise_picture picture = sample_photo(0, 0);
    static const char *const names[] = {"presente.db", "presente.db-wal"};

    if (!fixture_has_faces(f))
        skip();
    const struct base_uuid id = student(f, "ana");
    fixture_enrol(f, &id, 0);
    assert_true(recognise_enrol_photo(f->recogniser, &picture,
                                      &(struct recognise_options){.skip_liveness = true}, &seen,
                                      &error));
    g_autoptr(GPtrArray) rows = NULL;
    g_autoptr(db_connection) connection = db_acquire(f->db, &error);
    rows = db_template_list_user(connection, &id, &error);
    const struct core_template *row = rows->pdata[0];
    gsize sealed_n = 0;
    const void *sealed = g_bytes_get_data(row->sealed, &sealed_n);
    /* A server's files are its own: there, what it was given. */
    bool sealed_found = !unit_database_is_file();
    for (guint i = 0; i < rows->len; i++) {
        gsize n = 0;
        const void *bytes =
            g_bytes_get_data(((const struct core_template *)rows->pdata[i])->sealed, &n);
        for (size_t k = 0; k + 2 <= FACE_EMBEDDING_N; k += 2)
            assert_null(memmem(bytes, n, &seen.values[k], 2 * sizeof(float)));
    }
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(f->folder, names[i], NULL);
        g_autofree char *bytes = NULL;
        gsize n = 0;
        if (!g_file_get_contents(path, &bytes, &n, NULL))
            continue;
        /* The search finds what is there, so it would find this as well. */
        sealed_found |= memmem(bytes, n, sealed, 64) != NULL;
        for (size_t k = 0; k + 2 <= FACE_EMBEDDING_N; k += 2)
            assert_null(memmem(bytes, n, &seen.values[k], 2 * sizeof(float)));
    }
    assert_true(sealed_found);
}

/* How many templates a fresh service with these keys can read. */
static void report_with(struct fixture *f, struct auth_keyring *keys,
                        struct service_gallery_report *report)
{
    GError *error = NULL;
    struct recogniser *recogniser = NULL;
    struct service *second = fixture_second(f, keys, &recogniser);
    struct service_identity local;

    assert_true(service_identity_local(second, &local, &error));
    assert_true(service_gallery_rebuild(second, &local, report, &error));
    assert_no_error(error);
    assert_int_equal(recognise_people_count(recogniser), report->people);
    service_destroy(second);
    recogniser_destroy(recogniser);
}

static void test_tampered_moved_and_wrongly_keyed_templates(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    struct service_gallery_report report;

    if (!fixture_has_faces(f))
        skip();
    const struct base_uuid ana = student(f, "ana"), bea = student(f, "bea");
    fixture_enrol(f, &ana, 0);
    fixture_enrol(f, &bea, 1);
    report_with(f, NULL, &report);
    assert_int_equal(report.templates, 6);
    assert_int_equal(report.people, 2);
    service_gallery_report_clear(&report);

    g_autoptr(db_connection) connection = db_acquire(f->db, &error);
    g_autoptr(GPtrArray) rows = db_template_list_user(connection, &ana, &error);
    const struct core_template *first = rows->pdata[0], *second = rows->pdata[1];
    gsize n = 0;
    g_autofree uint8_t *bytes = g_bytes_unref_to_data(g_bytes_ref(first->sealed), &n);
    bytes[n / 2] ^= 1;
    g_autoptr(GBytes) damaged = g_bytes_new(bytes, n);
    assert_true(
        db_seal_template_replace(connection, &first->id, first->sealed, damaged, NULL, &error));
    /* One person's template put in place of another's. */
    assert_true(db_execute(connection, NULL, &error,
                           "UPDATE face_templates SET user_id = ? WHERE id = ?", db_uuid(&bea),
                           db_uuid(&second->id)));
    g_clear_pointer(&connection, db_release);
    report_with(f, NULL, &report);
    assert_int_equal(report.templates, 4);
    assert_int_equal(report.unreadable, 2);
    assert_int_equal(report.faults->len, 2);
    assert_int_equal(report.people, 2);
    service_gallery_report_clear(&report);

    g_autofree char *other_path = g_strconcat(f->key_path, ".other", NULL);
    g_autoptr(auth_keys) other_keys = auth_keys_load_or_create(other_path, NULL, &error);
    g_autoptr(auth_keyring) other = auth_keyring_create(other_keys, NULL);
    report_with(f, other, &report);
    assert_int_equal(report.templates, 0);
    assert_int_equal(report.unreadable, 6);
    assert_int_equal(report.people, 0);
    service_gallery_report_clear(&report);
    assert_int_equal(g_unlink(other_path), 0);
}

static void test_templates_of_another_model_are_left_out(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    struct service_gallery_report report;

    if (!fixture_has_faces(f))
        skip();
    const struct base_uuid id = student(f, "ana");
    fixture_enrol(f, &id, 0);
    g_autoptr(db_connection) connection = db_acquire(f->db, &error);
    assert_true(db_execute(connection, NULL, &error, "UPDATE face_templates SET model = 'older'"));
    g_clear_pointer(&connection, db_release);
    assert_true(service_gallery_rebuild(f->service, &f->admin, &report, &error));
    assert_int_equal(report.other_model, 3);
    assert_int_equal(report.people, 0);
    assert_false(recognise_person_exists(f->recogniser, &id));
    service_gallery_report_clear(&report);
}

static void test_changes_of_another_process_appear(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    struct recogniser *recogniser = NULL;

    if (!fixture_has_faces(f))
        skip();
    struct service *second = fixture_second(f, NULL, &recogniser);
    assert_true(service_gallery_load(second, NULL, &error));
    const struct base_uuid id = student(f, "ana");
    fixture_enrol(f, &id, 0);
    assert_false(recognise_person_exists(recogniser, &id));
    assert_true(service_gallery_sync(second, &error));
    assert_true(recognise_person_exists(recogniser, &id));
    assert_true(service_user_delete(f->service, &f->admin, &id, &error));
    assert_true(service_gallery_sync(second, &error));
    assert_false(recognise_person_exists(recogniser, &id));
    service_destroy(second);
    recogniser_destroy(recogniser);
}

/* The database whose sessions end at the next warning; NULL: none. */
static const char *cut_at_warning;

static gpointer cut(gpointer url)
{
    unit_database_cut(url);
    return NULL;
}

/* What is logged by the thread that runs a log writer goes to the standard output, whatever its
 * level is, among the results of the tests: so another one cuts. */
static GLogWriterOutput write_log(GLogLevelFlags level, const GLogField *fields, gsize n,
                                  gpointer data)
{
    const char *url = level & G_LOG_LEVEL_WARNING ? g_steal_pointer(&cut_at_warning) : NULL;

    if (url)
        g_thread_join(g_thread_new("cut", cut, (gpointer)url));
    return g_log_writer_default(level, fields, n, data);
}

static void store_template(struct fixture *f, struct core_template *face)
{
    GError *error = NULL;
    g_autoptr(db_connection) connection = db_acquire(f->db, &error);

    face->model = (char *)recogniser_model_id(f->recogniser);
    face->source = (char *)"test";
    face->created_at = base_time_now();
    assert_true(db_template_insert(connection, face, &error));
    assert_true(db_face_revision_bump(connection, &face->user_id, &error));
}

static void store_values(struct fixture *f, const struct base_uuid *id, const float *values,
                         size_t size)
{
    GError *error = NULL;
    struct core_template face = {.user_id = *id};

    base_uuid_new(&face.id);
    const struct auth_seal_context context = {*id, face.id, recogniser_model_id(f->recogniser)};
    g_autoptr(GBytes) sealed = auth_seal_close(f->keys, &context, values, size, &error);
    face.sealed = sealed;
    store_template(f, &face);
}

/* A template that opens and is nobody's face: its person is left out with a warning. */
static void store_odd_template(struct fixture *f, const struct base_uuid *id)
{
    static const float VALUES[FACE_TEMPLATE_N];

    store_values(f, id, VALUES, sizeof VALUES);
}

/* Before there was a second network a template was its first part alone. */
static void test_templates_of_one_part_are_read(void **state)
{
    struct fixture *f = *state;
    float values[FACE_TEMPLATE_N] = {[3] = 1};
    struct service_gallery_report report;
    GError *error = NULL;

    if (!fixture_has_faces(f))
        skip();
    const struct base_uuid ana = student(f, "ana"), eva = student(f, "eva");
    store_values(f, &ana, values, FACE_EMBEDDING_N * sizeof *values);
    store_values(f, &eva, values, (FACE_EMBEDDING_N - 1) * sizeof *values);
    assert_true(service_gallery_load(f->service, &report, &error));
    assert_int_equal(report.templates, 1);
    assert_int_equal(report.unreadable, 1);
    service_gallery_report_clear(&report);
    assert_true(recognise_person_exists(f->recogniser, &ana));
    struct recognise_candidate best;
    const struct recognise_scope everybody = {.everybody = true};
    /* A probe that both networks have seen is compared by the part that both have. */
    values[FACE_EMBEDDING_N] = 1;
    assert_int_equal(recognise_search(f->recogniser, values, &everybody, 1, &best), 1);
    assert_float_equal(best.score, 1, 1e-5);
}

/* More rows are on their way than fit between server and program when the connection ends. */
static void test_a_lost_connection_counts_nothing_twice(void **state)
{
    enum { LARGE = 24, LARGE_SIZE = 1 << 20 };
    struct fixture *f = *state;
    GError *error = NULL;
    struct service_gallery_report report;

    if (unit_database_is_file()) {
        unit_database_say_skipped("there is no connection to lose");
        skip();
    }
    if (!fixture_has_faces(f))
        skip();
    const struct base_uuid odd = student(f, "ana");
    g_autoptr(GBytes) large = g_bytes_new_take(g_malloc0(LARGE_SIZE), LARGE_SIZE);
    store_odd_template(f, &odd);
    for (int i = 0; i < LARGE; i++) {
        g_autofree char *name = g_strdup_printf("s%d", i);
        struct core_template face = {.user_id = student(f, name), .sealed = large};
        base_uuid_new(&face.id);
        store_template(f, &face);
    }
    cut_at_warning = f->url;
    assert_true(service_gallery_load(f->service, &report, &error));
    assert_null(cut_at_warning);
    assert_int_equal(report.templates, 1);
    assert_int_equal(report.unreadable, LARGE);
    assert_int_equal(report.faults->len, LARGE);
    service_gallery_report_clear(&report);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup_faces, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_enrolled_stored_and_in_the_gallery),
        TEST(test_deleting_faces_and_people_empties_the_gallery),
        TEST(test_an_inactive_person_is_not_searched),
        TEST(test_one_face_is_one_person),
        TEST(test_photos_of_several_people_are_refused),
        TEST(test_registration_is_all_or_nothing),
        TEST(test_one_face_registering_at_once_is_one_person),
        TEST(test_two_people_enrolling_at_once_into_one_account),
        TEST(test_a_taken_address_shows_after_the_photos),
        TEST(test_no_more_than_the_limit),
        TEST(test_the_database_gives_up_no_face),
        TEST(test_tampered_moved_and_wrongly_keyed_templates),
        TEST(test_templates_of_another_model_are_left_out),
        TEST(test_templates_of_one_part_are_read),
        TEST(test_changes_of_another_process_appear),
        TEST(test_a_lost_connection_counts_nothing_twice),
    };

    g_log_set_writer_func(write_log, NULL, NULL);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
