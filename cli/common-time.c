/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* The end of the year 9999. */
#define MAX_SECONDS INT64_C(253402300799)

const char *rs_cli_format_age(int64_t seconds, char buf[RS_CLI_TIME_LEN])
{
	static const struct {
		const char *name;
		uint64_t seconds;
	} units[] = { { "d", 86400 }, { "h", 3600 }, { "min", 60 }, { "s", 1 } };
	uint64_t rest = (uint64_t)seconds;
	size_t i = 0;
	uint64_t first, second = 0;

	while (i < 3 && rest < units[i].seconds)
		i++;
	first = rest / units[i].seconds;
	if (i < 3)
		second = rest % units[i].seconds / units[i + 1].seconds;
	if (second > 0)
		snprintf(buf, RS_CLI_TIME_LEN, "%" PRIu64 " %s %" PRIu64 " %s", first,
			 units[i].name, second, units[i + 1].name);
	else
		snprintf(buf, RS_CLI_TIME_LEN, "%" PRIu64 " %s", first, units[i].name);
	return buf;
}

/* Decimal digits only, no sign, no blank. */
static int parse_number(const char *text, int64_t *number_r)
{
	char *end;
	long long number;

	if (*text < '0' || *text > '9')
		return -1;
	errno = 0;
	number = strtoll(text, &end, 10);
	if (errno != 0 || *end != '\0' || number > MAX_SECONDS)
		return -1;
	*number_r = number;
	return 0;
}

static int parse_time(const char *text, int64_t *first_r, int64_t *end_r)
{
	struct rs_zone zone = { .name = "UTC" };
	const char *error;

	if (*text != '@')
		return rs_when_parse(text, &zone, first_r, end_r, &error);
	if (parse_number(text + 1, first_r) < 0)
		return -1;
	*end_r = *first_r + 1;
	return 0;
}

int rs_cli_parse_time(const char *text, int64_t *seconds_r)
{
	int64_t end;

	return parse_time(text, seconds_r, &end);
}

int rs_cli_parse_end(const char *text, int64_t *end_r)
{
	int64_t first;

	return parse_time(text, &first, end_r);
}

int rs_cli_now(int64_t *now_r)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");

	if (epoch == NULL || *epoch == '\0') {
		*now_r = (int64_t)time(NULL);
		return 0;
	}
	if (parse_number(epoch, now_r) == 0)
		return 0;
	rs_cli_message(RS_LEVEL_ERROR,
		       "SOURCE_DATE_EPOCH: \"%s\" is no number of seconds; unset it or correct it",
		       epoch);
	return EX_USAGE;
}
