/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "audit-names.h"
#include "audit.h"

#include <stdlib.h>
#include <string.h>

/* A longer number is no count of rotations. */
#define NUMBER_DIGITS 4U
/* 2026-11, and 20261125-091201 or seconds since 1970. */
#define DATE_DIGITS_MIN 6U
#define DATE_DIGITS_MAX 18U

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* --- reading a name --- */

/* Of the first len bytes, how many are left without the ending of a compressed file. */
static size_t without_compression(const char *path, size_t len)
{
	static const char *const endings[] = { ".gz",	".xz", ".zst",	".bz2", ".lz4",
					       ".lzma", ".lz", ".zstd", ".Z" };

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		size_t ending = strlen(endings[i]);

		if (len > ending && memcmp(path + len - ending, endings[i], ending) == 0)
			return len - ending;
	}
	return len;
}

/* Reads what rotation has put before path + len. Returns where that begins, len when there
 * is none. base: where the file's own name begins. */
static size_t read_rotation(struct audit_name *name, const char *path, size_t base, size_t len)
{
	size_t at = len, digits = 0;
	bool plain = true;
	uint64_t key = 0;

	while (at > base &&
	       (is_digit(path[at - 1]) || (at < len && strchr("-_:T", path[at - 1]) != NULL))) {
		at--;
		digits += is_digit(path[at]);
		plain = plain && is_digit(path[at]);
	}
	/* It begins with a digit; what stands before parts it from the name. */
	while (at < len && !is_digit(path[at]))
		at++;
	if (digits == 0 || digits > DATE_DIGITS_MAX)
		return len;
	for (size_t i = at; i < len; i++)
		key = is_digit(path[i]) ? key * 10 + (uint64_t)(path[i] - '0') : key;
	if (at == base && digits >= DATE_DIGITS_MIN) {
		/* 2026-11-25.log */
		name->rotated = AUDIT_DATED;
		name->key = key;
		return at;
	}
	if (at <= base + 1)
		return len;
	/* The separator of a date was taken with its digits. */
	if (strchr("-_.", path[at - 1]) == NULL)
		return len;
	if (path[at - 1] == '.' && plain && digits <= NUMBER_DIGITS)
		name->rotated = AUDIT_NUMBER;
	else if (digits >= DATE_DIGITS_MIN)
		name->rotated = AUDIT_DATED;
	else
		return len;
	name->key = key;
	return at - 1;
}

void rs_audit_name_read(struct audit_name *name_r, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t base = slash != NULL ? (size_t)(slash + 1 - path) : 0;
	size_t len = without_compression(path, strlen(path)), ending = len;

	*name_r = (struct audit_name){ .kept_len = len, .rotated = AUDIT_CURRENT };
	name_r->stem_len = read_rotation(name_r, path, base, len);
	if (name_r->rotated != AUDIT_CURRENT)
		return;
	/* mail-20261101.log, as logrotate's `extension` makes it */
	while (ending > base && is_letter(path[ending - 1]))
		ending--;
	if (ending > base + 1 && ending < len && path[ending - 1] == '.') {
		name_r->stem_len = read_rotation(name_r, path, base, ending - 1);
		name_r->tail = ending - 1;
		name_r->tail_len = len - name_r->tail;
	}
}

/* --- sorting --- */

struct entry {
	struct audit_file file;
	struct audit_name name;
	unsigned group;
	bool mixed; /* its set has numbers and dates: only times can tell */
	size_t at;  /* how it was named */
};

static bool same_set(const struct entry *a, const struct entry *b)
{
	const char *pa = a->file.path, *pb = b->file.path;
	size_t rest = a->name.stem_len < b->name.stem_len ? a->name.stem_len : b->name.stem_len;

	if (!a->file.regular || !b->file.regular || strcmp(pa, "-") == 0 || strcmp(pb, "-") == 0)
		return false;
	/* mail.log is one piece where mail-20261101.log is two. */
	if (a->name.stem_len + a->name.tail_len != b->name.stem_len + b->name.tail_len ||
	    memcmp(pa, pb, rest) != 0)
		return false;
	for (size_t i = rest; i < a->name.stem_len + a->name.tail_len; i++) {
		char ca = i < a->name.stem_len ? pa[i] : pa[a->name.tail + i - a->name.stem_len];
		char cb = i < b->name.stem_len ? pb[i] : pb[b->name.tail + i - b->name.stem_len];

		if (ca != cb)
			return false;
	}
	return true;
}

static int compare(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/* Older ones first. */
static int compare_ages(const struct entry *a, const struct entry *b)
{
	bool current_a = a->name.rotated == AUDIT_CURRENT;
	bool current_b = b->name.rotated == AUDIT_CURRENT;

	if (current_a || current_b || a->mixed)
		return current_a != current_b
			       ? (current_a ? 1 : -1)
			       : compare((uint64_t)a->file.mtime, (uint64_t)b->file.mtime);
	return a->name.rotated == AUDIT_NUMBER ? compare(b->name.key, a->name.key)
					       : compare(a->name.key, b->name.key);
}

static int compare_entries(const void *_a, const void *_b)
{
	const struct entry *a = _a, *b = _b;
	int result = compare(a->group, b->group);

	if (result == 0)
		result = compare_ages(a, b);
	return result != 0 ? result : compare(a->at, b->at);
}

/* Sets are few, files in them many: each set is found by its first file. */
static void number_sets(struct entry *entries, size_t count)
{
	unsigned groups = 0;

	for (size_t i = 0; i < count; i++) {
		bool number = false, dated = false;

		if (entries[i].group != 0)
			continue;
		groups++;
		for (size_t j = i; j < count; j++) {
			if (entries[j].group != 0 || (j > i && !same_set(&entries[i], &entries[j])))
				continue;
			entries[j].group = groups;
			number = number || entries[j].name.rotated == AUDIT_NUMBER;
			dated = dated || entries[j].name.rotated == AUDIT_DATED;
		}
		for (size_t j = i; number && dated && j < count; j++)
			entries[j].mixed = entries[j].mixed || entries[j].group == groups;
	}
}

int rs_audit_names_sort(struct audit_set *set)
{
	struct entry *entries = calloc(set->count + 1, sizeof(*entries));

	if (entries == NULL)
		return -1;
	for (size_t i = 0; i < set->count; i++) {
		entries[i].file = set->files[i];
		entries[i].at = i;
		rs_audit_name_read(&entries[i].name, set->files[i].path);
	}
	number_sets(entries, set->count);
	qsort(entries, set->count, sizeof(*entries), compare_entries);
	for (size_t i = 0; i < set->count; i++) {
		set->files[i] = entries[i].file;
		set->files[i].group = entries[i].group;
	}
	free(entries);
	return 0;
}
