# SPDX-License-Identifier: MIT
"""Bearer tokens that Dovecot verifies without asking anybody: JSON Web Tokens
(RFC 7519) signed with HS256, and the key in a dict of files."""

import base64
import hashlib
import hmac
import json
import pathlib
import time

KEY = b"a key for the tests, which nobody else has"
ISSUER = "https://idp.example"


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def token(user, key=KEY, lifetime=600, **claims):
    """A signed token for the user."""
    now = int(time.time())
    head = {"alg": "HS256", "typ": "JWT"}
    body = {"iss": ISSUER, "sub": user, "email": user, "iat": now - 60, "nbf": now - 60,
            "exp": now + lifetime, **claims}
    text = b".".join(b64url(json.dumps(part).encode()) for part in (head, body))
    return (text + b"." + b64url(hmac.digest(key, text, hashlib.sha256))).decode()


def write_keys(folder):
    """The dict fs:posix:prefix=FOLDER/ with the one key. Dovecot looks for
    AZP/ALGORITHM/KEY-ID; a token that names neither has "default"."""
    path = pathlib.Path(folder) / "default" / "HS256"
    path.mkdir(parents=True)
    (path / "default").write_bytes(base64.b64encode(KEY))


# The settings of the oauth2 passdb in 2.3, a file of their own.
CONFIG_23 = """
introspection_mode = local
local_validation_key_dict = fs:posix:prefix={root}/keys/
username_attribute = email
issuers = https://idp.example
"""

# The settings of the mechanisms themselves in 2.4.
CONFIG_24 = """
oauth2 {
  introspection_mode = local
  username_attribute = email
  issuers = https://idp.example
}
oauth2_local_validation {
  dict fs {
    fs posix {
      prefix = {root}/keys/
    }
  }
}
"""
