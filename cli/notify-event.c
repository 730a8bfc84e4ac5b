/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"
#include "notify.h"

#include <relaysentry/ip.h>
#include <relaysentry/userkey.h>

#include <stdlib.h>
#include <string.h>

#define EVENT "relaysentry_login_finished"
/* The end of the year 9999. */
#define MAX_SECONDS 253402300799.0
#define WORD "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
#define ID "abcdefghijklmnopqrstuvwxyz0123456789-"
#define ID_MAX 63U

void rs_notify_login_free(struct notify_login **_login)
{
	struct notify_login *login = *_login;

	*_login = NULL;
	if (login == NULL)
		return;
	free(login->user);
	free(login->key);
	free(login->address);
	free(login->relay);
	free(login->network);
	free(login->ip);
	free(login->service);
	free(login->server);
	free(login);
}

/* --- the line --- */

static bool next_word(const char **text, const char *end, const char **word_r, size_t *len_r)
{
	const char *p = *text;

	while (p < end && *p == ' ')
		p++;
	*word_r = p;
	while (p < end && *p != ' ')
		p++;
	*len_r = (size_t)(p - *word_r);
	*text = p;
	return *len_r > 0;
}

static bool is_word(const char *word, size_t len, const char *text)
{
	return len == strlen(text) && memcmp(word, text, len) == 0;
}

/* Whether this is what stands before an exported event: time and host, where there are
 * any, the tag of syslog, and Dovecot's process "stats:" and its "Info:". Users choose
 * much of what other lines say, so that the event must come where nobody else writes. */
static bool is_prefix(const char *text, const char *end)
{
	const char *word;
	size_t len;

	do {
		if (!next_word(&text, end, &word, &len))
			return false;
	} while (word[len - 1] != ':');
	if (!is_word(word, len, "stats:") &&
	    !(next_word(&text, end, &word, &len) && is_word(word, len, "stats:")))
		return false;
	if (!next_word(&text, end, &word, &len))
		return true;
	return is_word(word, len, "Info:") && !next_word(&text, end, &word, &len);
}

/* Where the JSON begins; NULL when the line is none of the exporter's. */
static const char *find_event(const char *line, size_t len)
{
	const char *brace = memchr(line, '{', len);

	if (brace == NULL)
		return NULL;
	if (line + strspn(line, " \t") == brace)
		return brace;
	return is_prefix(line, brace) ? brace : NULL;
}

/* --- the event --- */

static const char *text_of(const struct rs_json *object, const char *key)
{
	const struct rs_json *value = rs_json_member(object, key);

	return value != NULL ? rs_json_string(value) : "";
}

static bool is(const struct rs_json *fields, const char *key, const char *text)
{
	return strcmp(text_of(fields, key), text) == 0;
}

static bool is_concerned(const struct rs_json *root, const struct rs_json *fields)
{
	/* The exporter may leave the name out. */
	if (rs_json_member(root, "event") != NULL && !is(root, "event", EVENT))
		return false;
	return is(fields, "alert", "yes") && is(fields, "notify", "yes") &&
	       (is(fields, "outcome", "success") || is(fields, "outcome", "denied"));
}

static int64_t time_of(const struct rs_json *root, int64_t now)
{
	const struct rs_json *value = rs_json_member(root, "end_time");
	int64_t seconds;
	double number;

	if (value == NULL)
		return now;
	if (rs_json_type(value) == RS_JSON_STRING)
		return rs_cli_parse_time(rs_json_string(value), &seconds) == 0 ? seconds : now;
	number = rs_json_double(value);
	return number > 0 && number <= MAX_SECONDS ? (int64_t)number : now;
}

static bool is_id(const char *text)
{
	size_t len = strlen(text);

	return len >= 1 && len <= ID_MAX && text[0] != '-' && strspn(text, ID) == len;
}

/* What has another form than expected is not shown. */
static char *shown_network(const char *text)
{
	struct rs_net net;
	const char *error;

	return strdup(rs_net_parse(text, strlen(text), &net, NULL, NULL, &error) == 0 ? text : "-");
}

static char *shown_ip(const char *text)
{
	struct rs_ip ip;
	const char *error;

	return strdup(rs_ip_parse(text, strlen(text), &ip, &error) == 0 ? text : "-");
}

static char *shown_word(const char *text)
{
	return strdup(*text != '\0' && text[strspn(text, WORD)] == '\0' ? text : "-");
}

/* Room for the key of any user, and for the name that it stands for. */
struct user_names {
	char key[RS_USER_KEY_SIZE], name[RS_USER_KEY_SIZE];
};

static char *address_of(const struct notify_reading *reading, const struct rs_json *fields,
			const struct user_names *names)
{
	if (reading->address_field != NULL)
		return strdup(text_of(fields, reading->address_field));
	if (!rs_notify_user_valid(names->name))
		return strdup("");
	return rs_notify_address(reading->address, names->name);
}

static struct notify_login *new_login(const struct notify_reading *reading,
				      const struct rs_json *root, const struct rs_json *fields,
				      const struct user_names *names)
{
	struct notify_login *login = calloc(1, sizeof(*login));
	const char *service = text_of(fields, "protocol"); /* Dovecot 2.4 */

	if (login == NULL)
		return NULL;
	login->user = strdup(text_of(fields, "user"));
	login->key = strdup(names->key);
	login->address = address_of(reading, fields, names);
	login->relay = strdup(text_of(fields, "relay"));
	login->network = shown_network(text_of(fields, "network"));
	login->ip = shown_ip(text_of(fields, "remote_ip"));
	login->service = shown_word(*service != '\0' ? service : text_of(fields, "service"));
	login->server = shown_word(text_of(root, "hostname"));
	login->time = time_of(root, reading->now);
	login->denied = is(fields, "outcome", "denied");
	if (login->user == NULL || login->key == NULL || login->address == NULL ||
	    login->relay == NULL || login->network == NULL || login->ip == NULL ||
	    login->service == NULL || login->server == NULL)
		rs_notify_login_free(&login);
	return login;
}

static enum notify_line read_event(const struct notify_reading *reading, const struct rs_json *root,
				   struct notify_login **login_r, const char **why_r)
{
	const struct rs_json *fields = rs_json_member(root, "fields");
	struct user_names names;

	if (fields == NULL || !is_concerned(root, fields) ||
	    time_of(root, reading->now) < reading->since)
		return NOTIFY_UNCONCERNED;
	if (!is_id(text_of(fields, "relay"))) {
		*why_r = "its field \"relay\" is no relay's id";
		return NOTIFY_FAULTY;
	}
	if (rs_user_key(reading->policy, text_of(fields, "user"), names.key) == NULL ||
	    rs_user_key_decode(names.key, strlen(names.key), names.name) == NULL) {
		*why_r = "its field \"user\" is missing, empty or too long";
		return NOTIFY_FAULTY;
	}
	*login_r = new_login(reading, root, fields, &names);
	if (*login_r == NULL)
		return NOTIFY_NO_MEMORY;
	if (rs_notify_address_valid((*login_r)->address))
		return NOTIFY_LOGIN;
	return NOTIFY_NO_ADDRESS;
}

enum notify_line rs_notify_line(const struct notify_reading *reading, const char *line, size_t len,
				struct rs_diags *diags, struct notify_login **login_r,
				const char **why_r)
{
	const char *event = find_event(line, len);
	struct rs_json_doc *doc;
	enum notify_line result;

	*login_r = NULL;
	*why_r = "";
	if (event == NULL)
		return NOTIFY_OTHER;
	rs_diags_clear(diags);
	doc = rs_json_parse("event", event, len - (size_t)(event - line), NULL, diags);
	if (doc == NULL) {
		if (rs_diags_memory_short(diags))
			return NOTIFY_NO_MEMORY;
		*why_r = rs_diags_get(diags, 0)->text;
		return NOTIFY_FAULTY;
	}
	result = read_event(reading, rs_json_root(doc), login_r, why_r);
	rs_json_free(&doc);
	return result;
}
