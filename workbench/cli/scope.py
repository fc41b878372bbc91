"""`workbench scope …`: which way the letters give each paper, and the rules that say so."""

from __future__ import annotations

import json as json_
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Annotated, Any

import typer

from workbench import catalogues, flow
from workbench import scope as rules_
from workbench.cli.papers import Json
from workbench.errors import NotReadyError
from workbench.flow import rulebook, scoping, stating
from workbench.flow.rulebook import Tried
from workbench.flow.scoping import Ruled
from workbench.model import Document, Person, Stage, Unit, day_of, now
from workbench.scope import Path, Rules
from workbench.store import scoping as kept
from workbench.words import language, say
from workbench.workspace import Workspace, load_settings, open_workspace

scope = typer.Typer(
    no_args_is_help=True, help="Scan, data only, convert or out of scope: by the letters' rules."
)
By = Annotated[str, typer.Option("--by", help="Sign-in name of who answers for it.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, in a few words.")]
Documents = Annotated[list[str], typer.Argument(help="Documents by id.")]
Pairs = Annotated[
    list[str] | None,
    typer.Option("--set", help="A setting, as valid_on_last_day=false; may be given often."),
]


@scope.command("list")
def list_(
    documents: Annotated[
        list[str] | None, typer.Argument(help="Documents by id; without any, all.")
    ] = None,
    json: Json = False,
) -> None:
    """The path of each document, the rule that decided, its words, and what must be known first."""
    work = open_workspace(load_settings())
    wanted = documents or [d.id for d in work.store.documents(limit=1_000_000)]
    _tell(work, wanted, json=json, quoting=bool(documents))


@scope.command("folder")
def folder(
    paths: Annotated[
        list[FilePath], typer.Argument(exists=True, help="Scans: files, folders, zip archives.")
    ],
    json: Json = False,
) -> None:
    """Read scans in a workspace of their own, which is thrown away, and tell the path of each.

    Nothing is kept. Reading takes some seconds a page.
    """
    with tempfile.TemporaryDirectory() as apart:
        settings = load_settings(
            data=FilePath(apart) / "data", keys=FilePath(apart) / "keys", database="", demo=False
        )
        work = open_workspace(settings)
        try:
            work.store.keep(Unit(code="—", name="—"))
            work.store.keep(Person(name="—", shown_as="—", password_hash="", roles=[]))
            flow.take_in(work, paths, name="—", unit="—", by="—")
            while found := flow.claim(
                work, holder="scope", stages=(Stage.RECEIVED, Stage.READ), limit=1
            ):
                flow.step(work, found[0], holder="scope")
            wanted = [d.id for d in work.store.documents(limit=1_000_000)]
            _tell(work, wanted, json=json, quoting=True)
        finally:
            work.store.close()


def _tell(work: Workspace, wanted: list[str], *, json: bool, quoting: bool) -> None:
    today = day_of(now())
    counts: Counter[str] = Counter()
    for key in wanted:
        sheet = flow.sheet(work, key)
        found = scoping.ruled(work, sheet, on=today)
        counts[found.path if found else "unknown"] += 1
        source = work.store.source(sheet.document.source) if sheet.document.source else None
        name = source.name if source else ""
        if json:
            said = {"document": key, "file": name, **_as_json(found, sheet.document)}
            print(json_.dumps(said, ensure_ascii=False))
            continue
        print(f"{key}  {name}  {_in_words(found)}")
        if found and quoting:
            rule = found.judged.rule
            print(f"    “{rule.quote or rule.sense}”\n    {rule.source}")
    if not json:
        print("  ".join(f"{path}: {n}" for path, n in sorted(counts.items())))


def _as_json(found: Ruled | None, document: Document) -> dict[str, object]:
    if found is None:
        return {"path": None, "stage": document.stage}
    rule = found.judged.rule
    return {
        "path": found.path,
        "ruled": found.judged.path,
        "regime": found.judged.regime,
        "rule": rule.id,
        "quote": rule.quote,
        "sense": rule.sense,
        "source": rule.source,
        "wanted": [] if found.is_clear else list(found.open),
        "cautions": [caution.id for caution in found.judged.cautions],
        "marked_as_copy": found.marked,
        "stated": {name: fact.value for name, fact in found.facts.items()},
        "overruled": found.overruled.reason if found.overruled else None,
        "rules": found.rules.digest,
        "stage": document.stage,
    }


def _in_words(found: Ruled | None) -> str:
    if found is None:
        return say("no form known yet")
    judged = found.judged
    says = [judged.rule.says, *(caution.says for caution in judged.cautions)]
    words = " ".join(w.en if language() == "en" else w.vi for w in says)
    if found.overruled is not None:
        words += " " + say("Overruled: {reason}", reason=found.overruled.reason)
    elif found.open:
        words += " " + say("Not clear: {facts}", facts=", ".join(found.open))
    return f"{found.path}: {words}"


@scope.command("state")
def state(
    documents: Documents,
    facts: Annotated[
        list[str], typer.Option("--fact", help="copy=photocopy, secret=true, sides=2, …")
    ],
    by: By,
) -> None:
    """State facts of documents that do not stand on them; a secret paper is set apart at once."""
    work = open_workspace(load_settings())
    n = stating.state(work, documents, _pairs(facts), by=by)
    print(say("Stated of {n} papers. Their way was counted anew.", n=n))


@scope.command("overrule")
def overrule(
    document: Annotated[str, typer.Argument(help="A document by its id.")],
    path: Annotated[Path, typer.Option("--path", help="The way that it takes instead.")],
    by: By,
    reason: Reason,
) -> None:
    """Give a document another way than the rules, as an approver or manager, with the reason."""
    work = open_workspace(load_settings())
    stating.overrule(work, document, path, by=by, reason=reason)
    print(say("Kept with your reason."))


@scope.command("set-apart")
def set_apart(documents: Documents, by: By) -> None:
    """Take documents out of the work that a rule leaves out; each can be taken back."""
    work = open_workspace(load_settings())
    for document in documents:
        stating.set_apart(work, document, by=by)
    print(say("{n} papers were set apart.", n=len(documents)))


@scope.command("take-back")
def take_back(documents: Documents, by: By, reason: Reason) -> None:
    """Bring documents back that a rule has set apart or a person refused, to where they stood."""
    work = open_workspace(load_settings())
    for document in documents:
        stating.take_back(work, document, by=by, reason=reason)
    print(say("{n} papers were taken back.", n=len(documents)))


@scope.command("rules")
def rules(
    write: Annotated[
        FilePath | None, typer.Option(help="Write them to this YAML file, to be changed.")
    ] = None,
    digest: Annotated[str, typer.Option(help="Those kept under this digest, not today's.")] = "",
    json: Json = False,
) -> None:
    """The rules that are in force, their settings and digest, and every change of them."""
    work = open_workspace(load_settings())
    found = scoping.rules_in_force(work)
    if digest:
        content = kept.rules_named(work.store, digest)
        if content is None:
            raise NotReadyError(
                "No rules are kept under this digest.", "`workbench scope rules` lists them."
            )
        found = rules_.read(content)
    if write is not None:
        write.write_text(catalogues.write_rules(found.as_json()), encoding="utf-8")
        print(found.digest)
        return
    changes = kept.rules_changes(work.store)
    if json:
        told = {"digest": found.digest, "settings": found.settings.model_dump(mode="json")}
        past = [c.model_dump(mode="json") for c in changes]
        print(json_.dumps({**told, "rules": found.as_json(), "changes": past}, ensure_ascii=False))
        return
    print(f"{say('Digest')}: {found.digest}")
    for name, value in found.settings.model_dump(mode="json").items():
        print(f"  {name} = {value}")
    for rule in found.rules:
        words = rule.says.en if language() == "en" else rule.says.vi
        print(f"{rule.in_force:%d/%m/%Y}  {rule.path:<18}  {rule.id}: {words}")
    for change in changes:
        print(f"{change.at:%Y-%m-%d %H:%M}  {change.digest}  {change.by}: {change.reason}")


@scope.command("try")
def try_(
    file: Annotated[
        FilePath | None, typer.Argument(exists=True, help="Rules as YAML; none: those in force.")
    ] = None,
    set_: Pairs = None,
    json: Json = False,
) -> None:
    """Which papers other rules or settings would send another way; nothing is changed."""
    work = open_workspace(load_settings())
    _count_all(work)
    _tell_moved(rulebook.try_out(work, _wanted(work, file, set_)), json=json)


@scope.command("apply")
def apply(
    by: By,
    reason: Reason,
    file: Annotated[
        FilePath | None, typer.Argument(exists=True, help="Rules as YAML; none: those in force.")
    ] = None,
    set_: Pairs = None,
    json: Json = False,
) -> None:
    """Put other rules or settings in force, as a manager; what they move is told."""
    work = open_workspace(load_settings())
    _count_all(work)
    _tell_moved(rulebook.apply(work, _wanted(work, file, set_), by=by, reason=reason), json=json)


def _wanted(work: Workspace, file: FilePath | None, pairs: list[str] | None) -> Rules:
    found = scoping.rules_in_force(work)
    if file is not None:
        found = rules_.read(catalogues.read_rules(file.read_bytes()))
    return found.with_settings(**_pairs(pairs or []))


def _count_all(work: Workspace) -> None:
    while stating.refresh_due(work, limit=500):
        pass


def _tell_moved(tried: Tried, *, json: bool) -> None:
    if json:
        moved = [
            {
                "document": document.id,
                "before": {"path": move.before.path, "rule": move.before.rule.id},
                "after": {"path": move.after.path, "rule": move.after.rule.id},
            }
            for document, move in tried.moved
        ]
        told = {"rules": tried.rules.digest, "records": tried.records, "moved": moved}
        print(json_.dumps(told, ensure_ascii=False))
        return
    for document, move in tried.moved:
        print(
            f"{document.id}  {move.before.path} ({move.before.rule.id}) → "
            f"{move.after.path} ({move.after.rule.id})"
        )
    print(
        say(
            "{moved} of {records} papers would go another way or have another reason.",
            moved=len(tried.moved),
            records=tried.records,
        )
    )


def _pairs(given: list[str]) -> Mapping[str, Any]:
    """`name=value` as a fact or setting: true and false, whole numbers, else text."""
    found: dict[str, Any] = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals:
            raise NotReadyError(
                "{given} is no pair of a name and a value.", "Write name=value.", given=pair
            )
        said: Any = {"true": True, "false": False}.get(value.lower(), value)
        found[name.strip()] = int(said) if isinstance(said, str) and said.isdigit() else said
    return found
