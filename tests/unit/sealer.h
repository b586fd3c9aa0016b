/* What a browser does: sealing to a public key by HPKE (RFC 9180), written from the RFC once more
 * and with nothing of what is tested. */
#ifndef SEALER_H
#define SEALER_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

/* `scalar` of 32 bytes is the ephemeral key; NULL draws one. `aead` is 1 for AES-128-GCM, 2 for
 * AES-256-GCM. The encapsulated key, ciphertext and tag. */
GBytes *sealer_seal(const uint8_t point[65], int aead, const uint8_t *scalar, GBytes *info,
                    GBytes *associated, GBytes *plain);

/* Bytes of hexadecimal digits. */
GBytes *sealer_hex(const char *digits);

#endif
