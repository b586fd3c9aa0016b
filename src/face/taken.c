#include "face/taken.h"

#include "base/error.h"

#include <libexif/exif-data.h>
#include <string.h>

/* A tag's ASCII value in `text`; empty when the picture does not have it. */
static void read_tag(ExifData *exif, ExifTag tag, char *text, gsize size)
{
    const ExifEntry *entry = exif_content_get_entry(exif->ifd[EXIF_IFD_EXIF], tag);

    *text = '\0';
    if (entry && entry->format == EXIF_FORMAT_ASCII && entry->data && entry->size > 0)
        g_strlcpy(text, (const char *)entry->data, MIN(size, (gsize)entry->size + 1));
}

/* Whether the text begins with the pattern, in which 0 stands for any digit. */
static bool fits(const char *text, const char *pattern)
{
    for (; *pattern; text++, pattern++)
        if (*pattern == '0' ? !g_ascii_isdigit(*text) : *text != *pattern)
            return false;
    return true;
}

static int number(const char *text, int digits)
{
    int value = 0;

    for (int i = 0; i < digits; i++)
        value = value * 10 + g_ascii_digit_value(text[i]);
    return value;
}

static GTimeZone *zone_of(const char *offset, GTimeZone *otherwise)
{
    if (!fits(offset, "+00:00") && !fits(offset, "-00:00"))
        return g_time_zone_ref(otherwise);
    const int seconds = (number(offset + 1, 2) * 60 + number(offset + 4, 2)) * 60;
    return g_time_zone_new_offset(*offset == '-' ? -seconds : seconds);
}

bool face_taken_at(const void *data, size_t size, GTimeZone *zone, base_time *taken, GError **error)
{
    char text[32] = "", offset[16] = "";
    ExifData *exif = size <= G_MAXUINT ? exif_data_new_from_data(data, (unsigned)size) : NULL;

    if (exif) {
        read_tag(exif, EXIF_TAG_DATE_TIME_ORIGINAL, text, sizeof text);
        read_tag(exif, EXIF_TAG_OFFSET_TIME_ORIGINAL, offset, sizeof offset);
        exif_data_unref(exif);
    }
    /* A camera whose clock was never set writes blanks. */
    if (!*text || text[0] == ' ') {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_NOT_FOUND,
                            "The picture does not say when it was taken.");
        return false;
    }
    g_autoptr(GDateTime) moment = NULL;
    if (fits(text, "0000:00:00 00:00:00")) {
        g_autoptr(GTimeZone) own = zone_of(offset, zone);
        moment = g_date_time_new(own, number(text, 4), number(text + 5, 2), number(text + 8, 2),
                                 number(text + 11, 2), number(text + 14, 2), number(text + 17, 2));
    }
    if (!moment) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                            "The picture says that it was taken at a time that is none.");
        return false;
    }
    *taken = g_date_time_to_unix(moment) * BASE_TIME_SECOND;
    return true;
}
