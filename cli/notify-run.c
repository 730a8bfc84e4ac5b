/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"
#include "notify.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

/* Without --follow, so many failures one after the other are the end. */
#define FAILURES_MAX 5U

static volatile sig_atomic_t ended_by;

bool rs_notify_ended(void)
{
	return ended_by != 0;
}

static void take_signal(int number)
{
	ended_by = number;
}

/* --- lines --- */

/* Of what is wrong the first is shown: there may be many. */
static void faulty(struct notify *notify, const char *why)
{
	if (notify->counts.faulty++ == 0)
		rs_cli_message(RS_LEVEL_WARNING,
			       "line %" PRIu64 " cannot be read: %s; it is passed over, as others "
			       "will be without a word",
			       notify->counts.lines, why);
}

/* Returns the login that a line tells of; NULL: none, or *status_r. */
static struct notify_login *read_line(struct notify *notify, const char *line, size_t len,
				      int *status_r)
{
	struct notify_counts *counts = &notify->counts;
	struct notify_login *login;
	const char *why;

	switch (rs_notify_line(&notify->reading, line, len, notify->diags, &login, &why)) {
	case NOTIFY_OTHER:
		counts->other++;
		break;
	case NOTIFY_UNCONCERNED:
		counts->unconcerned++;
		break;
	case NOTIFY_FAULTY:
		faulty(notify, why);
		break;
	case NOTIFY_NO_ADDRESS:
		if (counts->no_address++ == 0)
			rs_cli_message(RS_LEVEL_WARNING,
				       "line %" PRIu64
				       ": user \"%s\" has no valid address%s%s (see "
				       "--address); others will be passed over without a word",
				       counts->lines, login->user,
				       *login->address != '\0' ? " but " : "", login->address);
		rs_notify_login_free(&login);
		break;
	case NOTIFY_NO_MEMORY:
		*status_r = rs_cli_no_memory();
		break;
	case NOTIFY_LOGIN:
		return login;
	}
	return NULL;
}

struct notify_login *rs_notify_next_login(struct notify *notify, unsigned *left,
					  enum notify_input_result *result_r, int *status_r)
{
	struct notify_login *login = NULL;

	*result_r = NOTIFY_INPUT_LINE;
	while (login == NULL && *status_r == 0 && *left > 0 && ended_by == 0) {
		const char *line;
		size_t len;

		*result_r = rs_notify_input_line(notify->input, &line, &len);
		if (*result_r == NOTIFY_INPUT_FAILED)
			*status_r = EX_IOERR;
		if (*result_r != NOTIFY_INPUT_LINE && *result_r != NOTIFY_INPUT_TOO_LONG)
			break;
		notify->counts.lines++;
		(*left)--;
		if (*result_r == NOTIFY_INPUT_TOO_LONG)
			faulty(notify, "it is too long");
		else
			login = read_line(notify, line, len, status_r);
	}
	return login;
}

/* --- all there is --- */

static int run_once(struct notify *notify)
{
	struct notify_login *login;
	enum notify_input_result result = NOTIFY_INPUT_LINE;
	unsigned failures = 0, left = 1;
	int status = 0;

	while (status == 0 && ended_by == 0 && result != NOTIFY_INPUT_END) {
		int one_status = 0;

		left = 1;
		login = rs_notify_next_login(notify, &left, &result, &status);
		if (login == NULL)
			continue;
		if (failures == FAILURES_MAX) {
			notify->counts.left_over++;
			rs_notify_login_free(&login);
			continue;
		}
		switch (rs_notify_tell(notify, login, &one_status)) {
		case NOTIFY_TOLD:
			failures = 0;
			break;
		case NOTIFY_FAILED:
			notify->counts.failed++;
			failures++;
			break;
		case NOTIFY_LATER:
			notify->counts.left_over++;
			break;
		case NOTIFY_BROKEN:
			notify->counts.left_over += !login->sent;
			status = one_status;
			break;
		}
		rs_notify_login_free(&login);
	}
	if (status == 0 && notify->counts.failed + notify->counts.left_over > 0)
		status = EX_TEMPFAIL;
	return status;
}

int rs_notify_run(struct notify *notify)
{
	/* A mail that is being sent is recorded before the end. */
	static const int endings[] = { SIGHUP, SIGINT, SIGTERM };
	struct sigaction action = { .sa_handler = take_signal };
	int status, print_status;

	(void)sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++)
		(void)sigaction(endings[i], &action, NULL);
	status = rs_notify_start_limit(notify);
	if (status == 0)
		status = notify->follow ? rs_notify_follow(notify) : run_once(notify);
	free(notify->sent_at);
	notify->sent_at = NULL;
	print_status = rs_notify_print_counts(notify);
	if (ended_by != 0 && !notify->follow) {
		(void)fflush(stdout);
		(void)signal(ended_by, SIG_DFL);
		(void)raise(ended_by);
	}
	return status != 0 ? status : print_status;
}
