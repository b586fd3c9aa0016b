#include "cli/cli.h"

#include "cli/command.h"
#include "cli/commands.h"

#include <locale.h>
#include <signal.h>
#include <string.h>

static const struct cli_command BENCH[] = {
    {"detect", "Faces found a picture, against how many there are", cli_bench_detect},
    {"identify", "People found among those enrolled, and strangers kept out", cli_bench_identify},
    {"liveness", "Live faces let in, prints and screens kept out", cli_bench_liveness},
    {"speed", "Time of every stage, and memory", cli_bench_speed},
    {"verify", "Same person or not, on pairs of pictures", cli_bench_verify},
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

static const struct cli_command FACES[] = {
    {"rebuild", "Open every stored face again and report what is unusable", cli_faces_rebuild},
    {NULL},
};

static const struct cli_command GROUP[] = {
    {"add", "Make a group", cli_group_add},
    {"delete", "Delete a group; its students stay", cli_group_delete},
    {"list", "List the groups", cli_group_list},
    {"teacher", "Let somebody teach a group, or no longer", cli_group_teacher},
    {NULL},
};

static const struct cli_command IMAGES[] = {
    {"check", "Read every stored picture and report what is wrong", cli_images_check},
    {"gc", "Delete pictures that nothing names any more", cli_images_gc},
    {NULL},
};

static const struct cli_command KEYS[] = {
    {"drop", "Take a key that seals nothing out of the key file", cli_keys_drop},
    {"list", "List the keys and how much each of them seals", cli_keys_list},
    {"replace", "Make a new key file for one that is lost for good", cli_keys_replace},
    {"rotate", "Make a new key and seal everything with it", cli_keys_rotate},
    {NULL},
};

static const struct cli_command USER[] = {
    {"add", "Make an account", cli_user_add},
    {"delete", "Erase a person and their faces; the marks stay without a name", cli_user_delete},
    {"image", "Set, write or delete somebody's profile picture", cli_user_image},
    {"list", "List people", cli_user_list},
    {"passwd", "Set somebody's password", cli_user_passwd},
    {"set", "Change an account", cli_user_set},
    {NULL},
};

static const struct cli_command COMMANDS[] = {
    {"bench", "Measure speed and accuracy", NULL, BENCH},
    {"config", "Print every setting with its default", cli_config},
    {"db", "Make and maintain the database", NULL, DB},
    {"detect", "Find the faces in pictures", cli_detect},
    {"enrol", "Add photos of a person, or of many", cli_enrol},
    {"export", "Print the register as CSV", cli_export},
    {"faces", "Maintain the stored faces", NULL, FACES},
    {"group", "Manage groups of students", NULL, GROUP},
    {"identify", "Say who is in pictures, without marking anybody", cli_identify},
    {"images", "Maintain the stored pictures", NULL, IMAGES},
    {"keys", "Maintain the key file", NULL, KEYS},
    {"mark", "Mark attendance from photos", cli_mark},
    {"serve", "Serve the page and the API", cli_serve},
    {"user", "Manage accounts", NULL, USER},
    {"version", "Print the version", cli_version},
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
