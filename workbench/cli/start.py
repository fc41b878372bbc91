"""`workbench start | serve | work`: the app, the background reading, and both together."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import Annotated, TextIO

import typer

from workbench import accounts, flow, worker
from workbench.errors import NotReadyError
from workbench.model import Stage
from workbench.words import say
from workbench.workspace import (
    ROOT,
    Settings,
    load_settings,
    open_workspace,
    prepare_demo,
    supervised,
)

_SUPERVISED = "WORKBENCH_SUPERVISED"
SAMPLE = ROOT / "data" / "sample" / "files"


def start(
    port: Annotated[int, typer.Option(help="Port of the app; 0 takes a free one.")] = 8501,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    sample: Annotated[bool, typer.Option(help="Load the sample batch into an empty store.")] = True,
) -> None:
    """Prepare the embedded store and run the app with its background reading until Ctrl+C."""
    settings = load_settings(demo=True)
    settings.data.mkdir(parents=True, exist_ok=True)
    with _alone(settings):
        print(say("[1/3] Preparing the store…"), flush=True)
        prepared = open_workspace(settings)
        prepare_demo(prepared)
        print(say("[2/3] Loading the sample batch…"), flush=True)
        if sample and not prepared.store.batches() and SAMPLE.is_dir():
            taken = flow.take_in(
                prepared,
                [SAMPLE],
                name=say("Sample batch"),
                unit="PC06",
                by="quantri",
            )
            print(say("      {n} files taken in.", n=len(taken.files)), flush=True)
        counts = prepared.store.counts()
        waiting = counts[Stage.RECEIVED] + counts[Stage.READ]
        prepared.store.close()
        chosen = _free_port(host, port)
        print(say("[3/3] Starting the background reading and the app…"), flush=True)
        _run_both(host, chosen, waiting)


def serve(
    port: Annotated[int, typer.Option(help="Port of the app.")] = 8501,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Serve the app alone; reading needs `workbench work` beside it."""
    from workbench.ui import asgi

    if os.environ.get(_SUPERVISED):
        _end_with_parent()
    asgi.serve(host, port)


def work(
    until_empty: Annotated[
        bool, typer.Option(help="Stop when no document waits for a machine.")
    ] = False,
) -> None:
    """Read, propose, seal and export what waits, in supervised processes, until stopped."""
    settings = load_settings()
    with supervised(settings) as executor:
        opened = open_workspace(settings, executor=executor)
        try:
            worker.run(opened, until_empty=until_empty)
        finally:
            opened.store.close()


class _alone:  # noqa: N801 - used as a statement, like `suppress`
    """Holds the data folder's lock, so that two starts do not share one store by accident."""

    def __init__(self, settings: Settings) -> None:
        self._place = settings.data / "running.lock"
        self._file: TextIO | None = None

    def __enter__(self) -> None:
        self._file = self._place.open("w")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise NotReadyError(
                "The workbench already runs on this data folder.",
                "Use the window that is open, or stop the other one with Ctrl+C.",
            ) from error

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()


def _free_port(host: str, wanted: int) -> int:
    for port in (wanted, *range(wanted + 1, wanted + 20)) if wanted else (0,):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise NotReadyError("No free port near {port}.", "Choose another one with --port.", port=wanted)


def _run_both(host: str, port: int, waiting: int) -> None:
    """The app and the worker as children; a worker that dies is started again."""
    environment = {**os.environ, "WORKBENCH_DEMO": "1", _SUPERVISED: "1"}
    commands = {
        "app": ["serve", "--host", host, "--port", str(port)],
        "worker": ["work"],
    }
    stopping = False

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)

    def launch(name: str) -> subprocess.Popen[bytes]:
        # A group of its own: Ctrl+C reaches us alone, and we stop the children in order.
        return subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "workbench", *commands[name]],
            env=environment,
            start_new_session=True,
        )

    children = {name: launch(name) for name in commands}
    told, pause = False, 0.0
    try:
        while not stopping:
            time.sleep(0.3)
            if not told and _answers(host, port):
                told = True
                _tell(host, port, waiting)
            for name, child in children.items():
                code = child.poll()
                if code is None:
                    continue
                if name == "app" and not told:
                    raise NotReadyError(
                        "The app did not start (exit code {code}).",
                        "Read the lines above, or run `workbench doctor`.",
                        code=code,
                    )
                # A child that dies at once, again and again, is not started in a frenzy.
                pause = min(2 * pause + 0.5, 30.0)
                time.sleep(pause)
                children[name] = launch(name)
    finally:
        print(say("Stopping…"), flush=True)
        for child in children.values():
            # The leader alone: it gives back what it holds while its readers still live.
            child.terminate()
        patience = time.monotonic() + 12
        for child in children.values():
            with suppress(subprocess.TimeoutExpired):
                child.wait(timeout=max(0.1, patience - time.monotonic()))
            _end(child, signal.SIGKILL)  # the group too: no reading process is left behind
        print(say("Stopped. All that was saved is kept."), flush=True)


def _end_with_parent() -> None:
    """Stop when whoever started us is gone: nobody would stop us any more."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def _end(child: subprocess.Popen[bytes], number: int) -> None:
    try:
        os.killpg(child.pid, number)
    except ProcessLookupError:
        return


def _answers(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((host, port)) == 0


def _tell(host: str, port: int, waiting: int) -> None:
    shown = "localhost" if host in ("127.0.0.1", "0.0.0.0") else host  # noqa: S104 - only compared
    print()
    print(say("The workbench is ready:  http://{host}:{port}", host=shown, port=port))
    print(say("Demo sign-ins (password “{password}”):", password=accounts.DEMO_PASSWORD))
    for person in accounts.demo_people():
        print(f"   {person.name:<10} {person.shown_as}")
    if waiting:
        print(say("{n} documents are being read in the background.", n=waiting))
    print(say("Press Ctrl+C to stop."), flush=True)
