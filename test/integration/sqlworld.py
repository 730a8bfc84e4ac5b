# SPDX-License-Identifier: MIT
"""A Dovecot with relaysentry whose users stand in SQLite: what a passwd-file
cannot do, be cached and be asked by auth workers, it can."""

import dialect
import sqlservers
from world import AFTER, FIRST, PASSWORD, USERS, Sentry

SCHEMA = "CREATE TABLE users (name TEXT, password TEXT, credential TEXT);\n"
QUERY = "SELECT password, credential AS relaysentry_credential FROM users WHERE name = '%s'"
OLD = """
passdb {
  driver = sql
  args = {root}/users.conf
  RESULT
}
"""
NEW = """
sql_driver = sqlite
sqlite_path = {root}/users.sqlite
passdb users {
  driver = sql
  default_password_scheme = PLAIN
  passdb_sql_query = QUERY
  WORKER
  RESULT
}
""".replace("QUERY", QUERY % "%{user}")
APP_USER = "bob"  # what the query returns for him is an app password


def placed(place, worker):
    result = "result_success = continue-ok" if place == "after" else ""
    use = "passdb_use_worker = yes" if worker else ""
    ours = AFTER if place == "after" else FIRST

    def both(primary, ours):
        primary = primary.replace("RESULT", result).replace("WORKER", use)
        return primary + ours if place == "after" else ours + primary
    return {"2.3": both(OLD, ours), "2.4": both(NEW, dialect.blocks(ours))}


class SqliteSentry(Sentry):
    """place: "after" or "first". worker: 2.4 is told to ask SQLite in an auth
    worker, which 2.3 cannot be told, and does."""

    def __init__(self, rules, place="after", worker=False, **others):
        super().__init__(rules, place=placed(place, worker), **others)
        try:
            self.database = sqlservers.Sqlite(self.root, SCHEMA + "".join(
                f"INSERT INTO users VALUES ('{name}', '{PASSWORD}', "
                f"{repr('app-password') if name == APP_USER else 'NULL'});\n" for name in USERS))
            (self.root / "users.conf").write_text(
                self.database.old + "default_pass_scheme = PLAIN\n"
                f"password_query = {QUERY % '%u'}\n")
        except BaseException:
            self.discard()
            raise

    def set_password(self, user, password):
        self.database.run(f"UPDATE users SET password = '{password}' WHERE name = '{user}';")
