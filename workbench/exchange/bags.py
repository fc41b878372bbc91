"""Bags for the way to another repository: BagIt 1.0 (RFC 8493), SHA-512, its list signed.

data/…                   the files of the package, as they lie in our repository
manifest-sha512.txt      the digest of each; manifest-sha512.txt.p7s is a CAdES signature over it
receipts.json            ours for the package, and those of others who had it before (a tag file)
bag-info.txt, bagit.txt, tagmanifest-sha512.txt
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from hashlib import sha512
from pathlib import Path
from zoneinfo import ZoneInfo

from workbench.errors import Sentence

MANIFEST = "manifest-sha512.txt"
TAGS = "tagmanifest-sha512.txt"
SIGNATURE = f"{MANIFEST}.p7s"
RECEIPTS = "receipts.json"

_DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


def is_bag(folder: Path) -> bool:
    return (folder / "bagit.txt").exists()


def files_of(
    payload: Mapping[str, bytes],
    *,
    source: str,
    identifier: str,
    at: datetime,
    sign: Callable[[bytes], bytes] | None = None,
    receipts: bytes = b"",
) -> dict[str, bytes]:
    """Every file of the bag by its name. The same arguments give the same bag.

    `sign` gives the detached signature over the manifest (DER); without it the list is unsigned.
    """
    whole = {f"data/{name}": content for name, content in payload.items()}
    size = sum(map(len, whole.values()))
    about = {
        "Source-Organization": source,
        "External-Identifier": identifier,
        "Bagging-Date": at.astimezone(_VIETNAM).date().isoformat(),
        "Payload-Oxum": f"{size}.{len(whole)}",
    }
    manifest = _listed(whole)
    tags = {
        "bagit.txt": _DECLARATION,
        "bag-info.txt": "".join(f"{name}: {said}\n" for name, said in about.items()).encode(),
        MANIFEST: manifest,
    }
    if receipts:
        tags[RECEIPTS] = receipts
    if sign is not None:
        tags[SIGNATURE] = sign(manifest)
    return {**whole, **tags, TAGS: _listed(tags)}


def write(files: Mapping[str, bytes], place: Path) -> None:
    """Put a bag in its place by one rename: it is there whole, or not at all. Raises OSError."""
    half = place.with_name(f".{place.name}.half")
    shutil.rmtree(half, ignore_errors=True)
    for name, content in files.items():
        path = half / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    half.rename(place)
    handle = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def flaws(folder: Path) -> Iterator[Sentence]:
    """Where the bag is not what its lists say; nothing where it is whole."""
    for name in (MANIFEST, TAGS):
        try:
            lines = (folder / name).read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            yield Sentence("The file {file} is missing.", {"file": name})
            continue
        listed = dict(_line(line) for line in lines)
        for file, digest in sorted(listed.items()):
            yield from _compared(folder, file, digest)
        lying = _lying(folder, data=name == MANIFEST)
        for file in sorted(lying - listed.keys()):
            yield Sentence("The file {file} stands in no list.", {"file": file})


def _compared(folder: Path, file: str, digest: str) -> Iterator[Sentence]:
    path = folder / file
    leads_out = Path(file).is_absolute() or ".." in Path(file).parts
    if leads_out or not path.is_file():
        yield Sentence("The file {file} is missing.", {"file": file})
    elif sha512(path.read_bytes()).hexdigest() != digest:
        yield Sentence("The file {file} was changed.", {"file": file})


def _lying(folder: Path, *, data: bool) -> set[str]:
    found = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    return {name for name in found if name.startswith("data/") == data and name != TAGS}


def _listed(files: Mapping[str, bytes]) -> bytes:
    return "".join(
        f"{sha512(files[name]).hexdigest()}  {_escaped(name)}\n" for name in sorted(files)
    ).encode()


def _escaped(name: str) -> str:
    return name.replace("%", "%25").replace("\n", "%0A").replace("\r", "%0D")


def _line(line: str) -> tuple[str, str]:
    digest, _, name = line.partition(" ")
    name = name.lstrip(" *")
    for code, letter in (("%0A", "\n"), ("%0D", "\r"), ("%25", "%")):
        name = re.sub(code, letter, name, flags=re.IGNORECASE)
    return name, digest.lower()
