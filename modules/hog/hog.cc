#include "hog.h"

#include <dlib/image_processing.h>
#include <dlib/image_processing/frontal_face_detector.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <fstream>
#include <memory>
#include <mutex>
#include <vector>

namespace {

using numbers = dlib::matrix<float, 0, 1>;

/* dlib trusts its file: it follows every index in it without looking, and turns every number into a
 * place in the picture. */
void check(bool holds)
{
    if (!holds) {
        throw dlib::error("it is damaged");
    }
}

bool finite(const numbers &list)
{
    return std::all_of(list.begin(), list.end(), [](float x) { return std::isfinite(x); });
}

void check_tree(const dlib::impl::regression_tree &tree, size_t pixels, long coordinates)
{
    check(tree.leaf_values.size() == tree.splits.size() + 1);
    for (const auto &split : tree.splits) {
        check(split.idx1 < pixels && split.idx2 < pixels);
    }
    for (const auto &leaf : tree.leaf_values) {
        check(leaf.size() == coordinates && finite(leaf));
    }
}

void check_landmarks(const char *path)
{
    std::ifstream file(path, std::ios::binary);
    int version = 0;
    numbers shape;
    std::vector<std::vector<dlib::impl::regression_tree>> forests;
    std::vector<std::vector<unsigned long>> anchors;
    std::vector<std::vector<dlib::vector<float, 2>>> deltas;
    dlib::deserialize(version, file);
    dlib::deserialize(shape, file);
    dlib::deserialize(forests, file);
    dlib::deserialize(anchors, file);
    dlib::deserialize(deltas, file);
    check(shape.size() == 2 * PRESENTE_HOG_LANDMARKS && finite(shape));
    check(anchors.size() == forests.size() && deltas.size() == forests.size());
    for (size_t i = 0; i < forests.size(); i++) {
        check(anchors[i].size() == deltas[i].size());
        for (size_t j = 0; j < deltas[i].size(); j++) {
            check(anchors[i][j] < PRESENTE_HOG_LANDMARKS && std::isfinite(deltas[i][j].x()) &&
                  std::isfinite(deltas[i][j].y()));
        }
        for (const auto &tree : forests[i]) {
            check_tree(tree, deltas[i].size(), shape.size());
        }
    }
}

using detector = dlib::frontal_face_detector;

/* A detector remembers the picture it works on, so every thread borrows one of its own. */
class hog {
  public:
    explicit hog(const char *landmarks) : first_(dlib::get_frontal_face_detector())
    {
        if (landmarks == nullptr) {
            return;
        }
        check_landmarks(landmarks);
        dlib::deserialize(landmarks) >> predictor_;
    }

    std::unique_ptr<detector> borrow()
    {
        const std::lock_guard<std::mutex> guard(lock_);
        if (idle_.empty()) {
            return std::make_unique<detector>(first_);
        }
        auto taken = std::move(idle_.back());
        idle_.pop_back();
        return taken;
    }

    void give_back(std::unique_ptr<detector> taken)
    {
        const std::lock_guard<std::mutex> guard(lock_);
        idle_.push_back(std::move(taken));
    }

    const dlib::shape_predictor &predictor() const { return predictor_; }

  private:
    detector first_;
    dlib::shape_predictor predictor_;
    std::mutex lock_;
    std::vector<std::unique_ptr<detector>> idle_;
};

dlib::array2d<unsigned char> copy(const presente_hog_picture &picture)
{
    dlib::array2d<unsigned char> pixels(picture.height, picture.width);
    const uint8_t *row = picture.grey;
    for (long y = 0; y < pixels.nr(); y++, row += picture.width) {
        std::copy(row, row + picture.width, &pixels[y][0]);
    }
    return pixels;
}

/* Runs `work`; what it throws becomes the sentence, and `failed` the result. */
template <typename Result, typename Work>
Result guarded(Result failed, char *fault, size_t fault_size, Work work) noexcept
{
    try {
        return work();
    } catch (const std::exception &reason) {
        std::snprintf(fault, fault_size, "%s", reason.what());
    } catch (...) {
        std::snprintf(fault, fault_size, "an unknown failure");
    }
    return failed;
}

void *create(const char *landmarks, char *fault, size_t fault_size)
{
    return guarded<void *>(nullptr, fault, fault_size, [=] { return new hog(landmarks); });
}

void destroy(void *data)
{
    delete static_cast<hog *>(data);
}

int detect(void *data, const presente_hog_picture *picture, presente_hog_face *faces, int faces_max,
           char *fault, size_t fault_size)
{
    return guarded(-1, fault, fault_size, [=] {
        auto &own = *static_cast<hog *>(data);
        auto borrowed = own.borrow();
        std::vector<dlib::rect_detection> found;
        (*borrowed)(copy(*picture), found);
        own.give_back(std::move(borrowed));
        const int n = static_cast<int>(std::min<size_t>(found.size(), faces_max));
        for (int i = 0; i < n; i++) {
            const auto &rect = found[i].rect;
            faces[i] = {static_cast<float>(rect.left()), static_cast<float>(rect.top()),
                        static_cast<float>(rect.width()), static_cast<float>(rect.height()),
                        static_cast<float>(found[i].detection_confidence)};
        }
        return n;
    });
}

int landmarks(void *data, const presente_hog_picture *picture, const presente_hog_face *face,
              float points[PRESENTE_HOG_LANDMARKS * 2], char *fault, size_t fault_size)
{
    return guarded(-1, fault, fault_size, [=] {
        const auto &predictor = static_cast<hog *>(data)->predictor();
        if (predictor.num_parts() != PRESENTE_HOG_LANDMARKS) {
            throw dlib::error("the landmarks were not loaded");
        }
        const dlib::drectangle rect(face->x, face->y, face->x + face->width - 1,
                                    face->y + face->height - 1);
        const auto shape = predictor(copy(*picture), dlib::rectangle(rect));
        for (unsigned long i = 0; i < PRESENTE_HOG_LANDMARKS; i++) {
            points[i * 2] = static_cast<float>(shape.part(i).x()) + 0.5F;
            points[i * 2 + 1] = static_cast<float>(shape.part(i).y()) + 0.5F;
        }
        return 0;
    });
}

const presente_hog functions = {PRESENTE_HOG_VERSION, create, destroy, detect, landmarks};

} // namespace

extern "C" __attribute__((visibility("default"))) const presente_hog *presente_hog()
{
    return &functions;
}
