/* The commands, one file each; every function is a cli_run (command.h). */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

int cli_bench_detect(int argc, char **argv);
int cli_bench_identify(int argc, char **argv);
int cli_bench_liveness(int argc, char **argv);
int cli_bench_speed(int argc, char **argv);
int cli_bench_verify(int argc, char **argv);
int cli_config(int argc, char **argv);
int cli_db_backup(int argc, char **argv);
int cli_db_check(int argc, char **argv);
int cli_db_copy(int argc, char **argv);
int cli_db_init(int argc, char **argv);
int cli_db_migrate(int argc, char **argv);
int cli_db_restore(int argc, char **argv);
int cli_detect(int argc, char **argv);
int cli_enrol(int argc, char **argv);
int cli_export(int argc, char **argv);
int cli_faces_rebuild(int argc, char **argv);
int cli_group_add(int argc, char **argv);
int cli_group_delete(int argc, char **argv);
int cli_group_list(int argc, char **argv);
int cli_group_teacher(int argc, char **argv);
int cli_identify(int argc, char **argv);
int cli_images_check(int argc, char **argv);
int cli_images_gc(int argc, char **argv);
int cli_keys_drop(int argc, char **argv);
int cli_keys_list(int argc, char **argv);
int cli_keys_replace(int argc, char **argv);
int cli_keys_rotate(int argc, char **argv);
int cli_mark(int argc, char **argv);
int cli_serve(int argc, char **argv);
int cli_user_add(int argc, char **argv);
int cli_user_delete(int argc, char **argv);
int cli_user_image(int argc, char **argv);
int cli_user_list(int argc, char **argv);
int cli_user_passwd(int argc, char **argv);
int cli_user_set(int argc, char **argv);
int cli_version(int argc, char **argv);

#endif
