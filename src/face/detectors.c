#include "face/detectors.h"

#include "base/error.h"
#include "face/haar.h"
#include "face/hog.h"

#include <string.h>

/* A face in front of a camera is at least this share of the picture's shorter side; where there is
 * none of that size, smaller ones are looked for. */
#define SINGLE_SIDE 8
/* Faces of a group are at least so many pixels, and a picture of many pixels is no reason to look
 * for thousands of them. */
#define GROUP_SIDE 24
#define GROUP_SIDE_SHARE 120
/* A group of more than this many windows is a face: what the cascades were published with. */
#define NEIGHBOURS_MIN 3

/* Where the network's box lies on a face around which another detector drew a square: its centre
 * is `right` and `down` sides off, and it is `width` by `height` sides. Medians over faces that
 * both found. */
struct convention {
    float right, down, width, height;
};

struct face_window_detector {
    enum face_detector_kind kind;
    struct face_cascade *cascade; /* of HAAR */
    struct face_hog *hog;         /* of HOG */
};

static const struct {
    const char *name;
    struct convention convention;
} kinds[FACE_DETECTOR_KIND_N] = {
    [FACE_DETECTOR_NETWORK] = {"network", {0, 0, 1, 1}},
    [FACE_DETECTOR_HAAR] = {"haar", {0, 0.085F, 0.813F, 1.175F}},
    [FACE_DETECTOR_HOG] = {"hog", {0, 0, 0.89F, 1.29F}},
};

const char *face_detector_kind_name(enum face_detector_kind kind)
{
    return kind < FACE_DETECTOR_KIND_N ? kinds[kind].name : "unknown";
}

bool face_detector_kind_parse(const char *name, enum face_detector_kind *kind)
{
    for (int i = 0; i < FACE_DETECTOR_KIND_N; i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            *kind = (enum face_detector_kind)i;
            return true;
        }
    }
    return false;
}

static struct face_cascade *load_cascade(const char *path, GError **error)
{
    if (g_file_test(path, G_FILE_TEST_IS_REGULAR)) {
        return face_cascade_load(path, error);
    }
    g_set_error(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE,
                "The detector haar needs the cascade file %s, which is not there. Install "
                "opencv-data, or run ./dev deps detectors.",
                path);
    return NULL;
}

struct face_window_detector *
face_window_detector_create(const struct face_detector_options *options, GError **error)
{
    const char *cascade = options->cascade != NULL && *options->cascade != '\0'
                              ? options->cascade
                              : FACE_DETECTOR_CASCADE_DEFAULT;
    struct face_window_detector *detector = g_new0(struct face_window_detector, 1);
    detector->kind = options->kind;
    bool created = false;
    if (options->kind == FACE_DETECTOR_HAAR) {
        detector->cascade = load_cascade(cascade, error);
        created = detector->cascade != NULL;
    } else {
        g_assert(options->kind == FACE_DETECTOR_HOG);
        detector->hog = face_hog_create(options->landmarks, error);
        created = detector->hog != NULL;
    }
    if (!created) {
        g_clear_pointer(&detector, g_free);
    }
    return detector;
}

void face_window_detector_destroy(struct face_window_detector *detector)
{
    if (detector == NULL) {
        return;
    }
    face_cascade_destroy(detector->cascade);
    face_hog_destroy(detector->hog);
    g_free(detector);
}

static struct face_box to_network(const struct face_box *square, const struct convention *to)
{
    float width = square->width * to->width;
    float height = square->height * to->height;
    float x = square->x + square->width * (0.5F + to->right);
    float y = square->y + square->height * (0.5F + to->down);
    return (struct face_box){x - width / 2, y - height / 2, width, height, square->score};
}

static struct face_box from_network(const struct face_box *box, const struct convention *to)
{
    float width = box->width / to->width;
    float height = box->height / to->height;
    float x = box->x + box->width / 2 - width * to->right;
    float y = box->y + box->height / 2 - height * to->down;
    return (struct face_box){x - width / 2, y - height / 2, width, height, box->score};
}

static bool find_squares(const struct face_window_detector *detector,
                         const struct face_image *image, int side_min, GArray *squares,
                         GError **error)
{
    if (detector->kind == FACE_DETECTOR_HOG) {
        return face_hog_run(detector->hog, image, side_min, squares, error);
    }
    g_autoptr(GArray) hits = g_array_new(FALSE, FALSE, sizeof(struct face_cascade_hit));
    face_cascade_scan(detector->cascade, image, side_min, hits);
    face_cascade_group(hits, NEIGHBOURS_MIN, squares);
    return true;
}

bool face_window_detector_run(const struct face_window_detector *detector,
                              const struct face_image *image, bool group, GArray *boxes,
                              GError **error)
{
    g_autoptr(GArray) squares = g_array_new(FALSE, FALSE, sizeof(struct face_box));
    int shorter = MIN(image->width, image->height);
    int longer = MAX(image->width, image->height);
    int finest = MAX(GROUP_SIDE, longer / GROUP_SIDE_SHARE);
    int side_min = group ? finest : MAX(finest, shorter / SINGLE_SIDE);
    if (!find_squares(detector, image, side_min, squares, error) ||
        (squares->len == 0 && side_min > finest &&
         !find_squares(detector, image, finest, squares, error))) {
        return false;
    }
    for (guint i = 0; i < squares->len; i++) {
        struct face_box box = to_network(&g_array_index(squares, struct face_box, i),
                                         &kinds[detector->kind].convention);
        g_array_append_val(boxes, box);
    }
    return true;
}

bool face_window_detector_has_landmarks(const struct face_window_detector *detector)
{
    return detector != NULL && detector->hog != NULL && face_hog_has_landmarks(detector->hog);
}

bool face_window_detector_landmarks(const struct face_window_detector *detector,
                                    const struct face_image *image, const struct face_box *box,
                                    struct face_landmarks *landmarks, GError **error)
{
    struct face_box square = from_network(box, &kinds[detector->kind].convention);
    return face_hog_landmarks(detector->hog, image, &square, landmarks, error);
}
