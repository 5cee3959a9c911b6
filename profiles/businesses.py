"""Opening a business and saying what it is."""

from collections.abc import Mapping
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from profiles.current import find_business
from profiles.errors import ProfileError
from profiles.models import Answer, Professional, Question, User
from profiles.phones import read_phone
from profiles.plain_text import fit, length_as_read, refuse_address
from profiles.tax_ids import read_tax_id, stem

# What two businesses may share, as staff read it.
SHARED = {
    "phone": gettext_lazy("same telephone"),
    "tax_id": gettext_lazy("tax id that begins alike"),
}


def open_business(*, owner: User, name: str, phone: str, tax_id: str, now: datetime) -> Professional:
    """Opens a business for `owner`, who has none and works for none.

    Asked again by the same owner with the same name (two clicks), it is the business that stands. Raises
    ProfileError: "has_business", "tax_id_taken" (G10), or what is wrong with a field.
    """
    values = _read(name, phone, tax_id)
    with transaction.atomic():
        # The lock closes the race of two clicks: both would find that there is no business yet.
        User.objects.select_for_update(no_key=True).get(pk=owner.pk)
        standing = find_business(owner)
        if standing is not None:
            if standing.owner_id == owner.pk and standing.name == values["name"]:
                return standing
            raise ProfileError(
                "has_business",
                _("You already work for %(business)s here. One account works for one business.")
                % {"business": standing.name},
            )
        professional = Professional(owner=owner, created_at=now, **values)
        _save_once_per_tax_id(professional)
    return professional


def save_profile(
    *, professional: Professional, name: str, description: str, phone: str, tax_id: str
) -> Professional:
    """Saves what a business says of itself, and how long its description is (G7).

    Raises ProfileError: "tax_id_taken", "tax_id_fixed" once a plan was contracted (G10), or what is wrong with a
    field. The given instance is brought up
    to date.
    """
    values = _read(name, phone, tax_id)
    text = fit(description, field="description", most=5000, lines=True)
    with transaction.atomic():
        locked = lock(professional)
        # Else one business could free its tax id for a second account, and have a second guarantee (G10).
        if locked.first_contracted_on and locked.tax_id and values["tax_id"] != locked.tax_id:
            raise ProfileError(
                "tax_id_fixed",
                _(
                    "Your guarantee belongs to this tax id, so it cannot be changed here. Write to us if it is wrong."
                ),
                field="tax_id",
            )
        for field, value in values.items():
            setattr(locked, field, value)
        locked.description = text
        locked.description_length = length_as_read(text)
        changed = [*values, "description", "description_length"]
        _save_once_per_tax_id(locked, update_fields=changed)
    for field in changed:
        setattr(professional, field, getattr(locked, field))
    return professional


def mend_business(
    *, professional: Professional, by: User, phone: str | None = None, tax_id: str | None = None
) -> Professional:
    """What staff mend of a business: what is None stays as it is. Returns the row as it stands then.

    Raises ProfileError: "own_business" (nobody decides on a business that they own or belong to), "tax_id_taken"
    (G10), or what is wrong with a field.
    """
    given = {"phone": phone, "tax_id": tax_id}
    read = {"phone": read_phone, "tax_id": read_tax_id}
    values = {field: read[field](text) for field, text in given.items() if text is not None}
    with transaction.atomic():
        locked = lock(professional)
        if locked.has_person(by):
            raise ProfileError(
                "own_business",
                _("You belong to %(name)s, so somebody else has to record this.") % {"name": locked.name},
            )
        for field, value in values.items():
            setattr(locked, field, value)
        _save_once_per_tax_id(locked, update_fields=list(values))
    return locked


def save_answers(*, professional: Professional, answers: Mapping[int, str]) -> None:
    """Saves answers by the id of their question; an empty one takes the answer away.

    Questions that are not among `answers` stay as they are. Raises ProfileError "unknown_question", or
    "too_long" with the field "question_<id>".
    """
    texts = {
        question_id: fit(text, field=f"question_{question_id}", most=1000, lines=True)
        for question_id, text in answers.items()
    }
    with transaction.atomic():
        lock(professional)
        known = set(Question.objects.filter(pk__in=texts).values_list("pk", flat=True))
        if known != set(texts):
            raise ProfileError(
                "unknown_question", _("These questions have changed. Please load the page again.")
            )
        standing = {each.question_id: each for each in professional.answers.filter(question_id__in=texts)}
        Answer.objects.filter(
            professional=professional, question_id__in=[pk for pk, text in texts.items() if not text]
        ).delete()
        for question_id, text in texts.items():
            answer = standing.get(question_id)
            if not text or (answer and answer.text == text):
                continue
            if answer:
                answer.text = text
                answer.save(update_fields=["text"])
            else:
                Answer.objects.create(professional=professional, question_id=question_id, text=text)


def mark_first_contracted(*, professional: Professional, on: date) -> date:
    """Writes S, the local date on which a plan was first ever contracted, unless it is written; returns S (G20)."""
    with transaction.atomic():
        locked = lock(professional)
        if locked.first_contracted_on is None:
            locked.first_contracted_on = on
            locked.save(update_fields=["first_contracted_on"])
    professional.first_contracted_on = locked.first_contracted_on
    return locked.first_contracted_on


def lock(professional: Professional) -> Professional:
    """The row as it stands now, held until the transaction ends: what is written of one business waits in line."""
    return Professional.objects.select_for_update(no_key=True, of=("self",)).get(pk=professional.pk)


def may_be_same(professional: Professional) -> list[tuple[Professional, str]]:
    """Which others may be the same business, each with what they share (a key of `SHARED`): the telephone, or the tax
    id but for its last three signs. Flagged to staff, no more (G10). Two queries."""
    found = []
    others = Professional.objects.exclude(pk=professional.pk).order_by("pk")
    if professional.phone:
        found += [(other, "phone") for other in others.filter(phone=professional.phone)]
    start = stem(professional.tax_id)
    if start:
        found += [(other, "tax_id") for other in others.filter(tax_id__startswith=start)]
    return found


def _read(name: str, phone: str, tax_id: str) -> dict[str, str]:
    name = fit(name, field="name", most=120, required=True)
    # It stands in mails to homeowners and earlier clients: an advertisement does not.
    refuse_address(name, field="name")
    return {
        "name": name,
        "phone": read_phone(phone),
        "tax_id": read_tax_id(tax_id),
    }


def _save_once_per_tax_id(professional: Professional, update_fields: list[str] | None = None) -> None:
    """The constraint decides who was first, also when two businesses save at once (G10)."""
    taken = ProfileError(
        "tax_id_taken",
        _(
            "There is already a business with this tax id. If it is yours, sign in with the account that "
            "opened it, or ask its owner to invite you."
        ),
        field="tax_id",
    )
    others = Professional.objects.exclude(pk=professional.pk).filter(tax_id=professional.tax_id)
    if professional.tax_id and others.exists():
        raise taken
    try:
        with transaction.atomic():
            professional.save(update_fields=update_fields)
    except IntegrityError as error:
        if professional.tax_id and others.exists():
            raise taken from error
        raise
