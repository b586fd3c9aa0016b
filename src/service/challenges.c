#include "service/challenges.h"

#include "db/query/challenge.h"
#include "service/internal.h"

#include <string.h>

#define DAY (24 * 3600 * BASE_TIME_SECOND)

G_STATIC_ASSERT((int)RECOGNISE_FINGERPRINT_SIZE == (int)DB_CHALLENGE_FINGERPRINT_SIZE);

/* ---- asking ---- */

static char *steps_text(const enum recognise_step *steps, size_t n)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (size_t i = 0; i < n; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? " " : "", recognise_step_name(steps[i]));
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static bool steps_read(const char *text, enum recognise_step *steps, GError **error)
{
    g_auto(GStrv) names = g_strsplit(text, " ", SERVICE_CHALLENGE_STEPS + 1);

    for (guint i = 0; i < SERVICE_CHALLENGE_STEPS; i++)
        if (g_strv_length(names) != SERVICE_CHALLENGE_STEPS ||
            !recognise_step_from_name(names[i], &steps[i]))
            return base_fail(error, BASE_ERROR_CORRUPT, "The steps of a challenge cannot be read.");
    return true;
}

/* The random half of a new UUID, which nobody sees. */
static uint64_t draw(void)
{
    struct base_uuid fresh;
    uint64_t random;

    base_uuid_new(&fresh);
    memcpy(&random, fresh.bytes + sizeof fresh.bytes - sizeof random, sizeof random);
    return random;
}

bool service_challenge_create(struct service *service, const struct base_uuid *session_id,
                              const struct base_uuid *group_id, struct service_challenge *challenge,
                              GError **error)
{
    GError *problem = NULL;

    if (!base_uuid_is_nil(session_id) && !base_uuid_is_nil(group_id))
        return base_fail(error, BASE_ERROR_INVALID,
                         "group_id cannot be given together with session_id.");
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    if (!connection)
        return false;
    *challenge = (struct service_challenge){.session_id = *session_id, .group_id = *group_id};
    base_uuid_new(&challenge->id);
    recognise_challenge_draw(draw(), challenge->steps, SERVICE_CHALLENGE_STEPS);
    g_autofree char *steps = steps_text(challenge->steps, SERVICE_CHALLENGE_STEPS);
    const base_time now = base_time_now();
    challenge->expires_at = now + SERVICE_CHALLENGE_SECONDS * BASE_TIME_SECOND;
    const struct db_challenge row = {
        .id = challenge->id,
        .steps = steps,
        .session_id = *session_id,
        .group_id = *group_id,
        .created_at = now,
        .expires_at = challenge->expires_at,
    };
    if (db_challenge_insert(connection, &row, &problem))
        return true;
    if (!g_error_matches(problem, BASE_ERROR, BASE_ERROR_CONFLICT)) {
        g_propagate_error(error, problem);
        return false;
    }
    g_clear_error(&problem);
    return base_fail(error, BASE_ERROR_NOT_FOUND, "There is no such session or group.");
}

/* ---- answering ---- */

static bool refuse(GError **error)
{
    return base_fail(error, BASE_ERROR_CONFLICT,
                     "challenge_id cannot be answered: it was answered before, its time is "
                     "over, or it was asked for something else.");
}

bool service_challenge_take(struct service *service, const struct base_uuid *id,
                            const struct base_uuid *session_id, const struct base_uuid *group_id,
                            struct service_challenge *challenge, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    bool taken = false;

    if (!connection || !db_challenge_take(connection, id, base_time_now(), &taken, error))
        return false;
    if (!taken)
        return refuse(error);
    g_autoptr(db_challenge) row = db_challenge_find(connection, id, error);
    if (!row)
        return false;
    if (!base_uuid_equal(&row->session_id, session_id) ||
        !base_uuid_equal(&row->group_id, group_id))
        return refuse(error);
    *challenge = (struct service_challenge){
        .id = *id,
        .expires_at = row->expires_at,
        .session_id = row->session_id,
        .group_id = row->group_id,
    };
    return steps_read(row->steps, challenge->steps, error);
}

struct memory {
    const struct base_uuid *id;
    const GArray *frames;
    bool again;
};

static int compare_fingerprints(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, RECOGNISE_FINGERPRINT_SIZE);
}

/* Everybody adds in one order, so that two answers with the same frames do not wait for each other.
 */
static bool remember_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct memory *memory = data;
    g_autoptr(GArray) prints = g_array_new(FALSE, FALSE, RECOGNISE_FINGERPRINT_SIZE);
    gint64 distinct = 0, count = 0;

    memory->again = false;
    for (guint i = 0; i < memory->frames->len; i++)
        g_array_append_vals(
            prints, g_array_index(memory->frames, struct recognise_challenge_frame, i).fingerprint,
            1);
    g_array_sort(prints, compare_fingerprints);
    for (guint i = 0; i < prints->len; i++) {
        const guint8 *print = (const guint8 *)prints->data + i * RECOGNISE_FINGERPRINT_SIZE;
        if (i > 0 && compare_fingerprints(print, print - RECOGNISE_FINGERPRINT_SIZE) == 0)
            continue;
        distinct++;
        if (!db_challenge_frame_add(connection, memory->id, print, error))
            return false;
    }
    if (!db_challenge_frame_count(connection, memory->id, &count, error))
        return false;
    memory->again = count < distinct;
    return true;
}

bool service_challenge_remember(struct service *service, const struct base_uuid *id,
                                const GArray *frames, bool *again, GError **error)
{
    struct memory memory = {id, frames, false};

    if (!db_transaction(service->db, remember_body, &memory, error))
        return false;
    *again = memory.again;
    return true;
}

bool service_challenge_answer(struct service *service, const struct service_challenge_reply *reply,
                              struct service_challenge_verdict *verdict, GError **error)
{
    struct service_challenge challenge;
    struct recognise_challenge_outcome outcome;

    *verdict = (struct service_challenge_verdict){0};
    if (!service_challenge_take(service, &reply->id, &reply->session_id, &reply->group_id,
                                &challenge, error))
        return false;
    g_autoptr(GArray) frames = recognise_challenge_measure(service->recogniser, reply->frames,
                                                           reply->times, reply->frames_n, error);
    bool again = false;
    if (!frames || !service_challenge_remember(service, &reply->id, frames, &again, error))
        return false;
    const struct recognise_challenge_frame *measured = (const void *)frames->data;
    recognise_challenge_follow(challenge.steps, SERVICE_CHALLENGE_STEPS, measured, frames->len,
                               &outcome);
    verdict->result = again ? RECOGNISE_CHALLENGE_REPEATED : outcome.result;
    verdict->straight_n = recognise_challenge_neutral(measured, frames->len, verdict->straight,
                                                      SERVICE_CHALLENGE_STRAIGHT);
    return true;
}

bool service_challenges_expire(struct service *service, gint64 *removed, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    return connection &&
           db_challenge_delete_before(connection, base_time_now() - DAY, removed, error);
}
