/* make_film OUT ENCODER FPS SECONDS PICTURE...: a film for the tests that drive the program. */
#include "film.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    if (argc < 6)
        return 2;
    int fps = (int)g_ascii_strtoll(argv[3], NULL, 10);
    double seconds = g_ascii_strtod(argv[4], NULL);
    if (film_write_pictures(argv[1], argv[2], fps, seconds, argv + 5))
        return 0;
    fprintf(stderr, "There is no encoder %s here.\n", argv[2]);
    return 1;
}
