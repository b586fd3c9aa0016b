/* The cascade file: an XML tree of which a few leaves are of interest, each known by its path. */
#include "face/haar.h"

#include "base/error.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROOT "/opencv_storage/cascade/"
#define DEPTH_MAX 12
#define TEXT_MAX 65536
#define STAGES_MAX 256
#define TREES_MAX 100000
#define TREE_NODES_MAX 64
#define FEATURES_MAX 100000
#define WEIGHT_MAX 1e6
/* Stage thresholds are met by sums that were rounded differently when the cascade was trained. */
#define THRESHOLD_SLACK 1e-5F

struct reader {
    struct face_cascade *cascade;
    GString *path; /* "/opencv_storage/cascade/…" */
    int depth;
    GString *text;
    bool collecting;
    bool seen; /* the cascade's element */
    size_t rects_n;
};

static bool damaged(GError **error, const char *what)
{
    g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "The cascade file is damaged: %s.", what);
    return false;
}

static bool unsupported(GError **error, const char *what)
{
    g_set_error(error, BASE_ERROR, BASE_ERROR_UNSUPPORTED, "The cascade file has %s.", what);
    return false;
}

/* Reads exactly all numbers of a text, at most `max`; 0 when there is anything else in it. */
static size_t read_numbers(const char *text, double *numbers, size_t max)
{
    size_t n = 0;
    for (;;) {
        text += strspn(text, " \t\r\n");
        if (*text == '\0') {
            return n;
        }
        char *end = NULL;
        if (n == max || strchr("+-.0123456789", *text) == NULL) {
            return 0;
        }
        numbers[n] = g_ascii_strtod(text, &end);
        if (end == text || !isfinite(numbers[n]) || fabs(numbers[n]) > 1e9 ||
            strchr(" \t\r\n", *end) == NULL) {
            return 0;
        }
        n++;
        text = end;
    }
}

static bool is_whole(double number, double from, double to)
{
    return number >= from && number <= to && number == floor(number);
}

static bool read_type(struct reader *reader, const char *text, GError **error)
{
    (void)reader;
    return strcmp(text, "HAAR") == 0 || unsupported(error, "features of another kind than HAAR");
}

static bool read_stage_type(struct reader *reader, const char *text, GError **error)
{
    (void)reader;
    return strcmp(text, "BOOST") == 0 || unsupported(error, "stages of another kind than BOOST");
}

static bool read_side(const char *text, int *side, GError **error)
{
    double number = 0;
    if (*side != 0 || read_numbers(text, &number, 1) != 1 ||
        !is_whole(number, FACE_CASCADE_SIDE_MIN, FACE_CASCADE_SIDE_MAX)) {
        return damaged(error, "the size of its window");
    }
    *side = (int)number;
    return true;
}

static bool read_width(struct reader *reader, const char *text, GError **error)
{
    return read_side(text, &reader->cascade->width, error);
}

static bool read_height(struct reader *reader, const char *text, GError **error)
{
    return read_side(text, &reader->cascade->height, error);
}

/* A stage is begun by its threshold, which the format puts before its trees. */
static bool read_threshold(struct reader *reader, const char *text, GError **error)
{
    struct face_cascade *cascade = reader->cascade;
    double number = 0;
    if (read_numbers(text, &number, 1) != 1 || cascade->stages->len >= STAGES_MAX) {
        return damaged(error, "the threshold of a stage");
    }
    struct face_cascade_stage stage = {cascade->trees->len, 0, (float)number - THRESHOLD_SLACK};
    g_array_append_val(cascade->stages, stage);
    return true;
}

static bool read_nodes(struct reader *reader, const char *text, GError **error)
{
    struct face_cascade *cascade = reader->cascade;
    double numbers[TREE_NODES_MAX * 4];
    size_t n = read_numbers(text, numbers, G_N_ELEMENTS(numbers));
    if (n == 0 || n % 4 != 0 || cascade->stages->len == 0 || cascade->trees->len >= TREES_MAX) {
        return damaged(error, "the nodes of a tree");
    }
    struct face_cascade_tree tree = {cascade->nodes->len, (uint32_t)n / 4, cascade->leaves->len};
    double leaf_last = -(double)tree.nodes_n;
    for (size_t i = 0; i < n; i += 4) {
        const double *node = numbers + i;
        /* Children come after their parents, so that every walk ends. */
        double own = (double)i / 4;
        if (!is_whole(node[0], leaf_last, tree.nodes_n - 1) ||
            !is_whole(node[1], leaf_last, tree.nodes_n - 1) || (node[0] > 0 && node[0] <= own) ||
            (node[1] > 0 && node[1] <= own) || !is_whole(node[2], 0, FEATURES_MAX)) {
            return damaged(error, "the nodes of a tree");
        }
        struct face_cascade_node read = {(uint32_t)node[2], (float)node[3], (int32_t)node[0],
                                         (int32_t)node[1]};
        g_array_append_val(cascade->nodes, read);
    }
    g_array_append_val(cascade->trees, tree);
    g_array_index(cascade->stages, struct face_cascade_stage, cascade->stages->len - 1).trees_n++;
    return true;
}

static bool read_leaves(struct reader *reader, const char *text, GError **error)
{
    struct face_cascade *cascade = reader->cascade;
    double numbers[TREE_NODES_MAX + 1];
    size_t n = read_numbers(text, numbers, G_N_ELEMENTS(numbers));
    const struct face_cascade_tree *tree =
        cascade->trees->len == 0
            ? NULL
            : &g_array_index(cascade->trees, struct face_cascade_tree, cascade->trees->len - 1);
    if (tree == NULL || n != tree->nodes_n + 1 || cascade->leaves->len != tree->leaf) {
        return damaged(error, "the leaves of a tree");
    }
    for (size_t i = 0; i < n; i++) {
        float leaf = (float)numbers[i];
        g_array_append_val(cascade->leaves, leaf);
    }
    return true;
}

static bool read_rect(struct reader *reader, const char *text, GError **error)
{
    struct face_cascade *cascade = reader->cascade;
    double n[5];
    int width = cascade->width;
    int height = cascade->height;
    if (reader->rects_n >= FACE_CASCADE_RECTS || cascade->features->len == 0 ||
        read_numbers(text, n, 5) != 5 || !is_whole(n[0], 0, width) || !is_whole(n[1], 0, height) ||
        !is_whole(n[2], 1, width - n[0]) || !is_whole(n[3], 1, height - n[1]) ||
        fabs(n[4]) > WEIGHT_MAX) {
        return damaged(error, "a rectangle of a feature");
    }
    struct face_cascade_feature *feature =
        &g_array_index(cascade->features, struct face_cascade_feature, cascade->features->len - 1);
    size_t at = reader->rects_n++;
    feature->rects[at].x = (int)n[0];
    feature->rects[at].y = (int)n[1];
    feature->rects[at].width = (int)n[2];
    feature->rects[at].height = (int)n[3];
    feature->rects[at].weight = (float)n[4];
    return true;
}

static bool read_tilted(struct reader *reader, const char *text, GError **error)
{
    double number = 0;
    (void)reader;
    if (read_numbers(text, &number, 1) != 1) {
        return damaged(error, "whether a feature is tilted");
    }
    return number == 0 ||
           unsupported(error, "tilted features, which are not supported: use one of the "
                              "haarcascade_frontalface files");
}

static const struct {
    const char *path;
    bool (*read)(struct reader *reader, const char *text, GError **error);
} places[] = {
    {ROOT "featureType", read_type},
    {ROOT "features/_/rects/_", read_rect},
    {ROOT "features/_/tilted", read_tilted},
    {ROOT "height", read_height},
    {ROOT "stageType", read_stage_type},
    {ROOT "stages/_/stageThreshold", read_threshold},
    {ROOT "stages/_/weakClassifiers/_/internalNodes", read_nodes},
    {ROOT "stages/_/weakClassifiers/_/leafValues", read_leaves},
    {ROOT "width", read_width},
};

static int place_of(const char *path)
{
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        if (strcmp(places[i].path, path) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static bool begin_cascade(struct reader *reader, const char *name, const char **names,
                          const char **values, GError **error)
{
    for (; *names != NULL; names++, values++) {
        if (strcmp(*names, "type_id") == 0 && strcmp(*values, "opencv-haar-classifier") == 0) {
            return unsupported(error, "the format of OpenCV before 2.4, which is not supported");
        }
    }
    if (strcmp(name, "cascade") != 0 || reader->seen) {
        return damaged(error, "it must hold one cascade");
    }
    reader->seen = true;
    return true;
}

static bool begin(struct reader *reader, const char *name, const char **names, const char **values,
                  GError **error)
{
    if (reader->collecting || ++reader->depth > DEPTH_MAX) {
        return damaged(error, "elements lie too deep in each other");
    }
    g_string_append_c(reader->path, '/');
    g_string_append(reader->path, name);
    g_string_truncate(reader->text, 0);
    reader->collecting = place_of(reader->path->str) >= 0;
    if (reader->depth == 2) {
        return begin_cascade(reader, name, names, values, error);
    }
    if (strcmp(reader->path->str, ROOT "features/_") == 0) {
        const struct face_cascade_feature none = {0};
        if (reader->cascade->features->len >= FEATURES_MAX) {
            return damaged(error, "it has too many features");
        }
        g_array_append_val(reader->cascade->features, none);
        reader->rects_n = 0;
    }
    return true;
}

/* GMarkup tells of a failure by its own GError; these three only adapt. */
static void on_start(GMarkupParseContext *context, const char *name, const char **names,
                     const char **values, gpointer data, GError **error)
{
    (void)context;
    begin(data, name, names, values, error);
}

static void on_end(GMarkupParseContext *context, const char *name, gpointer data, GError **error)
{
    struct reader *reader = data;
    (void)context;
    if (reader->collecting) {
        reader->collecting = false;
        places[place_of(reader->path->str)].read(reader, g_strstrip(reader->text->str), error);
    }
    reader->depth--;
    g_string_truncate(reader->path, reader->path->len - strlen(name) - 1);
}

static void on_text(GMarkupParseContext *context, const char *text, gsize size, gpointer data,
                    GError **error)
{
    struct reader *reader = data;
    (void)context;
    if (!reader->collecting) {
        return;
    }
    if (reader->text->len + size > TEXT_MAX) {
        damaged(error, "an element is too long");
        return;
    }
    g_string_append_len(reader->text, text, (gssize)size);
}

static bool check_whole(const struct face_cascade *cascade, GError **error)
{
    if (cascade->width == 0 || cascade->height == 0 || cascade->stages->len == 0) {
        return damaged(error, "it has no window or no stages");
    }
    for (guint i = 0; i < cascade->stages->len; i++) {
        if (g_array_index(cascade->stages, struct face_cascade_stage, i).trees_n == 0) {
            return damaged(error, "a stage has no trees");
        }
    }
    if (cascade->leaves->len != cascade->nodes->len + cascade->trees->len) {
        return damaged(error, "a tree has no leaves");
    }
    for (guint i = 0; i < cascade->nodes->len; i++) {
        if (g_array_index(cascade->nodes, struct face_cascade_node, i).feature >=
            cascade->features->len) {
            return damaged(error, "a node asks for a feature that is not there");
        }
    }
    for (guint i = 0; i < cascade->features->len; i++) {
        if (g_array_index(cascade->features, struct face_cascade_feature, i).rects[0].width == 0) {
            return damaged(error, "a feature has no rectangles");
        }
    }
    return true;
}

static struct face_cascade *cascade_new(void)
{
    struct face_cascade *cascade = g_new0(struct face_cascade, 1);
    cascade->stages = g_array_new(FALSE, FALSE, sizeof(struct face_cascade_stage));
    cascade->trees = g_array_new(FALSE, FALSE, sizeof(struct face_cascade_tree));
    cascade->nodes = g_array_new(FALSE, FALSE, sizeof(struct face_cascade_node));
    cascade->leaves = g_array_new(FALSE, FALSE, sizeof(float));
    cascade->features = g_array_new(FALSE, FALSE, sizeof(struct face_cascade_feature));
    return cascade;
}

void face_cascade_destroy(struct face_cascade *cascade)
{
    if (cascade == NULL) {
        return;
    }
    g_array_unref(cascade->stages);
    g_array_unref(cascade->trees);
    g_array_unref(cascade->nodes);
    g_array_unref(cascade->leaves);
    g_array_unref(cascade->features);
    g_free(cascade);
}

struct face_cascade *face_cascade_parse(const char *text, size_t size, GError **error)
{
    static const GMarkupParser parser = {
        .start_element = on_start, .end_element = on_end, .text = on_text};
    if (size > FACE_CASCADE_BYTES_MAX) {
        damaged(error, "it is too large");
        return NULL;
    }
    struct reader reader = {
        .cascade = cascade_new(), .path = g_string_new(NULL), .text = g_string_new(NULL)};
    g_autoptr(GError) reason = NULL;
    GMarkupParseContext *context = g_markup_parse_context_new(&parser, 0, &reader, NULL);
    bool read = g_markup_parse_context_parse(context, text, (gssize)size, &reason) &&
                g_markup_parse_context_end_parse(context, &reason) &&
                check_whole(reader.cascade, &reason);
    g_markup_parse_context_free(context);
    g_string_free(reader.path, TRUE);
    g_string_free(reader.text, TRUE);
    if (read) {
        return reader.cascade;
    }
    face_cascade_destroy(reader.cascade);
    if (reason->domain == BASE_ERROR) {
        g_propagate_error(error, g_steal_pointer(&reason));
    } else {
        damaged(error, reason->message);
    }
    return NULL;
}

struct face_cascade *face_cascade_load(const char *path, GError **error)
{
    g_autoptr(GError) reason = NULL;
    g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, &reason);
    if (file == NULL) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_IO, "The cascade file cannot be read: %s.",
                    reason->message);
        return NULL;
    }
    struct face_cascade *cascade = NULL;
    if (g_mapped_file_get_length(file) == 0) {
        damaged(error, "it is empty");
    } else {
        cascade = face_cascade_parse(g_mapped_file_get_contents(file),
                                     g_mapped_file_get_length(file), error);
    }
    if (cascade == NULL) {
        g_prefix_error(error, "%s: ", path);
    }
    return cascade;
}
