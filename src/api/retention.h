/* Private to this folder: the periods for which things are kept, as the API shows and reads them.
 */
#ifndef API_RETENTION_H
#define API_RETENTION_H

#include "base/json.h"
#include "service/retention.h"

/* A new reference. */
json_t *api_json_retention(const struct service_retention *retention);

/* What a body says of them; `input` points into it. */
struct api_retention_input {
    struct service_retention_input input;
    struct service_retention values;
};

/* BASE_ERROR_INVALID when it is malformed; the service says what the values may be. */
bool api_retention_read(json_t *object, struct api_retention_input *read, GError **error);

#endif
