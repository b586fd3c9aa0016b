/*
 * What browsers seal to the server while it is away (hpke.h, with AES-256-GCM). The key pair of
 * each key of the key file is made of its sub-key for AUTH_KEY_USE_BOX, so it comes and goes with
 * that key: everything new is sealed to the current one, and what an older one was used for opens
 * as long as the file has it.
 *
 * Layout: key id (4 bytes, big endian) | encapsulated key (65) | ciphertext | tag (16).
 */
#ifndef AUTH_BOX_H
#define AUTH_BOX_H

#include "auth/hpke.h"
#include "auth/keyring.h"

enum { AUTH_BOX_OVERHEAD = 4 + AUTH_HPKE_OVERHEAD };

/* What to seal to now. False while there is no key file that is believed. */
bool auth_box_public(struct auth_keyring *keyring, uint32_t *id,
                     uint8_t point[AUTH_HPKE_POINT_BYTES]);

/* BASE_ERROR_CORRUPT as auth_hpke_open(), also for a key that the file does not have;
 * BASE_ERROR_UNAVAILABLE while there is no key file. */
GBytes *auth_box_open(struct auth_keyring *keyring, struct auth_hpke_bytes info,
                      struct auth_hpke_bytes associated, struct auth_hpke_bytes sealed,
                      GError **error);

#endif
