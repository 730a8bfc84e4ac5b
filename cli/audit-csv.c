/* SPDX-License-Identifier: MIT */
/* One row for each user and relay, as RFC 4180 has it. */
#include "relaysentry-config.h"
#include "audit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Room for the names of all mechanisms. */
#define NAMES_SIZE 256

/* Whether a spreadsheet may take the text for a formula: also behind blanks, and with the
 * wide forms of these characters that East Asian keyboards write. */
static bool is_formula(const char *text)
{
	static const char *const wide[] = { "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d",
					    "\xef\xbc\xa0" };

	text += strspn(text, " ");
	if (*text != '\0' && strchr("=+-@\t\r", *text) != NULL)
		return true;
	for (size_t i = 0; i < sizeof(wide) / sizeof(*wide); i++) {
		if (strncmp(text, wide[i], strlen(wide[i])) == 0)
			return true;
	}
	return false;
}

/* Adds a cell with the comma behind the one before it. */
static void put(const char *comma, const char *text)
{
	bool formula = is_formula(text);

	fputs(comma, stdout);
	/* The semicolon: some spreadsheets take that for the comma, and a formula behind it. */
	if (!formula && strpbrk(text, "\",;\r\n") == NULL) {
		fputs(text, stdout);
		return;
	}
	fputs(formula ? "\"'" : "\"", stdout);
	for (; *text != '\0'; text++) {
		if (*text == '"')
			putchar('"');
		putchar(*text);
	}
	putchar('"');
}

/* Foreign bytes are escaped: each record is one line of UTF-8. Returns -1 when memory is
 * short. */
static int put_name(const char *comma, const char *name)
{
	char *text = rs_printable(name);

	if (text == NULL)
		return -1;
	put(comma, text);
	free(text);
	return 0;
}

static void put_time(int64_t time)
{
	char buf[RS_WHEN_LEN];

	put(",", time == INT64_MIN || time == INT64_MAX ? "" : rs_when_format(time, buf));
}

static int put_addresses(const struct audit_pair *pair)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		return -1;
	for (size_t i = 0; i < pair->address_count; i++)
		fprintf(out, "%s%s", i > 0 ? " " : "", pair->addresses[i].text);
	text = rs_cli_memory_text(out, &text);
	if (text == NULL)
		return -1;
	put(",", text);
	free(text);
	return 0;
}

static int put_row(const struct audit_report *report, const struct audit_pair *pair)
{
	const struct rs_relay *relay = report->relays[pair->relay].relay;
	const struct rs_audit_tally *tally = &pair->tally;
	char names[NAMES_SIZE];

	if (put_name("", report->users[pair->user].name) < 0 || put_name(",", relay->id) < 0 ||
	    put_name(",", relay->name) < 0)
		return -1;
	put(",", rs_class_name(relay->class_));
	printf(",%" PRIu64, tally->success);
	put_time(tally->first_success);
	put_time(tally->last_success);
	printf(",%" PRIu64, tally->failed);
	put_time(tally->first);
	put_time(tally->last);
	put(",", rs_audit_services(tally->services, names, sizeof(names)));
	put(",", rs_audit_mechanisms(tally->mechanisms, names, sizeof(names)));
	printf(",%" PRIu64 ",%" PRIu64, pair->alerts, pair->denials);
	if (report->addresses && put_addresses(pair) < 0)
		return -1;
	fputs("\r\n", stdout);
	return 0;
}

int rs_audit_print_csv(const struct audit_report *report)
{
	printf("user,relay,relay_name,class,count,first,last,failed,first_attempt,last_attempt,"
	       "services,mechanisms,alerts,denials%s\r\n",
	       report->addresses ? ",addresses" : "");
	for (size_t i = 0; i < report->pair_count; i++) {
		if (put_row(report, &report->pairs[i]) < 0)
			return rs_cli_no_memory();
	}
	return 0;
}
