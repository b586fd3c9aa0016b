/* The text that counts until an institution writes its own. */
#include "service/consent_text.h"

const char SERVICE_CONSENT_DEFAULT_EN[] =
    "I agree that this institution recognises my face to take attendance.\n\n"
    "What is stored: numbers computed from my photos, encrypted, and, if the institution keeps "
    "them, the photos themselves and the picture behind a mark.\n\n"
    "What it is for: marking that I am present in class. Nothing else: it is not sold, not given "
    "to others, and not used to judge me.\n\n"
    "Where it is: on the institution's own computer. Who sees my photos: I and the "
    "administrators. Teachers see the picture behind a mark of their class, where it is kept.\n\n"
    "I need not agree. Without my face I am marked by my teacher or with a PIN, and nothing "
    "changes for me otherwise.\n\n"
    "I can withdraw at any time, on my account's page. Then everything stored of my face is "
    "erased at once, and I get a receipt. My attendance stays.";

const char SERVICE_CONSENT_DEFAULT_ES[] =
    "Acepto que esta institución reconozca mi rostro para tomar asistencia.\n\n"
    "Qué se guarda: números calculados a partir de mis fotos, cifrados, y, si la institución las "
    "conserva, las fotos mismas y la imagen detrás de una asistencia.\n\n"
    "Para qué: para registrar que estoy presente en clase. Para nada más: no se vende, no se da "
    "a terceros y no se usa para evaluarme.\n\n"
    "Dónde está: en la computadora de la propia institución. Quién ve mis fotos: yo y las "
    "personas administradoras. Los docentes ven la imagen detrás de una asistencia de su clase, "
    "donde se conserva.\n\n"
    "No estoy obligado a aceptar. Sin mi rostro, mi docente registra mi asistencia o uso un PIN, "
    "y en lo demás nada cambia para mí.\n\n"
    "Puedo retirar mi consentimiento cuando quiera, en la página de mi cuenta. Entonces se borra "
    "al instante todo lo guardado de mi rostro y recibo un comprobante. Mi asistencia se conserva.";
