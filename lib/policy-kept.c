/* SPDX-License-Identifier: MIT */
#include "policy-reader.h"

#include <relaysentry/dictproto.h>

#include <string.h>

#define DAY INT64_C(86400)
#define PAIRS_MAX 1000000
/* As the path of any socket (unix(7)). */
#define SOCKET_MAX 107U

/* Reads the value of one key of the object. */
typedef void key_function(struct rs_policy_reader *reader, const struct rs_json *value);

struct key {
	const char *name;
	key_function *read;
};
#define KEYS_MAX 4

static void read_comment(struct rs_policy_reader *reader, const struct rs_json *value)
{
	(void)rs_reader_string(reader, value);
}

/* false with an error, when it is no object. */
static bool read_keys(struct rs_policy_reader *reader, const struct rs_json *object,
		      const struct key *keys, size_t count)
{
	static const char comment[] = "comment";
	const char *names[KEYS_MAX + 2] = { comment };
	const struct rs_json *value;

	if (rs_json_type(object) != RS_JSON_OBJECT) {
		rs_json_complain(reader->diags, RS_LEVEL_ERROR, object, "is %s; write an object",
				 rs_json_type_name(rs_json_type(object)));
		return false;
	}
	for (size_t i = 0; i < count; i++)
		names[i + 1] = keys[i].name;
	rs_json_check_keys(reader->diags, object, names);
	for (size_t i = 0; i < count; i++) {
		if ((value = rs_json_member(object, keys[i].name)) != NULL)
			keys[i].read(reader, value);
	}
	if ((value = rs_json_member(object, comment)) != NULL)
		read_comment(reader, value);
	return true;
}

static const char *read_dict(struct rs_policy_reader *reader, const struct rs_json *value)
{
	const char *text = rs_reader_string(reader, value), *error;
	struct rs_dict_uri uri;

	if (text == NULL)
		return NULL;
	if (rs_dict_uri_parse(text, &uri, &error) == 0)
		return rs_reader_copy(reader, text);
	rs_json_complain(reader->diags, RS_LEVEL_ERROR, value, "\"%s\" %s", text, error);
	return NULL;
}

/* --- exceptions --- */

static void read_exceptions_dict(struct rs_policy_reader *reader, const struct rs_json *value)
{
	reader->policy->exceptions.dict = read_dict(reader, value);
}

static void read_timeout(struct rs_policy_reader *reader, const struct rs_json *value)
{
	int64_t seconds = reader->policy->exceptions.timeout;

	rs_reader_duration(reader, value, 1, 30, "1 s to 30 s", "2s", &seconds);
	reader->policy->exceptions.timeout = (unsigned)seconds;
}

static void read_cache(struct rs_policy_reader *reader, const struct rs_json *value)
{
	int64_t seconds = reader->policy->exceptions.cache;

	rs_reader_duration(reader, value, 1, 3600, "1 s to 1 h", "60s", &seconds);
	reader->policy->exceptions.cache = (unsigned)seconds;
}

static void read_longest(struct rs_policy_reader *reader, const struct rs_json *value)
{
	rs_reader_duration(reader, value, DAY, 3650 * DAY, "1 day to 3650 days", "180d",
			   &reader->policy->exceptions.longest);
}

void rs_reader_exceptions(struct rs_policy_reader *reader, const struct rs_json *object)
{
	static const struct key keys[] = {
		{ "dict", read_exceptions_dict },
		{ "timeout", read_timeout },
		{ "cache", read_cache },
		{ "longest", read_longest },
	};

	_Static_assert(sizeof(keys) / sizeof(*keys) <= KEYS_MAX, "keys have room");
	if (read_keys(reader, object, keys, sizeof(keys) / sizeof(*keys)) &&
	    rs_json_member(object, "dict") == NULL)
		rs_json_complain(reader->diags, RS_LEVEL_ERROR, object,
				 "has no \"dict\"; name the one that holds them, like "
				 "proxy::relaysentry");
}

/* --- state --- */

static void read_state_dict(struct rs_policy_reader *reader, const struct rs_json *value)
{
	reader->policy->state.dict = read_dict(reader, value);
}

static void read_write_interval(struct rs_policy_reader *reader, const struct rs_json *value)
{
	reader->policy->write_interval_given = true;
	rs_reader_duration(reader, value, 1, DAY, "1 s to 1 day", "10m",
			   &reader->policy->state.write_interval);
}

static void read_forget_after(struct rs_policy_reader *reader, const struct rs_json *value)
{
	rs_reader_duration(reader, value, 1, INT64_MAX, "1 s to 3650 days", "180d",
			   &reader->policy->state.forget_after);
}

static void read_pairs(struct rs_policy_reader *reader, const struct rs_json *value)
{
	int64_t pairs = rs_json_int(value);

	if (rs_json_type(value) != RS_JSON_INT || pairs < 1 || pairs > PAIRS_MAX)
		rs_json_complain(reader->diags, RS_LEVEL_ERROR, value,
				 "must be a number from 1 to %d", PAIRS_MAX);
	else
		reader->policy->state.pairs = (size_t)pairs;
}

void rs_reader_state(struct rs_policy_reader *reader, const struct rs_json *object)
{
	static const struct key keys[] = {
		{ "dict", read_state_dict },
		{ "write_interval", read_write_interval },
		{ "forget_after", read_forget_after },
		{ "pairs", read_pairs },
	};

	_Static_assert(sizeof(keys) / sizeof(*keys) <= KEYS_MAX, "keys have room");
	reader->policy->state.present = true;
	(void)read_keys(reader, object, keys, sizeof(keys) / sizeof(*keys));
}

/* --- alert --- */

static void read_repeat_after(struct rs_policy_reader *reader, const struct rs_json *value)
{
	rs_reader_duration(reader, value, 1, INT64_MAX, "1 s to 3650 days", "24h",
			   &reader->policy->alert.repeat_after);
}

static void read_learn_until(struct rs_policy_reader *reader, const struct rs_json *value)
{
	int64_t first, end;

	if (rs_reader_when(reader, value, &first, &end))
		reader->policy->alert.learn_until = first;
}

static void read_facility(struct rs_policy_reader *reader, const struct rs_json *value)
{
	/* RFC 5424, 6.2.1, by the names of syslog.conf. */
	static const char *const words[] = {
		"auth",	  "authpriv", "cron",	"daemon", "ftp",    "kern",   "lpr",
		"mail",	  "news",     "syslog", "user",	  "uucp",   "local0", "local1",
		"local2", "local3",   "local4", "local5", "local6", "local7",
	};
	int index = rs_reader_word(reader, value, words, sizeof(words) / sizeof(*words),
				   "a facility of syslog");

	if (index >= 0)
		reader->policy->alert.facility = words[index];
}

static void read_socket(struct rs_policy_reader *reader, const struct rs_json *value)
{
	const char *text = rs_reader_string(reader, value);

	if (text == NULL)
		return;
	if (text[0] != '/' || strlen(text) > SOCKET_MAX)
		rs_json_complain(reader->diags, RS_LEVEL_ERROR, value,
				 "\"%s\" is no path of a socket; write one that begins with / and "
				 "has at most %u bytes",
				 text, SOCKET_MAX);
	else if ((text = rs_reader_copy(reader, text)) != NULL)
		reader->policy->alert.socket = text;
}

static void read_syslog(struct rs_policy_reader *reader, const struct rs_json *object)
{
	static const struct key keys[] = {
		{ "facility", read_facility },
		{ "socket", read_socket },
	};

	reader->policy->alert.facility = "authpriv";
	(void)read_keys(reader, object, keys, sizeof(keys) / sizeof(*keys));
}

void rs_reader_alert(struct rs_policy_reader *reader, const struct rs_json *object)
{
	static const struct key keys[] = {
		{ "repeat_after", read_repeat_after },
		{ "learn_until", read_learn_until },
		{ "syslog", read_syslog },
	};

	reader->policy->alert.present = true;
	(void)read_keys(reader, object, keys, sizeof(keys) / sizeof(*keys));
}
