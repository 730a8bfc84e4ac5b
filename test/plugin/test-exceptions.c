/* SPDX-License-Identifier: MIT */
/* The exceptions of users, from a dict. */
#include "loop.h"
#include "fakedict.h"

#include "plugin/exceptions.h"

#include "ioloop.h"

#include <relaysentry/policy.h>

#include <stdio.h>

#define SETTINGS "\"exceptions\": { \"dict\": \"URI\", \"timeout\": \"1s\", \"cache\": \"1s\" }"
#define LONGER "\"exceptions\": { \"dict\": \"URI\", \"timeout\": \"1s\", \"cache\": \"1m\" }"
#define ALICE "shared/relaysentry/user/alice/exceptions"
#define ONE "[{\"relay\":\"outlook-mobile\",\"not_after\":1900000000}]"

/* A dict, a policy, and a cache between them. */
struct world {
	struct fakedict *dict;
	struct rs_policy *policy;
	struct event *event;
	struct rs_exceptions_cache *cache;
};

static void world_begin(struct world *world, const char *settings)
{
	world->dict = fakedict_new();
	world->policy = loop_policy(settings);
	world->event = event_create(NULL);
	world->cache = rs_exceptions_cache_new(world->event);
	rs_exceptions_cache_set(world->cache, world->policy);
}

static void world_end(struct world *world)
{
	rs_exceptions_cache_free(&world->cache);
	event_unref(&world->event);
	rs_policy_free(&world->policy);
	fakedict_free(&world->dict);
	(void)loop_log();
}

struct told {
	bool done, given_up;
	unsigned calls;
	size_t count; /* of exceptions */
};

static void tell(const struct rs_exceptions *exceptions, bool given_up, void *context)
{
	struct told *told = context;

	told->done = TRUE;
	told->given_up = given_up;
	told->calls++;
	told->count = exceptions == NULL ? 0 : rs_exceptions_count(exceptions);
}

/* How many exceptions the user has; *asked_r: whether the dict had to be asked. */
static size_t count_of(struct world *world, const char *user, bool *asked_r)
{
	const struct rs_exceptions *exceptions;
	struct told told = { .done = FALSE };

	*asked_r = !rs_exceptions_cache_find(world->cache, user, &exceptions, tell, &told);
	if (!*asked_r)
		return exceptions == NULL ? 0 : rs_exceptions_count(exceptions);
	(void)loop_run(3000, &told.done);
	RS_CHECK_INT("called once", told.calls, 1);
	RS_CHECK("whoever is answered, or not in time, is not given up", !told.given_up);
	return told.count;
}

static void test_cache(void)
{
	struct world world;
	bool asked;

	world_begin(&world, SETTINGS);
	fakedict_set(world.dict, ALICE, ONE);
	RS_CHECK_INT("read", count_of(&world, "Alice", &asked), 1);
	RS_CHECK("the dict was asked", asked);
	RS_CHECK_INT("known", count_of(&world, "alice", &asked), 1);
	RS_CHECK("the dict was not", !asked);
	RS_CHECK_INT("none", count_of(&world, "bob", &asked), 0);
	RS_CHECK_INT("none", count_of(&world, "bob", &asked), 0);
	RS_CHECK("that there are none is known too", !asked);
	(void)loop_run(1100, NULL);
	fakedict_set(world.dict, ALICE, "[]");
	RS_CHECK_INT("read again after its time", count_of(&world, "alice", &asked), 0);
	RS_CHECK("the dict was asked", asked);
	world_end(&world);
}

static void test_shared(void)
{
	const struct rs_exceptions *exceptions;
	struct told told[3] = { { .done = FALSE } };
	struct world world;

	world_begin(&world, SETTINGS);
	fakedict_set(world.dict, ALICE, ONE);
	for (unsigned i = 0; i < 3; i++)
		RS_CHECK("waits", !rs_exceptions_cache_find(world.cache, "alice", &exceptions, tell,
							    &told[i]));
	(void)loop_run(1000, &told[2].done);
	for (unsigned i = 0; i < 3; i++)
		RS_CHECK_INT("each is told", told[i].calls * 10 + told[i].count, 11);
	RS_CHECK_INT("and one lookup was made", world.dict->lookups, 1);
	world_end(&world);
}

static void test_failures(void)
{
	struct world world;
	bool asked;

	world_begin(&world, LONGER);
	world.dict->failing = "no";
	fakedict_set(world.dict, ALICE, ONE);
	RS_CHECK_INT("an error", count_of(&world, "alice", &asked), 0);
	world.dict->failing = NULL;
	RS_CHECK_INT("is not remembered", count_of(&world, "alice", &asked), 1);
	world.dict->silent = TRUE;
	RS_CHECK_INT("no answer", count_of(&world, "bob", &asked), 0);
	RS_CHECK_INT("what is known stays known", count_of(&world, "alice", &asked), 1);
	RS_CHECK_INT("nobody waits", count_of(&world, "carol", &asked), 0);
	RS_CHECK("nobody waits", !asked);
	world_end(&world);
}

static void test_faulty(void)
{
	struct world world;
	const char *log;
	bool asked;

	world_begin(&world, SETTINGS);
	fakedict_set(world.dict, ALICE, "[{]");
	RS_CHECK_INT("a faulty value", count_of(&world, "alice", &asked), 0);
	log = loop_log();
	RS_CHECK("names the key", strstr(log, ALICE) != NULL, "%s", log);
	(void)loop_run(1100, NULL);
	RS_CHECK_INT("a faulty value", count_of(&world, "alice", &asked), 0);
	RS_CHECK_STR("told once", loop_log(), "");
	world_end(&world);
}

static void test_policies(void)
{
	const struct rs_exceptions *exceptions;
	struct told told = { .done = FALSE };
	struct world world;
	struct rs_policy *other;
	bool asked;

	world_begin(&world, SETTINGS);
	world.dict->silent = TRUE;
	(void)rs_exceptions_cache_find(world.cache, "alice", &exceptions, tell, &told);
	other = loop_policy("\"exceptions\": { \"dict\": \"URI\", \"cache\": \"5m\" }");
	rs_exceptions_cache_set(world.cache, other);
	RS_CHECK("a policy with the same dict changes nothing for who waits", !told.done);
	rs_policy_free(&world.policy);
	world.policy = loop_policy("\"mode\": \"enforce\"");
	rs_exceptions_cache_set(world.cache, world.policy);
	rs_policy_free(&other);
	RS_CHECK("one without it gives up for who waits", told.done && told.given_up);
	RS_CHECK("and asks nobody", !rs_exceptions_cache_asks(world.cache));
	RS_CHECK_INT("none", count_of(&world, "alice", &asked), 0);
	RS_CHECK("and asks nobody", !asked);
	(void)loop_run(1500, NULL);
	RS_CHECK_INT("called once", told.calls, 1);
	world_end(&world);
}

static void test_bounded(void)
{
	const struct rs_exceptions *exceptions;
	struct told told = { .done = FALSE };
	struct world world;
	unsigned waiting = 0;

	world_begin(&world, SETTINGS);
	world.dict->silent = TRUE;
	for (unsigned i = 0; i < 2000; i++)
		T_BEGIN
		{
			waiting += !rs_exceptions_cache_find(world.cache,
							     t_strdup_printf("u%u", i / 2),
							     &exceptions, tell, &told);
		}
	T_END;
	RS_CHECK_INT("so many wait and no more", waiting, 1000);
	rs_exceptions_cache_set(world.cache, NULL);
	RS_CHECK_INT("all are told at the end", told.calls, 1000);
	world_end(&world);
}

void plugin_suite_exceptions(CU_pSuite suite)
{
	CU_add_test(suite, "what was read holds for its time", test_cache);
	CU_add_test(suite, "logins of one user share a lookup", test_shared);
	CU_add_test(suite, "failures count as none, and are not remembered", test_failures);
	CU_add_test(suite, "a faulty value counts as none", test_faulty);
	CU_add_test(suite, "another policy tells who waits", test_policies);
	CU_add_test(suite, "logins that wait are bounded", test_bounded);
}
