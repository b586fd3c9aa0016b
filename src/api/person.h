/* Private to this folder: the members by which the API describes an account that is created or
 * changed, read from JSON or a form into struct service_user_input. */
#ifndef API_PERSON_H
#define API_PERSON_H

#include "api/form.h"
#include "service/users.h"

#include <glib.h>
#include <stdbool.h>

/* Beside enum service_user_field in `allowed`: a registration says which consent was agreed to. */
#define API_PERSON_CONSENT (1u << 30)

/*
 * Fills `input` with those of the `allowed` fields (enum service_user_field, or-ed) that are there;
 * `required` ones must be. Null clears a field that may be empty. `current_password` (may be NULL)
 * takes that member too. Texts are borrowed from the form. BASE_ERROR_INVALID otherwise.
 */
bool api_person_read(struct api_form *form, unsigned allowed, unsigned required,
                     struct service_user_input *input, const char **current_password,
                     GError **error);

#endif
