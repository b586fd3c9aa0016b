#include "api/person.h"

#include "base/error.h"

#define TEXT_MAX 4096 /* bytes; the service has the exact rules */

struct person_fields {
    bool present[11], null[11];
    const char *role;
};

enum { NAME, EMAIL, PASSWORD, AGE, BIRTH, GROUP, ROLE, IMAGE, ACTIVE, NUMBER, LANGUAGE };

/* In the order of enum service_user_field's bits, which is the order above. */
static bool read_role(const struct person_fields *read, struct service_user_input *input,
                      GError **error)
{
    if (!read->present[ROLE] || core_role_from_name(read->role, &input->role))
        return true;
    g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                        "role must be admin, teacher or student.");
    return false;
}

bool api_person_read(struct api_form *form, unsigned allowed, unsigned required,
                     struct service_user_input *input, const char **current_password,
                     GError **error)
{
    struct person_fields read = {0};
    bool *present = read.present, *null = read.null;

    *input = (struct service_user_input){.age = CORE_AGE_UNKNOWN, .role = CORE_ROLE_STUDENT};
    const struct base_json_field ALL[] = {
        [NAME] = {"name", BASE_JSON_TEXT, 0, &input->name, &present[NAME], .max = TEXT_MAX},
        [EMAIL] = {"email", BASE_JSON_TEXT, 0, &input->email, &present[EMAIL], .max = TEXT_MAX},
        [PASSWORD] = {"password", BASE_JSON_TEXT, 0, &input->password, &present[PASSWORD],
                      .max = TEXT_MAX},
        [AGE] = {"age", BASE_JSON_INTEGER, 0, &input->age, &present[AGE], &null[AGE], .min = 5,
                 .max = 120},
        [BIRTH] = {"date_of_birth", BASE_JSON_TEXT, 0, &input->date_of_birth, &present[BIRTH],
                   &null[BIRTH], .max = TEXT_MAX},
        [GROUP] = {"group_id", BASE_JSON_UUID, 0, &input->group_id, &present[GROUP], &null[GROUP]},
        [ROLE] = {"role", BASE_JSON_TEXT, 0, &read.role, &present[ROLE]},
        [IMAGE] = {"profile_image_url", BASE_JSON_TEXT, 0, &input->profile_image_url,
                   &present[IMAGE], &null[IMAGE], .max = TEXT_MAX},
        [ACTIVE] = {"active", BASE_JSON_BOOL, 0, &input->active, &present[ACTIVE]},
        [NUMBER] = {"student_number", BASE_JSON_TEXT, 0, &input->student_number, &present[NUMBER],
                    &null[NUMBER], .max = TEXT_MAX},
        [LANGUAGE] = {"language", BASE_JSON_TEXT, 0, &input->language, &present[LANGUAGE],
                      &null[LANGUAGE], .max = TEXT_MAX},
    };
    struct base_json_field fields[G_N_ELEMENTS(ALL) + 2];
    size_t n = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(ALL); i++) {
        if (!(allowed & 1u << i))
            continue;
        fields[n] = ALL[i];
        fields[n++].need = required & 1u << i ? BASE_JSON_REQUIRED : BASE_JSON_OPTIONAL;
    }
    if (allowed & API_PERSON_CONSENT)
        fields[n++] =
            (struct base_json_field){"consent_version",       BASE_JSON_INTEGER, BASE_JSON_OPTIONAL,
                                     &input->consent_version, .min = 1,          .max = G_MAXINT32};
    if (current_password)
        fields[n++] =
            (struct base_json_field){"current_password", BASE_JSON_TEXT, BASE_JSON_OPTIONAL,
                                     current_password, .max = TEXT_MAX};
    if (!api_form_values(form, fields, n, error) || !read_role(&read, input, error))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(ALL); i++)
        if (present[i] || null[i])
            input->fields |= 1u << i;
    return true;
}
