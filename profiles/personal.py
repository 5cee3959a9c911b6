"""What this floor keeps about a user, shown to them and erased with their account (X5)."""

from collections.abc import Iterator
from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.erased import ERASED
from base.registry import PersonalData, personal_data
from mail import outbox
from mail.models import OutgoingMail
from profiles.current import find_business
from profiles.errors import ProfileError
from profiles.models import ApiKey, Invitation, Photo, Professional, User
from profiles.picture_files import forget_files


def shown(user: User) -> Iterator[tuple[str, str]]:
    yield _("Name"), user.get_full_name()
    for address in EmailAddress.objects.filter(user=user).order_by("pk"):
        yield _("E-mail"), address.email
    yield _("Language"), user.get_language_display()
    yield _("Time zone"), user.time_zone
    yield _("Account opened"), date_format(user.date_joined, "DATE_FORMAT")
    if user.last_login:
        yield _("Last signed in"), date_format(localtime(user.last_login), "DATETIME_FORMAT")
    business = find_business(user)
    if business is not None:
        yield from _business(business, user)
    for name in _invitations_of(user).values_list("professional__name", flat=True):
        yield _("Invited to work for"), name
    for key in ApiKey.objects.filter(user=user):
        yield _("API key"), str(key)
    # Last, for of these there can be thousands.
    yield from _told(_("Mail of %(moment)s"), outbox.written_to(_addresses(user)))
    yield from _told(_("Mail of %(moment)s to which answers go to you"), outbox.answered_to(_addresses(user)))


def _told(what: str, mails: QuerySet[OutgoingMail]) -> Iterator[tuple[str, str]]:
    rows = mails.order_by("written_at", "pk").values_list("written_at", "subject")
    for written_at, subject in rows.iterator(chunk_size=1000):
        yield what % {"moment": date_format(localtime(written_at), "DATETIME_FORMAT")}, subject


def _business(business: Professional, user: User) -> Iterator[tuple[str, str]]:
    yield _("Business"), business.name
    if business.owner_id != user.pk:
        return
    yield _("Telephone"), business.phone.as_international if business.phone else ""
    yield _("Tax id"), business.tax_id
    yield _("Description"), business.description
    for answer in business.answers.select_related("question"):
        yield str(answer.question), answer.text
    for project in business.projects.all():
        yield _("Project"), f"{project.title}. {project.description}"
    yield _("Photos"), str(business.photos.count())
    for member in business.members.all():
        yield _("Member"), member.email
    for network in business.networks.all():
        yield _("Worked from a network, last on"), date_format(network.last_used_on, "DATE_FORMAT")


def _addresses(user: User) -> set[str]:
    return {user.email, *EmailAddress.objects.filter(user=user).values_list("email", flat=True)}


def _invitations_of(user: User) -> QuerySet[Invitation]:
    """Other businesses' invitations of this person: to an address that was shown to be theirs, or accepted by them."""
    theirs = EmailAddress.objects.filter(user=user, verified=True).values("email")
    return Invitation.objects.filter(Q(email__in=theirs) | Q(accepted_by=user))


def warnings(user: User, now: datetime) -> Iterator[str]:
    business = Professional.objects.filter(owner=user).first()
    if business is not None:
        yield _(
            "The profile of %(business)s goes, with its photos, projects and answers. Its tax id is kept, for one "
            "business has one guarantee."
        ) % {"business": business.name}
        if business.members.exists():
            yield _("Its members can no longer work for it.")


def erase(user: User, now: datetime) -> None:
    """Raises ProfileError("staff"): an account of the office is closed by whoever runs it."""
    if user.is_staff:
        raise ProfileError(
            "staff",
            _("This account belongs to the office. Whoever runs the site closes it, after its last day."),
        )
    business = Professional.objects.select_for_update(no_key=True, of=("self",)).filter(owner=user).first()
    if business is not None:
        _close(business, now)
    user.businesses.clear()
    # That they once joined is kept, for a business's own people do not review it (G8).
    _invitations_of(user).update(email="", ended_at=Coalesce("ended_at", now))
    addresses = _addresses(user)
    outbox.forget_person(outbox.written_to(addresses))
    outbox.forget_who_answers(addresses)
    EmailAddress.objects.filter(user=user).delete()
    Authenticator.objects.filter(user=user).delete()
    ApiKey.objects.filter(user=user).delete()
    user.first_name = user.last_name = user.time_zone = ""
    user.email = f"closed-{user.pk}@closed.invalid"
    user.is_active = False
    # Also ends every session: each is signed with what the password was.
    user.set_unusable_password()
    user.save()


def _close(business: Professional, now: datetime) -> None:
    """The row stays, for the ledger and the counts point at it; what describes the business goes."""
    photos = list(Photo.objects.filter(professional=business))
    forget_files(photos)
    for rows in (
        business.photos,
        business.projects,
        business.answers,
        business.invitations,
        business.networks,
    ):
        rows.all().delete()
    business.members.clear()
    business.name = ERASED
    business.description, business.description_length, business.phone = "", 0, ""
    business.closed_at = now
    business.save(update_fields=["name", "description", "description_length", "phone", "closed_at"])
    # Earlier versions hold the same; that there were some is kept.
    business.history.update(name=ERASED, description="", phone="")


personal_data.append(PersonalData(gettext_lazy("Your account"), shown, erase, warnings))
