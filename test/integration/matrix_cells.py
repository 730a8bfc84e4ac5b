# SPDX-License-Identifier: MIT
"""The cells of the matrix: every login path, and which of them there are.

A cell is a service, a mechanism, a kind of login and a placement. all_cells()
gives every combination; why_not() says why one of them cannot be, and
may_be_refused() why Dovecot may let nobody in that way, which is tried."""

from dataclasses import dataclass

SERVICES = ("imap", "pop3", "submission", "sieve", "smtp")
PASSWORDS = ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256")
TOKENS = ("OAUTHBEARER", "XOAUTH2")
MECHANISMS = (*PASSWORDS, *TOKENS, "EXTERNAL", "GSSAPI")
PLACEMENTS = ("after", "first")

ORDINARY, CACHED = "ordinary", "auth-cache hit"
MASTER, AUTHZID = "master: user*master", "master: authzid"
SECOND, CHANGED, PROXIED = "second passdb of two", "user changed by the passdb", "proxied"
BEARER, UNKNOWN = "main password as token", "user unknown to the primary"
KINDS = (ORDINARY, MASTER, AUTHZID, CACHED, SECOND, CHANGED, PROXIED, BEARER, UNKNOWN)


@dataclass(frozen=True)
class Cell:
    service: str
    mechanism: str
    kind: str
    placement: str

    def __str__(self):
        return f"{self.service} {self.mechanism}, {self.kind}, {self.placement}"


def all_cells():
    return [Cell(service, mechanism, kind, placement) for placement in PLACEMENTS
            for kind in KINDS for service in SERVICES for mechanism in MECHANISMS]


def why_not(cell, old):
    """Why there is no such login, None when there may be. old: Dovecot 2.3."""
    token = cell.mechanism in TOKENS
    if cell.kind == PROXIED and cell.service == "smtp":
        return "Postfix proxies no login; it does not read the proxy fields"
    if cell.kind == BEARER and not token:
        return "it is no mechanism of tokens"
    if cell.kind == BEARER and not old:
        return "Dovecot 2.4 verifies tokens itself, no passdb gets one as a password"
    if cell.kind == MASTER and (token or cell.mechanism in ("EXTERNAL", "GSSAPI")):
        return "the name comes from the token, the certificate or the ticket, not from the client"
    if cell.kind == AUTHZID and cell.mechanism in ("LOGIN", "CRAM-MD5", "XOAUTH2"):
        return "the mechanism has no authzid"
    if cell.kind == AUTHZID and token:
        return "the authzid of the mechanism is the name of the token's user"
    if cell.kind == UNKNOWN and (cell.mechanism in PASSWORDS or cell.mechanism == "EXTERNAL"):
        return "a passdb must verify the user, nobody is let in whom none knows"
    if cell.kind == UNKNOWN and token and old:
        return "in Dovecot 2.3 the oauth2 passdb is the primary, and it knows the user by the token"
    return None


def verified(cell, old):
    """Whether the credential is known to be right when relaysentry is asked: "yes" or
    "no". old: Dovecot 2.3. With a lookup it is not yet, or only the mechanism knows; and
    what is proxied is left to the backend, which may know better."""
    if cell.mechanism in ("CRAM-MD5", "SCRAM-SHA-256", "GSSAPI"):
        return "no"
    if cell.placement == "after":
        return "no" if cell.kind == PROXIED else "yes"
    # Before the passdbs of users come those of master users, and what 2.4 does with tokens.
    before = cell.kind in (MASTER, AUTHZID) or (cell.mechanism in TOKENS and not old)
    return "yes" if before else "no"


def kills_login(cell, version):
    """Why the client sees the connection end where it should be told of a refusal;
    None when it does not."""
    if (version == "2.3.21.1" and cell.mechanism in TOKENS and
            cell.service in ("submission", "sieve")):
        return ("the login process of Dovecot 2.3.21.1 dies of any token that is refused, also "
                "without relaysentry; the client sees the connection end")
    return None


def may_be_refused(cell):
    """Why it may be that Dovecot lets nobody in this way; None when it must."""
    if cell.service == "smtp" and cell.mechanism == "EXTERNAL":
        return "Postfix does not tell Dovecot the client certificate; tried, everybody is refused"
    if cell.kind == AUTHZID and cell.mechanism == "GSSAPI":
        return "Dovecot lets a ticket in to its own user only; tried, everybody is refused"
    return None
