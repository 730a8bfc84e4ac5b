/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"
#include "notify.h"

#include <stdlib.h>
#include <string.h>

#define HOUR 3600
/* How many may wait when following; further ones are told of at their next alert. */
#define QUEUE_MAX 10000U
/* A mail that was not taken is tried again after a minute, two, four, ... an hour, so many
 * times. */
#define RETRY_SECONDS 60
#define ATTEMPTS_MAX 10U
/* Between two batches of lines what waits has its turn. */
#define BATCH_LINES 1000U

struct queue {
	struct notify_login *first, **last;
	size_t count;
	int64_t not_before; /* nothing is tried until then */
};

static bool waits(const struct queue *queue, const struct notify_login *login)
{
	for (const struct notify_login *l = queue->first; l != NULL; l = l->next) {
		if (strcmp(l->key, login->key) == 0 && strcmp(l->relay, login->relay) == 0)
			return true;
	}
	return false;
}

static void enqueue(struct notify *notify, struct queue *queue, struct notify_login *login)
{
	if (waits(queue, login))
		notify->counts.known++;
	else if (queue->count == QUEUE_MAX)
		notify->counts.left_over++;
	else {
		*queue->last = login;
		queue->last = &login->next;
		queue->count++;
		return;
	}
	rs_notify_login_free(&login);
}

/* Returns whether the login is done with. */
static bool after_failure(struct notify *notify, struct notify_login *login)
{
	int64_t pause = RETRY_SECONDS;

	if (++login->attempts == ATTEMPTS_MAX) {
		rs_cli_message(RS_LEVEL_ERROR, "%s is given up after %u attempts", login->address,
			       ATTEMPTS_MAX);
		notify->counts.failed++;
		return true;
	}
	for (unsigned i = 1; i < login->attempts && pause < HOUR; i++)
		pause *= 2;
	login->not_before = rs_notify_clock() + (pause < HOUR ? pause : HOUR);
	return false;
}

static void work_off(struct notify *notify, struct queue *queue)
{
	struct notify_login **at = &queue->first;

	while (*at != NULL && queue->not_before <= rs_notify_clock() && !rs_notify_ended()) {
		struct notify_login *login = *at;
		bool done = false;
		int status = 0;

		if (login->not_before > rs_notify_clock()) {
			at = &login->next;
			continue;
		}
		switch (rs_notify_tell(notify, login, &status)) {
		case NOTIFY_TOLD:
			done = true;
			break;
		case NOTIFY_FAILED:
			done = after_failure(notify, login);
			break;
		case NOTIFY_LATER:
			queue->not_before = rs_notify_next_slot(notify);
			break;
		case NOTIFY_BROKEN:
			queue->not_before = rs_notify_clock() + RETRY_SECONDS;
			break;
		}
		if (!done) {
			at = &login->next;
			continue;
		}
		*at = login->next;
		if (login->next == NULL)
			queue->last = at;
		queue->count--;
		rs_notify_login_free(&login);
	}
	rs_notify_told_rest(notify->told);
}

int rs_notify_follow(struct notify *notify)
{
	struct queue queue = { .first = NULL };
	enum notify_input_result result = NOTIFY_INPUT_LINE;
	int status = 0;

	queue.last = &queue.first;
	while (status == 0 && !rs_notify_ended() && result != NOTIFY_INPUT_END) {
		unsigned left = BATCH_LINES;
		struct notify_login *login;

		while ((login = rs_notify_next_login(notify, &left, &result, &status)) != NULL)
			enqueue(notify, &queue, login);
		if (queue.first != NULL)
			work_off(notify, &queue);
		if (result == NOTIFY_INPUT_NOTHING && !rs_notify_ended())
			rs_notify_input_wait(notify->input);
	}
	notify->counts.left_over += queue.count;
	if (status == 0 && !rs_notify_ended() &&
	    notify->counts.failed + notify->counts.left_over > 0)
		status = EX_TEMPFAIL;
	while (queue.first != NULL) {
		struct notify_login *login = queue.first;

		queue.first = login->next;
		rs_notify_login_free(&login);
	}
	return status;
}
