/* SPDX-License-Identifier: MIT */
#include "fake-audit.h"
void cli_suite_audit_years(CU_pSuite suite)
{
	(void)suite;
}
