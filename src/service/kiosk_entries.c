#include "service/kiosk_entries.h"

#include "service/attend.h"
#include "service/institution.h"
#include "service/kiosk_content.h"
#include "service/picture.h"

#include <math.h>
#include <string.h>

/* Somebody who is to be marked by an entry. */
struct planned {
    struct base_uuid person, session_id;
    double score;
    guint sight; /* of the scene */
};

/* One entry while it is worked on. */
struct replay {
    struct service *service;
    const struct service_device *device;
    const struct service_kiosk_entry *entry;
    base_time at; /* when it was, by the server's clock */
    struct db_device_entry row;
    struct kiosk_content content;
    struct kiosk_scene scene;
    struct core_institution *institution;
    GArray *plan;  /* struct planned */
    GArray *marks; /* struct core_attendance *, of each of those; NULL where it is not new */
    bool again;    /* cannot be settled now */
    bool settled;  /* the transaction wrote it */
    bool reviewed;
};

const char *service_kiosk_verdict_name(enum service_kiosk_verdict verdict)
{
    static const char *const NAMES[SERVICE_KIOSK_VERDICT_N] = {"accepted", "refused", "again"};

    return (unsigned)verdict < SERVICE_KIOSK_VERDICT_N ? NAMES[verdict] : NULL;
}

/* ---- what becomes of it ---- */

static void refuse(struct replay *replay, const char *reason)
{
    replay->row.state = DB_DEVICE_ENTRY_REFUSED;
    g_free(replay->row.reason);
    replay->row.reason = g_strdup(reason);
}

/* Whether an error is about the entry, rather than about the server. */
static bool is_final(const GError *error)
{
    static const int FINAL[] = {BASE_ERROR_INVALID,     BASE_ERROR_TOO_LARGE,   BASE_ERROR_CORRUPT,
                                BASE_ERROR_NOT_FOUND,   BASE_ERROR_UNSUPPORTED, BASE_ERROR_CONFLICT,
                                BASE_ERROR_RATE_LIMITED};

    for (size_t i = 0; i < G_N_ELEMENTS(FINAL); i++)
        if (g_error_matches(error, BASE_ERROR, FINAL[i]))
            return true;
    return false;
}

/* False: `error` was about the server, and the entry has to wait. */
static bool conclude_error(struct replay *replay, const GError *error, const char *reason)
{
    if (is_final(error)) {
        refuse(replay, reason);
        return true;
    }
    g_warning("An entry of a kiosk has to wait: %s", error->message);
    replay->again = true;
    return false;
}

/* ---- opening ---- */

static bool place_in_time(struct replay *replay, base_time arrival, base_time sent_at)
{
    enum core_time_source source;

    replay->at = core_capture_instant(arrival, replay->entry->captured_at, sent_at,
                                      CORE_CAPTURE_STAFF, &source);
    return source == CORE_TIME_SOURCE_DEVICE;
}

static bool open_sealed(struct replay *replay)
{
    const struct service_kiosk_entry *entry = replay->entry;
    char id[BASE_UUID_TEXT_SIZE];
    g_autofree char *bound =
        g_strdup_printf("%s %" G_GINT64_FORMAT " %s", base_uuid_format(&replay->device->id, id),
                        entry->counter, entry->captured_text);
    g_autoptr(GError) problem = NULL;
    g_autoptr(GBytes) plain = auth_box_open(
        replay->service->keys,
        (struct auth_hpke_bytes){SERVICE_KIOSK_ENTRY_INFO, strlen(SERVICE_KIOSK_ENTRY_INFO)},
        (struct auth_hpke_bytes){bound, strlen(bound)},
        (struct auth_hpke_bytes){entry->sealed, entry->sealed_n}, &problem);
    gsize size = 0;

    if (!plain) {
        conclude_error(replay, problem, "unreadable");
        return false;
    }
    const void *data = g_bytes_get_data(plain, &size);
    if (kiosk_content_read(data, size, &replay->content, &problem))
        return true;
    refuse(replay, "malformed");
    return false;
}

/* ---- frames ---- */

/* Nobody can be asked to move any more: what leaves doubt is for a teacher to look at. */
static bool proof_find(struct replay *replay, struct kiosk_sight *sight, bool *enough,
                       GError **error)
{
    const struct recognise_answer *answer = &sight->answer;
    const bool doubt = answer->liveness == RECOGNISE_LIVENESS_DOUBT;
    struct service_attend attend = {
        .service = replay->service,
        .person = answer->person,
        .session_id = sight->session_id,
        .at = replay->at,
    };

    *enough = answer->liveness == RECOGNISE_LIVENESS_UNKNOWN;
    if (*enough)
        return true;
    g_autoptr(db_connection) connection = db_acquire(replay->service->db, error);
    bool ok = connection && service_attend_session(connection, &attend, error);
    enum core_rules_challenge challenge = attend.rules.challenge;
    if (ok && !attend.session)
        ok = service_institution_challenge_on(connection, &challenge, error);
    *enough = core_rules_proof(challenge, doubt, false, true) == CORE_RULES_PROOF_ENOUGH;
    service_attend_clear(&attend);
    return ok;
}

static bool sight_plan(struct replay *replay, guint index, GError **error)
{
    struct kiosk_sight *sight = &g_array_index(replay->scene.sights, struct kiosk_sight, index);
    bool enough = false;

    if (sight->answer.kind == RECOGNISE_MATCH && !proof_find(replay, sight, &enough, error))
        return false;
    if (enough) {
        const struct planned planned = {sight->answer.person, sight->session_id,
                                        sight->answer.score, index};
        g_array_append_val(replay->plan, planned);
        return true;
    }
    if (sight->answer.kind == RECOGNISE_MATCH)
        sight->answer.doubt = RECOGNISE_DOUBT_LIVENESS;
    else if (sight->answer.kind != RECOGNISE_NEEDS_REVIEW)
        return true;
    replay->reviewed = true;
    return kiosk_scene_review(&replay->scene, sight, error);
}

static void look(struct replay *replay)
{
    g_autoptr(GError) problem = NULL;
    struct kiosk_scene *scene = &replay->scene;

    *scene = (struct kiosk_scene){
        .service = replay->service,
        .device = replay->device,
        .frames = replay->content.frames,
        .frames_n = replay->content.frames_n,
        .at = replay->at,
    };
    if (!kiosk_scene_read(scene, &problem)) {
        conclude_error(replay, problem, "picture");
        return;
    }
    if (!scene->open) {
        refuse(replay, "closed");
        return;
    }
    for (guint i = 0; i < scene->sights->len; i++) {
        if (!sight_plan(replay, i, &problem)) {
            conclude_error(replay, problem, "nobody");
            return;
        }
    }
    if (replay->plan->len == 0 && !replay->reviewed)
        refuse(replay, "nobody");
    else if (replay->reviewed)
        replay->row.reason = g_strdup("review");
}

/* ---- PINs ---- */

static bool pin_place(struct replay *replay, const struct base_uuid *person, GError **error)
{
    struct kiosk_place *place = &replay->scene.place;
    g_autoptr(db_connection) connection = db_acquire(replay->service->db, error);

    if (!connection || !kiosk_place_read(connection, replay->device, replay->at, place, error) ||
        !kiosk_place_people(connection, place, error))
        return false;
    if (!kiosk_place_open(place, NULL)) {
        refuse(replay, "closed");
        return true;
    }
    const struct kiosk_session *session = kiosk_place_session_of(place, person);
    if (base_uuid_is_nil(person) || (place->bound && !session)) {
        refuse(replay, "pin");
        return true;
    }
    struct planned planned = {.person = *person, .score = NAN};
    if (session)
        planned.session_id = session->session->id;
    g_array_append_val(replay->plan, planned);
    return true;
}

/* Entries are no way around the number of PINs that a kiosk may try: the others come later. */
static void type(struct replay *replay)
{
    g_autoptr(GError) problem = NULL;
    struct base_uuid person;
    char key[BASE_UUID_TEXT_SIZE];

    replay->again = !service_limit(replay->service, AUTH_LIMIT_PIN_DEVICE,
                                   base_uuid_format(&replay->device->id, key), NULL, NULL);
    if (replay->again)
        return;
    if (!kiosk_person_by_pin(replay->service, replay->device, &replay->content.typed, &person, NULL,
                             &problem)) {
        const bool limited = g_error_matches(problem, BASE_ERROR, BASE_ERROR_RATE_LIMITED);
        conclude_error(replay, problem, limited ? "too_many" : "malformed");
        return;
    }
    if (!pin_place(replay, &person, &problem))
        conclude_error(replay, problem, "pin");
}

/* ---- settling ---- */

static bool mark_one(struct replay *replay, struct db_connection *connection,
                     const struct planned *planned, GError **error)
{
    struct service_attend attend = {
        .service = replay->service,
        .person = planned->person,
        .session_id = planned->session_id,
        .at = replay->at,
        .captured_at = replay->entry->captured_at,
        .method = replay->content.typed.pin ? CORE_METHOD_CODE : CORE_METHOD_FACE,
        .score = planned->score,
        .device_id = replay->device->id,
    };
    const bool ok = service_attend_within(connection, replay->institution, &attend, error);

    const bool is_new = ok && !attend.gone && attend.is_new;
    struct core_attendance *mark = is_new ? g_steal_pointer(&attend.attendance) : NULL;

    replay->row.marked += ok && !attend.gone;
    g_array_append_val(replay->marks, mark);
    service_attend_clear(&attend);
    return ok;
}

static bool settle_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct replay *replay = data;

    g_array_set_size(replay->marks, 0);
    replay->settled = false;
    replay->row.marked = 0;
    for (guint i = 0; i < replay->plan->len; i++)
        if (!mark_one(replay, connection, &g_array_index(replay->plan, struct planned, i), error))
            return false;
    if (!db_device_entry_settle(connection, &replay->row, &replay->settled, error))
        return false;
    /* Another node has taken it over: what this one wrote is undone. */
    if (!replay->settled)
        return base_fail(error, BASE_ERROR_UNAVAILABLE, "The entry is worked on elsewhere.");
    if (replay->row.state != DB_DEVICE_ENTRY_REFUSED)
        return true;
    return service_audit(connection, NULL, "kiosk.entry_refused", &replay->device->id,
                         json_pack("{s:I, s:s}", "counter", (json_int_t)replay->row.counter,
                                   "reason", replay->row.reason),
                         error);
}

static bool settle(struct replay *replay, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(replay->service->db, error);

    if (!connection)
        return false;
    replay->institution = service_institution_on(replay->service, connection, error);
    return replay->institution && db_transaction_keyed_on(connection, settle_body, replay, error);
}

/* The faces behind the new marks, as for marks at a camera. */
static void keep_frames(const struct replay *replay)
{
    for (guint i = 0; replay->scene.sights && i < replay->marks->len; i++) {
        const struct core_attendance *mark =
            g_array_index(replay->marks, struct core_attendance *, i);
        const struct planned *planned = &g_array_index(replay->plan, struct planned, i);
        const struct recognise_answer *answer =
            &g_array_index(replay->scene.sights, struct kiosk_sight, planned->sight).answer;
        if (mark)
            service_frame_keep(replay->service, mark, &replay->content.frames[answer->frame],
                               answer);
    }
}

/* ---- one entry ---- */

static void mark_clear(gpointer data)
{
    core_attendance_free(*(struct core_attendance **)data);
}

static void replay_clear(struct replay *replay)
{
    kiosk_scene_clear(&replay->scene);
    kiosk_content_clear(&replay->content);
    db_device_entry_clear(&replay->row);
    core_institution_free(replay->institution);
    g_array_unref(replay->plan);
    g_array_unref(replay->marks);
}

/* A browser that was paired before may have used the numbers that another one goes on from. */
static void refuse_used(struct replay *replay)
{
    if (replay->row.state == DB_DEVICE_ENTRY_OPEN ||
        replay->row.captured_at == replay->entry->captured_at)
        return;
    replay->row.marked = 0;
    refuse(replay, "counter");
}

/* Leaves in `row` what stands. */
static bool take(struct replay *replay, base_time now, bool *mine, GError **error)
{
    struct db_device_entry mark = {
        .device_id = replay->device->id,
        .counter = replay->entry->counter,
        .captured_at = replay->entry->captured_at,
    };
    g_autoptr(db_connection) connection = db_acquire(replay->service->db, error);

    base_uuid_new(&mark.lease_id);
    if (!connection || !db_device_entry_take(connection, &mark, now,
                                             now + SERVICE_KIOSK_LEASE_SECONDS * BASE_TIME_SECOND,
                                             &replay->row, error))
        return false;
    *mine = replay->row.state == DB_DEVICE_ENTRY_OPEN &&
            base_uuid_equal(&replay->row.lease_id, &mark.lease_id);
    return true;
}

static void release(struct replay *replay)
{
    g_autoptr(db_connection) connection = db_acquire(replay->service->db, NULL);

    if (connection)
        (void)db_device_entry_release(connection, &replay->row, base_time_now(), NULL);
}

static void work(struct replay *replay, base_time now, base_time sent_at)
{
    g_autoptr(GError) problem = NULL;

    replay->row.state = DB_DEVICE_ENTRY_ACCEPTED;
    if (!place_in_time(replay, now, sent_at))
        refuse(replay, "clock");
    else if (open_sealed(replay))
        (replay->content.typed.pin ? type : look)(replay);
    if (!replay->again && !settle(replay, &problem)) {
        g_warning("An entry of a kiosk has to wait: %s", problem->message);
        replay->again = true;
    }
    if (replay->again)
        release(replay);
    else
        keep_frames(replay);
}

static void tell(const struct replay *replay, const char *wait,
                 struct service_kiosk_outcome *outcome)
{
    *outcome = (struct service_kiosk_outcome){
        .counter = replay->entry->counter,
        .verdict = SERVICE_KIOSK_AGAIN,
    };
    if (!wait) {
        outcome->verdict = replay->row.state == DB_DEVICE_ENTRY_REFUSED ? SERVICE_KIOSK_REFUSED
                                                                        : SERVICE_KIOSK_ACCEPTED;
        outcome->marked = replay->row.marked;
        wait = replay->row.reason ? replay->row.reason : "";
    }
    g_strlcpy(outcome->reason, wait, sizeof outcome->reason);
}

static bool replay_one(struct service *service, const struct service_device *device,
                       base_time sent_at, const struct service_kiosk_entry *entry,
                       struct service_kiosk_outcome *outcome, GError **error)
{
    struct replay replay = {
        .service = service,
        .device = device,
        .entry = entry,
        .plan = g_array_new(FALSE, FALSE, sizeof(struct planned)),
        .marks = g_array_new(FALSE, FALSE, sizeof(struct core_attendance *)),
    };
    const base_time now = base_time_now();
    bool mine = false;

    g_array_set_clear_func(replay.marks, mark_clear);
    const bool ok = take(&replay, now, &mine, error);
    if (ok && mine)
        work(&replay, now, sent_at);
    else if (ok)
        refuse_used(&replay);
    if (ok && !mine && replay.row.state == DB_DEVICE_ENTRY_OPEN)
        tell(&replay, "busy", outcome);
    else if (ok)
        tell(&replay, replay.again ? "unavailable" : NULL, outcome);
    replay_clear(&replay);
    return ok;
}

bool service_kiosk_counter(struct service *service, const struct service_device *device,
                           gint64 *next, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    return connection && db_device_entry_next(connection, &device->id, next, error);
}

/* Those that come after would have no numbers left. */
static bool check_counters(struct service *service, const struct service_device *device,
                           const struct service_kiosk_entry *entries, size_t n, GError **error)
{
    gint64 next;

    if (!service_kiosk_counter(service, device, &next, error))
        return false;
    for (size_t i = 0; i < n; i++)
        if (entries[i].counter - next > SERVICE_KIOSK_COUNTER_AHEAD)
            return base_fail(error, BASE_ERROR_INVALID,
                             "counter is far beyond those of the entries before.");
    return true;
}

bool service_kiosk_replay(struct service *service, const struct service_device *device,
                          base_time sent_at, const struct service_kiosk_entry *entries, size_t n,
                          struct service_kiosk_outcome *outcomes, GError **error)
{
    if (n == 0 || n > SERVICE_KIOSK_ENTRIES_MAX)
        return base_fail(error, BASE_ERROR_INVALID, "entries must be 1 to %d entries.",
                         SERVICE_KIOSK_ENTRIES_MAX);
    if (!check_counters(service, device, entries, n, error))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!replay_one(service, device, sent_at, &entries[i], &outcomes[i], error))
            return false;
    return true;
}
