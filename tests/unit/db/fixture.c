#include "fixture.h"

#include "../database.h"
#include "../folder.h"

#include "base/text.h"

#include <math.h>
#include <string.h>

void fixture_folder(struct fixture *fixture)
{
    *fixture = (struct fixture){0};
    fixture->folder = g_dir_make_tmp("presente-db-XXXXXX", NULL);
    assert_non_null(fixture->folder);
    fixture->url = unit_database_create(fixture->folder);
    if (unit_database_is_file())
        fixture->path = g_strdup(fixture->url + strlen("sqlite:"));
}

int fixture_setup(void **state)
{
    struct fixture *fixture = g_new0(struct fixture, 1);
    GError *error = NULL;

    fixture_folder(fixture);
    fixture_reopen(fixture, NULL);
    if (!db_migrate(fixture->db, NULL, &error))
        fail_msg("%s", error->message);

    struct core_institution institution = {
        .name = (char *)"Universidad",
        .time_zone = (char *)"America/Merida",
        .policy = CORE_POLICY_DEFAULT,
        .created_at = NOON,
        .updated_at = NOON,
    };
    base_uuid_new(&institution.id);
    assert_true(db_institution_insert(fixture->connection, &institution, &error));
    fixture->institution_id = institution.id;
    *state = fixture;
    return 0;
}

void fixture_remove(struct fixture *fixture)
{
    db_release(fixture->connection);
    db_close(fixture->db);
    unit_database_drop(fixture->url);
    unit_folder_remove(fixture->folder);
    g_free(fixture->folder);
    g_free(fixture->path);
    g_free(fixture->url);
}

int fixture_teardown(void **state)
{
    fixture_remove(*state);
    g_free(*state);
    return 0;
}

void fixture_reopen(struct fixture *fixture, const struct db_options *options)
{
    GError *error = NULL;

    db_release(g_steal_pointer(&fixture->connection));
    db_close(g_steal_pointer(&fixture->db));
    fixture->db = db_open(fixture->url, options, &error);
    if (!fixture->db)
        fail_msg("%s", error->message);
    fixture->connection = db_acquire(fixture->db, &error);
    assert_non_null(fixture->connection);
}

struct base_uuid fixture_group(struct fixture *fixture, const char *name)
{
    GError *error = NULL;
    struct core_group group = {
        .institution_id = fixture->institution_id,
        .name = (char *)name,
        .created_at = NOON,
        .updated_at = NOON,
    };

    base_uuid_new(&group.id);
    db_group_insert(fixture->connection, &group, &error);
    assert_no_error(error);
    return group.id;
}

struct base_uuid fixture_user(struct fixture *fixture, const char *name, const char *email,
                              enum core_role role, const struct base_uuid *group_id)
{
    GError *error = NULL;
    struct core_user user = {
        .institution_id = fixture->institution_id,
        .name = (char *)name,
        .email = (char *)email,
        .age = CORE_AGE_UNKNOWN,
        .role = role,
        .active = true,
        .created_at = NOON,
        .updated_at = NOON,
    };

    base_uuid_new(&user.id);
    if (group_id)
        user.group_id = *group_id;
    db_user_insert(fixture->connection, &user, DAY, &error);
    assert_no_error(error);
    return user.id;
}

struct base_uuid fixture_template(struct fixture *fixture, const struct base_uuid *user_id)
{
    GError *error = NULL;
    g_autofree char *text = g_strnfill(2088, 's');
    g_autoptr(GBytes) sealed = g_bytes_new(text, 2088);
    struct core_template face = {
        .user_id = *user_id,
        .sealed = sealed,
        .model = (char *)"model-1",
        .quality = 0.75,
        .source = (char *)"registration",
        .created_at = NOON,
    };

    base_uuid_new(&face.id);
    db_template_insert(fixture->connection, &face, &error);
    assert_no_error(error);
    return face.id;
}

struct core_attendance fixture_mark(const struct base_uuid *user_id,
                                    const struct base_uuid *group_id)
{
    struct core_attendance mark = {
        .user_id = *user_id,
        .occasion = (char *)OCCASION,
        .local_day = (char *)DAY,
        .marked_at = NOON,
        .status = CORE_STATUS_PRESENT,
        .method = CORE_METHOD_FACE,
        .score = 0.625,
        .created_at = NOON,
        .updated_at = NOON,
    };

    base_uuid_new(&mark.id);
    if (group_id)
        mark.group_id = *group_id;
    return mark;
}

struct base_uuid fixture_store_mark(struct fixture *fixture, const struct base_uuid *user_id,
                                    const struct base_uuid *group_id, const char *day,
                                    base_time time, enum core_status status)
{
    GError *error = NULL;
    g_autofree char *occasion = g_strconcat("day:", day, NULL);
    struct core_attendance mark = fixture_mark(user_id, group_id);

    mark.occasion = occasion;
    mark.local_day = (char *)day;
    mark.marked_at = time;
    mark.status = status;
    g_autoptr(core_attendance) standing =
        db_attendance_mark(fixture->connection, &mark, NULL, &error);
    assert_no_error(error);
    return standing->id;
}

gint64 fixture_count(struct db_connection *connection, const char *sql)
{
    GError *error = NULL;
    gint64 count = -1;

    db_query_int_values(connection, &count, &error, sql, NULL, 0);
    assert_no_error(error);
    return count;
}

const char *fixture_sql_pick(const struct db_sql *sql)
{
    const char *engine = unit_database_engine();
    const char *own = NULL;

    if (strcmp(engine, "sqlite") == 0)
        own = sql->sqlite;
    else if (strcmp(engine, "postgresql") == 0)
        own = sql->postgresql;
    else if (strcmp(engine, "mariadb") == 0)
        own = sql->mariadb;
    return own ? own : sql->common;
}
