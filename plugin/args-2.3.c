/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "str.h"
#include "str-sanitize.h"
#include "args.h"

#define RS_DEFAULT_POLICY RS_SYSCONFDIR "/policy.json"

static void ATTR_FORMAT(2, 3) rs_args_fault(string_t *faults, const char *format, ...)
{
	va_list args;

	if (str_len(faults) > 0)
		str_append(faults, "; ");
	va_start(args, format);
	str_vprintfa(faults, format, args);
	va_end(args);
}

static void rs_args_word(pool_t pool, const char *word, bool *on_error_seen, string_t *faults,
			 struct rs_args *args)
{
	const char *shown = str_sanitize(word, 200);

	if (*word == '/') {
		if (args->policy_path != NULL)
			rs_args_fault(faults, "args: %s: a second policy; leave one", shown);
		else
			args->policy_path = p_strdup(pool, word);
	} else if (strncmp(word, "on_error=", strlen("on_error=")) == 0) {
		if (*on_error_seen)
			rs_args_fault(faults, "args: %s: a second on_error; leave one", shown);
		else if (!rs_on_error_parse(word + strlen("on_error="), &args->on_error))
			rs_args_fault(faults,
				      "args: %s: write on_error=allow, on_error=deny or "
				      "on_error=tempfail",
				      shown);
		*on_error_seen = TRUE;
	} else if (strchr(word, '=') != NULL) {
		rs_args_fault(faults, "args: %s: unknown; on_error=... is all that is known",
			      shown);
	} else {
		rs_args_fault(faults, "args: %s: the path of the policy begins with a slash",
			      shown);
	}
}

void rs_args_parse(pool_t pool, const char *text, struct rs_args *args_r)
{
	const char *const *words = t_strsplit_spaces(text, " \t");
	string_t *faults = t_str_new(128);
	bool on_error_seen = FALSE;

	i_zero(args_r);
	for (; *words != NULL; words++)
		rs_args_word(pool, *words, &on_error_seen, faults, args_r);
	if (args_r->policy_path == NULL)
		args_r->policy_path = RS_DEFAULT_POLICY;
	if (str_len(faults) > 0)
		args_r->faults = p_strdup(pool, str_c(faults));
}
