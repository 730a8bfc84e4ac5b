/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *about;
};

/* In the order of the alphabet: the usage is printed from it. */
static const struct command commands[] = {
	{ "audit", rs_cmd_audit, "tell from logs which relays have whose passwords" },
	{ "check", rs_cmd_check, "tell what relaysentry makes of an address" },
	{ "compile", rs_cmd_compile, "make the relay database" },
	{ "except", rs_cmd_except, "let a user in from a relay, until a certain time" },
	{ "forget", rs_cmd_forget, "remove what was seen of a user" },
	{ "lint", rs_cmd_lint, "report faults of policy, catalogue or Dovecot's configuration" },
	{ "notify", rs_cmd_notify, "tell users by mail which servers use their password" },
	{ "relays", rs_cmd_relays, "print the catalogue" },
	{ "seen", rs_cmd_seen, "print who was seen from which relay" },
	{ "status", rs_cmd_status, "print what is in force, and how old it is" },
	{ "why", rs_cmd_why, "tell what is known of a user, and how to let the user in" },
	{ NULL, NULL, NULL },
};

static void print_usage(FILE *out)
{
	fprintf(out, "Usage: relaysentry COMMAND [OPTION...] [OPERAND...]\n"
		     "Tells which logins to a mail server are made by somebody else's servers.\n\n"
		     "Commands:\n");
	for (const struct command *c = commands; c->name != NULL; c++)
		fprintf(out, "  %-10s %s\n", c->name, c->about);
	fprintf(out, "\n\"relaysentry COMMAND --help\" describes a command.\n"
		     "\"relaysentry --version\" prints version and default paths.\n");
}

static void print_version(void)
{
	printf("relaysentry %s\n"
	       "catalogue:  %s, %s\n"
	       "policy:     %s\n"
	       "database:   %s\n",
	       PACKAGE_VERSION, RS_DEFAULT_CATALOGUE, RS_DEFAULT_OWN_CATALOGUE, RS_DEFAULT_POLICY,
	       RS_DEFAULT_DATABASE);
}

static const struct command *find_command(const char *name)
{
	for (const struct command *c = commands; c->name != NULL; c++) {
		if (strcmp(c->name, name) == 0)
			return c;
	}
	return NULL;
}

static int run(int argc, char **argv)
{
	const struct command *command;

	if (argc < 2) {
		print_usage(stderr);
		return EX_USAGE;
	}
	if (strcmp(argv[1], "--version") == 0) {
		print_version();
		return 0;
	}
	if (strcmp(argv[1], "--help") == 0 || (strcmp(argv[1], "help") == 0 && argc == 2)) {
		print_usage(stdout);
		return 0;
	}
	if (strcmp(argv[1], "help") == 0) {
		char help[] = "--help";
		char *help_argv[] = { argv[2], help, NULL };

		command = find_command(argv[2]);
		if (command != NULL)
			return command->run(2, help_argv);
		argv++;
	} else {
		command = find_command(argv[1]);
		if (command != NULL)
			return command->run(argc - 1, argv + 1);
	}
	rs_cli_message(RS_LEVEL_ERROR,
		       "unknown command \"%s\"; \"relaysentry --help\" lists the commands",
		       argv[1]);
	return EX_USAGE;
}

/* A file that is opened must not become what errors and results are written to.
 * What is opened in their place refuses reading and writing as a closed one does. */
static void fill_closed(void)
{
	static const int flags[] = { O_WRONLY, O_RDONLY, O_RDONLY };

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) == -1)
			(void)open("/dev/null", flags[fd]);
	}
}

int main(int argc, char **argv)
{
	fill_closed();
	/* A file over the limit is then a failed write that cleans up after itself. */
	(void)signal(SIGXFSZ, SIG_IGN);
	return rs_cli_finish(run(argc, argv));
}
