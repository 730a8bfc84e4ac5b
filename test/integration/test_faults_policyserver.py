# SPDX-License-Identifier: MIT
"""A slow auth policy server beside relaysentry: Dovecot keeps requests, and
their events, alive in ways of their own. Meant for the address sanitizer, too."""

import time

import sasl
from cases import case, equal, expect
from policyserver import policy_server
from world import AWS, AZURE, GMAIL, HOME, OUTLOOK, PASSWORD, Sentry, rule

SLOW, PATIENCE = 3, 2  # seconds: the server's, and those that Dovecot waits by default
RULES = [rule("deny", "outlook", relay="outlook-mobile", message="Not this app"),
         rule("deny", "aws", relay="aws", reply="generic"),
         rule("alert", "gmail", relay="gmail-external"),
         rule("tag", "clouds", tag="cloud", **{"class": "cloud"})]
REMOTES = {OUTLOOK: False, AWS: False, GMAIL: True, AZURE: True, HOME: True}
MECHANISMS = ("PLAIN", "CRAM-MD5", "SCRAM-SHA-256")
# By default Dovecot does not wait as long, and lets in.
PATIENT = {"2.3": "auth_policy_server_timeout_msecs = 20000\n",
           "2.4": "auth_policy {\n  http_client_request_absolute_timeout = 20s\n}\n"}
LEFT = [r"auth client \d+ disconnected with \d+ pending requests", "Sent SIGTERM to",
        "aren't dying after reload", "(auth|stats): Warning: Killed with signal 15"]
LATE = [r"[Pp]olicy (server|request).*([Tt]imed? ?out|timeout|aborted)"]


def settings(server, patient):
    text = f"auth_policy_server_url = {server.url}\nauth_policy_hash_nonce = xyzzy\n"
    return {word: text + more if patient else text for word, more in PATIENT.items()}


def attempts():
    return [("alice", password, mech, remote) for mech in MECHANISMS for remote in REMOTES
            for password in (PASSWORD, "wrong")]


def right(replies):
    for (_user, password, mech, remote), reply in zip(attempts(), replies):
        equal(reply.ok, password == PASSWORD and REMOTES[remote], (mech, remote, password))


def slow(patient):
    each = SLOW if patient else PATIENCE  # a question; there is one before and one after
    with policy_server(SLOW) as server:
        with Sentry(RULES, extra=settings(server, patient),
                    expected=LEFT if patient else LEFT + LATE) as dovecot:
            with dovecot.auth() as auth:
                pid, begin = auth.server_pid, time.monotonic()
                right(auth.logins(attempts()))
                took = time.monotonic() - begin
                expect(took >= each, "nobody waited for the server", took)
                # These are gone before the answers about them.
                for remote in REMOTES:
                    for mech in MECHANISMS:
                        gone = dovecot.auth()
                        gone.begin(sasl.mechanism(mech, "alice", PASSWORD), remote=remote)
                        gone.close()
                # And with these under way, Dovecot gets another auth process.
                waiting = [auth.begin(sasl.mechanism("PLAIN", "alice", PASSWORD), remote=remote)
                           for remote in REMOTES]
                equal(dovecot.auth_pid(), pid, "the auth process is the same")
                # In the middle of the second question: old processes get 6 seconds.
                time.sleep(1.5 * each)
                dovecot.reload()
                replies = {int(reply.raw.split("\t")[1]): reply.ok
                           for reply in (auth.reply() for _number in waiting)}
                equal([replies[number] for number in waiting], list(REMOTES.values()))
                for remote in REMOTES:
                    begun = dovecot.client("imap", remote)
                    begun.start(sasl.mechanism("PLAIN", "alice", PASSWORD))
                    begun.close()
            equal([answer.ok for answer in dovecot.logins(
                [("imap", "alice", PASSWORD, "PLAIN", remote) for remote in REMOTES])],
                  list(REMOTES.values()))
            expect(server.asked.count("report") >= len(attempts()), "reports", server.asked)
            expect(server.asked.count("allow") >= len(attempts()), "questions", server.asked)
            dovecot.stop()


case("faults: a policy server that answers after 3 seconds changes no verdict", slow=True)(
    lambda: slow(patient=True))
case("faults: a policy server that answers too late changes no verdict", slow=True)(
    lambda: slow(patient=False))
