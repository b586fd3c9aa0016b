/*
 * Consent: what somebody agrees to before their face is stored. The text has versions, in both
 * languages; what somebody agreed to stays readable. While it is required nobody registers or adds
 * photos of themselves without it; whom an administrator enrols, that administrator vouches for.
 * Withdrawing erases all that is stored of the face at once and leaves a receipt; afterwards only
 * the person themselves can agree again.
 */
#ifndef SERVICE_CONSENT_H
#define SERVICE_CONSENT_H

#include "service/service.h"

enum { SERVICE_CONSENT_TEXT_MAX = 20000 /* characters */ };

struct service_consent_text {
    gint64 version; /* from 1 */
    char *en, *es;
    bool required;        /* now, whatever the version */
    base_time created_at; /* 0: it came with the program */
};

void service_consent_text_free(struct service_consent_text *text);
typedef struct service_consent_text service_consent_text;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(service_consent_text, service_consent_text_free)

/* The text that counts (version 0), or one of a version. For whoever asks. NULL with
 * BASE_ERROR_NOT_FOUND when there is none. */
struct service_consent_text *service_consent_text_read(struct service *service, gint64 version,
                                                       GError **error);

/* What is NULL stays as it is. */
struct service_consent_input {
    const char *en, *es;
    const bool *required;
};

/* Administrators. Another text gets the next version; the same text again changes nothing. Returns
 * the text that counts now. BASE_ERROR_INVALID names the field: "text" or "required". */
struct service_consent_text *service_consent_set(struct service *service,
                                                 const struct service_identity *identity,
                                                 const struct service_consent_input *input,
                                                 GError **error);

/* What was erased by a withdrawal. */
struct service_consent_receipt {
    gint64 erased_faces;  /* templates */
    gint64 erased_images; /* photos, the profile picture, pictures behind marks */
    base_time at;
};

enum service_consent_state {
    SERVICE_CONSENT_NONE,
    SERVICE_CONSENT_STANDING,
    SERVICE_CONSENT_WITHDRAWN,
};

/* "none", "standing", "withdrawn". */
const char *service_consent_state_name(enum service_consent_state state);

struct service_consent {
    enum service_consent_state state;
    gint64 version;     /* agreed to; 0: none */
    base_time given_at; /* 0: not recorded */
    bool vouched;       /* an administrator says so */
    char *voucher_name; /* NULL: the command line, or nobody */
    gint64 current_version;
    bool required;
    struct service_consent_receipt receipt; /* of SERVICE_CONSENT_WITHDRAWN */
};

void service_consent_free(struct service_consent *consent);
typedef struct service_consent service_consent;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(service_consent, service_consent_free)

/* One's own, and anybody's for administrators. */
struct service_consent *service_consent_find(struct service *service,
                                             const struct service_identity *identity,
                                             const struct base_uuid *user_id, GError **error);

/* The caller agrees to the text that counts now; agreeing to it again changes nothing.
 * BASE_ERROR_CONFLICT for another version: the text has changed since it was shown. */
struct service_consent *service_consent_give(struct service *service,
                                             const struct service_identity *identity,
                                             gint64 version, GError **error);

/* The caller withdraws. Templates, pictures and open reviews of their face are gone when this
 * returns true; marks stay. Once more with nothing stored: the receipt of before. */
bool service_consent_withdraw(struct service *service, const struct service_identity *identity,
                              struct service_consent_receipt *receipt, GError **error);

#endif
