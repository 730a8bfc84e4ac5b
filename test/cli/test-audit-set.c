/* SPDX-License-Identifier: MIT */
#include "fake-audit.h"
void cli_suite_audit_set(CU_pSuite suite)
{
	(void)suite;
}
