#include "service/devices.h"

#include "auth/password.h"
#include "db/query/course.h"
#include "db/query/room.h"
#include "db/query/session.h"
#include "service/internal.h"

#include <string.h>

#define CODE_ATTEMPTS 4

struct device_work {
    const struct service_identity *identity;
    struct base_uuid id;
    const struct service_device_input *input;
    const struct db_device_code *code; /* NULL: none */
    const char *action;
    struct db_device *device; /* as it is afterwards */
};

/* ---- administrators ---- */

/* A room or course that must exist, and not both. */
static bool place_check(struct db_connection *connection, const struct db_device *device,
                        GError **error)
{
    GError *problem = NULL;
    g_autoptr(core_room) room = NULL;
    g_autoptr(core_course) course = NULL;

    if (!base_uuid_is_nil(&device->room_id) && !base_uuid_is_nil(&device->course_id))
        return base_fail(error, BASE_ERROR_INVALID,
                         "course_id cannot be given together with room_id.");
    if (!base_uuid_is_nil(&device->room_id))
        room = db_room_find(connection, &device->room_id, &problem);
    else if (!base_uuid_is_nil(&device->course_id))
        course = db_course_find(connection, &device->course_id, &problem);
    if (!problem)
        return true;
    if (!g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND)) {
        g_propagate_error(error, problem);
        return false;
    }
    g_error_free(problem);
    return base_fail(error, BASE_ERROR_INVALID,
                     base_uuid_is_nil(&device->room_id) ? "course_id names no course."
                                                        : "room_id names no room.");
}

static bool apply(struct db_connection *connection, const struct service_device_input *input,
                  struct db_device *device, GError **error)
{
    if (input->name || !device->name) {
        char *name = base_text_name(input->name, "name", SERVICE_NAME_MAX, error);
        if (!name)
            return false;
        g_free(device->name);
        device->name = name;
    }
    if (input->room_id)
        device->room_id = *input->room_id;
    if (input->course_id)
        device->course_id = *input->course_id;
    return place_check(connection, device, error);
}

static bool taken(GError **error, GError *problem)
{
    return service_taken(error, problem, "devices.name_key", "name is taken by another kiosk.");
}

static bool read_again(struct db_connection *connection, struct device_work *work, GError **error)
{
    work->device = db_device_find(connection, &work->id, error);
    return work->device != NULL;
}

static bool create_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct device_work *work = data;
    g_autoptr(db_device) device = g_new0(struct db_device, 1);
    GError *problem = NULL;

    g_clear_pointer(&work->device, db_device_free);
    device->id = work->id;
    device->institution_id = work->identity->institution_id;
    device->created_at = device->updated_at = base_time_now();
    if (!apply(connection, work->input, device, error))
        return false;
    if (!db_device_insert(connection, device, &problem))
        return taken(error, problem);
    return db_device_code_set(connection, &work->id, work->code, error) &&
           service_audit(connection, work->identity, "device.create", &work->id,
                         json_pack("{s:s}", "name", device->name), error) &&
           read_again(connection, work, error);
}

static bool change_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct device_work *work = data;
    GError *problem = NULL;

    g_clear_pointer(&work->device, db_device_free);
    g_autoptr(db_device) before = db_device_find(connection, &work->id, error);
    g_autoptr(db_device) device = before ? db_device_find(connection, &work->id, error) : NULL;
    if (!device || !apply(connection, work->input, device, error))
        return false;
    device->updated_at = base_time_now();
    if (!db_device_update(connection, device, &problem))
        return taken(error, problem);
    json_t *details = json_object();
    service_change_note(details, "name", before->name, device->name);
    service_change_note_id(details, "room_id", &before->room_id, &device->room_id);
    service_change_note_id(details, "course_id", &before->course_id, &device->course_id);
    return service_audit(connection, work->identity, "device.update", &work->id, details, error) &&
           read_again(connection, work, error);
}

static bool code_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct device_work *work = data;

    g_clear_pointer(&work->device, db_device_free);
    return db_device_code_set(connection, &work->id, work->code, error) &&
           service_audit(connection, work->identity, "device.code", &work->id, NULL, error) &&
           read_again(connection, work, error);
}

static bool delete_body(struct db_connection *connection, gpointer data, GError **error)
{
    const struct device_work *work = data;
    g_autoptr(db_device) device = db_device_find(connection, &work->id, error);

    return device && db_device_delete(connection, &work->id, error) &&
           service_audit(connection, work->identity, "device.delete", &work->id,
                         json_pack("{s:s}", "name", device->name), error);
}

static struct db_device *run(struct service *service, struct device_work *work,
                             db_transaction_body body, GError **error)
{
    if (service_allow_all(work->identity, CORE_ACTION_SETTING_WRITE, error) &&
        db_transaction(service->db, body, work, error))
        return work->device;
    db_device_free(work->device);
    return NULL;
}

/* With a new code, which is drawn again when another kiosk's has the same first half. */
static struct db_device *run_with_code(struct service *service, struct device_work *work,
                                       db_transaction_body body, struct service_device_code *code,
                                       GError **error)
{
    const base_time life = SERVICE_DEVICE_CODE_MINUTES * 60 * BASE_TIME_SECOND;
    struct db_device *device = NULL;

    for (int i = 0; !device && i < CODE_ATTEMPTS; i++) {
        char drawn[AUTH_CODE_PAIRING_SIZE];
        auth_code_pairing(drawn);
        g_autofree char *name = g_strndup(drawn, AUTH_CODE_PAIRING_NAME);
        g_autofree char *hash = auth_password_hash(drawn, error);
        if (!hash)
            return NULL;
        code->expires_at = base_time_now() + life;
        g_snprintf(code->text, sizeof code->text, "%s-%s", name, drawn + AUTH_CODE_PAIRING_NAME);
        const struct db_device_code row = {name, hash, code->expires_at};
        work->code = &row;
        work->device = NULL;
        g_clear_error(error);
        device = run(service, work, body, error);
        if (!device && (!error || !db_conflict_is(*error, "devices.code_name")))
            return NULL;
    }
    return device;
}

struct db_device *service_device_create(struct service *service,
                                        const struct service_identity *identity,
                                        const struct service_device_input *input,
                                        struct service_device_code *code, GError **error)
{
    struct device_work work = {.identity = identity, .input = input};
    GError *problem = NULL;

    base_uuid_new(&work.id);
    struct db_device *device = run_with_code(service, &work, create_body, code, &problem);
    if (problem)
        g_propagate_error(error, problem);
    return device;
}

struct db_device *service_device_change(struct service *service,
                                        const struct service_identity *identity,
                                        const struct base_uuid *id,
                                        const struct service_device_input *input, GError **error)
{
    struct device_work work = {.identity = identity, .id = *id, .input = input};

    return run(service, &work, change_body, error);
}

struct db_device *service_device_code(struct service *service,
                                      const struct service_identity *identity,
                                      const struct base_uuid *id, struct service_device_code *code,
                                      GError **error)
{
    struct device_work work = {.identity = identity, .id = *id};
    GError *problem = NULL;
    struct db_device *device = run_with_code(service, &work, code_body, code, &problem);

    if (problem)
        g_propagate_error(error, problem);
    return device;
}

bool service_device_delete(struct service *service, const struct service_identity *identity,
                           const struct base_uuid *id, GError **error)
{
    struct device_work work = {.identity = identity, .id = *id};

    return service_allow_all(identity, CORE_ACTION_SETTING_WRITE, error) &&
           db_transaction(service->db, delete_body, &work, error);
}

GPtrArray *service_device_list(struct service *service, const struct service_identity *identity,
                               const struct db_page *page, gint64 *total, GError **error)
{
    if (!service_allow_all(identity, CORE_ACTION_SETTING_WRITE, error))
        return NULL;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    return connection ? db_device_list(connection, &identity->institution_id, page, total, error)
                      : NULL;
}

struct db_device *service_device_named(struct service *service,
                                       const struct service_identity *identity, const char *name,
                                       GError **error)
{
    if (!service_allow_all(identity, CORE_ACTION_SETTING_WRITE, error))
        return NULL;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    return connection ? db_device_find_name(connection, &identity->institution_id, name, error)
                      : NULL;
}

/* ---- pairing ---- */

struct pairing {
    struct base_uuid id;
    const char *code_hash;
    guint8 token_hash[AUTH_CODE_DIGEST_BYTES];
    bool paired;
};

static bool pair_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct pairing *pairing = data;

    return db_device_pair(connection, &pairing->id, pairing->code_hash, pairing->token_hash,
                          base_time_now(), &pairing->paired, error) &&
           (!pairing->paired ||
            service_audit(connection, NULL, "device.pair", &pairing->id, NULL, error));
}

/* Whose code it may be, with one try counted; no hash when it is nobody's. */
static bool code_look(struct service *service, const char *name, struct base_uuid *id, char **hash,
                      GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    return connection && db_device_code_try(connection, name, SERVICE_DEVICE_CODE_TRIES,
                                            base_time_now(), id, hash, error);
}

static bool unknown_code(GError **error)
{
    return base_fail(error, BASE_ERROR_NOT_FOUND,
                     "code is not one that waits for a kiosk; please ask for a new one.");
}

bool service_device_pair(struct service *service, const char *code, struct service_device *device,
                         char token[AUTH_CODE_TOKEN_SIZE], GError **error)
{
    char typed[AUTH_CODE_PAIRING_SIZE] = "";
    g_autofree char *hash = NULL;
    struct pairing pairing = {0};

    const bool is_code = auth_code_pairing_read(code, typed);
    g_autofree char *name = g_strndup(typed, AUTH_CODE_PAIRING_NAME);
    if (is_code && !code_look(service, name, &pairing.id, &hash, error))
        return false;
    if (!auth_password_verify(hash, typed))
        return unknown_code(error);
    auth_code_token(token);
    auth_code_digest(token, pairing.token_hash);
    pairing.code_hash = hash;
    if (!db_transaction(service->db, pair_body, &pairing, error))
        return false;
    return pairing.paired ? service_device_authenticate(service, token, device, error)
                          : unknown_code(error);
}

/* ---- the kiosk ---- */

bool service_device_authenticate(struct service *service, const char *token,
                                 struct service_device *device, GError **error)
{
    guint8 hash[AUTH_CODE_DIGEST_BYTES];
    GError *problem = NULL;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    if (!connection)
        return false;
    auth_code_digest(token, hash);
    g_autoptr(db_device) row = db_device_find_token(connection, hash, &problem);
    if (row) {
        *device = (struct service_device){
            .id = row->id,
            .institution_id = row->institution_id,
            .room_id = row->room_id,
            .course_id = row->course_id,
        };
        return true;
    }
    if (!g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND)) {
        g_propagate_error(error, problem);
        return false;
    }
    g_error_free(problem);
    return base_fail(error, BASE_ERROR_UNAUTHENTICATED,
                     "This kiosk is not paired (any more); please ask an administrator.");
}

bool service_device_seen(struct service *service, const struct service_device *device,
                         GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    return connection && db_device_seen(connection, &device->id, base_time_now(), error);
}

bool service_device_allow_session(struct service *service, const struct service_device *device,
                                  const struct base_uuid *session_id, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    g_autoptr(core_session) session =
        connection ? db_session_find(connection, session_id, error) : NULL;

    if (!session)
        return false;
    const bool of_room =
        !base_uuid_is_nil(&device->room_id) && base_uuid_equal(&device->room_id, &session->room_id);
    const bool of_course = !base_uuid_is_nil(&device->course_id) &&
                           base_uuid_equal(&device->course_id, &session->course_id);
    return of_room || of_course ||
           base_fail(error, BASE_ERROR_NOT_FOUND, "There is no such session.");
}
