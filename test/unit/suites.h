/* SPDX-License-Identifier: MIT */
/* Every suite, one line each, in the order they run. RS_SUITE(ip) stands for
 * the function rs_suite_ip() in test-ip.c; included several times. */
RS_SUITE(diag)
RS_SUITE(ip)
RS_SUITE(ip_net)
RS_SUITE(json)
RS_SUITE(jsonw)
RS_SUITE(logline)
RS_SUITE(logline_read)
RS_SUITE(siphash)
RS_SUITE(text)

/* Catalogue, lists, feeds, ASN databases */
RS_SUITE(asn)
RS_SUITE(catalogue)
RS_SUITE(catalogue_bundled)
RS_SUITE(feed)
RS_SUITE(source)

/* Relay database: writer, reader, compilation */
RS_SUITE(compile)
RS_SUITE(mmdbw)
RS_SUITE(relaydb)
RS_SUITE(relaydb_meta)
RS_SUITE(relaydb_order)
RS_SUITE(relaydb_frame)
RS_SUITE(relaydb_refused)

/* Policy and decision */
RS_SUITE(policy)
RS_SUITE(policy_kept)
RS_SUITE(policy_lint)
RS_SUITE(decide_rules)
RS_SUITE(decide_points)
RS_SUITE(decide_entries)
RS_SUITE(decide_random)

/* What is kept in a dict */
RS_SUITE(dict_uri)
RS_SUITE(exceptions)
RS_SUITE(seen)
RS_SUITE(syslogmsg)
RS_SUITE(userkey)

/* Logs */
RS_SUITE(audit)
RS_SUITE(logdate)
RS_SUITE(logscan)
RS_SUITE(logscan_golden)
RS_SUITE(nettable)

/* All of these */
RS_SUITE(scale)

/* Dovecot configuration */
RS_SUITE(doveconf)
RS_SUITE(doveconf_input)

/* Dovecot's dict process */
RS_SUITE(dictproto)
RS_SUITE(dictproto_limits)
