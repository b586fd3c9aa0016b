/* Photos as the commands read them, and what was seen in them in words. */
#ifndef CLI_PHOTOS_H
#define CLI_PHOTOS_H

#include "base/json.h"
#include "face/image.h"
#include "recognise/recognise.h"

#include <glib.h>
#include <stdbool.h>

/* Files in memory, and the same as the recogniser takes them. */
struct cli_photos {
    GPtrArray *paths;    /* char * */
    GPtrArray *contents; /* GBytes * */
    GArray *pictures;    /* struct recognise_picture, into the contents */
};

void cli_photos_init(struct cli_photos *photos);
void cli_photos_finish(struct cli_photos *photos);

/* Reads one file. The error names the file. */
bool cli_photos_add(struct cli_photos *photos, const char *path,
                    const struct face_image_limits *limits, GError **error);

/* The pictures that the words name: files as they are, folders by what is in them. */
GPtrArray *cli_photos_expand(char *const *words, GError **error);

/* An answer for JSON: kind, score, live, faces, box, quality; `name` may be NULL. */
json_t *cli_answer_json(const struct recognise_answer *answer, const char *name);

/* "no face", "poor quality: too dark", "Ana Pérez, similarity 0.71"…; free with g_free. */
char *cli_answer_text(const struct recognise_answer *answer, const char *name);

/* What was measured of a photo, for JSON: {"unified_quality_score": {"score", "native"}, …}, only
 * what was. */
json_t *cli_components_json(const struct face_quality *quality);

/* A lower-case word such as "too_dark" with spaces; free with g_free. */
char *cli_words(const char *name);

#endif
