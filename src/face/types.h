/*
 * What the face folder's parts hand to each other. Coordinates are pixels of the upright picture,
 * x to the right, y down; the centre of the first pixel is at (0.5, 0.5).
 */
#ifndef FACE_TYPES_H
#define FACE_TYPES_H

#define FACE_LANDMARKS_N 68
/* A template is what two networks say of one face, one after the other: each part of Euclidean
 * length 1, the second all zeros where it is not known (older templates, the second network absent
 * or switched off, a probe that left no doubt). */
#define FACE_EMBEDDING_N 512 /* of the first network, which every template has */
#define FACE_SECOND_N 192
#define FACE_TEMPLATE_N (FACE_EMBEDDING_N + FACE_SECOND_N)

struct face_point {
    float x, y;
};

struct face_box {
    float x, y, width, height; /* may reach beyond the picture's edge */
    float score;               /* the detector's confidence, 0 to 1 */
};

/* The 68 points of the iBUG 300-W scheme (Sagonas et al. 2013), numbered from 0. */
struct face_landmarks {
    struct face_point points[FACE_LANDMARKS_N];
};

/* Head pose in degrees: yaw is positive when the face turns to the picture's right, pitch when it
 * looks up, roll when it leans clockwise in the picture. */
struct face_pose {
    float yaw, pitch, roll;
};

/* Microseconds spent in each stage, summed over the frames of a call. */
struct face_timings {
    double decode, detect, landmarks, quality, align, embed, liveness, search;
};

#endif
