/* SPDX-License-Identifier: MIT */
#include "html-doubles.h"

const struct rs_audit_fault *rs_audit_fault(const struct rs_audit *audit, enum rs_scan kind)
{
	return &audit->faults[kind];
}

const char *rs_audit_file_name(const struct audit_file *file)
{
	return file->path;
}
