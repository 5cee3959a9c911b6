"""The demo world: everybody stands where they are said to stand, and loading it again changes nothing."""

from datetime import datetime

import pytest
from django.apps import apps
from django.core.management import call_command
from django.core.management.base import CommandError

from base.registry import invariants
from config.demo.desk import CLIENT
from config.demo.lives import CHARACTERS, load
from config.demo.world import World
from guarantees.facts import judge
from guarantees.models import Claim, SecondLook, Story
from guarantees.noticed import noticed
from marketplace.models import Contact, Lead
from profiles.models import Professional, Suspension
from support.models import Allowance, Quote


def counts() -> dict[str, int]:
    return {model._meta.label: model._base_manager.count() for model in apps.get_models()}


def status_of(key: str, world: World) -> tuple[str, list[tuple[str, str]]]:
    """The verdict, and every requirement that is not met."""
    verdict = judge(Professional.objects.get(owner__email=f"{key}@demo.quince.example"), world.today)
    return verdict.status, [(r.code, r.status) for r in verdict.requirements if r.status != "met"]


def signals_of_claim(key: str, now: datetime) -> dict[str, set[int]]:
    """Code → the positions of the contacts that it was noticed of."""
    claim = Claim.objects.get(professional__owner__email=f"{key}@demo.quince.example")
    positions = dict(claim.items.values_list("contact", "position"))
    found: dict[str, set[int]] = {}
    for signal in noticed(claim, now):
        found.setdefault(signal.code, set()).add(positions.get(signal.contact, 0))
    return found


# The day after a short month; late on the last day of a long one, when UTC is a day ahead.
@pytest.mark.parametrize("moment", ["2027-03-01T09:00-06:00", "2026-08-31T23:10-06:00"])
@pytest.mark.django_db
def test_everybody_stands_at_their_stage_and_loading_again_changes_nothing(moment, settings):
    world = World(datetime.fromisoformat(moment))
    assert load(world.now) == [character.key for character in CHARACTERS]

    status, open_requirements = status_of("nuevo", world)
    assert (status, open_requirements[0]) == ("not_yet", ("contacts", "unmet"))
    assert status_of("siete", world)[0] == "not_yet"
    assert Contact.objects.filter(professional__owner__email__startswith="siete@").count() == 7
    assert status_of("trampa", world)[1] == [("waiting_month", "waiting"), ("claim_window", "lost")]
    assert status_of("espera", world) == ("not_yet", [("waiting_month", "waiting")])
    assert status_of("listo", world) == ("eligible", [])
    assert status_of("borrador", world) == ("eligible", [])
    assert Story.objects.filter(contact__professional__owner__email__startswith="borrador@").count() == 8
    assert dict(Claim.objects.values_list("professional__owner__email", "state")) == {
        "borrador@demo.quince.example": "draft",
        "enviado@demo.quince.example": "submitted",
        "preguntas@demo.quince.example": "more_information",
        "reembolso@demo.quince.example": "approved",
        "rechazo@demo.quince.example": "rejected",
        "suspendido@demo.quince.example": "rejected_as_false",
    }
    assert Suspension.objects.standing().get().professional.owner.email == "suspendido@demo.quince.example"
    assert signals_of_claim("enviado", world.now) == {
        "same_story": {3, 9},
        "copied_story": {3, 9},
        "won_earlier": {6},
        "written_late": {8},
    }
    # One approved in spite of a job once won, one rejected for what no requirement says.
    looks = SecondLook.objects.waiting().filter(why="disagree")
    assert {look.claim.professional.owner.email.split("@")[0] for look in looks} == {"reembolso", "rechazo"}
    refunded = Professional.objects.get(owner__email="reembolso@demo.quince.example")
    assert refunded.contacts.filter(refunded_at__isnull=False).count() == 15
    assert refunded.contacts.count() == 19
    assert [line for each in invariants for line in each.broken()] == []
    asked = Lead.objects.filter(homeowner_name__in=["Tomás Arriaga", "Celia Barrón"]).order_by("state")
    assert [(lead.state, lead.photos.count()) for lead in asked] == [("unconfirmed", 0), ("waiting", 2)]
    assert not Lead.objects.filter(published_at__isnull=False, email_verified_at=None).exists()
    assert Quote.objects.get().state == "sent"
    assert Allowance.objects.get(client__people__email=CLIENT, unit="minutes").left == 315

    before = counts()
    assert load(world.now) == []
    assert counts() == before


def test_the_demo_is_refused_where_it_was_not_asked_for(settings):
    settings.DEMO = False
    with pytest.raises(CommandError, match="DEMO=1"):
        call_command("demo")
