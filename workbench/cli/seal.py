"""`workbench sign`: seal what was approved, where the key is; one PIN for the whole batch."""

from __future__ import annotations

import json as json_
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated
from uuid import uuid4

import typer

from workbench import flow, worker
from workbench.cli.imports import mapping
from workbench.cli.papers import As, Json, drain, report
from workbench.exchange import entrysheets
from workbench.executors import Inline, Processes
from workbench.flow import importing, pending, signed_tables, tabling
from workbench.model import Stage, Worker, now
from workbench.signing import Pkcs11Keys
from workbench.words import say
from workbench.workspace import (
    Settings,
    Workspace,
    agency_keys,
    load_settings,
    open_workspace,
    supervised,
)

_FEW = 50  # papers that are drawn sooner here than processes for it start
_TOLD_EVERY = 50


def sign(
    by: As,
    json: Json = False,
    limit: Annotated[
        int, typer.Option(min=1, help="Order the seal of at most so many papers.")
    ] = 100_000,
) -> None:
    """Seal every approved document and hand it to the repository, as the approver `--by`.

    With the agency's own key the PIN is asked for once; a wrong one seals nothing (exit code 10).
    Stopped or killed on the way, the same command goes on with the rest.
    """
    settings = load_settings()
    executor = _executor(settings)
    work = open_workspace(settings, executor=executor, pin=_pin(settings), otp=_otp)
    check = work.signer.common_name  # opens the key, before anything is ordered
    if not json:
        print(say("Sealing by {name}.", name=check))
    worker.sweep(work.store)  # what a killed session had under way is free again
    approved = [d.id for d in work.store.documents(stage=Stage.APPROVED, limit=limit)]
    flow.order_seal(work, approved, by=by)
    with _stoppable() as stop:
        if work.asks_a_phone:
            _by_phone(work, stop, quiet=json)
        else:
            _by_key(work, stop, quiet=json)
        executor.close()
        done = 0 if stop.is_set() else drain(work, (Stage.SIGNED,))
    report(work, approved, done, json)


def sign_tables(
    batch: Annotated[str, typer.Argument(help="Id of the batch whose records are written.")],
    to: Annotated[Path, typer.Argument(help="Folder for the tables and their signatures.")],
    profile: Annotated[str, typer.Option(help="Mapping profile that gives the tables their form.")],
    by: As,
    json: Json = False,
) -> None:
    """Write a batch's records as Excel and sign each file beside itself (FILE.xlsx.p7s).

    Only where two people vouched for every record. File and signature are kept with their digests.
    """
    settings = load_settings()
    work = open_workspace(settings, pin=_pin(settings), otp=_otp)
    wanted = mapping(work, profile)
    to.mkdir(parents=True, exist_ok=True)
    signed_tables.must_be_vouched_for(work, batch)
    found = tabling.records(work, wanted, batch=batch)
    paths = entrysheets.write_pages(
        found, wanted, importing.template_of(work, wanted), to, name=f"{wanted.kind}-{batch[:8]}"
    )
    kept = []
    for path in paths:
        row = signed_tables.sign(work, batch, path.name, path.read_bytes(), by=by)
        path.with_name(path.name + ".p7s").write_bytes(work.store.get(row.beside))
        kept.append(row)
    if json:
        told = [{"file": r.name, "sha512": r.digest, "signer": r.signer} for r in kept]
        print(json_.dumps({"batch": batch, "files": told}, ensure_ascii=False))
        return
    for row in kept:
        print(say("{file}: signed by {name}.", file=row.name, name=row.signer))


def _pin(settings: Settings) -> str | None:
    """The PIN, typed once and kept in this process's memory; none where no key asks for one."""
    if settings.sealing in ("trial", "smartca"):
        return None
    keys = agency_keys(settings, "")
    if isinstance(keys, Pkcs11Keys) and (warning := keys.warning()):
        print(say(warning), file=sys.stderr)
    if settings.sealing == "csc":
        asked = say("PIN of the agency's key at the signing service (empty: none)")
        return str(typer.prompt(asked, hide_input=True, err=True, default="", show_default=False))
    return str(typer.prompt(say("PIN of the agency's key"), hide_input=True, err=True))


def _otp() -> str:
    return str(typer.prompt(say("One-time password"), hide_input=True, err=True))


def _executor(settings: Settings) -> Inline | Processes:
    """Where papers are drawn: in processes beside the key's where they are more than a few."""
    with closing(open_workspace(settings).store) as store:
        papers = store.count(stage=Stage.APPROVED)
    return Inline() if papers < _FEW else supervised(settings)


def _by_key(work: Workspace, stop: threading.Event, *, quiet: bool) -> None:
    """One session with the key. It is known to the store, so that the next one can clear up."""
    me = Worker(id=f"sign-{uuid4().hex[:12]}", host=socket.gethostname(), pid=os.getpid())
    work.store.keep(me)
    holder = f"{me.id}/0"
    try:
        for sealed, _ in enumerate(flow.seal_lot(work, holder=holder, stop=stop.is_set), start=1):
            if sealed % _TOLD_EVERY == 0 and not quiet:
                print(say("{n} sealed so far.", n=sealed), file=sys.stderr, flush=True)
    finally:
        work.store.free(holder)
        work.store.forget(me)


def _by_phone(work: Workspace, stop: threading.Event, *, quiet: bool) -> None:
    """Ask, and wait until everything ordered is sealed or laid down. Stopped, a worker goes on."""
    holder = f"command-line-{uuid4().hex[:8]}"
    told = ""
    while not stop.is_set():
        pending.look(work, by=holder)
        waiting = pending.waiting(work)
        if not waiting and not pending.ask(work, holder=holder):
            return
        for order in pending.waiting(work)[:1]:
            left = max(0, int((order.until - now()).total_seconds()))
            said = say(
                "Waiting for the phone: {n} papers, {minutes}:{seconds} left.",
                n=len(order.documents), minutes=left // 60, seconds=f"{left % 60:02}",
            )  # fmt: skip
            if not quiet and order.request != told:
                print(said, file=sys.stderr, flush=True)
                told = order.request
        time.sleep(worker.PHONE_SECONDS)


@contextmanager
def _stoppable() -> Iterator[threading.Event]:
    """Let Ctrl-C and SIGTERM end the session after the paper in hand."""
    stop = threading.Event()

    def ask(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {n: signal.signal(n, ask) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
