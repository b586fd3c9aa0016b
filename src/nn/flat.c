#include "nn/flat.h"

#include <string.h>

/* Offsets to other tables have 32 bits, those inside a table 16. */
#define OFFSET_SIZE sizeof(uint32_t)
#define ENTRY_SIZE sizeof(uint16_t)
/* A table's directory begins with its own size and the table's. */
#define ENTRIES_AT (2 * ENTRY_SIZE)

/* Little-endian, wherever it lies. False, and the file is broken, when it does not lie inside. */
static bool read_at(struct nn_flat *flat, size_t at, void *value, size_t size)
{
    memset(value, 0, size);
    if (flat->broken || at == 0 || at > flat->size || flat->size - at < size) {
        flat->broken = true;
        return false;
    }
    memcpy(value, flat->bytes + at, size);
    return true;
}

/* The position that the offset at `at` leads to, which can only be further on. */
static size_t follow(struct nn_flat *flat, size_t at)
{
    uint32_t offset;
    if (!read_at(flat, at, &offset, sizeof offset) || offset == 0 || offset > flat->size - at) {
        flat->broken = true;
        return 0;
    }
    return at + offset;
}

size_t nn_flat_root(struct nn_flat *flat)
{
    uint32_t offset;
    if (flat->size < OFFSET_SIZE) {
        flat->broken = true;
        return 0;
    }
    memcpy(&offset, flat->bytes, sizeof offset);
    if (offset == 0 || offset >= flat->size) {
        flat->broken = true;
        return 0;
    }
    return offset;
}

/* Where a field's value lies, or 0 when the table leaves it out. */
static size_t field_at(struct nn_flat *flat, size_t table, unsigned field)
{
    int32_t back;
    uint16_t sizes[2]; /* of the directory, of the table */
    uint16_t offset;
    if (table == 0 || !read_at(flat, table, &back, sizeof back)) {
        return 0;
    }
    int64_t directory = (int64_t)table - back;
    if (directory <= 0 || !read_at(flat, (size_t)directory, sizes, sizeof sizes)) {
        flat->broken = true;
        return 0;
    }
    size_t entry = ENTRIES_AT + (size_t)field * ENTRY_SIZE;
    if (entry + ENTRY_SIZE > sizes[0] ||
        !read_at(flat, (size_t)directory + entry, &offset, sizeof offset) || offset == 0) {
        return 0;
    }
    if (offset < OFFSET_SIZE || offset >= sizes[1]) {
        flat->broken = true;
        return 0;
    }
    return table + offset;
}

int32_t nn_flat_int(struct nn_flat *flat, size_t table, unsigned field, int32_t missing)
{
    int32_t value;
    size_t at = field_at(flat, table, field);
    return at != 0 && read_at(flat, at, &value, sizeof value) ? value : missing;
}

int8_t nn_flat_byte(struct nn_flat *flat, size_t table, unsigned field, int8_t missing)
{
    int8_t value;
    size_t at = field_at(flat, table, field);
    return at != 0 && read_at(flat, at, &value, sizeof value) ? value : missing;
}

size_t nn_flat_table(struct nn_flat *flat, size_t table, unsigned field)
{
    size_t at = field_at(flat, table, field);
    return at != 0 ? follow(flat, at) : 0;
}

struct nn_flat_vector nn_flat_vector(struct nn_flat *flat, size_t table, unsigned field,
                                     size_t element_size)
{
    struct nn_flat_vector vector = {0};
    size_t at = nn_flat_table(flat, table, field);
    if (at == 0 || !read_at(flat, at, &vector.count, sizeof vector.count)) {
        return (struct nn_flat_vector){0};
    }
    vector.at = at + sizeof vector.count;
    if (vector.count > (flat->size - vector.at) / element_size) {
        flat->broken = true;
        return (struct nn_flat_vector){0};
    }
    return vector;
}

int32_t nn_flat_int_at(struct nn_flat *flat, const struct nn_flat_vector *vector, uint32_t index)
{
    int32_t value = 0;
    if (index < vector->count) {
        read_at(flat, vector->at + index * sizeof value, &value, sizeof value);
    }
    return value;
}

size_t nn_flat_table_at(struct nn_flat *flat, const struct nn_flat_vector *vector, uint32_t index)
{
    return index < vector->count ? follow(flat, vector->at + index * OFFSET_SIZE) : 0;
}
