"""Saved replies: written, changed, taken away, and put into an answer."""

import uuid
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from profiles.models import User
from support.errors import SupportError, form_used
from support.models import SavedReply


def save_reply(
    *,
    title: str,
    texts: dict[str, str],
    shared: bool,
    by: User,
    now: datetime,
    reply: SavedReply | None = None,
    public_id: uuid.UUID | None = None,
) -> SavedReply:
    """Writes a reply, or changes `reply`. `texts` by language: "en", "es", "it". `public_id` is what makes two sendings
    of one form one reply.

    Raises SupportError: "no_text", "not_yours" (it, or sharing it, is not for `by` to change), "form_used".
    """
    texts = {language: text.strip() for language, text in texts.items()}
    if not any(texts.values()):
        raise SupportError("no_text", _("Write the reply in one language at least."), field="text_es")
    if shared and not by.has_perm("support.change_savedreply"):
        raise SupportError("not_yours", _("The desk lead writes the replies that everybody shares."))
    with transaction.atomic():
        standing = SavedReply.objects.filter(public_id=public_id).first() if public_id else None
        if reply is None and standing is not None:
            if standing.title != title[:100]:
                raise form_used(standing.title)
            return standing
        if reply is not None:
            reply = _kept_by(reply, by)
        else:
            reply = SavedReply(public_id=public_id or uuid.uuid4())
        reply.title = title[:100]
        reply.owner = None if shared else by
        reply.text_en, reply.text_es, reply.text_it = (texts.get(each, "") for each in ("en", "es", "it"))
        reply.written_at = now
        reply.save()
        return reply


def remove_reply(*, reply: SavedReply, by: User) -> None:
    """Answers that were written with it stay as they are. Removed already, nothing happens.

    Raises SupportError("not_yours").
    """
    with transaction.atomic():
        if SavedReply.objects.filter(pk=reply.pk).exists():
            _kept_by(reply, by).delete()


def _kept_by(reply: SavedReply, by: User) -> SavedReply:
    rows = SavedReply.objects.kept_by(by).select_for_update(no_key=True, of=("self",))
    found = rows.filter(pk=reply.pk).first()
    if found is None:
        raise SupportError("not_yours", _("This reply is not yours to change. Nothing was changed."))
    return found
