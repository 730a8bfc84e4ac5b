/* SPDX-License-Identifier: MIT */
/* The tests of what the plugin does with Dovecot's loop alone: plugin-tests. */
#include "plugin/compat.h"
#include "loop.h"

#include "ioloop.h"
#include "str.h"

#include <relaysentry/policy.h>

#include <CUnit/Basic.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

/* What auth has, and no other process. */
struct event *auth_event;
const unsigned int rs_dict_protocol = 3;

const char *rs_base_dir(void)
{
	return rs_unit_folder();
}

static string_t *logged;

static void ATTR_FORMAT(2, 0)
	log_line(const struct failure_context *ctx, const char *format, va_list args)
{
	static const char *const names[LOG_TYPE_COUNT] = {
		[LOG_TYPE_INFO] = "info", [LOG_TYPE_WARNING] = "warning", [LOG_TYPE_ERROR] = "error"
	};

	if (names[ctx->type] == NULL)
		return;
	str_printfa(logged, "%s: ", names[ctx->type]);
	str_vprintfa(logged, format, args);
	str_append_c(logged, '\n');
}

const char *loop_log(void)
{
	const char *text = t_strdup(str_c(logged));

	str_truncate(logged, 0);
	return text;
}

const char *loop_socket(void)
{
	return rs_unit_path("socket");
}

const char *loop_uri(void)
{
	return t_strconcat("proxy:", loop_socket(), ":relaysentry", NULL);
}

struct rs_policy *loop_policy(const char *settings)
{
	const char *uri = strstr(settings, "URI");
	const char *text = t_strconcat("{ \"version\": 1, \"database\": \"x.mmdb\", \"rules\": "
				       "[ { \"id\": \"a\", \"action\": \"user-policy\" } ], ",
				       uri == NULL ? settings : t_strdup_until(settings, uri),
				       uri == NULL ? "" : loop_uri(),
				       uri == NULL ? "" : uri + strlen("URI"), " }", NULL);
	struct rs_diags *diags = rs_diags_new();
	struct rs_policy *policy = rs_policy_parse("policy.json", text, strlen(text), diags);

	if (policy == NULL)
		i_fatal("%s", rs_unit_diags(diags));
	rs_diags_free(&diags);
	return policy;
}

static const bool *awaited;

static void stop(void *context ATTR_UNUSED)
{
	io_loop_stop(current_ioloop);
}

static void look(void *context ATTR_UNUSED)
{
	if (*awaited)
		io_loop_stop(current_ioloop);
}

bool loop_run(unsigned int msecs, const bool *flag)
{
	static const bool never = FALSE;
	struct timeout *to_end = timeout_add_short(msecs, stop, NULL);
	struct timeout *to_look = timeout_add_short(5, look, NULL);

	awaited = flag == NULL ? &never : flag;
	if (!*awaited)
		io_loop_run(current_ioloop);
	timeout_remove(&to_end);
	timeout_remove(&to_look);
	return *awaited;
}

static const struct {
	const char *name;
	void (*add)(CU_pSuite suite);
} suites[] = {
	{ "lru", plugin_suite_lru },
	{ "dictconn", plugin_suite_dictconn },
	{ "exceptions", plugin_suite_exceptions },
	{ "state", plugin_suite_state },
	{ "state-nodes", plugin_suite_state_nodes },
};

int main(int argc, char **argv)
{
	struct ioloop *ioloop;
	unsigned failed, run;

	/* As Dovecot's processes do. */
	(void)signal(SIGPIPE, SIG_IGN);
	lib_init();
	ioloop = io_loop_create();
	logged = str_new(default_pool, 1024);
	i_set_error_handler(log_line);
	i_set_info_handler(log_line);
	auth_event = event_create(NULL);
	if (CU_initialize_registry() != CUE_SUCCESS)
		return 2;
	for (size_t i = 0; i < RS_COUNT(suites); i++) {
		if (argc < 2 || strcmp(argv[1], suites[i].name) == 0)
			suites[i].add(CU_add_suite(suites[i].name, NULL, NULL));
	}
	CU_basic_set_mode(CU_BRM_VERBOSE);
	T_BEGIN
	{
		(void)CU_basic_run_tests();
	}
	T_END;
	run = CU_get_number_of_tests_run();
	failed = CU_get_number_of_tests_failed();
	printf("%u passed, %u failed, 0 skipped\n", run - failed, failed);
	CU_cleanup_registry();
	event_unref(&auth_event);
	i_set_error_handler(default_error_handler);
	i_set_info_handler(default_error_handler);
	str_free(&logged);
	io_loop_destroy(&ioloop);
	lib_deinit();
	return failed > 0;
}
