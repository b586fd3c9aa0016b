#include "store.h"

#include "../folder.h"

#include "service/keys.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

const struct service_images_options STORE_OPTIONS = {
    .sealed = true,
    .keep_enrolment = true,
    .keep_mark_frames = true,
};

void store_reopen(struct store *store, const struct service_images_options *chosen)
{
    GError *error = NULL;
    struct service_options options = {
        .db = store->fixture->db,
        .keys = store->fixture->keys,
        .recogniser = store->fixture->recogniser,
        .email_domain = "uni.edu",
        .time_zone = "America/Merida",
        .no_liveness = true,
        .images = *chosen,
    };

    service_destroy(store->service);
    options.images.store = store->blobs;
    store->service = service_create(&options, &error);
    assert_no_error(error);
    if (store->fixture->recogniser && service_keys_ready(store->service, NULL))
        assert_true(service_gallery_load(store->service, NULL, &error));
}

int store_setup(void **state)
{
    struct store *store = g_new0(struct store, 1);
    void *fixture = NULL;

    assert_int_equal(fixture_setup_faces(&fixture), 0);
    store->fixture = fixture;
    store->root = g_build_filename(store->fixture->folder, "images", NULL);
    g_autofree char *url = g_strconcat("file:", store->root, NULL);
    store->blobs = blob_open(url, NULL);
    store_reopen(store, &STORE_OPTIONS);
    *state = store;
    return 0;
}

int store_teardown(void **state)
{
    struct store *store = *state;
    void *fixture = store->fixture;

    service_destroy(store->service);
    blob_close(store->blobs);
    g_unlink(store->root);
    unit_folder_remove(store->root);
    g_free(store->root);
    g_free(store);
    return fixture_teardown(&fixture);
}

static void collect(const char *path, GPtrArray *files)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        char *child = g_build_filename(path, name, NULL);
        collect(child, files);
        if (g_str_has_suffix(name, ".blob"))
            g_ptr_array_add(files, child);
        else
            g_free(child);
    }
}

GPtrArray *store_files(const struct store *store)
{
    GPtrArray *files = g_ptr_array_new_with_free_func(g_free);

    collect(store->root, files);
    return files;
}

guint store_files_n(const struct store *store)
{
    g_autoptr(GPtrArray) files = store_files(store);

    return files->len;
}

void store_break(struct store *store)
{
    g_autofree char *aside = g_strconcat(store->root, ".aside", NULL);

    (void)g_rename(store->root, aside);
    assert_true(g_file_set_contents(store->root, "in the way", -1, NULL));
}

void store_mend(struct store *store)
{
    g_autofree char *aside = g_strconcat(store->root, ".aside", NULL);

    assert_int_equal(g_unlink(store->root), 0);
    (void)g_rename(aside, store->root);
}

void store_age(const char *path, gint64 seconds)
{
    const time_t then = (time_t)(base_time_now() / BASE_TIME_SECOND - seconds);
    const struct timespec times[2] = {{.tv_sec = then}, {.tv_sec = then}};

    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

struct base_uuid store_student(struct store *store, const char *name)
{
    g_autofree char *email = g_strdup_printf("%s@uni.edu", name);

    return fixture_user(store->fixture, name, email, CORE_ROLE_STUDENT, NULL);
}

void store_enrol(struct store *store, const struct base_uuid *user_id, unsigned who)
{
    GError *error = NULL;
    struct recognise_picture photos[3];
    struct service_enrolment enrolment;

    sample_photos(who, photos);
    if (!service_enrol(store->service, &store->fixture->admin, user_id, photos, 3, NULL, &enrolment,
                       &error))
        fail_msg("%s", error->message);
    assert_true(enrolment.stored);
}

void store_profile(struct store *store, const struct base_uuid *user_id, unsigned who)
{
    GError *error = NULL;
    const struct recognise_picture photo = sample_photo(who, 0);

    if (!service_image_profile_set(store->service, &store->fixture->admin, user_id, &photo, &error))
        fail_msg("%s", error->message);
}

struct service_mark store_mark(struct store *store, unsigned who)
{
    GError *error = NULL;
    struct service_mark result;
    const struct recognise_picture frame = sample_photo(who, 3);
    const struct service_mark_request request = {.frames = &frame, .frames_n = 1};

    if (!service_mark_by_face(store->service, NULL, &request, &result, &error))
        fail_msg("%s", error->message);
    return result;
}

bool store_is_jpeg(const void *data, gsize size)
{
    return size > 3 && memcmp(data, "\xff\xd8\xff", 3) == 0;
}
