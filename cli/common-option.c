/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MAX_OPTIONS 40
#define OPTION_HELP 1
#define HELP_COLUMN 26

static bool has_letter(const struct rs_cli_option *option)
{
	return option->value > OPTION_HELP && option->value < RS_OPT;
}

/* Prints text and a newline; every line but the first begins with indent. */
static void print_lines(const char *text, const char *indent)
{
	size_t len;

	while ((len = strcspn(text, "\n")), text[len] != '\0' && text[len + 1] != '\0') {
		printf("%.*s\n%s", (int)len, text, indent);
		text += len + 1;
	}
	printf("%.*s\n", (int)len, text);
}

static void print_option(const struct rs_cli_option *option)
{
	char letter[] = "-x, ";
	char indent[HELP_COLUMN + 1];
	char left[HELP_COLUMN * 3];
	int len;

	letter[1] = (char)option->value;
	len = snprintf(left, sizeof(left), "  %s--%s%s%s", has_letter(option) ? letter : "    ",
		       option->name, option->arg != NULL ? "=" : "",
		       option->arg != NULL ? option->arg : "");
	memset(indent, ' ', HELP_COLUMN);
	indent[HELP_COLUMN] = '\0';
	if (len >= HELP_COLUMN)
		printf("%s\n%s", left, indent);
	else
		printf("%-*s", HELP_COLUMN, left);
	print_lines(option->help, indent);
}

static void print_help(const struct rs_cli_usage *usage)
{
	static const struct rs_cli_option help = { "help", OPTION_HELP, NULL, "print this" };
	const char *form = usage->operands;
	const char *before = "Usage:";

	do {
		int len = (int)strcspn(form, "\n");

		printf("%s relaysentry %s [OPTION...]%s%.*s\n", before, usage->name,
		       len > 0 ? " " : "", len, form);
		before = "      ";
		form += len;
	} while (*form++ == '\n');
	printf("%s\nOptions:\n", usage->about);
	for (const struct rs_cli_option *o = usage->options; o->name != NULL; o++)
		print_option(o);
	print_option(&help);
	if (usage->more != NULL)
		printf("\n%s", usage->more);
}

int rs_cli_usage_error(const struct rs_cli_usage *usage, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	rs_cli_message(RS_LEVEL_ERROR, "%s: %s; try \"relaysentry %s --help\"", usage->name, text,
		       usage->name);
	return EX_USAGE;
}

static int report_option(const struct rs_cli_usage *usage, char **argv, int result)
{
	const char *word = argv[optind - 1];

	if (result == ':')
		return rs_cli_usage_error(usage, "option \"%s\" needs an argument", word);
	if (optopt >= RS_OPT || optopt == OPTION_HELP)
		return rs_cli_usage_error(usage, "option \"%s\" takes no argument", word);
	if (optopt != 0)
		return rs_cli_usage_error(usage, "unknown option \"-%c\"", optopt);
	return rs_cli_usage_error(usage, "unknown or ambiguous option \"%s\"", word);
}

/* Empty names come from variables that are not set, in scripts. */
static int check_empty(const struct rs_cli_usage *usage, int argc, char **argv, int result)
{
	if (result == -1) {
		for (int i = optind; i < argc; i++) {
			if (argv[i][0] == '\0')
				return rs_cli_usage_error(usage, "an operand is empty");
		}
		return 0;
	}
	for (const struct rs_cli_option *o = usage->options; o->name != NULL; o++) {
		if (o->value == result && o->arg != NULL && strcmp(o->arg, "FILE") == 0 &&
		    optarg[0] == '\0')
			return rs_cli_usage_error(
				usage, "option \"--%s=\" needs the name of a file", o->name);
	}
	return 0;
}

/* The next option, as getopt_long(): its value, 0 when there are no more, -1 when the
 * command ends with *status_r. */
static int next_option(const struct rs_cli_usage *usage, int argc, char **argv, int *status_r)
{
	struct option longs[MAX_OPTIONS + 2];
	char letters[2 * MAX_OPTIONS + 2];
	size_t count = 0, len = 0;
	int result;

	memset(longs, 0, sizeof(longs));
	letters[len++] = ':';
	for (const struct rs_cli_option *o = usage->options; o->name != NULL && count < MAX_OPTIONS;
	     o++) {
		longs[count].name = o->name;
		longs[count].has_arg = o->arg != NULL ? required_argument : no_argument;
		longs[count++].val = o->value;
		if (has_letter(o)) {
			letters[len++] = (char)o->value;
			if (o->arg != NULL)
				letters[len++] = ':';
		}
	}
	letters[len] = '\0';
	longs[count].name = "help";
	longs[count].val = OPTION_HELP;

	opterr = 0;
	result = getopt_long(argc, argv, letters, longs, NULL);
	if (result == OPTION_HELP) {
		print_help(usage);
		*status_r = 0;
		return -1;
	}
	if (result == '?' || result == ':') {
		*status_r = report_option(usage, argv, result);
		return -1;
	}
	*status_r = check_empty(usage, argc, argv, result);
	if (*status_r != 0)
		return -1;
	return result == -1 ? 0 : result;
}

static bool store(const struct rs_cli_target *targets, int option, const char *value)
{
	for (; targets->option != 0; targets++) {
		if (targets->option != option)
			continue;
		if (targets->given != NULL)
			*targets->given = true;
		else
			*targets->text = value;
		return true;
	}
	return false;
}

int rs_cli_options(const struct rs_cli_usage *usage, int argc, char **argv,
		   const struct rs_cli_target *targets, rs_cli_take *take, void *context,
		   int *status_r)
{
	int option;

	while ((option = next_option(usage, argc, argv, status_r)) > 0) {
		if (store(targets, option, optarg))
			continue;
		*status_r = take(context, usage, option, optarg);
		if (*status_r != 0)
			return -1;
	}
	return option;
}
