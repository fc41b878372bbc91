"""`workbench pages list | accept | undo`: what was proposed of scanned pages, without a screen."""

from __future__ import annotations

import json as json_
from typing import Annotated, Any

import typer

from workbench.cli.papers import As, Json
from workbench.errors import NotReadyError, Sentence
from workbench.flow import grouping
from workbench.model import PageProposal, Standing
from workbench.words import say
from workbench.workspace import Workspace, load_settings, open_workspace

app = typer.Typer(
    no_args_is_help=True,
    help="Pages: what was proposed of blank, doubled, swapped and joined ones; undo it.",
)

Key = Annotated[str, typer.Argument(help="The proposal, as `workbench pages list` names it.")]


@app.command("list")
def list_proposals(
    batch: Annotated[str, typer.Option(help="Only this batch.")] = "",
    every: Annotated[bool, typer.Option("--all", help="Also what was decided.")] = False,
    json: Json = False,
) -> None:
    """What was proposed of pages and nobody has decided on yet."""
    work = open_workspace(load_settings())
    for proposal in work.store.page_proposals(batch=batch or None):
        if not every and proposal.standing in (Standing.CONFIRMED, Standing.UNDONE):
            continue
        told = _told(work, proposal)
        print(json_.dumps(told, ensure_ascii=False) if json else _line(told))


@app.command("accept")
def accept(proposal: Key, by: As) -> None:
    """Say that a proposal is right; one that is not applied is applied."""
    work = open_workspace(load_settings())
    found = _found(work, proposal)
    grouping.accept_pages(work, found.id, by=by, standing=found.standing)


@app.command("undo")
def undo(proposal: Key, by: As) -> None:
    """Put the pages back as they would lie without the proposal."""
    work = open_workspace(load_settings())
    found = _found(work, proposal)
    grouping.undo_pages(work, found.id, by=by, standing=found.standing)


def _found(work: Workspace, key: str) -> PageProposal:
    """The proposal whose id begins so, as people copy no more than they must."""
    found = [p for p in work.store.page_proposals() if key and p.id.startswith(key)]
    if len(found) != 1:
        raise NotReadyError("There is no such proposal.", "Look at the list again.")
    return found[0]


def _told(work: Workspace, proposal: PageProposal) -> dict[str, Any]:
    def places(keys: list[str]) -> list[dict[str, object]]:
        pages = work.store.pages_by_id(keys)
        return [
            {"file": source.name if source else "", "page": page.file_page}
            for key in keys
            if (page := pages.get(key))
            for source in [work.store.source(page.source)]
        ]

    return {
        "id": proposal.id,
        "batch": proposal.batch,
        "document": proposal.document,
        "what": proposal.matter.value,
        "standing": proposal.standing.value,
        "pages": places(proposal.pages),
        "against": places(proposal.against),
        "confidence": proposal.confidence,
        "why": say(Sentence.from_json(proposal.why)),
    }


def _line(told: dict[str, Any]) -> str:
    pages = ", ".join(f"{place['file']}:{place['page'] + 1}" for place in told["pages"])
    return f"{told['id'][:12]}  {told['standing']:9} {told['what']:9} {pages}\n    {told['why']}"
