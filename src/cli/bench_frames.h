/* Pictures and videos as the benchmarks of liveness and challenges take them: sequences of frames
 * of one person, one after the other. */
#ifndef CLI_BENCH_FRAMES_H
#define CLI_BENCH_FRAMES_H

#include "cli/bench.h"
#include "face/image.h"

/* Frames a second that are taken of a video. */
#define CLI_BENCH_VIDEO_RATE 8

struct cli_bench_sequence {
    char *name;       /* the folder or the file */
    GPtrArray *paths; /* pictures, by name; NULL: it is a video */
};

/* What a path names: a video is one sequence, a folder as many as it has folders with pictures in
 * them. An array of struct cli_bench_sequence that frees what it holds. NULL with an error, also
 * when there is nothing. */
GArray *cli_bench_sequences(const char *path, GError **error);

/* Called with each frame, in order; `time` in microseconds, -1 for pictures. False stops. */
typedef bool (*cli_bench_frame_fn)(const struct face_image *image, gint64 time, void *data,
                                   GError **error);

/* Goes through one sequence. A damaged picture is passed over, with a warning; *faults counts. */
bool cli_bench_frames_each(const struct cli_bench *bench, const struct cli_bench_sequence *sequence,
                           cli_bench_frame_fn fn, void *data, size_t *faults, GError **error);

#endif
