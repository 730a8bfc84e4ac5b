# SPDX-License-Identifier: MIT
"""What why tells of a user besides exceptions and what was seen."""

import dictservers
from cases import case, equal, expect
from dictworld import PREFIX, kept


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
