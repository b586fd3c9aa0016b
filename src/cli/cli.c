#include "cli/cli.h"

#include "cli/command.h"
#include "cli/commands.h"

#include <locale.h>
#include <signal.h>
#include <string.h>

static const struct cli_command AUDIT[] = {
    {"check", "Verify an exported term, without database and key", cli_audit_check},
    {"key", "Print the public keys that verify exported terms", cli_audit_key},
    {"list", "List who changed what", cli_audit_list},
    {"verify", "Verify the chain of the audit log", cli_audit_verify},
    {NULL},
};

static const struct cli_command BENCH[] = {
    {"calibrate", "How alike different people are, and the thresholds that follow",
     cli_bench_calibrate},
    {"challenge", "What the frames of a challenge show", cli_bench_challenge},
    {"class", "Errors to expect in one class", cli_bench_class},
    {"class-photo", "Everybody in the picture of a class: time, memory, small faces",
     cli_bench_class_photo},
    {"detect", "Faces found a picture, against how many there are", cli_bench_detect},
    {"detectors", "The network, Haar and HOG on the same pictures", cli_bench_detectors},
    {"identify", "People found among those enrolled, and strangers kept out", cli_bench_identify},
    {"int8", "What the network in 8 bits gains and costs here", cli_bench_int8},
    {"liveness", "Live faces let in, prints and screens kept out", cli_bench_liveness},
    {"quality", "How well the quality of photos predicts errors", cli_bench_quality},
    {"report", "Time and memory of reports of each format", cli_bench_report},
    {"speed", "Time of every stage, and memory", cli_bench_speed},
    {"verify", "Same person or not, on pairs of pictures", cli_bench_verify},
    {NULL},
};

static const struct cli_command COURSE[] = {
    {"add", "Make a course", cli_course_add},
    {"delete", "Delete a course without marks", cli_course_delete},
    {"edit", "Change a course", cli_course_edit},
    {"group", "Have a course taught to a group, or no longer", cli_course_group},
    {"list", "List courses", cli_course_list},
    {"roster", "List the people of a course on a day", cli_course_roster},
    {"show", "Show a course with its groups and teachers", cli_course_show},
    {"teacher", "Have somebody teach a course, or no longer", cli_course_teacher},
    {NULL},
};

static const struct cli_command DB[] = {
    {"backup", "Write the database into one file while it is in use", cli_db_backup},
    {"check", "Examine the database, the stored faces and the pictures", cli_db_check},
    {"copy", "Copy everything into a database of any kind", cli_db_copy},
    {"init", "Make database, key and first administrator", cli_db_init},
    {"migrate", "Bring the tables up to this version of the program", cli_db_migrate},
    {"restore", "Load a backup into the configured database", cli_db_restore},
    {NULL},
};

static const struct cli_command DEVICE[] = {
    {"add", "Add a kiosk", cli_device_add},
    {"code", "Another code to pair a kiosk with", cli_device_code},
    {"delete", "Delete a kiosk, which loses its access", cli_device_delete},
    {"list", "List the kiosks", cli_device_list},
    {NULL},
};

static const struct cli_command DISPUTE[] = {
    {"answer", "Answer a dispute", cli_dispute_answer},
    {"list", "List what students say is wrong", cli_dispute_list},
    {NULL},
};

static const struct cli_command DUPLICATE[] = {
    {"list", "List people who look like somebody enrolled", cli_duplicate_list},
    {"settle", "Say whether two people are one", cli_duplicate_settle},
    {"show", "Show one of them", cli_duplicate_show},
    {NULL},
};

static const struct cli_command ENROLMENT[] = {
    {"add", "Enrol a student in a group or course", cli_enrolment_add},
    {"delete", "Delete an enrolment that was a mistake", cli_enrolment_delete},
    {"edit", "Change the days of an enrolment", cli_enrolment_edit},
    {"end", "End an enrolment", cli_enrolment_end},
    {"list", "List who is and was enrolled where", cli_enrolment_list},
    {"show", "Show an enrolment", cli_enrolment_show},
    {NULL},
};

static const struct cli_command FACES[] = {
    {"rebuild", "Open every stored face again and report what is unusable", cli_faces_rebuild},
    {NULL},
};

static const struct cli_command GROUP[] = {
    {"add", "Make a group", cli_group_add},
    {"delete", "Delete a group; its students stay", cli_group_delete},
    {"list", "List the groups", cli_group_list},
    {"rename", "Give a group another name", cli_group_rename},
    {"teacher", "Let somebody teach a group, or no longer", cli_group_teacher},
    {NULL},
};

static const struct cli_command HOLIDAY[] = {
    {"add", "Add days on which nothing is taught", cli_holiday_add},
    {"delete", "Delete a holiday; its sessions come back", cli_holiday_delete},
    {"edit", "Change a holiday", cli_holiday_edit},
    {"list", "List the holidays", cli_holiday_list},
    {NULL},
};

static const struct cli_command IMAGES[] = {
    {"check", "Read every stored picture and report what is wrong", cli_images_check},
    {"gc", "Delete pictures that nothing names any more", cli_images_gc},
    {NULL},
};

static const struct cli_command IMPORT[] = {
    {"oneroster", "People, courses and enrolments from OneRoster 1.1 files", cli_import_oneroster},
    {"photos", "Enrol a folder or ZIP file of photos", cli_import_photos},
    {"roster", "People, groups and courses from a CSV file", cli_import_roster},
    {NULL},
};

static const struct cli_command CONSENT[] = {
    {"set", "Change what people agree to", cli_consent_set},
    {"show", "Print what people agree to", cli_consent_show},
    {NULL},
};

static const struct cli_command RETENTION[] = {
    {"run", "Delete what is past its period", cli_retention_run},
    {"set", "Change how long things are kept", cli_retention_set},
    {"show", "Print how long things are kept", cli_retention_show},
    {NULL},
};

static const struct cli_command INSTITUTION[] = {
    {"export", "Write the whole institution into one file", cli_institution_export},
    {"import", "Read such a file into an empty database", cli_institution_import},
    {"logo", "Set, write or delete the logo", cli_institution_logo},
    {"set", "Change what is set for the whole institution", cli_institution_set},
    {"show", "Print what is set for the whole institution", cli_institution_show},
    {NULL},
};

static const struct cli_command KEYS[] = {
    {"drop", "Take a key that seals nothing out of the key file", cli_keys_drop},
    {"list", "List the keys and how much each of them seals", cli_keys_list},
    {"replace", "Make a new key file for one that is lost for good", cli_keys_replace},
    {"rotate", "Make a new key and seal everything with it", cli_keys_rotate},
    {NULL},
};

static const struct cli_command POLICY[] = {
    {"add", "Make rules that courses can name", cli_policy_add},
    {"default", "Choose the policy of courses that name none", cli_policy_default},
    {"delete", "Delete a policy", cli_policy_delete},
    {"edit", "Change a policy", cli_policy_edit},
    {"list", "List the policies", cli_policy_list},
    {"show", "Print a policy with its rules", cli_policy_show},
    {NULL},
};

static const struct cli_command SESSION[] = {
    {"add", "Add a single session to a course", cli_timetable_session_add},
    {"cancel", "Cancel a session", cli_timetable_session_cancel},
    {"close", "Settle who has no mark in sessions that are over", cli_roll_close},
    {"delete", "Delete a single session", cli_timetable_session_delete},
    {"edit", "Change a session's title or note", cli_timetable_session_edit},
    {"list", "List sessions", cli_timetable_session_list},
    {"move", "Move a session to another day, time or room", cli_timetable_session_move},
    {"register", "Print a session's roster with everybody's mark", cli_roll_register},
    {"restore", "Have a cancelled session take place", cli_timetable_session_restore},
    {NULL},
};

static const struct cli_command MAIL[] = {
    {"cancel", "Cancel what waits in the outbox", cli_mail_cancel},
    {"list", "List what is to leave the house, and what became of it", cli_mail_list},
    {"preview", "Show a mail without sending it", cli_mail_preview},
    {"retry", "Send again what was given up", cli_mail_retry},
    {"send-now", "Send the mail that waits", cli_mail_send_now},
    {"test", "Send a short mail, to try the settings", cli_mail_test},
    {NULL},
};

static const struct cli_command SCHEDULE[] = {
    {"add", "Have a report mailed regularly", cli_schedule_add},
    {"delete", "Delete a schedule", cli_schedule_delete},
    {"list", "List the schedules", cli_schedule_list},
    {NULL},
};

static const struct cli_command ROOM[] = {
    {"add", "Make a room", cli_room_add},
    {"delete", "Delete a room that is not used", cli_room_delete},
    {"edit", "Change a room", cli_room_edit},
    {"list", "List the rooms", cli_room_list},
    {"show", "Show a room", cli_room_show},
    {NULL},
};

static const struct cli_command SUBJECT[] = {
    {"add", "Make a subject", cli_subject_add},
    {"delete", "Delete a subject that is not taught", cli_subject_delete},
    {"edit", "Change a subject", cli_subject_edit},
    {"list", "List the subjects", cli_subject_list},
    {"show", "Show a subject", cli_subject_show},
    {NULL},
};

static const struct cli_command TERM[] = {
    {"add", "Make a term", cli_term_add},
    {"delete", "Delete a term without courses", cli_term_delete},
    {"edit", "Change a term", cli_term_edit},
    {"export", "Write a term with a signed proof", cli_term_export},
    {"list", "List the terms", cli_term_list},
    {"show", "Show a term", cli_term_show},
    {NULL},
};

static const struct cli_command LOOKALIKE[] = {
    {"find", "Compare everybody with everybody", cli_lookalike_find},
    {"list", "List people whom a camera may take for each other", cli_lookalike_list},
    {"see", "Note that somebody looked at a pair", cli_lookalike_see},
    {NULL},
};

static const struct cli_command REVIEW[] = {
    {"list", "List faces that wait for somebody who knows them", cli_review_list},
    {"picture", "Write the face of a review to a file", cli_review_picture},
    {"settle", "Say whose face it is", cli_review_settle},
    {"show", "Show one review", cli_review_show},
    {NULL},
};

static const struct cli_command SLOT[] = {
    {"add", "Add a weekly hour of a course", cli_slot_add},
    {"delete", "Delete a weekly hour", cli_slot_delete},
    {"edit", "Change a weekly hour", cli_slot_edit},
    {"list", "List the weekly hours of a course", cli_slot_list},
    {NULL},
};

static const struct cli_command TIMETABLE[] = {
    {"conflicts", "List what is booked twice", cli_timetable_conflicts},
    {"export", "Write sessions as an iCalendar file", cli_timetable_export},
    {"import", "Read a course's sessions from an iCalendar file", cli_timetable_import},
    {"show", "Print a week", cli_timetable_show},
    {NULL},
};

static const struct cli_command USER[] = {
    {"add", "Make an account", cli_user_add},
    {"delete", "Erase a person and their faces; the marks stay without a name", cli_user_delete},
    {"image", "Set, write or delete somebody's profile picture", cli_user_image},
    {"invite", "Mail people a link to set their password", cli_user_invite},
    {"list", "List people", cli_user_list},
    {"passwd", "Set somebody's password", cli_user_passwd},
    {"set", "Change an account", cli_user_set},
    {NULL},
};

static const struct cli_command WEBHOOK[] = {
    {"add", "Tell another system what happens", cli_webhook_add},
    {"delete", "Delete a webhook", cli_webhook_delete},
    {"list", "List the webhooks", cli_webhook_list},
    {"set", "Change a webhook", cli_webhook_set},
    {"test", "Have a test event sent", cli_webhook_test},
    {NULL},
};

static const struct cli_command COMMANDS[] = {
    {"audit", "Verify the log of changes, and exported terms", NULL, AUDIT},
    {"bench", "Measure speed and accuracy", NULL, BENCH},
    {"config", "Print every setting with its default", cli_config},
    {"consent", "What people agree to before their face is stored", NULL, CONSENT},
    {"course", "Manage courses and their rosters", NULL, COURSE},
    {"db", "Make and maintain the database", NULL, DB},
    {"demo-data", "Fill an empty institution with a made-up term", cli_demo_data},
    {"detect", "Find the faces in pictures", cli_detect},
    {"device", "Manage kiosks", NULL, DEVICE},
    {"dispute", "Answer students who say that a mark is wrong", NULL, DISPUTE},
    {"duplicate", "Decide on people who look like somebody enrolled", NULL, DUPLICATE},
    {"enrol", "Add photos of a person, or of many", cli_enrol},
    {"enrolment", "Manage who belongs to which group or course", NULL, ENROLMENT},
    {"export", "Print the register as CSV", cli_export},
    {"faces", "Maintain the stored faces", NULL, FACES},
    {"group", "Manage groups of students", NULL, GROUP},
    {"holiday", "Manage days on which nothing is taught", NULL, HOLIDAY},
    {"identify", "Say who is in pictures, without marking anybody", cli_identify},
    {"images", "Maintain the stored pictures", NULL, IMAGES},
    {"import", "Take over people, courses and photos", NULL, IMPORT},
    {"institution", "What is set for the whole institution", NULL, INSTITUTION},
    {"keys", "Maintain the key file", NULL, KEYS},
    {"lookalike", "People whom a camera may take for each other", NULL, LOOKALIKE},
    {"mail", "See, try and send mail", NULL, MAIL},
    {"mark", "Mark attendance from photos", cli_mark},
    {"policy", "Manage the rules of courses", NULL, POLICY},
    {"quality", "Say how good photos are, and what to change", cli_quality},
    {"report", "Write a report as JSON, CSV, XLSX or PDF", cli_report},
    {"retention", "How long things are kept", NULL, RETENTION},
    {"review", "Settle faces that are perhaps somebody's", NULL, REVIEW},
    {"room", "Manage rooms", NULL, ROOM},
    {"schedule", "Reports that are mailed regularly", NULL, SCHEDULE},
    {"serve", "Serve the page and the API", cli_serve},
    {"session", "Manage single sessions", NULL, SESSION},
    {"slot", "Manage the weekly hours of courses", NULL, SLOT},
    {"subject", "Manage subjects", NULL, SUBJECT},
    {"term", "Manage terms", NULL, TERM},
    {"timetable", "Print weeks; calendars in and out", NULL, TIMETABLE},
    {"user", "Manage accounts", NULL, USER},
    {"version", "Print the version", cli_version},
    {"watch", "Mark people of a session as they pass a camera", cli_watch},
    {"webhook", "Tell other systems what happens", NULL, WEBHOOK},
    {NULL},
};

int cli_main(int argc, char **argv)
{
    char program[] = "presente";
    static char version[] = "version";

    /* Names of people and files are UTF-8 whatever the terminal's locale; numbers keep their
     * decimal point. */
    setlocale(LC_CTYPE, "C.UTF-8");
    /* A reader that goes away and a file at its limit are errors of the write, not the end of the
     * program. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);

    g_autofree char **words = g_memdup2(argv, ((size_t)argc + 1) * sizeof *argv);
    words[0] = program;
    if (argc > 1 && strcmp(words[1], "--version") == 0)
        words[1] = version;
    return cli_dispatch(COMMANDS, "Attendance by face.", argc, words);
}
