"""Telephone numbers in a folded text: in digits, in words, in both, with whatever stands between."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise

from marketplace.masking.digits import digits_of
from marketplace.masking.words import (
    BUDGET,
    CALLING,
    HUNDREDS,
    JOINTS,
    MEASURES,
    MONEY,
    ORDINARY_JOINTS,
    PRODUCT,
    REPEATED,
    SHORT_NUMBERS,
    SOME,
    STREET,
    TENS,
    TIMES_A_HUNDRED,
)

FEWEST, FEWEST_UNASKED = 7, 8
# What stands in the place of a number that is a date, a time or an amount: nothing is joined across it.
BLANK = "\x01"
_BREAKS = frozenset(f"{BLANK}%$€£¥°×=½¼¾²³#")
_LONGEST_GAP = 8
_OF = ("", "de", "di", "of")  # What stands between a number and what it counts: 25000000 de pesos.
_WHOLE = 10  # Digits: a number may be complete.
# What is said inside one part of which so many digits are still to come.
_WITHIN = {1: ([], ["y"]), 2: ([], ["y"], ["and"], ["e"])}
# Between texts that are read one after the other.
_APART = ", "
_NEAR = 48  # How far before a number it is said what it is.

_WORD = re.compile(r"[a-z0-9]+")
_CALLING, _STREET, _PRODUCT = re.compile(CALLING), re.compile(STREET), re.compile(PRODUCT)
_BUDGET = re.compile(BUDGET)

# Dates, times, amounts: only where no other number touches them, for then they would be a part of it.
_ALONE_BEFORE = r"(?<![\d.,/:+-])(?<!\d[ ./-])(?<!\d - )"
_ALONE_AFTER = r"(?![/:+-]?\d)(?![.,]\d)(?![ ./-]{1,3}\d)"
_DAY, _MONTH, _YEAR = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])", r"(?:19|20)\d\d"


def _date(name: str) -> str:
    same = f"(?P={name})"
    return (
        rf"(?:{_DAY}(?P<{name}>[-/.]){_MONTH}{same}(?:{_YEAR}|\d\d)|{_YEAR}[-/.]{_MONTH}[-/.]{_DAY}"
        rf"|{_MONTH}/{_DAY}/{_YEAR}|{_YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))"
    )


_TIME = r"(?:[01]?\d|2[0-4])[:.h][0-5]\d(?::[0-5]\d)?(?: ?[ap]\.? ?m\.?)?"
_AMOUNT = r"\d{1,3}(?:(?:\.\d{3})+(?:,\d{1,2})?|(?:,\d{3})+(?:\.\d{1,2})?|(?:'\d{3})+)"
_HARMLESS = re.compile(
    rf"{_ALONE_BEFORE}(?:"
    rf"{_date('one')}(?:[ t,-]{{1,3}}(?:a las |alle |at )?{_TIME})?(?: ?(?:-|al?|to|y|e) ?{_date('two')})?"
    rf"|{_YEAR} ?(?:-|/|al?|to|y|e) ?{_YEAR}"
    rf"|{_TIME}(?: ?(?:-|a|to|y|e|/|alle|hasta) ?{_TIME})*"
    rf"|(?P<amount>{_AMOUNT}(?: ?(?:-|a|to|y|e|o) ?[$€£]? ?{_AMOUNT})?)"
    rf"|\d{{1,3}}[.,]\d{{1,2}}(?:,? (?:y |e |and |x )?\d{{1,3}}[.,]\d{{1,2}}){{1,9}}"
    rf"){_ALONE_AFTER}"
)
# An amount of so many digits is money where it says so; else it is how Spaniards write a telephone number.
_LARGE_AMOUNT = 9


@dataclass(frozen=True, slots=True)
class Item:
    """A part of a number: where it stands, its digits, whether it is said in words, and what led to it.

    `room`: how many of its last digits may be said after it: two of "quinientos", one of "treinta".
    """

    start: int
    end: int
    digits: str
    said: bool
    doubtful: bool = False
    joints: tuple[str, ...] = ()
    room: int = 0


@dataclass(slots=True)
class _Run:
    """Parts that follow each other with nothing between them but separators and joints."""

    items: list[Item] = field(default_factory=list)
    joints: list[str] = field(default_factory=list)
    starts: int = -1  # Where a "double" before the first part stands.

    @property
    def digits(self) -> str:
        return "".join(item.digits for item in self.items)

    @property
    def is_whole(self) -> bool:
        """Whether it may be complete; a long one is not put together to be told so."""
        return len(self.items) >= _WHOLE or len(self.digits) >= _WHOLE

    @property
    def start(self) -> int:
        return self.items[0].start if self.starts < 0 else self.starts

    @property
    def end(self) -> int:
        return self.items[-1].end


def telephones_in(text: str) -> Iterator[tuple[int, int]]:
    """Where telephone numbers stand in a folded `text`."""
    text = _HARMLESS.sub(_blank, text)
    scattered: list[Item] = []
    for run, follows in _runs(text):
        if _is_telephone(run, text, follows):
            yield _with_prefix(text, run.start, run.end)
            scattered = []
            continue
        # What is no number by itself may be a part of one whose digits are spread over a sentence.
        if scattered and not _one_word_apart(text, scattered[-1].end, run.start):
            yield from _of_scattered(scattered, text)
            scattered = []
        scattered += run.items
        if follows in MEASURES:
            yield from _of_scattered(scattered, text)
            scattered = []
    yield from _of_scattered(scattered, text)


def telephones_across(texts: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """Numbers that begin at the end of one folded text and go on at the start of the next, in the order given:
    the number of each text, and where the part stands there.

    Two numbers meet there by chance too, a street's and a count: so the whole has a telephone's length, and nothing
    says that it is anything else.
    """
    plain = [_HARMLESS.sub(_blank, text) for text in texts]
    begins = list(accumulate((len(text) + len(_APART) for text in plain), initial=0))
    joined = _APART.join(plain)
    for run, follows in _runs(joined):
        parts = [
            (number, max(run.start - begin, 0), min(run.end - begin, len(text)))
            for number, (begin, text) in enumerate(zip(begins[:-1], plain, strict=True))
            if run.start < begin + len(text) and begin < run.end
        ]
        if len(parts) > 1 and _is_spread(run, joined, follows):
            yield from parts


def _is_spread(run: _Run, text: str, follows: str) -> bool:
    number = run.digits
    return (
        (
            len(number) == _WHOLE
            or (
                len(number) > _WHOLE
                and number[:2] in ("52", "39")
                and len(number) - 2 in (_WHOLE, _WHOLE + 1)
            )
            or (FEWEST <= len(number) <= _WHOLE and _asked(text, run.start))
        )
        # What is long enough by itself was looked at by itself.
        and all(len(item.digits) < FEWEST_UNASKED for item in run.items)
        and follows not in MEASURES
        and not any(ORDINARY_JOINTS.issuperset(item.joints) and item.joints for item in run.items)
        and not _counted_up(run.items)
        and not _years(run.items)
        and not _amounts(run.items, text)
        and _STREET.search(text, max(0, run.start - _NEAR), run.start) is None
        and _PRODUCT.search(text, max(0, run.start - 30), run.start) is None
    )


def digits_in(text: str) -> Iterator[Item]:
    """Every part of a number in a folded `text`, whatever stands between them."""
    for word in _WORD.finditer(text):
        digits = digits_of(word.group())
        if digits:
            yield Item(word.start(), word.end(), digits, said=not word.group().isdigit())


def _blank(found: re.Match[str]) -> str:
    text, start, end = found.string, found.start(), found.end()
    if amount := found["amount"]:
        most = max(len(re.sub(r"[.,]\d\d?$|\D", "", part)) for part in re.findall(r"\d[\d.,']*", amount))
        money = _money_near(text, start, end)
        asked = _asked(text, start)
        if re.search(r"[.,]\d\d?$", amount):
            money = True  # Nobody writes hundredths of a telephone number.
        if not money and (most >= _LARGE_AMOUNT or (most >= FEWEST and asked)):
            return found.group()
    return BLANK * (end - start)


def _money_near(text: str, start: int, end: int) -> bool:
    before, after = text[max(0, start - 5) : start], text[end : end + 2]
    following = _WORD.match(text, end + 1)
    return (
        not MONEY.isdisjoint(before)
        or before.strip() in ("mxn", "usd", "eur")
        or not MONEY.isdisjoint(after)
        or (following is not None and following.group() in MEASURES)
    )


def _runs(text: str) -> Iterator[tuple[_Run, str]]:
    """Each run of parts, with the word that ended it ("" at the end, or where something else did)."""
    run = _Run()
    last = 0
    times = 1
    # The word before the one looked at, so that a lone o or l is known by its neighbours.
    for word, following in pairwise([*_WORD.finditer(text), None]):
        assert word is not None
        said = word.group()
        if run.items and not _joined(text, last, word.start(), run.is_whole):
            yield _trimmed(run), ""
            run, times = _Run(), 1
        last = word.end()
        some = said in SOME and not run.items and following is not None and _is_long(following.group())
        digits = "" if some else digits_of(said)
        if _makes_hundreds(run, said):
            _replace_last(run, word.end(), f"{run.items[-1].digits}00", room=2)
        elif digits:
            _append(run, word, digits * times if len(digits) == 1 else digits, said)
            times = 1
        elif said in REPEATED:
            times = REPEATED[said]
            if run.items:
                run.joints.append(said)
            else:
                run.starts = word.start()
        elif run.items and said in ("o", "l", "i") and _between_digits(text, word, following):
            run.items.append(
                Item(word.start(), word.end(), "0" if said == "o" else "1", False, doubtful=True)
            )
        elif run.items and said in JOINTS and len(run.joints) < 4:
            run.joints.append(said)
        elif run.items:
            yield _trimmed(run), said if text[run.end : word.start()].strip() in _OF else ""
            run, times = _Run(), 1
        else:
            run, times = _Run(), 1
    if run.items:
        yield _trimmed(run), ""


def _is_long(word: str) -> bool:
    return len(word) > 3 and word.isdigit()


def _append(run: _Run, word: re.Match[str], digits: str, said: str) -> None:
    """Adds a part; "treinta y cuatro" is one of two digits, "two hundred and thirty-four" one of three."""
    room = 2 if said in HUNDREDS else 1 if said in TENS else 0
    before = run.items[-1] if run.items else None
    if (
        before is not None
        and said in SHORT_NUMBERS
        and digits != "0"
        and len(digits) <= before.room
        and run.joints in _WITHIN[before.room]
    ):
        _replace_last(run, word.end(), before.digits[: -len(digits)] + digits, room)
        return
    joints = tuple(run.joints) if run.items else ()
    run.items.append(Item(word.start(), word.end(), digits, not said.isdigit(), joints=joints, room=room))
    run.joints = []


def _replace_last(run: _Run, end: int, digits: str, room: int) -> None:
    """What was said so far of the last part goes on until there."""
    before = run.items[-1]
    run.items[-1] = Item(before.start, end, digits, True, joints=before.joints, room=room)
    run.joints = []


def _makes_hundreds(run: _Run, said: str) -> bool:
    """Whether this makes hundreds of what was said right before it."""
    return (
        bool(run.items)
        and not run.joints
        and said in TIMES_A_HUNDRED
        and run.items[-1].said
        and len(run.items[-1].digits) < 3
        and run.items[-1].digits != "0"
    )


def _between_digits(text: str, word: re.Match[str], following: re.Match[str] | None) -> bool:
    before = text[max(0, word.start() - 2) : word.start()]
    return following is not None and following.group().isdigit() and any(map(str.isdigit, before))


def _joined(text: str, start: int, end: int, whole: bool) -> bool:
    """Whether nothing stands there but what separates the parts of one number.

    A `whole` one ends with its line; another goes on in the next line if nothing but numbers stands there.
    """
    gap = text[start:end]
    if "\n" in gap and (whole or not _numbers_alone(text, end)):
        return False
    return len(gap) <= _LONGEST_GAP and not any(each in _BREAKS or each.isalnum() for each in gap)


def _numbers_alone(text: str, start: int) -> bool:
    """Whether the line that begins there holds numbers and nothing else; of a long one, its beginning."""
    line = text[start : start + _NEAR].partition("\n")[0]
    return all(digits_of(word) for word in _WORD.findall(line)) and BLANK not in line


def _trimmed(run: _Run) -> _Run:
    while len(run.items) > 1 and run.items[-1].doubtful:
        run.items.pop()
    return run


def _one_word_apart(text: str, start: int, end: int) -> bool:
    gap = text[start:end]
    if len(gap) > 24 or BLANK in gap or "\n" in gap:
        return False
    between = _WORD.findall(gap)
    return len(between) <= 1 and not MEASURES.intersection(between)


def _of_scattered(items: list[Item], text: str) -> Iterator[tuple[int, int]]:
    """Each part of a number whose digits are spread over a sentence that asks to call."""
    if len(items) < 4 or max(len(item.digits) for item in items) > 4:
        return
    number = "".join(item.digits for item in items)
    whole = len(number) == 10 or (len(number) == 12 and number[:2] in ("52", "39"))
    if whole and _asked(text, items[0].start):
        for item in items:
            yield item.start, item.end


def _with_prefix(text: str, start: int, end: int) -> tuple[int, int]:
    """With the plus and the bracket that it begins with."""
    while start and text[start - 1] in "+(" and text[start - 1 : start + 1] != "((":
        start -= 1
    return start, end


def _is_telephone(run: _Run, text: str, follows: str) -> bool:
    items, number = run.items, run.digits
    if len(number) < FEWEST:
        return False
    asked = _asked(text, run.start)
    international = text[max(0, run.start - 1) : run.start] == "+"
    if _counted_up(items):
        return False
    if sum(item.said for item in items) * 2 >= len(items) and len(items) > 1:
        return not _counts_in_hundreds(items, follows, asked)
    if _of_a_product(run, text) or _in_a_street(items, text):
        return False
    if asked or international:
        return not _measured(items, follows)
    if len(number) < FEWEST_UNASKED:
        return False
    ordinary = any(ORDINARY_JOINTS.issuperset(item.joints) and item.joints for item in items)
    if ordinary and len(number) < 10:
        return False
    return not (
        _years(items)
        or _measured(items, follows)
        or _amounts(items, text)
        or _house_and_postal_code(items, text)
    )


def _counts_in_hundreds(items: list[Item], follows: str, asked: bool) -> bool:
    """Whether hundreds that are said count or measure: quinientos, seiscientos y setecientos pesos."""
    if not any(item.said and len(item.digits) > 2 for item in items):
        return False
    digits = sum(len(item.digits) for item in items)
    return (
        digits < (FEWEST if asked else FEWEST_UNASKED)
        or _measured(items, follows)
        or (all(int(item.digits) % 10 == 0 for item in items) and not (asked and digits >= _WHOLE))
    )


def _asked(text: str, start: int) -> bool:
    """Whether it is said shortly before, on the same line or as the end of the line above, that it is to be called."""
    since = text.rfind("\n", max(0, start - _NEAR), start) + 1
    if since and not text[since:start].strip():
        since = text.rfind("\n", max(0, start - _NEAR), since - 1) + 1
    return _CALLING.search(text, max(since, start - _NEAR, 0), start) is not None


def _counted_up(items: list[Item]) -> bool:
    """1, 2, 3, 4…: a list's numbers."""
    return len(items) > 2 and all(
        len(a.digits) < 4 and int(b.digits) == int(a.digits) + 1 for a, b in pairwise(items)
    )


def _years(items: list[Item]) -> bool:
    return all(len(item.digits) == 4 and item.digits[:2] in ("19", "20") for item in items)


def _measured(items: list[Item], follows: str) -> bool:
    """What is counted or measured: round numbers, or such a short rest before the last that it is none to call."""
    if follows not in MEASURES:
        return False
    before = sum(len(item.digits) for item in items[:-1])
    round_ones = all(
        int(item.digits) % (5 if len(item.digits) < _LARGE_AMOUNT else 1000) == 0 for item in items
    )
    in_thousands = (
        len(items) > 1 and all(len(item.digits) == 3 for item in items[1:]) and len(items[0].digits) < 4
    )
    return (
        round_ones
        or in_thousands
        or (len(items) == 1 and len(items[0].digits) < 9)
        or (before < FEWEST and len(items) == 2 and len(items[1].digits) < 4)
    )


def _amounts(items: list[Item], text: str) -> bool:
    """15000-20000; 120, 80, 60, 45; $ 12500000; a budget of 12500000."""
    if (
        len(items) == 1
        and len(items[0].digits) < _LARGE_AMOUNT
        and int(items[0].digits) % 1000 == 0
        and _BUDGET.search(text, max(0, items[0].start - _NEAR), items[0].start)
    ):
        return True
    if _money_near(text, items[0].start, items[-1].end) and (
        max(len(item.digits) for item in items) < 10 and len(items) < 3
    ):
        return True
    if len(items) < 2 or any(len(item.digits) < 2 for item in items):
        return False
    between = {text[a.end : b.start].strip() for a, b in pairwise(items)}
    values = [int(item.digits) for item in items]
    if between <= {",", ";", ", y", "y", "o", "e"}:
        return all(value % 5 == 0 for value in values)
    return between <= {"-", "/", "a", "to"} and all(value % 100 == 0 for value in values)


def _house_and_postal_code(items: list[Item], text: str) -> bool:
    """123, 06700: a street is no way to reach somebody by telephone or mail."""
    return (
        len(items) == 2
        and len(items[0].digits) < 5
        and len(items[1].digits) == 5
        and "," in text[items[0].end : items[1].start]
    )


def _in_a_street(items: list[Item], text: str) -> bool:
    """Calle 5 de Mayo 123, int. 4, 06700: also where somebody is asked to call."""
    return (
        1 < len(items) < 4
        and len(items[-1].digits) == 5
        and all(len(item.digits) < 6 for item in items)
        and _STREET.search(text, max(0, items[0].start - _NEAR), items[0].start) is not None
    )


def _of_a_product(run: _Run, text: str) -> bool:
    """ISO 9001:2015, EAN 7501234567890; ten digits are a telephone number whatever is said before them."""
    before = text[max(0, run.start - 30) : run.start]
    return len(run.digits) != 10 and _PRODUCT.search(before) is not None
