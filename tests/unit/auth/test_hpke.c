/* HPKE: the numbers of RFC 9180, what an independent sender makes, and what is refused. */
#include "../unit.h"

#include "../sealer.h"
#include "auth/box.h"
#include "keys.h"

#include <string.h>

/* RFC 9180, A.3.1: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-128-GCM, base mode. */
#define IKM_R "668b37171f1072f3cf12ea8a236a45df23fc13b82af3609ad1e354f6ef817550"
#define IKM_E "4270e54ffd08d79d5928020af4686d8f6b7d35dbe470265f1f5aa22816ce860e"
#define PK_R                                                                                       \
    "04fe8c19ce0905191ebc298a9245792531f26f0cece2460639e8bc39cb7f706a826a779b4cf969b8a0e539c7f62f" \
    "b3d30ad6aa8f80e30f1d128aafd68a2ce72ea0"
#define SK_E "4995788ef4b9d6132b249ce59a77281493eb39af373d236a1fe415cb0c2d7beb"
#define ENC                                                                                        \
    "04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac98536d7b61a1af4b78e5b7f951c" \
    "0900be863c403ce65c9bfcb9382657222d18c4"
#define INFO "4f6465206f6e2061204772656369616e2055726e"
#define AAD "436f756e742d30"
#define TEXT "4265617574792069732074727574682c20747275746820626561757479"
#define SEALED                                                                                     \
    "5ad590bb8baa577f8619db35a36311226a896e7342a6d836d8b7bcd2f20b6c7f9076ac232e3ab2523f39513434"

static struct auth_hpke_key *key_of(const char *material)
{
    g_autoptr(GBytes) bytes = sealer_hex(material);
    GError *error = NULL;
    gsize n;
    const void *data = g_bytes_get_data(bytes, &n);
    struct auth_hpke_key *key = auth_hpke_key_derive(data, n, &error);

    assert_no_error(error);
    return key;
}

static void assert_public(const struct auth_hpke_key *key, const char *hex)
{
    g_autoptr(GBytes) expected = sealer_hex(hex);
    uint8_t point[AUTH_HPKE_POINT_BYTES];

    auth_hpke_key_public(key, point);
    assert_memory_equal(point, g_bytes_get_data(expected, NULL), sizeof point);
}

static struct auth_hpke_bytes bytes_of(GBytes *bytes)
{
    struct auth_hpke_bytes span;

    span.data = g_bytes_get_data(bytes, &span.size);
    return span;
}

static void test_the_numbers_of_the_rfc(void **state)
{
    (void)state;
    g_autoptr(auth_hpke_key) receiver = key_of(IKM_R);
    g_autoptr(auth_hpke_key) sender = key_of(IKM_E);
    g_autoptr(GBytes) info = sealer_hex(INFO);
    g_autoptr(GBytes) aad = sealer_hex(AAD);
    g_autoptr(GBytes) text = sealer_hex(TEXT);
    g_autoptr(GBytes) sealed = sealer_hex(ENC SEALED);
    GError *error = NULL;

    assert_public(receiver, PK_R);
    assert_public(sender, ENC);
    g_autoptr(GBytes) plain = auth_hpke_open(receiver, AUTH_HPKE_AES_128_GCM, bytes_of(info),
                                             bytes_of(aad), bytes_of(sealed), &error);
    assert_no_error(error);
    assert_true(g_bytes_equal(plain, text));

    /* The sender of the other tests agrees with the RFC too. */
    g_autoptr(GBytes) scalar = sealer_hex(SK_E);
    g_autoptr(GBytes) point = sealer_hex(PK_R);
    g_autoptr(GBytes) again = sealer_seal(g_bytes_get_data(point, NULL), 1,
                                          g_bytes_get_data(scalar, NULL), info, aad, text);
    assert_true(g_bytes_equal(again, sealed));
}

static GBytes *seal_for(const struct auth_hpke_key *key, GBytes *info, GBytes *aad, size_t n)
{
    uint8_t point[AUTH_HPKE_POINT_BYTES];
    g_autofree uint8_t *text = g_malloc(n + 1);

    auth_hpke_key_public(key, point);
    memset(text, 'a', n);
    g_autoptr(GBytes) plain = g_bytes_new(text, n);
    return sealer_seal(point, 2, NULL, info, aad, plain);
}

static void test_opens_what_an_independent_sender_seals(void **state)
{
    (void)state;
    static const size_t SIZES[] = {0, 1, 15, 16, 17, 70000};
    g_autoptr(auth_hpke_key) key = key_of(IKM_R);
    g_autoptr(GBytes) info = g_bytes_new("info", 4);
    g_autoptr(GBytes) none = g_bytes_new(NULL, 0);

    for (size_t i = 0; i < G_N_ELEMENTS(SIZES); i++) {
        GBytes *aad = i % 2 == 0 ? info : none;
        g_autoptr(GBytes) sealed = seal_for(key, info, aad, SIZES[i]);
        GError *error = NULL;
        g_autoptr(GBytes) plain = auth_hpke_open(key, AUTH_HPKE_AES_256_GCM, bytes_of(info),
                                                 bytes_of(aad), bytes_of(sealed), &error);
        assert_no_error(error);
        assert_int_equal(g_bytes_get_size(plain), SIZES[i]);
    }
}

static void assert_refused(const struct auth_hpke_key *key, GBytes *info, GBytes *aad,
                           const void *sealed, size_t n)
{
    GError *error = NULL;
    GBytes *plain = auth_hpke_open(key, AUTH_HPKE_AES_256_GCM, bytes_of(info), bytes_of(aad),
                                   (struct auth_hpke_bytes){sealed, n}, &error);

    assert_null(plain);
    assert_base_error(error, BASE_ERROR_CORRUPT);
}

static void test_refuses_what_was_changed(void **state)
{
    (void)state;
    g_autoptr(auth_hpke_key) key = key_of(IKM_R);
    g_autoptr(auth_hpke_key) other = key_of(IKM_E);
    g_autoptr(GBytes) info = g_bytes_new("info", 4);
    g_autoptr(GBytes) aad = g_bytes_new("aad", 3);
    g_autoptr(GBytes) sealed = seal_for(key, info, aad, 20);
    gsize n;
    const uint8_t *bytes = g_bytes_get_data(sealed, &n);
    g_autofree uint8_t *copy = g_memdup2(bytes, n);

    assert_refused(other, info, aad, bytes, n);
    assert_refused(key, aad, aad, bytes, n);
    assert_refused(key, info, info, bytes, n);
    for (size_t i = 0; i < n; i++) {
        copy[i] ^= 1;
        assert_refused(key, info, aad, copy, n);
        copy[i] ^= 1;
    }
    for (size_t i = 0; i < n; i++)
        assert_refused(key, info, aad, bytes, i);
    /* The point at infinity, and other ways to write a point. */
    memset(copy, 0, AUTH_HPKE_POINT_BYTES);
    assert_refused(key, info, aad, copy, n);
    memcpy(copy, bytes, n);
    copy[0] = (uint8_t)(6 + (bytes[AUTH_HPKE_POINT_BYTES - 1] & 1));
    assert_refused(key, info, aad, copy, n);
}

/* ---- with the key file ---- */

static GBytes *box_for(struct auth_keyring *keyring, GBytes *info, GBytes *aad, GBytes *plain)
{
    uint8_t point[AUTH_HPKE_POINT_BYTES];
    uint32_t id = 0;

    assert_true(auth_box_public(keyring, &id, point));
    g_autoptr(GBytes) sealed = sealer_seal(point, 2, NULL, info, aad, plain);
    const uint8_t head[4] = {(uint8_t)(id >> 24), (uint8_t)(id >> 16), (uint8_t)(id >> 8),
                             (uint8_t)id};
    GByteArray *box = g_byte_array_new();
    g_byte_array_append(box, head, sizeof head);
    g_byte_array_append(box, g_bytes_get_data(sealed, NULL), (guint)g_bytes_get_size(sealed));
    return g_byte_array_free_to_bytes(box);
}

static void test_a_box_names_its_key(void **state)
{
    (void)state;
    GError *error = NULL;
    struct test_keys keys;
    g_autoptr(auth_keys) strangers = auth_keys_create(&error);
    g_autoptr(auth_keyring) other = auth_keyring_create(strangers, NULL);
    g_autoptr(GBytes) info = g_bytes_new("info", 4);
    g_autoptr(GBytes) plain = g_bytes_new("plain", 5);

    test_keys_open(&keys);
    g_autoptr(GBytes) box = box_for(keys.keyring, info, info, plain);

    g_autoptr(GBytes) opened =
        auth_box_open(keys.keyring, bytes_of(info), bytes_of(info), bytes_of(box), &error);
    assert_no_error(error);
    assert_true(g_bytes_equal(opened, plain));
    assert_null(auth_box_open(other, bytes_of(info), bytes_of(info), bytes_of(box), &error));
    assert_base_error(error, BASE_ERROR_CORRUPT);
    struct auth_hpke_bytes shorter = bytes_of(box);
    shorter.size = AUTH_BOX_OVERHEAD - 1;
    assert_null(auth_box_open(keys.keyring, bytes_of(info), bytes_of(info), shorter, &error));
    assert_base_error(error, BASE_ERROR_CORRUPT);
    test_keys_close(&keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_numbers_of_the_rfc),
        cmocka_unit_test(test_opens_what_an_independent_sender_seals),
        cmocka_unit_test(test_refuses_what_was_changed),
        cmocka_unit_test(test_a_box_names_its_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
