"""What the product says when it refuses: a code for programs, a sentence for the reader (X6)."""

from django.utils.functional import Promise


class Refusal(Exception):
    """A job that could not be done and left nothing half done.

    Each app has one subclass. `code` is stable and for programs; `sentence` is translated, says what
    happened and what to do; `field` names the form field it belongs to, where there is one.
    """

    def __init__(self, code: str, sentence: str | Promise, *, field: str | None = None) -> None:
        super().__init__(code, sentence)
        self.code = code
        self.sentence = sentence
        self.field = field

    def __str__(self) -> str:
        return str(self.sentence)
