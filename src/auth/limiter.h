/*
 * Rate limits: GCRA (the virtual-scheduling form of the leaky bucket, ITU-T I.371) per key.
 *
 * A limit allows `burst` attempts at once, and then one every `period / burst`. A key is any
 * text, such as "203.0.113.9" or "203.0.113.9|ana@uni.mx"; only a keyed 64-bit hash (SipHash) of it
 * is kept. Memory is fixed: each limit owns a set-associative table that forgets the key with the
 * least debt when a set is full. A limiter counts in this process only. Thread-safe.
 */
#ifndef AUTH_LIMITER_H
#define AUTH_LIMITER_H

#include "base/time.h"

#include <glib.h>
#include <stdbool.h>

enum auth_limit {
    AUTH_LIMIT_SIGN_IN_ACCOUNT, /* sign-in, by account and address */
    AUTH_LIMIT_SIGN_IN_ADDRESS, /* sign-in, by address */
    AUTH_LIMIT_MARK_ADDRESS,    /* face attempts, by address and, signed in, by account as well */
    AUTH_LIMIT_REGISTER,        /* self-registration, by address */
    AUTH_LIMIT_EXISTS,          /* "is this e-mail registered", by address */
    AUTH_LIMIT_PASSWORD,        /* changes of password and PIN, by account */
    AUTH_LIMIT_DEVICE_PAIR,     /* codes of kiosks, by address */
    AUTH_LIMIT_PIN_DEVICE,      /* PINs, by kiosk */
    AUTH_LIMIT_PIN_PERSON,      /* PINs, by whose they are said to be */
    AUTH_LIMIT_SESSION_CODE,    /* codes of sessions, by account */
    AUTH_LIMIT_N,               /* those with a rule of their own */
    /* Sign-in, by account whatever the address: AUTH_LIMIT_SIGN_IN_ACCOUNT with ten times the
     * burst, so that one stranger cannot lock the owner out. */
    AUTH_LIMIT_SIGN_IN_ANYWHERE = AUTH_LIMIT_N,
    AUTH_LIMIT_TABLES,
};

struct auth_limit_rule {
    const char *name;   /* as in the configuration, such as "sign_in_account" */
    int burst;          /* attempts at once; 0 switches the limit off */
    int period_seconds; /* time in which `burst` attempts come back */
};

/* The default table, in the order of enum auth_limit. */
extern const struct auth_limit_rule auth_limit_defaults[AUTH_LIMIT_N];

struct auth_limiter;

/* `rules` of AUTH_LIMIT_N entries, copied; NULL takes the defaults. About 1.75 MiB. */
struct auth_limiter *auth_limiter_create(const struct auth_limit_rule *rules);

/* Takes NULL. */
void auth_limiter_destroy(struct auth_limiter *limiter);

/*
 * Counts one attempt of `key` at `now`. True when it is allowed; otherwise the attempt is not
 * counted, and `retry_after` (may be NULL) gets the whole seconds to wait, at least 1.
 */
bool auth_limiter_take(struct auth_limiter *limiter, enum auth_limit limit, const char *key,
                       base_time now, int *retry_after);

/* Forgives the debt of `key`, as after a successful sign-in. */
void auth_limiter_reset(struct auth_limiter *limiter, enum auth_limit limit, const char *key);

#endif
