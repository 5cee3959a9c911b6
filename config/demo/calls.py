"""Calls of the demo world: one to return, one returned, and one of nobody known."""

from datetime import timedelta

from config.demo.world import World
from support.calls import call_back, log_call
from support.models import Client

NUMBER = "+390612345678"


def load_calls(world: World, client: Client) -> None:
    """Call it in a transaction, once: whoever called is known by the number of `client`."""
    consultant = world.staff("consultant")

    def missed(phone: str, days_ago: int, hour: int) -> None:
        at = world.at(days_ago, hour)
        call = log_call(direction="in", outcome="missed", phone=phone, at=at, now=at, by=consultant)
        if call.ticket is not None and days_ago > 1:
            later = at + timedelta(hours=2)
            call_back(
                ticket=call.ticket,
                outcome="answered",
                summary="Quería mover la capacitación al jueves.",
                seconds=260,
                by=consultant,
                now=later,
            )

    missed(NUMBER, 9, 10)
    missed("+525555012345", 2, 12)
    missed(NUMBER, 0, 9)
