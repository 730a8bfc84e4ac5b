/* SPDX-License-Identifier: MIT */
/* What names of rotated logs tell. */
#include "fake-audit.h"

#include "cli/audit-names.h"

#include <stdio.h>
#include <string.h>

static void test_names(void)
{
	static const struct {
		const char *path, *stem;
		enum audit_rotated rotated;
		uint64_t key;
	} cases[] = {
		{ "mail.log", "mail.log", AUDIT_CURRENT, 0 },
		{ "/var/log/mail.log", "/var/log/mail.log", AUDIT_CURRENT, 0 },
		{ "maillog", "maillog", AUDIT_CURRENT, 0 },
		{ "mail.log.gz", "mail.log", AUDIT_CURRENT, 0 },
		{ "mail.log.1", "mail.log", AUDIT_NUMBER, 1 },
		{ "mail.log.0", "mail.log", AUDIT_NUMBER, 0 },
		{ "mail.log.52.gz", "mail.log", AUDIT_NUMBER, 52 },
		{ "/var/log/2026/mail.log.2.zst", "/var/log/2026/mail.log", AUDIT_NUMBER, 2 },
		{ "mail.2.log", "mail.log", AUDIT_NUMBER, 2 },
		{ "maillog-20261101", "maillog", AUDIT_DATED, 20261101 },
		{ "mail.log-20261101.xz", "mail.log", AUDIT_DATED, 20261101 },
		{ "mail.log-2026-11-01.bz2", "mail.log", AUDIT_DATED, 20261101 },
		{ "mail.log.20261101", "mail.log", AUDIT_DATED, 20261101 },
		{ "mail.log_20261101", "mail.log", AUDIT_DATED, 20261101 },
		{ "mail-20261101.log.gz", "mail.log", AUDIT_DATED, 20261101 },
		{ "mail.log-2026110113.gz", "mail.log", AUDIT_DATED, 2026110113 },
		{ "mail.log-20261101-1795000000", "mail.log", AUDIT_DATED, 202611011795000000 },
		{ "mail.log-1795000000", "mail.log", AUDIT_DATED, 1795000000 },
		{ "mail.log-2026-11-01T09:00:00", "mail.log", AUDIT_DATED, 20261101090000 },
		{ "mail.log-202611", "mail.log", AUDIT_DATED, 202611 },
		{ "logs/2026-11-25.log", "logs/.log", AUDIT_DATED, 20261125 },
		{ "logs/20261125", "logs/", AUDIT_DATED, 20261125 },
		/* These are names. */
		{ "mx1.log", "mx1.log", AUDIT_CURRENT, 0 },
		{ "mx-1.log", "mx-1.log", AUDIT_CURRENT, 0 },
		{ "mx-1", "mx-1", AUDIT_CURRENT, 0 },
		{ "host2026", "host2026", AUDIT_CURRENT, 0 },
		{ "mail.log-123456789012345678901", "mail.log-123456789012345678901", AUDIT_CURRENT,
		  0 },
		{ "1", "1", AUDIT_CURRENT, 0 },
		{ ".1", ".1", AUDIT_CURRENT, 0 },
		{ "-", "-", AUDIT_CURRENT, 0 },
		{ "", "", AUDIT_CURRENT, 0 },
		{ ".gz", ".gz", AUDIT_CURRENT, 0 },
	};

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		const char *path = cases[i].path;
		struct audit_name name;
		char stem[200];

		rs_audit_name_read(&name, path);
		snprintf(stem, sizeof(stem), "%.*s%.*s", (int)name.stem_len, path,
			 (int)name.tail_len, path + name.tail);
		RS_CHECK_STR(path, stem, cases[i].stem);
		RS_CHECK_INT(path, name.rotated, cases[i].rotated);
		RS_CHECK_INT(path, name.key, cases[i].key);
	}
}

void cli_suite_audit_names(CU_pSuite suite)
{
	CU_add_test(suite, "a name tells its set and its place in it", test_names);
}
