# what is built, tested and shipped of test/integration/

integration_tests = test/integration/integration.test
TESTS += $(integration_tests)
EXTRA_DIST += \
	test/integration/authsocket.py \
	test/integration/binding.py \
	test/integration/cases.py \
	test/integration/certs.py \
	test/integration/clients.py \
	test/integration/dialect.py \
	test/integration/dovecot.py \
	test/integration/dovecotconf.py \
	test/integration/gssclient.py \
	test/integration/integration.test \
	test/integration/jwt.py \
	test/integration/kdc.py \
	test/integration/leaving.py \
	test/integration/load.py \
	test/integration/logbook.py \
	test/integration/matrix-table \
	test/integration/matrix_cells.py \
	test/integration/matrix_clients.py \
	test/integration/matrix_config.py \
	test/integration/matrix_run.py \
	test/integration/postfixd.py \
	test/integration/policyserver.py \
	test/integration/proxyline.py \
	test/integration/relayhost.py \
	test/integration/sasl.py \
	test/integration/sqlservers.py \
	test/integration/sqlworld.py \
	test/integration/test_actions.py \
	test/integration/test_attack.py \
	test/integration/test_binding.py \
	test/integration/test_broken.py \
	test/integration/test_cache.py \
	test/integration/test_check.py \
	test/integration/test_credentials.py \
	test/integration/test_dangers.py \
	test/integration/test_deny.py \
	test/integration/test_doveadm.py \
	test/integration/test_faults_clients.py \
	test/integration/test_faults_files.py \
	test/integration/test_faults_leaving.py \
	test/integration/test_faults_memory.py \
	test/integration/test_faults_policyserver.py \
	test/integration/test_faults_reload.py \
	test/integration/test_first.py \
	test/integration/test_hashes.py \
	test/integration/test_log.py \
	test/integration/test_matrix_open.py \
	test/integration/test_matrix_paths.py \
	test/integration/test_matrix_table.py \
	test/integration/test_minute.py \
	test/integration/test_modes.py \
	test/integration/test_oauth2.py \
	test/integration/test_plain.py \
	test/integration/test_postfix.py \
	test/integration/test_reload.py \
	test/integration/test_sql.py \
	test/integration/test_startup.py \
	test/integration/test_tags.py \
	test/integration/test_tls.py \
	test/integration/test_untouched.py \
	test/integration/test_workers.py \
	test/integration/tlscert.py \
	test/integration/world.py
