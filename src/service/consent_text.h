/* Private to this folder: the text of consent that comes with the program. It is version 1 where
 * somebody agreed to it. */
#ifndef SERVICE_CONSENT_TEXT_H
#define SERVICE_CONSENT_TEXT_H

extern const char SERVICE_CONSENT_DEFAULT_EN[];
extern const char SERVICE_CONSENT_DEFAULT_ES[];

#endif
