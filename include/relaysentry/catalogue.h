/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_CATALOGUE_H
#define RELAYSENTRY_CATALOGUE_H

/* The relay definitions: the JSON files of relays.d, as relaysentry-relays(5) describes. */

#include <relaysentry/diag.h>
#include <relaysentry/ip.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rs_class {
	RS_CLASS_MAIL_RELAY,	/* a mail vendor that logs in with a stored credential */
	RS_CLASS_PRIVACY_PROXY, /* hides the user's own device, never sees the password */
	RS_CLASS_CLOUD		/* a hosting provider, anybody may be behind it */
};
#define RS_CLASS_COUNT 3
/* "mail-relay", "privacy-proxy", "cloud". */
const char *rs_class_name(enum rs_class class_);
/* Returns 0, or -1 when name is none of these. */
int rs_class_parse(const char *name, enum rs_class *class_r);

enum rs_confidence { RS_CONFIDENCE_DOCUMENTED, RS_CONFIDENCE_OBSERVED, RS_CONFIDENCE_SHARED };
const char *rs_confidence_name(enum rs_confidence confidence);

struct rs_json;

/* A provider's feed, read from a local file. */
struct rs_feed_source {
	const char *format;	      /* see feed.h */
	const char *file;	      /* absolute, or relative to the working folder */
	const struct rs_json *select; /* NULL, or the object that narrows the feed */
	unsigned line;
};

struct rs_evidence {
	const char *source;  /* never empty */
	const char *checked; /* YYYY-MM-DD */
	int64_t expires; /* seconds since 1970-01-01 UTC, first second not covered; INT64_MAX: never
			  */
	const struct rs_net *networks; /* the inline networks that it supports, sorted; */
	size_t network_count;	       /* 0: all of the relay */
};

struct rs_relay_net {
	struct rs_net net;
	unsigned line;
};

struct rs_list_source {
	const char *file; /* as in rs_feed_source */
	unsigned line;
};

/* One relay. Strings are UTF-8 without control bytes; "" when left out, but the
 * name is then the id. What an entry that only switches a relay off leaves out
 * is as in the relay it replaces: name, vendor and class. */
struct rs_relay_def {
	const char *id; /* [a-z0-9][a-z0-9-]*, at most 63 bytes; unique in the catalogue */
	const char *name;
	const char *vendor;
	const char *stores_credentials; /* "password", "token", "none", "unknown" or "" */
	const char *comment;
	enum rs_class class_;
	enum rs_confidence confidence;
	int64_t expires; /* as in rs_evidence, of the whole relay */
	bool disabled;
	bool wide;
	const struct rs_relay_net *networks;
	size_t network_count;
	const struct rs_list_source *lists;
	size_t list_count;
	const uint32_t *asns;
	size_t asn_count;
	const struct rs_feed_source *feeds;
	size_t feed_count;
	const char *const *seen_apps;
	size_t seen_app_count;
	const struct rs_evidence *evidence;
	size_t evidence_count;
	const char *file; /* where it is defined */
	unsigned line;
};

struct rs_catalogue;

/* Reads relay definitions from paths: a folder stands for its *.json files in
 * the order of their names (not its subfolders, not names that begin with a
 * dot). A relay of a later path replaces one of an earlier path with the same
 * id; the same id twice within one path is an error. Relative names of lists
 * and feeds are relative to the file that names them. Lists, feeds and ASNs are
 * not read here (see compile.h).
 * Returns the catalogue, also when errors were added to diags (it then holds
 * what was right): the caller asks rs_diags_count(). NULL when memory is short. */
struct rs_catalogue *rs_catalogue_load(const char *const *paths, size_t count,
				       struct rs_diags *diags);
void rs_catalogue_free(struct rs_catalogue **catalogue);

/* In the order of their ids, disabled ones included. */
size_t rs_catalogue_count(const struct rs_catalogue *catalogue);
const struct rs_relay_def *rs_catalogue_get(const struct rs_catalogue *catalogue, size_t i);
const struct rs_relay_def *rs_catalogue_find(const struct rs_catalogue *catalogue, const char *id);

/* Whether the inline network i of the relay is still supported at the time now:
 * the relay has not expired, and neither have all pieces of evidence that
 * support the network. */
bool rs_relay_net_valid(const struct rs_relay_def *relay, size_t i, int64_t now);
/* The same for lists, ASNs and feeds: some evidence without networks of its own holds. */
bool rs_relay_valid(const struct rs_relay_def *relay, int64_t now);

/* The widest networks that need no "wide": true. */
#define RS_WIDEST_V4 11
#define RS_WIDEST_V6 28

#endif
