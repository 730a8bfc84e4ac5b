/* SPDX-License-Identifier: MIT */
/* Lists, feeds and ASN databases. The first byte chooses the kind. */
#include "fuzz.h"

#include <relaysentry/json.h>
#include <relaysentry/source.h>

#include <string.h>

static int count_net(const struct rs_net *net, uint32_t asn, const char *org, void *context)
{
	size_t *count = context;

	FUZZ_CHECK(net->prefix <= 128 && asn > 0 && strlen(org) < 65536);
	return ++*count > 10000 ? 1 : 0;
}

static void read_asns(const char *path, struct rs_diags *diags)
{
	static const uint32_t asns[] = { 1, 13, 174, 8075, 64496, UINT32_MAX };
	struct rs_asndb *db = rs_asndb_open(path, diags);
	const char *org, *error;
	struct rs_net net;
	uint32_t asn;
	size_t count = 0;

	if (db == NULL) {
		FUZZ_CHECK(rs_diags_count(diags, RS_LEVEL_ERROR) > 0);
		return;
	}
	(void)rs_asndb_flatten(db, asns, sizeof(asns) / sizeof(asns[0]), count_net, &count, diags);
	FUZZ_CHECK(rs_net_parse("1.0.0.0/24", 10, &net, NULL, NULL, &error) == 0);
	if (rs_asndb_lookup(db, &net, &asn, &org) == 1)
		FUZZ_CHECK(strlen(org) < 65536);
	rs_asndb_close(&db);
	FUZZ_CHECK(db == NULL);
}

static int read_networks(uint8_t kind, const char *path, struct rs_diags *diags)
{
	static const char select_text[] = "{\"service\":[\"EC2\",\"AMAZON\"]}";
	struct rs_json_doc *doc =
		rs_json_parse("select", select_text, sizeof(select_text) - 1, NULL, diags);
	const char *format = NULL;
	struct rs_nets nets = { 0 };
	size_t formats = 0;
	int ret;

	while (rs_feed_formats[formats] != NULL)
		formats++;
	if (kind % (formats + 1) < formats)
		format = rs_feed_formats[kind % (formats + 1)];
	if (format == NULL)
		ret = rs_list_read(path, &nets, diags);
	else
		ret = rs_feed_read(format, path,
				   strcmp(format, "aws") == 0 && kind >= 128 ? rs_json_root(doc)
									     : NULL,
				   &nets, diags);
	rs_nets_sort(&nets);
	for (size_t i = 1; i < nets.count; i++)
		FUZZ_CHECK(rs_net_cmp(&nets.nets[i - 1], &nets.nets[i]) < 0);
	rs_nets_free(&nets);
	rs_json_free(&doc);
	return ret;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rs_diags *diags = rs_diags_new();
	struct fuzz_file file;

	if (size > 0) {
		fuzz_file_open(&file, data + 1, size - 1);
		if (data[0] == 255)
			read_asns(file.path, diags);
		else
			FUZZ_CHECK((read_networks(data[0], file.path, diags) == 0) ==
				   (rs_diags_count(diags, RS_LEVEL_ERROR) == 0));
		fuzz_file_close(&file);
	}
	rs_diags_free(&diags);
	return 0;
}
