/* SPDX-License-Identifier: MIT */
#include "compile-internal.h"

#include <errno.h>
#include <string.h>

#define DESCRIPTION "relaysentry: servers of others that log in to mail servers"

static int insert_relay(struct rs_mmdbw *w, const struct rs_compiled *c, size_t i)
{
	const struct rs_compile_relay *relay = &c->relays[i];
	int number;

	/* A relay without networks is unknown to the database, and rules that name
	 * it are then reported. */
	if (relay->net_count == 0)
		return 0;
	number = rs_mmdbw_relay(w, relay->def->id, relay->def->name, relay->def->class_);
	if (number < 0)
		return -1;
	for (size_t n = 0; n < relay->net_count; n++) {
		const char *org = "";
		uint32_t asn = 0;

		if (c->asndb != NULL &&
		    rs_asndb_lookup(c->asndb, &relay->nets[n], &asn, &org) == 0) {
			asn = 0;
			org = "";
		}
		if (rs_mmdbw_insert(w, number, &relay->nets[n], asn, org) < 0)
			return -1;
	}
	return 0;
}

int rs_compiled_build(const struct rs_compiled *compiled, unsigned char **data_r, size_t *size_r,
		      struct rs_mmdbw_stats *stats_r, struct rs_diags *diags)
{
	struct rs_mmdbw *w = rs_mmdbw_new(DESCRIPTION, compiled->now);
	int ret = w == NULL ? -1 : 0;

	for (size_t i = 0; ret == 0 && i < compiled->count; i++)
		ret = insert_relay(w, compiled, i);
	if (ret == 0)
		ret = rs_mmdbw_build(w, data_r, size_r, stats_r);
	if (ret < 0 && errno == ENOMEM)
		rs_diags_no_memory(diags, NULL, 0);
	else if (ret < 0)
		rs_diags_add(diags, RS_LEVEL_ERROR, NULL, 0, "cannot make the relay database: %s",
			     errno == EFBIG ? "it would be too large; leave out networks"
					    : strerror(errno));
	rs_mmdbw_free(&w);
	return ret;
}
