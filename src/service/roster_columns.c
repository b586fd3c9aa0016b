#include "service/roster_columns.h"

#include <string.h>

static const struct {
    enum roster_field field;
    enum roster_column column;
    const char *labels; /* keys with a blank on either side */
} fields[ROSTER_FIELD_N] = {
    [ROSTER_FIELD_NAME] = {ROSTER_FIELD_NAME, ROSTER_NAME,
                           " name fullname studentname nombrecompleto nombredelalumno alumno "
                           "estudiante student "},
    [ROSTER_FIELD_FIRST_NAME] = {ROSTER_FIELD_FIRST_NAME, ROSTER_NAME,
                                 " firstname firstnames givenname givennames nombre nombres "},
    [ROSTER_FIELD_LAST_NAME] =
        {ROSTER_FIELD_LAST_NAME, ROSTER_NAME,
         " lastname lastnames surname surnames familyname apellido apellidos "
         "apellidopaterno primerapellido paterno "},
    [ROSTER_FIELD_SECOND_LAST_NAME] = {ROSTER_FIELD_SECOND_LAST_NAME, ROSTER_NAME,
                                       " secondlastname secondsurname apellidomaterno "
                                       "segundoapellido materno "},
    [ROSTER_FIELD_STUDENT_NUMBER] = {ROSTER_FIELD_STUDENT_NUMBER, ROSTER_STUDENT_NUMBER,
                                     " studentnumber studentid number matricula "
                                     "numerodematricula numerodecontrol nocontrol numerodealumno "
                                     "numerodeestudiante nomatricula expediente boleta "},
    [ROSTER_FIELD_EMAIL] = {ROSTER_FIELD_EMAIL, ROSTER_EMAIL,
                            " email mail emailaddress correo correoelectronico "
                            "correoinstitucional "},
    [ROSTER_FIELD_GROUP] = {ROSTER_FIELD_GROUP, ROSTER_GROUP,
                            " group groupname class classname section grupo seccion clase "},
    [ROSTER_FIELD_ROLE] = {ROSTER_FIELD_ROLE, ROSTER_ROLE, " role rol tipo perfil "},
    [ROSTER_FIELD_DATE_OF_BIRTH] = {ROSTER_FIELD_DATE_OF_BIRTH, ROSTER_DATE_OF_BIRTH,
                                    " dateofbirth birthdate birthday dob fechadenacimiento "
                                    "fechanacimiento nacimiento "},
    [ROSTER_FIELD_LANGUAGE] = {ROSTER_FIELD_LANGUAGE, ROSTER_LANGUAGE,
                               " language lang idioma lengua "},
    [ROSTER_FIELD_STATUS] = {ROSTER_FIELD_STATUS, ROSTER_STATUS,
                             " status active estado estatus activo situacion "},
    [ROSTER_FIELD_SUBJECT] = {ROSTER_FIELD_SUBJECT, ROSTER_SUBJECT,
                              " subject subjectname subjectcode materia asignatura "
                              "clavedemateria "},
    [ROSTER_FIELD_COURSE] = {ROSTER_FIELD_COURSE, ROSTER_COURSE, " course coursename curso "},
    [ROSTER_FIELD_TERM] = {ROSTER_FIELD_TERM, ROSTER_TERM,
                           " term semester period periodo semestre ciclo cicloescolar "
                           "cuatrimestre trimestre "},
    [ROSTER_FIELD_TEACHER] = {ROSTER_FIELD_TEACHER, ROSTER_TEACHER,
                              " teacher teacheremail instructor docente profesor maestro "
                              "correodocente correodeldocente correodelprofesor "},
    [ROSTER_FIELD_FIRST_DAY] = {ROSTER_FIELD_FIRST_DAY, ROSTER_FIRST_DAY,
                                " firstday from begindate startdate start inicio fechadeinicio "
                                "fechainicio desde alta fechadealta "},
    [ROSTER_FIELD_LAST_DAY] = {ROSTER_FIELD_LAST_DAY, ROSTER_LAST_DAY,
                               " lastday to until enddate end fin fechadefin fechafin hasta baja "
                               "fechadebaja "},
};

static const struct {
    enum roster_field field;
    int meaning;
    const char *words; /* as above */
} meanings[] = {
    {ROSTER_FIELD_ROLE, CORE_ROLE_STUDENT, " student pupil alumno alumna estudiante "},
    {ROSTER_FIELD_ROLE, CORE_ROLE_TEACHER,
     " teacher instructor professor docente profesor profesora maestro maestra "},
    {ROSTER_FIELD_ROLE, CORE_ROLE_ADMIN, " admin administrator administrador administradora "},
    {ROSTER_FIELD_LANGUAGE, 0, " es esmx eses spanish espanol castellano "},
    {ROSTER_FIELD_LANGUAGE, 1, " en enus engb english ingles "},
    {ROSTER_FIELD_STATUS, 1,
     " active enrolled yes true 1 activo activa alta inscrito inscrita si "},
    {ROSTER_FIELD_STATUS, 0, " inactive withdrawn no false 0 inactivo inactiva baja dadodebaja "},
};

/* " correoelectronico " for "Correo electrónico": what the lists above are searched for. */
static char *key_of(const char *text)
{
    g_autofree char *key = base_text_key(text);
    GString *bare = g_string_new(" ");

    for (const char *at = key; *at; at++)
        if (g_ascii_isalnum(*at))
            g_string_append_c(bare, *at);
    g_string_append_c(bare, ' ');
    return g_string_free(bare, FALSE);
}

bool roster_field_read(const char *label, enum roster_field *field)
{
    g_autofree char *key = key_of(label);

    for (guint i = 0; key[1] != ' ' && i < ROSTER_FIELD_N; i++)
        if (strstr(fields[i].labels, key)) {
            *field = fields[i].field;
            return true;
        }
    return false;
}

enum roster_column roster_field_column(enum roster_field field)
{
    return fields[field].column;
}

bool roster_word_read(enum roster_field field, const char *word, int *meaning)
{
    g_autofree char *key = key_of(word);

    for (gsize i = 0; key[1] != ' ' && i < G_N_ELEMENTS(meanings); i++)
        if (meanings[i].field == field && strstr(meanings[i].words, key)) {
            *meaning = meanings[i].meaning;
            return true;
        }
    return false;
}

const char *roster_words(enum roster_field field)
{
    return field == ROSTER_FIELD_ROLE       ? "student, teacher (alumno, docente)"
           : field == ROSTER_FIELD_LANGUAGE ? "es, en"
                                            : "active, inactive (activo, inactivo)";
}

bool roster_day_read(const char *text, char day[CORE_DAY_SIZE])
{
    int numbers[3] = {0};
    gsize digits[3] = {0};
    guint n = 0;

    for (const char *at = text; *at; at++) {
        if (g_ascii_isdigit(*at) && digits[n] < 4) {
            numbers[n] = numbers[n] * 10 + g_ascii_digit_value(*at);
            digits[n]++;
        } else if (strchr("-/.", *at) && n < 2 && digits[n]) {
            n++;
        } else {
            return false;
        }
    }
    if (n != 2 || digits[1] > 2 || !digits[2])
        return false;
    if (digits[0] == 4 && digits[2] <= 2)
        g_snprintf(day, CORE_DAY_SIZE, "%04d-%02d-%02d", numbers[0], numbers[1], numbers[2]);
    else if (digits[0] <= 2 && digits[2] == 4)
        g_snprintf(day, CORE_DAY_SIZE, "%04d-%02d-%02d", numbers[2], numbers[1], numbers[0]);
    else
        return false;
    return core_day_is_valid(day);
}
