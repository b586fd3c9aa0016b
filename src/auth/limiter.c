#include "auth/limiter.h"

#include "auth/init.h"

#include <stdint.h>
#include <string.h>

enum {
    LIMITER_WAYS = 8,
    LIMITER_SETS = 2048,
    LIMITER_ANYWHERE = 10, /* the wide limit of an account over its narrow one */
};

struct limiter_cell {
    uint64_t key;      /* SipHash of the text; 0 is an empty cell */
    base_time arrival; /* theoretical arrival time: until then the key owes */
};

struct limiter_table {
    GMutex lock;
    struct auth_limit_rule rule;
    struct limiter_cell cells[LIMITER_SETS][LIMITER_WAYS];
};

struct auth_limiter {
    uint8_t hash_key[crypto_shorthash_KEYBYTES];
    struct limiter_table tables[AUTH_LIMIT_TABLES];
};

/* A whole campus can share one address, so the limits by address are wide and those by account
 * narrow. */
const struct auth_limit_rule auth_limit_defaults[AUTH_LIMIT_N] = {
    [AUTH_LIMIT_SIGN_IN_ACCOUNT] = {"sign_in_account", 10, 600},
    [AUTH_LIMIT_SIGN_IN_ADDRESS] = {"sign_in_address", 120, 60},
    [AUTH_LIMIT_MARK_ADDRESS] = {"mark_address", 300, 60},
    [AUTH_LIMIT_REGISTER] = {"register", 60, 600},
    [AUTH_LIMIT_EXISTS] = {"exists", 30, 60},
    [AUTH_LIMIT_PASSWORD] = {"password", 10, 600},
    [AUTH_LIMIT_DEVICE_PAIR] = {"device_pair", 10, 600},
    [AUTH_LIMIT_PIN_DEVICE] = {"pin_device", 60, 60},
    [AUTH_LIMIT_PIN_PERSON] = {"pin_person", 5, 600},
    [AUTH_LIMIT_SESSION_CODE] = {"session_code", 10, 600},
};

struct auth_limiter *auth_limiter_create(const struct auth_limit_rule *rules)
{
    struct auth_limiter *limiter = g_new0(struct auth_limiter, 1);

    if (!rules)
        rules = auth_limit_defaults;
    if (!auth_init(NULL))
        g_error("libsodium could not be initialised");
    randombytes_buf(limiter->hash_key, sizeof limiter->hash_key);
    for (int i = 0; i < AUTH_LIMIT_TABLES; i++)
        g_mutex_init(&limiter->tables[i].lock);
    for (int i = 0; i < AUTH_LIMIT_N; i++)
        limiter->tables[i].rule = rules[i];
    struct auth_limit_rule wide = rules[AUTH_LIMIT_SIGN_IN_ACCOUNT];
    wide.burst = MIN(wide.burst, G_MAXINT / LIMITER_ANYWHERE) * LIMITER_ANYWHERE;
    limiter->tables[AUTH_LIMIT_SIGN_IN_ANYWHERE].rule = wide;
    return limiter;
}

void auth_limiter_destroy(struct auth_limiter *limiter)
{
    if (!limiter)
        return;
    for (int i = 0; i < AUTH_LIMIT_TABLES; i++)
        g_mutex_clear(&limiter->tables[i].lock);
    g_free(limiter);
}

static uint64_t limiter_hash(const struct auth_limiter *limiter, const char *key)
{
    uint64_t hash;

    crypto_shorthash((uint8_t *)&hash, (const uint8_t *)key, strlen(key), limiter->hash_key);
    return hash ? hash : 1;
}

/* The cell of `hash`, or the one with the least debt in its set. Call with the lock held. */
static struct limiter_cell *limiter_cell(struct limiter_table *table, uint64_t hash)
{
    struct limiter_cell *set = table->cells[hash % LIMITER_SETS];
    struct limiter_cell *least = set;

    for (int i = 0; i < LIMITER_WAYS; i++) {
        if (set[i].key == hash)
            return &set[i];
        if (set[i].arrival < least->arrival)
            least = &set[i];
    }
    return least;
}

bool auth_limiter_take(struct auth_limiter *limiter, enum auth_limit limit, const char *key,
                       base_time now, int *retry_after)
{
    struct limiter_table *table = &limiter->tables[limit];

    if (table->rule.burst <= 0)
        return true;
    const base_time step = table->rule.period_seconds * BASE_TIME_SECOND / table->rule.burst;
    const base_time tolerance = step * (table->rule.burst - 1);
    const uint64_t hash = limiter_hash(limiter, key);

    g_mutex_lock(&table->lock);
    struct limiter_cell *cell = limiter_cell(table, hash);
    /* A clock set back would leave a debt that no waiting pays: no key owes more than a period. */
    base_time arrival = cell->key == hash ? MIN(cell->arrival, now + tolerance + step) : now;
    arrival = MAX(arrival, now);
    const base_time wait = arrival - tolerance - now;
    if (wait <= 0)
        *cell = (struct limiter_cell){.key = hash, .arrival = arrival + step};
    g_mutex_unlock(&table->lock);

    if (wait > 0 && retry_after)
        *retry_after = (int)((wait + BASE_TIME_SECOND - 1) / BASE_TIME_SECOND);
    return wait <= 0;
}

void auth_limiter_reset(struct auth_limiter *limiter, enum auth_limit limit, const char *key)
{
    struct limiter_table *table = &limiter->tables[limit];
    const uint64_t hash = limiter_hash(limiter, key);

    g_mutex_lock(&table->lock);
    struct limiter_cell *cell = limiter_cell(table, hash);
    if (cell->key == hash)
        *cell = (struct limiter_cell){0};
    g_mutex_unlock(&table->lock);
}
