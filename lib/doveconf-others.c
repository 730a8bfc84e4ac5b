/* SPDX-License-Identifier: MIT */
#include "doveconf-rules.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* "passdb passwd-file", as a person finds it in the configuration. */
#define LABEL_LEN 160
static const char *label(const struct rs_dc_passdb *passdb, char buf[LABEL_LEN])
{
	const char *name = *passdb->name != '\0' ? passdb->name : passdb->driver;

	snprintf(buf, LABEL_LEN, "%spassdb %s%s%s", passdb->master ? "master " : "", name,
		 passdb->protocol != NULL ? " of protocol " : "",
		 passdb->protocol != NULL ? passdb->protocol : "");
	return buf;
}

/* The rule in words. */
static const char *success_name(const struct rs_dc_passdb *passdb)
{
	return passdb->success_untold ? "return-ok or return" : rs_dc_rule_name(passdb->success);
}

static bool has_oauth2(const struct rs_dc_passdb *passdb)
{
	return strcmp(passdb->driver, "oauth2") == 0 || strcmp(passdb->driver, "lua") == 0;
}

/* Whether the passdb can end with a login that succeeds only because one before
 * it did: `return` keeps what was decided. */
static bool returns_success(const struct rs_dc_chain *chain, size_t place)
{
	const struct rs_dc_passdb *passdb = chain->users[place];

	if (passdb->skip == RS_DC_AUTHENTICATED)
		return false;
	for (size_t i = 0; i < chain->master_count; i++) {
		if (chain->masters[i]->success == RS_DC_CONTINUE_OK)
			return true;
	}
	for (size_t i = 0; i < place; i++) {
		if (chain->users[i]->success == RS_DC_CONTINUE_OK ||
		    chain->users[i]->failure == RS_DC_CONTINUE_OK ||
		    chain->users[i]->internalfail == RS_DC_CONTINUE_OK)
			return true;
	}
	return false;
}

/* Logins that it is asked about and that no passdb verifies, in words; or NULL. */
static const char *unverified(const struct rs_dc_chain *chain, const struct rs_dc_passdb *passdb)
{
	unsigned mechanisms = chain->auth->mechanisms & passdb->mechanisms;

	if (chain->model->v24 && (mechanisms & RS_DC_OAUTH) != 0)
		return "token logins (OAUTHBEARER, XOAUTH2)";
	if ((mechanisms & chain->auth->kerberos) != 0)
		return "Kerberos logins (GSSAPI)";
	return NULL;
}

/* A passdb whose failure ends the way before it comes to us, and the login succeeds. */
static void check_failure(const struct rs_dc_chain *chain, size_t place)
{
	const struct rs_dc_passdb *passdb = chain->users[place];
	bool ends = passdb->failure == RS_DC_RETURN || passdb->failure == RS_DC_RETURN_FAIL;
	const char *who = ends ? unverified(chain, passdb) : NULL;
	char buf[LABEL_LEN];

	if (passdb->failure == RS_DC_RETURN_OK)
		rs_dc_found(
			chain, RS_LEVEL_ERROR, passdb->lines[RS_DC_FAILURE],
			"%s has result_failure = return-ok: its failure ends the login with "
			"success, and relaysentry is not asked; write: result_failure = continue",
			label(passdb, buf));
	if (passdb->internalfail == RS_DC_RETURN_OK)
		rs_dc_found(chain, RS_LEVEL_ERROR, passdb->lines[RS_DC_INTERNALFAIL],
			    "%s has result_internalfail = return-ok: its failure ends the login "
			    "with success, and relaysentry is not asked; write: "
			    "result_internalfail = continue",
			    label(passdb, buf));
	if (who != NULL)
		rs_dc_found(chain, RS_LEVEL_ERROR, passdb->lines[RS_DC_FAILURE],
			    "%s has result_failure = %s: %s of users whom it does not know end "
			    "here with success, and relaysentry is not asked; write: "
			    "result_failure = continue",
			    label(passdb, buf), rs_dc_rule_name(passdb->failure), who);
	else if (passdb->failure == RS_DC_RETURN && returns_success(chain, place))
		rs_dc_found(chain, RS_LEVEL_ERROR, passdb->lines[RS_DC_FAILURE],
			    "%s has result_failure = return: a user who is authenticated already "
			    "is let in here, and relaysentry is not asked; write: "
			    "result_failure = continue",
			    label(passdb, buf));
	if (passdb->internalfail == RS_DC_RETURN &&
	    (unverified(chain, passdb) != NULL || returns_success(chain, place)))
		rs_dc_found(chain, RS_LEVEL_ERROR, passdb->lines[RS_DC_INTERNALFAIL],
			    "%s has result_internalfail = return: a user who is authenticated "
			    "already is let in here, and relaysentry is not asked; write: "
			    "result_internalfail = continue",
			    label(passdb, buf));
}

static void check_before(const struct rs_dc_chain *chain, size_t place)
{
	const struct rs_dc_passdb *passdb = chain->users[place];
	char buf[LABEL_LEN], words[512];

	if (!passdb->deny &&
	    (passdb->success == RS_DC_RETURN_OK || passdb->success == RS_DC_RETURN))
		rs_dc_found(chain, RS_LEVEL_ERROR, passdb->lines[RS_DC_SUCCESS],
			    "%s has result_success = %s: its users are let in here, and "
			    "relaysentry is not asked; write: result_success = continue-ok",
			    label(passdb, buf), success_name(passdb));
	if (chain->model->v24 && !passdb->deny && passdb->success == RS_DC_RETURN_FAIL &&
	    unverified(chain, passdb) != NULL)
		rs_dc_found(chain, RS_LEVEL_ERROR, passdb->lines[RS_DC_SUCCESS],
			    "%s has result_success = return-fail: %s of its users, whom it is to "
			    "refuse, succeed all the same from Dovecot 2.4.2 on, and relaysentry "
			    "is not asked; write instead: deny = yes",
			    label(passdb, buf), unverified(chain, passdb));
	check_failure(chain, place);
	/* One that is asked only about who was verified before proves nothing. */
	if (!chain->model->v24 && !passdb->deny && !has_oauth2(passdb) &&
	    passdb->skip != RS_DC_UNAUTHENTICATED &&
	    (chain->auth->mechanisms & passdb->mechanisms & RS_DC_OAUTH) != 0)
		rs_dc_found(chain, RS_LEVEL_ERROR, passdb->lines[RS_DC_MECHANISMS],
			    "%s takes a bearer token (OAUTHBEARER, XOAUTH2) for a password: who "
			    "sends the password as a token is let in; write: mechanisms = %s",
			    label(passdb, buf),
			    rs_dc_words_without(chain->auth->mechanisms_text, "oauthbearer xoauth2",
						words, sizeof(words)));
}

/* ours: the last of ours before it. asked: relaysentry is asked before it, whoever
 * the login is of. */
static void check_after(const struct rs_dc_chain *chain, size_t place, size_t ours, bool asked)
{
	const struct rs_dc_passdb *passdb = chain->users[place];
	bool first = rs_dc_first_place(chain, ours);
	char buf[LABEL_LEN];

	if (passdb->deny || passdb->skip == RS_DC_UNAUTHENTICATED) {
		/* In front of all others, and with pass, relaysentry hands on to them. */
		if (!first && !chain->users[ours]->pass)
			rs_dc_found(chain, RS_LEVEL_WARNING, passdb->line,
				    "%s comes after relaysentry, which ends the login: it is not "
				    "asked about who is let in; move the block before passdb "
				    "relaysentry",
				    label(passdb, buf));
		return;
	}
	if (passdb->success == RS_DC_RETURN_FAIL || passdb->success == RS_DC_CONTINUE_FAIL)
		return;
	/* In front of all others that is how it was meant. */
	if (asked && !first)
		rs_dc_found(chain, RS_LEVEL_WARNING, passdb->line,
			    "%s comes after relaysentry, which decides before it: groups and "
			    "entries of its users, and a name that it changes, are not known then; "
			    "move the block before passdb relaysentry and write in it: "
			    "result_success = continue-ok",
			    label(passdb, buf));
	if (asked)
		return;
	rs_dc_found(chain, RS_LEVEL_ERROR, passdb->line,
		    "%s comes after relaysentry, and its users are not checked; move the block "
		    "before passdb relaysentry and write in it: result_success = continue-ok",
		    label(passdb, buf));
}

static bool is_plain_only(const char *driver)
{
	static const char *const drivers[] = { "pam", "bsdauth", "imap" };

	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
		if (strcmp(driver, drivers[i]) == 0)
			return true;
	}
	return false;
}

/* Where no passdb can do more than verify a password: one of them. It would verify
 * the master's as the user's, and the login fails. */
static const struct rs_dc_passdb *plain_only(const struct rs_dc_chain *chain)
{
	const struct rs_dc_passdb *found = NULL;

	for (size_t i = 0; i < chain->user_count; i++) {
		const struct rs_dc_passdb *passdb = chain->users[i];

		if (passdb->ours || passdb->deny)
			continue;
		if (!is_plain_only(passdb->driver))
			return NULL;
		if (passdb->skip != RS_DC_AUTHENTICATED)
			found = passdb;
	}
	return found;
}

static void check_master_success(const struct rs_dc_chain *chain, const struct rs_dc_passdb *master)
{
	const struct rs_dc_passdb *plain = plain_only(chain);
	char buf[LABEL_LEN], plain_buf[LABEL_LEN], mend[LABEL_LEN + 64] = "continue";

	if (plain != NULL)
		snprintf(mend, sizeof(mend), "continue-ok, and in %s: skip = authenticated",
			 label(plain, plain_buf));
	if (master->success == RS_DC_RETURN_OK || master->success == RS_DC_RETURN)
		rs_dc_found(chain, RS_LEVEL_ERROR, master->lines[RS_DC_SUCCESS],
			    "%s has result_success = %s: logins of master users are let in here, "
			    "and relaysentry is not asked; write: result_success = %s",
			    label(master, buf), success_name(master), mend);
	else if (plain != NULL &&
		 (master->success == RS_DC_CONTINUE || master->success == RS_DC_CONTINUE_OK))
		rs_dc_found(chain, RS_LEVEL_WARNING, master->lines[RS_DC_SUCCESS],
			    "%s has result_success = %s, and then %s gets the master's password as "
			    "the user's and refuses it; write: result_success = %s",
			    label(master, buf), success_name(master), label(plain, plain_buf),
			    mend);
}

static void check_master(const struct rs_dc_chain *chain, const struct rs_dc_passdb *master)
{
	char buf[LABEL_LEN];

	check_master_success(chain, master);
	if (master->failure == RS_DC_RETURN_OK)
		rs_dc_found(chain, RS_LEVEL_ERROR, master->lines[RS_DC_FAILURE],
			    "%s has result_failure = return-ok: its failure ends the login with "
			    "success; write: result_failure = continue",
			    label(master, buf));
	if (master->internalfail == RS_DC_RETURN_OK)
		rs_dc_found(chain, RS_LEVEL_ERROR, master->lines[RS_DC_INTERNALFAIL],
			    "%s has result_internalfail = return-ok: its failure ends the login "
			    "with success; write: result_internalfail = continue",
			    label(master, buf));
}

/* Dovecot keeps the fields of a passdb from its cache when the worker then finds the
 * password wrong, and another passdb takes it. */
static void check_cache(const struct rs_dc_chain *chain)
{
	size_t seen = 0, count = 0; /* so far, and before the last of ours */

	for (size_t i = 0; i < chain->user_count; i++) {
		if (chain->users[i]->ours)
			count = seen;
		else if (!chain->users[i]->deny)
			seen++;
	}
	if (chain->auth->cache && chain->auth->worker_line > 0 && count > 1)
		rs_dc_found(chain, RS_LEVEL_WARNING, chain->auth->worker_line,
			    "auth_cache_verify_password_with_worker = yes lets a login keep the "
			    "fields of a passdb that refused its password; write: "
			    "auth_cache_verify_password_with_worker = no");
}

/* Dovecot 2.4 takes no field at all when it cannot expand one of them; with
 * passdb_ldap_bind it lets in all the same. */
static void check_fields(const struct rs_dc_chain *chain, const struct rs_dc_passdb *passdb)
{
	char buf[LABEL_LEN];

	if (passdb->fields == NULL || strcmp(passdb->driver, "ldap") != 0)
		return;
	for (const struct rs_dc_node *node = passdb->fields->children; node != NULL;
	     node = node->next) {
		if (node->value == NULL || strncmp(node->key, "relaysentry_", 12) != 0 ||
		    strstr(node->value, "%{ldap") == NULL || strstr(node->value, "default") != NULL)
			continue;
		rs_dc_found(chain, RS_LEVEL_ERROR, node->line,
			    "%s has no default for %s: where the attribute is missing, relaysentry "
			    "is told none of the user's fields; write behind the attribute: "
			    "| default",
			    label(passdb, buf), node->key);
	}
}

void rs_dc_check_others(const struct rs_dc_chain *chain)
{
	/* Where our block will stand that Dovecot drops is not known. */
	bool placed = chain->ours < chain->user_count, asks_all = false;
	size_t ours = chain->ours;

	for (size_t i = 0; placed && i < chain->ours; i++) {
		check_before(chain, i);
		check_fields(chain, chain->users[i]);
	}
	check_cache(chain);
	for (size_t i = chain->ours; i < chain->user_count; i++) {
		/* One that does not wait for a verified password is asked about every login. */
		if (!chain->users[i]->ours) {
			check_after(chain, i, ours, asks_all);
			continue;
		}
		ours = i;
		if (chain->users[i]->skip != RS_DC_UNAUTHENTICATED)
			asks_all = true;
	}
	for (size_t i = 0; i < chain->master_count; i++)
		check_master(chain, chain->masters[i]);
}
