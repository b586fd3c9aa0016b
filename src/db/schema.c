#include "db/schema.h"

/* Each table lists its columns once: FIRST(name, kind) NEXT(name, kind) …; the statements and the
 * array of columns are made of that list by the compiler. */
#define INSTITUTIONS_(FIRST, NEXT)                                                                 \
    FIRST(id, UUID)                                                                                \
    NEXT(name, TEXT)                                                                               \
    NEXT(email_domain, TEXT)                                                                       \
    NEXT(time_zone, TEXT)                                                                          \
    NEXT(late_after, INT)                                                                          \
    NEXT(absent_after, INT)                                                                        \
    NEXT(created_at, TIME)                                                                         \
    NEXT(updated_at, TIME)

#define CLASS_GROUPS_(FIRST, NEXT)                                                                 \
    FIRST(id, UUID)                                                                                \
    NEXT(institution_id, UUID)                                                                     \
    NEXT(name, TEXT)                                                                               \
    NEXT(name_key, TEXT)                                                                           \
    NEXT(created_at, TIME)                                                                         \
    NEXT(updated_at, TIME)

#define USERS_(FIRST, NEXT)                                                                        \
    FIRST(id, UUID)                                                                                \
    NEXT(institution_id, UUID)                                                                     \
    NEXT(name, TEXT)                                                                               \
    NEXT(name_key, TEXT)                                                                           \
    NEXT(email, TEXT)                                                                              \
    NEXT(age, INT)                                                                                 \
    NEXT(date_of_birth, TEXT)                                                                      \
    NEXT(group_id, UUID)                                                                           \
    NEXT(role, TEXT)                                                                               \
    NEXT(profile_image_url, TEXT)                                                                  \
    NEXT(password_hash, TEXT)                                                                      \
    NEXT(token_generation, INT)                                                                    \
    NEXT(active, BOOL)                                                                             \
    NEXT(faces_revision, INT)                                                                      \
    NEXT(created_at, TIME)                                                                         \
    NEXT(updated_at, TIME)                                                                         \
    NEXT(deleted_at, TIME)                                                                         \
    NEXT(student_number, TEXT)                                                                     \
    NEXT(language, TEXT)

#define GROUP_TEACHERS_(FIRST, NEXT)                                                               \
    FIRST(teacher_id, UUID)                                                                        \
    NEXT(group_id, UUID)

#define FACE_TEMPLATES_(FIRST, NEXT)                                                               \
    FIRST(id, UUID)                                                                                \
    NEXT(user_id, UUID)                                                                            \
    NEXT(sealed, BLOB)                                                                             \
    NEXT(model, TEXT)                                                                              \
    NEXT(quality, REAL)                                                                            \
    NEXT(source, TEXT)                                                                             \
    NEXT(created_at, TIME)                                                                         \
    NEXT(held, BOOL)

#define ATTENDANCE_(FIRST, NEXT)                                                                   \
    FIRST(id, UUID)                                                                                \
    NEXT(user_id, UUID)                                                                            \
    NEXT(group_id, UUID)                                                                           \
    NEXT(occasion, TEXT)                                                                           \
    NEXT(local_day, TEXT)                                                                          \
    NEXT(marked_at, TIME)                                                                          \
    NEXT(status, TEXT)                                                                             \
    NEXT(method, TEXT)                                                                             \
    NEXT(score, REAL)                                                                              \
    NEXT(marked_by, UUID)                                                                          \
    NEXT(note, TEXT)                                                                               \
    NEXT(created_at, TIME)                                                                         \
    NEXT(updated_at, TIME)                                                                         \
    NEXT(session_id, UUID)                                                                         \
    NEXT(course_id, UUID)                                                                          \
    NEXT(captured_at, TIME)                                                                        \
    NEXT(last_seen_at, TIME)                                                                       \
    NEXT(status_code, TEXT)

#define IMAGES_(FIRST, NEXT)                                                                       \
    FIRST(id, UUID)                                                                                \
    NEXT(user_id, UUID)                                                                            \
    NEXT(kind, TEXT)                                                                               \
    NEXT(profile_of, UUID)                                                                         \
    NEXT(template_id, UUID)                                                                        \
    NEXT(attendance_id, UUID)                                                                      \
    NEXT(blob_key, TEXT)                                                                           \
    NEXT(media_type, TEXT)                                                                         \
    NEXT(size, INT)                                                                                \
    NEXT(sha256, BLOB)                                                                             \
    NEXT(sealed, BOOL)                                                                             \
    NEXT(key_id, INT)                                                                              \
    NEXT(created_at, TIME)                                                                         \
    NEXT(review_id, UUID)

#define SETTINGS_(FIRST, NEXT)                                                                     \
    FIRST(name, TEXT)                                                                              \
    NEXT(value, TEXT)                                                                              \
    NEXT(updated_at, TIME)

#define COUNTERS_(FIRST, NEXT)                                                                     \
    FIRST(name, TEXT)                                                                              \
    NEXT(value, INT)

#define AUDIT_LOG_(FIRST, NEXT)                                                                    \
    FIRST(sequence, INT)                                                                           \
    NEXT(happened_at, TIME)                                                                        \
    NEXT(actor_id, UUID)                                                                           \
    NEXT(action, TEXT)                                                                             \
    NEXT(subject, TEXT)                                                                            \
    NEXT(details, TEXT)                                                                            \
    NEXT(position, INT)                                                                            \
    NEXT(previous_hash, BLOB)                                                                      \
    NEXT(hash, BLOB)

#define REVOKED_TOKENS_(FIRST, NEXT)                                                               \
    FIRST(jti, TEXT)                                                                               \
    NEXT(expires_at, TIME)

#define TERMS_(FIRST, NEXT)                                                                        \
    FIRST(id, UUID)                                                                                \
    NEXT(institution_id, UUID)                                                                     \
    NEXT(name, TEXT)                                                                               \
    NEXT(name_key, TEXT)                                                                           \
    NEXT(first_day, TEXT)                                                                          \
    NEXT(last_day, TEXT)                                                                           \
    NEXT(created_at, TIME)                                                                         \
    NEXT(updated_at, TIME)

#define SUBJECTS_(FIRST, NEXT)                                                                     \
    FIRST(id, UUID)                                                                                \
    NEXT(institution_id, UUID)                                                                     \
    NEXT(code, TEXT)                                                                               \
    NEXT(name, TEXT)                                                                               \
    NEXT(name_key, TEXT)                                                                           \
    NEXT(created_at, TIME)                                                                         \
    NEXT(updated_at, TIME)

#define ROOMS_(FIRST, NEXT)                                                                        \
    FIRST(id, UUID)                                                                                \
    NEXT(institution_id, UUID)                                                                     \
    NEXT(name, TEXT)                                                                               \
    NEXT(name_key, TEXT)                                                                           \
    NEXT(capacity, INT)                                                                            \
    NEXT(created_at, TIME)                                                                         \
    NEXT(updated_at, TIME)

#define POLICIES_(FIRST, NEXT)                                                                     \
    FIRST(id, UUID)                                                                                \
    NEXT(institution_id, UUID)                                                                     \
    NEXT(default_of, UUID)                                                                         \
    NEXT(name, TEXT)                                                                               \
    NEXT(name_key, TEXT)                                                                           \
    NEXT(rules, TEXT)                                                                              \
    NEXT(created_at, TIME)                                                                         \
    NEXT(updated_at, TIME)

#define COURSES_(FIRST, NEXT)                                                                      \
    FIRST(id, UUID)                                                                                \
    NEXT(institution_id, UUID)                                                                     \
    NEXT(term_id, UUID)                                                                            \
    NEXT(subject_id, UUID)                                                                         \
    NEXT(policy_id, UUID)                                                                          \
    NEXT(name, TEXT)                                                                               \
    NEXT(name_key, TEXT)                                                                           \
    NEXT(created_at, TIME)                                                                         \
    NEXT(updated_at, TIME)

#define COURSE_GROUPS_(FIRST, NEXT)                                                                \
    FIRST(course_id, UUID)                                                                         \
    NEXT(group_id, UUID)

#define COURSE_TEACHERS_(FIRST, NEXT)                                                              \
    FIRST(teacher_id, UUID)                                                                        \
    NEXT(course_id, UUID)

#define ENROLMENTS_(FIRST, NEXT)                                                                   \
    FIRST(id, UUID)                                                                                \
    NEXT(user_id, UUID)                                                                            \
    NEXT(group_id, UUID)                                                                           \
    NEXT(course_id, UUID)                                                                          \
    NEXT(first_day, TEXT)                                                                          \
    NEXT(last_day, TEXT)                                                                           \
    NEXT(created_at, TIME)                                                                         \
    NEXT(updated_at, TIME)

#define HOLIDAYS_(FIRST, NEXT)                                                                     \
    FIRST(id, UUID)                                                                                \
    NEXT(institution_id, UUID)                                                                     \
    NEXT(name, TEXT)                                                                               \
    NEXT(first_day, TEXT)                                                                          \
    NEXT(last_day, TEXT)                                                                           \
    NEXT(created_at, TIME)                                                                         \
    NEXT(updated_at, TIME)

#define SLOTS_(FIRST, NEXT)                                                                        \
    FIRST(id, UUID)                                                                                \
    NEXT(course_id, UUID)                                                                          \
    NEXT(room_id, UUID)                                                                            \
    NEXT(weekday, INT)                                                                             \
    NEXT(start_second, INT)                                                                        \
    NEXT(end_second, INT)                                                                          \
    NEXT(first_day, TEXT)                                                                          \
    NEXT(last_day, TEXT)                                                                           \
    NEXT(every_weeks, INT)                                                                         \
    NEXT(created_at, TIME)                                                                         \
    NEXT(updated_at, TIME)

#define SESSIONS_(FIRST, NEXT)                                                                     \
    FIRST(id, UUID)                                                                                \
    NEXT(course_id, UUID)                                                                          \
    NEXT(slot_id, UUID)                                                                            \
    NEXT(slot_day, TEXT)                                                                           \
    NEXT(external_uid, TEXT)                                                                       \
    NEXT(room_id, UUID)                                                                            \
    NEXT(title, TEXT)                                                                              \
    NEXT(local_day, TEXT)                                                                          \
    NEXT(start_second, INT)                                                                        \
    NEXT(end_second, INT)                                                                          \
    NEXT(starts_at, TIME)                                                                          \
    NEXT(ends_at, TIME)                                                                            \
    NEXT(state, TEXT)                                                                              \
    NEXT(edited, BOOL)                                                                             \
    NEXT(note, TEXT)                                                                               \
    NEXT(closed_at, TIME)                                                                          \
    NEXT(created_at, TIME)                                                                         \
    NEXT(updated_at, TIME)

#define ATTENDANCE_CHANGES_(FIRST, NEXT)                                                           \
    FIRST(id, UUID)                                                                                \
    NEXT(attendance_id, UUID)                                                                      \
    NEXT(changed_at, TIME)                                                                         \
    NEXT(changed_by, UUID)                                                                         \
    NEXT(from_status, TEXT)                                                                        \
    NEXT(from_code, TEXT)                                                                          \
    NEXT(from_method, TEXT)                                                                        \
    NEXT(to_status, TEXT)                                                                          \
    NEXT(to_code, TEXT)                                                                            \
    NEXT(reason, TEXT)

#define DISPUTES_(FIRST, NEXT)                                                                     \
    FIRST(id, UUID)                                                                                \
    NEXT(attendance_id, UUID)                                                                      \
    NEXT(open_of, UUID)                                                                            \
    NEXT(user_id, UUID)                                                                            \
    NEXT(message, TEXT)                                                                            \
    NEXT(state, TEXT)                                                                              \
    NEXT(answer, TEXT)                                                                             \
    NEXT(answered_by, UUID)                                                                        \
    NEXT(answered_at, TIME)                                                                        \
    NEXT(created_at, TIME)                                                                         \
    NEXT(updated_at, TIME)

#define EXTERNAL_IDS_(FIRST, NEXT)                                                                 \
    FIRST(kind, TEXT)                                                                              \
    NEXT(external_id, TEXT)                                                                        \
    NEXT(entity_id, UUID)                                                                          \
    NEXT(created_at, TIME)

#define PHOTO_IMPORTS_(FIRST, NEXT)                                                                \
    FIRST(user_id, UUID)                                                                           \
    NEXT(sha256, BLOB)                                                                             \
    NEXT(outcome, TEXT)                                                                            \
    NEXT(created_at, TIME)

#define CALENDAR_FEEDS_(FIRST, NEXT)                                                               \
    FIRST(user_id, UUID)                                                                           \
    NEXT(token_hash, BLOB)                                                                         \
    NEXT(created_at, TIME)

#define WEBHOOKS_(FIRST, NEXT)                                                                     \
    FIRST(id, UUID)                                                                                \
    NEXT(institution_id, UUID)                                                                     \
    NEXT(url, TEXT)                                                                                \
    NEXT(events, TEXT)                                                                             \
    NEXT(secret, TEXT)                                                                             \
    NEXT(active, BOOL)                                                                             \
    NEXT(created_at, TIME)                                                                         \
    NEXT(updated_at, TIME)

#define OUTBOX_(FIRST, NEXT)                                                                       \
    FIRST(id, UUID)                                                                                \
    NEXT(channel, TEXT)                                                                            \
    NEXT(kind, TEXT)                                                                               \
    NEXT(dedupe_key, TEXT)                                                                         \
    NEXT(user_id, UUID)                                                                            \
    NEXT(webhook_id, UUID)                                                                         \
    NEXT(parameters, TEXT)                                                                         \
    NEXT(state, TEXT)                                                                              \
    NEXT(attempts, INT)                                                                            \
    NEXT(due_at, TIME)                                                                             \
    NEXT(leased_until, TIME)                                                                       \
    NEXT(lease, TEXT)                                                                              \
    NEXT(last_error, TEXT)                                                                         \
    NEXT(created_at, TIME)                                                                         \
    NEXT(finished_at, TIME)

#define REPORT_SCHEDULES_(FIRST, NEXT)                                                             \
    FIRST(id, UUID)                                                                                \
    NEXT(user_id, UUID)                                                                            \
    NEXT(course_id, UUID)                                                                          \
    NEXT(kind, TEXT)                                                                               \
    NEXT(frequency, TEXT)                                                                          \
    NEXT(weekday, INT)                                                                             \
    NEXT(at_second, INT)                                                                           \
    NEXT(format, TEXT)                                                                             \
    NEXT(active, BOOL)                                                                             \
    NEXT(created_at, TIME)                                                                         \
    NEXT(updated_at, TIME)

#define MAIL_REFUSALS_(FIRST, NEXT)                                                                \
    FIRST(user_id, UUID)                                                                           \
    NEXT(kind, TEXT)                                                                               \
    NEXT(created_at, TIME)

#define JOBS_(FIRST, NEXT)                                                                         \
    FIRST(id, UUID)                                                                                \
    NEXT(user_id, UUID)                                                                            \
    NEXT(kind, TEXT)                                                                               \
    NEXT(parameters, TEXT)                                                                         \
    NEXT(state, TEXT)                                                                              \
    NEXT(done, INT)                                                                                \
    NEXT(total, INT)                                                                               \
    NEXT(lease, TEXT)                                                                              \
    NEXT(leased_until, TIME)                                                                       \
    NEXT(blob_key, TEXT)                                                                           \
    NEXT(media_type, TEXT)                                                                         \
    NEXT(file_name, TEXT)                                                                          \
    NEXT(size, INT)                                                                                \
    NEXT(error, TEXT)                                                                              \
    NEXT(created_at, TIME)                                                                         \
    NEXT(updated_at, TIME)                                                                         \
    NEXT(finished_at, TIME)

#define REVIEWS_(FIRST, NEXT)                                                                      \
    FIRST(id, UUID)                                                                                \
    NEXT(session_id, UUID)                                                                         \
    NEXT(local_day, TEXT)                                                                          \
    NEXT(taken_at, TIME)                                                                           \
    NEXT(source, TEXT)                                                                             \
    NEXT(reason, TEXT)                                                                             \
    NEXT(state, TEXT)                                                                              \
    NEXT(user_id, UUID)                                                                            \
    NEXT(attendance_id, UUID)                                                                      \
    NEXT(settled_by, UUID)                                                                         \
    NEXT(settled_at, TIME)                                                                         \
    NEXT(created_at, TIME)                                                                         \
    NEXT(updated_at, TIME)

#define REVIEW_CANDIDATES_(FIRST, NEXT)                                                            \
    FIRST(review_id, UUID)                                                                         \
    NEXT(position, INT)                                                                            \
    NEXT(user_id, UUID)                                                                            \
    NEXT(score, REAL)

#define LOOKALIKES_(FIRST, NEXT)                                                                   \
    FIRST(first_id, UUID)                                                                          \
    NEXT(second_id, UUID)                                                                          \
    NEXT(score, REAL)                                                                              \
    NEXT(found_at, TIME)                                                                           \
    NEXT(seen_at, TIME)                                                                            \
    NEXT(seen_by, UUID)

#define DUPLICATES_(FIRST, NEXT)                                                                   \
    FIRST(id, UUID)                                                                                \
    NEXT(user_id, UUID)                                                                            \
    NEXT(other_id, UUID)                                                                           \
    NEXT(open_of, UUID)                                                                            \
    NEXT(score, REAL)                                                                              \
    NEXT(state, TEXT)                                                                              \
    NEXT(closed_id, UUID)                                                                          \
    NEXT(settled_by, UUID)                                                                         \
    NEXT(settled_at, TIME)                                                                         \
    NEXT(created_at, TIME)                                                                         \
    NEXT(updated_at, TIME)

#define CHALLENGES_(FIRST, NEXT)                                                                   \
    FIRST(id, UUID)                                                                                \
    NEXT(steps, TEXT)                                                                              \
    NEXT(session_id, UUID)                                                                         \
    NEXT(group_id, UUID)                                                                           \
    NEXT(created_at, TIME)                                                                         \
    NEXT(expires_at, TIME)                                                                         \
    NEXT(answered_at, TIME)

#define CHALLENGE_FRAMES_(FIRST, NEXT)                                                             \
    FIRST(fingerprint, BLOB)                                                                       \
    NEXT(challenge_id, UUID)

#define CONSENT_TEXTS_(FIRST, NEXT)                                                                \
    FIRST(version, INT)                                                                            \
    NEXT(text_en, TEXT)                                                                            \
    NEXT(text_es, TEXT)                                                                            \
    NEXT(created_at, TIME)                                                                         \
    NEXT(created_by, UUID)

#define CONSENTS_(FIRST, NEXT)                                                                     \
    FIRST(id, UUID)                                                                                \
    NEXT(user_id, UUID)                                                                            \
    NEXT(standing_of, UUID)                                                                        \
    NEXT(version, INT)                                                                             \
    NEXT(state, TEXT)                                                                              \
    NEXT(given_by, TEXT)                                                                           \
    NEXT(vouched_by, UUID)                                                                         \
    NEXT(given_at, TIME)                                                                           \
    NEXT(ended_at, TIME)                                                                           \
    NEXT(erased_faces, INT)                                                                        \
    NEXT(erased_images, INT)

#define DEVICES_(FIRST, NEXT)                                                                      \
    FIRST(id, UUID)                                                                                \
    NEXT(institution_id, UUID)                                                                     \
    NEXT(name, TEXT)                                                                               \
    NEXT(name_key, TEXT)                                                                           \
    NEXT(room_id, UUID)                                                                            \
    NEXT(course_id, UUID)                                                                          \
    NEXT(code_name, TEXT)                                                                          \
    NEXT(code_hash, TEXT)                                                                          \
    NEXT(code_tries, INT)                                                                          \
    NEXT(code_expires_at, TIME)                                                                    \
    NEXT(token_hash, BLOB)                                                                         \
    NEXT(paired_at, TIME)                                                                          \
    NEXT(last_seen_at, TIME)                                                                       \
    NEXT(created_at, TIME)                                                                         \
    NEXT(updated_at, TIME)

#define DEVICE_ENTRIES_(FIRST, NEXT)                                                               \
    FIRST(device_id, UUID)                                                                         \
    NEXT(counter, INT)                                                                             \
    NEXT(state, TEXT)                                                                              \
    NEXT(reason, TEXT)                                                                             \
    NEXT(marked, INT)                                                                              \
    NEXT(lease_id, UUID)                                                                           \
    NEXT(lease_until, TIME)                                                                        \
    NEXT(captured_at, TIME)                                                                        \
    NEXT(received_at, TIME)

#define PINS_(FIRST, NEXT)                                                                         \
    FIRST(user_id, UUID)                                                                           \
    NEXT(hash, TEXT)                                                                               \
    NEXT(changed_at, TIME)

#define COLUMN_(name, kind) {#name, DB_KIND_##kind},
#define FIRST_NAME_(name, kind) #name
#define NEXT_NAME_(name, kind) ", " #name
#define FIRST_MARK_(name, kind) "?"
#define NEXT_MARK_(name, kind) ", ?"
#define ROW_(LIST) "(" LIST(FIRST_MARK_, NEXT_MARK_) ")"
#define FOUR_(text) text ", " text ", " text ", " text
#define SELECT_(table, LIST) "SELECT " LIST(FIRST_NAME_, NEXT_NAME_) " FROM " table " "
#define INSERT_(table, LIST)                                                                       \
    "INSERT INTO " table " (" LIST(FIRST_NAME_, NEXT_NAME_) ") VALUES " ROW_(LIST)

#define TABLE_(table, LIST, keys, key, descending, after)                                          \
    {                                                                                              \
        .name = table, .columns = (const struct db_schema_column[]){LIST(COLUMN_, COLUMN_)},       \
        .columns_n = G_N_ELEMENTS(((const struct db_schema_column[]){LIST(COLUMN_, COLUMN_)})),    \
        .key_n = (keys), .first = SELECT_(table, LIST) "ORDER BY " key " LIMIT ?",                 \
        .next = SELECT_(table, LIST) "WHERE " after " ORDER BY " key " LIMIT ?",                   \
        .last = "SELECT " key " FROM " table " ORDER BY " descending " LIMIT 1",                   \
        .insert = INSERT_(table, LIST),                                                            \
        .insert_many =                                                                             \
            "INSERT INTO " table                                                                   \
            " (" LIST(FIRST_NAME_, NEXT_NAME_) ") VALUES " FOUR_(FOUR_(FOUR_(ROW_(LIST)))),        \
        .count = "SELECT COUNT(*) FROM " table, .erase = "DELETE FROM " table,                     \
    }
#define TABLE_BY_(table, LIST, key) TABLE_(table, LIST, 1, key, key " DESC", key " > ?")
#define TABLE_BY_TWO_(table, LIST, one, two)                                                       \
    TABLE_(table, LIST, 2, one ", " two, one " DESC, " two " DESC", "(" one ", " two ") > (?, ?)")

const struct db_schema_table db_schema_tables[] = {
    TABLE_BY_("institutions", INSTITUTIONS_, "id"),
    TABLE_BY_("class_groups", CLASS_GROUPS_, "id"),
    TABLE_BY_("users", USERS_, "id"),
    TABLE_BY_TWO_("group_teachers", GROUP_TEACHERS_, "teacher_id", "group_id"),
    TABLE_BY_("face_templates", FACE_TEMPLATES_, "id"),
    TABLE_BY_("terms", TERMS_, "id"),
    TABLE_BY_("subjects", SUBJECTS_, "id"),
    TABLE_BY_("rooms", ROOMS_, "id"),
    TABLE_BY_("policies", POLICIES_, "id"),
    TABLE_BY_("courses", COURSES_, "id"),
    TABLE_BY_TWO_("course_groups", COURSE_GROUPS_, "course_id", "group_id"),
    TABLE_BY_TWO_("course_teachers", COURSE_TEACHERS_, "teacher_id", "course_id"),
    TABLE_BY_("enrolments", ENROLMENTS_, "id"),
    TABLE_BY_("holidays", HOLIDAYS_, "id"),
    TABLE_BY_("slots", SLOTS_, "id"),
    TABLE_BY_("sessions", SESSIONS_, "id"),
    TABLE_BY_("attendance", ATTENDANCE_, "id"),
    TABLE_BY_("reviews", REVIEWS_, "id"),
    TABLE_BY_TWO_("review_candidates", REVIEW_CANDIDATES_, "review_id", "position"),
    TABLE_BY_TWO_("lookalikes", LOOKALIKES_, "first_id", "second_id"),
    TABLE_BY_("duplicates", DUPLICATES_, "id"),
    TABLE_BY_("challenges", CHALLENGES_, "id"),
    TABLE_BY_("challenge_frames", CHALLENGE_FRAMES_, "fingerprint"),
    TABLE_BY_("consent_texts", CONSENT_TEXTS_, "version"),
    TABLE_BY_("consents", CONSENTS_, "id"),
    TABLE_BY_("devices", DEVICES_, "id"),
    TABLE_BY_TWO_("device_entries", DEVICE_ENTRIES_, "device_id", "counter"),
    TABLE_BY_("pins", PINS_, "user_id"),
    TABLE_BY_("images", IMAGES_, "id"),
    TABLE_BY_("attendance_changes", ATTENDANCE_CHANGES_, "id"),
    TABLE_BY_("disputes", DISPUTES_, "id"),
    TABLE_BY_TWO_("external_ids", EXTERNAL_IDS_, "kind", "external_id"),
    TABLE_BY_TWO_("photo_imports", PHOTO_IMPORTS_, "user_id", "sha256"),
    TABLE_BY_("calendar_feeds", CALENDAR_FEEDS_, "user_id"),
    TABLE_BY_("webhooks", WEBHOOKS_, "id"),
    TABLE_BY_("outbox", OUTBOX_, "id"),
    TABLE_BY_("report_schedules", REPORT_SCHEDULES_, "id"),
    TABLE_BY_TWO_("mail_refusals", MAIL_REFUSALS_, "user_id", "kind"),
    TABLE_BY_("jobs", JOBS_, "id"),
    TABLE_BY_("settings", SETTINGS_, "name"),
    TABLE_BY_("counters", COUNTERS_, "name"),
    TABLE_BY_("audit_log", AUDIT_LOG_, "sequence"),
    TABLE_BY_("revoked_tokens", REVOKED_TOKENS_, "jti"),
};
const guint db_schema_tables_n = G_N_ELEMENTS(db_schema_tables);

#define REFERENCE_(from, name, to)                                                                 \
    {                                                                                              \
        .table = from, .column = name, .target = to,                                               \
        .orphans = "SELECT COUNT(*) FROM " from " c LEFT JOIN " to " p ON p.id = c." name          \
                   " WHERE c." name " IS NOT NULL AND p.id IS NULL",                               \
    }

const struct db_schema_reference db_schema_references[] = {
    REFERENCE_("class_groups", "institution_id", "institutions"),
    REFERENCE_("users", "institution_id", "institutions"),
    REFERENCE_("users", "group_id", "class_groups"),
    REFERENCE_("group_teachers", "group_id", "class_groups"),
    REFERENCE_("group_teachers", "teacher_id", "users"),
    REFERENCE_("face_templates", "user_id", "users"),
    REFERENCE_("attendance", "user_id", "users"),
    REFERENCE_("attendance", "group_id", "class_groups"),
    REFERENCE_("attendance", "marked_by", "users"),
    REFERENCE_("images", "user_id", "users"),
    REFERENCE_("images", "template_id", "face_templates"),
    REFERENCE_("images", "attendance_id", "attendance"),
    REFERENCE_("attendance", "session_id", "sessions"),
    REFERENCE_("attendance", "course_id", "courses"),
    REFERENCE_("terms", "institution_id", "institutions"),
    REFERENCE_("subjects", "institution_id", "institutions"),
    REFERENCE_("rooms", "institution_id", "institutions"),
    REFERENCE_("policies", "institution_id", "institutions"),
    REFERENCE_("courses", "institution_id", "institutions"),
    REFERENCE_("courses", "term_id", "terms"),
    REFERENCE_("courses", "subject_id", "subjects"),
    REFERENCE_("courses", "policy_id", "policies"),
    REFERENCE_("course_groups", "course_id", "courses"),
    REFERENCE_("course_groups", "group_id", "class_groups"),
    REFERENCE_("course_teachers", "course_id", "courses"),
    REFERENCE_("course_teachers", "teacher_id", "users"),
    REFERENCE_("enrolments", "user_id", "users"),
    REFERENCE_("enrolments", "group_id", "class_groups"),
    REFERENCE_("enrolments", "course_id", "courses"),
    REFERENCE_("holidays", "institution_id", "institutions"),
    REFERENCE_("slots", "course_id", "courses"),
    REFERENCE_("slots", "room_id", "rooms"),
    REFERENCE_("sessions", "course_id", "courses"),
    REFERENCE_("sessions", "slot_id", "slots"),
    REFERENCE_("sessions", "room_id", "rooms"),
    REFERENCE_("attendance_changes", "attendance_id", "attendance"),
    REFERENCE_("attendance_changes", "changed_by", "users"),
    REFERENCE_("disputes", "attendance_id", "attendance"),
    REFERENCE_("disputes", "user_id", "users"),
    REFERENCE_("disputes", "answered_by", "users"),
    REFERENCE_("photo_imports", "user_id", "users"),
    REFERENCE_("calendar_feeds", "user_id", "users"),
    REFERENCE_("webhooks", "institution_id", "institutions"),
    REFERENCE_("outbox", "user_id", "users"),
    REFERENCE_("outbox", "webhook_id", "webhooks"),
    REFERENCE_("report_schedules", "user_id", "users"),
    REFERENCE_("report_schedules", "course_id", "courses"),
    REFERENCE_("mail_refusals", "user_id", "users"),
    REFERENCE_("jobs", "user_id", "users"),
    REFERENCE_("challenges", "session_id", "sessions"),
    REFERENCE_("challenges", "group_id", "class_groups"),
    REFERENCE_("challenge_frames", "challenge_id", "challenges"),
    REFERENCE_("images", "review_id", "reviews"),
    REFERENCE_("reviews", "session_id", "sessions"),
    REFERENCE_("reviews", "user_id", "users"),
    REFERENCE_("reviews", "attendance_id", "attendance"),
    REFERENCE_("reviews", "settled_by", "users"),
    REFERENCE_("review_candidates", "review_id", "reviews"),
    REFERENCE_("review_candidates", "user_id", "users"),
    REFERENCE_("lookalikes", "first_id", "users"),
    REFERENCE_("lookalikes", "second_id", "users"),
    REFERENCE_("lookalikes", "seen_by", "users"),
    REFERENCE_("duplicates", "user_id", "users"),
    REFERENCE_("duplicates", "other_id", "users"),
    REFERENCE_("duplicates", "closed_id", "users"),
    REFERENCE_("duplicates", "settled_by", "users"),
    REFERENCE_("consent_texts", "created_by", "users"),
    REFERENCE_("consents", "user_id", "users"),
    REFERENCE_("consents", "vouched_by", "users"),
    REFERENCE_("devices", "institution_id", "institutions"),
    REFERENCE_("devices", "room_id", "rooms"),
    REFERENCE_("devices", "course_id", "courses"),
    REFERENCE_("device_entries", "device_id", "devices"),
    REFERENCE_("pins", "user_id", "users"),
};
const guint db_schema_references_n = G_N_ELEMENTS(db_schema_references);
