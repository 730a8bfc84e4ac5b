/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "audit.h"

#include <relaysentry/readfile.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define HASH_BITS 48

static int random_key(unsigned char *key_r)
{
	size_t have = 0;

	while (have < RS_SIPHASH_KEY_SIZE) {
		ssize_t got = getrandom(key_r + have, RS_SIPHASH_KEY_SIZE - have, 0);

		if (got < 0 && errno != EINTR) {
			rs_cli_message(RS_LEVEL_ERROR,
				       "--anonymize: the system gives no random key: %s; name "
				       "one with --anonymize-key",
				       strerror(errno));
			return EX_OSERR;
		}
		have += got > 0 ? (size_t)got : 0;
	}
	return 0;
}

/* All bytes of the file count, however they are spread: each half of the key is a hash over
 * them. */
static void key_of(const char *data, size_t size, unsigned char *key_r)
{
	static const unsigned char halves[2][RS_SIPHASH_KEY_SIZE + 1] = { "relaysentry key0",
									  "relaysentry key1" };

	for (size_t i = 0; i < 2; i++) {
		uint64_t hash = rs_siphash(halves[i], data, size);

		memcpy(key_r + i * sizeof(hash), &hash, sizeof(hash));
	}
}

static int check_key(const char *path, size_t size, const struct stat *st)
{
	if (size < AUDIT_KEY_MIN) {
		rs_cli_message(RS_LEVEL_ERROR,
			       "%s: is too short for a key: it has %zu bytes, and %u are needed; "
			       "make one with head -c 32 /dev/urandom",
			       path, size, AUDIT_KEY_MIN);
		return EX_DATAERR;
	}
	if ((st->st_mode & S_IROTH) != 0)
		rs_cli_message(RS_LEVEL_WARNING,
			       "%s: all users of this host can read the key, and with it try "
			       "names; chmod o-r it, or make a new one",
			       path);
	return 0;
}

int rs_audit_key(const char *path, unsigned char *key_r)
{
	struct rs_diags *diags;
	struct stat st;
	char *data;
	size_t size;
	int status;

	if (path == NULL)
		return random_key(key_r);
	diags = rs_diags_new();
	if (diags == NULL)
		return rs_cli_no_memory();
	if (rs_readfile(path, AUDIT_KEY_MAX, &data, &size, &st, diags) < 0) {
		status = rs_cli_load_failed(&st, diags);
	} else {
		status = check_key(path, size, &st);
		key_of(data, size, key_r);
		free(data);
	}
	rs_diags_free(&diags);
	return status;
}

const char *rs_audit_alias(const unsigned char *key, const char *name, char buf[AUDIT_ALIAS_SIZE])
{
	uint64_t hash = rs_siphash(key, name, strlen(name)) >> (64 - HASH_BITS);

	snprintf(buf, AUDIT_ALIAS_SIZE, "user-%012" PRIx64, hash);
	return buf;
}

const char *rs_audit_hidden_address(const struct rs_ip *ip, char buf[RS_NET_STRLEN])
{
	struct rs_net net = { .ip = *ip, .prefix = ip->family == AF_INET ? 24 : 48 };

	rs_ip_mask(&net.ip, net.prefix);
	return rs_net_format(&net, buf);
}
