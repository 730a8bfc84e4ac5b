/* SPDX-License-Identifier: MIT */
/* Catalogue files: networks, evidence, sources (which are not read). */
#include "fuzz.h"

#include <relaysentry/catalogue.h>

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rs_diags *diags = rs_diags_new();
	struct rs_catalogue *catalogue;
	struct fuzz_file file;
	const char *path = file.path;

	fuzz_file_open(&file, data, size);
	catalogue = rs_catalogue_load(&path, 1, diags);
	FUZZ_CHECK(catalogue != NULL);
	for (size_t i = 0; i < rs_catalogue_count(catalogue); i++) {
		const struct rs_relay_def *relay = rs_catalogue_get(catalogue, i);

		FUZZ_CHECK(rs_catalogue_find(catalogue, relay->id) == relay);
		FUZZ_CHECK(i == 0 || strcmp(rs_catalogue_get(catalogue, i - 1)->id, relay->id) < 0);
		(void)rs_relay_valid(relay, 1700000000);
		for (size_t n = 0; n < relay->network_count; n++) {
			FUZZ_CHECK(relay->networks[n].net.prefix <= 128);
			(void)rs_relay_net_valid(relay, n, 1700000000);
		}
	}
	rs_catalogue_free(&catalogue);
	fuzz_file_close(&file);
	rs_diags_free(&diags);
	return 0;
}
