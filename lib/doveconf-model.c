/* SPDX-License-Identifier: MIT */
#include "doveconf-model.h"

#include "ascii.h"
#include "strbuf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "passdb_"

/* In the order of enum rs_dc_rule. */
static const char *const rule_names[] = { "return-ok", "return",      "return-fail",
					  "continue",  "continue-ok", "continue-fail" };

const char *rs_dc_rule_name(enum rs_dc_rule rule)
{
	return rule_names[rule];
}

bool rs_dc_has_word(const char *words, const char *word)
{
	size_t len = strlen(word);

	while (*words != '\0') {
		size_t own = strcspn(words, " ,\t");

		if (own == len && rs_same_fold(words, word, len))
			return true;
		words += own;
		words += strspn(words, " ,\t");
	}
	return false;
}

const char *rs_dc_words_without(const char *words, const char *unwanted, char *buf, size_t size)
{
	size_t used = 0;

	while (*words != '\0') {
		size_t len = strcspn(words, " ,\t");
		char word[64];

		snprintf(word, sizeof(word), "%.*s", (int)len, words);
		if (len > 0 && !rs_dc_has_word(unwanted, word) && used + len + 2 < size)
			used += (size_t)snprintf(buf + used, size - used, "%s%s",
						 used > 0 ? " " : "", word);
		words += len;
		words += strspn(words, " ,\t");
	}
	return used > 0 ? buf : "plain";
}

static unsigned mechanism_bits(const char *words)
{
	static const struct {
		const char *name;
		unsigned bit;
	} known[] = {
		{ "anonymous", RS_DC_ANONYMOUS },   { "ntlm", RS_DC_NTLM },
		{ "gss-spnego", RS_DC_GSS_SPNEGO }, { "gssapi", RS_DC_GSSAPI },
		{ "oauthbearer", RS_DC_OAUTH },	    { "xoauth2", RS_DC_OAUTH },
	};
	unsigned bits = 0;

	while (*words != '\0') {
		size_t len = strcspn(words, " ,\t");
		unsigned bit = RS_DC_OTHERS;

		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
			if (strlen(known[i].name) == len && rs_same_fold(words, known[i].name, len))
				bit = known[i].bit;
		}
		if (len > 0)
			bits |= bit;
		words += len;
		words += strspn(words, " ,\t");
	}
	return bits;
}

static bool is_yes(const struct rs_dc_node *node)
{
	/* Dovecot takes what begins with y or Y, and 1. */
	return node->value != NULL &&
	       (*node->value == 'y' || *node->value == 'Y' || strcmp(node->value, "1") == 0);
}

/* The words of a list: `key = a b`, or `key { a = yes }`, which adds to inherited. */
static const char *list_words(struct rs_dc_tree *tree, const struct rs_dc_node *node,
			      const char *inherited)
{
	struct rs_strbuf words = { 0 };
	const char *result;

	if (node->value != NULL)
		return node->value;
	rs_strbuf_add_text(&words, inherited);
	for (const struct rs_dc_node *word = node->children; word != NULL; word = word->next) {
		if (is_yes(word) && !rs_dc_has_word(inherited, word->key))
			rs_strbuf_addf(&words, "%s%s", words.used > 0 ? " " : "", word->key);
	}
	result = words.failed ? NULL : rs_arena_strdup(&tree->arena, rs_strbuf_text(&words));
	rs_strbuf_free(&words);
	return result;
}

static void parse_rule(const struct rs_dc_node *node, enum rs_dc_rule *rule)
{
	for (size_t i = 0; i < sizeof(rule_names) / sizeof(rule_names[0]); i++) {
		if (node->value != NULL && strcmp(node->value, rule_names[i]) == 0)
			*rule = (enum rs_dc_rule)i;
	}
}

static void parse_skip(const struct rs_dc_node *node, enum rs_dc_skip *skip)
{
	if (node->value == NULL)
		return;
	if (strcmp(node->value, "never") == 0)
		*skip = RS_DC_NEVER;
	else if (strcmp(node->value, "authenticated") == 0)
		*skip = RS_DC_AUTHENTICATED;
	else if (strcmp(node->value, "unauthenticated") == 0)
		*skip = RS_DC_UNAUTHENTICATED;
}

static const struct rs_dc_node *find_key(const struct rs_dc_node *block, enum rs_dc_key key)
{
	static const char *const keys[RS_DC_KEY_COUNT] = {
		[RS_DC_ARGS] = "args",
		[RS_DC_DENY] = "deny",
		[RS_DC_MASTER] = "master",
		[RS_DC_MECHANISMS] = "mechanisms_filter",
		[RS_DC_PASS] = "pass",
		[RS_DC_FAILURE] = "result_failure",
		[RS_DC_INTERNALFAIL] = "result_internalfail",
		[RS_DC_SUCCESS] = "result_success",
		[RS_DC_SKIP] = "skip",
		[RS_DC_USERNAME_FILTER] = "username_filter",
		[RS_DC_USE_WORKER] = "use_worker",
	};
	const struct rs_dc_node *node = rs_dc_setting(block, PREFIX, keys[key]);

	/* As 2.3 names it. */
	if (node == NULL && key == RS_DC_MECHANISMS)
		node = rs_dc_setting(block, PREFIX, "mechanisms");
	return node;
}

static int apply_key(struct rs_dc_tree *tree, struct rs_dc_passdb *passdb, enum rs_dc_key key,
		     const struct rs_dc_node *node)
{
	const char *words;

	switch (key) {
	case RS_DC_ARGS:
		passdb->args = node->value;
		break;
	case RS_DC_DENY:
		passdb->deny = is_yes(node);
		break;
	case RS_DC_MASTER:
		passdb->master = is_yes(node);
		break;
	case RS_DC_MECHANISMS:
		words = list_words(tree, node, "");
		if (words == NULL)
			return -1;
		passdb->mechanisms = *words == '\0' ? RS_DC_ALL : mechanism_bits(words);
		break;
	case RS_DC_PASS:
		passdb->pass = is_yes(node);
		break;
	case RS_DC_FAILURE:
		parse_rule(node, &passdb->failure);
		break;
	case RS_DC_INTERNALFAIL:
		parse_rule(node, &passdb->internalfail);
		break;
	case RS_DC_SUCCESS:
		parse_rule(node, &passdb->success);
		passdb->success_untold = false;
		break;
	case RS_DC_SKIP:
		parse_skip(node, &passdb->skip);
		break;
	case RS_DC_USERNAME_FILTER:
		passdb->username_filter = node->value != NULL && *node->value != '\0';
		break;
	case RS_DC_USE_WORKER:
		passdb->use_worker = is_yes(node);
		break;
	}
	passdb->lines[key] = node->line;
	return 0;
}

static int apply_block(struct rs_dc_tree *tree, struct rs_dc_passdb *passdb,
		       const struct rs_dc_node *block)
{
	const struct rs_dc_node *node = rs_dc_setting(block, PREFIX, "driver");

	if (node != NULL && node->value != NULL && *node->value != '\0')
		passdb->driver = node->value;
	node = rs_dc_setting(block, PREFIX, "fields");
	if (node != NULL && node->value == NULL)
		passdb->fields = node;
	for (int key = 0; key < RS_DC_KEY_COUNT; key++) {
		node = find_key(block, (enum rs_dc_key)key);
		if (node != NULL && apply_key(tree, passdb, (enum rs_dc_key)key, node) < 0)
			return -1;
	}
	/* 2.3: the older word for it. */
	if (passdb->pass) {
		passdb->success = RS_DC_CONTINUE;
		passdb->success_untold = false;
	}
	passdb->ours = strcmp(passdb->driver, "relaysentry") == 0;
	return 0;
}

/* Adds the block at this place, or applies it to the passdb of the same name. */
static int add_passdb(struct rs_dc_tree *tree, struct rs_dc_auth *auth,
		      const struct rs_dc_node *block, size_t place, bool v24)
{
	const struct rs_dc_node *node = rs_dc_setting(block, PREFIX, "name");
	const char *name = *block->name == '\0' && node != NULL && node->value != NULL
				   ? node->value
				   : block->name;
	struct rs_dc_passdb *passdb;

	for (size_t i = 0; i < auth->passdb_count && *name != '\0'; i++) {
		if (strcmp(auth->passdbs[i].name, name) == 0)
			return apply_block(tree, &auth->passdbs[i], block);
	}
	passdb = &auth->passdbs[place];
	memmove(passdb + 1, passdb, (auth->passdb_count - place) * sizeof(*passdb));
	auth->passdb_count++;
	/* What is left out has these values; the driver is the name then (2.4). */
	*passdb = (struct rs_dc_passdb){
		.name = name,
		.driver = name,
		.protocol = block->parent->parent != NULL ? block->parent->name : NULL,
		.mechanisms = RS_DC_ALL,
		.skip = RS_DC_NEVER,
		.success = RS_DC_RETURN_OK,
		.success_untold = !v24,
		.failure = RS_DC_CONTINUE,
		.internalfail = RS_DC_CONTINUE,
		.line = block->line,
	};
	for (int key = 0; key < RS_DC_KEY_COUNT; key++)
		passdb->lines[key] = block->line;
	return apply_block(tree, passdb, block);
}

/* Applies the settings and passdbs of one level: the top, or a protocol block. */
static int apply_level(struct rs_dc_tree *tree, struct rs_dc_auth *auth,
		       const struct rs_dc_node *level, bool v24)
{
	const struct rs_dc_node *node = rs_dc_setting(level, "", "auth_mechanisms");
	/* A protocol's passdbs come before the others. */
	bool before = level->parent != NULL;
	size_t place = 0;

	if (node != NULL) {
		auth->mechanisms_text = list_words(tree, node, auth->mechanisms_text);
		if (auth->mechanisms_text == NULL)
			return -1;
		auth->mechanisms = mechanism_bits(auth->mechanisms_text);
		auth->mechanisms_line = node->line;
	}
	node = rs_dc_setting(level, "", "auth_use_winbind");
	if (node != NULL)
		auth->winbind = is_yes(node);
	node = rs_dc_setting(level, "", "auth_cache_size");
	if (node != NULL)
		auth->cache = strtoull(node->value, NULL, 10) > 0;
	node = rs_dc_setting(level, "", "auth_cache_verify_password_with_worker");
	if (node != NULL)
		auth->worker_line = is_yes(node) ? node->line : 0;
	for (node = level->children; node != NULL; node = node->next) {
		if (node->value != NULL || strcmp(node->key, "passdb") != 0)
			continue;
		if (add_passdb(tree, auth, node, before ? place : auth->passdb_count, v24) < 0)
			return -1;
		place++;
	}
	return 0;
}

static bool is_protocol(const struct rs_dc_node *node)
{
	return node->value == NULL && strcmp(node->key, "protocol") == 0;
}

static bool protocol_applies(const char *block, const char *protocol)
{
	if (*block == '!' && *protocol != '!')
		return strcmp(block + 1, protocol) != 0;
	return strcmp(block, protocol) == 0;
}

static int build_auth(struct rs_dc_tree *tree, struct rs_dc_auth *auth, size_t room, bool v24)
{
	auth->passdbs = rs_arena_alloc(&tree->arena, (room + 1) * sizeof(*auth->passdbs));
	auth->mechanisms_text = "plain";
	auth->mechanisms = RS_DC_OTHERS;
	if (auth->passdbs == NULL || apply_level(tree, auth, &tree->root, v24) < 0)
		return -1;
	for (const struct rs_dc_node *node = tree->root.children; node != NULL; node = node->next) {
		if (auth->protocol != NULL && is_protocol(node) &&
		    protocol_applies(node->name, auth->protocol) &&
		    apply_level(tree, auth, node, v24) < 0)
			return -1;
	}
	auth->kerberos = RS_DC_GSSAPI | (auth->winbind ? 0 : RS_DC_GSS_SPNEGO);
	for (size_t i = 0; i < auth->passdb_count; i++)
		auth->has_ours |= auth->passdbs[i].ours;
	return 0;
}

static bool has_protocol(const struct rs_dc_model *model, const char *protocol)
{
	for (size_t i = 1; i < model->auth_count; i++) {
		if (strcmp(model->auths[i].protocol, protocol) == 0)
			return true;
	}
	return false;
}

static bool is_v24(const struct rs_dc_tree *tree)
{
	if (tree->major != 0)
		return tree->major > 2 || tree->minor >= 4;
	/* The header is missing: 2.4 must name this, and its passdbs. */
	if (rs_dc_setting(&tree->root, "", "dovecot_config_version") != NULL)
		return true;
	for (const struct rs_dc_node *node = tree->root.children; node != NULL; node = node->next) {
		if (node->value == NULL && strcmp(node->key, "passdb") == 0 && *node->name != '\0')
			return true;
	}
	return false;
}

int rs_dc_model_build(struct rs_dc_tree *tree, struct rs_dc_model *model_r)
{
	size_t passdbs = 0, blocks = 0;

	memset(model_r, 0, sizeof(*model_r));
	model_r->v24 = is_v24(tree);
	for (const struct rs_dc_node *node = tree->root.children; node != NULL; node = node->next) {
		passdbs += strcmp(node->key, "passdb") == 0;
		if (!is_protocol(node))
			continue;
		blocks++;
		for (const struct rs_dc_node *own = node->children; own != NULL; own = own->next)
			passdbs += strcmp(own->key, "passdb") == 0;
	}
	model_r->auths = rs_arena_alloc(&tree->arena, (blocks + 1) * sizeof(*model_r->auths));
	if (model_r->auths == NULL ||
	    build_auth(tree, &model_r->auths[0], passdbs, model_r->v24) < 0)
		return -1;
	model_r->auth_count = 1;
	model_r->has_ours = model_r->auths[0].has_ours;
	for (const struct rs_dc_node *node = tree->root.children; node != NULL; node = node->next) {
		struct rs_dc_auth *auth = &model_r->auths[model_r->auth_count];

		if (!is_protocol(node) || has_protocol(model_r, node->name))
			continue;
		auth->protocol = node->name;
		auth->line = node->line;
		if (build_auth(tree, auth, passdbs, model_r->v24) < 0)
			return -1;
		model_r->has_ours |= auth->has_ours;
		model_r->auth_count++;
	}
	return 0;
}
