/* CSV files: whatever the bytes, records of valid text or an error with a line. */
#include "base/csv.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const struct base_csv_options options = {
        .encoding = (enum base_csv_encoding)(data[0] % BASE_CSV_ENCODING_N),
        .separator = data[0] & 0x80 ? ';' : 0,
        .columns_max = 16,
        .field_max = 512,
        .size_max = 1 << 20,
    };
    g_autoptr(base_csv) csv = base_csv_create_bytes(data + 1, size - 1, &options);
    g_autoptr(GError) error = NULL;
    gint64 line = 0;

    while (base_csv_next(csv, &error)) {
        g_assert_cmpint(base_csv_line(csv), >, line);
        line = base_csv_line(csv);
        g_assert_cmpuint(base_csv_columns(csv), <=, 16);
        for (guint i = 0; i < base_csv_columns(csv); i++)
            g_assert_true(g_utf8_validate(base_csv_field(csv, i), -1, NULL));
    }
    if (error)
        g_assert_cmpint(base_csv_line(csv), >, 0);
    g_assert_false(error && base_csv_next(csv, NULL));
    return 0;
}
