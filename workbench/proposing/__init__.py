"""A form that nobody has drawn: what three to five copies of it say about its template.

Print that all copies share becomes anchors and labels; what stands between and differs becomes
fields, each with what would be read on every copy. Everything is a suggestion to be accepted,
renamed or dropped: nothing here decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from workbench import extraction, guessing, placement, printed
from workbench.errors import NotReadyError, Sentence
from workbench.printed import Spot
from workbench.proposing import lists, prints, values
from workbench.proposing.suggestions import FEWEST, MOST, Copy, Proposal, Suggestion
from workbench.template import Label, Template

__all__ = ["FEWEST", "MOST", "Copy", "Proposal", "Suggestion", "propose"]


def propose(copies: Sequence[Copy], known: Sequence[Template] = ()) -> Proposal:
    """What these copies of one form have in common, and where they differ.

    `known`: the templates in use; what tells the form from them is chosen so that it does.
    Raises NotReadyError for fewer than three copies, and where no page of one was read.
    """
    if len(copies) < FEWEST or not all(copy.pages and all(copy.pages) for copy in copies):
        raise NotReadyError(
            "At least {n} read scans of one form are needed.",
            "Choose scans of one form with different contents.",
            n=FEWEST,
        )
    whole = [printed.spots_of(copy.readings) for copy in copies]
    first = _model(whole)
    copies = [copies[first], *copies[:first], *copies[first + 1 :]]
    official = guessing.official_fields([copy.readings for copy in copies])
    told = [
        tuple(s for s in printed.spots_of(c.readings) if values.Between.of(official, at).holds(s))
        for at, c in enumerate(copies)
    ]
    found = printed.parts(told)
    items, table = lists.table_of(found, copies)
    fields = [values.of_any_paper(one) for one in official]
    fields += values.labelled(found, official, table, known)
    title = prints.title_of(found, copies[0])
    proposal = Proposal(
        title=Label(vi=title, en=title),
        recognised_by=prints.telling(found, known, official, title),
        anchors=prints.anchors_of(found, copies),
        fields=tuple(values.named_apart(fields)),
        items=items,
        says=(),
    )
    return _with_examples(proposal, copies, back=first)


def _model(told: Sequence[Sequence[Spot]]) -> int:
    """The copy that all others are laid along: the one with most words has the optional ones."""
    return max(range(len(told)), key=lambda at: len(told[at]))


def _with_examples(proposal: Proposal, copies: Sequence[Copy], *, back: int) -> Proposal:
    """The fields with what the template would really read; what it finds on few is not taken."""
    try:
        template = proposal.template("proposed")
    except NotReadyError:
        ordered = (replace(o, examples=_in_given_order(o.examples, back)) for o in proposal.fields)
        return replace(proposal, fields=tuple(ordered))
    read = [_read(template, copy) for copy in copies]
    fields: list[Suggestion] = []
    for one in proposal.fields:
        said = [told.get(one.name, "") for told in read]
        is_official = one.spec.zone is not None and one.spec.zone.way in ("letterhead", "closing")
        few = sum(bool(value) for value in said) * 2 < len(said) if one.spec.required else False
        if not one.taken:
            fields.append(replace(one, examples=_in_given_order(one.examples, back)))
        elif not any(said) or (few and not is_official):
            examples = _in_given_order(said, back)
            why = Sentence("Found on few of the scans.")
            fields.append(replace(one, taken=False, why=why, examples=examples))
        else:
            fields.append(_guessed_again(replace(one, examples=_in_given_order(said, back))))
    seen = [
        placement.classify([tuple(page.values()) for page in copy.pages], [template]).template
        for copy in copies
    ]
    says = list(proposal.says)
    if not all(seen):
        says.append(
            Sentence(
                "{n} of {all} scans would be recognised by it.",
                {"n": sum(name is not None for name in seen), "all": len(seen)},
            )
        )
    return replace(proposal, fields=tuple(fields), says=tuple(says))


def _guessed_again(one: Suggestion) -> Suggestion:
    """Kind and list by what is really read, where what stood on the pages said nothing."""
    some = [value for value in one.examples if value]
    if one.spec.kind != "text" or one.spec.catalogue:
        return one
    kind = guessing.kind_of(some, one.spec.label.vi)
    more = {
        "kind": kind,
        "pattern": guessing.pattern_of(some, kind),
        "catalogue": guessing.catalogue_of(some, kind),
    }
    return replace(one, spec=one.spec.model_copy(update=more))


def _in_given_order(said: Sequence[str], back: int) -> tuple[str, ...]:
    """The model copy was laid first; its values go back to where it was given."""
    first, *rest = said
    return (*rest[:back], first, *rest[back:])


def _read(template: Template, copy: Copy) -> dict[str, str]:
    """What the engines' pages have in each field; the engine that finds the field best is heard."""
    placed = [{e: placement.register(r, template) for e, r in page.items()} for page in copy.pages]
    sites = extraction.sites(placed, template)
    return {
        name: extraction.clean(site.page_text, site.label, site.next)
        for name, site in sites.items()
    }
