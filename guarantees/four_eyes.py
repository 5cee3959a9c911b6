"""Whoever decides a claim under four eyes has entered none of the verdicts that stand: held by the database (G18).

From which amount on they apply is a setting, which the database cannot know: `blockers.Case.four_eyes` asks it, and
the decision writes down that they applied. From then on these triggers hold it, whichever comes first, decision or
verdict, and whoever writes them by whatever way.
"""

from base.triggers import Trigger, register
from guarantees.models import Claim, ClaimItem

_CLAIM, _ITEM = Claim._meta.db_table, ClaimItem._meta.db_table
_WHY = "four eyes: whoever decides has given none of the verdicts, and that holds as long as the decision"

# A claim is written with its decision, or with another one.
_OF_CLAIM = (
    f"NEW.four_eyes_applied_at IS NOT NULL AND EXISTS (SELECT 1 FROM {_ITEM} "
    "WHERE claim_id = NEW.id AND verdict <> '' AND verdict_by_id = NEW.decided_by_id)"
)
# That they applied is not taken back while the decision stands; an appeal that is upheld ends both at once.
_CLEARED = (
    "(OLD.four_eyes_applied_at IS NOT NULL AND NEW.four_eyes_applied_at IS NULL "
    f"AND NEW.state IN ({', '.join(map(repr, map(str, Claim.DECIDED)))}))"
)
# A verdict is written, or its claim is another one.
_OF_ITEM = (
    f"NEW.verdict <> '' AND EXISTS (SELECT 1 FROM {_CLAIM} "
    "WHERE id = NEW.claim_id AND four_eyes_applied_at IS NOT NULL AND decided_by_id = NEW.verdict_by_id)"
)
# Two at once: each would see the other's row as it was before. So a verdict waits for whoever is writing its claim,
# and keeps others from writing it until the verdict stands.
_WAIT = f"IF NEW.verdict <> '' THEN PERFORM 1 FROM {_CLAIM} WHERE id = NEW.claim_id FOR SHARE; END IF;"


def _trigger(table: str, event: str, refused: str, *, first: str = "") -> Trigger:
    verb = event.split()[0].lower()
    name = function = f"{table}_four_eyes_{verb}"
    return Trigger(
        name,
        table,
        sqlite=f'CREATE TRIGGER IF NOT EXISTS "{name}" BEFORE {event} ON "{table}" WHEN {refused} '
        f"BEGIN SELECT RAISE(ABORT, '{_WHY}'); END",
        postgresql=f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {first} "
        f"IF {refused} THEN RAISE EXCEPTION '{_WHY}' USING ERRCODE = 'integrity_constraint_violation'; END IF; "
        f'RETURN NEW; END $$; CREATE OR REPLACE TRIGGER "{name}" BEFORE {event} ON "{table}" '
        f"FOR EACH ROW EXECUTE FUNCTION {function}()",
    )


TRIGGERS = (
    _trigger(_CLAIM, "INSERT", _OF_CLAIM),
    _trigger(_CLAIM, "UPDATE OF four_eyes_applied_at, decided_by_id", f"({_OF_CLAIM}) OR {_CLEARED}"),
    _trigger(_ITEM, "INSERT", _OF_ITEM, first=_WAIT),
    _trigger(_ITEM, "UPDATE OF verdict, verdict_by_id, claim_id", _OF_ITEM, first=_WAIT),
)
register(*TRIGGERS)
