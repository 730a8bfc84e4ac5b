/* SPDX-License-Identifier: MIT */
/* Records in bounded memory, against a list that is kept the slow way. */
#include "loop.h"

#include "plugin/lru.h"

#include <stdio.h>

#define TEXTS 300
#define STEPS 30000

struct record {
	struct rs_lru_item item;
	int number;
};

/* The numbers of the records, the oldest first. */
static int model[TEXTS];
static unsigned model_count, dropped;

static int model_find(int number)
{
	for (unsigned i = 0; i < model_count; i++) {
		if (model[i] == number)
			return (int)i;
	}
	return -1;
}

static void model_remove(int number)
{
	int place = model_find(number);

	if (place < 0)
		return;
	model_count--;
	for (unsigned i = (unsigned)place; i < model_count; i++)
		model[i] = model[i + 1];
}

static void model_add(int number, unsigned max)
{
	model[model_count++] = number;
	while (model_count > max)
		model_remove(model[0]);
}

static void drop(struct rs_lru_item *item ATTR_UNUSED, void *context ATTR_UNUSED)
{
	dropped++;
}

static bool same(const struct rs_lru *lru)
{
	unsigned i = 0;

	for (struct rs_lru_item *item = rs_lru_oldest(lru); item != NULL; item = item->newer) {
		if (i >= model_count || ((struct record *)item)->number != model[i])
			return FALSE;
		i++;
	}
	return i == model_count && rs_lru_count(lru) == model_count;
}

static void step(struct rs_lru *lru, int number, unsigned action, unsigned *max)
{
	const char *text = t_strdup_printf("user%d@example.org/relay", number);
	struct rs_lru_item *item = rs_lru_find(lru, text);

	RS_CHECK_INT("what is there is found", item != NULL, model_find(number) >= 0);
	if (action == 0) {
		*max = 1 + (unsigned)number % (TEXTS - 1);
		rs_lru_limit(lru, *max, SIZE_MAX);
		while (model_count > *max)
			model_remove(model[0]);
	} else if (action < 30 && item != NULL) {
		rs_lru_remove(lru, item);
		model_remove(number);
	} else if (item != NULL) {
		RS_CHECK_STR("its text", rs_lru_text(lru, item), text);
		rs_lru_touch(lru, item);
		model_remove(number);
		model_add(number, *max);
	} else {
		item = rs_lru_add(lru, text);
		((struct record *)item)->number = number;
		model_add(number, *max);
	}
}

static void test_random(void)
{
	unsigned max = 100, seed = 1;
	struct rs_lru *lru = rs_lru_new(sizeof(struct record), max, SIZE_MAX, drop, NULL);
	bool ok = TRUE;

	model_count = 0;
	for (unsigned i = 0; i < STEPS && ok; i++)
		T_BEGIN
		{
			seed = seed * 1103515245U + 12345U;
			step(lru, (int)(seed >> 8) % TEXTS, (seed >> 20) % 100, &max);
			ok = same(lru);
		}
	T_END;
	RS_CHECK("the records are those of the model, in its order", ok);
	rs_lru_free(&lru);
}

static void test_bytes(void)
{
	struct rs_lru *lru = rs_lru_new(sizeof(struct record), 1000, 1000, drop, NULL);
	struct rs_lru_item *item;

	for (unsigned i = 0; i < 100; i++)
		(void)rs_lru_add(lru, t_strdup_printf("user%u", i));
	RS_CHECK("as many as fit", rs_lru_count(lru) > 8 && rs_lru_count(lru) < 20, "%zu",
		 rs_lru_count(lru));
	item = rs_lru_add(lru, "large");
	rs_lru_weigh(lru, item, 5000);
	RS_CHECK_INT("the newest stays in any case", rs_lru_count(lru), 1);
	dropped = 0;
	item = rs_lru_add(lru, "next");
	RS_CHECK_INT("what weighs too much leaves", dropped, 1);
	rs_lru_weigh(lru, item, 500);
	rs_lru_weigh(lru, item, 500);
	(void)rs_lru_add(lru, "small");
	RS_CHECK_INT("a weight takes the place of another", rs_lru_count(lru), 2);
	rs_lru_free(&lru);
}

void plugin_suite_lru(CU_pSuite suite)
{
	CU_add_test(suite, "what was not touched for longest leaves", test_random);
	CU_add_test(suite, "memory is bounded", test_bytes);
}
