/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_CLI_PROBE_H
#define RELAYSENTRY_CLI_PROBE_H

/* What would become of a user's logins from a relay: decisions about an address of its
 * networks. */

#include <relaysentry/decide.h>

/* An address of each relay, by the relay's index; one at which it comes first, where there
 * is one. To be freed with free(); NULL when memory is short. */
struct rs_ip *rs_probe_addresses(const struct rs_relaydb *db);

/* Whether a user entry for relay ("@class" and "*" too) is about this one. */
bool rs_probe_covers(const char *relay, const struct rs_relay *which);

struct probe {
	const struct rs_policy *policy;
	const struct rs_relaydb *db;
	const struct rs_ip *addresses;
	struct rs_verdict *verdict;
	/* user, exceptions and fields are the caller's; the others are set. */
	struct rs_login login;
};

/* Decides about a password by the service ("imap"), from the relay. The verdict is that of
 * the probe. */
const struct rs_verdict *rs_probe_decide(struct probe *probe, const struct rs_relay *relay,
					 const char *service, int64_t now);
/* The service of a denial comes first, then one that an exception lets in, else imap.
 * Returns the service; the verdict is that of the probe. */
const char *rs_probe_worst(struct probe *probe, const struct rs_relay *relay, int64_t now);

#endif
