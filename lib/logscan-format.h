/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_LIB_LOGSCAN_FORMAT_H
#define RELAYSENTRY_LIB_LOGSCAN_FORMAT_H

/* The elements of a login line: `user=<alice>, method=PLAIN, rip=192.0.2.1, TLS,
 * session=<x>`. Administrators choose them, and clients choose the name, which may look
 * like elements. A line is read when it can be split in one way only, into elements that
 * are known, each of them once. */

#include <relaysentry/logscan.h>

/* Dovecot cuts longer names, in bytes. */
#define RS_LOG_DOVECOT_USER_MAX 80U
#define RS_LOG_KEY_MAX 31U
#define RS_LOG_KEYS_MAX 16U

/* Zero-initialised: nothing is known. */
struct rs_log_format {
	bool learned;
	struct rs_log_key {
		char name[RS_LOG_KEY_MAX + 1];
		bool brackets; /* its value is in brackets */
		bool names;    /* it is the user's name, too: clients cannot leave it out */
	} keys[RS_LOG_KEYS_MAX];
	size_t key_count;
	bool session; /* each line has one */
};

/* Of a line; each NULL when there is none. */
struct rs_log_elements {
	const char *close; /* the bracket that ends the name */
	const char *rip, *method;
	bool tls, session;
};

/* Splits what stands from the name on. Elements that stood before the name are given, and
 * are not expected again. Returns LOGIN or CUT; AMBIGUOUS also where the format would have
 * to be known, and is not. */
enum rs_scan rs_log_format_split(const struct rs_log_format *format, const char *name,
				 const char *end, struct rs_log_elements *elements);

/* What follows a name of letters, digits and @._- */
const char *rs_log_simple_name(const char *text, const char *end);

/* What elements lines have. Zero-initialise. */
struct rs_log_census {
	struct rs_log_key keys[RS_LOG_KEYS_MAX];
	unsigned counts[RS_LOG_KEYS_MAX], names[RS_LOG_KEYS_MAX];
	size_t key_count;
	unsigned lines, sessions;
};
/* Counts the elements of a login that Dovecot has let in, and whose user has a simple name:
 * nobody writes such a line who has no account. The byte before text is a blank. */
void rs_log_census_line(struct rs_log_census *census, const char *text, const char *end);
/* What most of them have is the format, when there were enough; else it stays as it was. */
void rs_log_census_end(const struct rs_log_census *census, struct rs_log_format *format);

#endif
