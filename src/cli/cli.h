/* The command line: `presente COMMAND [WORDS] [OPTIONS]`. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

/* Runs the command that the arguments name; returns the exit code (command.h). */
int cli_main(int argc, char **argv);

#endif
