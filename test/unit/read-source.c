/* SPDX-License-Identifier: MIT */
/* Prints what the library reads, for tests that know the answer from elsewhere:
 * read-source FORMAT FILE [SELECT], the distinct networks of a feed;
 * read-source asn FILE ASN..., the networks of the ASNs (ascending). */
#include <relaysentry/json.h>
#include <relaysentry/source.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int add_net(const struct rs_net *net, uint32_t asn, const char *org, void *context)
{
	(void)asn, (void)org;
	return rs_nets_add(context, net);
}

static int read_asns(const char *path, char **texts, struct rs_nets *nets, struct rs_diags *diags)
{
	struct rs_asndb *db = rs_asndb_open(path, diags);
	uint32_t asns[16];
	size_t count = 0;
	int ret = -1;

	for (; texts[count] != NULL && count < 16; count++)
		asns[count] = (uint32_t)strtoul(texts[count], NULL, 10);
	if (db != NULL)
		ret = rs_asndb_flatten(db, asns, count, add_net, nets, diags);
	rs_asndb_close(&db);
	return ret;
}

static int read_feed(char **argv, struct rs_nets *nets, struct rs_diags *diags)
{
	struct rs_json_doc *doc = NULL;
	int ret;

	if (argv[3] != NULL) {
		doc = rs_json_parse("select", argv[3], strlen(argv[3]), NULL, diags);
		if (doc == NULL)
			return -1;
	}
	ret = rs_feed_read(argv[1], argv[2], doc != NULL ? rs_json_root(doc) : NULL, nets, diags);
	rs_json_free(&doc);
	return ret;
}

int main(int argc, char **argv)
{
	struct rs_diags *diags = rs_diags_new();
	struct rs_nets nets = { 0 };
	char text[4096];
	int ret;

	if (argc < 3 || diags == NULL)
		return 2;
	ret = strcmp(argv[1], "asn") == 0 ? read_asns(argv[2], argv + 3, &nets, diags)
					  : read_feed(argv, &nets, diags);
	rs_nets_sort(&nets);
	for (size_t i = 0; i < nets.count; i++)
		puts(rs_net_format(&nets.nets[i], text));
	for (size_t i = 0; i < rs_diags_kept(diags); i++) {
		rs_diag_format(rs_diags_get(diags, i), text, sizeof(text));
		fprintf(stderr, "%s\n", text);
	}
	rs_nets_free(&nets);
	rs_diags_free(&diags);
	return ret == 0 ? 0 : 1;
}
