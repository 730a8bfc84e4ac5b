/* SPDX-License-Identifier: MIT */
#include "html-doubles.h"

#include <stdio.h>
#include <string.h>

static const char *const services[RS_LOG_SERVICE_COUNT] = { "imap",  "pop3", "submission",
							    "sieve", "smtp", "other" };
static const char *const mechanisms[] = { "", "PLAIN", "LOGIN" };

const struct rs_audit_fault *rs_audit_fault(const struct rs_audit *audit, enum rs_scan kind)
{
	return &audit->faults[kind];
}

const char *rs_scan_name(enum rs_scan scan)
{
	return scan == RS_SCAN_AMBIGUOUS ? "a name that imitates the rest of the line"
					 : "its time is missing, or in no known form";
}

static const char *join(const char *const *names, size_t count, uint32_t bits, char *buf,
			size_t size)
{
	size_t used = 0;

	*buf = '\0';
	for (size_t i = 0; i < count && used < size; i++) {
		if ((bits >> i & 1) != 0 && *names[i] != '\0')
			used += (size_t)snprintf(buf + used, size - used, "%s%s",
						 used == 0 ? "" : ", ", names[i]);
	}
	return buf;
}

const char *rs_audit_services(uint32_t bits, char *buf, size_t size)
{
	return join(services, RS_LOG_SERVICE_COUNT, bits, buf, size);
}

const char *rs_audit_mechanisms(uint32_t bits, char *buf, size_t size)
{
	if (bits == 1U << RS_LOG_XOAUTH2) {
		snprintf(buf, size, "XOAUTH2");
		return buf;
	}
	return join(mechanisms, sizeof(mechanisms) / sizeof(mechanisms[0]), bits, buf, size);
}
