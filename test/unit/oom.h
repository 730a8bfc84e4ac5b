/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_TEST_OOM_H
#define RELAYSENTRY_TEST_OOM_H

/* What must hold when memory is short: nothing crashes, nothing leaks, and what
 * says that it succeeded is complete. */

#include <relaysentry/diag.h>
#include <relaysentry/json.h>

#include <stdbool.h>
#include <stddef.h>

#define OOM_TEXT_MAX 65536U

/* One run of a case. */
struct oom_run {
	struct rs_diags *diags;
	/* All that the operation yielded, as text. */
	char text[OOM_TEXT_MAX];
	size_t used;
};

/* Adds to the text; memory is not short meanwhile. */
void oom_note(struct oom_run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));
void oom_note_json(struct oom_run *run, const struct rs_json *value);

/* Returns 0 when the operation said that it succeeded. */
typedef int oom_function(struct oom_run *run, const void *context);

struct oom_case {
	const char *label;
	oom_function *run;
	const void *context;
	/* The contract promises no error in the list. */
	bool silent;
	bool mmdb; /* opens a MaxMind DB */
};

/* The cases, ended by a label that is NULL; their files are made here. */
const struct oom_case *oom_cases(void);

/* Adds a case, which the caller may change. */
struct oom_case *oom_add(const char *label, oom_function *run, const void *context);
void oom_add_plain(void);
void oom_add_catalogue(void);
void oom_add_policy(void);
void oom_add_kept(void);
void oom_add_audit(void);
/* Compiles the catalogue of oom_add_catalogue(). Returns the path of the file. */
const char *oom_write_database(void);

/* Longer than what is reserved for the first bytes of a text. */
#define OOM_LONG "a text that is longer than the room that any part keeps for a short text"

#endif
