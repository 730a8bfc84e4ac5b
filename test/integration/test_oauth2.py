# SPDX-License-Identifier: MIT
"""Bearer tokens: a verified one is credential token, another is a password."""

import contextlib
import http.server
import urllib.parse

import dialect
import policyserver
from cases import case, equal, expect
from world import AFTER, HOME, OUTLOOK, PASSWORD, PRIMARY_CONTINUES, Sentry, only, rule

TOKEN = "good-token-xyzzy"
RULES = [rule("allow", "tokens", credential="token"), rule("deny", "rest", relay="outlook-mobile")]
OAUTH2 = """
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {root}/oauth2.conf
  result_success = continue-ok
}
"""
CONFIG = """
tokeninfo_url = http://127.0.0.1:%d/tokeninfo?access_token=
introspection_mode = auth
username_attribute = email
active_attribute = active
active_value = true
"""
GRANT = """
grant_url = http://127.0.0.1:%d/grant
client_id = dovecot
use_grant_password = yes
username_attribute = email
active_attribute = active
active_value = true
"""
# In 2.4 the mechanism itself asks, and a passdb only has to know the user.
CONFIG_24 = "oauth2 {%s}\nauth_verbose = yes\n"


class TokenInfo(policyserver.JsonHandler):
    """The identity provider: knows one token and one password, of alice."""

    def do_GET(self):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        active = query.get("access_token") == [TOKEN]
        self.answer(200, {"active": str(active).lower(), "email": "alice"})

    def do_POST(self):
        sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if urllib.parse.parse_qs(sent).get("password") == [PASSWORD]:
            self.answer(200, {"access_token": TOKEN, "active": "true", "email": "alice"})
        else:
            self.answer(400, {"error": "invalid_grant"})


@contextlib.contextmanager
def provider():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), TokenInfo)
    server.daemon_threads, server.block_on_close = True, False
    with policyserver.serving(server):
        yield server.server_address[1]


@case("danger 11: a verified token is credential token, and is never logged")
def _():
    primary = PRIMARY_CONTINUES.replace("driver", "mechanisms = plain login\n  driver", 1)
    place = {"2.3": OAUTH2 + primary + AFTER, "2.4": PRIMARY_CONTINUES + AFTER}
    with provider() as port:
        extra = {"2.3": "auth_verbose = yes\n", "2.4": CONFIG_24 % (CONFIG % port)}
        with Sentry(RULES, place=place[dialect.release()], mechanisms="plain xoauth2",
                    files={"oauth2.conf": CONFIG % port}, extra=extra) as dovecot:
            with dovecot.auth() as auth:
                reply = auth.login("alice", TOKEN, "XOAUTH2", remote=OUTLOOK)
                expect(reply.ok, reply, dovecot.tail(5))
                for token in (PASSWORD, "bad"):
                    for remote in (OUTLOOK, HOME):
                        expect(not auth.login("alice", token, "XOAUTH2", remote=remote).ok, token)
                expect(not auth.login("alice", PASSWORD, remote=OUTLOOK).ok)
                dovecot.change_policy(rules=[rule("deny", "tokens", credential="token")])
                mark = dovecot.mark()
                expect(not auth.login("alice", TOKEN, "XOAUTH2", remote=OUTLOOK).ok)
                expect(auth.login("alice", PASSWORD, remote=OUTLOOK).ok)
            dovecot.report_of(mark, action="deny", credential="token", verified="yes")
            dovecot.stop()
            equal(dovecot.log(0, TOKEN), [])


@case("danger 11: a password that the oauth2 passdb changes for a token is a password")
def _():
    only("2.3")  # 2.4 never does that for a token login
    place = OAUTH2.replace("  mechanisms = xoauth2 oauthbearer\n", "") + AFTER
    with provider() as port:
        with Sentry(RULES, place=place, mechanisms="plain xoauth2",
                    files={"oauth2.conf": GRANT % port}) as dovecot:
            with dovecot.auth() as auth:
                for mech in ("XOAUTH2", "PLAIN"):
                    reply = auth.login("alice", PASSWORD, mech, remote=HOME)
                    expect(reply.ok, mech, reply)
                    mark = dovecot.mark()
                    reply = auth.login("alice", PASSWORD, mech, remote=OUTLOOK)
                    expect(not reply.ok, mech, reply)
                    dovecot.report_of(mark, action="deny", credential="password", verified="yes")
                    expect(not auth.login("alice", TOKEN, mech, remote=HOME).ok, mech)
