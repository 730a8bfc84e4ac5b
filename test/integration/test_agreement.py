# SPDX-License-Identifier: MIT
"""relaysentry at its start and `lint --doveconf` find the same."""

import re

from cases import Skip, case, equal, expect
from dovecot import LIBEXEC
from world import AFTER, FIRST, HOME, PASSWORD, PRIMARY_ALONE, PRIMARY_CONTINUES
from world import Sentry, lint, only, rule

RULES = [rule("deny", "outlook", relay="outlook-mobile", reply="generic")]
NEVER = AFTER.replace("skip = unauthenticated", "skip = never")
OTHERS = "passdb {\n  driver = passwd-file\n  args = {root}/others\n  %s\n}\n"
PROVIDER = ("oauth2 {\n  introspection_mode = auth\n"
            "  tokeninfo_url = http://127.0.0.1:9/?token=\n}\n")
WORKER = "auth_cache_size = 1 M\nauth_cache_verify_password_with_worker = yes\n"
WINBIND = "auth_use_winbind = yes\n"


def primary(*lines):
    return PRIMARY_CONTINUES.replace("driver", "\n  ".join(lines) + "\n  driver", 1)


# A label: mechanisms, passdbs, further settings, what both say (None: nothing), and the
# release that is like this (None: all).
FOUND = {
    "a passdb that tickets do not reach may end logins":
        ("plain gssapi", primary("mechanisms = plain", "result_failure = return-fail") + NEVER,
         "", None, None),
    "a passdb that tickets reach may not":
        ("plain gssapi", primary("mechanisms = plain gssapi", "result_failure = return-fail") +
         NEVER, "", "result_failure = continue", None),
    "nor where it cannot look them up":
        ("plain gssapi", primary("result_internalfail = return") + NEVER, "",
         "result_internalfail = continue", None),
    "nor a passdb of denials":
        ("plain gssapi", OTHERS % "deny = yes\n  result_failure = return" + PRIMARY_CONTINUES +
         NEVER, "", "result_failure = continue", None),
    "nor refuse whom they are of, where Dovecot does not heed it":
        ("plain gssapi", OTHERS % "result_success = return-fail" + PRIMARY_CONTINUES + NEVER, "",
         "result_success = return-fail", "2.4"),
    "nor whom tokens are of":
        ("plain xoauth2", OTHERS % "result_success = return-fail" + PRIMARY_CONTINUES + NEVER,
         {"2.4": PROVIDER}, "result_success = return-fail", "2.4"),
    "where Dovecot heeds it, a passdb may":
        ("plain gssapi", OTHERS % "result_success = return-fail" + PRIMARY_CONTINUES + NEVER, "",
         None, "2.3"),
    "cached passwords that a worker verifies, and two passdbs":
        ("plain", OTHERS % "result_success = continue-ok" + PRIMARY_CONTINUES + AFTER, WORKER,
         "auth_cache_verify_password_with_worker = no", None),
    "cached passwords that a worker verifies, and two passdbs behind the first place":
        ("plain", FIRST + OTHERS % "result_success = continue-ok" + PRIMARY_CONTINUES + AFTER,
         WORKER, "auth_cache_verify_password_with_worker = no", None),
    "cached passwords that a worker verifies, and one passdb":
        ("plain", PRIMARY_CONTINUES + AFTER, WORKER, None, None),
    "tickets through winbind ask no passdb":
        ("plain gss-spnego", PRIMARY_CONTINUES + NEVER, WINBIND, "GSS-SPNEGO", None),
    "a filter that lets tokens through":
        ("plain xoauth2", primary("mechanisms = plain xoauth2") + AFTER, "", "tokens?", "2.3"),
    "a filter that keeps tokens out":
        ("plain xoauth2", primary("mechanisms = plain login") + AFTER, "", None, "2.3"),
    "skip = authenticated in first place":
        ("plain", FIRST.replace("never", "authenticated") + PRIMARY_ALONE, "", None, None),
    "skip = authenticated in first place, and tokens that the mechanism verifies":
        ("plain xoauth2", FIRST.replace("never", "authenticated") + PRIMARY_ALONE,
         {"2.4": PROVIDER}, "skip = never", "2.4"),
    "a passdb of denials in front of first place":
        ("plain", OTHERS % "deny = yes" + FIRST + PRIMARY_ALONE + OTHERS % "skip = unauthenticated",
         "", None, None),
    "a passdb of denials behind the second of two":
        ("plain", FIRST + PRIMARY_CONTINUES + AFTER + OTHERS % "deny = yes", "",
         "(stands behind|comes after) (passdb )?relaysentry", None),
}


def agree(mechanisms, place, extra, said, release):
    if release is not None:
        only(release)
    if "gss" in mechanisms and not (LIBEXEC / "modules/auth/libmech_gssapi.so").exists():
        raise Skip("no GSSAPI for Dovecot (on Debian: apt-get install dovecot-gssapi)")
    with Sentry(RULES, place=place, mechanisms=mechanisms, extra=extra,
                files={"others": "zoe:{PLAIN}other\n"},
                expected=["relaysentry"] if said else []) as dovecot:
        found = lint(dovecot)
        if said:
            dovecot.wait_log(f"(Error|Warning): .*relaysentry.*{said}")
            expect(re.search(said, found), said, "lint", found)
        else:
            expect(dovecot.login("imap", "alice", PASSWORD, remote=HOME).ok)
            dovecot.settle_log()
            equal(dovecot.log(0, "(Error|Warning): .*relaysentry"), [])
            equal(found, "")


for _label, _case in FOUND.items():
    case(f"danger 15: start and lint: {_label}")(lambda case=_case: agree(*case))
