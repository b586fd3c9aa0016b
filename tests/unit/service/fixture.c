#include "fixture.h"

#include "../database.h"

#include "face/image_write.h"
#include "face/resample.h"
#include "service/consent.h"

#include <glib/gstdio.h>
#include <string.h>

/* Faces that are plain to see, one of each person, as boxes in the sample photographs. */
static const struct {
    int sample;
    int x, y, width, height;
} people[SAMPLE_PEOPLE] = {
    {1, 424, 362, 177, 239},
    {5, 778, 118, 162, 235},
    {1, 1486, 205, 193, 274},
    {6, 1171, 298, 203, 304},
};

static char *sample_path(int sample)
{
    const char *source = g_getenv("PRESENTE_SOURCE_DIR");
    char name[32];

    g_snprintf(name, sizeof name, "sample%d.jpg", sample);
    return g_build_filename(source ? source : ".", "deps", "samples", name, NULL);
}

/* Another photo of the same person cannot be had: one made taller or wider is not taken for a copy,
 * as a head that turns or nods a little is not. */
static void stretch(struct face_image *image, int wider, int taller)
{
    const struct face_crop whole = {0, 0, (float)image->width, (float)image->height};
    struct face_image to;

    face_image_init(&to, image->width * (100 + wider) / 100, image->height * (100 + taller) / 100);
    const size_t n = (size_t)to.width * (size_t)to.height * 3;
    g_autofree float *values = g_new(float, n);
    face_resample_linear(image, &whole, values, to.width, to.height);
    for (size_t i = 0; i < n; i++)
        to.rgb[i] = (uint8_t)CLAMP(values[i] + 0.5F, 0, 255);
    face_image_finish(image);
    *image = to;
}

static GBytes *sample_cut(unsigned who, unsigned take)
{
    GError *error = NULL;
    struct face_image whole, piece;
    g_autofree char *path = sample_path(people[who].sample);
    g_autofree char *data = NULL;
    gsize n = 0;
    /* Every take has another distance, another centre and another compression. */
    const int margin = people[who].height * (int)(5 + take) / 10;
    const int shift = (int)take * people[who].width / 20;

    /* Missing photographs are no failure here: the test skips itself, see fixture_has_faces(). */
    if (!g_file_get_contents(path, &data, &n, NULL))
        return g_bytes_new(NULL, 0);
    assert_true(face_image_decode(data, n, NULL, &whole, &error));
    assert_true(face_image_cut(&whole, people[who].x - margin + shift, people[who].y - margin,
                               people[who].width + 2 * margin, people[who].height + 2 * margin,
                               &piece));
    stretch(&piece, take == 1 ? 10 : 0, take == 2 ? 10 : 0);
    GBytes *bytes = face_image_encode_jpeg(&piece, 95 - 8 * (int)take, &error);
    assert_no_error(error);
    face_image_finish(&piece);
    face_image_finish(&whole);
    return bytes;
}

struct recognise_picture sample_photo(unsigned who, unsigned take)
{
    static GBytes *cache[SAMPLE_PEOPLE][4];
    struct recognise_picture picture;

    if (!cache[who][take])
        cache[who][take] = sample_cut(who, take);
    picture.data = g_bytes_get_data(cache[who][take], &picture.size);
    return picture;
}

void sample_photos(unsigned who, struct recognise_picture photos[3])
{
    for (unsigned take = 0; take < 3; take++)
        photos[take] = sample_photo(who, take);
}

struct recognise_picture sample_wall(void)
{
    static GBytes *wall;
    struct recognise_picture picture;

    if (!wall) {
        struct face_image image;
        face_image_init(&image, 320, 240);
        for (size_t i = 0; i < (size_t)320 * 240 * 3; i++)
            image.rgb[i] = (uint8_t)(120 + i % 7);
        wall = face_image_encode_png(&image, NULL);
        face_image_finish(&image);
    }
    picture.data = g_bytes_get_data(wall, &picture.size);
    return picture;
}

static struct recogniser *recogniser_open(void)
{
    const char *models = g_getenv("PRESENTE_MODELS_DIR");
    GError *error = NULL;

    if (!models || !g_file_test(models, G_FILE_TEST_IS_DIR))
        return NULL;
    const struct recogniser_options options = {.models_dir = models};
    struct recogniser *recogniser = recogniser_create(&options, &error);
    if (!recogniser)
        print_message("no recogniser: %s\n", error->message);
    g_clear_error(&error);
    return recogniser;
}

/* Limits wide enough for tests, but for those that are about limits. */
static struct service *service_open(struct fixture *fixture, struct auth_keyring *keys,
                                    struct recogniser *recogniser)
{
    GError *error = NULL;
    const struct service_options options = {
        .db = fixture->db,
        .keys = keys,
        .recogniser = recogniser,
        .email_domain = "uni.edu",
        .time_zone = "America/Merida",
        .no_liveness = true,
    };
    struct service *service = service_create(&options, &error);

    assert_no_error(error);
    return service;
}

static void fixture_open(struct fixture *fixture)
{
    GError *error = NULL;
    const struct service_bootstrap_request request = {
        .admin_email = ADMIN_EMAIL,
        .admin_password = ADMIN_PASSWORD,
    };
    struct service_bootstrap_result first;

    fixture->folder = g_dir_make_tmp("presente-service-XXXXXX", NULL);
    fixture->url = unit_database_create(fixture->folder);
    fixture->key_path = g_build_filename(fixture->folder, "presente.key", NULL);
    fixture->db = db_open(fixture->url, NULL, &error);
    assert_no_error(error);
    assert_true(db_migrate(fixture->db, NULL, &error));
    g_autoptr(auth_keys) keys = auth_keys_load_or_create(fixture->key_path, NULL, &error);
    assert_no_error(error);
    fixture->keys = auth_keyring_create(keys, fixture->key_path);
    fixture->service = service_open(fixture, fixture->keys, fixture->recogniser);
    assert_true(service_bootstrap(fixture->service, &request, &first, &error));
    assert_true(first.created);
    fixture->admin = fixture_identity(fixture, &first.admin_id);
    service_bootstrap_result_clear(&first);
}

int fixture_setup(void **state)
{
    struct fixture *fixture = g_new0(struct fixture, 1);

    fixture_open(fixture);
    *state = fixture;
    return 0;
}

int fixture_setup_faces(void **state)
{
    struct fixture *fixture = g_new0(struct fixture, 1);

    fixture->recogniser = recogniser_open();
    fixture_open(fixture);
    if (fixture->recogniser)
        assert_true(service_gallery_load(fixture->service, NULL, NULL));
    *state = fixture;
    return 0;
}

int fixture_teardown(void **state)
{
    static const char *const names[] = {"presente.db", "presente.db-wal", "presente.db-shm",
                                        "presente.key"};
    struct fixture *fixture = *state;

    service_destroy(fixture->service);
    recogniser_destroy(fixture->recogniser);
    auth_keyring_destroy(fixture->keys);
    db_close(fixture->db);
    unit_database_drop(fixture->url);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(fixture->folder, names[i], NULL);
        g_unlink(path);
    }
    g_rmdir(fixture->folder);
    g_free(fixture->folder);
    g_free(fixture->url);
    g_free(fixture->key_path);
    g_free(fixture);
    return 0;
}

struct service *fixture_second(struct fixture *fixture, struct auth_keyring *keys,
                               struct recogniser **recogniser)
{
    *recogniser = recogniser_open();
    return service_open(fixture, keys ? keys : fixture->keys, *recogniser);
}

bool fixture_has_faces(struct fixture *fixture)
{
    g_autofree char *path = sample_path(1);

    if (!fixture->recogniser)
        print_message("# skipped: the face models are not installed (./dev deps)\n");
    else if (!g_file_test(path, G_FILE_TEST_EXISTS))
        print_message("# skipped: the sample photographs are not there (./dev demo)\n");
    else
        return true;
    return false;
}

struct base_uuid fixture_group(struct fixture *fixture, const char *name)
{
    GError *error = NULL;
    g_autoptr(core_group) group =
        service_group_create(fixture->service, &fixture->admin, name, &error);

    assert_no_error(error);
    return group->id;
}

struct base_uuid fixture_user(struct fixture *fixture, const char *name, const char *email,
                              enum core_role role, const struct base_uuid *group_id)
{
    GError *error = NULL;
    struct service_registration made;
    struct service_user_input input = {
        .fields = SERVICE_USER_NAME | SERVICE_USER_EMAIL | SERVICE_USER_ROLE,
        .name = name,
        .email = email,
        .role = role,
    };

    if (group_id) {
        input.fields |= SERVICE_USER_GROUP;
        input.group_id = *group_id;
    }
    assert_true(service_user_create(fixture->service, &fixture->admin, &input, NULL, 0, NULL, &made,
                                    &error));
    const struct base_uuid id = made.user->id;
    service_registration_clear(&made);
    return id;
}

struct service_identity fixture_identity(struct fixture *fixture, const struct base_uuid *id)
{
    GError *error = NULL;
    g_autoptr(db_connection) connection = db_acquire(fixture->db, &error);
    g_autoptr(core_user) user = db_user_find(connection, id, &error);

    assert_no_error(error);
    return (struct service_identity){
        .user_id = *id,
        .institution_id = user->institution_id,
        .group_id = user->group_id,
        .role = user->role,
    };
}

void fixture_agree(struct fixture *fixture, const struct service_identity *person)
{
    GError *error = NULL;
    g_autoptr(service_consent_text) text = service_consent_text_read(fixture->service, 0, &error);

    assert_no_error(error);
    service_consent_free(service_consent_give(fixture->service, person, text->version, &error));
    assert_no_error(error);
}

gint64 fixture_count(struct fixture *fixture, const char *sql)
{
    GError *error = NULL;
    gint64 n = -1;
    g_autoptr(db_connection) connection = db_acquire(fixture->db, &error);

    assert_true(db_query_int(connection, &n, &error, sql));
    return n;
}

struct base_uuid fixture_mark(struct fixture *fixture, const struct base_uuid *user_id,
                              const char *day, enum core_status status)
{
    GError *error = NULL;
    const struct service_manual_request request = {
        .user_id = *user_id, .day = day, .status = core_status_name(status)};
    g_autoptr(core_attendance) mark =
        service_mark_by_hand(fixture->service, &fixture->admin, &request, &error);

    assert_no_error(error);
    return mark->id;
}

void fixture_enrol(struct fixture *fixture, const struct base_uuid *user_id, unsigned who)
{
    GError *error = NULL;
    struct recognise_picture photos[3];
    struct service_enrolment enrolment;
    const struct service_enrol_options options = {.source = "test", .allow_copies = true};

    sample_photos(who, photos);
    assert_true(service_enrol(fixture->service, &fixture->admin, user_id, photos, 3, &options,
                              &enrolment, &error));
    for (size_t i = 0; i < enrolment.photos_n; i++)
        if (enrolment.photos[i].kind != SERVICE_PHOTO_ACCEPTED)
            fail_msg("photo %zu of sample %u: %s", i, who, enrolment.photos[i].message);
    assert_true(enrolment.stored);
}
