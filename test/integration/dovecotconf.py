# SPDX-License-Identifier: MIT
"""The configuration of a private Dovecot, and ports for it."""

import random
import socket

CONFIG = """
base_dir = {root}/run
state_dir = {root}/state
log_path = {root}/dovecot.log
log_timestamp = "%Y-%m-%d %H:%M:%S.%{{usecs}} "
instance_name = relaysentry-test
protocols = imap pop3 submission
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
haproxy_trusted_networks = 127.0.0.0/8
haproxy_timeout = 30 secs
auth_mechanisms = {mechanisms}
auth_username_chars =
auth_failure_delay = {failure_delay}
auth_worker_max_count = 4
first_valid_uid = 1
mail_location = maildir:%h/Maildir
mail_max_userip_connections = 0
submission_relay_host = 127.0.0.1
submission_relay_port = {relay_port}
default_process_limit = 100
default_client_limit = 1000

service imap-login {{
  inet_listener imap {{
    port = {imap}
    haproxy = yes
  }}
  inet_listener imaps {{
    port = 0
  }}
  inet_listener imap-direct {{
    port = {imap_direct}
  }}
  service_count = 0
  vsz_limit = 0
}}
service pop3-login {{
  inet_listener pop3 {{
    port = {pop3}
    haproxy = yes
  }}
  inet_listener pop3s {{
    port = 0
  }}
  service_count = 0
}}
service submission-login {{
  inet_listener submission {{
    port = {submission}
    haproxy = yes
  }}
  inet_listener submissions {{
    port = 0
  }}
  service_count = 0
}}
service imap {{
  service_count = 100
}}
service pop3 {{
  service_count = 100
}}
service submission {{
  service_count = 100
}}
service anvil {{
  client_limit = 4000
  unix_listener anvil-auth-penalty {{
    mode = {penalty_mode}
  }}
}}
service config {{
  vsz_limit = 0
}}
service stats {{
  client_limit = 4000
}}
service auth {{
  executable = {auth}
  client_limit = 8000
  vsz_limit = 0
  unix_listener auth-client {{
    mode = 0666
  }}
  unix_listener auth-userdb {{
    mode = 0666
  }}
}}
service auth-worker {{
  executable = {auth} -w
  vsz_limit = 0
}}
"""


class Ports:
    """Ports of 127.0.0.1 that are ours until close(): below those that the
    kernel gives to outgoing connections, and claimed among the instances that
    run at the same time by a name that no file stands for."""

    FIRST, LAST = 20000, 32000

    def __init__(self, *names):
        self.claims, self.numbers = [], {}
        for name in names:
            self.numbers[name] = self.claim()

    def claim(self):
        while True:
            number = random.randint(self.FIRST, self.LAST)
            claim = socket.socket(socket.AF_UNIX)
            try:
                claim.bind(f"\0relaysentry-test-port-{number}")
                with socket.socket() as probe:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind(("127.0.0.1", number))
            except OSError:
                claim.close()
                continue
            self.claims.append(claim)
            return number

    def close(self):
        for claim in self.claims:
            claim.close()
