/* SPDX-License-Identifier: MIT */
#include <relaysentry/doveconf.h>

#include "doveconf-rules.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* More blocks are no configuration; the work grows with their square. */
#define MAX_BLOCKS 500

void rs_dc_found(const struct rs_dc_chain *chain, enum rs_level level, unsigned line,
		 const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	for (size_t i = 0; i < rs_diags_kept(chain->diags); i++) {
		const struct rs_diag *diag = rs_diags_get(chain->diags, i);

		if (diag->line == line && strcmp(diag->text, text) == 0)
			return;
	}
	rs_diags_add(chain->diags, level, chain->name, line, "%s", text);
}

static int build_chain(struct rs_dc_tree *tree, const struct rs_dc_auth *auth,
		       struct rs_dc_chain *chain)
{
	size_t size = (auth->passdb_count + 1) * sizeof(void *);

	chain->auth = auth;
	chain->users = rs_arena_alloc(&tree->arena, size);
	chain->masters = rs_arena_alloc(&tree->arena, size);
	if (chain->users == NULL || chain->masters == NULL)
		return -1;
	chain->user_count = chain->master_count = 0;
	chain->dropped = NULL;
	for (size_t i = 0; i < auth->passdb_count; i++) {
		const struct rs_dc_passdb *passdb = &auth->passdbs[i];
		size_t *count = passdb->master ? &chain->master_count : &chain->user_count;

		if (*count == 0 && passdb->skip == RS_DC_UNAUTHENTICATED) {
			if (passdb->ours && !passdb->master)
				chain->dropped = passdb;
			continue;
		}
		(passdb->master ? chain->masters : chain->users)[(*count)++] = passdb;
	}
	chain->ours = 0;
	while (chain->ours < chain->user_count && !chain->users[chain->ours]->ours)
		chain->ours++;
	return 0;
}

/* Whether we are asked at all. */
static void check_presence(const struct rs_dc_chain *chain)
{
	const char *protocol = chain->auth->protocol;
	bool own_passdbs = false;

	for (size_t i = 0; i < chain->auth->passdb_count; i++) {
		const struct rs_dc_passdb *passdb = &chain->auth->passdbs[i];

		own_passdbs |= passdb->protocol != NULL;
		if (passdb->ours && passdb->master)
			rs_dc_found(chain, RS_LEVEL_ERROR, passdb->lines[RS_DC_MASTER],
				    "passdb relaysentry has master = yes: only logins of master "
				    "users are checked; remove the line");
	}
	if (chain->dropped != NULL)
		rs_dc_found(chain, RS_LEVEL_ERROR, chain->dropped->lines[RS_DC_SKIP],
			    "skip = unauthenticated in the first passdb: Dovecot drops the block "
			    "without a word; move it behind the passdb that verifies passwords, or "
			    "write in it: skip = never");
	if (chain->auth->has_ours)
		return;
	if (!chain->model->has_ours)
		rs_dc_found(chain, RS_LEVEL_ERROR, 0,
			    "no passdb relaysentry: no login is checked; write the block behind "
			    "the passdb that verifies passwords");
	else if (protocol != NULL && own_passdbs)
		rs_dc_found(
			chain, RS_LEVEL_ERROR, chain->auth->line,
			"protocol %s has no passdb relaysentry: its logins are not checked; "
			"write the block outside of all protocol blocks, behind the passdb that "
			"verifies passwords",
			protocol);
	else if (protocol == NULL)
		rs_dc_found(chain, RS_LEVEL_ERROR, 0,
			    "no passdb relaysentry outside of protocol blocks: logins of all other "
			    "protocols are not checked; write the block there, behind the passdb "
			    "that verifies passwords");
}

/* Logins that no passdb sees. */
static void check_mechanisms(const struct rs_dc_chain *chain)
{
	static const struct {
		unsigned bit;
		const char *name;
		bool winbind; /* only then */
	} unseen[] = {
		{ RS_DC_ANONYMOUS, "ANONYMOUS", false },
		{ RS_DC_NTLM, "NTLM", false },
		{ RS_DC_GSS_SPNEGO, "GSS-SPNEGO", true },
	};
	const struct rs_dc_auth *auth = chain->auth;
	char words[512];

	for (size_t i = 0; i < sizeof(unseen) / sizeof(unseen[0]); i++) {
		if ((auth->mechanisms & unseen[i].bit) == 0 ||
		    (unseen[i].winbind && !auth->winbind))
			continue;
		rs_dc_found(chain, RS_LEVEL_ERROR, auth->mechanisms_line,
			    "%s logins ask no passdb and cannot be checked; write: "
			    "auth_mechanisms = %s",
			    unseen[i].name,
			    rs_dc_words_without(auth->mechanisms_text,
						auth->winbind ? "anonymous ntlm gss-spnego"
							      : "anonymous ntlm",
						words, sizeof(words)));
	}
}

/* What keeps Dovecot's auth process from starting. */
static void check_fatal(const struct rs_dc_chain *chain)
{
	const struct rs_dc_passdb *last;

	if (chain->user_count == 0)
		return;
	last = chain->users[chain->user_count - 1];
	if (chain->model->v24 ? last->success == RS_DC_CONTINUE : last->pass)
		rs_dc_found(chain, RS_LEVEL_ERROR,
			    last->lines[chain->model->v24 ? RS_DC_SUCCESS : RS_DC_PASS],
			    "%s in the last passdb: Dovecot's auth process does not start, and "
			    "nobody can log in; write instead: result_success = %s",
			    chain->model->v24 ? "result_success = continue" : "pass = yes",
			    last->ours ? "return" : "return-ok");
}

/* The passdbs that are looked at as a whole. */
static int check_auth(struct rs_dc_tree *tree, struct rs_dc_chain *chain,
		      const struct rs_dc_auth *auth)
{
	if (build_chain(tree, auth, chain) < 0)
		return -1;
	check_presence(chain);
	check_mechanisms(chain);
	check_fatal(chain);
	/* Also when Dovecot drops our block: it is to come back. */
	if (chain->ours < chain->user_count || chain->dropped != NULL) {
		rs_dc_check_own(chain);
		rs_dc_check_others(chain);
	}
	return 0;
}

static size_t count_blocks(const struct rs_dc_node *block)
{
	size_t count = 0;

	for (const struct rs_dc_node *node = block->children; node != NULL; node = node->next) {
		if (strcmp(node->key, "passdb") == 0)
			count++;
		else if (strcmp(node->key, "protocol") == 0)
			count += 1 + count_blocks(node);
	}
	return count;
}

/* Groups of settings (2.4), which doveconf prints as they are. */
static void check_groups(const struct rs_dc_tree *tree, const char *name, struct rs_diags *diags)
{
	for (const struct rs_dc_node *node = tree->root.children; node != NULL; node = node->next) {
		if (strcmp(node->key, "group") == 0 && count_blocks(node) > 0)
			rs_diags_add(diags, RS_LEVEL_WARNING, name, node->line,
				     "passdbs in a group are not looked at; write them where the "
				     "group is used");
	}
}

static int lint(struct rs_dc_tree *tree, const char *name, struct rs_diags *diags)
{
	struct rs_dc_model model;
	struct rs_dc_chain chain = { .model = &model, .name = name, .diags = diags };

	if (tree->root.children == NULL || count_blocks(&tree->root) > MAX_BLOCKS) {
		rs_diags_add(diags, RS_LEVEL_ERROR, name, 0,
			     "%s; give the output of \"doveconf -n\"",
			     tree->root.children == NULL ? "holds no settings" : "too many blocks");
		return -1;
	}
	if (rs_dc_model_build(tree, &model) < 0)
		goto no_memory;
	for (size_t i = 0; i < model.auth_count; i++) {
		if (check_auth(tree, &chain, &model.auths[i]) < 0)
			goto no_memory;
	}
	check_groups(tree, name, diags);
	return 0;
no_memory:
	rs_diags_no_memory(diags, name, 0);
	return -1;
}

int rs_doveconf_lint(const char *name, const char *text, size_t len, struct rs_diags *diags)
{
	struct rs_dc_tree tree = { 0 };
	int result = -1;

	if (rs_dc_tree_read(&tree, name, text, len, diags) == 0)
		result = lint(&tree, name, diags);
	rs_dc_tree_clear(&tree);
	return result;
}
