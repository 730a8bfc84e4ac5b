/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_LIB_RELAYDB_READER_H
#define RELAYSENTRY_LIB_RELAYDB_READER_H

/* Decodes the data section (MaxMind DB 2.0, "Output Data Section"). Nothing that
 * stands there is trusted: each value is bounded by the section, a pointer leads
 * to a value that is none, and what is decoded in all is bounded too, so that
 * records that overlap cannot make the load slow or large.
 *
 * relaydb-value.c reads values, relaydb-relay.c relays, relaydb-cover.c the
 * networks of relays, relaydb-network.c their text, relaydb-record.c records. */

#include "mmdbenc.h"
#include "relaydb-internal.h"

/* The longest run of bytes kept of a frame. */
#define RS_FRAME_MAX 24U

/* The keys, of a relay first. */
enum rs_key {
	RS_KEY_ID,
	RS_KEY_CLASS,
	RS_KEY_NETWORK,
	RS_KEY_NAME,
	RS_KEY_MEMBERS,
	RS_KEY_RELAYS = RS_KEY_MEMBERS,
	RS_KEY_ASN,
	RS_KEY_AS_ORG,
	RS_KEY_UNKNOWN
};

/* A decoded relay and network, kept because the networks inside it point here. */
struct rs_known_cover {
	uint32_t offset; /* of its map, and 1 */
	struct rs_cover cover;
	struct rs_place place;
};
#define RS_READER_COVERS 4096U

/* Which relay the strings at these offsets make. */
struct rs_known_relay {
	uint32_t id, name, class_;
	const struct rs_relay *relay;
};
#define RS_READER_RELAYS 1024U

/* The bytes of a relay's map around the text of the network. What has the same
 * bytes around is of the same relay, and needs no decoding. */
struct rs_frame {
	const struct rs_relay *relay; /* NULL: nothing here */
	unsigned char before[RS_FRAME_MAX], after[RS_FRAME_MAX];
	uint8_t before_len, after_len;
};
#define RS_READER_FRAMES 1024U

/* Which text stands at this offset. */
struct rs_known_org {
	uint32_t start;
	const char *org;
};
#define RS_READER_ORGS 8192U

/* A match and its most specific network. */
struct rs_known_match {
	uint32_t offset, index; /* 0: nothing here */
	struct rs_place place;
};
#define RS_READER_MATCHES 1024U

struct rs_reader {
	struct rs_relaydb_loader *l;
	const unsigned char *data;
	uint32_t size, at;
	const char *fault; /* what is wrong, NULL: nothing so far */
	uint32_t record;   /* where the record begins, for the diagnostic */
	size_t budget;	   /* how many pairs and covers may still be decoded */
	bool no_memory;

	struct rs_known_cover *covers;	/* by offset, RS_READER_COVERS; the later one wins */
	struct rs_known_relay *relays;	/* by offset of the id, RS_READER_RELAYS */
	struct rs_known_match *matches; /* by offset, RS_READER_MATCHES */
	struct rs_frame *frames;	/* by their first bytes, RS_READER_FRAMES */
	struct rs_known_org *orgs_at;	/* by offset, RS_READER_ORGS */
	/* Which key a pointer of two bytes leads to, and 1. */
	uint8_t key_at[2048];
	struct rs_strmap by_id; /* index of list */
	struct rs_relay **list;
	size_t list_count, list_allocated;
	struct rs_strmap orgs;
	const char **org_list;
	size_t org_count, orgs_allocated;
	/* Of the matches from 1: where their records begin, in ascending order. */
	uint32_t *offsets;
	uint32_t match_count;
	size_t room;	     /* of offsets and matches */
	unsigned char *pool; /* memory for covers and texts */
	size_t pool_left, pool_room;
};

/* The head of a value. */
struct rs_value {
	unsigned type;
	uint32_t size;	/* bytes, pairs or elements; for a pointer its target */
	uint32_t start; /* of what follows the head */
};

/* All that return int return 0; -1 when there is a fault or memory is short,
 * which the reader then remembers. */
int rs_reader_fault(struct rs_reader *r, const char *text);
int rs_reader_no_memory(struct rs_reader *r);
/* Counts a pair or cover. */
static inline int rs_reader_spend(struct rs_reader *r)
{
	if (r->budget == 0)
		return rs_reader_fault(r, "records lie over each other");
	r->budget--;
	return 0;
}

/* Reads the head at r->at, which then stands behind it. */
int rs_read_any_head(struct rs_reader *r, struct rs_value *value_r);
/* The same; most heads have one byte. */
static inline int rs_read_head(struct rs_reader *r, struct rs_value *value_r)
{
	unsigned head;

	if (r->at >= r->size)
		return rs_read_any_head(r, value_r);
	head = r->data[r->at];
	if (head >> 5 <= RS_MMDB_POINTER || (head & 31) >= 29)
		return rs_read_any_head(r, value_r);
	*value_r = (struct rs_value){ head >> 5, head & 31, ++r->at };
	return 0;
}
/* A value, also through a pointer; r->at is then behind what stands here. Not
 * for maps and arrays. */
int rs_read_value(struct rs_reader *r, struct rs_value *value_r);
int rs_read_string(struct rs_reader *r, struct rs_value *value_r);
int rs_read_any_key(struct rs_reader *r, enum rs_key *key_r);
/* Whether a pointer of two bytes stands at r->at. */
static inline bool rs_short_pointer(const struct rs_reader *r)
{
	return r->size - r->at >= 2 && r->data[r->at] >> 3 == RS_MMDB_POINTER << 2;
}
/* Where the one at this offset leads. */
static inline unsigned rs_short_target(const struct rs_reader *r, uint32_t at)
{
	return (r->data[at] & 7U) << 8 | r->data[at + 1];
}
/* Reads a key; nearly all are short pointers to the same few words. */
static inline int rs_read_key(struct rs_reader *r, enum rs_key *key_r)
{
	unsigned known = rs_short_pointer(r) ? r->key_at[rs_short_target(r, r->at)] : 0;

	if (known == 0)
		return rs_read_any_key(r, key_r);
	*key_r = (enum rs_key)(known - 1);
	r->at += 2;
	return 0;
}
/* Goes over the value of a key that a later version may have brought. */
int rs_skip_value(struct rs_reader *r);
/* The text must be printable UTF-8. */
int rs_check_text(struct rs_reader *r, const struct rs_value *value);

/* The relay of these strings, which becomes known when it is not yet; NULL for -1. */
const struct rs_relay *rs_find_relay(struct rs_reader *r, const struct rs_value *id,
				     const struct rs_value *name, const struct rs_value *class_);
/* Hands the relays over to the database, in the order of ids. */
int rs_keep_relays(struct rs_reader *r);
/* Reads what rs_net_format() writes. */
bool rs_read_network_text(const char *text, size_t len, struct rs_place *place_r);
/* Reads the relays of a record and their networks; *place_r is the most specific one. */
int rs_read_covers(struct rs_reader *r, struct rs_match *match, struct rs_place *place_r);

/* The match of the record at offset, which is decoded when it is behind all that
 * were read before; NULL for -1. Valid until the next call. */
const struct rs_known_match *rs_read_match(struct rs_reader *r, uint32_t offset);
/* Reads the search tree into db->nodes and proves that it is one: in the order of
 * the addresses each node is reached once, by its number; the aliases lead to
 * ::/96; none is deeper than an address; each record is reached first in the
 * order of the data, and its networks cover the places where it stands. Also -1
 * when that is not so, with an error added. */
int rs_relaydb_read_tree(struct rs_relaydb_loader *l, struct rs_reader *r);

#endif
