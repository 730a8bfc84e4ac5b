/* SPDX-License-Identifier: MIT */
#include "audit-internal.h"

#include "ascii.h"

#include <stdlib.h>
#include <string.h>

/* --- making --- */

static char *lower_copy(const char *text)
{
	char *copy = strdup(text);

	for (char *at = copy; at != NULL && *at != '\0'; at++)
		*at = rs_lower(*at);
	return copy;
}

struct rs_audit *rs_audit_new(const struct rs_audit_options *options)
{
	const struct rs_logdate_context dates = { 0 };
	struct rs_audit *audit = calloc(1, sizeof(*audit));

	if (audit == NULL)
		return NULL;
	audit->options = *options;
	audit->totals.first = INT64_MAX;
	audit->totals.last = INT64_MIN;
	if (options->table == NULL) {
		audit->own_table = rs_nettable_new(options->db);
		audit->options.table = audit->own_table;
	}
	audit->scanner = rs_scanner_new(&dates);
	if (options->user != NULL)
		audit->wanted = lower_copy(options->user);
	if (audit->options.table == NULL || audit->scanner == NULL ||
	    (options->user != NULL && audit->wanted == NULL) ||
	    rs_audit_users_init(&audit->users) < 0 || rs_audit_policy_init(audit) < 0)
		rs_audit_free(&audit);
	return audit;
}

void rs_audit_free(struct rs_audit **_audit)
{
	struct rs_audit *audit = *_audit;

	*_audit = NULL;
	if (audit == NULL)
		return;
	rs_audit_free(&audit->badclients);
	rs_audit_users_free(&audit->users);
	rs_audit_policy_free(audit);
	rs_scanner_free(&audit->scanner);
	rs_nettable_free(&audit->own_table);
	rs_hashset_free(&audit->addresses);
	rs_hashset_free(&audit->days);
	for (size_t i = 0; i < RS_SCAN_COUNT; i++)
		free(audit->faults[i].example);
	for (size_t i = 0; i < RS_AUDIT_BATCH; i++) {
		if (audit->pending[i].name != audit->pending[i].text)
			free(audit->pending[i].name);
	}
	free(audit->wanted);
	free(audit->pairs);
	free(audit);
}

void rs_audit_file(struct rs_audit *audit, uint32_t file, uint64_t offset)
{
	audit->file = file;
	audit->offset = offset;
	/* What a thread read before must not change what it reads now. */
	rs_scanner_forget(audit->scanner);
}

void rs_audit_dates(struct rs_audit *audit, const struct rs_logdate_context *dates)
{
	rs_scanner_dates(audit->scanner, dates);
}

const struct rs_logdate_context *rs_audit_dates_now(const struct rs_audit *audit)
{
	return rs_scanner_dates_now(audit->scanner);
}

/* --- adding logins up --- */

#define NO_USER UINT32_MAX

static int add_relay_login(struct rs_audit *audit, uint32_t user,
			   const struct rs_audit_pending *pending)
{
	const struct rs_scan_entry *entry = &pending->entry;
	uint32_t relay = pending->match->covers[0].relay->index;
	struct rs_audit_tally *address;
	struct rs_audit_day *day;
	size_t index;

	if (rs_audit_pair_add(audit, user, relay, &index) < 0)
		return -1;
	if (entry->time < audit->options.since) {
		audit->pairs[index].old = true;
		return 0;
	}
	rs_audit_tally_add(&audit->pairs[index].tally, entry);
	if (audit->options.addresses) {
		if (rs_audit_address_add(audit, (uint32_t)index, &entry->ip, pending->match,
					 &address) < 0)
			return -1;
		rs_audit_tally_add(address, entry);
	}
	if (rs_audit_day_add(audit, entry->time, relay, &day) < 0)
		return -1;
	if (entry->success) {
		audit->totals.relay_success++;
		day->success++;
	} else {
		audit->totals.relay_failed += entry->attempts;
		day->failed += entry->attempts;
	}
	return 0;
}

static int add_verdict(struct rs_audit *audit, uint32_t user,
		       const struct rs_audit_pending *pending)
{
	size_t index;

	if (!pending->entry.enforced)
		return 0;
	if (rs_audit_pair_add(audit, user, pending->match->covers[0].relay->index, &index) < 0)
		return -1;
	if (pending->entry.denied)
		audit->pairs[index].denials++;
	else
		audit->pairs[index].alerts++;
	return 0;
}

/* Finds or adds the user, when there is something to remember of him. */
static int find_user(struct rs_audit *audit, struct rs_audit_pending *pending)
{
	const struct rs_scan_entry *entry = &pending->entry;

	pending->match = rs_nettable_find(audit->options.table, &entry->ip);
	pending->user = NO_USER;
	if (pending->match == NULL) {
		/* Before the wanted time only relays are of interest. And whoever guesses
		 * names would fill the memory: of what is no relay's, only who was let in
		 * is kept. */
		if (entry->time < audit->options.since || pending->verdict)
			return 0;
		if (!entry->success) {
			audit->totals.failed += entry->attempts;
			return 0;
		}
	}
	if (rs_audit_users_add(&audit->users, pending->name, pending->len, pending->hash,
			       &pending->user) < 0)
		return -1;
	if (pending->match != NULL)
		rs_audit_pair_fetch(audit, pending->user);
	return 0;
}

static int add_login(struct rs_audit *audit, const struct rs_audit_pending *pending)
{
	const struct rs_scan_entry *entry = &pending->entry;
	struct rs_audit_user *of;

	if (pending->user == NO_USER)
		return 0;
	if (pending->verdict)
		return add_verdict(audit, pending->user, pending);
	if (entry->time >= audit->options.since) {
		of = rs_audit_users_get(&audit->users, pending->user);
		if (entry->success) {
			audit->totals.success++;
			of->success++;
		} else {
			audit->totals.failed += entry->attempts;
			of->failed += entry->attempts;
		}
		if (audit->verdict != NULL && entry->success &&
		    rs_audit_policy_add(audit, pending->user, pending->name, entry) < 0)
			return -1;
	}
	return pending->match != NULL ? add_relay_login(audit, pending->user, pending) : 0;
}

/* In steps, each of which has the processor fetch what the next one reads. */
static int flush(struct rs_audit *audit)
{
	size_t count = audit->pending_count;

	audit->pending_count = 0;
	for (size_t i = 0; i < count; i++) {
		rs_audit_users_fetch(&audit->users, audit->pending[i].hash);
		rs_nettable_fetch(audit->options.table, &audit->pending[i].entry.ip);
	}
	for (size_t i = 0; i < count; i++) {
		if (find_user(audit, &audit->pending[i]) < 0)
			return -1;
	}
	for (size_t i = 0; i < count; i++) {
		if (add_login(audit, &audit->pending[i]) < 0)
			return -1;
	}
	return 0;
}

/* --- taking lines --- */

/* The name as it is compared. Returns 0; -1 when memory is short. */
static int set_name(struct rs_audit_pending *pending, const struct rs_log_span *user)
{
	if (pending->name != pending->text)
		free(pending->name);
	pending->name = pending->text;
	pending->len = (uint32_t)user->len;
	if (user->len >= sizeof(pending->text)) {
		pending->name = malloc(user->len + 1);
		if (pending->name == NULL)
			return -1;
	}
	rs_lower_copy(pending->name, user->text, user->len);
	pending->name[user->len] = '\0';
	return 0;
}

static bool is_wanted(const struct rs_audit *audit, const struct rs_audit_pending *pending)
{
	const struct rs_scan_entry *entry = &pending->entry;

	if (entry->time >= audit->options.until)
		return false;
	/* What was there before is remembered, where only the new is wanted. */
	if (entry->time < audit->options.since && (!audit->options.only_new || pending->verdict))
		return false;
	return audit->wanted == NULL || strcmp(audit->wanted, pending->name) == 0;
}

static void keep_example(struct rs_audit_fault *fault, const char *line, size_t len, uint32_t file,
			 uint64_t offset)
{
	char *copy;

	if (fault->example != NULL &&
	    (file > fault->file || (file == fault->file && offset >= fault->offset)))
		return;
	len = len > RS_AUDIT_EXAMPLE ? RS_AUDIT_EXAMPLE : len;
	copy = malloc(len + 1);
	/* An example is a help; that it is missing is not worth an error. */
	if (copy == NULL)
		return;
	memcpy(copy, line, len);
	copy[len] = '\0';
	free(fault->example);
	fault->example = copy;
	fault->example_len = len;
	fault->file = file;
	fault->offset = offset;
}

static void count_fault(struct rs_audit *audit, enum rs_scan kind, const char *line, size_t len)
{
	audit->faults[kind].count++;
	keep_example(&audit->faults[kind], line, len, audit->file, audit->offset);
}

/* What was scanned into the next place of those that are pending. */
static int take_login(struct rs_audit *audit, struct rs_audit_pending *pending, const char *line,
		      size_t len)
{
	const struct rs_scan_entry *entry = &pending->entry;

	if (entry->user.len > RS_AUDIT_NAME_MAX) {
		count_fault(audit, RS_SCAN_AMBIGUOUS, line, len);
		return 0;
	}
	if (set_name(pending, &entry->user) < 0)
		return -1;
	if (!is_wanted(audit, pending))
		return 0;
	audit->totals.by_writer[entry->writer]++;
	if (!pending->verdict && entry->time >= audit->options.since) {
		if (entry->time < audit->totals.first)
			audit->totals.first = entry->time;
		if (entry->time > audit->totals.last)
			audit->totals.last = entry->time;
	}
	pending->hash = rs_audit_users_hash(&audit->users, pending->name, pending->len);
	rs_audit_users_fetch_slot(&audit->users, pending->hash);
	rs_nettable_fetch_head(audit->options.table, &entry->ip);
	return ++audit->pending_count == RS_AUDIT_BATCH ? flush(audit) : 0;
}

/* Those of dovecot_badclients are added up apart. */
static int take_badclients(struct rs_audit *audit, const struct rs_scan_entry *entry,
			   const char *line, size_t len)
{
	struct rs_audit_pending *pending;

	if (audit->badclients == NULL)
		audit->badclients = rs_audit_new(&audit->options);
	if (audit->badclients == NULL)
		return -1;
	pending = &audit->badclients->pending[audit->badclients->pending_count];
	pending->entry = *entry;
	pending->verdict = false;
	return take_login(audit->badclients, pending, line, len);
}

static int take_line(struct rs_audit *audit, const char *line, size_t len)
{
	struct rs_audit_pending *pending = &audit->pending[audit->pending_count];
	int scan = rs_scan_line(audit->scanner, line, len, &pending->entry);

	if (scan == RS_SCAN_AMBIGUOUS && audit->block != NULL) {
		/* Once for a block: the lines around it tell how they are made. */
		rs_scanner_learn(audit->scanner, audit->block, audit->block_len);
		audit->block = NULL;
		scan = rs_scan_line(audit->scanner, line, len, &pending->entry);
	}
	audit->totals.lines++;
	switch (scan) {
	case -1:
		return -1;
	case RS_SCAN_NOTHING:
		audit->totals.nothing++;
		return 0;
	case RS_SCAN_ANONYMOUS:
		audit->totals.anonymous++;
		return 0;
	case RS_SCAN_VERDICT:
		audit->totals.verdicts++;
		pending->verdict = true;
		return take_login(audit, pending, line, len);
	case RS_SCAN_LOGIN:
		if (pending->entry.writer == RS_LOG_BADCLIENTS)
			return take_badclients(audit, &pending->entry, line, len);
		pending->verdict = false;
		return take_login(audit, pending, line, len);
	default:
		count_fault(audit, (enum rs_scan)scan, line, len);
		return 0;
	}
}

int rs_audit_lines(struct rs_audit *audit, const char *text, size_t len)
{
	const char *end = text + len;

	audit->totals.bytes += len;
	audit->block = text;
	audit->block_len = len;
	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *line_end = newline != NULL ? newline : end;

		if (take_line(audit, text, (size_t)(line_end - text)) < 0)
			return -1;
		newline = newline != NULL ? newline + 1 : end;
		audit->offset += (uint64_t)(newline - text);
		text = newline;
	}
	/* What is pending has pieces of the text. */
	if (flush(audit) < 0 || (audit->badclients != NULL && flush(audit->badclients) < 0))
		return -1;
	return 0;
}

void rs_audit_long_line(struct rs_audit *audit, const char *begin, size_t len)
{
	audit->totals.lines++;
	count_fault(audit, RS_SCAN_LONG, begin, len);
}
