#include "service/photo_import.h"

#include "archive/archive.h"
#include "db/query/photo_import.h"
#include "service/internal.h"

#include <string.h>

enum {
    ARCHIVE_ENTRIES = 100000,
    PHOTO_SIZE_MAX = 20 << 20, /* bytes */
    THREADS_MAX = 64,
    THREADS_SPARE = 2, /* beyond the cores: some wait for the disk while others judge */
};

/* Of photo_imports.outcome besides the names of enum service_photo_kind. */
#define OUTCOME_TOO_MANY "too_many"

/* Never noted: without its bytes nobody knows which photo it was. */
#define KIND_UNREADABLE "unreadable"

struct photo_run {
    struct service *service;
    const struct service_identity *identity;
    const struct service_photo_import_options *options;
    service_photo_source source;
    service_photo_sink sink;
    gpointer data;
    GHashTable *people; /* e-mail or student number, lower case → struct base_uuid * */
    GMutex in;          /* of the source and what follows */
    bool stopped;
    GError *error;
    GMutex out; /* of the sink */
};

/* One photo on its way. */
struct photo_turn {
    struct photo_run *run;
    const char *name;
    GBytes *content;
    struct base_uuid user_id;
    guint8 sha256[DB_PHOTO_DIGEST_SIZE];
    struct service_photo_result result;
    bool done_before;
};

static const char *const outcome_names[SERVICE_PHOTO_OUTCOME_N] = {
    [SERVICE_PHOTO_OUTCOME_ENROLLED] = "enrolled",
    [SERVICE_PHOTO_OUTCOME_DONE_BEFORE] = "done_before",
    [SERVICE_PHOTO_OUTCOME_REFUSED] = "refused",
    [SERVICE_PHOTO_OUTCOME_NOBODY] = "nobody",
    [SERVICE_PHOTO_OUTCOME_TRIED] = "tried",
};

const char *service_photo_outcome_name(enum service_photo_outcome outcome)
{
    return (unsigned)outcome < SERVICE_PHOTO_OUTCOME_N ? outcome_names[outcome] : NULL;
}

bool service_photo_is_named(const char *path)
{
    static const char *const ENDINGS[] = {".jpg", ".jpeg", ".png", ".webp"};
    g_auto(GStrv) parts = g_strsplit(path, "/", -1);
    g_autofree char *lower = g_ascii_strdown(path, -1);

    /* What macOS and editors leave beside the pictures. */
    for (char **part = parts; *part; part++)
        if (**part == '.' || strcmp(*part, "__MACOSX") == 0)
            return false;
    for (gsize i = 0; i < G_N_ELEMENTS(ENDINGS); i++)
        if (g_str_has_suffix(lower, ENDINGS[i]))
            return true;
    return false;
}

/* ---- Whose photo it is ---- */

static bool people_load(struct photo_run *run, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(run->service->db, error);
    g_autoptr(GPtrArray) users =
        connection ? db_user_list(connection, NULL, NULL, NULL, error) : NULL;

    run->people = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    for (guint i = 0; users && i < users->len; i++) {
        const struct core_user *user = users->pdata[i];
        if (user->email)
            g_hash_table_replace(run->people, g_strdup(user->email),
                                 g_memdup2(&user->id, sizeof user->id));
        if (user->student_number)
            g_hash_table_replace(run->people, g_ascii_strdown(user->student_number, -1),
                                 g_memdup2(&user->id, sizeof user->id));
    }
    return users != NULL;
}

/* Cuts "-2", "_2" or " (2)" off the end; false when there is nothing of the kind. */
static bool cut_number(char *stem)
{
    gsize length = strlen(stem);
    const bool bracket = length > 0 && stem[length - 1] == ')';
    gsize at = length - bracket;

    while (at > 0 && g_ascii_isdigit(stem[at - 1]))
        at--;
    if (at == length - bracket || at == 0)
        return false;
    if (bracket ? stem[at - 1] != '(' : !strchr("-_ ", stem[at - 1]))
        return false;
    stem[at - 1] = '\0';
    g_strchomp(stem);
    return *stem != '\0';
}

static bool find_person(const struct photo_run *run, const char *path, struct base_uuid *id)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", -1);
    const guint n = g_strv_length(parts);
    g_autofree char *stem = n ? g_ascii_strdown(parts[n - 1], -1) : g_strdup("");
    g_autofree char *folder = n > 1 ? g_ascii_strdown(parts[n - 2], -1) : NULL;
    const struct base_uuid *found;

    if (strrchr(stem, '.'))
        *strrchr(stem, '.') = '\0';
    found = g_hash_table_lookup(run->people, g_strstrip(stem));
    if (!found && cut_number(stem))
        found = g_hash_table_lookup(run->people, stem);
    if (!found && folder)
        found = g_hash_table_lookup(run->people, g_strstrip(folder));
    if (found)
        *id = *found;
    return found != NULL;
}

/* ---- One photo ---- */

static void digest(GBytes *content, guint8 sha256[DB_PHOTO_DIGEST_SIZE])
{
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    gsize size, length = DB_PHOTO_DIGEST_SIZE;
    const guint8 *data = g_bytes_get_data(content, &size);

    g_checksum_update(checksum, data, (gssize)size);
    g_checksum_get_digest(checksum, sha256, &length);
}

static bool note_body(struct db_connection *connection, gpointer data, GError **error)
{
    const struct photo_turn *turn = data;

    return db_photo_import_set(connection, &turn->user_id, turn->sha256, turn->result.kind,
                               base_time_now(), error);
}

static bool turn_refuse(struct photo_turn *turn, const char *kind, const char *message,
                        GError **error)
{
    turn->result.outcome = SERVICE_PHOTO_OUTCOME_REFUSED;
    turn->result.kind = kind;
    g_strlcpy(turn->result.message, message, sizeof turn->result.message);
    return db_transaction(turn->run->service->db, note_body, turn, error);
}

/* The kind as static text; what an earlier program has noted may be none of ours. */
static const char *known_kind(const char *noted)
{
    for (int i = 0; i < SERVICE_PHOTO_N; i++)
        if (strcmp(service_photo_kind_name((enum service_photo_kind)i), noted) == 0)
            return service_photo_kind_name((enum service_photo_kind)i);
    return strcmp(noted, OUTCOME_TOO_MANY) == 0 ? OUTCOME_TOO_MANY : "refused";
}

/* What an earlier import said of it; `*settled` when that stands. */
static bool turn_look(struct photo_turn *turn, bool *settled, GError **error)
{
    const char *accepted = service_photo_kind_name(SERVICE_PHOTO_ACCEPTED);
    g_autofree char *noted = NULL;
    g_autoptr(db_connection) connection = db_acquire(turn->run->service->db, error);

    if (!connection ||
        !db_photo_import_find(connection, &turn->user_id, turn->sha256, &noted, error))
        return false;
    *settled = noted && (strcmp(noted, accepted) == 0 || !turn->run->options->again);
    if (!*settled)
        return true;
    turn->result.outcome = SERVICE_PHOTO_OUTCOME_DONE_BEFORE;
    if (strcmp(noted, accepted) == 0)
        return true;
    turn->result.outcome = SERVICE_PHOTO_OUTCOME_REFUSED;
    turn->result.kind = known_kind(noted);
    g_strlcpy(turn->result.message,
              "An earlier import refused this photo; take another one, or have it judged again.",
              sizeof turn->result.message);
    return true;
}

/* In the transaction that stores the photo: the note, unless somebody else was quicker. */
static bool accept_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct photo_turn *turn = data;
    const char *accepted = service_photo_kind_name(SERVICE_PHOTO_ACCEPTED);
    g_autofree char *noted = NULL;

    if (!db_photo_import_find(connection, &turn->user_id, turn->sha256, &noted, error))
        return false;
    turn->done_before = g_strcmp0(noted, accepted) == 0;
    if (turn->done_before)
        return base_fail(error, BASE_ERROR_CONFLICT, "This photo is enrolled already.");
    return db_photo_import_set(connection, &turn->user_id, turn->sha256, accepted, base_time_now(),
                               error);
}

/* What became of a photo that could not be stored; false when that is nobody's fault here. */
static bool turn_conclude(struct photo_turn *turn, GError *problem, GError **error)
{
    if (turn->done_before) {
        turn->result.outcome = SERVICE_PHOTO_OUTCOME_DONE_BEFORE;
    } else if (g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND)) {
        turn->result.outcome = SERVICE_PHOTO_OUTCOME_NOBODY; /* erased in the meantime */
    } else if (g_error_matches(problem, BASE_ERROR, BASE_ERROR_CONFLICT)) {
        const char *colon = strchr(problem->message, ':');
        const bool ok =
            turn_refuse(turn, OUTCOME_TOO_MANY, colon ? colon + 2 : problem->message, error);
        g_error_free(problem);
        return ok;
    } else {
        g_propagate_error(error, problem);
        return false;
    }
    g_error_free(problem);
    return true;
}

static bool turn_enrol(struct photo_turn *turn, GError **error)
{
    struct photo_run *run = turn->run;
    struct service_enrolment enrolment = {0};
    struct recognise_picture picture;
    struct service_batch batch = {
        .enrolment = &enrolment,
        .person = &turn->user_id,
        .skip_liveness = !run->options->liveness,
        .allow_duplicate = run->options->allow_duplicate,
        .source = "import",
    };
    GError *problem = NULL;

    picture.data = g_bytes_get_data(turn->content, &picture.size);
    bool ok = service_batch_judge(run->service, &batch, &picture, 1, &problem);
    if (ok && service_batch_accepted(&batch))
        ok = service_batch_store(run->service, run->identity, &batch, &turn->user_id, accept_body,
                                 turn, &problem);
    service_batch_finish(&batch);
    if (!ok)
        return turn_conclude(turn, problem, error);
    turn->result.quality = enrolment.photos[0].quality;
    if (enrolment.held)
        g_strlcpy(turn->result.message, "It waits for a check: it looks like somebody else.",
                  sizeof turn->result.message);
    if (enrolment.stored)
        return true;
    const struct service_photo *photo = &enrolment.photos[0];
    return turn_refuse(turn, service_photo_kind_name(photo->kind), photo->message, error);
}

static bool turn_take(struct photo_turn *turn, GError **error)
{
    const struct photo_run *run = turn->run;
    bool settled = false;

    turn->result = (struct service_photo_result){.name = turn->name};
    if (!find_person(run, turn->name, &turn->user_id)) {
        turn->result.outcome = SERVICE_PHOTO_OUTCOME_NOBODY;
        g_strlcpy(turn->result.message,
                  "The file's name, or its folder's, is no e-mail or student number of anybody.",
                  sizeof turn->result.message);
        return true;
    }
    turn->result.user_id = turn->user_id;
    if (!turn->content) {
        turn->result.outcome = SERVICE_PHOTO_OUTCOME_REFUSED;
        turn->result.kind = KIND_UNREADABLE;
        g_strlcpy(turn->result.message, "The file cannot be read, or is too large for a photo.",
                  sizeof turn->result.message);
        return true;
    }
    digest(turn->content, turn->sha256);
    if (!turn_look(turn, &settled, error) || settled)
        return settled;
    turn->result.outcome =
        run->options->apply ? SERVICE_PHOTO_OUTCOME_ENROLLED : SERVICE_PHOTO_OUTCOME_TRIED;
    return !run->options->apply || turn_enrol(turn, error);
}

/* ---- All of them ---- */

static void run_stop(struct photo_run *run, GError *problem)
{
    g_mutex_lock(&run->in);
    run->stopped = true;
    if (problem && !run->error)
        run->error = problem;
    else
        g_clear_error(&problem);
    g_mutex_unlock(&run->in);
}

/* The next photo; false at the end. */
static bool run_next(struct photo_run *run, char **name, GBytes **content)
{
    GError *problem = NULL;

    *name = NULL;
    *content = NULL;
    g_mutex_lock(&run->in);
    if (!run->stopped && !run->source(name, content, run->data, &problem)) {
        g_clear_pointer(name, g_free);
        if (!run->error)
            run->error = g_steal_pointer(&problem);
        g_clear_error(&problem);
    }
    run->stopped |= *name == NULL;
    g_mutex_unlock(&run->in);
    return *name != NULL;
}

static gpointer run_thread(gpointer data)
{
    struct photo_run *run = data;
    char *name;
    GBytes *content;

    while (run_next(run, &name, &content)) {
        struct photo_turn turn = {.run = run, .name = name, .content = content};
        GError *problem = NULL;
        if (turn_take(&turn, &problem)) {
            g_mutex_lock(&run->out);
            const bool more = run->sink(&turn.result, run->data);
            g_mutex_unlock(&run->out);
            if (!more)
                run_stop(run, NULL);
        } else {
            run_stop(run, problem);
        }
        g_free(name);
        g_clear_pointer(&content, g_bytes_unref);
    }
    return NULL;
}

static void run_threads(struct photo_run *run, unsigned wanted)
{
    GThread *threads[THREADS_MAX];
    const unsigned n =
        CLAMP(wanted ? wanted : g_get_num_processors() + THREADS_SPARE, 1u, (unsigned)THREADS_MAX);
    unsigned begun = 0;

    /* This thread is one of them, so that it also works where no other can be had. */
    while (begun + 1 < n && (threads[begun] = g_thread_try_new("photos", run_thread, run, NULL)))
        begun++;
    run_thread(run);
    for (unsigned i = 0; i < begun; i++)
        g_thread_join(threads[i]);
}

bool service_photo_import(struct service *service, const struct service_identity *identity,
                          const struct service_photo_import_options *options,
                          service_photo_source source, service_photo_sink sink, gpointer data,
                          GError **error)
{
    struct photo_run run = {
        .service = service,
        .identity = identity,
        .options = options,
        .source = source,
        .sink = sink,
        .data = data,
    };

    if (!service_allow_all(identity, CORE_ACTION_FACE_WRITE, error) ||
        (options->apply && !service_faces_ready(service, error)))
        return false;
    const bool loaded = people_load(&run, error);
    g_mutex_init(&run.in);
    g_mutex_init(&run.out);
    if (loaded)
        run_threads(&run, options->threads);
    g_mutex_clear(&run.in);
    g_mutex_clear(&run.out);
    g_hash_table_unref(run.people);
    if (run.error)
        g_propagate_error(error, run.error);
    return loaded && !run.error;
}

/* ---- Photos of a ZIP file in memory ---- */

struct service_photo_archive {
    archive_reader *reader;
};

bool service_photo_of_archive(struct archive_reader *reader, gsize size_max, GBytes **content,
                              GError **error)
{
    GError *problem = NULL;

    *content = archive_reader_read_all(reader, size_max, &problem);
    if (*content)
        return true;
    if (g_error_matches(problem, BASE_ERROR, BASE_ERROR_TOO_LARGE)) {
        g_error_free(problem);
        return true;
    }
    g_propagate_error(error, problem);
    return false;
}

struct service_photo_archive *service_photo_archive_open(const void *data, gsize size,
                                                         GError **error)
{
    static const struct archive_limits limits = {.entries = ARCHIVE_ENTRIES};
    archive_reader *reader = archive_reader_open_bytes(data, size, &limits, error);

    if (!reader)
        return NULL;
    struct service_photo_archive *archive = g_new(struct service_photo_archive, 1);
    archive->reader = reader;
    return archive;
}

bool service_photo_archive_next(char **name, GBytes **content, gpointer archive, GError **error)
{
    struct service_photo_archive *photos = archive;
    struct archive_item item;
    GError *problem = NULL;

    while (archive_reader_next(photos->reader, &item, &problem)) {
        if (!service_photo_is_named(item.name))
            continue;
        *name = g_strdup(item.name);
        return service_photo_of_archive(photos->reader, PHOTO_SIZE_MAX, content, error);
    }
    if (problem)
        g_propagate_error(error, problem);
    return !problem;
}

void service_photo_archive_close(struct service_photo_archive *archive)
{
    if (!archive)
        return;
    archive_reader_destroy(archive->reader);
    g_free(archive);
}
