/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"
#include "notify.h"

#include <relaysentry/catalogue.h>
#include <relaysentry/relaydb.h>

#include <stdlib.h>
#include <time.h>

#define HOUR 3600

int64_t rs_notify_clock(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec;
}

int64_t rs_notify_next_slot(const struct notify *notify)
{
	return notify->sent_at[notify->sent_next];
}

static void take_slot(struct notify *notify)
{
	notify->sent_at[notify->sent_next] = rs_notify_clock() + HOUR;
	notify->sent_next = (notify->sent_next + 1) % notify->per_hour;
}

static char *make_mail(const struct notify *notify, const struct notify_login *login, int64_t now,
		       size_t *len_r)
{
	const struct rs_relay *relay = NULL;
	const struct rs_relay_def *def = NULL;
	struct notify_values values = { .login = login, .contact = notify->contact };
	struct notify_mail mail = {
		.from = &notify->from, .to = login->address, .login = login, .now = now
	};
	char *subject, *body, *text = NULL;

	if (notify->db != NULL)
		relay = rs_relaydb_find(notify->db, login->relay);
	if (notify->catalogue != NULL)
		def = rs_catalogue_find(notify->catalogue, login->relay);
	values.app = relay != NULL ? relay->name : def != NULL ? def->name : login->relay;
	values.vendor = def != NULL && *def->vendor != '\0' ? def->vendor : values.app;
	if (rs_notify_template_fill(notify->template, &values, &subject, &body) == 0) {
		mail.subject = subject;
		mail.body = body;
		text = rs_notify_mail(&mail, len_r);
		free(subject);
		free(body);
	}
	if (text == NULL)
		(void)rs_cli_no_memory();
	return text;
}

static enum notify_fate send_mail(struct notify *notify, const struct notify_login *login,
				  int64_t now, int *status_r)
{
	size_t len;
	char *mail = make_mail(notify, login, now, &len);

	if (mail == NULL) {
		*status_r = EX_OSERR;
		return NOTIFY_BROKEN;
	}
	take_slot(notify);
	if (!notify->dry_run)
		*status_r = rs_notify_send(notify->sendmail, notify->from.address, login->address,
					   mail, len);
	if (*status_r == 0) {
		*status_r = rs_notify_print_told(notify, login, mail);
		notify->counts.told++;
	}
	free(mail);
	/* Nothing but a lack of memory keeps a line from being printed. */
	return *status_r == EX_TEMPFAIL ? NOTIFY_FAILED
	       : *status_r != 0		? NOTIFY_BROKEN
					: NOTIFY_TOLD;
}

/* The user is told between begin and end, if need be. */
static enum notify_fate tell_locked(struct notify *notify, struct notify_login *login, bool known,
				    int *status_r)
{
	enum notify_fate fate;
	int64_t now;

	if (known && !login->sent) {
		notify->counts.known++;
		return NOTIFY_TOLD;
	}
	*status_r = rs_cli_now(&now);
	if (*status_r != 0)
		return NOTIFY_BROKEN;
	if (!login->sent) {
		if (rs_notify_next_slot(notify) > rs_notify_clock())
			return NOTIFY_LATER;
		fate = send_mail(notify, login, now, status_r);
		if (fate != NOTIFY_TOLD)
			return fate;
		login->sent = true;
	}
	if (!known)
		*status_r = rs_notify_told_record(notify->told, login, now);
	return *status_r == 0 ? NOTIFY_TOLD : NOTIFY_BROKEN;
}

enum notify_fate rs_notify_tell(struct notify *notify, struct notify_login *login, int *status_r)
{
	enum notify_fate fate;
	bool known;

	*status_r = rs_notify_told_begin(notify->told, login, &known);
	if (*status_r != 0)
		return NOTIFY_BROKEN;
	fate = tell_locked(notify, login, known, status_r);
	rs_notify_told_end(notify->told);
	if (fate == NOTIFY_BROKEN && login->sent)
		rs_cli_message(RS_LEVEL_ERROR,
			       "%s was told of %s, and that is not recorded: it may be told twice",
			       login->address, login->relay);
	return fate;
}

int rs_notify_start_limit(struct notify *notify)
{
	size_t count = 0;
	int64_t now;
	int status;

	notify->sent_at = calloc(notify->per_hour, sizeof(*notify->sent_at));
	if (notify->sent_at == NULL)
		return rs_cli_no_memory();
	status = rs_cli_now(&now);
	if (status == 0)
		status = rs_notify_told_count(notify->told, now - HOUR, &count);
	for (size_t i = 0; i < count && i < notify->per_hour; i++)
		take_slot(notify);
	return status;
}
