/* SPDX-License-Identifier: MIT */
#include "decide-internal.h"

#include <string.h>

bool rs_list_next(const char **list, const char **item_r, size_t *len_r)
{
	const char *begin = *list, *end;

	while (*begin == ' ' || *begin == '\t' || *begin == ',')
		begin++;
	if (*begin == '\0')
		return false;
	end = begin + strcspn(begin, ",");
	*list = end;
	while (end[-1] == ' ' || end[-1] == '\t')
		end--;
	*item_r = begin;
	*len_r = (size_t)(end - begin);
	return true;
}

static bool relay_holds(const struct rs_decision *d, const struct rs_rule *rule,
			const struct rs_conds *conds)
{
	uint32_t covers = rs_rule_covers(d, rule);

	for (uint32_t i = 0; i < covers; i++) {
		uint32_t number = rs_cover_number(d->policy, &d->covers[i]);

		for (size_t j = 0; j < conds->relay_count; j++) {
			if (conds->relays[j] == number)
				return true;
		}
	}
	return false;
}

static bool class_holds(const struct rs_decision *d, const struct rs_rule *rule,
			const struct rs_conds *conds)
{
	uint32_t covers = rs_rule_covers(d, rule);

	for (uint32_t i = 0; i < covers; i++) {
		if ((conds->classes & 1U << d->covers[i].relay->class_) != 0)
			return true;
	}
	return false;
}

static bool user_holds(const struct rs_decision *d, const struct rs_conds *conds)
{
	const struct rs_user_name *user = d->user;

	if (user == NULL)
		return false;
	return conds->any_user ||
	       (user->name != NULL && rs_words_have(&conds->users, user->name, user->len)) ||
	       (user->domain != NULL &&
		rs_words_have(&conds->users, user->domain, user->domain_len));
}

static bool group_holds(const struct rs_decision *d, const struct rs_conds *conds)
{
	const char *list = d->login->group, *item;
	size_t len;

	while (list != NULL && rs_list_next(&list, &item, &len)) {
		if (rs_words_have(&conds->groups, item, len))
			return true;
	}
	return false;
}

static bool word_holds(const struct rs_words *words, const char *text)
{
	return text != NULL && rs_words_have(words, text, strlen(text));
}

static bool master_holds(const struct rs_decision *d, const struct rs_conds *conds)
{
	struct rs_user_name name;

	if (d->login->master == NULL)
		return (conds->master & RS_MASTER_NONE) != 0;
	if ((conds->master & RS_MASTER_ANY) != 0)
		return true;
	if (conds->masters.count == 0)
		return false;
	rs_user_name_set(&name, d->policy, d->login->master);
	return name.name != NULL && rs_words_have(&conds->masters, name.name, name.len);
}

static bool tls_holds(enum rs_tls tls, const struct rs_conds *conds)
{
	return tls != RS_TLS_UNKNOWN && (conds->tls & (tls == RS_TLS_ON ? 2U : 1U)) != 0;
}

static bool cond_holds(const struct rs_decision *d, const struct rs_rule *rule,
		       const struct rs_conds *conds, enum rs_cond cond)
{
	switch (cond) {
	case RS_COND_RELAY:
		return relay_holds(d, rule, conds);
	case RS_COND_CLASS:
		return class_holds(d, rule, conds);
	case RS_COND_NETWORK:
		return rs_netset_covers(&conds->networks, &d->remote);
	case RS_COND_VIA:
		return rs_netset_covers(&conds->vias, &d->via);
	case RS_COND_USER:
		return user_holds(d, conds);
	case RS_COND_GROUP:
		return group_holds(d, conds);
	case RS_COND_SERVICE:
		return word_holds(&conds->services, d->login->service);
	case RS_COND_MECHANISM:
		return word_holds(&conds->mechanisms, d->login->mechanism);
	case RS_COND_CREDENTIAL:
		return (conds->credentials & 1U << d->login->credential) != 0;
	case RS_COND_TLS:
		return tls_holds(d->login->tls, conds);
	case RS_COND_MASTER:
		return master_holds(d, conds);
	case RS_COND_NOT_BEFORE:
		return d->login->time >= conds->not_before;
	case RS_COND_NOT_AFTER:
		return d->login->time < conds->not_after;
	case RS_COND_COUNT:
		break;
	}
	return false;
}

/* The first condition whose holding is other than wanted; RS_COND_COUNT: none. */
static enum rs_cond first_other(const struct rs_decision *d, const struct rs_rule *rule,
				const struct rs_conds *conds, bool wanted)
{
	for (unsigned left = conds->present; left != 0; left &= left - 1) {
		enum rs_cond cond = (enum rs_cond)__builtin_ctz(left);

		if (cond_holds(d, rule, conds, cond) != wanted)
			return cond;
	}
	return RS_COND_COUNT;
}

struct rs_trial rs_rule_try(const struct rs_decision *d, const struct rs_rule *rule)
{
	struct rs_trial trial = { RS_MISS_NOTHING, RS_COND_COUNT, rule->action };

	if (rule->mode == RS_MODE_NONE) {
		trial.miss = RS_MISS_MODE;
		return trial;
	}
	if (d->cover_count == 0 && !rule->any_address) {
		trial.miss = RS_MISS_NO_RELAY;
		return trial;
	}
	trial.cond = first_other(d, rule, &rule->conds, true);
	if (trial.cond != RS_COND_COUNT) {
		trial.miss = RS_MISS_COND;
		return trial;
	}
	trial.cond = first_other(d, rule, &rule->not_conds, false);
	if (trial.cond != RS_COND_COUNT)
		trial.miss = RS_MISS_NOT;
	return trial;
}
