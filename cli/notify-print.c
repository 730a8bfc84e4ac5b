/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"
#include "notify.h"

#include <relaysentry/logline.h>

#include <inttypes.h>
#include <stdio.h>

static int print_json(const struct notify *notify, const struct notify_login *login,
		      const char *mail)
{
	struct rs_jsonw *w = rs_jsonw_new(false);
	char time[RS_WHEN_LEN];
	int status;

	if (w == NULL)
		return rs_cli_no_memory();
	rs_jsonw_object(w, NULL);
	rs_jsonw_string(w, "result", notify->dry_run ? "would tell" : "told");
	rs_jsonw_string(w, "user", login->user);
	rs_jsonw_string(w, "address", login->address);
	rs_jsonw_string(w, "relay", login->relay);
	rs_jsonw_string(w, "outcome", login->denied ? "denied" : "success");
	rs_jsonw_string(w, "time", rs_when_format(login->time, time));
	if (notify->dry_run)
		rs_jsonw_string(w, "mail", mail);
	rs_jsonw_end(w);
	status = rs_cli_print_json(&w);
	(void)fflush(stdout);
	return status;
}

int rs_notify_print_told(const struct notify *notify, const struct notify_login *login,
			 const char *mail)
{
	char user[RS_LOG_VALUE_MAX + 1];

	if (notify->json)
		return print_json(notify, login, mail);
	printf("%s %s of %s (user %s)\n", notify->dry_run ? "would tell" : "told", login->address,
	       login->relay, rs_log_escape(login->user, user));
	if (notify->dry_run)
		printf("\n%s\n", mail);
	(void)fflush(stdout);
	return 0;
}

int rs_notify_print_counts(const struct notify *notify)
{
	const struct notify_counts *counts = &notify->counts;
	const struct {
		const char *name;
		uint64_t count;
	} numbers[] = {
		{ notify->dry_run ? "would_tell" : "told", counts->told },
		{ "known", counts->known },
		{ "no_address", counts->no_address },
		{ "failed", counts->failed },
		{ "left_over", counts->left_over },
		{ "lines", counts->lines },
		{ "other_lines", counts->other },
		{ "other_events", counts->unconcerned },
		{ "faulty", counts->faulty },
	};
	struct rs_jsonw *w;

	if (!notify->json) {
		printf("%" PRIu64 " %s, %" PRIu64 " known, %" PRIu64 " without an address, "
		       "%" PRIu64 " failed, %" PRIu64 " left over\n",
		       counts->told, notify->dry_run ? "would be told" : "told", counts->known,
		       counts->no_address, counts->failed, counts->left_over);
		printf("%" PRIu64 " line%s: %" PRIu64 " of something else, %" PRIu64
		       " events that nobody is to be told of, %" PRIu64 " faulty\n",
		       counts->lines, counts->lines == 1 ? "" : "s", counts->other,
		       counts->unconcerned, counts->faulty);
		return 0;
	}
	w = rs_jsonw_new(false);
	if (w == NULL)
		return rs_cli_no_memory();
	rs_jsonw_object(w, NULL);
	rs_jsonw_string(w, "result", "summary");
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		rs_jsonw_int(w, numbers[i].name, (int64_t)numbers[i].count);
	rs_jsonw_end(w);
	return rs_cli_print_json(&w);
}
