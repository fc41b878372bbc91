"""What stands after labels and differs, with the labels: fields that a form may have."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from rapidfuzz import fuzz

from workbench import extraction, guessing, printed
from workbench.errors import Sentence
from workbench.model import Box
from workbench.placement import letters_of
from workbench.printed import Part, Spot
from workbench.proposing.suggestions import Suggestion
from workbench.template import FieldSpec, Label, Template, Zone

_WORDS: Final = 12  # of a label, at most
_AFTER: Final = 6  # words of the print after a value that tell where it ends
_RIGHT_BEHIND: Final = 3  # words of print that end the line of a value
_TAIL: Final = 8  # words of an address that all copies end with
_SENTENCE: Final = 4  # words of a label that only some copies have
_SAME_LABEL: Final = 6  # letters of a label that means the same on another form
_HEAD, _DATED = 0.2, 0.03  # of the page: under the number no foot begins; how high a date is


@dataclass(frozen=True, slots=True)
class Between:
    """From where to where the text of a paper runs: below its head, above who signed it."""

    page: int
    top: float
    last: int
    bottom: float

    @classmethod
    def of(cls, official: Sequence[guessing.Found], copy: int) -> Between:
        places = {one.name: one.places[copy] for one in official}
        number, dated = places.get("so"), places.get("ngay_cap")
        top = number[1].bottom if number and number[0] == 0 else 0.0
        if dated is not None and (dated[0] > 0 or dated[1].top > top + _HEAD):
            return cls(0, top, dated[0], dated[1].top)
        signed = [p for name in ("chuc_vu_ky", "cap_bac") if (p := places.get(name))]
        if signed:
            page, bottom = min((page, box.top) for page, box in signed)
            return cls(0, top, page, bottom - _DATED)
        return cls(0, top, 99, 1.0)

    def holds(self, spot: Spot) -> bool:
        y = spot.box.middle[1]
        if spot.page == self.page and y < self.top:
            return False
        return spot.page < self.last or (spot.page == self.last and y < self.bottom)


def of_any_paper(one: guessing.Found) -> Suggestion:
    why = Sentence("Stands in the head or foot of official papers.")
    return Suggestion(one.name, one.spec, one.examples, taken=True, why=why)


def labelled(
    found: Sequence[Part],
    official: Sequence[guessing.Found],
    table: tuple[int, Box] | None,
    known: Sequence[Template],
) -> Iterator[Suggestion]:
    """What stands after a label: values that differ, and short ones that all copies share."""
    for at, part in enumerate(found):
        if part.is_print:
            yield from _shared(part, known)
            continue
        before = found[at - 1] if at and found[at - 1].is_print else None
        after = found[at + 1] if at + 1 < len(found) and found[at + 1].is_print else None
        if before is None or not any(part.texts):
            continue
        if _is_in_table(before, part, table) or _is_issuer(part, official):
            continue
        label, head = _label(before, part)
        if not letters_of(label):
            continue
        tail, until = _until(part, after) if after else ("", "")
        pieces = _pieces(part)
        for number, piece in enumerate(pieces):
            labels = piece.labels or (label,)
            last = number + 1 == len(pieces)
            ends = (until,) if last else (*pieces[number + 1].labels, until)
            texts = [
                " ".join(t for t in (head if not number else "", said, tail if last else "") if t)
                if said or not piece.some
                else ""
                for said in piece.texts
            ]
            bases = [_ending(text, label) for text in before.texts] if not number else []
            one = _suggested(labels, ends, texts, known, bases)
            if piece.some:
                why = Sentence("After “{label}”, which some scans have.", {"label": labels[0]})
                one = replace(one, why=why)
            yield one


def _is_in_table(before: Part, part: Part, table: tuple[int, Box] | None) -> bool:
    """Whether values begin right under the headings of the table, or between them."""
    if table is None:
        return False
    page, box = table
    spot = part.words[0] if part.words else before.words[-1]
    return spot.page == page and box.top - 0.01 < spot.box.middle[1] < box.bottom + 0.06


def _is_issuer(part: Part, official: Sequence[guessing.Found]) -> bool:
    """Whether it is who issued the paper, named once more in its text, or a part of its title."""
    mine = [letters_of(text) for text in part.texts if text]
    for one in official:
        theirs = [letters_of(text) for text in one.examples if text]
        is_long = one.name.startswith("co_quan") or one.name == "ten_giay_to"
        if is_long and mine and theirs:
            like = [max(fuzz.partial_ratio(m, t) for t in theirs) for m in mine if len(m) > 5]
            if like and min(like) >= 85:
                return True
    return False


def _shared(part: Part, known: Sequence[Template]) -> Iterator[Suggestion]:
    """`Quốc tịch: Việt Nam;`: a label and a value in the midst of print, alike on all copies."""
    words = part.words
    for at, spot in enumerate(words):
        if spot.ends != ":" or at + 1 >= len(words):
            continue
        end = next(
            (i for i in range(at + 1, len(words)) if words[i].ends == ";" or i + 1 in part.begins),
            None,
        )
        if end is None or end - at > _WORDS or at + 1 in part.begins:
            continue
        label = _phrase(words[: at + 1], part.begins)
        until = " ".join(s.text for s in _until_words(words[end + 1 :], ()))
        value = " ".join(s.text for s in words[at + 1 : end + 1])
        values = [extraction.clean(value, label, until)] * len(part.texts)
        made = _suggested((label,), (until,), values, known)
        yield replace(made, why=Sentence("After “{label}”; the same on all scans.",
                                         {"label": label}))  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Piece:
    """A value in a run of what differs; `labels` where what is before it differs too."""

    labels: tuple[str, ...]
    texts: tuple[str, ...]
    some: bool = False  # only some copies have it


def _pieces(part: Part) -> list[_Piece]:
    """What differs between two prints, parted where a label stands within."""
    met = [_inner_label(words) for words in part.copies]
    if sum(one is not None for one in met) * 3 >= len(met) * 2:
        labels: dict[str, None] = {}
        first: list[str] = []
        second: list[str] = []
        for words, one in zip(part.copies, met, strict=True):
            begin, end = one if one else (len(words), len(words))
            if one:
                labels[printed.said(words[begin : end + 1])] = None
            first.append(printed.said(words[:begin]))
            second.append(printed.said(words[end + 1 :]))
        return [_Piece((), tuple(first)), _Piece(tuple(labels), tuple(second))]
    sentence = next((told for words in part.copies if (told := _sentence(words))), "")
    if sentence:
        cut = [_cut(text, sentence) for text in part.texts]
        first_, second_ = zip(*cut, strict=True)
        return [_Piece((), tuple(first_)), _Piece((sentence,), tuple(second_), some=True)]
    return [_Piece((), part.texts)]


def _inner_label(words: Sequence[Spot]) -> tuple[int, int] | None:
    """The first and last word of a label with a colon that begins a line within; None for none."""
    colon = next((i for i in range(len(words) - 1, 0, -1) if words[i].ends == ":"), None)
    if colon is None:
        return None
    begin = next((i for i in range(colon, 0, -1) if words[i].begins), None)
    return (begin, colon) if begin is not None and colon - begin < _WORDS else None


def _sentence(words: Sequence[Spot]) -> str:
    """The words up to a date or number of a sentence of its own that begins a line within."""
    for at in range(1, len(words)):
        if not (words[at].begins and words[at - 1].text.endswith(".")):
            continue
        end = next(
            (i for i in range(at, len(words))
             if words[i].plain == "ngay" or any(c.isdigit() for c in words[i].plain)),
            None,
        )  # fmt: skip
        if end is not None and end - at >= _SENTENCE:
            return printed.said(words[at:end])
    return ""


def _cut(text: str, label: str) -> tuple[str, str]:
    """What stands before and after a label in a text; all of it before where it has none."""
    words, count = text.split(), len(label.split())
    wanted = letters_of(label)
    for at in range(len(words) - count + 1):
        if fuzz.ratio(letters_of(" ".join(words[at : at + count])), wanted) >= 85:
            return " ".join(words[:at]), " ".join(words[at + count :])
    return text, ""


def _label(part: Part, after: Part) -> tuple[str, str]:
    """The words before a value, and what of the print belongs to the value already.

    `Loại dấu: Dấu` … `tròn`: what follows a colon begins the value, unless a number comes next.
    """
    words = part.words
    colon = next((i for i in range(len(words) - 1, -1, -1) if words[i].ends == ":"), None)
    head = ""
    if colon is not None and colon + 1 < len(words) and colon + 1 not in part.begins:
        count = len(words) - 1 - colon
        numbers = sum(any(c.isdigit() for c in text) for text in after.texts)
        goes_on = words[colon + 1].text[:1].isupper() and numbers * 2 < len(after.texts)
        if count <= 2 or (goes_on and count <= 5):
            head = " ".join(spot.text for spot in words[colon + 1 :])
            words = words[: colon + 1]
    return _phrase(words, part.begins), head


def _phrase(words: Sequence[Spot], begins: Sequence[int]) -> str:
    """The last phrase of a print: from where a line begins on all copies, or after a sign."""
    start = max(0, len(words) - _WORDS)
    for at in range(len(words) - 1, start, -1):
        if at in begins or words[at - 1].ends:
            start = at
            break
    return " ".join(spot.text for spot in words[start:])


def _until(part: Part, after: Part) -> tuple[str, str]:
    """What of the print after a value belongs to it still, and the words that end it."""
    words = after.words
    first = next((b for b in after.begins if b > 0), None)
    count = 0
    last = part.words[-1] if part.words else None
    if (
        first is not None and first <= _RIGHT_BEHIND and 0 not in after.begins
        and last is not None and not last.ends and last.line == words[0].line
    ):  # fmt: skip
        count = first  # `01 (một) con dấu`, and then a new line
    elif 0 not in after.begins and not (part.words and part.words[-1].ends):
        if first is not None and first <= _TAIL and _is_tail(words[:first]):
            count = first
        else:
            while count < len(words) - 1 and count < 3 and words[count].text[:1].isupper():
                count += 1
            count = count if words[count].text[:1].islower() else 0
    tail = " ".join(spot.text for spot in words[:count])
    begins = tuple(b - count for b in after.begins)
    return tail, " ".join(s.text for s in _until_words(words[count:], begins))


def _is_tail(words: Sequence[Spot]) -> bool:
    """Whether words look like the end of an address or a name: all capitalised, or of its kind."""
    return all(
        spot.text[:1].isupper() or spot.plain in guessing.PLACES or spot.plain.isdigit()
        for spot in words
    )


def _until_words(words: Sequence[Spot], begins: Sequence[int]) -> Sequence[Spot]:
    chosen: list[Spot] = []
    for at, spot in enumerate(words[:_AFTER]):
        if at and at in begins:
            break
        chosen.append(spot)
        if spot.ends:
            break
    return chosen


def _ending(text: str, label: str) -> str:
    """The end of a copy's print that begins as the label does: the label as this copy has it."""
    words, wanted = text.split(), letters_of(label.split()[0])
    at = next((i for i in range(len(words) - 1, -1, -1) if letters_of(words[i]) == wanted), None)
    return " ".join(words[at:]) if at is not None else label


def _suggested(
    labels: Sequence[str],
    until: Sequence[str],
    texts: Sequence[str],
    known: Sequence[Template],
    bases: Sequence[str] = (),
) -> Suggestion:
    if len(labels) == 1:
        label, texts = _completed(labels[0], texts)
        labels, texts = _numbered(label, texts, bases or [label] * len(texts))
    label = labels[0]
    values = [extraction.clean(text, label, until[0]) for text in texts]
    some = [value for value in values if value]
    plain = guessing.plain_label(label)
    zone = Zone(after=tuple(labels), until=tuple(u for u in until if letters_of(u)))
    why = Sentence("After “{label}”; different on the scans.", {"label": label})
    if alike := _alike(label, known):
        name, spec = alike
        spec = spec.model_copy(update={"zone": zone, "required": len(some) == len(values)})
        return Suggestion(name, spec, tuple(values), bool(some), why)
    kind = guessing.kind_of(some, plain)
    spec = FieldSpec(
        label=Label(vi=plain, en=plain),
        kind=kind,
        pattern=guessing.pattern_of(some, kind),
        personal=guessing.is_personal(plain, kind),
        critical=kind in ("document_number", "id_number", "org_number"),
        required=len(some) == len(values),
        zone=zone,
    )
    return Suggestion(guessing.name_of(plain), spec, tuple(values), bool(some), why)


def _completed(label: str, texts: Sequence[str]) -> tuple[str, Sequence[str]]:
    """The label with its last word where that was taken for a value: `(ông,` and `bà):`."""
    firsts = [text.split(" ", 1)[0] for text in texts]
    ending = [word for word in firsts if word.endswith(":")]
    word = printed.commonest(ending)
    alike = [letters_of(w) == letters_of(word) for w in firsts]
    if not word or sum(alike) * 3 < len(texts) * 2:
        return label, texts
    return f"{label} {word}", [
        text.partition(" ")[2] if same else text for text, same in zip(texts, alike, strict=True)
    ]


def _numbered(
    label: str, texts: Sequence[str], bases: Sequence[str]
) -> tuple[tuple[str, ...], Sequence[str]]:
    """Labels of which a part differs, with the numbers alone; a date keeps its first word.

    `… doanh nghiệp số 2200…` beside `… hộ kinh doanh số 59D…`: what differs before is label too.
    """
    words = label.split()
    dated = sum(bool(re.match(r"\d{1,2} \S+ \d{1,2} \S+ \d{4}", text)) for text in texts)
    if len(words) > 1 and letters_of(words[-1]) == "ngay" and dated * 2 > len(texts):
        return (" ".join(words[:-1]),), [f"{words[-1]} {text}" if text else "" for text in texts]
    met = [re.match(r"((?:[^\W\d_]+ ){1,4})(?=\S*\d)", text) for text in texts]
    fitting = [(b, one) for b, one in zip(bases, met, strict=True) if one and one[1].islower()]
    is_date = any(letters_of(one[1]) == "ngay" for _, one in fitting)
    if is_date or len(fitting) * 3 < len(texts) * 2:
        return (label,), texts
    labels = tuple(dict.fromkeys(f"{base} {one[1].strip()}" for base, one in fitting))
    return labels, [
        text[one.end() :] if one else text for text, one in zip(texts, met, strict=True)
    ]


def _alike(label: str, known: Sequence[Template]) -> tuple[str, FieldSpec] | None:
    """The field of a known form that has the same label: its name and catalogue serve here too."""
    letters = letters_of(label)
    if len(letters) < _SAME_LABEL:
        return None
    for template in known:
        for name, spec in template.fields.items():
            for print_ in spec.zone.after if spec.zone else ():
                if fuzz.ratio(letters, letters_of(print_)) >= 92:
                    return name, spec
    return None


def named_apart(fields: Sequence[Suggestion]) -> Iterator[Suggestion]:
    seen: dict[str, int] = {}
    for one in fields:
        count = seen[one.name] = seen.get(one.name, 0) + 1
        yield one if count == 1 else replace(one, name=f"{one.name}_{count}")
