#include "../unit.h"

#include "core/audit_chain.h"

#include <glib.h>
#include <string.h>

enum { ENTRIES = 6 };

static struct core_audit entry_of(gint64 sequence, char *details)
{
    return (struct core_audit){.sequence = sequence,
                               .happened_at = (base_time)1773324000 * BASE_TIME_SECOND + sequence,
                               .action = (char *)"user.update",
                               .subject = (char *)"x",
                               .details = details};
}

static void assert_hash(const struct core_audit *entry, const char *expected)
{
    char text[CORE_AUDIT_HASH_TEXT_SIZE];

    assert_string_equal(core_audit_hash_format(entry->hash, text), expected);
}

/* Worked out by a second program, written after the header alone. */
static void test_the_encoding_is_fixed(void **state)
{
    (void)state;
    struct core_audit_head head = {0};
    struct core_audit first = {.sequence = 7,
                               .happened_at = (base_time)1773324000 * BASE_TIME_SECOND,
                               .action = (char *)"user.create",
                               .subject = (char *)"x"};
    struct core_audit second = {.sequence = 8,
                                .happened_at = -1,
                                .action = (char *)"user.update",
                                .subject = (char *)"",
                                .details = (char *)"{\"é\":1}"};

    for (guint8 i = 0; i < BASE_UUID_SIZE; i++)
        second.actor_id.bytes[i] = i;
    core_audit_chain_append(&head, &first);
    assert_hash(&first, "9f140ca7a5c8f62d630631c842b0d0bbd984346182b5a8813aa02ae34c531a9a");
    core_audit_chain_append(&head, &second);
    assert_hash(&second, "580a884247e70759d31eadaab2b0a8a32eb62cbadeeb86b8d42bb034f45ada52");
    assert_int_equal(head.position, 2);
    assert_memory_equal(second.previous_hash, first.hash, sizeof first.hash);
}

/* What stands in one field must not be able to pass for what stands in two. */
static void test_no_two_entries_have_one_hash(void **state)
{
    (void)state;
    static const struct {
        const char *action;
        const char *subject;
        const char *details;
    } ENTRIES_ALIKE[] = {
        {"ab", "c", NULL}, {"a", "bc", NULL}, {"ab", "", "c"}, {"ab", "c", ""},
        {"", "abc", NULL}, {"abc", "", NULL}, {"abc", "", ""},
    };
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(ENTRIES_ALIKE); i++) {
        struct core_audit entry = {.position = 1,
                                   .action = (char *)ENTRIES_ALIKE[i].action,
                                   .subject = (char *)ENTRIES_ALIKE[i].subject,
                                   .details = (char *)ENTRIES_ALIKE[i].details};
        char *text = g_malloc(CORE_AUDIT_HASH_TEXT_SIZE);
        core_audit_chain_hash(&entry, entry.hash);
        assert_true(g_hash_table_add(seen, core_audit_hash_format(entry.hash, text)));
    }
}

static void make_chain(struct core_audit entries[ENTRIES])
{
    struct core_audit_head head = {0};

    for (int i = 0; i < ENTRIES; i++) {
        entries[i] = entry_of(10 + i, i % 2 ? (char *)"{}" : NULL);
        core_audit_chain_append(&head, &entries[i]);
    }
}

/* The first fault, and where. */
static enum core_audit_fault verify(const struct core_audit *entries, int n, gint64 *position)
{
    struct core_audit_head head = {0};

    for (int i = 0; i < n; i++) {
        const enum core_audit_fault fault = core_audit_chain_follow(&head, &entries[i]);
        *position = entries[i].position;
        if (fault != CORE_AUDIT_SOUND)
            return fault;
    }
    return CORE_AUDIT_SOUND;
}

static void test_every_changed_field_is_found(void **state)
{
    (void)state;
    struct core_audit entries[ENTRIES];
    gint64 position;

    make_chain(entries);
    assert_int_equal(verify(entries, ENTRIES, &position), CORE_AUDIT_SOUND);
    for (int field = 0; field < 8; field++) {
        make_chain(entries);
        struct core_audit *changed = &entries[3];
        if (field == 0)
            changed->sequence++;
        else if (field == 1)
            changed->happened_at++;
        else if (field == 2)
            changed->actor_id.bytes[5] = 1;
        else if (field == 3)
            changed->action = (char *)"user.updatd";
        else if (field == 4)
            changed->subject = (char *)"";
        else if (field == 5)
            changed->details = NULL;
        else if (field == 6)
            changed->hash[0] ^= 1;
        else
            changed->previous_hash[31] ^= 0x80;
        assert_int_equal(verify(entries, ENTRIES, &position),
                         field == 7 ? CORE_AUDIT_UNLINKED : CORE_AUDIT_CHANGED);
        assert_int_equal(position, 4);
    }
}

static void test_entries_taken_out_put_in_and_moved(void **state)
{
    (void)state;
    struct core_audit entries[ENTRIES];
    gint64 position;

    make_chain(entries);
    entries[2] = entries[3];
    assert_int_equal(verify(entries, ENTRIES, &position), CORE_AUDIT_MISSING);
    assert_int_equal(position, 4);

    make_chain(entries);
    struct core_audit other = entries[1];
    entries[1] = entries[2];
    entries[2] = other;
    assert_int_equal(verify(entries, ENTRIES, &position), CORE_AUDIT_MISSING);

    make_chain(entries);
    entries[3] = entries[2];
    assert_int_equal(verify(entries, ENTRIES, &position), CORE_AUDIT_REPEATED);

    /* One that carries its own right hash, but not that of the one before. */
    make_chain(entries);
    entries[3].details = (char *)"{\"forged\":true}";
    core_audit_chain_hash(&entries[3], entries[3].hash);
    assert_int_equal(verify(entries, ENTRIES, &position), CORE_AUDIT_UNLINKED);
    assert_int_equal(position, 5);
}

static void test_each_fault_is_told_once(void **state)
{
    (void)state;
    struct core_audit entries[ENTRIES];
    struct core_audit_head head = {0};
    int faults = 0;

    make_chain(entries);
    entries[1].subject = (char *)"y";
    entries[4].subject = (char *)"y";
    for (int i = 0; i < ENTRIES; i++)
        faults += core_audit_chain_follow(&head, &entries[i]) != CORE_AUDIT_SOUND;
    assert_int_equal(faults, 2);
    for (enum core_audit_fault fault = CORE_AUDIT_SOUND; fault < CORE_AUDIT_FAULT_N; fault++) {
        g_autofree char *sentence = core_audit_fault_describe(fault, 3, 7);
        assert_true((sentence == NULL) == (fault == CORE_AUDIT_SOUND));
    }
}

static void test_hashes_as_text(void **state)
{
    (void)state;
    static const char *const BAD[] = {
        "", "00", "000000000000000000000000000000000000000000000000000000000000000g",
        "000000000000000000000000000000000000000000000000000000000000000A",
        "00000000000000000000000000000000000000000000000000000000000000000"};
    guint8 hash[CORE_AUDIT_HASH_SIZE] = {0, 1, 0xfe, 0xff};
    guint8 again[CORE_AUDIT_HASH_SIZE];
    char text[CORE_AUDIT_HASH_TEXT_SIZE];

    assert_true(core_audit_hash_parse(core_audit_hash_format(hash, text), again));
    assert_memory_equal(hash, again, sizeof hash);
    for (gsize i = 0; i < G_N_ELEMENTS(BAD); i++)
        assert_false(core_audit_hash_parse(BAD[i], again));
    assert_false(core_audit_hash_parse(NULL, again));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_encoding_is_fixed),
        cmocka_unit_test(test_no_two_entries_have_one_hash),
        cmocka_unit_test(test_every_changed_field_is_found),
        cmocka_unit_test(test_entries_taken_out_put_in_and_moved),
        cmocka_unit_test(test_each_fault_is_told_once),
        cmocka_unit_test(test_hashes_as_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
