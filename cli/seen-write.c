/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "seen-import.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

/* Records written by one transaction. */
#define BATCH 100

struct batch {
	struct rs_cli_dict *dict;
	struct rs_dict_change changes[BATCH];
	char values[BATCH][RS_SEEN_TEXT_SIZE];
	size_t count, written;
	unsigned expire;
};

static int flush(struct batch *batch)
{
	int status = 0;

	if (batch->count > 0)
		status = rs_cli_dict_commit(batch->dict, batch->changes, batch->count,
					    batch->expire);
	if (status == 0)
		batch->written += batch->count;
	batch->count = 0;
	return status;
}

static int put(struct batch *batch, const char *key, const struct rs_seen *seen)
{
	batch->changes[batch->count] = (struct rs_dict_change){
		.key = key,
		.value = rs_seen_format(seen, batch->values[batch->count]),
	};
	return ++batch->count == BATCH ? flush(batch) : 0;
}

static int write_record(struct seen_import *import, struct batch *batch,
			const struct seen_record *record, bool dry_run)
{
	struct rs_seen seen = record->seen, stored;
	char *value;
	int status = rs_cli_dict_lookup(batch->dict, record->key, &value);

	if (status != 0)
		return status;
	if (value == NULL) {
		import->added++;
	} else if (rs_seen_parse(value, &stored) < 0) {
		/* It counts as absent, and the next login would replace it. */
		import->faulty++;
		import->added++;
	} else if (rs_seen_import_merge(&stored, &seen)) {
		seen = stored;
		import->changed++;
	} else {
		import->same++;
		free(value);
		return 0;
	}
	free(value);
	return dry_run ? 0 : put(batch, record->key, &seen);
}

int rs_seen_import_write(struct seen_import *import, struct kept *kept, bool dry_run)
{
	int64_t expire = rs_policy_state(kept->policy)->forget_after;
	struct batch *batch = calloc(1, sizeof(*batch));
	int status = 0;

	if (batch == NULL)
		return rs_cli_no_memory();
	batch->dict = kept->state;
	batch->expire = expire < UINT_MAX ? (unsigned)expire : UINT_MAX;
	for (size_t i = 0; i < import->count && status == 0; i++)
		status = write_record(import, batch, &import->records[i], dry_run);
	if (status == 0)
		status = flush(batch);
	if (status != 0 && !dry_run)
		rs_cli_message(RS_LEVEL_ERROR,
			       "written before that: %zu of %zu records; import all of them again, "
			       "nothing is counted twice",
			       batch->written, import->count);
	free(batch);
	return status;
}

/* --- output --- */

static int print_json(const struct seen_import *import, bool dry_run)
{
	struct rs_jsonw *w = rs_jsonw_new(false);

	if (w == NULL)
		return rs_cli_no_memory();
	rs_jsonw_object(w, NULL);
	rs_jsonw_bool(w, "dry_run", dry_run);
	rs_jsonw_int(w, "new", (int64_t)import->added);
	rs_jsonw_int(w, "changed", (int64_t)import->changed);
	rs_jsonw_int(w, "unchanged", (int64_t)import->same);
	rs_jsonw_int(w, "failed", (int64_t)import->failed);
	rs_jsonw_int(w, "old", (int64_t)import->old);
	rs_jsonw_int(w, "unreadable", (int64_t)import->unreadable);
	rs_jsonw_end(w);
	return rs_cli_print_json(&w);
}

int rs_seen_import_print(const struct seen_import *import, bool dry_run, bool json)
{
	int status = 0;

	if (json)
		status = print_json(import, dry_run);
	else
		printf("%s: new %zu, changed %zu, unchanged %zu\n",
		       dry_run ? "would be imported" : "imported", import->added, import->changed,
		       import->same);
	if (!json && import->failed > 0)
		rs_cli_message(RS_LEVEL_NOTE, "left out, because no login succeeded: %zu",
			       import->failed);
	if (!json && import->old > 0)
		rs_cli_message(RS_LEVEL_NOTE,
			       "left out, because they are older than \"forget_after\" of the "
			       "policy: %zu",
			       import->old);
	if (import->unreadable > 0)
		rs_cli_message(RS_LEVEL_WARNING,
			       "left out, because the user's name is no UTF-8 and JSON has lost "
			       "it: %zu",
			       import->unreadable);
	if (import->faulty > 0)
		rs_cli_message(RS_LEVEL_WARNING, "faulty records in the dictionary, %s: %zu",
			       dry_run ? "to be replaced" : "replaced", import->faulty);
	return status;
}
