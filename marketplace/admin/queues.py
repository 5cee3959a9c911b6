"""What the moderators' queues have in common."""

from datetime import date
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Case, F, Manager, Model, QuerySet, TextChoices, When
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from base.days import marketplace_day
from marketplace.own_interest import has_business, requests_of_interest
from profiles.models import Professional


class QueueFilter(admin.SimpleListFilter):
    """What waits for a decision, unless something else is chosen."""

    title = _("state")
    parameter_name = "state"
    waiting: ClassVar[str]
    states: ClassVar[list[tuple[str, Any]]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [*self.states, ("all", _("all"))]

    def choices(self, changelist: Any) -> Any:
        for value, label in self.lookup_choices:
            yield {
                "selected": (self.value() or self.waiting) == value,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": label,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        state = self.value() or self.waiting
        return queryset if state == "all" else queryset.filter(state=state)


class DecidedByButtons:
    """For an admin whose rows nobody edits: they are decided, by functions that also tell whom it concerns."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def of_others(
    rows: QuerySet[Any], user: Any, business: str = "professional", lead: str = ""
) -> QuerySet[Any]:
    """`rows` without those of a business that `user` owns or belongs to: the office knows of them what the business
    may not, and somebody else decides. `business` is the way from a row to its professional; `lead`, where there is
    one, that to its request: of what their business has bought or may buy they see nothing of others either."""
    if not has_business(user):
        return rows
    rows = rows.exclude(**{f"{business}__in": Professional.objects.visible_to(user)})
    if lead:
        rows = rows.exclude(**{f"{lead}__in": requests_of_interest(user, timezone.now())})
    return rows


def title_shown(lead: str) -> Case:
    """The title of a request as it is shown before buying (M5), as a column to search by: what is masked of it is
    found by nobody. `lead` is the way from a row to its request."""
    masked = f"{lead}__title_masked"
    return Case(When(**{masked: ""}, then=F(f"{lead}__title")), default=F(masked))


def due_mark(due: date) -> str:
    """The day by which staff promised to decide, marked when it is over."""
    shown = date_format(due, "DATE_FORMAT")
    if marketplace_day(timezone.now()) > due:
        return format_html("<strong>{}</strong>", gettext("overdue since %(day)s") % {"day": shown})
    return shown


def told(events: Manager[Any], states: type[TextChoices]) -> list[tuple[Any, str]]:
    """A history's rows, each with the words for the state that it led to."""
    return [(event, str(states(event.to_state).label)) for event in events.select_related("actor")]
