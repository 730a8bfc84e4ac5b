/* SPDX-License-Identifier: MIT */
#ifndef RS_DRIVER_H
#define RS_DRIVER_H

/* The passdb driver: what Dovecot calls. */

#include "args.h"
#include "passdb.h"

struct rs_engine;

/* One per driver and args; from 2.4 on, one per block and protocol. */
struct rs_module {
	struct passdb_module module;
	struct rs_args args;
	struct rs_engine *engine; /* NULL in auth-worker processes */
};

/* The strings of args are in pool. */
struct passdb_module *rs_driver_new(pool_t pool, const struct rs_args *args);
void rs_driver_init(struct passdb_module *module);
void rs_driver_deinit(struct passdb_module *module);
void rs_driver_verify_plain(struct auth_request *request, const char *password,
			    verify_plain_callback_t *callback);
void rs_driver_lookup_credentials(struct auth_request *request,
				  lookup_credentials_callback_t *callback);

#endif
