/* SPDX-License-Identifier: MIT */
/* Compares decisions by the entry of one user among 100,000 with those by one among
 * 100, and the load of 100,000 users with reading the same file as JSON alone. */
#include "bench-data.h"

#include <relaysentry/decide.h>
#include <relaysentry/json.h>
#include <relaysentry/mmdbw.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FEW 100U
#define MANY 100000U
#define LOGINS 100000U
#define REPETITIONS 11U
#define LOADS 5U
#define NAME_SIZE 32

static void die(const char *what)
{
	fprintf(stderr, "bench-entries: %s\n", what);
	exit(1);
}

static void name_user(char name[NAME_SIZE], uint64_t number)
{
	(void)snprintf(name, NAME_SIZE, "user%u@example.org", (unsigned)number);
}

static struct rs_relaydb *make_database(void)
{
	const struct rs_net net = { .ip = { .family = AF_INET, .bytes = { 192, 0, 2 } },
				    .prefix = 24 };
	struct rs_mmdbw *w = rs_mmdbw_new("bench", 1);
	unsigned char *data = NULL;
	struct rs_relaydb *db;
	size_t size = 0;

	if (w == NULL || rs_mmdbw_relay(w, "mail-one", "One", RS_CLASS_MAIL_RELAY) != 0 ||
	    rs_mmdbw_insert(w, 0, &net, 0, "") < 0 || rs_mmdbw_build(w, &data, &size, NULL) < 0)
		die("cannot build the database");
	db = rs_relaydb_load_memory("bench", data, size, NULL);
	free(data);
	rs_mmdbw_free(&w);
	return db;
}

static void write_files(const char *folder, unsigned users, char policy[4096], char entries[4096])
{
	char name[NAME_SIZE];
	FILE *f;

	(void)snprintf(policy, 4096, "%s/entries-%u.json", folder, users);
	(void)snprintf(entries, 4096, "%s/entries-%u-users.json", folder, users);
	f = fopen(policy, "w");
	if (f == NULL ||
	    fprintf(f,
		    "{\"version\":1,\"mode\":\"enforce\",\"rules\":[{\"id\":\"own\",\"action\":"
		    "\"user-policy\"}],\"user_entries_file\":\"entries-%u-users.json\"}\n",
		    users) < 0 ||
	    fclose(f) != 0)
		die("cannot write the policy");
	f = fopen(entries, "w");
	if (f == NULL)
		die("cannot write the entries");
	for (unsigned i = 0; i < users; i++) {
		name_user(name, i);
		fprintf(f, "%c\"%s\":{\"%s\":\"mail-one\"}\n", i == 0 ? '{' : ',', name,
			i % 2 == 0 ? "deny" : "allow");
	}
	fputs("}\n", f);
	if (fclose(f) != 0)
		die("cannot write the entries");
}

static struct rs_policy *load(const char *path, const struct rs_relaydb *db)
{
	struct rs_policy *policy = rs_policy_load(path, NULL, NULL, NULL);

	if (policy == NULL || rs_policy_bind(policy, db, RS_LEVEL_ERROR, NULL) < 0)
		die("cannot load the policy");
	return policy;
}

/* Nanoseconds for one decision; every one is by the user's own entry. */
static double time_decisions(const struct rs_policy *policy, const struct rs_relaydb *db,
			     struct rs_verdict *verdict, char (*names)[NAME_SIZE])
{
	struct rs_login login = { .service = "imap",
				  .mechanism = "PLAIN",
				  .verified = true,
				  .remote = { .family = AF_INET, .bytes = { 192, 0, 2, 7 } },
				  .time = 1795000000 };
	double begin = rs_bench_now();

	for (size_t i = 0; i < LOGINS; i++) {
		login.user = names[i];
		rs_decide(policy, db, &login, verdict, NULL, NULL);
		if (verdict->entry_source == NULL)
			die("a user was not found");
	}
	return (rs_bench_now() - begin) * 1e9 / LOGINS;
}

static char (*make_names(unsigned users))[NAME_SIZE]
{
	char(*names)[NAME_SIZE] = calloc(LOGINS, sizeof(*names));
	uint64_t state = 20261122;

	for (size_t i = 0; names != NULL && i < LOGINS; i++)
		name_user(names[i], rs_bench_random(&state) % users);
	if (names == NULL)
		die("memory is short");
	return names;
}

static void bench_decide(const struct rs_relaydb *db, const char *few_path, const char *many_path)
{
	struct rs_policy *few = load(few_path, db), *many = load(many_path, db);
	char(*few_names)[NAME_SIZE] = make_names(FEW), (*many_names)[NAME_SIZE] = make_names(MANY);
	struct rs_verdict *verdict = rs_verdict_new(few);
	double few_times[REPETITIONS], many_times[REPETITIONS], ratio[REPETITIONS];

	for (unsigned i = 0; verdict != NULL && i < REPETITIONS; i++) {
		few_times[i] = time_decisions(few, db, verdict, few_names);
		many_times[i] = time_decisions(many, db, verdict, many_names);
		ratio[i] = many_times[i] / few_times[i];
	}
	printf("decide by a user's entry: of %u users %.1f ns, of %u users %.1f ns, ratio %.2f\n",
	       MANY, rs_bench_median(many_times, REPETITIONS), FEW,
	       rs_bench_median(few_times, REPETITIONS), rs_bench_median(ratio, REPETITIONS));
	rs_verdict_free(&verdict);
	rs_policy_free(&few);
	rs_policy_free(&many);
	free(few_names);
	free(many_names);
}

static void bench_load(const struct rs_relaydb *db, const char *path, const char *entries)
{
	const struct rs_json_options options = { .max_size = RS_POLICY_MAX_ENTRIES_SIZE };
	double bare[LOADS], whole[LOADS], ratio[LOADS];

	for (unsigned i = 0; i < LOADS; i++) {
		double begin = rs_bench_now();
		struct rs_json_doc *doc = rs_json_read_file(entries, &options, NULL);
		struct rs_policy *policy;

		if (doc == NULL)
			die("cannot read the entries");
		rs_json_free(&doc);
		bare[i] = (rs_bench_now() - begin) * 1e3;
		begin = rs_bench_now();
		policy = load(path, db);
		rs_policy_free(&policy);
		whole[i] = (rs_bench_now() - begin) * 1e3;
		ratio[i] = whole[i] / bare[i];
	}
	printf("load %u users: policy %.1f ms, the same file as JSON %.1f ms, ratio %.2f\n", MANY,
	       rs_bench_median(whole, LOADS), rs_bench_median(bare, LOADS),
	       rs_bench_median(ratio, LOADS));
}

int main(int argc, char **argv)
{
	char few[4096], many[4096], entries[4096];
	struct rs_relaydb *db;

	if (argc != 2) {
		fputs("usage: bench-entries FOLDER (in which files are written)\n", stderr);
		return 64;
	}
	db = make_database();
	write_files(argv[1], FEW, few, entries);
	write_files(argv[1], MANY, many, entries);
	bench_load(db, many, entries);
	bench_decide(db, few, many);
	rs_relaydb_free(&db);
	return 0;
}
