/* SPDX-License-Identifier: MIT */
/* JSON, diagnostics, addresses, Dovecot's configuration and dict process. */
#include "oom.h"

#include "oom-inject.h"
#include "unit.h"

#include <relaysentry/dictproto.h>
#include <relaysentry/doveconf.h>
#include <relaysentry/ip.h>
#include <relaysentry/logline.h>

#include <string.h>

static const char json[] =
	"// a comment\n"
	"{ \"a\": [1, -2, 3.5, 1e3, true, false, null, \"\", \"" OOM_LONG "\"],\n"
	"  \"esc\\u0061ped \\\"key\\\" " OOM_LONG "\": \"\\u00e4\\n\\ud83d\\ude00 " OOM_LONG "\",\n"
	"  \"o\": {\"k0\": 0, \"k1\": 1, \"k2\": 2, \"k3\": 3, \"k4\": 4, \"k5\": 5, \"k6\": 6,\n"
	"    \"k7\": 7, \"k8\": 8, \"k9\": 9, \"ka\": 10, \"kb\": 11, \"kc\": 12, \"kd\": 13,\n"
	"    \"ke\": 14, \"kf\": 15, \"kg\": 16, \"kh\": 17, \"ki\": 18, \"kj\": 19},\n"
	"  \"l\": [0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,\n"
	"    29,30,31,32,33,34,35,36,37,38,39,40,[],{},[[[]]]]}\n";

static int parse_json(struct oom_run *run, const void *context)
{
	const struct rs_json_options options = { .comments = true };
	struct rs_json_doc *doc =
		context == NULL ? rs_json_parse("j", json, strlen(json), &options, run->diags)
				: rs_json_read_file(context, &options, run->diags);

	if (doc == NULL)
		return -1;
	oom_note_json(run, rs_json_root(doc));
	rs_json_free(&doc);
	return 0;
}

static int write_json(struct oom_run *run, const void *context)
{
	struct rs_jsonw *w = rs_jsonw_new(true);
	const char *text;

	(void)context;
	if (w == NULL)
		return -1;
	rs_jsonw_object(w, NULL);
	rs_jsonw_array(w, "list");
	for (int i = 0; i < 40; i++)
		rs_jsonw_int(w, NULL, i);
	rs_jsonw_end(w);
	rs_jsonw_string(w, "\"text\"\x01", OOM_LONG "\n\xff");
	rs_jsonw_bool(w, "b", true);
	rs_jsonw_end(w);
	text = rs_jsonw_text(w);
	if (text != NULL)
		oom_note(run, "%s\n", text);
	rs_jsonw_free(&w);
	return text != NULL ? 0 : -1;
}

/* The counts are right even when the texts are lost. */
static int keep_diags(struct oom_run *run, const void *context)
{
	struct rs_diags *diags = rs_diags_new();

	(void)context;
	if (diags == NULL)
		return -1;
	for (unsigned i = 0; i < 20; i++)
		rs_diags_add(diags, i % 3,
			     i % 4 == 0	  ? NULL
			     : i % 4 == 1 ? "a"
					  : OOM_LONG,
			     i, "%s\xff %u", OOM_LONG, i);
	oom_note(run, "%zu %zu %zu\n", rs_diags_count(diags, RS_LEVEL_ERROR),
		 rs_diags_count(diags, RS_LEVEL_WARNING), rs_diags_count(diags, RS_LEVEL_NOTE));
	for (size_t i = 0; i < rs_diags_kept(diags); i++) {
		char buf[512];

		if (rs_diag_format(rs_diags_get(diags, i), buf, sizeof(buf)) == 0)
			oom_note(run, "an empty diagnostic\n");
	}
	rs_diags_free(&diags);
	return 0;
}

/* Where memory is short, text is written without libcidr. */
static int format_addresses(struct oom_run *run, const void *context)
{
	static const char *const texts[] = { "192.0.2.1", "2001:db8::1", "::", "1:2:3:4:5:6:7:8",
					     "2001:db8:0:1:1:1:1:1" };

	(void)context;
	for (size_t i = 0; i < RS_COUNT(texts); i++) {
		char buf[RS_IP_STRLEN];
		const char *error;
		struct rs_ip ip;

		oom_pause();
		(void)rs_ip_parse(texts[i], strlen(texts[i]), &ip, &error);
		oom_resume();
		oom_note(run, "%s\n", rs_ip_format(&ip, buf));
	}
	return 0;
}

static int parse_networks(struct oom_run *run, const void *context)
{
	static const char *const texts[] = { "192.0.2.0/24", "2001:db8::/32",
					     "::ffff:192.0.2.0/120" };

	(void)context;
	for (size_t i = 0; i < RS_COUNT(texts); i++) {
		char buf[RS_NET_STRLEN];
		const char *error;
		struct rs_net net;

		if (rs_net_parse(texts[i], strlen(texts[i]), &net, NULL, NULL, &error) < 0)
			return -1;
		oom_note(run, "%s\n", rs_net_format(&net, buf));
	}
	return 0;
}

#define LOG_LINE                                                                                   \
	"relaysentry: action=deny enforced=yes relay=r class=cloud network=n rule=x credential=c " \
	"verified=yes"

static int read_log(struct oom_run *run, const void *context)
{
	static const char *const lines[] = {
		"Nov 25 21:01:32 auth: Info: relaysentry(alice,192.0.2.1,<x>): " LOG_LINE,
		"Nov 25 21:01:32 auth: Info: relaysentry(alice,192.0.2.1): " LOG_LINE,
		"Nov 25 21:01:32 auth(alice,2001:db8::1,sasl:plain): relaysentry: " LOG_LINE,
	};

	(void)context;
	for (size_t i = 0; i < RS_COUNT(lines); i++) {
		struct rs_log_read read;
		int ret = rs_log_read(lines[i], strlen(lines[i]), &read);

		if (ret < 0)
			return -1;
		oom_note(run, "%d %.*s\n", ret, (int)read.user.len, read.user.text);
	}
	return 0;
}

/* Without protocol blocks: what two of them have in common is told once, unless
 * the first text was lost. */
static const char doveconf[] =
	"# 2.3.19.1 (9b53102964): /etc/dovecot/dovecot.conf\n"
	"auth_mechanisms = plain login anonymous\n"
	"passdb {\n  args = /etc/dovecot/users\n  driver = passwd-file\n"
	"  result_success = continue-ok\n}\n"
	"passdb {\n  args = /etc/relaysentry/policy.json on_error=allow\n"
	"  driver = relaysentry\n  name = \"" OOM_LONG "\"\n}\n"
	"passdb {\n  args = /etc/dovecot/others\n  driver = passwd-file\n}\n"
	"service auth {\n  unix_listener auth-userdb {\n    mode = 0666\n  }\n}\n"
	"userdb {\n  driver = prefetch\n}\n";

static int lint_doveconf(struct oom_run *run, const void *context)
{
	(void)context;
	return rs_doveconf_lint("doveconf", doveconf, strlen(doveconf), run->diags);
}

static void note_reply(enum rs_dict_result result, const char *key, const char *text, void *context)
{
	oom_note(context, "%d %s %s\n", result, key != NULL ? key : "-", text != NULL ? text : "-");
}

/* A command is sent whole or not at all, and none is told twice. */
static int ask_dict(struct oom_run *run, const void *context)
{
	static const struct rs_dict_change changes[] = { { "shared/" OOM_LONG, OOM_LONG OOM_LONG },
							 { OOM_LONG, NULL } };
	static const char input[] = "*1\n*2\n*3\n+2\tO" OOM_LONG "\t" OOM_LONG OOM_LONG "\n+2\t\n"
				    "+1\tO" OOM_LONG OOM_LONG OOM_LONG OOM_LONG "\n+3\tO1\n";
	struct rs_dictproto *proto = rs_dictproto_new(4, OOM_LONG);
	bool complete;
	const char *error;
	size_t len;

	(void)context;
	if (proto == NULL)
		return -1;
	complete = rs_dictproto_lookup(proto, OOM_LONG, note_reply, run) != 0;
	if (rs_dictproto_iterate(proto, OOM_LONG OOM_LONG, note_reply, run) == 0)
		complete = false;
	if (rs_dictproto_commit(proto, changes, RS_COUNT(changes), 5, note_reply, run) == 0)
		complete = false;
	oom_note(run, "%s", (const char *)rs_dictproto_output(proto, &len));
	rs_dictproto_sent(proto, len);
	for (size_t i = 0; i < strlen(input) && complete; i += 10) {
		size_t rest = strlen(input) - i;

		complete = rs_dictproto_input(proto, input + i, rest < 10 ? rest : 10, &error) == 0;
	}
	if (!complete)
		rs_dictproto_abort(proto, "memory is short");
	if (rs_dictproto_waiting(proto) != 0)
		oom_note(run, "something waits for ever\n");
	rs_dictproto_free(&proto);
	return complete ? 0 : -1;
}

void oom_add_plain(void)
{
	oom_add("json", parse_json, NULL);
	oom_add("json-file", parse_json, rs_unit_write_text("a.json", json));
	oom_add("json-writing", write_json, NULL)->silent = true;
	oom_add("diagnostics", keep_diags, NULL)->silent = true;
	oom_add("formatting", format_addresses, NULL);
	oom_add("networks", parse_networks, NULL)->silent = true;
	oom_add("log", read_log, NULL)->silent = true;
	oom_add("doveconf", lint_doveconf, NULL);
	oom_add("dict", ask_dict, NULL)->silent = true;
}
