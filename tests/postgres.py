"""A real PostgreSQL server for tests: Debian's binaries, a temporary folder, a local socket."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def binaries() -> Path | None:
    """The folder of the newest installed server, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


@contextmanager
def server() -> Iterator[Path]:
    """A running server; gives the folder of its socket."""
    here = binaries()
    assert here is not None
    # PostgreSQL refuses to run as root, and its user must reach the folder: not under pytest's own.
    folder = Path(tempfile.mkdtemp(prefix="workbench-postgres-"))
    become: list[str] = []
    if os.geteuid() == 0:
        become = ["runuser", "-u", "postgres", "--"]
        shutil.chown(folder, "postgres")
    folder.chmod(0o755)
    data = folder / "data"

    def run(*command: str) -> None:
        subprocess.run([*become, *command], check=True, capture_output=True, cwd=folder)

    control = [str(here / "pg_ctl"), "-D", str(data)]
    run(str(here / "initdb"), "-D", str(data), "-A", "trust", "-U", "tests", "--no-sync")
    options = f"-c listen_addresses='' -k {folder} -c fsync=off"
    run(
        str(here / "pg_ctl"),
        "-D",
        str(data),
        "-o",
        options,
        "-l",
        str(folder / "log"),
        "-w",
        "start",
    )
    try:
        yield folder
    finally:
        run(*control, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)
