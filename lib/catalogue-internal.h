/* SPDX-License-Identifier: MIT */
#ifndef RS_CATALOGUE_INTERNAL_H
#define RS_CATALOGUE_INTERNAL_H

#include "arena.h"

#include <relaysentry/catalogue.h>
#include <relaysentry/json.h>

/* A network, and where it stands. */
struct rs_catalogue_place {
	struct rs_net net;
	const struct rs_json *value;
};

/* What the readers of a catalogue share. */
struct rs_catalogue_reader {
	struct rs_arena *arena; /* all that the definitions point to */
	struct rs_diags *diags;
	const char *file;   /* the file that is read, in arena */
	bool out_of_memory; /* sticky */
	/* The "networks" of the relay that is read, sorted; in arena. */
	struct rs_catalogue_place *places;
	size_t place_count;
};

/* Reads one relay. Returns it, in arena; NULL when there were errors. */
struct rs_relay_def *rs_catalogue_read_relay(struct rs_catalogue_reader *reader,
					     const struct rs_json *object);
/* Reads "networks" and "wide" of a relay, and its "evidence". */
void rs_catalogue_read_networks(struct rs_catalogue_reader *reader, const struct rs_json *object,
				struct rs_relay_def *def);
void rs_catalogue_read_evidence(struct rs_catalogue_reader *reader, const struct rs_json *object,
				struct rs_relay_def *def);
/* What can be said only when all of a relay is known. */
void rs_catalogue_check_evidence(struct rs_catalogue_reader *reader, const struct rs_json *object,
				 const struct rs_relay_def *def);

/* An error at this value. */
void rs_catalogue_complain(struct rs_catalogue_reader *reader, const struct rs_json *value,
			   const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Memory for count items, set to 0. When it is short, out_of_memory is set and
 * NULL is returned. */
void *rs_catalogue_alloc(struct rs_catalogue_reader *reader, size_t count, size_t size);

/* Whether value has this type; an error when not. */
bool rs_catalogue_expect(struct rs_catalogue_reader *reader, const struct rs_json *value,
			 enum rs_json_type type);
/* The member with this key, NULL when it is left out or has another type, which
 * is an error. */
const struct rs_json *rs_catalogue_member(struct rs_catalogue_reader *reader,
					  const struct rs_json *object, const char *key,
					  enum rs_json_type type);
/* The same, and it is an error to leave it out. */
const struct rs_json *rs_catalogue_required(struct rs_catalogue_reader *reader,
					    const struct rs_json *object, const char *key,
					    enum rs_json_type type);
/* The string behind value, "" for NULL. Empty strings, strings longer than 255
 * bytes and control characters are errors. */
const char *rs_catalogue_text(struct rs_catalogue_reader *reader, const struct rs_json *value);
/* A date, YYYY-MM-DD. Stores its first second, and the first second behind it. */
bool rs_catalogue_date(struct rs_catalogue_reader *reader, const struct rs_json *value,
		       int64_t *first_r, int64_t *end_r);
/* Reads a network; all that is ambiguous or suspicious is an error. */
bool rs_catalogue_net(struct rs_catalogue_reader *reader, const struct rs_json *value,
		      struct rs_net *net_r);
/* A name of a file, relative names being relative to the file that is read. */
const char *rs_catalogue_path(struct rs_catalogue_reader *reader, const struct rs_json *value);

#endif
