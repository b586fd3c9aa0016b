/* The names of the components and what people are told. */
#include "face/quality.h"

#include <string.h>

static const char *const reasons[FACE_QUALITY_N] = {
    [FACE_QUALITY_GOOD] = "good",
    [FACE_QUALITY_TOO_SMALL] = "too_small",
    [FACE_QUALITY_CUT_OFF] = "cut_off",
    [FACE_QUALITY_TOO_DARK] = "too_dark",
    [FACE_QUALITY_TOO_BRIGHT] = "too_bright",
    [FACE_QUALITY_BLURRED] = "blurred",
    [FACE_QUALITY_TURNED_AWAY] = "turned_away",
    [FACE_QUALITY_EYES_CLOSED] = "eyes_closed",
    [FACE_QUALITY_TILTED] = "tilted",
    [FACE_QUALITY_FLAT] = "flat",
    [FACE_QUALITY_UNEVEN_LIGHT] = "uneven_light",
    [FACE_QUALITY_COVERED] = "covered",
    [FACE_QUALITY_UNCLEAR] = "unclear",
};

static const struct {
    const char *name, *en, *es;
} components[FACE_COMPONENT_N] = {
    [FACE_COMPONENT_SINGLE_FACE] = {"single_face_present",
                                    "Only one person should be in the picture.",
                                    "En la foto debe salir una sola persona."},
    [FACE_COMPONENT_CROP_LEFT] = {"leftward_crop",
                                  "The face is too near the edge: bring it to the middle.",
                                  "La cara está muy cerca del borde: ponla en el centro."},
    [FACE_COMPONENT_CROP_RIGHT] = {"rightward_crop",
                                   "The face is too near the edge: bring it to the middle.",
                                   "La cara está muy cerca del borde: ponla en el centro."},
    [FACE_COMPONENT_MARGIN_ABOVE] =
        {"margin_above", "The top of the head is cut off: move the camera up or step back.",
         "Falta la parte de arriba de la cabeza: sube la cámara o aléjate un poco."},
    [FACE_COMPONENT_MARGIN_BELOW] = {"margin_below",
                                     "The chin is cut off: move the camera down or step back.",
                                     "Falta la barbilla: baja la cámara o aléjate un poco."},
    [FACE_COMPONENT_EYE_DISTANCE] = {"inter_eye_distance", "The face is too small: come closer.",
                                     "La cara se ve muy pequeña: acércate."},
    [FACE_COMPONENT_YAW] = {"head_pose_yaw", "Look straight at the camera.",
                            "Mira de frente a la cámara."},
    [FACE_COMPONENT_PITCH] = {"head_pose_pitch",
                              "Hold the camera at the height of your eyes and look into it.",
                              "Pon la cámara a la altura de tus ojos y mírala."},
    [FACE_COMPONENT_ROLL] = {"head_pose_roll", "Hold your head upright.",
                             "Mantén la cabeza derecha."},
    [FACE_COMPONENT_OVER_EXPOSURE] =
        {"over_exposure_prevention", "The face is too bright: avoid the lamp or window.",
         "La cara tiene demasiada luz: evita la lámpara o la ventana."},
    [FACE_COMPONENT_UNDER_EXPOSURE] = {"under_exposure_prevention",
                                       "The face is too dark: look for more light.",
                                       "La cara está muy oscura: busca más luz."},
    [FACE_COMPONENT_UNIFORMITY] = {"illumination_uniformity",
                                   "The light comes from one side: turn a little towards it.",
                                   "La luz viene de un lado: gírate un poco hacia ella."},
    [FACE_COMPONENT_DYNAMIC_RANGE] =
        {"dynamic_range", "The picture is pale: clean the lens, and have the light before you.",
         "La imagen está apagada: limpia la lente y ponte de frente a la luz."},
    [FACE_COMPONENT_SHARPNESS] = {"sharpness",
                                  "The photo is blurred: hold still and clean the lens.",
                                  "La foto está borrosa: no te muevas y limpia la lente."},
    [FACE_COMPONENT_EYES_OPEN] = {"eyes_open", "Keep your eyes open.", "Mantén los ojos abiertos."},
    [FACE_COMPONENT_OCCLUSION] =
        {"face_occlusion_prevention",
         "Nothing should cover the face: no mask, dark glasses, hand or hair before it.",
         "Que nada tape la cara: sin cubrebocas, lentes oscuros, manos ni cabello."},
};

const char *face_quality_name(enum face_quality_reason reason)
{
    return (unsigned)reason < FACE_QUALITY_N ? reasons[reason] : "unknown";
}

const char *face_component_name(enum face_component component)
{
    return (unsigned)component < FACE_COMPONENT_N ? components[component].name : "unknown";
}

const char *face_component_advice(enum face_component component, const char *language)
{
    if ((unsigned)component >= FACE_COMPONENT_N) {
        return "";
    }
    return language != NULL && strcmp(language, "es") == 0 ? components[component].es
                                                           : components[component].en;
}

/* Of what is no component, or no component alone. */
static const struct {
    const char *en, *es;
} sentences[FACE_QUALITY_N] = {
    [FACE_QUALITY_CUT_OFF] = {"Part of the face is outside the photo.",
                              "Una parte de la cara queda fuera de la foto."},
    [FACE_QUALITY_UNCLEAR] =
        {"The face is hard to see: look at the camera, in even light, with nothing before it.",
         "La cara no se ve bien: mira a la cámara, con luz pareja y sin nada delante."},
};

static const enum face_component component_of[FACE_QUALITY_N] = {
    [FACE_QUALITY_TOO_SMALL] = FACE_COMPONENT_EYE_DISTANCE,
    [FACE_QUALITY_TOO_DARK] = FACE_COMPONENT_UNDER_EXPOSURE,
    [FACE_QUALITY_TOO_BRIGHT] = FACE_COMPONENT_OVER_EXPOSURE,
    [FACE_QUALITY_BLURRED] = FACE_COMPONENT_SHARPNESS,
    [FACE_QUALITY_TURNED_AWAY] = FACE_COMPONENT_YAW,
    [FACE_QUALITY_EYES_CLOSED] = FACE_COMPONENT_EYES_OPEN,
    [FACE_QUALITY_TILTED] = FACE_COMPONENT_ROLL,
    [FACE_QUALITY_FLAT] = FACE_COMPONENT_DYNAMIC_RANGE,
    [FACE_QUALITY_UNEVEN_LIGHT] = FACE_COMPONENT_UNIFORMITY,
    [FACE_QUALITY_COVERED] = FACE_COMPONENT_OCCLUSION,
};

const char *face_quality_sentence(const struct face_quality *quality, const char *language)
{
    enum face_component advice[FACE_COMPONENT_N];
    if ((unsigned)quality->reason >= FACE_QUALITY_N || quality->reason == FACE_QUALITY_GOOD) {
        return "";
    }
    if (sentences[quality->reason].en != NULL) {
        bool spanish = language != NULL && strcmp(language, "es") == 0;
        return spanish ? sentences[quality->reason].es : sentences[quality->reason].en;
    }
    if (face_quality_advice(quality, advice) > 0 && advice[0] != FACE_COMPONENT_SINGLE_FACE &&
        quality->components[advice[0]].score < FACE_QUALITY_REFUSED_BELOW) {
        return face_component_advice(advice[0], language);
    }
    return face_component_advice(component_of[quality->reason], language);
}
