/* SPDX-License-Identifier: MIT */
#include "oom.h"

#include <stdlib.h>

static struct oom_case cases[40];
static size_t case_count;

struct oom_case *oom_add(const char *label, oom_function *run, const void *context)
{
	struct oom_case *c = &cases[case_count++];

	if (c == &cases[sizeof(cases) / sizeof(*cases) - 1])
		abort();
	*c = (struct oom_case){ .label = label, .run = run, .context = context };
	return c;
}

const struct oom_case *oom_cases(void)
{
	oom_add_plain();
	oom_add_catalogue();
	oom_add_policy();
	oom_add_kept();
	oom_add_audit();
	return cases;
}
