/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_JSON_H
#define RELAYSENTRY_JSON_H

/* Strict JSON (RFC 8259) that knows its lines.
 *
 * Duplicate keys, NUL bytes (also as \u0000), invalid UTF-8, a nesting deeper
 * than the limit, text behind the value and files over the limit are errors
 * with their line. Comments (two slashes to the end of the line, and slash-star
 * to star-slash, as C has them) are allowed where white space is, when the
 * options say so. A UTF-8 byte order mark at the beginning is skipped.
 * json-c holds the values, behind this module. */

#include <relaysentry/diag.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rs_json_type {
	RS_JSON_NULL,
	RS_JSON_BOOL,
	RS_JSON_INT,
	RS_JSON_DOUBLE,
	RS_JSON_STRING,
	RS_JSON_ARRAY,
	RS_JSON_OBJECT
};

struct rs_json_options {
	size_t max_size;    /* bytes; 0: RS_JSON_MAX_SIZE */
	unsigned max_depth; /* 0: RS_JSON_MAX_DEPTH */
	bool comments;	    /* allow comments */
};
#define RS_JSON_MAX_SIZE (16U << 20)
#define RS_JSON_MAX_DEPTH 16U

struct rs_json_doc; /* a document, owner of all its values */
struct rs_json;	    /* one value; dies with its document */

/* name is used in diagnostics. Returns the document, which the caller frees,
 * or NULL with at least one error added. options may be NULL. */
struct rs_json_doc *rs_json_parse(const char *name, const char *text, size_t len,
				  const struct rs_json_options *options, struct rs_diags *diags);
/* Reads a regular file (never a FIFO or device, never blocking). The same. */
struct rs_json_doc *rs_json_read_file(const char *path, const struct rs_json_options *options,
				      struct rs_diags *diags);
void rs_json_free(struct rs_json_doc **doc);

const struct rs_json *rs_json_root(const struct rs_json_doc *doc);
const char *rs_json_name(const struct rs_json *value); /* the document's name */

enum rs_json_type rs_json_type(const struct rs_json *value);
/* "a string", "an object", ... for messages. */
const char *rs_json_type_name(enum rs_json_type type);
unsigned rs_json_line(const struct rs_json *value);
/* The line of the value's key, of the value itself when it has none. */
unsigned rs_json_key_line(const struct rs_json *value);
/* The value's key in its object, NULL when its parent is no object. */
const char *rs_json_key(const struct rs_json *value);

/* Arrays and objects: number of items or members, 0 for all other types. */
size_t rs_json_count(const struct rs_json *value);
/* i in 0..count-1, in the order of the file. */
const struct rs_json *rs_json_at(const struct rs_json *value, size_t i);
/* The member with this key, NULL when there is none or value is no object.
 * Constant time for large objects is not promised: walk those with at(). */
const struct rs_json *rs_json_member(const struct rs_json *value, const char *key);

/* Wrong type: "" / 0 / false. Strings hold no NUL and live as long as the document. */
const char *rs_json_string(const struct rs_json *value);
int64_t rs_json_int(const struct rs_json *value);
/* Of an integer, too. */
double rs_json_double(const struct rs_json *value);
bool rs_json_bool(const struct rs_json *value);

/* Adds a diagnostic at the value's line, with its path before the text:
 * `policy.json:12: rules[3].network: ...`. */
void rs_json_complain(struct rs_diags *diags, enum rs_level level, const struct rs_json *value,
		      const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Every member of an object whose key is not in known (ended by NULL) is an
 * error that names the nearest known key when one is near ("did you mean").
 * Returns the number of unknown members. */
size_t rs_json_check_keys(struct rs_diags *diags, const struct rs_json *object,
			  const char *const *known);

/* --- writing --- */

/* A growing JSON text. Errors (memory) are sticky and told by rs_jsonw_text(). */
struct rs_jsonw;
/* pretty: indented by two blanks; else one line. NULL when memory is short. */
struct rs_jsonw *rs_jsonw_new(bool pretty);
void rs_jsonw_free(struct rs_jsonw **w);
/* key is NULL inside arrays and for the root. */
void rs_jsonw_object(struct rs_jsonw *w, const char *key);
void rs_jsonw_array(struct rs_jsonw *w, const char *key);
void rs_jsonw_end(struct rs_jsonw *w); /* of the innermost object or array */
/* NULL is written as null; invalid UTF-8 as U+FFFD. */
void rs_jsonw_string(struct rs_jsonw *w, const char *key, const char *value);
void rs_jsonw_int(struct rs_jsonw *w, const char *key, int64_t value);
void rs_jsonw_bool(struct rs_jsonw *w, const char *key, bool value);
/* The text written so far, without a final newline; it dies with w. NULL when
 * memory was short or objects and arrays are still open. */
const char *rs_jsonw_text(struct rs_jsonw *w);

#endif
