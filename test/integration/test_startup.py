# SPDX-License-Identifier: MIT
"""What relaysentry says at its start about the way it is configured."""

import re
import subprocess

import dialect
from cases import Skip, case, equal, expect
from dovecot import LIBEXEC
from logbook import SETTLING
from world import AFTER, FIRST, HOME, OUTLOOK, PASSWORD, PLACES, PRIMARY_ALONE, PRIMARY_CONTINUES
from world import Sentry, lint, only, rule, since_2_4

RULES = [rule("deny", "outlook", relay="outlook-mobile", message="Not this app")]
OURS = "passdb {\n  driver = relaysentry\n  args = {policy}\n  %s\n}\n"
GOOD = AFTER


def changed(old, new):
    return PRIMARY_CONTINUES + GOOD.replace(old, new)


OTHERS = "passdb {\n  driver = passwd-file\n  args = {root}/others\n  %s\n}\n"


# name, the passdbs, what the error must name
OPENINGS = [
    ("result_internalfail that lets in", changed("result_internalfail = return-fail",
                                                 "result_internalfail = continue"),
     "result_internalfail"),
    ("a passdb after it that can succeed", PRIMARY_CONTINUES + GOOD + PRIMARY_ALONE,
     since_2_4("passdb passwd-file-2 ", "passdb 3 ")),
    ("a primary that ends the login before it",
     PRIMARY_ALONE + GOOD.replace("skip = unauthenticated", "skip = never"), "continue"),
    ("deny = yes on its own block", changed("skip =", "deny = yes\n  skip ="), "deny"),
    ("pass = yes on its own block", PRIMARY_CONTINUES + OURS.replace("%s", "pass = yes") +
     PRIMARY_ALONE, "pass = yes"),
    ("master = yes on its own block", PRIMARY_CONTINUES + GOOD +
     OURS.replace("%s", "master = yes\n  result_success = continue"), "master = yes"),
    ("skip = authenticated on its own block",
     changed("skip = unauthenticated", "skip = authenticated"), "skip = unauthenticated"),
    ("result_success that does not return",
     changed("result_success = return", "result_success = return-ok"), "result_success = return"),
    ("result_failure that lets in",
     changed("result_failure = return-fail", "result_failure = continue-ok"),
     "result_failure = return-fail"),
    ("result_failure that lets in, in first place",
     FIRST.replace("result_failure = return-fail", "result_failure = return-ok") + PRIMARY_ALONE,
     "result_failure = return-fail"),
    ("a passdb before it that keeps a success",
     PRIMARY_CONTINUES + OTHERS % "result_failure = return" + GOOD, "result_failure = continue"),
    ("a passdb before it whose internal failure keeps a success",
     PRIMARY_CONTINUES + OTHERS % "result_internalfail = return" + GOOD,
     "result_internalfail = continue"),
    ("a master passdb that lets in whom it does not know",
     OTHERS % "master = yes\n  result_success = continue\n  result_failure = return-ok" +
     PRIMARY_CONTINUES + GOOD, "result_failure = return-ok"),
    ("mechanisms on its own block", changed("skip =", "mechanisms = plain\n  skip ="),
     "mechanisms"),
    ("username_filter on its own block", changed("skip =", "username_filter = *@x.org\n  skip ="),
     "username_filter"),
]


def said(dovecot, pattern):
    """The lines of its log, once all of it is there: also that there are none."""
    dovecot.settle_log()
    return [line for line in dovecot.log(0, pattern) if SETTLING not in line]


def opening(place, named):
    if named == "pass = yes":
        only("2.3")
    with Sentry(RULES, place=place, files={"others": "zoe:{PLAIN}other\n"},
                expected=["relaysentry"]) as dovecot:
        dovecot.wait_log("Error: .*relaysentry.*" + re.escape(named))


for title, text, word in OPENINGS:
    case(f"danger 13, 15: an error at the start names {title}")(
        lambda text=text, word=word: opening(text, word))


@case("start: the recommended placement is free of errors and warnings")
def _():
    with Sentry(RULES) as dovecot:
        dovecot.login("imap", "alice", PASSWORD, remote=HOME)
        equal(said(dovecot, "(Error|Warning): "), [])


@case("start: the identity of policy and database is logged once")
def _():
    with Sentry(RULES) as dovecot:
        lines = said(dovecot, "relaysentry: .*loaded policy")
        equal(len(lines), 1, lines)
        for word in (str(dovecot.policy_path), str(dovecot.database_path), "mode=enforce",
                     "relays=6", "networks="):
            expect(word in lines[0], word, lines[0])


@case("danger 2: skip = unauthenticated on the first passdb is an error when another block sees it")
def _():
    first = GOOD + PRIMARY_CONTINUES + GOOD
    with Sentry(RULES, place=first, expected=["relaysentry", "skip"]) as dovecot:
        dovecot.wait_log("Error: .*relaysentry.*skip")


@case("danger 15: a protocol whose own passdb ends the login before us is an error at the start")
def _():
    extra = "protocol pop3 {\n" + PRIMARY_ALONE + "}\n"
    with Sentry(RULES, place=PLACES["after"] + extra, expected=["relaysentry"]) as dovecot:
        dovecot.wait_log("Error: relaysentry: protocol pop3: .*" + since_2_4(
            "passdb passwd-file-2 ", "passdb 1 ") + ".*ends the login before relaysentry")
        expect(dovecot.login("pop3", "alice", PASSWORD, remote=OUTLOOK).ok, "it is an opening")
        expect(not dovecot.login("imap", "alice", PASSWORD, remote=OUTLOOK).ok)


@case("start: Dovecot's loss of `return` in protocol blocks is told only where it matters")
def _():
    only("2.3")
    extra = "protocol pop3 {\n" + PRIMARY_CONTINUES + "}\n"
    with Sentry(RULES, place=PLACES["after"] + extra) as dovecot:
        equal(said(dovecot, "Error: "), [])
        for service in ("imap", "pop3"):
            expect(dovecot.login(service, "alice", PASSWORD, remote=HOME).ok, service)
            expect(not dovecot.login(service, "alice", PASSWORD, remote=OUTLOOK).ok, service)
    extra = extra.replace("continue-ok", "continue-ok\n  result_failure = continue-fail")
    with Sentry(RULES, place=PLACES["after"] + extra, expected=["relaysentry"]) as dovecot:
        dovecot.wait_log("Error: relaysentry: protocol pop3: .*continue-fail")


@case("start: a passdb behind relaysentry that is not asked is warned of, also by lint")
def _():
    deny = OTHERS % "deny = yes"
    with Sentry(RULES, place=PRIMARY_CONTINUES + GOOD + deny, expected=["relaysentry"],
                files={"others": "alice:{PLAIN}other\n"}) as dovecot:
        dovecot.wait_log("Warning: relaysentry: .*stands behind relaysentry and is not asked")
        expect(dovecot.login("imap", "alice", PASSWORD, remote=HOME).ok, "it is so")
        text = lint(dovecot)
        expect("is not asked about who is let in" in text, text)
    with Sentry(RULES, place=PRIMARY_CONTINUES + deny + GOOD,
                files={"others": "alice:{PLAIN}other\n"}) as dovecot:
        expect(not dovecot.login("imap", "alice", PASSWORD, remote=HOME).ok)
        equal(lint(dovecot), "")


@case("start: the path of the policy may hold a variable of Dovecot 2.4")
def _():
    only("2.4")
    place = PRIMARY_CONTINUES + GOOD.replace("{policy}", "{root}/policy.%{literal('json')}")
    with Sentry(RULES, place=place) as dovecot:
        expect(not dovecot.login("imap", "alice", PASSWORD, remote=OUTLOOK).ok)


@case("danger 13: passdb_use_worker on its own block is overruled, and warned of")
def _():
    only("2.4")
    place = changed("skip =", "use_worker = yes\n  skip =")
    with Sentry(RULES, place=place, expected=["use_worker"]) as dovecot:
        dovecot.wait_log("Warning: relaysentry: passdb relaysentry has use_worker = yes")
        expect(not dovecot.login("imap", "alice", PASSWORD, remote=OUTLOOK).ok)
        expect(dovecot.login("imap", "alice", PASSWORD, remote=HOME).ok)
        equal(dovecot.auth_processes(worker=True), [])


@case("danger 15: a protocol's own passdb is asked before the others, as lint says")
def _():
    others = PRIMARY_CONTINUES.replace("{users}", "{root}/others")
    with Sentry(RULES, place=PLACES["after"] + "protocol pop3 {\n" + others + "}\n",
                files={"others": "zoe:{PLAIN}other\n"}) as dovecot:
        expect(dovecot.login("pop3", "zoe", "other", remote=HOME).ok)
        expect(not dovecot.login("pop3", "zoe", "other", remote=OUTLOOK).ok)
        expect(not dovecot.login("pop3", "alice", PASSWORD, remote=OUTLOOK).ok)
        equal(lint(dovecot), "")
    only_pop3 = PRIMARY_CONTINUES + GOOD.replace("unauthenticated", "never")
    with Sentry(RULES, place=only_pop3 + "protocol pop3 {\n" + GOOD + "}\n",
                expected=["relaysentry"]) as dovecot:
        text = lint(dovecot)
        expect("skip = unauthenticated in the first passdb" in text, text)
        dovecot.wait_log("Error: relaysentry: protocol pop3: .* was dropped")


@case("danger 9: ANONYMOUS asks no passdb and is an error at the start")
def _():
    with Sentry(RULES, mechanisms="plain anonymous", expected=["relaysentry"],
                extra="auth_anonymous_username = anonymous\n") as dovecot:
        dovecot.wait_log("Error: .*relaysentry.*ANONYMOUS")


@case("danger 9: NTLM through winbind asks no passdb and is an error at the start")
def _():
    with Sentry(RULES, mechanisms="plain ntlm", expected=["relaysentry"],
                extra="auth_use_winbind = yes\n") as dovecot:
        dovecot.wait_log("Error: .*relaysentry.*NTLM")


@case("danger 9: GSSAPI, whose logins skip = unauthenticated passes over, is an error at the start")
def _():
    if not (LIBEXEC / "modules" / "auth" / "libmech_gssapi.so").exists():
        raise Skip("no GSSAPI for Dovecot (on Debian: apt-get install dovecot-gssapi)")

    def errors(place):
        with Sentry(RULES, place=place, mechanisms="plain gssapi",
                    expected=["relaysentry"]) as dovecot:
            expect(dovecot.login("imap", "alice", PASSWORD, remote=HOME).ok)
            return "\n".join(said(dovecot, "Error: relaysentry: "))

    text = errors(PLACES["after"])
    expect("GSSAPI" in text and "write skip = never" in text, text)
    never = PLACES["after"].replace("skip = unauthenticated", "skip = never")
    equal(errors(never), "")
    text = errors(never.replace("continue-ok", "continue-ok\n  result_failure = return"))
    expect("GSSAPI" in text and "result_failure = continue" in text, text)


@case("danger 11: bearer tokens for a password passdb are an error at the start")
def _():
    only("2.3")
    with Sentry(RULES, mechanisms="plain xoauth2", expected=["relaysentry"]) as dovecot:
        dovecot.wait_log("Error: .*relaysentry.*XOAUTH2.*mechanisms = plain login")
    # One that is asked about verified users only takes nothing for a password.
    place = PRIMARY_CONTINUES.replace("driver", "mechanisms = plain login\n  driver", 1) + \
        PRIMARY_CONTINUES.replace("driver", "skip = unauthenticated\n  driver", 1) + GOOD
    with Sentry(RULES, place=place, mechanisms="plain xoauth2") as dovecot:
        equal(said(dovecot, "tokens for passwords"), [])


ARGS = [("an unknown word", "{policy} on_eror=deny", "on_eror"),
        ("an unknown value of on_error", "{policy} on_error=refuse", "refuse")]


def faulty_args(args, named):
    only("2.3")
    place = PRIMARY_CONTINUES + GOOD.replace("{policy} on_error={on_error}", args)
    with Sentry(RULES, place=place, expected=["relaysentry"]) as dovecot:
        dovecot.wait_log("Error: .*relaysentry.*" + re.escape(named))
        expect(dovecot.login("imap", "alice", PASSWORD, remote=HOME).ok, "faulty args stop logins")


for title, text, word in ARGS:
    case(f"start: faulty args are an error and stop no login: {title}")(
        lambda text=text, word=word: faulty_args(text, word))


def refused_settings(settings, named):
    """2.4: doveconf says what is wrong, and Dovecot does not start."""
    if dialect.release() == "2.3":
        raise Skip("Dovecot 2.3 has args instead of settings")
    dovecot = Sentry(RULES, place=PLACES["after"], on_error="allow")
    text = dovecot.config_path.read_text()
    dovecot.config_path.write_text(text.replace("relaysentry_on_error = allow", settings))
    try:
        done = subprocess.run(dovecot.inside("doveconf", "-n", "-c", dovecot.config_path),
                              capture_output=True, text=True, timeout=60)
        output = done.stdout + done.stderr
        expect(done.returncode != 0 and "relaysentry" in done.stderr and named in output, output)
    finally:
        dovecot.discard()


SETTINGS = [("an unknown setting", "relaysentry_on_eror = deny", "relaysentry_on_eror"),
            ("an unknown value", "relaysentry_on_error = refuse", "refuse"),
            ("a policy that is no path", "relaysentry_policy_file = policy.json", "slash")]
for title, text, word in SETTINGS:
    case(f"start: doveconf refuses {title} of relaysentry")(
        lambda text=text, word=word: refused_settings(text, word))


@case("start: a relay that the database does not know is a warning, and its rule matches nothing")
def _():
    rules = [rule("deny", "gone", relay="edison"), rule("alert", "all", **{"class": "mail-relay"})]
    with Sentry(rules, expected=["relaysentry.*edison"]) as dovecot:
        dovecot.wait_log("Warning: .*relaysentry.*edison")
        mark = dovecot.mark()
        expect(dovecot.login("imap", "alice", PASSWORD, remote=OUTLOOK).ok)
        dovecot.report_of(mark, rule="all")


@case("danger 16: blocks of one policy share one engine")
def _():
    extra = "protocol pop3 {\n" + PLACES["after"].replace("on_error={on_error}",
                                                           "on_error=deny") + "}\n"
    with Sentry(RULES, place=PLACES["after"] + extra, expected=["relaysentry"]) as dovecot:
        for service in ("imap", "pop3", "submission"):
            expect(not dovecot.login(service, "alice", PASSWORD, remote=OUTLOOK).ok, service)
            expect(dovecot.login(service, "alice", PASSWORD, remote=HOME).ok, service)
        equal(len(said(dovecot, "relaysentry: .*loaded policy")), 1)
