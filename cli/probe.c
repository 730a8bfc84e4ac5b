/* SPDX-License-Identifier: MIT */
#include "probe.h"

#include <stdlib.h>
#include <string.h>

static const char *const services[] = { "imap", "pop3", "submission", "smtp" };
#define SERVICES (sizeof(services) / sizeof(*services))

struct finding {
	struct rs_ip *addresses;
	bool *first; /* the relay comes first there */
	size_t missing;
};

static int find(const struct rs_net *net, const struct rs_match *match, void *context)
{
	struct finding *finding = context;

	for (uint32_t i = 0; i < match->cover_count; i++) {
		uint32_t index = match->covers[i].relay->index;

		if (finding->first[index] || (i > 0 && finding->addresses[index].family != 0))
			continue;
		finding->addresses[index] = net->ip;
		if (i == 0) {
			finding->first[index] = true;
			finding->missing--;
		}
	}
	return finding->missing == 0;
}

struct rs_ip *rs_probe_addresses(const struct rs_relaydb *db)
{
	size_t count = rs_relaydb_relay_count(db);
	struct finding finding = {
		.addresses = calloc(count + 1, sizeof(*finding.addresses)),
		.first = calloc(count + 1, sizeof(*finding.first)),
		.missing = count,
	};

	if (finding.addresses == NULL || finding.first == NULL) {
		free(finding.addresses);
		finding.addresses = NULL;
	} else if (count > 0) {
		(void)rs_relaydb_walk(db, find, &finding);
	}
	free(finding.first);
	return finding.addresses;
}

bool rs_probe_covers(const char *relay, const struct rs_relay *which)
{
	if (relay[0] == '@')
		return strcmp(relay + 1, rs_class_name(which->class_)) == 0;
	return strcmp(relay, "*") == 0 || strcmp(relay, which->id) == 0;
}

const struct rs_verdict *rs_probe_decide(struct probe *probe, const struct rs_relay *relay,
					 const char *service, int64_t now)
{
	struct rs_login *login = &probe->login;

	login->remote = probe->addresses[relay->index];
	login->service = service;
	login->mechanism = "PLAIN";
	login->credential = RS_CREDENTIAL_PASSWORD;
	login->verified = true;
	/* As Postfix tells it. */
	login->tls = strcmp(service, "smtp") == 0 ? RS_TLS_UNKNOWN : RS_TLS_ON;
	login->time = now;
	rs_decide(probe->policy, probe->db, login, probe->verdict, NULL, NULL);
	return probe->verdict;
}

const char *rs_probe_worst(struct probe *probe, const struct rs_relay *relay, int64_t now)
{
	const char *excepted = NULL, *service;

	for (size_t i = 0; i < SERVICES; i++) {
		if (rs_probe_decide(probe, relay, services[i], now)->decided == RS_ACTION_DENY)
			return services[i];
		if (excepted == NULL && probe->verdict->exception != NULL)
			excepted = services[i];
	}
	service = excepted != NULL ? excepted : services[0];
	(void)rs_probe_decide(probe, relay, service, now);
	return service;
}
