/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <relaysentry/compile.h>
#include <relaysentry/relaydb.h>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define EVIDENCE                                                                                   \
	"\"confidence\": \"documented\", \"evidence\": [ { \"source\": \"s\", \"checked\": "       \
	"\"2026-11-01\" } ]"
#define NOW 1795000000 /* 2026-11-18 */

struct compiled {
	struct rs_catalogue *catalogue;
	struct rs_compiled *compiled;
	struct rs_diags *diags;
};

static void compile(const char *catalogue, const char *asn_path, struct compiled *c)
{
	const char *path = rs_unit_write_text("compile/relays.json", catalogue);
	const struct rs_compile_options options = { .asn_path = asn_path, .now = NOW };

	c->diags = rs_diags_new();
	c->catalogue = rs_catalogue_load(&path, 1, c->diags);
	c->compiled = rs_compile(c->catalogue, &options, c->diags);
}

static void release(struct compiled *c)
{
	rs_compiled_free(&c->compiled);
	rs_catalogue_free(&c->catalogue);
	rs_diags_free(&c->diags);
}

/* "id:net net ...;" of all relays. */
static const char *networks(const struct rs_compiled *compiled)
{
	static char text[4096];
	char *end = text;

	text[0] = '\0';
	for (size_t i = 0; i < rs_compiled_count(compiled); i++) {
		const struct rs_compile_relay *relay = rs_compiled_get(compiled, i);

		end += sprintf(end, "%s:", relay->def->id);
		for (size_t n = 0; n < relay->net_count; n++) {
			char net[RS_NET_STRLEN];

			end += sprintf(end, "%s%s", n > 0 ? " " : "",
				       rs_net_format(&relay->nets[n], net));
		}
		end += sprintf(end, ";");
	}
	return text;
}

static void test_collect(void)
{
	static const char asn_table[] = "198.51.100.0\t198.51.100.255\t64500\tUS\tORG A\n"
					"203.0.113.0\t203.0.113.255\t64501\tUS\tORG B\n"
					"12.0.0.0\t12.255.255.255\t64502\tUS\tORG WIDE\n"
					"16.0.0.0\t31.255.255.255\t64503\tUS\tORG TOO WIDE\n";
	static const struct {
		const char *label, *relays, *want, *diag;
		bool asn;
		size_t errors, warnings;
	} cases[] = {
		{ "inline networks are sorted",
		  "{\"id\":\"a\",\"name\":\"A\",\"vendor\":\"V\",\"class\":\"cloud\","
		  "\"networks\":[\"2001:db8::/32\",\"198.51.100.0/24\",\"192.0.2.0/24\"]," EVIDENCE
		  "}",
		  "a:192.0.2.0/24 198.51.100.0/24 2001:db8::/32;", NULL, false, 0, 0 },
		{ "a disabled relay is left out",
		  "{\"id\":\"a\",\"name\":\"A\",\"vendor\":\"V\",\"class\":\"cloud\",\"disabled\":"
		  "true,"
		  "\"networks\":[\"192.0.2.0/24\"]," EVIDENCE "}",
		  "", NULL, false, 0, 0 },
		{ "expired evidence",
		  "{\"id\":\"a\",\"name\":\"A\",\"vendor\":\"V\",\"class\":\"mail-relay\","
		  "\"networks\":[\"192.0.2.0/24\"],"
		  "\"confidence\":\"observed\",\"evidence\":[{\"source\":\"s\",\"checked\":\"2026-"
		  "01-01\","
		  "\"expires\":\"2026-06-01\"}]}",
		  "a:;", "relay \"a\": 1 of 1 networks left out", false, 0, 0 },
		{ "ASNs without a database",
		  "{\"id\":\"a\",\"name\":\"A\",\"vendor\":\"V\",\"class\":\"cloud\",\"asns\":["
		  "64500,64501]," EVIDENCE "}",
		  "a:;", "2 ASNs are not covered without an ASN database", false, 0, 0 },
		{ "ASNs with a database",
		  "{\"id\":\"a\",\"name\":\"A\",\"vendor\":\"V\",\"class\":\"cloud\",\"asns\":["
		  "64500,64501,64999]," EVIDENCE "}",
		  "a:198.51.100.0/24 203.0.113.0/24;", "AS64999 has no network in", true, 0, 0 },
		{ "clouds announce wide networks",
		  "{\"id\":\"a\",\"name\":\"A\",\"vendor\":\"V\",\"class\":\"cloud\",\"asns\":["
		  "64502]," EVIDENCE "}",
		  "a:12.0.0.0/8;", NULL, true, 0, 0 },
		{ "but nobody announces this",
		  "{\"id\":\"a\",\"name\":\"A\",\"vendor\":\"V\",\"class\":\"cloud\",\"asns\":["
		  "64503]," EVIDENCE "}",
		  "a:;", "16.0.0.0/4 of relay \"a\" is wider than anything", true, 1, 0 },
		{ "a list",
		  "{\"id\":\"a\",\"name\":\"A\",\"vendor\":\"V\",\"class\":\"cloud\",\"lists\":["
		  "\"list.txt\"]," EVIDENCE "}",
		  "a:192.0.2.0/25 192.0.2.128/25;", NULL, false, 0, 0 },
		{ "a list that is missing",
		  "{\"id\":\"a\",\"name\":\"A\",\"vendor\":\"V\",\"class\":\"cloud\",\"lists\":["
		  "\"missing.txt\"]," EVIDENCE "}",
		  "a:;", "missing.txt", false, 1, 0 },
		{ "a wide network in a list",
		  "{\"id\":\"a\",\"name\":\"A\",\"vendor\":\"V\",\"class\":\"cloud\",\"lists\":["
		  "\"wide.txt\"]," EVIDENCE "}",
		  "a:192.0.2.0/24;", "10.0.0.0/8 of relay \"a\" is wider than /11", false, 1, 0 },
		{ "a wide network in a list that is meant",
		  "{\"id\":\"a\",\"name\":\"A\",\"vendor\":\"V\",\"class\":\"cloud\",\"wide\":true,"
		  "\"lists\":[\"wide.txt\"]," EVIDENCE "}",
		  "a:10.0.0.0/8 192.0.2.0/24;", NULL, false, 0, 0 },
		{ "a default route in a list is never meant",
		  "{\"id\":\"a\",\"name\":\"A\",\"vendor\":\"V\",\"class\":\"cloud\",\"wide\":true,"
		  "\"lists\":[\"default.txt\"]," EVIDENCE "}",
		  "a:;", "0.0.0.0/0 of relay \"a\" is a default route", false, 1, 0 },
		{ "6to4 in a list",
		  "{\"id\":\"a\",\"name\":\"A\",\"vendor\":\"V\",\"class\":\"cloud\",\"lists\":["
		  "\"6to4.txt\"]," EVIDENCE "}",
		  "a:;", "give the IPv4 network instead", false, 1, 0 },
		{ "mail-relays that overlap",
		  "{\"id\":\"a\",\"name\":\"A\",\"vendor\":\"V\",\"class\":\"mail-relay\","
		  "\"networks\":[\"192.0.2.0/24\"]," EVIDENCE "},"
		  "{\"id\":\"b\",\"name\":\"B\",\"vendor\":\"V\",\"class\":\"mail-relay\","
		  "\"networks\":[\"192.0.2.0/25\",\"192.0.2.128/25\"]," EVIDENCE "}",
		  "a:192.0.2.0/24;b:192.0.2.0/25 192.0.2.128/25;",
		  "192.0.2.0/25 of mail-relay \"b\" lies in 192.0.2.0/24 of mail-relay \"a\" (2 "
		  "such networks)",
		  false, 0, 1 },
		{ "a mail-relay in a cloud is as it should be",
		  "{\"id\":\"a\",\"name\":\"A\",\"vendor\":\"V\",\"class\":\"cloud\",\"networks\":["
		  "\"192.0.2.0/24\"]," EVIDENCE "},"
		  "{\"id\":\"b\",\"name\":\"B\",\"vendor\":\"V\",\"class\":\"mail-relay\","
		  "\"networks\":[\"192.0.2.0/25\"]," EVIDENCE "}",
		  "a:192.0.2.0/24;b:192.0.2.0/25;", NULL, false, 0, 0 },
	};
	const char *asn = rs_unit_write_text("compile/asn.tsv", asn_table);

	rs_unit_write_text("compile/list.txt", "192.0.2.128/25\n192.0.2.0/25\n192.0.2.0/25\n");
	rs_unit_write_text("compile/wide.txt", "192.0.2.0/24\n10.0.0.0/8\n");
	rs_unit_write_text("compile/default.txt", "0.0.0.0/0\n");
	rs_unit_write_text("compile/6to4.txt", "2002:c000:200::/40\n");
	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		struct compiled c;
		char text[4096];

		snprintf(text, sizeof(text), "{ \"relays\": [ %s ] }", cases[i].relays);
		compile(text, cases[i].asn ? asn : NULL, &c);
		RS_CHECK_STR(cases[i].label, networks(c.compiled), cases[i].want);
		RS_CHECK(cases[i].label,
			 rs_diags_count(c.diags, RS_LEVEL_ERROR) == cases[i].errors &&
				 rs_diags_count(c.diags, RS_LEVEL_WARNING) == cases[i].warnings,
			 "%s", rs_unit_diags(c.diags));
		if (cases[i].diag != NULL)
			RS_CHECK(cases[i].label, rs_unit_diags_have(c.diags, cases[i].diag), "%s",
				 rs_unit_diags(c.diags));
		release(&c);
	}
}

static void test_build(void)
{
	const char *asn =
		rs_unit_write_text("compile/asn.tsv", "192.0.2.0\t192.0.2.255\t64500\tUS\tORG A\n");
	const struct rs_match *match;
	struct rs_ip ip = { AF_INET, { 192, 0, 2, 1 } };
	struct rs_relaydb_info info;
	struct rs_relaydb *db = NULL;
	struct rs_mmdbw_stats stats;
	unsigned char *data = NULL;
	struct compiled c;
	size_t size = 0;

	compile("{ \"relays\": [ {\"id\":\"a\",\"name\":\"A\",\"vendor\":\"V\",\"class\":\"cloud\","
		"\"networks\":[\"192.0.2.0/24\"]," EVIDENCE "}, {\"id\":\"none\",\"name\":\"N\","
		"\"vendor\":\"V\",\"class\":\"cloud\",\"asns\":[64999]," EVIDENCE "} ] }",
		asn, &c);
	RS_CHECK_INT("build", rs_compiled_build(c.compiled, &data, &size, &stats, c.diags), 0);
	db = rs_relaydb_load_memory("built", data, size, c.diags);
	if (RS_CHECK("load", db != NULL, "%s", rs_unit_diags(c.diags))) {
		RS_CHECK_INT("found", rs_relaydb_lookup(db, &ip, &match), 1);
		RS_CHECK_INT("the ASN of an inline network", match->asn, 64500);
		RS_CHECK_STR("its organisation", match->as_org, "ORG A");
		RS_CHECK("a relay without networks is not known",
			 rs_relaydb_find(db, "none") == NULL);
		rs_relaydb_info(db, &info);
		RS_CHECK_INT("build time", info.build_epoch, NOW);
	}
	rs_relaydb_free(&db);
	free(data);
	release(&c);
}

/* Names in the folder besides . and .., for what is left behind. */
static size_t entries(const char *folder)
{
	DIR *dir = opendir(folder);
	size_t count = 0;

	while (dir != NULL && readdir(dir) != NULL)
		count++;
	if (dir != NULL)
		closedir(dir);
	return count < 2 ? 0 : count - 2;
}

static void check_kept(const char *label, const char *path, const char *want)
{
	char *data = NULL;
	size_t size;

	if (RS_CHECK(label, rs_unit_read(path, &data, &size) == 0))
		RS_CHECK_STR(label, data, want);
	free(data);
}

static void test_publish(void)
{
	const char *path = rs_unit_write_text("publish/file", "old"),
		   *folder = rs_unit_path("publish");
	struct rs_diags *diags = rs_diags_new();
	struct stat old, new;
	mode_t mask = umask(077);

	(void)stat(path, &old);
	RS_CHECK_INT("publish", rs_publish(path, "new", 3, 0644, false, diags), 0);
	(void)umask(mask);
	(void)stat(path, &new);
	check_kept("new content", path, "new");
	RS_CHECK_INT("mode whatever the umask", new.st_mode & 07777, 0644);
	RS_CHECK("another file, not the old one changed", new.st_ino != old.st_ino);
	RS_CHECK_INT("nothing left behind", entries(folder), 1);
	RS_CHECK_INT("a file that does not verify",
		     rs_publish(path, "rubbish", 7, 0644, true, diags), -1);
	check_kept("the old one stays", path, "new");
	RS_CHECK_INT("nothing left behind", entries(folder), 1);
	RS_CHECK("it says so", rs_unit_diags_have(diags, "the old one stays"));
	for (size_t i = 0; i < rs_diags_kept(diags); i++)
		RS_CHECK_STR("by the name that was asked for", rs_diags_get(diags, i)->file, path);
	RS_CHECK_INT("publish where nothing was",
		     rs_publish(rs_unit_path("publish/other"), "x", 1, 0600, false, diags), 0);
	rs_diags_free(&diags);
}

static void test_publish_stale(void)
{
	static const struct {
		const char *label, *name;
		bool locked, gone;
	} cases[] = {
		{ "left by a process that was killed", "stale/.file.relaysentry-aZ09zQ", false,
		  true },
		{ "another process writes it", "stale/.file.relaysentry-bbbbbb", true, false },
		{ "of another file", "stale/.other.relaysentry-cccccc", false, false },
		{ "a name that is longer", "stale/.file.relaysentry-ddddddd", false, false },
		{ "a name that is shorter", "stale/.file.relaysentry-eeeee", false, false },
		{ "a name that mkostemp() does not make", "stale/.file.relaysentry-fff.ff", false,
		  false },
		{ "the administrator's own", "stale/.file.backup", false, false },
	};
	const char *path = rs_unit_path("stale/file"),
		   *link = rs_unit_path("stale/.file.relaysentry-gggggg");
	struct rs_diags *diags = rs_diags_new();
	int fds[RS_COUNT(cases)];
	struct stat st;

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		fds[i] = open(rs_unit_write_text(cases[i].name, "half"), O_RDWR | O_CLOEXEC);
		if (cases[i].locked)
			RS_CHECK_INT(cases[i].label, flock(fds[i], LOCK_EX), 0);
	}
	RS_CHECK_INT("link", symlink(".file.backup", link), 0);
	RS_CHECK_INT("publish", rs_publish(path, "new", 3, 0644, false, diags), 0);
	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		RS_CHECK_INT(cases[i].label, fstat(fds[i], &st), 0);
		RS_CHECK_INT(cases[i].label, st.st_nlink, cases[i].gone ? 0 : 1);
		(void)close(fds[i]);
	}
	RS_CHECK_INT("a link is nobody's temporary file", lstat(link, &st), 0);
	RS_CHECK_INT("no more is there", entries(rs_unit_path("stale")), RS_COUNT(cases) + 1);
	rs_diags_free(&diags);
}

static void test_publish_refused(void)
{
	const char *target = rs_unit_write_text("refused/target", "old");
	static const struct {
		const char *label, *name, *want;
	} cases[] = {
		{ "a symbolic link", "refused/link", "symbolic link" },
		{ "a link to nothing", "refused/dangling", "symbolic link" },
		{ "a folder", "refused/folder", "this is a folder" },
		{ "a FIFO", "refused/fifo", "no regular file" },
		{ "a folder that does not exist", "refused/missing/file", "No such file" },
		{ "a name that ends with a slash", "refused/folder/", "folder" },
	};

	RS_CHECK_INT("link", symlink(target, rs_unit_path("refused/link")), 0);
	RS_CHECK_INT("link", symlink("nowhere", rs_unit_path("refused/dangling")), 0);
	RS_CHECK_INT("folder", mkdir(rs_unit_path("refused/folder"), 0755), 0);
	RS_CHECK_INT("FIFO", mkfifo(rs_unit_path("refused/fifo"), 0600), 0);
	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		struct rs_diags *diags = rs_diags_new();
		int ret = rs_publish(rs_unit_path(cases[i].name), "new", 3, 0644, false, diags);

		RS_CHECK_INT(cases[i].label, ret, -1);
		RS_CHECK(cases[i].label, rs_unit_diags_have(diags, cases[i].want), "%s",
			 rs_unit_diags(diags));
		rs_diags_free(&diags);
	}
	check_kept("what the link leads to", target, "old");
	RS_CHECK_INT("nothing left behind", entries(rs_unit_path("refused")), 5);
}

static volatile sig_atomic_t signals;

static void count_signal(int number)
{
	(void)number;
	signals++;
}

static void test_publish_signal(void)
{
	struct sigaction action = { .sa_handler = count_signal }, before;
	struct rs_diags *diags = rs_diags_new();
	const char *path = rs_unit_write_text("signal/file", "old");
	sigset_t set;

	(void)sigaction(SIGTERM, &action, &before);
	RS_CHECK_INT("publish", rs_publish(path, "new", 3, 0644, false, diags), 0);
	(void)sigprocmask(SIG_SETMASK, NULL, &set);
	RS_CHECK("signals come again afterwards", sigismember(&set, SIGTERM) == 0);
	(void)raise(SIGTERM);
	RS_CHECK_INT("and are taken", signals, 1);
	(void)sigaction(SIGTERM, &before, NULL);
	rs_diags_free(&diags);
}

void rs_suite_compile(CU_pSuite suite)
{
	CU_add_test(suite, "networks come from all sources, and what is missing is said",
		    test_collect);
	CU_add_test(suite, "records know the ASN of a network", test_build);
	CU_add_test(suite, "a file is replaced as a whole or not at all", test_publish);
	CU_add_test(suite, "what a killed process has left is removed", test_publish_stale);
	CU_add_test(suite, "only regular files are replaced", test_publish_refused);
	CU_add_test(suite, "signals are blocked only while a file is published",
		    test_publish_signal);
}
