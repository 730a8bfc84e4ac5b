/* SPDX-License-Identifier: MIT */
/* html-sample KIND FILE: writes the page of a report. html-sample --list: the kinds. */
#include "html-sample.h"

#include <stdio.h>
#include <string.h>

static struct sample *make_real(void)
{
	return sample_real(&(struct sample_size){ 412, 84 });
}

/* Weeks, and as many users as a large university has. */
static struct sample *make_large(void)
{
	return sample_real(&(struct sample_size){ 100000, 400 });
}

/* Months: the longest time that is drawn. */
static struct sample *make_long(void)
{
	return sample_real(&(struct sample_size){ 60, 3660 });
}

static struct sample *make_day(void)
{
	return sample_real(&(struct sample_size){ 3, 1 });
}

static const struct {
	const char *name;
	struct sample *(*make)(void);
} kinds[] = {
	{ "real", make_real },
	{ "hostile", sample_hostile },
	{ "large", make_large },
	{ "long", make_long },
	{ "day", make_day },
	{ "empty", sample_empty },
	{ "anonymized", sample_anonymized },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--list") == 0) {
		for (size_t i = 0; i < KINDS; i++)
			puts(kinds[i].name);
		return 0;
	}
	for (size_t i = 0; argc == 3 && i < KINDS; i++) {
		struct sample *sample;
		int status;

		if (strcmp(argv[1], kinds[i].name) != 0)
			continue;
		sample = kinds[i].make();
		status = rs_audit_write_html(sample_report(sample), argv[2]);
		sample_free(&sample);
		return status;
	}
	fputs("usage: html-sample KIND FILE\n", stderr);
	return EX_USAGE;
}
