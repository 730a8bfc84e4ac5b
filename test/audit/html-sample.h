/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_TEST_HTML_SAMPLE_H
#define RELAYSENTRY_TEST_HTML_SAMPLE_H

/* Reports that no log was read for, to look at the page that is made of them. */

#include <audit.h>

/* The file and every piece of it, to be freed with sample_free(). */
struct sample;

struct sample_size {
	size_t users, days;
};

/* A university: a few hundred users, a quarter of a year, a policy. What is made is the
 * same each time. Ends the process when memory is short. */
struct sample *sample_real(const struct sample_size *size);
/* The same with names that would be markup, scripts, other bytes than UTF-8, or turn the
 * text around, in each place that takes a name. */
struct sample *sample_hostile(void);
/* No login at all. */
struct sample *sample_empty(void);
/* The same with hashes for names. */
struct sample *sample_anonymized(void);
void sample_free(struct sample **sample);
const struct audit_report *sample_report(const struct sample *sample);

#endif
