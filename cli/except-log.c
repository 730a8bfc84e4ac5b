/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"
#include "except.h"

#include <relaysentry/logline.h>

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#define VALUE_SIZE (RS_LOG_VALUE_MAX + 1)

static const char *name_of_uid(uid_t uid, char buf[RS_EXCEPT_NAME_SIZE])
{
	const struct passwd *entry = getpwuid(uid);

	if (entry != NULL)
		snprintf(buf, RS_EXCEPT_NAME_SIZE, "%s", entry->pw_name);
	else
		snprintf(buf, RS_EXCEPT_NAME_SIZE, "uid %lu", (unsigned long)uid);
	return buf;
}

const char *rs_except_own_name(char buf[RS_EXCEPT_NAME_SIZE])
{
	const char *sudo = getenv("SUDO_USER");

	if (sudo != NULL && *sudo != '\0' && strlen(sudo) < RS_EXCEPT_NAME_SIZE)
		return strcpy(buf, sudo);
	if (getlogin_r(buf, RS_EXCEPT_NAME_SIZE) == 0 && buf[0] != '\0')
		return buf;
	return name_of_uid(getuid(), buf);
}

void rs_except_hold(sigset_t *before_r)
{
	sigset_t all;

	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, before_r);
}

void rs_except_let_go(const sigset_t *before)
{
	(void)sigprocmask(SIG_SETMASK, before, NULL);
}

void rs_except_log(const struct except *except, bool done)
{
	const struct rs_exception *put = &except->put;
	const char *sudo = getenv("SUDO_USER"), *what = "added";
	char user[VALUE_SIZE], relay[VALUE_SIZE], by[VALUE_SIZE], uid[VALUE_SIZE];
	char as[VALUE_SIZE], reason[VALUE_SIZE], until[RS_WHEN_LEN], name[RS_EXCEPT_NAME_SIZE];

	if (except->remove)
		what = "removed";
	else if (except->was_until != 0)
		what = "replaced";
	openlog("relaysentry", LOG_PID, LOG_AUTHPRIV);
	syslog(LOG_NOTICE,
	       "exception=%s done=%s user=%s relay=%s not_after=%s by=%s uid=%s sudo_user=%s "
	       "reason=%s",
	       what, done ? "yes" : "unknown", rs_log_escape(except->user.name, user),
	       rs_log_escape(except->relay, relay),
	       rs_when_format(except->remove ? except->was_until : put->not_after, until),
	       rs_log_escape(put->by, by), rs_log_escape(name_of_uid(getuid(), name), uid),
	       rs_log_escape(sudo, as), rs_log_escape(put->reason, reason));
	closelog();
}
