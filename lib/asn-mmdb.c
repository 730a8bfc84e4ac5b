/* SPDX-License-Identifier: MIT */
/* ASNs from a MaxMind DB. The tree is walked with a stack and a bit per node:
 * corrupt files hold loops, which would take for ever, and correct ones hold
 * the IPv4 tree several times (aliases), which must count once. */
#include "asn-record.h"
#include "asn.h"

#include "arena.h"
#include "sealed.h"

#include <errno.h>
#include <maxminddb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A place in the tree. */
struct place {
	uint64_t value; /* of the record that leads here */
	uint8_t type;	/* MMDB_RECORD_TYPE_* */
	uint8_t depth;	/* bits of the address that are used */
	uint8_t bytes[16];
	uint32_t offset; /* of the data */
};

static bool set_bit(unsigned char *bits, uint64_t i)
{
	unsigned char mask = (unsigned char)(1U << (i & 7));
	bool was = (bits[i >> 3] & mask) != 0;

	bits[i >> 3] |= mask;
	return was;
}

/* The two records of a node. Returns false when the tree is corrupt. */
static bool children(const struct rs_asn_mmdb *mmdb, const struct place *place,
		     struct place child[2])
{
	MMDB_search_node_s node;

	if (MMDB_read_node(&mmdb->db, (uint32_t)place->value, &node) != MMDB_SUCCESS)
		return false;
	child[0] = child[1] = *place;
	child[0].depth = child[1].depth = (uint8_t)(place->depth + 1);
	child[1].bytes[place->depth >> 3] |= (uint8_t)(0x80U >> (place->depth & 7));
	child[0].value = node.left_record;
	child[0].type = node.left_record_type;
	child[0].offset = node.left_record_entry.offset;
	child[1].value = node.right_record;
	child[1].type = node.right_record_type;
	child[1].offset = node.right_record_entry.offset;
	return true;
}

static const struct place root = { .type = MMDB_RECORD_TYPE_SEARCH_NODE };

static unsigned max_depth(const struct rs_asn_mmdb *mmdb)
{
	return mmdb->db.metadata.ip_version == 4 ? 32 : 128;
}

/* Whether a place is where writers put an alias of the IPv4 tree, and it is one. */
static bool is_alias(const struct rs_asn_mmdb *mmdb, const struct place *place)
{
	static const struct {
		uint8_t depth, bytes[16];
	} aliases[] = {
		{ 16, { 0x20, 0x02 } },		      /* 6to4, RFC 3056 */
		{ 32, { 0x20, 0x01 } },		      /* Teredo, RFC 4380 */
		{ 96, { [10] = 0xff, [11] = 0xff } }, /* IPv4-mapped, RFC 4291 */
	};
	size_t i;

	if (mmdb->db.metadata.ip_version == 4 ||
	    place->value != mmdb->db.ipv4_start_node.node_value)
		return false;
	for (i = 0; i < sizeof(aliases) / sizeof(*aliases); i++) {
		if (place->depth == aliases[i].depth &&
		    memcmp(place->bytes, aliases[i].bytes, 16) == 0)
			return true;
	}
	return false;
}

/* The network of a place. IPv4 lies at ::/96 of an IPv6 tree. */
static struct rs_net place_net(const struct rs_asn_mmdb *mmdb, const struct place *place)
{
	static const uint8_t zero[12];
	struct rs_net net = { .prefix = place->depth };

	if (mmdb->db.metadata.ip_version == 4) {
		rs_ip_from_bytes(&net.ip, AF_INET, place->bytes);
	} else if (place->depth >= 96 && memcmp(place->bytes, zero, 12) == 0) {
		rs_ip_from_bytes(&net.ip, AF_INET, place->bytes + 12);
		net.prefix = (uint8_t)(place->depth - 96);
	} else {
		rs_ip_from_bytes(&net.ip, AF_INET6, place->bytes);
		if (net.ip.family == AF_INET)
			net.prefix = (uint8_t)(place->depth - 96);
	}
	return net;
}

/* What goes on at one pass over the tree. */
struct walk {
	struct rs_asn_mmdb *mmdb;
	const uint32_t *asns;
	size_t count;
	rs_asn_emit *emit;
	void *context;
	size_t named; /* networks that name an ASN at all */
};

static int emit_place(struct walk *walk, const struct place *place)
{
	struct rs_asn_record *record = rs_asn_record(walk->mmdb, place->offset);
	struct rs_net net;

	if (record->asn == 0)
		return 0;
	walk->named++;
	if (!rs_asn_wanted(walk->asns, walk->count, record->asn))
		return 0;
	net = place_net(walk->mmdb, place);
	return walk->emit(&net, record->asn, rs_asn_record_org(walk->mmdb, record), walk->context);
}

#define WALK_CORRUPT (-2)

/* Every data record once, in the order of the addresses. */
static int walk_tree(struct walk *walk, unsigned char *seen)
{
	/* A node is taken off before its two children come on: one more a level. */
	struct place stack[129], child[2];
	size_t top = 0;
	int ret = 0;

	stack[top++] = root;
	while (top > 0 && ret == 0) {
		struct place place = stack[--top];

		if (is_alias(walk->mmdb, &place))
			continue;
		switch (place.type) {
		case MMDB_RECORD_TYPE_DATA:
			ret = emit_place(walk, &place);
			break;
		case MMDB_RECORD_TYPE_EMPTY:
			break;
		case MMDB_RECORD_TYPE_SEARCH_NODE:
			if (place.depth >= max_depth(walk->mmdb) ||
			    place.value >= walk->mmdb->db.metadata.node_count ||
			    set_bit(seen, place.value) || !children(walk->mmdb, &place, child))
				return WALK_CORRUPT;
			stack[top++] = child[1];
			stack[top++] = child[0];
			break;
		default:
			return WALK_CORRUPT;
		}
	}
	return ret;
}

static int mmdb_flatten(void *state, const uint32_t *asns, size_t count, rs_asn_emit *emit,
			void *context, struct rs_diags *diags)
{
	struct rs_asn_mmdb *mmdb = state;
	struct walk walk = {
		.mmdb = mmdb, .asns = asns, .count = count, .emit = emit, .context = context
	};
	unsigned char *seen = calloc(mmdb->db.metadata.node_count / 8 + 1, 1);
	int ret;

	if (seen == NULL) {
		rs_diags_no_memory(diags, mmdb->path, 0);
		return -1;
	}
	mmdb->corrupt = false;
	ret = walk_tree(&walk, seen);
	free(seen);
	if (ret == WALK_CORRUPT || (ret == 0 && mmdb->corrupt)) {
		rs_diags_add(diags, RS_LEVEL_ERROR, mmdb->path, 0,
			     "the %s is corrupt; download the file again",
			     ret == WALK_CORRUPT ? "search tree" : "data section");
		return -1;
	}
	if (ret != 0)
		return ret;
	if (mmdb->out_of_memory) {
		rs_diags_no_memory(diags, mmdb->path, 0);
		return -1;
	}
	if (walk.named == 0) {
		rs_diags_add(diags, RS_LEVEL_ERROR, mmdb->path, 0,
			     "no network names an ASN (its database_type is \"%s\"); is this an "
			     "ASN database?",
			     mmdb->db.metadata.database_type);
		return -1;
	}
	return 0;
}

/* The ASN of all that lies below a place; 0 when there are several, or gaps. */
static struct rs_asn_record *only_record(struct rs_asn_mmdb *mmdb, const struct place *from)
{
	struct place stack[129], child[2];
	struct rs_asn_record *only = NULL;
	/* A loop ends here at the latest. */
	uint64_t steps = mmdb->db.metadata.node_count;
	size_t top = 0;
	uint32_t asn = 0;

	stack[top++] = *from;
	while (top > 0) {
		struct place place = stack[--top];

		if (place.type == MMDB_RECORD_TYPE_DATA) {
			only = rs_asn_record(mmdb, place.offset);
			if (only->asn == 0 || (asn != 0 && only->asn != asn))
				return NULL;
			asn = only->asn;
			continue;
		}
		if (place.type != MMDB_RECORD_TYPE_SEARCH_NODE || place.depth >= max_depth(mmdb) ||
		    steps-- == 0 || !children(mmdb, &place, child))
			return NULL;
		stack[top++] = child[1];
		stack[top++] = child[0];
	}
	return only;
}

static int mmdb_lookup(void *state, const struct rs_net *net, uint32_t *asn_r, const char **org_r)
{
	struct rs_asn_mmdb *mmdb = state;
	bool v4_tree = mmdb->db.metadata.ip_version == 4, v4 = net->ip.family == AF_INET;
	unsigned skip = v4 && !v4_tree ? 96 : 0;
	struct place place = root, child[2];
	struct rs_asn_record *record;

	if (v4_tree && !v4)
		return 0;
	while (place.type == MMDB_RECORD_TYPE_SEARCH_NODE && place.depth < skip + net->prefix) {
		unsigned bit = place.depth - skip;
		bool right = place.depth >= skip &&
			     (net->ip.bytes[bit >> 3] & (0x80U >> (bit & 7))) != 0;

		if (!children(mmdb, &place, child))
			return 0;
		place = child[right];
	}
	record = only_record(mmdb, &place);
	if (record == NULL)
		return 0;
	*asn_r = record->asn;
	*org_r = rs_asn_record_org(mmdb, record);
	return 1;
}

static void mmdb_close(void *state)
{
	struct rs_asn_mmdb *mmdb = state;

	MMDB_close(&mmdb->db);
	rs_arena_clear(&mmdb->orgs);
	free(mmdb->path);
	free(mmdb);
}

const struct rs_asn_kind rs_asn_mmdb = { mmdb_flatten, mmdb_lookup, mmdb_close };

void *rs_asn_mmdb_open(const char *path, int fd, struct rs_diags *diags)
{
	char sealed[RS_SEALED_PATH_LEN];
	struct rs_asn_mmdb *mmdb = calloc(1, sizeof(*mmdb));
	int ret = MMDB_OUT_OF_MEMORY_ERROR, error;

	if (mmdb != NULL)
		mmdb->path = strdup(path);
	if (mmdb != NULL && mmdb->path != NULL)
		ret = MMDB_open(rs_sealed_path(fd, sealed), MMDB_MODE_MMAP, &mmdb->db);
	error = errno;
	/* The mapping stays. */
	close(fd);
	if (ret == MMDB_SUCCESS && mmdb->db.metadata.ip_version != 4 &&
	    mmdb->db.metadata.ip_version != 6) {
		MMDB_close(&mmdb->db);
		ret = MMDB_INVALID_METADATA_ERROR;
	}
	if (ret == MMDB_SUCCESS)
		return mmdb;
	if (ret == MMDB_FILE_OPEN_ERROR)
		rs_diags_add(diags, RS_LEVEL_ERROR, path, 0, "its copy %s cannot be opened: %s",
			     sealed, strerror(error));
	else if (ret == MMDB_OUT_OF_MEMORY_ERROR)
		rs_diags_no_memory(diags, path, 0);
	else
		rs_diags_add(diags, RS_LEVEL_ERROR, path, 0, "cannot be read as a MaxMind DB: %s",
			     MMDB_strerror(ret));
	if (mmdb != NULL)
		free(mmdb->path);
	free(mmdb);
	return NULL;
}
