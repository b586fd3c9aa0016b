/*
 * The key file in use: whether it fits the stored data, rotating it, and what it opens.
 *
 * Rotation: the new key is written first in the file and is current from then on; what older keys
 * sealed is then sealed anew, a few rows a transaction, only where nobody changed it meanwhile.
 * Older keys stay in the file until they are dropped, so whatever is interrupted loses nothing and
 * is finished by doing it again. docs/keys.md is the administrator's page.
 */
#ifndef SERVICE_KEYS_H
#define SERVICE_KEYS_H

#include "service/service.h"

/* Whether faces and pictures may be sealed and opened: the keyring is trusted, or becomes so now
 * because it opens something of what is stored (or nothing is). BASE_ERROR_UNAVAILABLE with a
 * sentence for anybody otherwise; service_keys_trouble() has the one for administrators. Call it
 * without holding a connection, before the first seal of a request. */
bool service_keys_ready(struct service *service, GError **error);

/* What is wrong with the key file and what to do; NULL when nothing is. g_free() it. For
 * administrators: it names the file. */
char *service_keys_trouble(struct service *service);

/* The same as far as it was found out before, without asking the database. */
char *service_keys_trouble_known(struct service *service);

/* `problem`, a sentence, with what follows from it and what to do. g_free() it. */
char *service_keys_advice(const char *problem);

/* ---- what is sealed with what ---- */

struct service_key_use {
    guint32 id;
    bool current;
    bool in_file;
    gint64 templates;
    gint64 images;
};

struct service_keys_report {
    GArray *uses;                /* struct service_key_use: the file's order, then unknown keys */
    gint64 templates;            /* stored */
    gint64 templates_unreadable; /* that no key opens: unknown key, tampered with, damaged */
    gint64 images;               /* stored and sealed */
    gint64 images_unreadable;    /* whose key the file does not have */
};
void service_keys_report_clear(struct service_keys_report *report);

/* Opens every stored template. */
bool service_keys_report(struct service *service, struct service_keys_report *report,
                         GError **error);

/* Counts templates that no key opens, with examples: sentences appended to `findings` (char *,
 * g_free as free function). False with an error only when it could not look. Pictures are
 * service_images_check()'s. */
bool service_seals_check(struct service *service, GPtrArray *findings, GError **error);

/* ---- changing keys; administrators ---- */

typedef void (*service_keys_progress)(gint64 done, gint64 total, gpointer data);

enum service_keys_step {
    SERVICE_KEYS_ROTATE,  /* a new key, unless an earlier rotation has to be finished first */
    SERVICE_KEYS_PREPARE, /* a new key that only opens, to be copied to all nodes */
    SERVICE_KEYS_USE,     /* a prepared key becomes current */
};

struct service_keys_rotation {
    enum service_keys_step step;
    guint32 id;   /* for SERVICE_KEYS_USE; set to the current (or prepared) key afterwards */
    bool resumed; /* set: an earlier rotation was finished, no key was made */
    service_keys_progress progress; /* may be NULL; called for templates */
    gpointer data;
    gint64 templates;  /* set: sealed anew */
    gint64 images;     /* set: sealed anew */
    gint64 unreadable; /* set: templates and images that no key opens, left as they are */
};

/*
 * Changes the key file and seals everything anew until nothing that opens is sealed with another
 * than the current key. May be interrupted at any moment and called again; the server may run.
 * Errors of auth_key_file_open() and auth_key_file_add(); BASE_ERROR_UNAVAILABLE when the key file
 * is not that of this database.
 */
bool service_keys_rotate(struct service *service, const struct service_identity *identity,
                         struct service_keys_rotation *rotation, GError **error);

/* Takes a key out of the file. Sessions that it signed end. BASE_ERROR_CONFLICT while anything is
 * sealed with it, BASE_ERROR_INVALID for the current one, BASE_ERROR_NOT_FOUND. */
bool service_keys_drop(struct service *service, const struct service_identity *identity, guint32 id,
                       GError **error);

struct service_keys_replacement {
    char *kept;       /* where the file that stood there is now; NULL when there was none */
    guint32 id;       /* of the new key */
    gint64 templates; /* deleted */
    gint64 images;    /* deleted */
};
void service_keys_replacement_clear(struct service_keys_replacement *replacement);

/* For a key that is lost for good: makes a new key file and deletes the templates and pictures that
 * no key opens any more. BASE_ERROR_CONFLICT when the key file is in order. */
bool service_keys_replace(struct service *service, const struct service_identity *identity,
                          struct service_keys_replacement *replacement, GError **error);

#endif
