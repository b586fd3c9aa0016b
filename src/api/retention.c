#include "api/retention.h"

json_t *api_json_retention(const struct service_retention *retention)
{
    return json_pack(
        "{s:I, s:I, s:I, s:I}", "mark_picture_days", (json_int_t)retention->mark_picture_days,
        "review_days", (json_int_t)retention->review_days, "audit_months",
        (json_int_t)retention->audit_months, "left_months", (json_int_t)retention->left_months);
}

bool api_retention_read(json_t *object, struct api_retention_input *read, GError **error)
{
    bool has[4] = {false};
    struct service_retention *values = &read->values;
    const struct base_json_field fields[] = {
        {"mark_picture_days", BASE_JSON_INTEGER, BASE_JSON_OPTIONAL, &values->mark_picture_days,
         &has[0]},
        {"review_days", BASE_JSON_INTEGER, BASE_JSON_OPTIONAL, &values->review_days, &has[1]},
        {"audit_months", BASE_JSON_INTEGER, BASE_JSON_OPTIONAL, &values->audit_months, &has[2]},
        {"left_months", BASE_JSON_INTEGER, BASE_JSON_OPTIONAL, &values->left_months, &has[3]},
    };

    if (!base_json_read(object, fields, G_N_ELEMENTS(fields), error))
        return false;
    read->input = (struct service_retention_input){
        .mark_picture_days = has[0] ? &values->mark_picture_days : NULL,
        .review_days = has[1] ? &values->review_days : NULL,
        .audit_months = has[2] ? &values->audit_months : NULL,
        .left_months = has[3] ? &values->left_months : NULL,
    };
    return true;
}
