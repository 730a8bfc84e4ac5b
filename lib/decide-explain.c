/* SPDX-License-Identifier: MIT */
#include "decide-internal.h"
#include "utf8.h"
#include <relaysentry/when.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Lists are cut behind so many items. */
#define ITEMS_MAX 4

/* A line of fixed room; what does not fit is left out. */
struct line {
	char *buf;
	size_t used;
};

static void add(struct line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct line *line, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(line->buf + line->used, RS_WHY_SIZE - line->used, format, args);
	va_end(args);
	if (len > 0)
		line->used += (size_t)len;
	if (line->used > RS_WHY_SIZE - 1)
		line->used = RS_WHY_SIZE - 1;
}

/* What comes from outside cannot begin a new line or colour the terminal. */
static void add_foreign(struct line *line, const char *text)
{
	size_t len = strlen(text);
	uint32_t c;

	if (len > 80)
		len = 80;
	for (size_t i = 0; i < len;) {
		size_t step = rs_utf8_char(text + i, len - i, &c);

		if (step > 0 && rs_utf8_printable(c)) {
			add(line, "%.*s", (int)step, text + i);
			i += step;
		} else {
			add(line, "\\x%02x", (unsigned char)text[i++]);
		}
	}
	if (text[len] != '\0')
		add(line, "...");
}

static void add_known(struct line *line, const char *text, const char *unknown)
{
	if (text != NULL && *text != '\0')
		add_foreign(line, text);
	else
		add(line, "%s", unknown);
}

static void add_covers(struct line *line, const struct rs_decision *d, const struct rs_rule *rule,
		       bool classes)
{
	uint32_t count = rs_rule_covers(d, rule);

	if (count == 0)
		add(line, "none");
	for (uint32_t i = 0; i < count; i++) {
		const struct rs_relay *relay = d->covers[i].relay;

		add(line, "%s%s", i > 0 ? " and " : "",
		    classes ? rs_class_name(relay->class_) : relay->id);
	}
}

static void add_ip(struct line *line, const struct rs_ip *ip)
{
	char buf[RS_IP_STRLEN];

	add(line, "%s", ip->family != 0 ? rs_ip_format(ip, buf) : "none");
}

static const char *tls_name(enum rs_tls tls)
{
	return tls == RS_TLS_UNKNOWN ? "not known" : tls == RS_TLS_ON ? "on" : "off";
}

/* "service is imap" */
static void add_found(struct line *line, const struct rs_decision *d, const struct rs_rule *rule,
		      enum rs_cond cond)
{
	const struct rs_login *login = d->login;
	char buf[RS_WHEN_LEN];

	if (cond == RS_COND_NOT_BEFORE || cond == RS_COND_NOT_AFTER) {
		add(line, "time is %s", rs_when_format(login->time, buf));
		return;
	}
	add(line, "%s is ", cond == RS_COND_MASTER ? "master user" : rs_cond_names[cond]);
	switch (cond) {
	case RS_COND_RELAY:
	case RS_COND_CLASS:
		add_covers(line, d, rule, cond == RS_COND_CLASS);
		break;
	case RS_COND_NETWORK:
		add_ip(line, &d->remote);
		break;
	case RS_COND_VIA:
		add_ip(line, &d->via);
		break;
	case RS_COND_USER:
		add_known(line,
			  d->user != NULL && d->user->name != NULL ? d->user->name : login->user,
			  "not known");
		break;
	case RS_COND_GROUP:
		add_known(line, login->group, "none");
		break;
	case RS_COND_SERVICE:
		add_known(line, login->service, "not known");
		break;
	case RS_COND_MECHANISM:
		add_known(line, login->mechanism, "not known");
		break;
	case RS_COND_CREDENTIAL:
		add(line, "%s", rs_credential_name(login->credential));
		break;
	case RS_COND_TLS:
		add(line, "%s", tls_name(login->tls));
		break;
	case RS_COND_MASTER:
		add_known(line, login->master, "none");
		break;
	case RS_COND_NOT_BEFORE:
	case RS_COND_NOT_AFTER:
	case RS_COND_COUNT:
		break;
	}
}

/* Puts ", " or " or " between items, and "or N more" behind the last one that is shown. */
static bool begin_item(struct line *line, size_t i, size_t count)
{
	if (i == ITEMS_MAX && count > ITEMS_MAX + 1) {
		add(line, " or %zu more", count - i);
		return false;
	}
	add(line, "%s", i == 0 ? "" : i + 1 == count ? " or " : ", ");
	return true;
}

static void add_words(struct line *line, const struct rs_words *words)
{
	for (size_t i = 0; i < words->count && begin_item(line, i, words->count); i++)
		add_foreign(line, words->items[i].text);
}

static void add_nets(struct line *line, const struct rs_netset *set)
{
	char buf[RS_NET_STRLEN];

	for (size_t i = 0; i < set->count && begin_item(line, i, set->count); i++)
		add(line, "%s", rs_net_format(&set->nets[i], buf));
}

/* The names of the bits that are set. */
static void add_bits(struct line *line, unsigned bits, bool classes)
{
	const size_t count = (size_t)__builtin_popcount(bits);

	for (size_t i = 0; bits != 0 && begin_item(line, i, count); bits &= bits - 1, i++) {
		int bit = __builtin_ctz(bits);

		add(line, "%s",
		    classes ? rs_class_name((enum rs_class)bit)
			    : rs_credential_name((enum rs_credential)bit));
	}
}

/* "imap or pop3" */
static void add_wanted(struct line *line, const struct rs_policy *policy,
		       const struct rs_conds *conds, enum rs_cond cond)
{
	switch (cond) {
	case RS_COND_RELAY:
		for (size_t i = 0; i < conds->relay_count; i++) {
			if (!begin_item(line, i, conds->relay_count))
				break;
			add(line, "%s", policy->relays[conds->relays[i]].id);
		}
		break;
	case RS_COND_CLASS:
		add_bits(line, conds->classes, true);
		break;
	case RS_COND_NETWORK:
		add_nets(line, &conds->networks);
		break;
	case RS_COND_VIA:
		add_nets(line, &conds->vias);
		break;
	case RS_COND_USER:
		add_words(line, &conds->users);
		break;
	case RS_COND_GROUP:
		add_words(line, &conds->groups);
		break;
	case RS_COND_SERVICE:
		add_words(line, &conds->services);
		break;
	case RS_COND_MECHANISM:
		add_words(line, &conds->mechanisms);
		break;
	case RS_COND_CREDENTIAL:
		add_bits(line, conds->credentials, false);
		break;
	case RS_COND_TLS:
		add(line, "%s", conds->tls == 3 ? "on or off" : conds->tls == 2 ? "on" : "off");
		break;
	case RS_COND_MASTER:
		if ((conds->master & RS_MASTER_ANY) != 0)
			add(line, "any");
		else if (conds->masters.count > 0)
			add_words(line, &conds->masters);
		else
			add(line, "none");
		break;
	case RS_COND_NOT_BEFORE:
	case RS_COND_NOT_AFTER:
	case RS_COND_COUNT:
		break;
	}
}

/* Why the first condition failed: what was found, and what was wanted. */
static void add_failed(struct line *line, const struct rs_decision *d, const struct rs_rule *rule,
		       enum rs_cond cond)
{
	char buf[RS_WHEN_LEN];

	add_found(line, d, rule, cond);
	if (cond == RS_COND_NOT_BEFORE) {
		add(line, ", before %s", rs_when_format(rule->conds.not_before, buf));
	} else if (cond == RS_COND_NOT_AFTER) {
		add(line, ", after %s", rs_when_format(rule->conds.not_after - 1, buf));
	} else {
		add(line, ", not ");
		add_wanted(line, d->policy, &rule->conds, cond);
	}
}

/* " until 2026-11-22T23:59:59Z", its last second. */
static void add_end(struct line *line, const struct rs_exception *exception)
{
	char buf[RS_WHEN_LEN];

	if (exception != NULL && exception->not_after < RS_EXCEPTION_LATEST)
		add(line, " until %s", rs_when_format(exception->not_after - 1, buf));
}

static void add_matched(struct line *line, const struct rs_decision *d, const struct rs_rule *rule,
			const struct rs_trial *trial)
{
	unsigned present = rule->conds.present | rule->not_conds.present;
	bool first = true;

	for (; present != 0; present &= present - 1) {
		add(line, "%s", first ? "" : ", ");
		add_found(line, d, rule, (enum rs_cond)__builtin_ctz(present));
		first = false;
	}
	if (d->verdict->entry_source != NULL && rule->action == RS_ACTION_USER_POLICY) {
		add(line, "%s%s by ", first ? "" : ", ", rs_action_name(trial->action));
		add_foreign(line, d->verdict->entry_source);
		add_end(line, d->verdict->exception);
		first = false;
	}
	if (first)
		add(line, "%s",
		    rule->any_address ? "it is for every login"
				      : "it is for every login from a relay");
}

const char *rs_why(const struct rs_decision *d, const struct rs_rule *rule,
		   const struct rs_trial *trial, char buf[RS_WHY_SIZE])
{
	struct line line = { buf, 0 };

	buf[0] = '\0';
	switch (trial->miss) {
	case RS_MISS_NOTHING:
		add_matched(&line, d, rule, trial);
		break;
	case RS_MISS_MODE:
		add(&line, "the rule's mode is none");
		break;
	case RS_MISS_NO_RELAY:
		add(&line, "the rule is for logins from a relay, and this is none");
		break;
	case RS_MISS_COND:
		add_failed(&line, d, rule, trial->cond);
		break;
	case RS_MISS_NOT:
		add_found(&line, d, rule, trial->cond);
		add(&line, ", which \"not\" excludes");
		break;
	case RS_MISS_NO_ENTRY:
		if (d->cover_count == 0) {
			add(&line, "user entries are about relays, and this is none");
			break;
		}
		add_known(&line, d->login->user, "the user");
		add(&line, " has no entry for ");
		add_covers(&line, d, rule, false);
		if (d->login->exceptions_pending)
			add(&line, "; exceptions were not looked up");
		break;
	}
	return buf;
}
