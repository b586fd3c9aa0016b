/* Rosters and OneRoster files: what they would do, what they do, and what is wrong with them. */
#include "fixture.h"

#include "archive/archive.h"
#include "core/catalogue.h"
#include "service/institution_archive.h"
#include "service/oneroster.h"
#include "service/photo_import.h"
#include "service/roster.h"

#include <string.h>

static gssize read_text(void *buffer, gsize size, gpointer data, GError **error)
{
    const char **at = data;
    const gsize n = MIN(size, strlen(*at));

    (void)error;
    memcpy(buffer, *at, n);
    *at += n;
    return (gssize)n;
}

static void roster(struct fixture *f, const char *text, struct service_roster_options options,
                   struct service_import *import)
{
    GError *error = NULL;

    service_import_init(import);
    if (!service_roster_import(f->service, &f->admin, read_text, &text, &options, import, &error))
        fail_msg("%s", error->message);
}

/* "2 email: …" of all that was refused, one a line. */
static char *faults(const struct service_import *import)
{
    GString *all = g_string_new(NULL);

    for (guint i = 0; i < import->errors->len; i++) {
        const struct service_import_error *fault = import->errors->pdata[i];
        g_string_append_printf(all, "%s%s%" G_GINT64_FORMAT " %s\n", fault->file ? fault->file : "",
                               fault->file ? ":" : "", fault->line,
                               fault->column ? fault->column : "-");
    }
    return g_string_free(all, FALSE);
}

static void expect_count(const struct service_import *import, enum service_import_thing thing,
                         enum service_import_action action, gint64 n)
{
    if (import->errors_n)
        fail_msg("refused: %s", ((struct service_import_error *)import->errors->pdata[0])->message);
    assert_int_equal(import->counts[thing][action], n);
}

static void make_term(struct fixture *f)
{
    g_autoptr(db_connection) connection = db_acquire(f->db, NULL);
    struct core_term term = {
        .institution_id = f->admin.institution_id,
        .name = (char *)"2026",
        .first_day = (char *)"2000-01-01",
        .last_day = (char *)"2999-12-31",
    };

    base_uuid_new(&term.id);
    assert_true(db_execute(connection, NULL, NULL,
                           "INSERT INTO terms (id, institution_id, name, name_key, first_day, "
                           "last_day, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                           db_uuid(&term.id), db_uuid(&term.institution_id), db_text(term.name),
                           db_text(term.name), db_text(term.first_day), db_text(term.last_day),
                           db_time(1), db_time(1)));
}

static const char PEOPLE[] =
    "Correo electrónico;Grupo;Matrícula;Nombre(s);Apellidos;Materia;Docente;Rol\r\n"
    "ANA@uni.edu;4B;21000001;Ana;Pérez Núñez;Álgebra;prof@uni.edu;alumno\r\n"
    "luis@uni.edu;4B;21000002;Luis;Ek;Álgebra;prof@uni.edu;\r\n"
    "prof@uni.edu;;;Eva;Canul;;;docente\r\n"
    "zoe@uni.edu;;21000003;Zoë;May;Física;;alumno\r\n";

static void a_roster_is_tried_applied_and_repeated(void **state)
{
    struct fixture *f = *state;
    struct service_roster_options options = SERVICE_ROSTER_OPTIONS;
    const gint64 before = fixture_count(f, "SELECT COUNT(*) FROM audit_log");
    struct service_import import;

    make_term(f);
    roster(f, PEOPLE, options, &import);
    assert_false(import.applied);
    expect_count(&import, SERVICE_IMPORT_PERSON, SERVICE_IMPORT_CREATE, 4);
    expect_count(&import, SERVICE_IMPORT_GROUP, SERVICE_IMPORT_CREATE, 1);
    expect_count(&import, SERVICE_IMPORT_COURSE, SERVICE_IMPORT_CREATE, 2);
    expect_count(&import, SERVICE_IMPORT_ENROLMENT, SERVICE_IMPORT_CREATE, 1);
    expect_count(&import, SERVICE_IMPORT_TEACHING, SERVICE_IMPORT_CREATE, 1);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM audit_log"), before);
    service_import_clear(&import);

    options.apply = true;
    roster(f, PEOPLE, options, &import);
    assert_true(import.applied);
    service_import_clear(&import);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM users WHERE email = 'ana@uni.edu' AND "
                                      "name = 'Ana Pérez Núñez' AND student_number = '21000001' "
                                      "AND group_id IS NOT NULL AND password_hash IS NULL"),
                     1);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM enrolments"), 3);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM course_teachers"), 1);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM audit_log WHERE action = "
                                      "'user.create' AND details LIKE '%import%'"),
                     4);
    assert_int_equal(
        fixture_count(f, "SELECT COUNT(*) FROM audit_log WHERE action = 'import.roster'"), 1);

    roster(f, PEOPLE, options, &import);
    assert_int_equal(import.items->len, 0);
    expect_count(&import, SERVICE_IMPORT_PERSON, SERVICE_IMPORT_UNCHANGED, 4);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM enrolments"), 3);
    service_import_clear(&import);
}

static void people_change_move_and_leave(void **state)
{
    struct fixture *f = *state;
    struct service_roster_options options = SERVICE_ROSTER_OPTIONS;
    struct service_import import;

    options.apply = true;
    options.withdraw_missing = true;
    roster(f,
           "name,student_number,email,group\n"
           "Ana Pérez,21000001,ana.perez@uni.edu,5A\n"
           "Zoë May,21000003,,4b\n",
           options, &import);
    expect_count(&import, SERVICE_IMPORT_PERSON, SERVICE_IMPORT_MOVE, 1);
    expect_count(&import, SERVICE_IMPORT_PERSON, SERVICE_IMPORT_UPDATE, 1);
    expect_count(&import, SERVICE_IMPORT_PERSON, SERVICE_IMPORT_WITHDRAW, 1);
    service_import_clear(&import);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM users WHERE active = TRUE AND "
                                      "email = 'ana.perez@uni.edu'"),
                     1);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM users WHERE active = FALSE AND "
                                      "email = 'luis@uni.edu' AND group_id IS NULL"),
                     1);

    /* The log says who was moved and who left, so that it can be worked out who was where. */
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM audit_log WHERE action = "
                                      "'user.update' AND details LIKE '%\"group_id\":{\"from\"%'"),
                     3);

    /* Whom such an import has withdrawn another one brings back. */
    roster(f, "student_number,group\n21000002,4B\n21000003,4B\n", options, &import);
    expect_count(&import, SERVICE_IMPORT_PERSON, SERVICE_IMPORT_UPDATE, 1);
    service_import_clear(&import);
    assert_int_equal(
        fixture_count(f, "SELECT COUNT(*) FROM users WHERE active = TRUE AND role = 'student'"), 3);
}

static void every_bad_line_is_named_and_nothing_stored(void **state)
{
    struct fixture *f = *state;
    struct service_roster_options options = SERVICE_ROSTER_OPTIONS;
    const gint64 before = fixture_count(f, "SELECT COUNT(*) FROM users");
    struct service_import import;

    options.apply = true;
    roster(f,
           "nombre,correo,matricula,rol,fecha de nacimiento,idioma,docente,grupo,mascota\n"
           "Bea,bea@uni.edu,1,alumno,31/07/2004,es,,4B,gato\n"
           "Sin Correo,,2,alumno,,,,4B,\n"
           "Mal Correo,no@,3,alumno,,,,4B,\n"
           "Rol Raro,r@uni.edu,4,rey,,,,4B,\n"
           "Día Raro,d@uni.edu,5,alumno,31/02/2004,,,4B,\n"
           "Lengua,l@uni.edu,6,alumno,,fr,,4B,\n"
           "Bea,otra@uni.edu,1,alumno,,,,4B,\n"
           "Corta,c@uni.edu,7\n"
           "Jefa,j@uni.edu,8,admin,,,,4B,\n"
           "Ajena,ana.perez@uni.edu,21000002,alumno,,,,4B,\n"
           ",,,,,,,,\n"
           "Con docente,e@uni.edu,9,alumno,,,nadie@uni.edu,4B,\n"
           "Nadie,,,alumno,,,,4B,\n",
           options, &import);
    assert_false(import.applied);
    g_autofree char *all = faults(&import);
    assert_string_equal(all, "4 correo\n5 rol\n6 fecha de nacimiento\n7 idioma\n8 correo\n9 -\n"
                             "10 rol\n14 matricula\n3 correo\n11 correo\n13 docente\n");
    assert_int_equal(import.notes->len, 1);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM users"), before);
    service_import_clear(&import);
}

static void files_that_are_no_roster_are_refused(void **state)
{
    struct fixture *f = *state;
    static const char *const FILES[] = {
        "",
        "name,shoe size\nAna,38\n",
        "email,correo\na@uni.edu,b@uni.edu\n",
        "email\n\"a@uni.edu\n",
        "email\n\xE9@uni.edu\n",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(FILES); i++) {
        struct service_import import;
        roster(f, FILES[i], SERVICE_ROSTER_OPTIONS, &import);
        assert_true(import.errors_n > 0);
        service_import_clear(&import);
    }
    struct service_identity student = f->admin;
    const char *text = PEOPLE;
    GError *error = NULL;
    g_auto(service_import) import;
    service_import_init(&import);
    student.role = CORE_ROLE_TEACHER;
    assert_false(service_roster_import(f->service, &student, read_text, &text,
                                       &SERVICE_ROSTER_OPTIONS, &import, &error));
    assert_base_error(error, BASE_ERROR_FORBIDDEN);
}

/* ---- OneRoster ---- */

static const char *const ONEROSTER[SERVICE_ONEROSTER_FILE_N] = {
    [SERVICE_ONEROSTER_MANIFEST] = "propertyName,value\nmanifest.version,1.0\n"
                                   "oneroster.version,1.1\nfile.users,bulk\n",
    [SERVICE_ONEROSTER_ORGS] = "sourcedId,status,dateLastModified,name,type\no1,,,Uni,school\n",
    [SERVICE_ONEROSTER_SESSIONS] =
        "sourcedId,status,dateLastModified,title,type,startDate,endDate\n"
        "t1,,,Otoño 2026,term,2026-08-01,2026-12-19\n",
    [SERVICE_ONEROSTER_COURSES] = "sourcedId,status,dateLastModified,title,courseCode\n"
                                  "k1,,,Cálculo,MAT-1\n",
    [SERVICE_ONEROSTER_CLASSES] =
        "sourcedId,status,dateLastModified,title,courseSourcedId,classType,termSourcedIds\n"
        "c1,,,Cálculo,k1,scheduled,t1\nc2,,,Cálculo,k1,scheduled,t1\nh1,,,1A,k1,homeroom,t1\n",
    [SERVICE_ONEROSTER_USERS] =
        "sourcedId,status,dateLastModified,enabledUser,role,username,givenName,familyName,"
        "identifier,email\n"
        "u1,,,true,student,s1,Iván,Poot,31000001,ivan@uni.edu\n"
        "u2,,,true,administrator,dir@uni.edu,Rita,Sol,,\n"
        "u3,,,true,guardian,g1,Mamá,Poot,,mama@uni.edu\n",
    [SERVICE_ONEROSTER_ENROLLMENTS] =
        "sourcedId,status,dateLastModified,classSourcedId,userSourcedId,role,beginDate,endDate\n"
        "e1,,,c1,u1,student,2026-08-10,2026-12-01\ne2,,,c1,u2,teacher,,\n"
        "e3,,,h1,u1,student,,\ne4,,,c2,u1,student,,\n",
};

static void oneroster(struct fixture *f, const char *const files[SERVICE_ONEROSTER_FILE_N],
                      const struct service_oneroster_options *options,
                      struct service_import *import)
{
    struct service_oneroster_files held = {{NULL}};
    GError *error = NULL;

    for (unsigned i = 0; i < SERVICE_ONEROSTER_FILE_N; i++)
        held.contents[i] = files[i] ? g_bytes_new_static(files[i], strlen(files[i])) : NULL;
    service_import_init(import);
    if (!service_oneroster_import(f->service, &f->admin, &held, options, import, &error))
        fail_msg("%s", error->message);
    service_oneroster_files_clear(&held);
}

static void oneroster_is_taken_over_and_updated(void **state)
{
    struct fixture *f = *state;
    const struct service_oneroster_options options = {.apply = true};
    struct service_import import;

    oneroster(f, ONEROSTER, &options, &import);
    expect_count(&import, SERVICE_IMPORT_PERSON, SERVICE_IMPORT_CREATE, 2);
    expect_count(&import, SERVICE_IMPORT_PERSON, SERVICE_IMPORT_SKIP, 1);
    expect_count(&import, SERVICE_IMPORT_COURSE, SERVICE_IMPORT_CREATE, 2);
    expect_count(&import, SERVICE_IMPORT_ENROLMENT, SERVICE_IMPORT_CREATE, 2);
    service_import_clear(&import);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM users WHERE email = 'dir@uni.edu' AND "
                                      "role = 'teacher'"),
                     1);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM terms WHERE last_day = '2026-12-18'"),
                     1);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM enrolments WHERE course_id IS NOT NULL "
                                      "AND first_day = '2026-08-10' AND last_day = '2026-11-30'"),
                     1);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM users u JOIN class_groups g ON "
                                      "g.id = u.group_id WHERE g.name = '1A'"),
                     1);
    oneroster(f, ONEROSTER, &options, &import);
    assert_int_equal(import.counts[SERVICE_IMPORT_ENROLMENT][SERVICE_IMPORT_UNCHANGED], 2);
    assert_int_equal(import.counts[SERVICE_IMPORT_PERSON][SERVICE_IMPORT_UNCHANGED], 2);
    service_import_clear(&import);

    /* A delta names only what has changed: another e-mail, and an enrolment that is no more. */
    static const char *const DELTA[SERVICE_ONEROSTER_FILE_N] = {
        [SERVICE_ONEROSTER_MANIFEST] =
            "propertyName,value\noneroster.version,1.1\nfile.users,delta\n"
            "file.classes,delta\nfile.enrollments,delta\n",
        [SERVICE_ONEROSTER_CLASSES] = "sourcedId,status,title,courseSourcedId,termSourcedIds\n",
        [SERVICE_ONEROSTER_USERS] = "sourcedId,status,role,givenName,familyName,email\n"
                                    "u2,active,teacher,Rita,Sol,rita@uni.edu\n",
        [SERVICE_ONEROSTER_ENROLLMENTS] = "sourcedId,status,classSourcedId,userSourcedId,role\n"
                                          "e4,tobedeleted,c2,u1,student\n"
                                          "e2,tobedeleted,c1,u2,teacher\n",
    };
    oneroster(f, DELTA, &options, &import);
    expect_count(&import, SERVICE_IMPORT_PERSON, SERVICE_IMPORT_UPDATE, 1);
    expect_count(&import, SERVICE_IMPORT_ENROLMENT, SERVICE_IMPORT_WITHDRAW, 1);
    expect_count(&import, SERVICE_IMPORT_TEACHING, SERVICE_IMPORT_WITHDRAW, 1);
    service_import_clear(&import);
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM users WHERE email = 'rita@uni.edu'"),
                     1);
}

static void oneroster_faults_are_named_by_file_and_line(void **state)
{
    struct fixture *f = *state;
    const struct service_oneroster_options options = {.apply = true};
    const char *files[SERVICE_ONEROSTER_FILE_N];
    struct service_import import;

    memcpy(files, ONEROSTER, sizeof files);
    files[SERVICE_ONEROSTER_MANIFEST] = "propertyName,value\noneroster.version,1.2\n"
                                        "file.demographics,bulk\n";
    files[SERVICE_ONEROSTER_USERS] = "sourcedId,role,givenName,familyName,email\n"
                                     "u1,student,A,B,a.b@uni.edu\nu1,student,A,B,c@uni.edu\n"
                                     "u4,king,A,B,d@uni.edu\nu5,student,,B,e@uni.edu\n";
    files[SERVICE_ONEROSTER_ENROLLMENTS] =
        "sourcedId,classSourcedId,userSourcedId,role,beginDate\n"
        "e1,c9,u1,student,\ne2,c1,u9,student,\ne3,c1,u1,student,tomorrow\n";
    oneroster(f, files, &options, &import);
    assert_false(import.applied);
    g_autofree char *all = faults(&import);
    assert_string_equal(all, "manifest.csv:2 value\nmanifest.csv:3 value\nusers.csv:3 sourcedId\n"
                             "users.csv:4 role\nusers.csv:5 givenName\n"
                             "enrollments.csv:2 classSourcedId\nenrollments.csv:3 userSourcedId\n"
                             "enrollments.csv:4 beginDate\n");
    service_import_clear(&import);
}

static void oneroster_is_read_from_an_archive(void **state)
{
    struct fixture *f = *state;
    struct service_oneroster_files files = {{NULL}};
    g_autofree char *path = g_build_filename(f->folder, "or.zip", NULL);
    g_autofree char *data = NULL;
    gsize size = 0;
    GError *error = NULL;
    g_autoptr(archive_writer) writer = archive_writer_create(path, true, &error);

    assert_no_error(error);
    for (unsigned i = 0; i < SERVICE_ONEROSTER_FILE_N; i++) {
        g_autofree char *name = g_strconcat(
            "export/", service_oneroster_file_name((enum service_oneroster_file)i), NULL);
        if (ONEROSTER[i])
            assert_true(archive_writer_add(writer, name, ARCHIVE_DEFLATED, ONEROSTER[i],
                                           strlen(ONEROSTER[i]), &error));
    }
    assert_true(archive_writer_add(writer, "export/readme.txt", ARCHIVE_STORED, "x", 1, &error));
    assert_true(archive_writer_finish(writer, &error));
    assert_true(g_file_get_contents(path, &data, &size, NULL));
    assert_true(service_oneroster_unzip(data, size, &files, &error));
    for (unsigned i = 0; i < SERVICE_ONEROSTER_FILE_N; i++) {
        assert_int_equal(files.contents[i] != NULL, ONEROSTER[i] != NULL);
        if (ONEROSTER[i])
            assert_memory_equal(g_bytes_get_data(files.contents[i], NULL), ONEROSTER[i],
                                strlen(ONEROSTER[i]));
    }
    service_oneroster_files_clear(&files);
    assert_false(service_oneroster_unzip(data, size / 2, &files, &error));
    assert_non_null(error);
    g_clear_error(&error);
    service_oneroster_files_clear(&files);
}

/* ---- Photos ---- */

struct photos {
    archive_reader *reader;
    GString *told;
};

static bool next_photo(char **name, GBytes **content, gpointer data, GError **error)
{
    const struct photos *photos = data;
    struct archive_item item;

    if (!archive_reader_next(photos->reader, &item, error))
        return !*error;
    *name = g_strdup(item.name);
    return service_photo_of_archive(photos->reader, 4, content, error);
}

static bool tell_photo(const struct service_photo_result *result, gpointer data)
{
    const struct photos *photos = data;

    g_string_append_printf(photos->told, "%s %s %s\n", result->name,
                           service_photo_outcome_name(result->outcome),
                           result->kind ? result->kind : "-");
    return true;
}

static void one_photo_that_is_too_large_does_not_end_an_import(void **state)
{
    struct fixture *f = *state;
    struct photos photos = {.told = g_string_new(NULL)};
    const struct service_photo_import_options options = {.threads = 1};
    GError *error = NULL;
    g_autofree char *path = g_build_filename(f->folder, "photos.zip", NULL);
    g_autoptr(archive_writer) writer = archive_writer_create(path, true, &error);

    struct service_import import;
    roster(f, "number,name,email\n8800,Rosa,rosa.photo@uni.edu\n",
           (struct service_roster_options){.role = CORE_ROLE_STUDENT, .apply = true}, &import);
    service_import_clear(&import);
    assert_true(archive_writer_add(writer, "nobody.jpg", ARCHIVE_DEFLATED, "12345", 5, &error));
    assert_true(archive_writer_add(writer, "8800-1.jpg", ARCHIVE_DEFLATED, "12345", 5, &error));
    assert_true(archive_writer_add(writer, "8800-2.jpg", ARCHIVE_DEFLATED, "123", 3, &error));
    assert_true(archive_writer_finish(writer, &error));
    photos.reader = archive_reader_open(path, NULL, &error);
    assert_non_null(photos.reader);
    assert_true(service_photo_import(f->service, &f->admin, &options, next_photo, tell_photo,
                                     &photos, &error));
    assert_string_equal(photos.told->str, "nobody.jpg nobody -\n"
                                          "8800-1.jpg refused unreadable\n"
                                          "8800-2.jpg tried -\n");
    archive_reader_destroy(photos.reader);
    g_string_free(photos.told, TRUE);
}

/* That of 200,000 pictures has 30 MB. */
static void an_export_of_many_pictures_has_a_long_manifest(void **state)
{
    struct fixture *f = *state;
    GError *error = NULL;
    GString *manifest = g_string_new("{\"format\":\"presente-institution\",\"version\":1,"
                                     "\"schema\":1,\"institution_id\":"
                                     "\"0192d1c8-0000-7000-8000-000000000001\",\"files\":[]");
    g_autofree char *blank = g_strnfill(30 << 20, ' ');
    g_autofree char *path = g_build_filename(f->folder, "many.zip", NULL);
    g_autoptr(archive_writer) writer = archive_writer_create(path, true, &error);

    g_string_append_printf(manifest, "%s}", blank);
    assert_true(archive_writer_add(writer, "manifest.json", ARCHIVE_DEFLATED, manifest->str,
                                   manifest->len, &error));
    assert_true(archive_writer_finish(writer, &error));
    g_string_free(manifest, TRUE);
    /* It is read: what is refused is that there is an institution already. */
    assert_false(service_institution_import(f->service, path, NULL, NULL, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_roster_is_tried_applied_and_repeated),
        cmocka_unit_test(people_change_move_and_leave),
        cmocka_unit_test(every_bad_line_is_named_and_nothing_stored),
        cmocka_unit_test(files_that_are_no_roster_are_refused),
        cmocka_unit_test(oneroster_is_taken_over_and_updated),
        cmocka_unit_test(oneroster_faults_are_named_by_file_and_line),
        cmocka_unit_test(oneroster_is_read_from_an_archive),
        cmocka_unit_test(one_photo_that_is_too_large_does_not_end_an_import),
        cmocka_unit_test(an_export_of_many_pictures_has_a_long_manifest),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
