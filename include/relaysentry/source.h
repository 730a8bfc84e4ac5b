/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_SOURCE_H
#define RELAYSENTRY_SOURCE_H

/* Where networks come from besides the catalogue itself: lists of networks,
 * the providers' feeds, ASN databases. All are read from local files. What is
 * wrong in foreign data (a line that is no network) is an error with its line;
 * what is known to occur in real files and has one meaning (a byte order mark,
 * CRLF, duplicates, single addresses, host bits set) is accepted, host bits
 * with a warning. */

#include <relaysentry/diag.h>
#include <relaysentry/ip.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rs_json;

/* A growing array of networks. Zero-initialise; rs_nets_free() when done. */
struct rs_nets {
	struct rs_net *nets;
	size_t count, allocated;
	/* When with_lines was set before the first network was added: the line of
	 * the file that each stands in, 0 when unknown. Not for sorting. */
	unsigned *lines;
	bool with_lines;
};
/* Returns 0, -1 when memory is short. */
int rs_nets_add(struct rs_nets *nets, const struct rs_net *net);
/* Sorts (rs_net_cmp) and removes duplicates. */
void rs_nets_sort(struct rs_nets *nets);
void rs_nets_free(struct rs_nets *nets);

/* Files over this size are refused. */
#define RS_SOURCE_MAX_SIZE (256U << 20)

/* One network or address per line, comments from # or ; to the end of the
 * line, blank lines. Returns 0, -1 with errors added (what was right is in nets). */
int rs_list_read(const char *path, struct rs_nets *nets, struct rs_diags *diags);

/* The feed formats, NULL-terminated: "aws", "azure", "office365", "google",
 * "oracle", "fastly", "github", "geofeed", "list", "spamhaus". */
extern const char *const rs_feed_formats[];

/* Reads a provider's feed. select is NULL or an object: member names are those
 * of the format's entries (aws: service, region; azure: name, region,
 * systemService; office365: id, serviceArea, category, required; google:
 * service, scope; oracle: region, tags; github: key; geofeed: country), values
 * a string, number, boolean or a list of these; all members must match.
 * A select that the format does not know is an error. A value that no entry has,
 * and a feed from which nothing is selected, are warnings. Returns 0, -1 with errors added. */
int rs_feed_read(const char *format, const char *path, const struct rs_json *select,
		 struct rs_nets *nets, struct rs_diags *diags);

/* What is wrong with format and select themselves, without reading the file. */
int rs_feed_check(const char *format, const struct rs_json *select, struct rs_diags *diags);

/* --- ASN databases --- */

struct rs_asndb;

/* Opens an ASN database: a MaxMind DB with the fields of GeoLite2-ASN and DB-IP
 * (autonomous_system_number) or IPinfo (asn: "AS174"), or an iptoasn TSV
 * (first, last, asn, country, name; plain). The kind is recognised by the
 * content. Returns NULL with errors added. */
struct rs_asndb *rs_asndb_open(const char *path, struct rs_diags *diags);
void rs_asndb_close(struct rs_asndb **db);

/* Calls emit for every network of the ASNs asked for (sorted ascending, no
 * duplicates), with the ASN and its organisation ("" when unknown; valid during
 * the call). One pass over the whole file. Stops and returns emit's value when
 * that is not 0; -1 with errors added when the file is corrupt. */
int rs_asndb_flatten(struct rs_asndb *db, const uint32_t *asns, size_t count,
		     int (*emit)(const struct rs_net *net, uint32_t asn, const char *org,
				 void *context),
		     void *context, struct rs_diags *diags);

/* The ASN that announces the whole of net. Returns 1 with *asn_r and *org_r
 * (valid until the database is closed), 0 when there is none or several. */
int rs_asndb_lookup(struct rs_asndb *db, const struct rs_net *net, uint32_t *asn_r,
		    const char **org_r);

#endif
