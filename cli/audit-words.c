/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "audit.h"

#include <string.h>

/* Appends a word, or dots where it finds no room; returns how much is used now. */
static size_t add(char *buf, size_t size, size_t used, const char *word)
{
	const char *comma = used > 0 ? ", " : "";
	size_t len = strlen(comma) + strlen(word);

	/* Room for the dots is kept: "abc..." says that there is more. */
	if (used + len + sizeof("...") > size) {
		snprintf(buf + used, size - used, "...");
		return size;
	}
	memcpy(buf + used, comma, strlen(comma));
	memcpy(buf + used + strlen(comma), word, strlen(word) + 1);
	return used + len;
}

const char *rs_audit_services(uint32_t services, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	for (int i = 0; i < RS_LOG_SERVICE_COUNT && used < size; i++) {
		if ((services & 1U << i) != 0)
			used = add(buf, size, used, rs_log_service_name((enum rs_log_service)i));
	}
	return buf;
}

const char *rs_audit_mechanisms(uint32_t mechanisms, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	for (int i = RS_LOG_PLAIN; i < RS_LOG_MECHANISM_COUNT && used < size; i++) {
		if ((mechanisms & 1U << i) != 0)
			used = add(buf, size, used,
				   rs_log_mechanism_name((enum rs_log_mechanism)i));
	}
	return buf;
}
