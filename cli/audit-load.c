/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "audit.h"

#include <relaysentry/compile.h>

#include <errno.h>
#include <stdlib.h>

/* Before anything is installed in Dovecot there is no database: the catalogue that came
 * with the command makes one in memory. */
static int compile_bundled(const struct rs_catalogue *catalogue, int64_t now,
			   struct rs_relaydb **db_r, struct rs_diags *diags)
{
	const struct rs_compile_options how = { .now = now };
	struct rs_compiled *compiled = rs_compile(catalogue, &how, diags);
	struct rs_mmdbw_stats stats;
	unsigned char *data = NULL;
	size_t size;

	if (compiled != NULL && rs_compiled_build(compiled, &data, &size, &stats, diags) == 0)
		*db_r = rs_relaydb_load_memory("bundled catalogue", data, size, diags);
	free(data);
	rs_compiled_free(&compiled);
	if (*db_r != NULL)
		return 0;
	rs_cli_print_diags(diags);
	return rs_diags_memory_short(diags) ? EX_OSERR : EX_DATAERR;
}

int rs_audit_load_database(const char *path, const struct rs_policy *policy,
			   const struct rs_catalogue *catalogue, int64_t now,
			   struct rs_relaydb **db_r, struct rs_diags *diags)
{
	bool named = path != NULL;
	struct stat st;

	*db_r = NULL;
	if (!named)
		path = policy != NULL ? rs_policy_database(policy) : RS_DEFAULT_DATABASE;
	if (!named && catalogue != NULL && stat(path, &st) < 0 && errno == ENOENT) {
		rs_cli_message(RS_LEVEL_NOTE,
			       "there is no %s: the bundled catalogue is used, without clouds "
			       "whose networks come from feeds; see relaysentry compile",
			       path);
		return compile_bundled(catalogue, now, db_r, diags);
	}
	*db_r = rs_relaydb_load(path, &st, diags);
	return *db_r != NULL ? 0 : rs_cli_load_failed(&st, diags);
}
