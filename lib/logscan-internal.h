/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_LIB_LOGSCAN_INTERNAL_H
#define RELAYSENTRY_LIB_LOGSCAN_INTERNAL_H

/* What the files of the scanner share: logscan.c finds time, program and message of a
 * line, logscan-dovecot.c, logscan-elements.c and logscan-smtp.c read the message,
 * logscan-format.c knows login_log_format_elements, logscan-journal.c unpacks what
 * journalctl writes. */

#include <relaysentry/logscan.h>

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* What a program said. The byte before text is a blank, or text begins the message. */
struct rs_message {
	const char *tag; /* of syslog, without its pid; NULL: none */
	size_t tag_len;
	const char *text, *end;
};

enum rs_scan rs_scan_dovecot(struct rs_scanner *scanner, const struct rs_message *message,
			     struct rs_scan_entry *entry);
enum rs_scan rs_scan_postfix(const struct rs_message *message, struct rs_scan_entry *entry);
enum rs_scan rs_scan_exim(struct rs_scanner *scanner, const struct rs_message *message,
			  struct rs_scan_entry *entry);
/* By the program's name. */
enum rs_scan rs_scan_message(struct rs_scanner *scanner, const struct rs_message *message,
			     struct rs_scan_entry *entry);

/* The line is an object of `journalctl -o json`. message_r and the entry's time are what it
 * holds; they live until the next one. Returns LOGIN when there is a message, and else
 * what the line is. */
enum rs_scan rs_scan_journal(struct rs_scanner *scanner, const char *line, size_t len,
			     struct rs_message *message_r, struct rs_scan_entry *entry);

/* Reads the elements of login_log_format_elements from text on: user, address, mechanism.
 * Returns LOGIN, ANONYMOUS for an empty name, or what is wrong. */
struct rs_log_format;
enum rs_scan rs_scan_elements(const struct rs_log_format *format, const char *text, const char *end,
			      struct rs_scan_entry *entry);
const struct rs_log_format *rs_scanner_format(const struct rs_scanner *scanner);
/* NULL unless the format is being learned: then lines are counted there, and not read. */
struct rs_log_census;
struct rs_log_census *rs_scanner_census(const struct rs_scanner *scanner);

/* An address as logs write them. The fast one of IPv4 is tried first. */
bool rs_scan_ip(const char *text, size_t len, struct rs_ip *ip_r);
enum rs_log_mechanism rs_scan_mechanism(const char *text, size_t len);

/* Memory of the scanner for a text of len bytes, until the same is asked for again. NULL
 * when memory is short, and the scanner knows. */
enum rs_scratch { RS_SCRATCH_MESSAGE, RS_SCRATCH_TAG, RS_SCRATCH_LINE };
#define RS_SCRATCH_COUNT 3
char *rs_scanner_scratch(struct rs_scanner *scanner, enum rs_scratch which, size_t len);
/* Memory was short in the midst of a line. */
void rs_scanner_fail(struct rs_scanner *scanner);

/* --- texts --- */

static inline bool rs_begins(const char *text, const char *end, const char *with, size_t len)
{
	return (size_t)(end - text) >= len && memcmp(text, with, len) == 0;
}
/* with is a string constant. */
#define RS_BEGINS(text, end, with) rs_begins(text, end, with, sizeof(with) - 1)

static inline const char *rs_find(const char *text, const char *end, const char *what)
{
	return text < end ? memmem(text, (size_t)(end - text), what, strlen(what)) : NULL;
}

/* How often what stands there, counted up to 2; *first_r: the first one, NULL: none. */
static inline unsigned rs_find_all(const char *text, const char *end, const char *what,
				   const char **first_r)
{
	*first_r = rs_find(text, end, what);
	if (*first_r == NULL)
		return 0;
	return rs_find(*first_r + 1, end, what) == NULL ? 1 : 2;
}

#endif
