/* Private to this folder: what the columns of a roster are called, and the words in them, in
 * English and Spanish. Case, accents, blanks and punctuation do not count. */
#ifndef SERVICE_ROSTER_COLUMNS_H
#define SERVICE_ROSTER_COLUMNS_H

#include "core/types.h"
#include "service/roster_plan.h"

enum roster_field {
    ROSTER_FIELD_NAME,
    ROSTER_FIELD_FIRST_NAME,
    ROSTER_FIELD_LAST_NAME,
    ROSTER_FIELD_SECOND_LAST_NAME,
    ROSTER_FIELD_STUDENT_NUMBER,
    ROSTER_FIELD_EMAIL,
    ROSTER_FIELD_GROUP,
    ROSTER_FIELD_ROLE, /* words mean an enum core_role */
    ROSTER_FIELD_DATE_OF_BIRTH,
    ROSTER_FIELD_LANGUAGE, /* 0 Spanish, 1 English */
    ROSTER_FIELD_STATUS,   /* 0 inactive, 1 active */
    ROSTER_FIELD_SUBJECT,
    ROSTER_FIELD_COURSE,
    ROSTER_FIELD_TERM,
    ROSTER_FIELD_TEACHER,
    ROSTER_FIELD_FIRST_DAY,
    ROSTER_FIELD_LAST_DAY,
    ROSTER_FIELD_N,
};

/* What a column's label means; false for none of these. */
bool roster_field_read(const char *label, enum roster_field *field);

/* The column under which faults of a field are told. */
enum roster_column roster_field_column(enum roster_field field);

/* What a word in the column of this field means; false for another one. */
bool roster_word_read(enum roster_field field, const char *word, int *meaning);

/* The words of a field, for people. Static storage. */
const char *roster_words(enum roster_field field);

/* A day as 2026-07-31 or 31/07/2026 (also with hyphens or dots, and without leading zeros). */
bool roster_day_read(const char *text, char day[CORE_DAY_SIZE]);

#endif
