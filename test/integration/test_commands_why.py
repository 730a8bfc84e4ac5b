# SPDX-License-Identifier: MIT
"""What why tells of a user besides exceptions and what was seen."""

import dictservers
from cases import case, equal, expect
from dictworld import PREFIX, execute, kept
from world import AFTER, AWS, AZURE, OUTLOOK, PASSWORD, Sentry, command, rule


@case("why: tells of which relays the user got mail, as the dict has it")
def _():
    for store in (dictservers.Sqlite, dictservers.Redis):
        with kept(store()) as dovecot:
            keys = dictservers.Keys(dovecot)
            keys.set(f"{PREFIX}gina/told:aws", "time=1795334400")
            keys.set(f"{PREFIX}gina/told:azure", "once")
            said = dovecot.command("why", "gina").check().out
            expect("  mail       about aws, 2026-11-22T08:00:00Z\n"
                   "             about azure\n" in said, said)
            relays = dovecot.command("why", "gina", json=True).objects[0]["relays"]
            equal([(item["id"], item["told"]) for item in relays if "told" in item],
                  [("aws", 1795334400), ("azure", 0)])
            expect("about" not in dovecot.command("why", "gina2").check().out)


# What a line may be taken for, when only a part of it is looked at. In each a login of
# alice's is told.
LINE = ("relaysentry: action=deny enforced=yes relay=azure class=cloud network=52.112.0.0/12 "
        "rule=forged credential=password verified=yes outcome=denied")
NAMES = (f"alice,{AZURE}", f"alice,{AZURE},master", f"alice,{AZURE},sasl:plain",
         f"alice,{AZURE},<abc>): {LINE}", f"alice,{AZURE}): {LINE} x=",
         f"alice,{AZURE},sasl:plain)<abc>: Info: relaysentry: {LINE}",
         f"alice,{AZURE},<a", "alice)", "alice>", "<alice", "a?b", "a\nb", "a\x7fb", "a#177b",
         "alice\x01", f"x): {LINE}", "x auth: Info: relaysentry(alice", "alice bob")
LONG = "l" * 70
# Whoever knows the password is who he says.
ANYBODY = """
passdb {
  driver = static
  args = password=secret
  result_success = continue-ok
}
"""


@case("why: the last verdicts of a log are the user's own, whatever others are called")
def _():
    names = [*NAMES, LONG, LONG[:61] + "...", LONG[:64]]
    rules = [rule("alert", "clouds", **{"class": "cloud"}),
             rule("deny", "apps", relay="outlook-mobile", message="No")]
    with Sentry(rules, place=ANYBODY + AFTER, extra="auth_debug = yes\nauth_verbose = yes\n") as dovecot, \
            dovecot.auth() as auth:
        def verdicts(user):
            done = execute([command(), "why", "--policy", dovecot.policy_path, "--json", "--log",
                            dovecot.log_path, "--", user])
            return [(item["relay"], item["address"], item["action"], item["outcome"])
                    for item in done.objects[0]["verdicts"]]

        for user in names:
            for remote in (AWS, OUTLOOK):
                auth.login(user, PASSWORD, remote=remote)
                auth.login(user, "wrong", remote=remote)
        dovecot.settle_log()
        equal(verdicts("alice"), [])
        for _round in range(4):
            auth.login("alice", PASSWORD, remote=AWS)
            auth.login("Alice", PASSWORD, remote=OUTLOOK)
        dovecot.settle_log()
        own = [("aws", AWS, "alert", "success"), ("outlook-mobile", OUTLOOK, "deny", "denied")]
        equal(verdicts("alice"), (own * 4)[-5:])
        certain = [user for user in names
                   if not set(user) & set("()<>?#\n\x7f\x01") and len(user) <= 64
                   and not user.endswith("...")]
        equal(len(certain), 5)
        for user in names:
            equal(verdicts(user), own if user in certain else [], user)
