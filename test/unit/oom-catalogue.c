/* SPDX-License-Identifier: MIT */
/* Feeds, ASN databases, the catalogue and its compilation. */
#include "oom.h"

#include "oom-inject.h"
#include "tiny-mmdb.h"
#include "unit.h"

#include <relaysentry/compile.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void note_nets(struct oom_run *run, const struct rs_net *nets, size_t count)
{
	char buf[RS_NET_STRLEN];

	for (size_t i = 0; i < count; i++)
		oom_note(run, "%s\n", rs_net_format(&nets[i], buf));
}

/* A feed, its selection, and where both lie. */
struct feed {
	const char *format, *text, *select;
	const char *path;
	struct rs_json_doc *doc;
};

static int read_feed(struct oom_run *run, const void *context)
{
	const struct feed *feed = context;
	struct rs_nets nets = { 0 };
	int ret =
		rs_feed_read(feed->format, feed->path,
			     feed->doc != NULL ? rs_json_root(feed->doc) : NULL, &nets, run->diags);

	if (ret == 0)
		note_nets(run, nets.nets, nets.count);
	rs_nets_free(&nets);
	return ret;
}

#define NETS "\"192.0.2.0/24\", \"198.51.100.0/24\", \"2001:db8::/32\""
static struct feed feeds[] = {
	{ .format = "aws",
	  .text = "{\"prefixes\": [{\"ip_prefix\": \"192.0.2.0/24\", \"region\": \"eu\", "
		  "\"service\": \"EC2\"}], \"ipv6_prefixes\": [{\"ipv6_prefix\": "
		  "\"2001:db8::/32\", \"region\": \"us\", \"service\": \"S3\"}]}",
	  .select = "{\"service\": [\"EC2\", \"S3\", \"none\"]}" },
	{ .format = "azure",
	  .text = "{\"values\": [{\"name\": \"A\", \"properties\": {\"region\": \"\", "
		  "\"systemService\": \"S\", \"addressPrefixes\": [" NETS "]}}]}",
	  .select = "{\"name\": \"A\", \"region\": \"\"}" },
	{ .format = "office365",
	  .text = "[{\"id\": 1, \"serviceArea\": \"Exchange\", \"ips\": [" NETS "], "
		  "\"category\": \"Optimize\", \"required\": true}]",
	  .select = "{\"id\": 1, \"required\": true}" },
	{ .format = "google",
	  .text = "{\"prefixes\": [{\"ipv4Prefix\": \"192.0.2.0/24\", \"scope\": \"eu\"}, "
		  "{\"ipv6Prefix\": \"2001:db8::/32\", \"scope\": \"us\"}]}" },
	{ .format = "oracle",
	  .text = "{\"regions\": [{\"region\": \"eu\", \"cidrs\": [{\"cidr\": "
		  "\"192.0.2.0/24\", \"tags\": [\"OCI\", \"X\"]}]}]}",
	  .select = "{\"tags\": \"X\"}" },
	{ .format = "fastly",
	  .text = "{\"addresses\": [\"192.0.2.0/24\"], \"ipv6_addresses\": [\"2001:db8::/32\"]}" },
	{ .format = "github",
	  .text = "{\"hooks\": [" NETS "], \"other\": [\"x\"]}",
	  .select = "{\"key\": \"hooks\"}" },
	{ .format = "geofeed",
	  .text = "192.0.2.0/24,DE,,,\n198.51.100.7,DE,,,\n2001:db8::/32,US,,,\n",
	  .select = "{\"country\": \"de\"}" },
	{ .format = "list",
	  .text = "# networks\n192.0.2.0/24\n198.51.100.7/24\n2001:db8::/32 # host bits above\n" },
	{ .format = "spamhaus",
	  .text = "{\"cidr\":\"192.0.2.0/24\",\"sblid\":\"SBL1\"}\n"
		  "{\"cidr\":\"2001:db8::/32\"}\n{\"type\":\"metadata\"}\n" },
};

static int add_asn(const struct rs_net *net, uint32_t asn, const char *org, void *context)
{
	char buf[RS_NET_STRLEN];

	oom_note(context, "%s %u %s\n", rs_net_format(net, buf), asn, org);
	return 0;
}

static int read_asns(struct oom_run *run, const void *context)
{
	static const uint32_t asns[] = { 64496, 64497 };
	struct rs_asndb *db = rs_asndb_open(context, run->diags);
	const char *org = "none", *error;
	uint32_t asn = 0;
	struct rs_net net;
	int ret;

	if (db == NULL)
		return -1;
	oom_pause();
	(void)rs_net_parse("192.0.2.128/25", 14, &net, NULL, NULL, &error);
	oom_resume();
	ret = rs_asndb_flatten(db, asns, RS_COUNT(asns), add_asn, run, run->diags);
	if (ret == 0) {
		(void)rs_asndb_lookup(db, &net, &asn, &org);
		oom_note(run, "%u %s\n", asn, org);
	}
	rs_asndb_close(&db);
	return ret;
}

static const char *catalogue_path;
static const char *asn_path;

static void note_relay(struct oom_run *run, const struct rs_relay_def *def)
{
	oom_note(run, "%s|%s|%s|%s|%s|%d|%d|%lld|%d|%d|%s:%u\n", def->id, def->name, def->vendor,
		 def->stores_credentials, def->comment, def->class_, def->confidence,
		 (long long)def->expires, def->disabled, def->wide, def->file, def->line);
	for (size_t i = 0; i < def->network_count; i++)
		note_nets(run, &def->networks[i].net, 1);
	for (size_t i = 0; i < def->list_count; i++)
		oom_note(run, "list %s\n", def->lists[i].file);
	for (size_t i = 0; i < def->asn_count; i++)
		oom_note(run, "asn %u\n", def->asns[i]);
	for (size_t i = 0; i < def->feed_count; i++)
		oom_note(run, "feed %s %s %d\n", def->feeds[i].format, def->feeds[i].file,
			 def->feeds[i].select != NULL);
	for (size_t i = 0; i < def->seen_app_count; i++)
		oom_note(run, "app %s\n", def->seen_apps[i]);
	for (size_t i = 0; i < def->evidence_count; i++) {
		oom_note(run, "evidence %s %s %lld\n", def->evidence[i].source,
			 def->evidence[i].checked, (long long)def->evidence[i].expires);
		note_nets(run, def->evidence[i].networks, def->evidence[i].network_count);
	}
}

static int load_catalogue(struct oom_run *run, const void *context)
{
	const char *paths[] = { catalogue_path, catalogue_path };
	struct rs_catalogue *catalogue = rs_catalogue_load(paths, RS_COUNT(paths), run->diags);
	int ret = -1;

	(void)context;
	if (catalogue != NULL && rs_diags_count(run->diags, RS_LEVEL_ERROR) == 0) {
		for (size_t i = 0; i < rs_catalogue_count(catalogue); i++)
			note_relay(run, rs_catalogue_get(catalogue, i));
		ret = 0;
	}
	rs_catalogue_free(&catalogue);
	return ret;
}

static int compile(struct oom_run *run, const void *context)
{
	const struct rs_compile_options options = { .asn_path = asn_path, .now = 1795000000 };
	const char *paths[] = { catalogue_path };
	struct rs_catalogue *catalogue;
	struct rs_compiled *compiled = NULL;
	unsigned char *data = NULL;
	size_t size = 0;
	int ret = -1;

	oom_pause();
	catalogue = rs_catalogue_load(paths, RS_COUNT(paths), run->diags);
	oom_resume();
	compiled = rs_compile(catalogue, &options, run->diags);
	if (compiled == NULL || rs_diags_count(run->diags, RS_LEVEL_ERROR) > 0 ||
	    rs_compiled_build(compiled, &data, &size, NULL, run->diags) < 0)
		goto out;
	for (size_t i = 0; i < rs_compiled_count(compiled); i++) {
		const struct rs_compile_relay *relay = rs_compiled_get(compiled, i);

		oom_note(run, "%s %zu %zu\n", relay->def->id, relay->expired_count,
			 relay->asn_missing_count);
		note_nets(run, relay->nets, relay->net_count);
	}
	for (size_t i = 0; i < size; i++)
		oom_note(run, "%02x", data[i]);
	ret = context == NULL ? 0 : rs_publish(context, data, size, 0644, true, run->diags);
out:
	free(data);
	rs_compiled_free(&compiled);
	rs_catalogue_free(&catalogue);
	return ret;
}

static void make_feeds(void)
{
	char name[64];

	for (size_t i = 0; i < RS_COUNT(feeds); i++) {
		struct feed *feed = &feeds[i];

		(void)snprintf(name, sizeof(name), "feed-%s", feed->format);
		feed->path = rs_unit_write_text(name, feed->text);
		if (feed->select != NULL)
			feed->doc = rs_json_parse("select", feed->select, strlen(feed->select),
						  NULL, NULL);
		oom_add(feed->format, read_feed, feed);
	}
}

static void make_asns(void)
{
	static const struct tiny_record records[] = {
		{ "192.0.2.0/24",
		  { "autonomous_system_number", "=64496", "autonomous_system_organization",
		    "One" } },
		{ "198.51.100.0/24", { "asn", "AS64497", "as_name", "Two" } },
		{ "2001:db8::/32", { "autonomous_system_number", "=64496" } },
	};
	const struct tiny_mmdb mmdb = { .ip_version = 6,
					.records = records,
					.record_count = RS_COUNT(records) };

	asn_path = rs_unit_write_text("asn.tsv", "192.0.2.0\t192.0.2.255\t64496\tDE\tOne\n"
						 "198.51.100.0\t198.51.102.255\t64497\tDE\tTwo\n"
						 "2001:db8::\t2001:db8:1:ffff:ffff:ffff:ffff:ffff"
						 "\t64496\tDE\tOne\n");
	oom_add("asn-tsv", read_asns, asn_path);
	oom_add("asn-mmdb", read_asns, tiny_mmdb_write("asn.mmdb", &mmdb))->mmdb = true;
}

#define EVIDENCE "\"evidence\": [{\"source\": \"" OOM_LONG "\", \"checked\": \"2026-01-01\"}]"

static void make_catalogue(void)
{
	struct oom_case *publishing;

	(void)rs_unit_write_text(
		"relays.d/a.json",
		"{ \"relays\": [ { \"id\": \"mobile\", \"name\": \"" OOM_LONG
		"\", \"vendor\": \"V\",\n"
		"\"class\": \"mail-relay\", \"stores_credentials\": \"password\", \"confidence\":"
		"\"documented\", \"comment\": \"c\", \"networks\": [" NETS "], \"lists\": "
		"[\"../feed-list\"], \"evidence\": [{\"source\": \"s\", \"checked\": "
		"\"2026-01-01\", "
		"\"networks\": [\"192.0.2.0/24\"], \"expires\": \"2026-02-01\"}, {\"source\": "
		"\"t\","
		"\"checked\": \"2026-01-01\"}]},\n"
		"{ \"id\": \"other\", \"class\": \"mail-relay\", \"confidence\": \"observed\",\n"
		"\"networks\": [\"192.0.2.0/25\"], " EVIDENCE "}]}\n");
	(void)rs_unit_write_text(
		"relays.d/b.json",
		"{ \"relays\": [ { \"id\": \"cloud\", \"class\": \"cloud\", \"confidence\": "
		"\"shared\", "
		"\"asns\": [64497, 64496, 64499], \"seen_apps\": [\"One\", \"Two\"], \"feeds\": "
		"[{\"format\": \"aws\", \"file\": \"../feed-aws\", \"select\": {\"service\": "
		"\"EC2\"}}], " EVIDENCE "},\n"
		"{ \"id\": \"off\", \"disabled\": true, \"class\": \"cloud\"}]}\n");
	catalogue_path = rs_unit_path("relays.d");
	oom_add("catalogue", load_catalogue, NULL)->silent = true;
	oom_add("compile", compile, NULL)->silent = true;
	publishing = oom_add("publish", compile, rs_unit_path("published.mmdb"));
	publishing->silent = publishing->mmdb = true;
}

void oom_add_catalogue(void)
{
	make_feeds();
	make_asns();
	make_catalogue();
}

const char *oom_write_database(void)
{
	const struct rs_compile_options options = { .asn_path = asn_path, .now = 1795000000 };
	const char *path = rs_unit_path("relays.mmdb");
	struct rs_diags *diags = rs_diags_new();
	struct rs_catalogue *catalogue = rs_catalogue_load(&catalogue_path, 1, diags);
	struct rs_compiled *compiled = rs_compile(catalogue, &options, diags);
	unsigned char *data = NULL;
	size_t size;

	if (rs_compiled_build(compiled, &data, &size, NULL, diags) < 0 ||
	    rs_publish(path, data, size, 0644, true, diags) < 0) {
		fprintf(stderr, "oom-tests: cannot make the database:\n%s", rs_unit_diags(diags));
		exit(2);
	}
	free(data);
	rs_compiled_free(&compiled);
	rs_catalogue_free(&catalogue);
	rs_diags_free(&diags);
	return path;
}
