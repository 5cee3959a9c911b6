"""Every address of the desk, with each role of the staff by itself: who works here and not at the desk is a stranger
there, and an appeal is heard by others than those who answer tickets (S8, G19)."""

import pytest
import time_machine

from tests import making
from tests.config.test_roles import ROLES
from tests.doors import WHEN, make_world, what_is_told
from tests.test_doors import DOORS, WHO

# The staff of that table are every role in one person, but for the desk lead.
LIKE_STAFF = {"consultant", "desk lead"}
# Where a role is told something else than there: (GET, POST).
OTHERWISE = {
    # Who hears appeals has the desk's list, with appeals alone on it, and finds none of the other tickets; and writes
    # replies of their own, and none that the whole desk shares.
    ("appeals", "support:desk"): ("200", "405"),
    # Of the mails that wait they see those to the appeals that they hear.
    ("appeals", "support:desk_mails"): ("200", "405"),
    ("appeals", "support:replies"): ("200", "405"),
    ("appeals", "support:new_reply"): ("200", "422"),
    ("appeals", "support:reply"): ("404", "404"),
    ("appeals", "support:remove_reply"): ("405", "404"),
    # The desk lead alone sees the figures, and changes what the whole desk shares.
    ("desk lead", "support:figures"): ("200", "405"),
    ("desk lead", "support:figures_csv"): ("200", "405"),
    ("desk lead", "support:reply"): ("200", "422"),
    ("desk lead", "support:remove_reply"): ("405", "on"),
    # And records what was signed on paper.
    ("desk lead", "support:desk_record_quote"): ("on", "422"),
}


@pytest.mark.django_db
def test_every_address_of_the_desk_tells_each_role_what_is_its_own():
    names = [name for name in DOORS if name.startswith("support:")]
    with time_machine.travel(WHEN, tick=False):
        world = make_world()
        world.people.update(
            {
                role: making.make_staff(role, email=f"one-{number}@quince.example")
                for number, role in enumerate(ROLES)
            }
        )
        told = what_is_told(world, ROLES, names)
    otherwise = {}
    for name in names:
        each_role = zip(ROLES, *(verb.split() for verb in told[name]), strict=True)
        for role, *found in each_role:
            like = WHO.index("staff" if role in LIKE_STAFF else "stranger")
            if found != [verb.split()[like] for verb in DOORS[name]]:
                otherwise[role, name] = tuple(found)
    assert otherwise == OTHERWISE
