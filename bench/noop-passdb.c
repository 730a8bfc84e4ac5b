/* SPDX-License-Identifier: MIT */
/* A passdb that does nothing: what Dovecot itself charges for one more passdb
 * in the chain. The difference to it is what relaysentry costs. */

#include "config.h"
#include "lib.h"
#include "auth-common.h"
#include "passdb.h"

extern const char *authdb_noop_version;
void authdb_noop_init(void);
void authdb_noop_deinit(void);

const char *authdb_noop_version = DOVECOT_ABI_VERSION;

static void noop_verify_plain(struct auth_request *request, const char *password ATTR_UNUSED,
			      verify_plain_callback_t *callback)
{
	callback(PASSDB_RESULT_OK, request);
}

static struct passdb_module_interface noop = {
	.name = "noop",
	.verify_plain = noop_verify_plain,
};

void authdb_noop_init(void)
{
	passdb_register_module(&noop);
}

void authdb_noop_deinit(void)
{
	passdb_unregister_module(&noop);
}
