/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <relaysentry/json.h>
#include <relaysentry/source.h>

#include <stdio.h>
#include <string.h>

struct result {
	int ret;
	char nets[1024]; /* sorted, one blank behind each */
};

static struct result read_feed(const char *format, const char *text, const char *select,
			       struct rs_diags *diags)
{
	const char *path = rs_unit_write_text("feed.txt", text);
	struct rs_json_doc *doc = NULL;
	struct rs_nets nets = { 0 };
	struct result result = { .ret = -2 };
	size_t used = 0;

	if (select != NULL)
		doc = rs_json_parse("select", select, strlen(select), NULL, diags);
	result.ret =
		rs_feed_read(format, path, doc != NULL ? rs_json_root(doc) : NULL, &nets, diags);
	rs_nets_sort(&nets);
	for (size_t i = 0; i < nets.count && used + RS_NET_STRLEN + 1 < sizeof(result.nets); i++) {
		char buf[RS_NET_STRLEN];

		used += (size_t)snprintf(result.nets + used, sizeof(result.nets) - used, "%s ",
					 rs_net_format(&nets.nets[i], buf));
	}
	rs_nets_free(&nets);
	rs_json_free(&doc);
	return result;
}

#define AWS                                                                                        \
	"{\"syncToken\": \"1\", \"prefixes\": ["                                                   \
	"{\"ip_prefix\": \"192.0.2.0/24\", \"region\": \"eu\", \"service\": \"AMAZON\"},"          \
	"{\"ip_prefix\": \"192.0.2.0/24\", \"region\": \"eu\", \"service\": \"EC2\"},"             \
	"{\"ip_prefix\": \"198.51.100.0/24\", \"region\": \"us\", \"service\": \"EC2\"}],"         \
	"\"ipv6_prefixes\": [{\"ipv6_prefix\": \"2001:db8::/32\", \"region\": \"us\", "            \
	"\"service\": \"S3\"}]}"
#define AZURE                                                                                      \
	"{\"changeNumber\": 1, \"values\": ["                                                      \
	"{\"name\": \"A\", \"properties\": {\"region\": \"\", \"systemService\": \"S\", "          \
	"\"addressPrefixes\": [\"192.0.2.0/24\", \"2001:db8::/32\"]}},"                            \
	"{\"name\": \"A.west\", \"properties\": {\"region\": \"west\", \"systemService\": \"S\", " \
	"\"addressPrefixes\": [\"198.51.100.0/24\"]}}]}"
#define OFFICE                                                                                     \
	"[{\"id\": 1, \"serviceArea\": \"Exchange\", \"ips\": [\"192.0.2.0/24\"], "                \
	"\"category\": \"Optimize\", \"required\": true},"                                         \
	"{\"id\": 2, \"serviceArea\": \"Exchange\", \"urls\": [\"a\"], \"required\": true},"       \
	"{\"id\": 3, \"serviceArea\": \"Skype\", \"ips\": [\"198.51.100.0/24\"], "                 \
	"\"required\": false}]"
#define GOOGLE                                                                                     \
	"{\"prefixes\": [{\"ipv4Prefix\": \"192.0.2.0/24\", \"service\": \"Google Cloud\", "       \
	"\"scope\": \"eu\"}, {\"ipv6Prefix\": \"2001:db8::/32\", \"scope\": \"us\"}]}"
#define ORACLE                                                                                     \
	"{\"regions\": [{\"region\": \"eu\", \"cidrs\": [{\"cidr\": \"192.0.2.0/24\", "            \
	"\"tags\": [\"OCI\", \"X\"]}]}, {\"region\": \"us\", \"cidrs\": ["                         \
	"{\"cidr\": \"198.51.100.0/24\", \"tags\": [\"OBJECT_STORAGE\"]}]}]}"
#define GITHUB                                                                                     \
	"{\"verifiable_password_authentication\": false, \"ssh_keys\": [\"ssh-ed25519 AAAA\"], "   \
	"\"hooks\": [\"192.0.2.0/24\"], \"web\": [\"198.51.100.0/24\", \"2001:db8::/32\"], "       \
	"\"domains\": {\"website\": [\"*.github.com\"]}, \"empty\": []}"
#define GEOFEED                                                                                    \
	"\xef\xbb\xbf# a geofeed\r\n192.0.2.0/24,DE,DE-BE,Berlin,\r\n"                             \
	"198.51.100.7,us,,,\r\n2001:db8::/32\r\n\r\n203.0.113.0/24 , US # there\r\n"
#define SPAMHAUS                                                                                   \
	"{\"cidr\":\"192.0.2.0/24\",\"sblid\":\"SBL1\"}\n{\"cidr\":\"2001:db8::/32\"}\n"           \
	"{\"type\":\"metadata\",\"records\":2}\n"

static void test_formats(void)
{
	static const struct {
		const char *label, *format, *text, *select, *want;
	} cases[] = {
		{ "aws", "aws", AWS, NULL, "192.0.2.0/24 198.51.100.0/24 2001:db8::/32 " },
		{ "aws by service", "aws", AWS, "{\"service\": \"EC2\"}",
		  "192.0.2.0/24 198.51.100.0/24 " },
		{ "aws by a list of services", "aws", AWS, "{\"service\": [\"AMAZON\", \"S3\"]}",
		  "192.0.2.0/24 2001:db8::/32 " },
		{ "all members must match", "aws", AWS,
		  "{\"service\": \"EC2\", \"region\": \"us\"}", "198.51.100.0/24 " },
		{ "an empty selection selects all", "aws", AWS, "{}",
		  "192.0.2.0/24 198.51.100.0/24 2001:db8::/32 " },
		{ "aws with IPv6 only", "aws",
		  "{\"ipv6_prefixes\": [{\"ipv6_prefix\": \"2001:db8::/32\"}]}", NULL,
		  "2001:db8::/32 " },
		{ "azure", "azure", AZURE, NULL, "192.0.2.0/24 198.51.100.0/24 2001:db8::/32 " },
		{ "azure by name", "azure", AZURE, "{\"name\": \"A.west\"}", "198.51.100.0/24 " },
		{ "azure by region", "azure", AZURE, "{\"region\": \"\"}",
		  "192.0.2.0/24 2001:db8::/32 " },
		{ "azure by service", "azure", AZURE, "{\"systemService\": \"S\", \"name\": \"A\"}",
		  "192.0.2.0/24 2001:db8::/32 " },
		{ "office365", "office365", OFFICE, NULL, "192.0.2.0/24 198.51.100.0/24 " },
		{ "office365 by number", "office365", OFFICE, "{\"id\": 1}", "192.0.2.0/24 " },
		{ "office365 by truth", "office365", OFFICE, "{\"required\": false}",
		  "198.51.100.0/24 " },
		{ "office365 by area", "office365", OFFICE,
		  "{\"serviceArea\": [\"Exchange\", \"Skype\"], \"id\": [2, 3]}",
		  "198.51.100.0/24 " },
		{ "office365 by category", "office365", OFFICE, "{\"category\": \"Optimize\"}",
		  "192.0.2.0/24 " },
		{ "google", "google", GOOGLE, NULL, "192.0.2.0/24 2001:db8::/32 " },
		{ "google by service, which not all have", "google", GOOGLE,
		  "{\"service\": \"Google Cloud\"}", "192.0.2.0/24 " },
		{ "google by scope", "google", GOOGLE, "{\"scope\": \"us\"}", "2001:db8::/32 " },
		{ "oracle", "oracle", ORACLE, NULL, "192.0.2.0/24 198.51.100.0/24 " },
		{ "oracle by one of the tags", "oracle", ORACLE, "{\"tags\": \"X\"}",
		  "192.0.2.0/24 " },
		{ "oracle by region", "oracle", ORACLE, "{\"region\": \"us\"}",
		  "198.51.100.0/24 " },
		{ "fastly", "fastly",
		  "{\"addresses\": [\"192.0.2.0/24\"], \"ipv6_addresses\": [\"2001:db8::/32\"]}",
		  NULL, "192.0.2.0/24 2001:db8::/32 " },
		{ "github takes what holds networks", "github", GITHUB, NULL,
		  "192.0.2.0/24 198.51.100.0/24 2001:db8::/32 " },
		{ "github by key", "github", GITHUB, "{\"key\": \"hooks\"}", "192.0.2.0/24 " },
		{ "geofeed", "geofeed", GEOFEED, NULL,
		  "192.0.2.0/24 198.51.100.7/32 203.0.113.0/24 2001:db8::/32 " },
		{ "geofeed by country, whatever the case", "geofeed", GEOFEED,
		  "{\"country\": \"US\"}", "198.51.100.7/32 203.0.113.0/24 " },
		{ "list", "list", "192.0.2.0/24\r\n", NULL, "192.0.2.0/24 " },
		{ "spamhaus", "spamhaus", SPAMHAUS, NULL, "192.0.2.0/24 2001:db8::/32 " },
		{ "a JSON feed with a byte order mark", "fastly",
		  "\xef\xbb\xbf{\"addresses\": [\"192.0.2.0/24\"]}\r\n", NULL, "192.0.2.0/24 " },
	};

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		struct rs_diags *diags = rs_diags_new();
		struct result result =
			read_feed(cases[i].format, cases[i].text, cases[i].select, diags);

		RS_CHECK_INT(cases[i].label, result.ret, 0);
		RS_CHECK_STR(cases[i].label, result.nets, cases[i].want);
		RS_CHECK(cases[i].label, rs_diags_kept(diags) == 0, "%s", rs_unit_diags(diags));
		rs_diags_free(&diags);
	}
}

static void test_warnings(void)
{
	static const struct {
		const char *label, *format, *text, *select, *nets, *want;
	} cases[] = {
		{ "host bits", "fastly", "{\"addresses\":\n[\"192.0.2.7/24\"]}", NULL,
		  "192.0.2.0/24 ",
		  "feed.txt:2: addresses[0]: \"192.0.2.7/24\" has host bits set; it is read as "
		  "\"192.0.2.0/24\"" },
		{ "a value that nothing has", "aws", AWS, "{\"service\": [\"EC2\", \"EC3\"]}",
		  "192.0.2.0/24 198.51.100.0/24 ", "service[1]: nothing in " },
		{ "nothing is there", "fastly", "{\"addresses\": []}", NULL, "",
		  "feed.txt: no network was found; is this the right file?" },
		{ "only metadata", "spamhaus", "{\"type\":\"metadata\"}\n", NULL, "",
		  "no network was found" },
		{ "both match, but not together", "aws", AWS,
		  "{\"service\": \"S3\", \"region\": \"eu\"}", "",
		  "no network was found by \"select\"" },
	};

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		struct rs_diags *diags = rs_diags_new();
		struct result result =
			read_feed(cases[i].format, cases[i].text, cases[i].select, diags);

		RS_CHECK_INT(cases[i].label, result.ret, 0);
		RS_CHECK_STR(cases[i].label, result.nets, cases[i].nets);
		RS_CHECK_INT(cases[i].label, rs_diags_count(diags, RS_LEVEL_WARNING), 1);
		RS_CHECK(cases[i].label, rs_unit_diags_have(diags, cases[i].want), "%s",
			 rs_unit_diags(diags));
		rs_diags_free(&diags);
	}
}

static void test_faults(void)
{
	static const struct {
		const char *label, *format, *text, *select, *want;
	} cases[] = {
		{ "unknown format", "amazon", AWS, NULL, "\"amazon\" is not a feed format" },
		{ "no JSON", "aws", "192.0.2.0/24\n", NULL, "feed.txt:1: " },
		{ "aws: wrong top", "aws", "[]", NULL,
		  "must be an object in a feed of format \"aws\"" },
		{ "aws: another feed", "aws", GOOGLE, NULL, "prefixes[0]: has no \"ip_prefix\"" },
		{ "aws: no prefixes", "aws", "{}", NULL,
		  "has neither \"prefixes\" nor \"ipv6_prefixes\"; is this a feed of format "
		  "\"aws\"?" },
		{ "aws: wrong type", "aws", "{\"prefixes\": {}}", NULL,
		  "prefixes: must be a list" },
		{ "aws: entry of a wrong type", "aws", "{\"prefixes\": [3]}", NULL,
		  "prefixes[0]: must be an object" },
		{ "aws: network of a wrong type", "aws", "{\"prefixes\": [\n{\"ip_prefix\": 4}]}",
		  NULL, "feed.txt:2: prefixes[0].ip_prefix: must be a string" },
		{ "aws: no network", "aws", "{\"prefixes\": [{\"ip_prefix\": \"x\"}]}", NULL,
		  "prefixes[0].ip_prefix: \"x\" " },
		{ "azure: no values", "azure", "{}", NULL, "has no \"values\"" },
		{ "azure: no properties", "azure", "{\"values\": [{}]}", NULL,
		  "values[0]: has no \"properties\"" },
		{ "azure: no prefixes", "azure", "{\"values\": [{\"properties\": {}}]}", NULL,
		  "has no \"addressPrefixes\"" },
		{ "office365: no list", "office365", "{}", NULL, "must be a list" },
		{ "office365: ips of a wrong type", "office365", "[{\"ips\": \"192.0.2.0/24\"}]",
		  NULL, "must be a list" },
		{ "google: neither", "google", "{\"prefixes\": [{}]}", NULL,
		  "prefixes[0]: has neither \"ipv4Prefix\" nor \"ipv6Prefix\"" },
		{ "google: null", "google", "{\"prefixes\": [{\"ipv4Prefix\": null}]}", NULL,
		  "must be a network as a string, not null" },
		{ "oracle: no regions", "oracle", "{}", NULL, "has no \"regions\"" },
		{ "oracle: no cidrs", "oracle", "{\"regions\": [{}]}", NULL, "has no \"cidrs\"" },
		{ "oracle: no cidr", "oracle", "{\"regions\": [{\"cidrs\": [{}]}]}", NULL,
		  "regions[0].cidrs[0]: has no \"cidr\"" },
		{ "fastly: neither", "fastly", "{}", NULL, "has neither \"addresses\" nor" },
		{ "github: a key that holds no networks", "github", GITHUB,
		  "{\"key\": \"ssh_keys\"}", "ssh_keys[0]: \"ssh-ed25519 AAAA\" " },
		{ "github: a key that is no list", "github", GITHUB, "{\"key\": \"domains\"}",
		  "domains: must be a list" },
		{ "geofeed: no network", "geofeed", "192.0.2.0/24,DE\nDE,192.0.2.0/24\n", NULL,
		  "feed.txt:2: \"DE\" " },
		{ "geofeed: empty first column", "geofeed", ",DE\n", NULL, "feed.txt:1: \"\" " },
		{ "spamhaus: no JSON", "spamhaus", SPAMHAUS "oops\n", NULL, "feed.txt:4: " },
		{ "spamhaus: no cidr", "spamhaus", "{\"cidr\":\"192.0.2.0/24\"}\n{\"x\":1}\n", NULL,
		  "feed.txt:2: has no \"cidr\"" },
		{ "spamhaus: no network", "spamhaus", "{\"cidr\":\"x\"}\n", NULL, "cidr: \"x\" " },
		{ "spamhaus: a list of ASNs", "spamhaus", "{\"asn\":1}\n{\"asn\":2}\n", NULL,
		  "feed.txt:1: names ASNs, not networks" },
		{ "select that is no object", "aws", AWS, "[]", "must be an object, not a list" },
		{ "select misspelt", "aws", AWS, "{\"servise\": \"EC2\"}",
		  "did you mean \"service\"?" },
		{ "select of another format", "google", GOOGLE, "{\"systemService\": \"x\"}",
		  "systemService" },
		{ "select where nothing can be", "fastly", "{\"addresses\": []}",
		  "{\"region\": \"x\"}", "feeds of format \"fastly\" have nothing to select by" },
		{ "select of a wrong type", "office365", OFFICE, "{\"id\": \"1\"}",
		  "id: must be a whole number, or a list of these, not a string" },
		{ "select of a wrong type in a list", "aws", AWS, "{\"service\": [\"EC2\", 1]}",
		  "service[1]: must be a string" },
		{ "select with an empty list", "aws", AWS, "{\"service\": []}",
		  "service: is an empty list" },
	};

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		struct rs_diags *diags = rs_diags_new();
		struct result result =
			read_feed(cases[i].format, cases[i].text, cases[i].select, diags);

		RS_CHECK_INT(cases[i].label, result.ret, -1);
		RS_CHECK(cases[i].label, rs_unit_diags_have(diags, cases[i].want), "%s",
			 rs_unit_diags(diags));
		rs_diags_free(&diags);
	}
}

static void test_what_is_right_is_kept(void)
{
	struct rs_diags *diags = rs_diags_new();
	struct result result = read_feed(
		"fastly", "{\"addresses\": [\"x\", \"192.0.2.0/24\", 4, \"y\"]}", NULL, diags);

	RS_CHECK_INT("all faults are told", rs_diags_count(diags, RS_LEVEL_ERROR), 3);
	RS_CHECK_STR("the rest is read", result.nets, "192.0.2.0/24 ");
	rs_diags_free(&diags);
}

static void test_every_format_is_known(void)
{
	for (size_t i = 0; rs_feed_formats[i] != NULL; i++)
		RS_CHECK_INT(rs_feed_formats[i], rs_feed_check(rs_feed_formats[i], NULL, NULL), 0);
	RS_CHECK_INT("another", rs_feed_check("x", NULL, NULL), -1);
}

void rs_suite_feed(CU_pSuite suite)
{
	CU_add_test(suite, "each format is read and selected from", test_formats);
	CU_add_test(suite, "what is probably not meant is a warning", test_warnings);
	CU_add_test(suite, "each fault is told", test_faults);
	CU_add_test(suite, "what is right is kept besides faults", test_what_is_right_is_kept);
	CU_add_test(suite, "each announced format can be checked", test_every_format_is_known);
}
