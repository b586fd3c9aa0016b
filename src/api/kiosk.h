/* Private to this folder: what the routes of kiosks share. */
#ifndef API_KIOSK_H
#define API_KIOSK_H

#include "api/api.h"
#include "base/json.h"
#include "service/kiosk.h"

/* The cookie by which a kiosk is known, for as long as browsers keep one. */
void api_respond_device_cookie(struct api *api, const struct http_request *request,
                               struct http_response *response, const char *token);

/* What a kiosk is told of itself; the key that it seals to. New references. */
json_t *api_json_kiosk_device(const struct db_device *device);
json_t *api_json_kiosk_key(const struct service_kiosk_key *key);

#endif
