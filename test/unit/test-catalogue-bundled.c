/* SPDX-License-Identifier: MIT */
/* What the project ships in relays/. */
#include "unit.h"

#include <relaysentry/catalogue.h>
#include <relaysentry/compile.h>

#include <string.h>

static void test_bundled_catalogue(void)
{
	struct rs_diags *diags = rs_diags_new();
	const char *path = rs_unit_source("relays");
	struct rs_catalogue *catalogue = rs_catalogue_load(&path, 1, diags);

	RS_CHECK("not one diagnostic", rs_diags_kept(diags) == 0, "%s", rs_unit_diags(diags));
	RS_CHECK("relays", rs_catalogue_count(catalogue) >= 10);
	for (size_t i = 0; i < rs_catalogue_count(catalogue); i++) {
		const struct rs_relay_def *def = rs_catalogue_get(catalogue, i);

		RS_CHECK(def->id, def->evidence_count > 0, "has no evidence");
		RS_CHECK(def->id, strcmp(def->name, def->id) != 0, "has no name");
		RS_CHECK(def->id, def->vendor[0] != '\0', "has no vendor");
		RS_CHECK(def->id, !def->disabled && !def->wide);
		if (def->class_ == RS_CLASS_MAIL_RELAY)
			RS_CHECK(def->id, def->network_count + def->asn_count > 0,
				 "has no ground of its own");
		/* 2026-11-22: nothing is shipped that has expired already. */
		for (size_t k = 0; k < def->network_count; k++)
			RS_CHECK(def->id, rs_relay_net_valid(def, k, 1795305600));
	}
	RS_CHECK_INT("Outlook mobile is documented",
		     rs_catalogue_find(catalogue, "outlook-mobile")->confidence,
		     RS_CONFIDENCE_DOCUMENTED);
	RS_CHECK_INT("Gmail's networks are observed",
		     rs_catalogue_find(catalogue, "gmail-external")->confidence,
		     RS_CONFIDENCE_OBSERVED);
	RS_CHECK("a rented address expires",
		 rs_catalogue_find(catalogue, "sugar-mail")->evidence[0].expires < INT64_MAX);
	rs_catalogue_free(&catalogue);
	rs_diags_free(&diags);
}

static void test_bundled_catalogue_compiles(void)
{
	static const struct {
		const char *label, *asns;
	} cases[] = {
		{ "without an ASN database", NULL },
		{ "with one", "3.0.0.0\t3.255.255.255\t16509\tUS\tAMAZON-02\n"
			      "13.104.0.0\t13.107.255.255\t8075\tUS\tMICROSOFT\n"
			      "52.96.0.0\t52.127.255.255\t8075\tUS\tMICROSOFT\n"
			      "139.162.0.0\t139.162.255.255\t63949\tUS\tLINODE\n" },
	};
	const char *path = rs_unit_source("relays");

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		struct rs_compile_options options = { .now = 1795305600 };
		struct rs_diags *diags = rs_diags_new();
		struct rs_catalogue *catalogue = rs_catalogue_load(&path, 1, diags);
		struct rs_compiled *compiled;

		if (cases[i].asns != NULL)
			options.asn_path = rs_unit_write_text("bundled.tsv", cases[i].asns);
		compiled = rs_compile(catalogue, &options, diags);
		RS_CHECK(cases[i].label,
			 rs_diags_count(diags, RS_LEVEL_ERROR) == 0 &&
				 rs_diags_count(diags, RS_LEVEL_WARNING) == 0,
			 "%s", rs_unit_diags(diags));
		rs_compiled_free(&compiled);
		rs_catalogue_free(&catalogue);
		rs_diags_free(&diags);
	}
}

void rs_suite_catalogue_bundled(CU_pSuite suite)
{
	CU_add_test(suite, "the bundled catalogue is right, and has evidence for all",
		    test_bundled_catalogue);
	CU_add_test(suite, "the bundled catalogue compiles without a warning",
		    test_bundled_catalogue_compiles);
}
