// The networks of a mark in OpenCV's dnn on one thread: opencv MODELS PICTURE. Reads "STAGE MS" lines
// and answers each with the median time of a run in ms, after repeating the stage for so long.
#include <opencv2/dnn.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#if defined(__SSE3__) || defined(__x86_64__)
#include <immintrin.h>
#endif

using clock_type = std::chrono::steady_clock;

static double since(clock_type::time_point began)
{
    return std::chrono::duration<double, std::milli>(clock_type::now() - began).count();
}

struct network {
    cv::dnn::Net net;
    cv::Size size;
    double scale;
    cv::Scalar mean;
    bool swap, grey;

    void run(const cv::Mat &picture)
    {
        cv::Mat input = picture;
        if (grey) {
            cv::cvtColor(picture, input, cv::COLOR_BGR2GRAY);
        }
        net.setInput(cv::dnn::blobFromImage(input, scale, size, mean, swap));
        std::vector<cv::Mat> outputs;
        net.forward(outputs, net.getUnconnectedOutLayersNames());
    }
};

int main(int argc, char **argv)
{
    if (argc != 3) {
        return 2;
    }
    cv::setNumThreads(1);
#if defined(__x86_64__)
    _mm_setcsr(_mm_getcsr() | 0x8040); // The models have denormal weights, which are slow.
#endif
    const std::string models = argv[1];
    const auto open = [&](const char *name) { return cv::dnn::readNetFromONNX(models + "/" + name); };
    network detect{open("fr_detect.onnx"), {320, 240}, 1 / 128.0, {127, 127, 127}, true, false};
    network landmarks{open("fr_landmark.onnx"), {64, 64}, 1 / 256.0, {}, false, true};
    network embed{open("fr_feature.onnx"), {112, 112}, 1 / 128.0, {127.5, 127.5, 127.5}, false, false};
    network liveness{open("fr_liveness.onnx"), {128, 128}, 1, {}, false, false};
    const cv::Mat picture = cv::imread(argv[2]);
    std::vector<uchar> file;
    cv::imencode(".jpg", picture, file);
    const std::map<std::string, std::function<void()>> stages = {
        {"detect", [&] { detect.run(picture); }},
        {"embed", [&] { embed.run(picture); }},
        {"mark",
         [&] {
             const cv::Mat frame = cv::imdecode(file, cv::IMREAD_COLOR);
             for (network *each : {&detect, &landmarks, &liveness, &embed}) {
                 each->run(frame);
             }
         }},
    };
    std::string name;
    double ms = 0;
    while (std::cin >> name >> ms) {
        const auto stage = stages.find(name);
        std::vector<double> times;
        for (const auto began = clock_type::now();
             stage != stages.end() && (times.size() < 3 || since(began) < ms);) {
            const auto start = clock_type::now();
            stage->second();
            times.push_back(since(start));
        }
        std::sort(times.begin(), times.end());
        std::cout << (times.empty() ? -1 : times[times.size() / 2]) << std::endl;
    }
}
