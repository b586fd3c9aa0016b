#include "cli/photos.h"

#include "cli/input.h"
#include "cli/output.h"

#define BYTES_MAX_DEFAULT (20u << 20)

void cli_photos_init(struct cli_photos *photos)
{
    photos->paths = g_ptr_array_new_with_free_func(g_free);
    photos->contents = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    photos->pictures = g_array_new(FALSE, FALSE, sizeof(struct recognise_picture));
}

void cli_photos_finish(struct cli_photos *photos)
{
    g_ptr_array_unref(photos->paths);
    g_ptr_array_unref(photos->contents);
    g_array_unref(photos->pictures);
}

bool cli_photos_add(struct cli_photos *photos, const char *path,
                    const struct face_image_limits *limits, GError **error)
{
    size_t size_max = limits->bytes_max ? limits->bytes_max : BYTES_MAX_DEFAULT;
    GBytes *content = cli_file_read(path, size_max, error);

    if (!content)
        return false;
    struct recognise_picture picture;
    picture.data = g_bytes_get_data(content, &picture.size);
    g_ptr_array_add(photos->paths, g_strdup(path));
    g_ptr_array_add(photos->contents, content);
    g_array_append_val(photos->pictures, picture);
    return true;
}

GPtrArray *cli_photos_expand(char *const *words, GError **error)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);

    for (; *words; words++) {
        if (!g_file_test(*words, G_FILE_TEST_IS_DIR)) {
            g_ptr_array_add(paths, g_strdup(*words));
            continue;
        }
        g_autoptr(GPtrArray) inside = cli_pictures_in(*words, false, error);
        if (!inside)
            return NULL;
        g_ptr_array_extend_and_steal(paths, g_steal_pointer(&inside));
    }
    return g_steal_pointer(&paths);
}

json_t *cli_components_json(const struct face_quality *quality)
{
    json_t *json = json_object();

    if (quality->unified.measured)
        json_object_set_new(json, "unified_quality_score",
                            json_pack("{s:i,s:o}", "score", quality->unified.score, "native",
                                      cli_json_real((double)quality->unified.native)));
    for (int i = 0; i < FACE_COMPONENT_N; i++) {
        const struct face_component_figure *figure = &quality->components[i];
        if (figure->measured)
            json_object_set_new(json, face_component_name((enum face_component)i),
                                json_pack("{s:i,s:o}", "score", figure->score, "native",
                                          cli_json_real((double)figure->native)));
    }
    return json;
}

char *cli_words(const char *name)
{
    char *words = g_strdup(name);
    return g_strdelimit(words, "_", ' ');
}

json_t *cli_answer_json(const struct recognise_answer *answer, const char *name)
{
    bool seen = answer->kind != RECOGNISE_NO_FACE;
    json_t *json = json_pack(
        "{s:s,s:s?,s:o,s:o,s:I,s:o}", "result", recognise_kind_name(answer->kind), "name", name,
        "score", answer->score < -0.5f ? json_null() : cli_json_real(answer->score), "live",
        answer->live < 0 ? json_null() : cli_json_real(answer->live), "faces",
        (json_int_t)answer->faces, "box", seen ? cli_json_box(&answer->box) : json_null());

    if (answer->kind == RECOGNISE_POOR_QUALITY)
        json_object_set_new(json, "reason", json_string(face_quality_name(answer->quality.reason)));
    return json;
}

char *cli_answer_text(const struct recognise_answer *answer, const char *name)
{
    g_autofree char *words = cli_words(recognise_kind_name(answer->kind));

    if (answer->kind == RECOGNISE_MATCH)
        return g_strdup_printf("%s, similarity %.2f", name ? name : "", (double)answer->score);
    if (answer->kind == RECOGNISE_NEEDS_REVIEW)
        return g_strdup_printf("perhaps %s, similarity %.2f: somebody must look", name ? name : "",
                               (double)answer->score);
    if (answer->kind != RECOGNISE_POOR_QUALITY)
        return g_steal_pointer(&words);
    g_autofree char *reason = cli_words(face_quality_name(answer->quality.reason));
    return g_strdup_printf("%s: %s", words, reason);
}
