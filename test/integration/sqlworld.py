# SPDX-License-Identifier: MIT
"""A Dovecot with relaysentry whose users stand in a database of its own; and one
in SQLite: what a passwd-file cannot do, be cached and be asked by auth workers, it
can."""

import pathlib
import shutil
import tempfile

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


class DatabaseSentry(Sentry):
    """kind(folder, content): a database in a folder of its own, which ends with
    this Dovecot. configure(database): further arguments of Sentry, which hang on
    where it is."""

    def __init__(self, kind, content, configure, rules, **others):
        self.database = None
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="rs-db-", dir="/tmp"))
        self.folder.chmod(0o755)
        try:
            self.database = kind(self.folder, content)
            super().__init__(rules, **configure(self.database), **others)
        except BaseException:
            self.end_database()
            raise

    def end_database(self):
        if self.database is not None:
            self.database.close()
            self.database = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def discard(self):
        super().discard()
        self.end_database()


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
