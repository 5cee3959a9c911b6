"""How the guarantee refuses."""

from collections.abc import Sequence

from django.utils.functional import Promise

from base.errors import Refusal


class GuaranteeError(Refusal):
    """A claim, a verdict or a decision that is refused; `problems` are the several reasons, where there are several.

    Each problem is a sentence of its own, so that a page can list them and a line of text can follow with them.
    """

    def __init__(
        self,
        code: str,
        sentence: str | Promise,
        *,
        field: str | None = None,
        problems: Sequence[Refusal] = (),
    ) -> None:
        super().__init__(code, sentence, field=field)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return " ".join([str(self.sentence), *map(str, self.problems)])


def refuse(problems: Sequence[GuaranteeError]) -> None:
    """Raises the first of `problems` with the others in it; does nothing where there is none."""
    if problems:
        first, *others = problems
        raise GuaranteeError(first.code, first.sentence, field=first.field, problems=others)
