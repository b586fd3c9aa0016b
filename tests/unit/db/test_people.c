/* Institutions, groups, users, templates, tokens, settings, audit log. */
#include "fixture.h"

#include "db/query/consent.h"

#include <string.h>

#define assert_same_id(a, b) assert_true(base_uuid_equal(&(a), &(b)))

static void test_institutions(void **state)
{
    struct fixture *fixture = *state;
    GError *error = NULL;
    g_autoptr(core_institution) first = db_institution_first(fixture->connection, &error);

    assert_string_equal(first->name, "Universidad");
    assert_null(first->email_domain);
    assert_int_equal(first->policy.late_after, 9 * 3600);

    g_free(first->email_domain);
    first->email_domain = g_strdup("uni.mx");
    first->policy = (struct core_policy){8 * 3600, 10 * 3600};
    first->updated_at = NOON + 1;
    assert_true(db_institution_update(fixture->connection, first, &error));
    g_autoptr(core_institution) again =
        db_institution_find(fixture->connection, &first->id, &error);
    assert_string_equal(again->email_domain, "uni.mx");
    assert_int_equal(again->policy.absent_after, 10 * 3600);
    assert_true(again->updated_at == NOON + 1);

    again->policy.absent_after = 7 * 3600;
    assert_false(db_institution_update(fixture->connection, again, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
    base_uuid_new(&again->id);
    again->policy.absent_after = 11 * 3600;
    assert_false(db_institution_update(fixture->connection, again, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    assert_null(db_institution_find(fixture->connection, &again->id, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
}

static void test_groups(void **state)
{
    struct fixture *fixture = *state;
    struct db_connection *connection = fixture->connection;
    GError *error = NULL;
    gint64 total;
    struct base_uuid b = fixture_group(fixture, "Química B");
    struct base_uuid a = fixture_group(fixture, "álgebra");
    struct base_uuid teacher = fixture_user(fixture, "Eva", "eva@uni.mx", CORE_ROLE_TEACHER, NULL);

    fixture_user(fixture, "Ana", "ana@uni.mx", CORE_ROLE_STUDENT, &b);
    fixture_user(fixture, "Leo", "leo@uni.mx", CORE_ROLE_TEACHER, &b);

    struct core_group same = {
        .id = teacher, .institution_id = fixture->institution_id, .name = (char *)"QUIMICA b"};
    assert_false(db_group_insert(connection, &same, &error));
    assert_true(db_conflict_is(error, "class_groups.name_key"));
    assert_base_error(error, BASE_ERROR_CONFLICT);

    g_autoptr(core_group) found =
        db_group_find_name(connection, &fixture->institution_id, "quimica b", &error);
    assert_same_id(found->id, b);
    assert_int_equal(found->member_count, 1);

    g_autoptr(GPtrArray) all = db_group_list(connection, NULL, NULL, &total, &error);
    assert_int_equal(total, 2);
    assert_string_equal(((struct core_group *)all->pdata[0])->name, "álgebra");

    assert_true(db_group_add_teacher(connection, &b, &teacher, &error));
    assert_true(db_group_add_teacher(connection, &b, &teacher, &error));
    const struct db_group_filter taught = {.teacher_id = teacher};
    g_autoptr(GPtrArray) mine = db_group_list(connection, &taught, NULL, &total, &error);
    assert_int_equal(total, 1);
    assert_same_id(((struct core_group *)mine->pdata[0])->id, b);
    g_autoptr(GPtrArray) teachers = db_group_teachers(connection, &b, &error);
    assert_int_equal(teachers->len, 1);
    const struct db_group_filter search = {.search = "QUÍM"};
    g_autoptr(GPtrArray) some = db_group_list(connection, &search, NULL, NULL, &error);
    assert_int_equal(some->len, 1);

    bool yes = false;
    assert_true(db_group_is_taught_by(connection, &b, &teacher, &yes, &error));
    assert_true(yes);
    assert_true(db_group_is_taught_by(connection, &a, &teacher, &yes, &error));
    assert_false(yes);
    assert_false(db_group_add_teacher(connection, &b, &a, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    assert_true(db_group_remove_teacher(connection, &b, &teacher, &error));
    assert_true(db_group_remove_teacher(connection, &b, &teacher, &error));

    assert_true(db_group_rename(connection, &a, "Física", NOON + 5, &error));
    assert_false(db_group_rename(connection, &a, "química B", NOON + 5, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    assert_false(db_group_rename(connection, &teacher, "x", NOON, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
}

static void test_deleting_a_group_keeps_its_people(void **state)
{
    struct fixture *fixture = *state;
    GError *error = NULL;
    struct base_uuid group = fixture_group(fixture, "1A");
    struct base_uuid user = fixture_user(fixture, "Ana", "ana@uni.mx", CORE_ROLE_STUDENT, &group);
    struct base_uuid mark = fixture_store_mark(fixture, &user, &group, DAY, NOON, CORE_STATUS_LATE);

    assert_true(db_group_delete(fixture->connection, &group, &error));
    assert_false(db_group_delete(fixture->connection, &group, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    g_autoptr(core_user) ana = db_user_find(fixture->connection, &user, &error);
    assert_true(base_uuid_is_nil(&ana->group_id));
    assert_null(ana->group_name);
    g_autoptr(core_attendance) kept = db_attendance_find(fixture->connection, &mark, &error);
    assert_true(base_uuid_is_nil(&kept->group_id));
    assert_int_equal(kept->status, CORE_STATUS_LATE);
}

static void test_users_come_back_whole(void **state)
{
    struct fixture *fixture = *state;
    GError *error = NULL;
    struct base_uuid group = fixture_group(fixture, "1A");
    struct core_user user = {
        .institution_id = fixture->institution_id,
        .name = (char *)"Íñigo  O'Hara",
        .email = (char *)"inigo@uni.mx",
        .age = 19,
        .date_of_birth = (char *)"2006-12-31",
        .group_id = group,
        .role = CORE_ROLE_STUDENT,
        .profile_image_url = (char *)"https://example.org/a.jpg",
        .password_hash = (char *)"$argon2id$x",
        .token_generation = 3,
        .active = true,
        .created_at = NOON,
        .updated_at = NOON + 1,
    };

    base_uuid_new(&user.id);
    assert_true(db_user_insert(fixture->connection, &user, DAY, &error));
    g_autoptr(core_user) read = db_user_find_email(fixture->connection, "inigo@uni.mx", &error);
    assert_no_error(error);
    assert_same_id(read->id, user.id);
    assert_string_equal(read->name, user.name);
    assert_int_equal(read->age, 19);
    assert_string_equal(read->date_of_birth, "2006-12-31");
    assert_string_equal(read->group_name, "1A");
    assert_string_equal(read->password_hash, "$argon2id$x");
    assert_int_equal(read->token_generation, 3);
    assert_true(read->active);
    assert_int_equal(read->deleted_at, 0);
    assert_true(read->updated_at == NOON + 1);
    assert_int_equal(read->face_count, 0);

    /* A change of role voids tokens, another change does not. */
    read->age = CORE_AGE_UNKNOWN;
    read->updated_at = NOON + 2;
    assert_true(db_user_update(fixture->connection, read, DAY, &error));
    read->role = CORE_ROLE_TEACHER;
    assert_true(db_user_update(fixture->connection, read, DAY, &error));
    g_autoptr(core_user) after = db_user_find(fixture->connection, &user.id, &error);
    assert_int_equal(after->age, CORE_AGE_UNKNOWN);
    assert_int_equal(after->token_generation, 4);
    assert_true(after->created_at == NOON);

    assert_true(db_user_set_password(fixture->connection, &user.id, NULL, NOON, &error));
    assert_true(db_user_rehash_password(fixture->connection, &user.id, "h2", &error));
    assert_true(db_user_void_tokens(fixture->connection, &user.id, NOON, &error));
    g_autoptr(core_user) last = db_user_find(fixture->connection, &user.id, &error);
    assert_string_equal(last->password_hash, "h2");
    assert_int_equal(last->token_generation, 6);
}

static void test_one_address_one_account(void **state)
{
    struct fixture *fixture = *state;
    GError *error = NULL;
    struct core_user twin = {
        .institution_id = fixture->institution_id,
        .name = (char *)"Ana",
        .email = (char *)"ana@uni.mx",
        .age = CORE_AGE_UNKNOWN,
        .role = CORE_ROLE_STUDENT,
    };

    fixture_user(fixture, "Ana", "ana@uni.mx", CORE_ROLE_STUDENT, NULL);
    base_uuid_new(&twin.id);
    assert_false(db_user_insert(fixture->connection, &twin, DAY, &error));
    assert_true(db_conflict_is(error, "users.email"));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    /* Capitals that slipped past the normalisation do not make another address. */
    twin.email = (char *)"Ana@uni.mx";
    assert_false(db_user_insert(fixture->connection, &twin, DAY, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
    twin.email = (char *)"ana2@uni.mx";
    base_uuid_new(&twin.institution_id);
    assert_false(db_user_insert(fixture->connection, &twin, DAY, &error));
    assert_true(db_conflict_is(error, "foreign key"));
    assert_base_error(error, BASE_ERROR_CONFLICT);
}

static void assert_names(const GPtrArray *users, const char *expected)
{
    g_autoptr(GString) names = g_string_new(NULL);

    for (guint i = 0; i < users->len; i++)
        g_string_append_printf(names, "%s%s", i ? "," : "",
                               ((struct core_user *)users->pdata[i])->name);
    assert_string_equal(names->str, expected);
}

static void assert_listed(struct fixture *fixture, struct db_user_filter filter,
                          const char *expected)
{
    GError *error = NULL;
    gint64 total = -1;
    g_autoptr(GPtrArray) users = db_user_list(fixture->connection, &filter, NULL, &total, &error);

    assert_no_error(error);
    assert_names(users, expected);
    assert_int_equal(total, users->len);
}

static struct db_user_filter any(void)
{
    return DB_USER_FILTER_ALL;
}

static void test_lists_of_users(void **state)
{
    struct fixture *fixture = *state;
    GError *error = NULL;
    struct base_uuid a = fixture_group(fixture, "1A"), b = fixture_group(fixture, "1B");
    struct base_uuid eva = fixture_user(fixture, "Eva", "z@uni.mx", CORE_ROLE_TEACHER, NULL);
    fixture_user(fixture, "Zoe", "a@uni.mx", CORE_ROLE_STUDENT, &a);
    fixture_user(fixture, "Ñandú", "nandu_1@uni.mx", CORE_ROLE_STUDENT, &a);
    fixture_user(fixture, "Ángel", "c@uni.mx", CORE_ROLE_STUDENT, &b);
    fixture_user(fixture, "nadia", "d@uni.mx", CORE_ROLE_STUDENT, &a);
    struct base_uuid ivan = fixture_user(fixture, "Iván 100%", "e@uni.mx", CORE_ROLE_ADMIN, NULL);
    struct db_user_filter filter;

    assert_listed(fixture, any(), "Ángel,Eva,Iván 100%,nadia,Ñandú,Zoe");
    filter = any(), filter.descending = true;
    assert_listed(fixture, filter, "Zoe,Ñandú,nadia,Iván 100%,Eva,Ángel");
    filter = any(), filter.sort = DB_USER_SORT_EMAIL;
    assert_listed(fixture, filter, "Zoe,Ángel,nadia,Iván 100%,Ñandú,Eva");
    filter = any(), filter.sort = DB_USER_SORT_CREATED;
    assert_listed(fixture, filter, "Eva,Zoe,Ñandú,Ángel,nadia,Iván 100%");
    filter = any(), filter.role = CORE_ROLE_STUDENT;
    assert_listed(fixture, filter, "Ángel,nadia,Ñandú,Zoe");
    filter = any(), filter.group_id = a;
    assert_listed(fixture, filter, "nadia,Ñandú,Zoe");
    filter.search = "ÑA";
    assert_listed(fixture, filter, "nadia,Ñandú");

    static const struct {
        const char *search, *expected;
    } SEARCHES[] = {
        {"", "Ángel,Eva,Iván 100%,nadia,Ñandú,Zoe"},
        {"angel", "Ángel"},
        {"_1@", "Ñandú"},
        {"Z@UNI", "Eva"},
        {"0%", "Iván 100%"},
        {"%", "Iván 100%"},
        {"!", ""},
        {"'; DROP TABLE users; --", ""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(SEARCHES); i++) {
        filter = any(), filter.search = SEARCHES[i].search;
        assert_listed(fixture, filter, SEARCHES[i].expected);
    }

    /* A teacher: herself and the students of her groups. */
    filter = any(), filter.teacher_id = eva;
    assert_listed(fixture, filter, "Eva");
    assert_true(db_group_add_teacher(fixture->connection, &a, &eva, &error));
    assert_listed(fixture, filter, "Eva,nadia,Ñandú,Zoe");
    filter.group_id = b;
    assert_listed(fixture, filter, "");
    filter.group_id = a, filter.role = CORE_ROLE_STUDENT, filter.descending = true;
    assert_listed(fixture, filter, "Zoe,Ñandú,nadia");

    g_autoptr(core_user) user = db_user_find(fixture->connection, &ivan, &error);
    user->active = false;
    assert_true(db_user_update(fixture->connection, user, DAY, &error));
    filter = any(), filter.active = 0;
    assert_listed(fixture, filter, "Iván 100%");
    gint64 count;
    assert_true(db_user_count_active(fixture->connection, CORE_ROLE_ADMIN, &count, &error));
    assert_int_equal(count, 0);
    assert_true(db_user_count_active(fixture->connection, DB_ANY, &count, &error));
    assert_int_equal(count, 5);
}

static void test_users_without_face_or_consent(void **state)
{
    struct fixture *fixture = *state;
    GError *error = NULL;
    struct base_uuid ana = fixture_user(fixture, "Ana", "a@uni.mx", CORE_ROLE_STUDENT, NULL);
    struct base_uuid eva = fixture_user(fixture, "Eva", "e@uni.mx", CORE_ROLE_STUDENT, NULL);
    struct db_user_filter filter = any();
    struct db_consent consent = {.user_id = eva, .version = 1, .given_at = NOON};
    bool changed = false;

    fixture_template(fixture, &ana);
    base_uuid_new(&consent.id);
    assert_true(db_consent_insert(fixture->connection, &consent, &error));
    filter.faces = 0;
    assert_listed(fixture, filter, "Eva");
    filter.faces = 1;
    assert_listed(fixture, filter, "Ana");
    filter = any(), filter.consent = 0;
    assert_listed(fixture, filter, "Ana");
    filter.consent = 1;
    assert_listed(fixture, filter, "Eva");

    consent.state = DB_CONSENT_WITHDRAWN;
    consent.ended_at = NOON;
    assert_true(db_consent_end(fixture->connection, &consent, &changed, &error));
    assert_listed(fixture, filter, "");
}

static void test_pages_of_users(void **state)
{
    struct fixture *fixture = *state;
    GError *error = NULL;
    g_autoptr(GString) seen = g_string_new(NULL);

    /* The same name for all: the pages must neither repeat nor lose anybody. */
    for (int i = 0; i < 23; i++) {
        g_autofree char *email = g_strdup_printf("u%02d@uni.mx", i);
        fixture_user(fixture, "María Pérez", email, CORE_ROLE_STUDENT, NULL);
    }
    for (gint64 offset = 0; offset < 25; offset += 5) {
        const struct db_page page = {.limit = 5, .offset = offset};
        gint64 total;
        g_autoptr(GPtrArray) users = db_user_list(fixture->connection, NULL, &page, &total, &error);
        assert_int_equal(total, 23);
        assert_int_equal(users->len, MIN(5, 23 - offset));
        for (guint i = 0; i < users->len; i++)
            g_string_append_printf(seen, "%.3s ", ((struct core_user *)users->pdata[i])->email);
    }
    g_autofree char *expected = g_strdup("");
    for (int i = 0; i < 23; i++) {
        g_autofree char *before = g_steal_pointer(&expected);
        expected = g_strdup_printf("%su%02d ", before, i);
    }
    assert_string_equal(seen->str, expected);

    const struct db_page beyond = {.limit = 5, .offset = 500}, odd = {.limit = -1, .offset = -7};
    g_autoptr(GPtrArray) none = db_user_list(fixture->connection, NULL, &beyond, NULL, &error);
    assert_int_equal(none->len, 0);
    g_autoptr(GPtrArray) every = db_user_list(fixture->connection, NULL, &odd, NULL, &error);
    assert_int_equal(every->len, 23);
}

static void test_sort_names(void **state)
{
    (void)state;
    for (int i = 0; i < DB_USER_SORT_N; i++) {
        enum db_user_sort sort = DB_USER_SORT_N;
        assert_true(db_user_sort_from_name(db_user_sort_name((enum db_user_sort)i), &sort));
        assert_int_equal(sort, i);
    }
    enum db_user_sort sort;
    assert_false(db_user_sort_from_name("password_hash", &sort));
    assert_false(db_user_sort_from_name(NULL, &sort));
}

static void test_sessions(void **state)
{
    struct fixture *fixture = *state;
    struct db_connection *connection = fixture->connection;
    GError *error = NULL;
    struct base_uuid group = fixture_group(fixture, "1A"), stranger;
    struct base_uuid user = fixture_user(fixture, "Ana", "a@uni.mx", CORE_ROLE_STUDENT, &group);
    struct db_user_session session;
    bool revoked = true;
    gint64 removed = -1;

    assert_true(db_user_session(connection, &user, NULL, &session, &error));
    assert_true(db_user_session(connection, &user, "token-1", &session, &error));
    assert_same_id(session.user_id, user);
    assert_same_id(session.group_id, group);
    assert_same_id(session.institution_id, fixture->institution_id);
    assert_int_equal(session.role, CORE_ROLE_STUDENT);
    assert_true(session.active);
    assert_false(session.revoked);
    assert_int_equal(session.token_generation, 0);

    assert_true(db_token_revoke(connection, "token-1", NOON + 10, &error));
    assert_true(db_token_revoke(connection, "token-1", NOON + 10, &error));
    assert_true(db_user_session(connection, &user, "token-1", &session, &error));
    assert_true(session.revoked);
    assert_true(db_user_session(connection, &user, "token-2", &session, &error));
    assert_false(session.revoked);
    assert_true(db_token_purge(connection, NOON + 10, &removed, &error));
    assert_int_equal(removed, 0);
    assert_true(db_token_purge(connection, NOON + 11, &removed, &error));
    assert_int_equal(removed, 1);
    assert_true(db_token_is_revoked(connection, "token-1", &revoked, &error));
    assert_false(revoked);

    assert_true(db_user_erase(connection, &user, DAY, NOON, &error));
    assert_true(db_user_session(connection, &user, NULL, &session, &error));
    assert_false(session.active);
    base_uuid_new(&stranger);
    assert_false(db_user_session(connection, &stranger, NULL, &session, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
}

static bool collect(const struct core_template *face, gpointer data, GError **error)
{
    (void)error;
    g_string_append_printf(data, "%02x", face->user_id.bytes[15]);
    return true;
}

static bool refuse(const struct core_template *face, gpointer data, GError **error)
{
    (void)face;
    ++*(int *)data;
    g_set_error(error, BASE_ERROR, BASE_ERROR_CORRUPT, "Cannot be opened.");
    return false;
}

static void test_templates(void **state)
{
    struct fixture *fixture = *state;
    struct db_connection *connection = fixture->connection;
    GError *error = NULL;
    struct base_uuid ana = fixture_user(fixture, "Ana", "a@uni.mx", CORE_ROLE_STUDENT, NULL);
    struct base_uuid leo = fixture_user(fixture, "Leo", "l@uni.mx", CORE_ROLE_STUDENT, NULL);
    struct base_uuid first = fixture_template(fixture, &ana);
    gint64 templates, people, removed;

    fixture_template(fixture, &leo);
    struct base_uuid third = fixture_template(fixture, &ana);
    g_autoptr(GPtrArray) own = db_template_list_user(connection, &ana, &error);
    assert_int_equal(own->len, 2);
    const struct core_template *face = own->pdata[0];
    assert_same_id(face->id, first);
    assert_int_equal(g_bytes_get_size(face->sealed), 2088);
    assert_string_equal(face->model, "model-1");
    assert_true(face->quality == 0.75);
    assert_same_id(((struct core_template *)own->pdata[1])->id, third);
    g_autoptr(core_user) user = db_user_find(connection, &ana, &error);
    assert_int_equal(user->face_count, 2);

    g_autofree char *expected =
        g_strdup_printf("%02x%02x%02x", ana.bytes[15], ana.bytes[15], leo.bytes[15]);
    g_autoptr(GString) visited = g_string_new(NULL);
    assert_true(db_template_each(connection, NULL, collect, visited, &error));
    assert_string_equal(visited->str, expected);
    g_string_truncate(visited, 0);
    assert_true(db_template_each(connection, "model-2", collect, visited, &error));
    assert_string_equal(visited->str, "");
    int calls = 0;
    assert_false(db_template_each(connection, "model-1", refuse, &calls, &error));
    assert_base_error(error, BASE_ERROR_CORRUPT);
    assert_int_equal(calls, 1);

    /* Inactive people are not recognised. */
    user->active = false;
    assert_true(db_user_update(connection, user, DAY, &error));
    assert_true(db_template_each(connection, "model-1", collect, visited, &error));
    assert_int_equal(visited->len, 2);

    assert_true(db_template_count(connection, &templates, &people, &error));
    assert_int_equal(templates, 3);
    assert_int_equal(people, 2);
    assert_false(db_template_delete(connection, &leo, &first, &error)); /* not his */
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    assert_true(db_template_delete(connection, &ana, &first, &error));
    assert_true(db_template_delete_user(connection, &ana, &removed, &error));
    assert_int_equal(removed, 1);
    assert_true(db_template_delete_user(connection, &ana, &removed, &error));
    assert_int_equal(removed, 0);
}

static void test_face_revisions(void **state)
{
    struct fixture *fixture = *state;
    struct db_connection *connection = fixture->connection;
    GError *error = NULL;
    struct base_uuid ana = fixture_user(fixture, "Ana", "a@uni.mx", CORE_ROLE_STUDENT, NULL);
    struct base_uuid leo = fixture_user(fixture, "Leo", "l@uni.mx", CORE_ROLE_STUDENT, NULL);
    gint64 revision = -1;

    assert_true(db_face_revision(connection, &revision, &error));
    assert_int_equal(revision, 0);
    assert_true(db_face_revision_bump(connection, &leo, &error));
    assert_true(db_face_revision_bump(connection, &ana, &error));
    assert_true(db_face_revision_bump(connection, &leo, &error));
    assert_true(db_face_revision(connection, &revision, &error));
    assert_int_equal(revision, 3);
    g_autoptr(GPtrArray) changed = db_user_list_changed(connection, 0, &error);
    assert_names(changed, "Ana,Leo");
    g_autoptr(GPtrArray) since = db_user_list_changed(connection, 2, &error);
    assert_names(since, "Leo");
    g_autoptr(GPtrArray) none = db_user_list_changed(connection, 3, &error);
    assert_int_equal(none->len, 0);
    assert_false(db_face_revision_bump(connection, &fixture->institution_id, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
}

static void test_settings(void **state)
{
    struct fixture *fixture = *state;
    GError *error = NULL;
    char *value = (char *)"?";

    assert_true(db_setting_get(fixture->connection, "colour", &value, &error));
    assert_null(value);
    assert_true(db_setting_set(fixture->connection, "colour", "red", NOON, &error));
    assert_true(db_setting_set(fixture->connection, "colour", "blue", NOON, &error));
    assert_true(db_setting_set_once(fixture->connection, "colour", "green", NOON, &value, &error));
    assert_string_equal(value, "blue");
    g_free(value);
    assert_true(db_setting_set(fixture->connection, "colour", NULL, NOON, &error));
    assert_true(db_setting_set_once(fixture->connection, "colour", "green", NOON, &value, &error));
    assert_string_equal(value, "green");
    g_free(value);
}

static void test_audit_log(void **state)
{
    struct fixture *fixture = *state;
    GError *error = NULL;
    gint64 total;
    struct base_uuid actor = fixture->institution_id;

    for (int i = 0; i < 5; i++) {
        const struct core_audit entry = {
            .happened_at = NOON + i,
            .actor_id = i % 2 ? actor : (struct base_uuid){{0}},
            .action = (char *)(i < 3 ? "user.create" : "user.delete"),
            .subject = (char *)"someone",
            .details = i ? NULL : (char *)"{\"a\":1}",
        };
        assert_true(db_audit_append(fixture->connection, &entry, &error));
    }
    g_autoptr(GPtrArray) all = db_audit_list(fixture->connection, NULL, NULL, &total, &error);
    assert_int_equal(total, 5);
    const struct core_audit *newest = all->pdata[0], *oldest = all->pdata[4];
    assert_true(newest->happened_at == NOON + 4);
    assert_true(newest->sequence > oldest->sequence);
    assert_string_equal(oldest->details, "{\"a\":1}");
    assert_true(base_uuid_is_nil(&oldest->actor_id));

    struct db_audit_filter filter = {.actor_id = actor, .action = "user.create"};
    g_autoptr(GPtrArray) some = db_audit_list(fixture->connection, &filter, NULL, &total, &error);
    assert_int_equal(total, 1);
    filter = (struct db_audit_filter){.subject = "someone", .from = NOON + 1, .before = NOON + 3};
    const struct db_page page = {.limit = 1, .offset = 1};
    g_autoptr(GPtrArray) one = db_audit_list(fixture->connection, &filter, &page, &total, &error);
    assert_int_equal(total, 2);
    assert_int_equal(one->len, 1);
    assert_true(((struct core_audit *)one->pdata[0])->happened_at == NOON + 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_institutions),
        TEST(test_groups),
        TEST(test_deleting_a_group_keeps_its_people),
        TEST(test_users_come_back_whole),
        TEST(test_one_address_one_account),
        TEST(test_lists_of_users),
        TEST(test_users_without_face_or_consent),
        TEST(test_pages_of_users),
        cmocka_unit_test(test_sort_names),
        TEST(test_sessions),
        TEST(test_templates),
        TEST(test_face_revisions),
        TEST(test_settings),
        TEST(test_audit_log),
    };
    return cmocka_run_group_tests_name("db_people", tests, NULL, NULL);
}
