/* Films for tests, encoded at test time. */
#ifndef UNIT_FILM_H
#define UNIT_FILM_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define FILM_WIDTH 640
#define FILM_HEIGHT 480

/* Fills in packed RGB, FILM_WIDTH × FILM_HEIGHT. */
typedef void (*film_frame)(uint8_t *rgb, int number, void *user);

/* Writes a film; the container follows from the path's ending, `encoder` is FFmpeg's name of one
 * ("mpeg4", "mjpeg", "libx264"). `turn`: degrees that a player turns it clockwise. False when this
 * machine has no such encoder. */
bool film_write(const char *path, const char *encoder, int fps, int frames, int turn,
                film_frame frame, void *user);

/* A film of pictures (JPEG), each shown for `seconds`, moving a little as in a hand. */
bool film_write_pictures(const char *path, const char *encoder, int fps, double seconds,
                         char **pictures);

#endif
