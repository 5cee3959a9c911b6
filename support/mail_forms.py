"""What the desk fills in about a mail that waits: judged by the inbox."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from mail.models import IncomingMail
from support.admin_forms import text_field


class SetAsideForm(forms.Form):
    """Why it is not taken in; of one that a person answers, what became of it."""

    reason = text_field(
        _("Why it is not taken in"), rows=3, most=2000, error_messages={"required": _("Please write why.")}
    )

    def __init__(self, data: Any = None, *, mail: IncomingMail) -> None:
        super().__init__(data)
        if mail.is_for_a_person:
            self.fields["reason"].label = _("What became of this mail")
