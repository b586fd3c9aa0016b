/*
 * The embedding network in 8 bits: whether this machine may use it.
 *
 * How far the activations of the network reach is measured on pictures of the machine's own, the
 * same ones show what it costs in accuracy, and both are kept in a record (`presente bench int8`).
 * Embeddings in 8 bits and in floats may be compared with each other: the record says how alike
 * they are, and it passes only when they are alike.
 */
#ifndef FACE_INT8_H
#define FACE_INT8_H

#include <glib.h>
#include <stdbool.h>

/* What a record must show to pass: accuracy lost at most, as a share, over at least so many pairs,
 * and the mean cosine of the two embeddings of a picture. */
#define FACE_INT8_LOSS_MAX 0.001
#define FACE_INT8_PAIRS_MIN 1000
#define FACE_INT8_COSINE_MIN 0.985

enum face_int8_mode {
    FACE_INT8_OFF,
    FACE_INT8_AUTO, /* where the record passed, for this processor and this model */
    FACE_INT8_ON,   /* wherever there is a record for this model */
};

/* "off", "auto" or "on"; false for anything else. */
bool face_int8_mode_parse(const char *name, enum face_int8_mode *mode);

struct face_int8_record {
    char *processor;
    char *model; /* SHA-256 of the embedding model's file */
    char *ranges;
    int pairs;
    double accuracy_floats, accuracy_int8; /* 0 to 1 */
    double cosine_mean, cosine_least;
    bool passed;
};

/* Decides `passed` from the figures. */
void face_int8_record_judge(struct face_int8_record *record);
void face_int8_record_clear(struct face_int8_record *record);
/* BASE_ERROR_IO; the folder is made when it is not there. */
bool face_int8_record_write(const struct face_int8_record *record, const char *path,
                            GError **error);
/* BASE_ERROR_NOT_FOUND or BASE_ERROR_CORRUPT. To be cleared. */
bool face_int8_record_read(struct face_int8_record *record, const char *path, GError **error);

/* The processor's name as the system gives it. Free with g_free. */
char *face_int8_processor(void);

/* SHA-256 of the embedding model's file. Free with g_free; NULL with BASE_ERROR_IO. */
char *face_int8_model(const char *models_dir, GError **error);

/* The ranges to load the engine with (face_engine_options), or *ranges NULL for floats. Fails only
 * for ON, with BASE_ERROR_UNAVAILABLE: without VNNI or without a record for the model. Free the
 * text with g_free. */
bool face_int8_choose(enum face_int8_mode mode, const char *record_path, const char *models_dir,
                      char **ranges, GError **error);

/* Measures the ranges on `n` aligned faces (FACE_ALIGN_SIDE² × 3 floats each, RGB, 0 to 255) and on
 * their mirror images. Free with g_free. Errors of nn_model_load_file. */
char *face_int8_measure(const char *models_dir, const float *const *aligned, size_t n,
                        GError **error);

#endif
