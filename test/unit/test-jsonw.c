/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <relaysentry/json.h>

static void test_writer(void)
{
	struct rs_jsonw *w = rs_jsonw_new(false);

	rs_jsonw_object(w, NULL);
	rs_jsonw_string(w, "a", "q\"b\\s\n\t\x01\xff\xc3\xa9\xe2\x80\xae\x7f");
	rs_jsonw_string(w, "n", NULL);
	rs_jsonw_array(w, "list");
	rs_jsonw_int(w, NULL, INT64_MIN);
	rs_jsonw_bool(w, NULL, true);
	rs_jsonw_array(w, NULL);
	RS_CHECK("nothing while open", rs_jsonw_text(w) == NULL);
	rs_jsonw_end(w);
	rs_jsonw_end(w);
	rs_jsonw_end(w);
	RS_CHECK_STR("one line", rs_jsonw_text(w),
		     "{\"a\":\"q\\\"b\\\\s\\n\\t\\u0001\xef\xbf\xbd\xc3\xa9\\u202e\\u007f\","
		     "\"n\":null,\"list\":[-9223372036854775808,true,[]]}");
	rs_jsonw_free(&w);
	RS_CHECK("freed", w == NULL);
	w = rs_jsonw_new(true);
	rs_jsonw_array(w, NULL);
	rs_jsonw_object(w, NULL);
	rs_jsonw_int(w, "a", 1);
	rs_jsonw_bool(w, "b", false);
	rs_jsonw_end(w);
	rs_jsonw_object(w, NULL);
	rs_jsonw_end(w);
	rs_jsonw_end(w);
	RS_CHECK_STR("pretty", rs_jsonw_text(w),
		     "[\n  {\n    \"a\": 1,\n    \"b\": false\n  },\n  {}\n]");
	rs_jsonw_end(w);
	RS_CHECK("an end too many", rs_jsonw_text(w) == NULL);
	rs_jsonw_free(&w);
}

void rs_suite_jsonw(CU_pSuite suite)
{
	CU_add_test(suite, "what is written is JSON whatever the strings hold", test_writer);
}
