/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_TEST_HTML_DOUBLES_H
#define RELAYSENTRY_TEST_HTML_DOUBLES_H

/* What the page asks of an audit and of the rest of the command, answered without them. */

#include <audit.h>

struct rs_audit {
	struct rs_audit_fault faults[RS_SCAN_COUNT];
};

#endif
