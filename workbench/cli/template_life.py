"""`workbench template list | show | history | submit | authorise | return | retire | read-again`.

A version is named by its template (the one in use, or the one that waits), by TEMPLATE@NUMBER, or
by the beginning of its digest.
"""

from __future__ import annotations

import json as json_
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from workbench.errors import NotReadyError, Sentence, WorkbenchError
from workbench.flow import authorising, enrolling, governing, rereading
from workbench.flow import proving_templates as proving
from workbench.flow.people import account
from workbench.flow.vouching import Vouched, vouch
from workbench.model import TemplateAct, TemplateStanding, TemplateState
from workbench.signing import KeySource, Pkcs11Keys, Pkcs12Keys
from workbench.store import templates as kept
from workbench.template import diff
from workbench.words import language, say
from workbench.workspace import Workspace, load_settings, open_workspace

ALTERED = 21  # exit code, as of `workbench verify`
_LEAST = 6  # digits of a digest

Which = Annotated[str, typer.Argument(metavar="VERSION", help="ID, ID@NUMBER, or a digest.")]
By = Annotated[str, typer.Option("--by", help="Sign-in name of the person who does this.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept with the decision.")]
Json = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]


# --- looking -----------------------------------------------------------------------------------


def list_(
    everything: Annotated[
        bool, typer.Option("--all", help="Every version there ever was, and open drafts.")
    ] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Hold each text against its digest and signature.")
    ] = False,
    json: Json = False,
) -> None:
    """The templates in use with version and digest; what lies in the folder and is not read with.

    With --verify, exit code 21 where a version is not what was authorised.
    """
    work = open_workspace(load_settings())
    found = [
        one
        for one in kept.standings(work.store)
        if everything or one.state is TemplateState.AUTHORISED
    ]
    vouched = [vouch(work.store, one, work.judge) for one in found] if verify else []
    drafts = [d for d in kept.drafts(work.store) if not d.submitted] if everything else []
    lying = [f for f in enrolling.lying(work.store, work.settings.templates) if f.state is None]
    if json:
        told: list[dict[str, Any]] = [_row(one) for one in found]
        for row, proof in zip(told, vouched, strict=False):
            row.update(_verdict(proof))
        told += [
            {
                "template": d.template, "draft": d.id, "state": "draft", "author": d.author,
                "revision": d.revision,
            }
            for d in drafts
        ]  # fmt: skip
        print(json_.dumps(told, ensure_ascii=False))
    else:
        for n, one in enumerate(found):
            title = _title(work, one.digest)
            said = f"  {_told(vouched[n])}" if verify else ""
            state = f"  {say(STATES[one.state])}" if everything else ""
            print(f"{one.template}@{one.version}  {one.digest[:12]}{state}  {title}{said}")
        for draft in drafts:
            print(f"{draft.template}  {draft.id}  {say('Being drawn')}  {draft.author}")
    for file in lying:
        if file.told is not None:
            print(say(file.told), say(file.remedy) if file.remedy else "", file=sys.stderr)
    if any(one.flaw for one in vouched):
        raise typer.Exit(ALTERED)


def show(
    which: Which,
    source: Annotated[bool, typer.Option("--source", help="Its YAML and nothing else.")] = False,
    json: Json = False,
) -> None:
    """One version: where it stands, who decided, what its signature says.

    Exit code 21 where it is not what was authorised.
    """
    work = open_workspace(load_settings())
    one = _version(work, which, TemplateState.AUTHORISED, TemplateState.SUBMITTED)
    if source:
        print(work.template(one.digest).source.decode(), end="")
        return
    found = vouch(work.store, one, work.judge)
    if json:
        print(json_.dumps({**_row(one), **_verdict(found)}, ensure_ascii=False, indent=1))
    else:
        print(f"{one.template}@{one.version}  {one.digest}")
        print(f"  {say(STATES[one.state])}  {_title(work, one.digest)}")
        for label, value in (
            (say("Drawn by"), ", ".join(one.authors)),
            (say("Submitted by"), _who(one.submitted_by, one.submitted_at)),
            (say("Decided by"), _who(one.decided_by, one.decided_at)),
            (say("Reason"), one.reason),
            (say("Retired by"), _who(one.retired_by, one.retired_at)),
        ):
            if value:
                print(f"  {label}: {value}")
        print(f"  {_told(found)}")
        for line in found.signature.lines if found.signature else ():
            print(f"    {say(line)}")
    if found.flaw is not None:
        raise typer.Exit(ALTERED)


def history(
    template: Annotated[str, typer.Argument(help="Its id.")] = "",
    refused: Annotated[
        bool, typer.Option("--refused", help="Only what was tried and is not allowed.")
    ] = False,
    json: Json = False,
) -> None:
    """Who did what with a template, or tried to, and why; of all templates without an id."""
    work = open_workspace(load_settings())
    act = TemplateAct.REFUSED if refused else None
    found = list(reversed(kept.events(work.store, template or None, act=act)))
    if json:
        print(
            json_.dumps(
                [
                    {
                        "at": e.at.isoformat(), "act": e.act.value, "template": e.template,
                        "digest": e.digest, "draft": e.draft, "by": e.by, "reason": e.reason,
                        "told": say(Sentence.from_json(e.told)) if e.told else "",
                        "about": e.about,
                    }
                    for e in found
                ],
                ensure_ascii=False,
            )
        )  # fmt: skip
        return
    for event in found:
        why = say(Sentence.from_json(event.told)) if event.told else event.reason
        cells = (
            f"{event.at:%Y-%m-%d %H:%M}Z", event.act.value, event.template, event.digest[:12],
            event.by, why,
        )  # fmt: skip
        print("  ".join(cell for cell in cells if cell))


# --- deciding ----------------------------------------------------------------------------------


def submit(
    draft: Annotated[str, typer.Argument(help="The draft's id (`template list --all`).")],
    by: By,
    reason: Reason = "",
    json: Json = False,
) -> None:
    """Put a tested draft before those who authorise; from then on its text is kept for ever."""
    work = open_workspace(load_settings())
    _tell(governing.submit(work, draft, by=by, reason=reason), json)


def authorise(
    which: Which,
    by: By,
    reason: Reason,
    key: Annotated[
        Path | None, typer.Option("--key", help="PKCS#12 file with your own certificate.")
    ] = None,
    token: Annotated[
        str, typer.Option("--token", help="Name of the token that holds your key (PKCS#11).")
    ] = "",
    module: Annotated[
        Path | None, typer.Option("--module", help="The driver that came with the token.")
    ] = None,
    trial: Annotated[
        bool, typer.Option("--trial", help="Sign with a trial certificate in your name.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before it is signed.")] = False,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password or PIN from stdin.")
    ] = False,
    json: Json = False,
) -> None:
    """Put a submitted version into use: what is different and how it did is shown, then signed.

    The password or PIN is asked for, used once and kept nowhere. An author is refused (8).
    """
    work = open_workspace(load_settings())
    one = _version(work, which, TemplateState.SUBMITTED)
    if not yes:
        for line in _differences(work, one):
            print(line, file=sys.stderr)
        typer.confirm(say("Authorise and sign?"), abort=True, err=True)
    keys = _keys(work, by, key, token, module, trial=trial, from_stdin=password_stdin)
    standing = authorising.authorise(work, one.digest, by=by, reason=reason, keys=keys)
    _tell(standing, json)


def hand_back(which: Which, by: By, reason: Reason, json: Json = False) -> None:
    """Do not authorise a submitted version; its draft goes on. An author takes back their own."""
    work = open_workspace(load_settings())
    one = _version(work, which, TemplateState.SUBMITTED)
    _tell(authorising.hand_back(work, one.digest, by=by, reason=reason), json)


def retire(which: Which, by: By, reason: Reason, json: Json = False) -> None:
    """Let nothing more be read with the version in use; what was read with it keeps it."""
    work = open_workspace(load_settings())
    one = _version(work, which, TemplateState.AUTHORISED)
    _tell(authorising.retire(work, one.digest, by=by, reason=reason), json)


def read_again(
    by: By,
    documents: Annotated[list[str] | None, typer.Argument(help="Ids of documents.")] = None,
    template: Annotated[
        str, typer.Option("--template", help="All under review that an older version read.")
    ] = "",
    json: Json = False,
) -> None:
    """Have documents read with the version in use now; what people corrected stays.

    The background reading does it (`workbench work`). Exit code 9 where one could not be.
    """
    work = open_workspace(load_settings())
    chosen = list(documents or [])
    if template:
        chosen += [d.id for d in rereading.outdated(work, template) if d.id not in chosen]
    done: list[str] = []
    left: dict[str, str] = {}
    for key in chosen:
        try:
            rereading.read_again(work, key, by=by)
        except WorkbenchError as error:
            left[key] = say(error)
        else:
            done.append(key)
    if json:
        print(json_.dumps({"read_again": done, "left": left}, ensure_ascii=False))
    else:
        print(say("{n} documents are read again; corrections stay.", n=len(done)))
        for key, why in left.items():
            print(f"  {key}  {why}", file=sys.stderr)
    if left:
        raise typer.Exit(NotReadyError.exit_code)


# --- what is meant, and in which words -----------------------------------------------------------


STATES = {
    TemplateState.SUBMITTED: "Waits for authorisation",
    TemplateState.AUTHORISED: "In use",
    TemplateState.RETIRED: "Retired",
    TemplateState.RETURNED: "Sent back to its author",
}


def _version(work: Workspace, which: str, *states: TemplateState) -> TemplateStanding:
    """The version that is meant; of a template without a number the first in one of `states`."""
    name, _, number = which.partition("@")
    versions = kept.standings(work.store, name)
    if number:
        found = [one for one in versions if str(one.version) == number]
        found.sort(key=lambda one: one.state not in states)  # of two the one that is meant
    elif versions:
        found = [one for state in states for one in versions if one.state is state]
    elif len(which) >= _LEAST:
        found = [one for one in kept.standings(work.store) if one.digest.startswith(which)]
    else:
        found = []
    if not found:
        raise NotReadyError(
            "There is no such version: {which}.",
            "`workbench template list --all` shows them all.",
            which=which,
        )
    return found[0]


def _keys(
    work: Workspace,
    by: str,
    key: Path | None,
    token: str,
    module: Path | None,
    *,
    trial: bool,
    from_stdin: bool,
) -> KeySource:
    if trial + bool(key) + bool(token) != 1:
        raise NotReadyError(
            "Say with which key you sign.", "Give one of --key, --token and --trial."
        )
    if trial:
        keys = work.trial_keys(account(work, by))
        if keys is None:
            raise NotReadyError(
                "This site signs in earnest: there are no trial certificates.",
                "Sign with --key or --token.",
            )
        return keys
    if key is not None:
        return Pkcs12Keys(key, _secret(say("Password of the key file"), from_stdin=from_stdin))
    driver = module or work.settings.token_module
    if driver is None:
        raise NotReadyError("The driver of the token is not named.", "Give it with --module.")
    return Pkcs11Keys(driver, token, _secret(say("PIN of the token"), from_stdin=from_stdin))


def _secret(label: str, *, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(typer.prompt(label, hide_input=True, err=True))


def _differences(work: Workspace, one: TemplateStanding) -> list[str]:
    text = work.template(one.digest)
    lines = [f"{one.template}@{one.version}  {one.digest}", f"  {_title(work, one.digest)}"]
    if one.base:
        lines += [f"  - {say(change.says)}" for change in diff(work.template(one.base), text)]
    else:
        lines.append("  " + say("This is the first version of a new form; nothing is replaced."))
    proof = proving.newest_proof(work, one.digest)
    if proof is not None:
        total = proving.report_of(proof).total()
        lines.append(
            "  "
            + say(
                "On {n} examples: {right} of {values} values right, {unseen} wrong ones accepted"
                " unseen.",
                n=len(proving.report_of(proof).papers),
                right=total.right,
                values=total.asked,
                unseen=total.let_through,
            )
        )
    return lines


def _row(one: TemplateStanding) -> dict[str, Any]:
    return {
        "template": one.template,
        "version": one.version,
        "digest": one.digest,
        "state": one.state.value,
        "base": one.base,
        "authors": one.authors,
        "submitted_by": one.submitted_by,
        "decided_by": one.decided_by,
        "decided_at": one.decided_at.isoformat() if one.decided_at else None,
        "reason": one.reason,
        "signed_as": one.signed_as,
        "retired_by": one.retired_by,
    }


def _verdict(found: Vouched) -> dict[str, Any]:
    signature = found.signature
    return {
        "intact": found.flaw is None,
        "signed": signature is not None,
        "trial": signature.trial if signature else False,
        "trusted": signature.trusted if signature else False,
        "flaw": say(found.flaw) if found.flaw else "",
    }


def _told(found: Vouched) -> str:
    if found.flaw is not None:
        return say(found.flaw)
    if found.signature is None:
        decided = found.standing.state in (TemplateState.AUTHORISED, TemplateState.RETIRED)
        return say("It came with the workbench; nobody signed it.") if decided else ""
    at = f"{found.signature.at:%Y-%m-%d %H:%M}Z" if found.signature.at else "—"
    return say("Signed by {name} at {time}; intact.", name=found.signature.signer, time=at)


def _title(work: Workspace, digest: str) -> str:
    try:
        return work.template(digest).title[language()]
    except WorkbenchError:
        return ""


def _who(name: str, at: datetime | None) -> str:
    return f"{name}, {at:%Y-%m-%d %H:%M}Z" if name and at else name


def _tell(one: TemplateStanding, json: bool) -> None:
    if json:
        print(json_.dumps(_row(one), ensure_ascii=False))
    else:
        print(f"{one.template}@{one.version}  {one.digest[:12]}  {say(STATES[one.state])}")
