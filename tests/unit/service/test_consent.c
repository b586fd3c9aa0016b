/* What people agree to, who vouches for whom, and that a withdrawal leaves nothing of a face. */
#include "store.h"

#include "service/consent.h"
#include "service/reviews.h"

#include <string.h>

static struct service_consent_text *text_of(struct store *s, gint64 version)
{
    GError *error = NULL;
    struct service_consent_text *text = service_consent_text_read(s->service, version, &error);

    assert_no_error(error);
    return text;
}

static gint64 set_text(struct store *s, const char *en, const char *es)
{
    GError *error = NULL;
    const struct service_consent_input input = {.en = en, .es = es};
    g_autoptr(service_consent_text) text =
        service_consent_set(s->service, &s->fixture->admin, &input, &error);

    assert_no_error(error);
    return text->version;
}

static void set_required(struct store *s, bool required)
{
    GError *error = NULL;
    const struct service_consent_input input = {.required = &required};
    g_autoptr(service_consent_text) text =
        service_consent_set(s->service, &s->fixture->admin, &input, &error);

    assert_no_error(error);
    assert_int_equal(text->required, required);
}

static struct service_consent *consent_of(struct store *s, const struct base_uuid *id)
{
    GError *error = NULL;
    const struct service_identity self = fixture_identity(s->fixture, id);
    struct service_consent *consent = service_consent_find(s->service, &self, id, &error);

    assert_no_error(error);
    return consent;
}

static gint64 logged(struct store *s, const char *action)
{
    GError *error = NULL;
    gint64 n = -1;
    g_autoptr(db_connection) connection = db_acquire(s->fixture->db, &error);

    assert_true(db_query_int(connection, &n, &error,
                             "SELECT COUNT(*) FROM audit_log WHERE action = ?", db_text(action)));
    return n;
}

/* ---- the text ---- */

static void test_texts_have_versions(void **state)
{
    struct store *s = *state;
    GError *error = NULL;
    g_autoptr(service_consent_text) first = text_of(s, 0);

    assert_int_equal(first->version, 1);
    assert_true(first->required);
    assert_int_equal(first->created_at, 0);
    assert_non_null(strstr(first->en, "withdraw"));
    assert_non_null(strstr(first->es, "retirar"));
    assert_int_equal(set_text(s, "  We agree.\n\nTruly. ", "Aceptamos."), 2);
    assert_int_equal(set_text(s, "We agree.\n\nTruly.", "Aceptamos."), 2);
    assert_int_equal(set_text(s, "We agree.", "Aceptamos."), 3);
    assert_int_equal(logged(s, "consent.text"), 2);
    g_autoptr(service_consent_text) second = text_of(s, 2);
    assert_string_equal(second->en, "We agree.\n\nTruly.");
    assert_true(second->created_at > 0);
    g_autoptr(service_consent_text) old = text_of(s, 1);
    assert_string_equal(old->en, first->en);
    assert_null(service_consent_text_read(s->service, 4, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    set_required(s, false);
    assert_int_equal(logged(s, "consent.text"), 3);
}

static void test_texts_that_are_refused(void **state)
{
    struct store *s = *state;
    const struct base_uuid ana = store_student(s, "ana");
    const struct service_identity student = fixture_identity(s->fixture, &ana);
    g_autofree char *longest = g_strnfill(SERVICE_CONSENT_TEXT_MAX, 'x');
    g_autofree char *longer = g_strnfill(SERVICE_CONSENT_TEXT_MAX + 1, 'x');
    const struct service_consent_input refused[] = {
        {.en = "We agree."},          {.es = "Aceptamos."},      {.en = " \n", .es = "a"},
        {.en = "a", .es = "\x1b[1m"}, {.en = longer, .es = "a"}, {.en = "a", .es = "\xff"},
    };
    GError *error = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
        assert_null(service_consent_set(s->service, &s->fixture->admin, &refused[i], &error));
        assert_string_equal(service_error_field(error), "text");
        assert_base_error(error, BASE_ERROR_INVALID);
    }
    const struct service_consent_input good = {.en = longest, .es = longest};
    assert_null(service_consent_set(s->service, &student, &good, &error));
    assert_base_error(error, BASE_ERROR_FORBIDDEN);
    assert_int_equal(set_text(s, longest, longest), 2);
}

/* ---- registering ---- */

static void test_nobody_registers_without(void **state)
{
    struct store *s = *state;
    struct service_user_input input = {.name = "Ana", .email = "ana@uni.edu", .password = PASSWORD};
    struct recognise_picture photos[3];
    struct service_registration made;
    GError *error = NULL;

    if (!fixture_has_faces(s->fixture))
        skip();
    sample_photos(0, photos);
    assert_false(service_user_register(s->service, &input, photos, 3, &made, &error));
    assert_string_equal(service_error_field(error), "consent_version");
    assert_base_error(error, BASE_ERROR_INVALID);
    input.consent_version = set_text(s, "New", "Nuevo") - 1;
    assert_false(service_user_register(s->service, &input, photos, 3, &made, &error));
    assert_string_equal(service_error_field(error), "consent_version");
    assert_base_error(error, BASE_ERROR_CONFLICT);
    input.consent_version++;
    assert_true(service_user_register(s->service, &input, photos, 3, &made, &error));
    const struct base_uuid ana = made.user->id;
    service_registration_clear(&made);
    g_autoptr(service_consent) consent = consent_of(s, &ana);
    assert_int_equal(consent->state, SERVICE_CONSENT_STANDING);
    assert_int_equal(consent->version, 2);
    assert_false(consent->vouched);
    assert_int_equal(logged(s, "consent.give"), 1);

    set_required(s, false);
    const struct service_user_input other = {
        .name = "Bea", .email = "bea@uni.edu", .password = PASSWORD};
    sample_photos(1, photos);
    assert_true(service_user_register(s->service, &other, photos, 3, &made, &error));
    const struct base_uuid bea = made.user->id;
    service_registration_clear(&made);
    g_autoptr(service_consent) none = consent_of(s, &bea);
    assert_int_equal(none->state, SERVICE_CONSENT_NONE);
}

/* ---- enrolling ---- */

static bool enrols(struct store *s, const struct service_identity *by, const struct base_uuid *whom,
                   GError **error)
{
    const struct recognise_picture photo = sample_photo(0, 0);
    const struct service_enrol_options options = {.allow_copies = true};
    struct service_enrolment enrolment;

    return service_enrol(s->service, by, whom, &photo, 1, &options, &enrolment, error) &&
           enrolment.stored;
}

static void test_who_enrols_others_vouches(void **state)
{
    struct store *s = *state;
    struct fixture *f = s->fixture;
    GError *error = NULL;

    if (!fixture_has_faces(f))
        skip();
    const struct base_uuid ana = store_student(s, "ana");
    const struct service_identity self = fixture_identity(f, &ana);
    assert_false(enrols(s, &self, &ana, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    assert_true(enrols(s, &f->admin, &ana, &error));
    assert_int_equal(logged(s, "consent.vouch"), 1);
    g_autoptr(service_consent) vouched = consent_of(s, &ana);
    assert_int_equal(vouched->state, SERVICE_CONSENT_STANDING);
    assert_true(vouched->vouched);
    assert_non_null(vouched->voucher_name);
    /* The word of the person takes its place, and is not taken again. */
    fixture_agree(f, &self);
    fixture_agree(f, &self);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM consents"), 2);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM consents WHERE state = 'replaced'"), 1);
    g_autoptr(service_consent) own = consent_of(s, &ana);
    assert_false(own->vouched);
    assert_null(own->voucher_name);
    assert_null(service_consent_give(s->service, &self, 7, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    /* Administrators see it, others do not. */
    const struct base_uuid bea = store_student(s, "bea");
    const struct service_identity other = fixture_identity(f, &bea);
    assert_null(service_consent_find(s->service, &other, &ana, &error));
    assert_base_error(error, BASE_ERROR_FORBIDDEN);
    g_autoptr(service_consent) seen = service_consent_find(s->service, &f->admin, &ana, &error);
    assert_non_null(seen);
}

/* ---- withdrawing ---- */

static void assert_no_face(struct store *s, const struct base_uuid *id)
{
    struct fixture *f = s->fixture;

    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM face_templates"), 0);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM images"), 0);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM review_candidates"), 0);
    assert_int_equal(
        fixture_count(f, "SELECT COUNT(*) FROM users WHERE profile_image_url IS NOT NULL"), 0);
    assert_int_equal(store_files_n(s), 0);
    assert_false(recognise_person_exists(f->recogniser, id));
}

/* An open review of a face that may be this person's, with its picture. */
static struct base_uuid review_of(struct store *s, const struct base_uuid *person)
{
    GError *error = NULL;
    struct base_uuid id;
    const struct recognise_candidate candidates[] = {{.person = *person, .score = 0.4F}};
    const struct recognise_picture photo = sample_photo(0, 3);
    const struct face_box box = {0, 0, 60, 60};
    g_autoptr(GBytes) crop = service_review_crop(s->service, &photo, &box, 100, 100, &error);
    const struct service_review_input input = {
        .taken_at = base_time_now(), .crop = crop, .candidates = candidates, .candidates_n = 1};

    assert_no_error(error);
    assert_true(service_review_add(s->service, &input, &id, &error));
    return id;
}

static void test_withdrawing_erases_at_once(void **state)
{
    struct store *s = *state;
    struct fixture *f = s->fixture;
    struct service_consent_receipt receipt, again;
    GError *error = NULL;

    if (!fixture_has_faces(f))
        skip();
    const struct base_uuid ana = store_student(s, "ana");
    const struct service_identity self = fixture_identity(f, &ana);
    fixture_agree(f, &self);
    store_enrol(s, &ana, 0);
    store_profile(s, &ana, 0);
    fixture_mark(f, &ana, "2026-03-12", CORE_STATUS_PRESENT);
    (void)review_of(s, &ana);
    assert_int_equal(store_files_n(s), 5);
    assert_true(service_consent_withdraw(s->service, &self, &receipt, &error));
    assert_int_equal(receipt.erased_faces, 3);
    assert_int_equal(receipt.erased_images, 4);
    assert_no_face(s, &ana);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM attendance"), 1);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM reviews WHERE state = 'ended'"), 1);
    assert_int_equal(logged(s, "consent.withdraw"), 1);
    /* Once more: the same receipt, and nothing is logged again. */
    assert_true(service_consent_withdraw(s->service, &self, &again, &error));
    assert_memory_equal(&again, &receipt, sizeof receipt);
    assert_int_equal(logged(s, "consent.withdraw"), 1);
    g_autoptr(service_consent) consent = consent_of(s, &ana);
    assert_int_equal(consent->state, SERVICE_CONSENT_WITHDRAWN);
    assert_int_equal(consent->receipt.erased_faces, 3);
    /* Nobody brings the face back but the person. */
    assert_false(enrols(s, &f->admin, &ana, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    set_required(s, false);
    assert_false(enrols(s, &self, &ana, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    const struct base_uuid review = review_of(s, &ana);
    assert_true(base_uuid_is_nil(&review));
    assert_no_face(s, &ana);
    fixture_agree(f, &self);
    assert_true(enrols(s, &f->admin, &ana, &error));
}

/* Whose face was there before any consent was recorded, or who never had one, may refuse it for the
 * time to come. */
static void test_withdrawing_what_was_never_given(void **state)
{
    struct store *s = *state;
    struct fixture *f = s->fixture;
    struct service_consent_receipt receipt;
    GError *error = NULL;
    const struct base_uuid ana = store_student(s, "ana");
    const struct service_identity self = fixture_identity(f, &ana);

    assert_true(service_consent_withdraw(s->service, &self, &receipt, &error));
    assert_int_equal(receipt.erased_faces, 0);
    assert_int_equal(receipt.erased_images, 0);
    assert_true(receipt.at > 0);
    g_autoptr(service_consent) consent = consent_of(s, &ana);
    assert_int_equal(consent->state, SERVICE_CONSENT_WITHDRAWN);
    assert_int_equal(consent->version, 0);
    assert_int_equal(consent->given_at, 0);
    if (!fixture_has_faces(f))
        return;
    assert_false(enrols(s, &f->admin, &ana, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_texts_have_versions, store_setup, store_teardown),
        cmocka_unit_test_setup_teardown(test_texts_that_are_refused, store_setup, store_teardown),
        cmocka_unit_test_setup_teardown(test_nobody_registers_without, store_setup, store_teardown),
        cmocka_unit_test_setup_teardown(test_who_enrols_others_vouches, store_setup,
                                        store_teardown),
        cmocka_unit_test_setup_teardown(test_withdrawing_erases_at_once, store_setup,
                                        store_teardown),
        cmocka_unit_test_setup_teardown(test_withdrawing_what_was_never_given, store_setup,
                                        store_teardown),
    };
    return cmocka_run_group_tests_name("consent", tests, NULL, NULL);
}
