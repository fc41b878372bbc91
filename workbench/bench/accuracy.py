"""`workbench bench accuracy DIR`: how much of what is printed was read, against a known truth.

A field counts as exact only when it equals the printed value after NFC, one form of tone marks,
dashes and quotes, single spaces and no punctuation at the end; case and diacritics count. Fields
that are not visible on the scan are left out.
"""

from __future__ import annotations

import json as json_
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from workbench import vietnamese
from workbench.errors import NotReadyError
from workbench.executors import Processes
from workbench.flow.files import read_files
from workbench.workspace import load_settings, open_readers

# The first milestone's limits; each is printed with what was reached and over how many cases.
LIMITS: Mapping[str, float] = {"clean/print": 0.85, "office/print": 0.75, "kinds": 1.0}


def command(
    folder: Annotated[Path, typer.Argument(help="A folder with truth.jsonl and its files.")],
    readings: Annotated[
        Path | None, typer.Option(help="Score these JSON lines instead of reading the files.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
    wrong: Annotated[int, typer.Option(help="Show so many wrong fields.")] = 0,
) -> None:
    """Read a folder of scans and score it against its truth."""
    truth = _lines(folder / "truth.jsonl")
    found = _lines(readings) if readings else read_folder(folder, truth)
    figures = score(truth, found, show=wrong)
    if json:
        print(json_.dumps(figures, ensure_ascii=False))
        return
    for cut, n in figures["exact"].items():
        print(f"{cut:24} {n['right']:5}/{n['of']:<5} {100 * n['share']:6.1f} %")
    print("documents", figures["documents"])
    print("accepted", figures["accepted"])
    if "cpu_seconds" in figures:
        print(f"CPU {figures['cpu_seconds']:.1f} s a document")
    for name, limit in figures["limits"].items():
        print(
            f"limit {name:13} {limit['limit']:.2f}  reached {limit['reached']:.3f}"
            f"  ratio {limit['ratio']:.2f}  n={limit['cases']}"
        )
    for line in figures["wrong"]:
        print(line)


def read_folder(folder: Path, truth: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Read every file that the truth names; one JSON object a document."""
    settings = load_settings()
    readers = open_readers(settings)
    given = {str(folder / entry["file"]): entry["file"] for entry in truth}
    with Processes(settings.readers, seconds=settings.page_seconds) as executor:
        return [
            {**paper.as_json(), "file": given[paper.file], "cpu_seconds": paper.cpu_seconds}
            for paper in read_files(
                map(Path, given),
                engines=readers.engines,
                templates=readers.templates,
                executor=executor,
            )
        ]


def score(
    truth: Iterable[Mapping[str, Any]], readings: Iterable[Mapping[str, Any]], *, show: int = 0
) -> dict[str, Any]:
    """Exact shares by level, style and kind; documents told apart; what was accepted unseen."""
    by_file: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for line in readings:
        by_file[Path(line["file"]).name].append(line)
    tally = _Tally(show)
    for entry in truth:
        for document in entry["documents"]:
            tally.count(entry["file"], document, by_file[Path(entry["file"]).name])
    return tally.figures()


class _Tally:
    def __init__(self, show: int) -> None:
        self.exact: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        self.documents: dict[str, list[int]] = {"type": [0, 0], "pages": [0, 0]}
        self.accepted = self.accepted_wrong = self.fields = 0
        self.cpu: list[float] = []
        self.show = show
        self.wrong: list[str] = []

    def count(
        self, file: str, document: Mapping[str, Any], found: Iterable[Mapping[str, Any]]
    ) -> None:
        pages = set(document["pages"])
        mine = max(
            (line for line in found if set(line.get("pages", [])) & pages),
            key=lambda line: len(set(line["pages"]) & pages),
            default=None,
        )
        if mine is not None and "cpu_seconds" in mine:
            self.cpu.append(float(mine["cpu_seconds"]))
        if document["form_type"] == "unknown":
            held = mine is None or mine.get("type") is None or mine.get("status") == "held"
            _add(self.documents["type"], held)
            return
        _add(self.documents["type"], mine is not None and mine["type"] == document["form_type"])
        _add(self.documents["pages"], mine is not None and set(mine["pages"]) == pages)
        for name, field in document["fields"].items():
            self._field(file, document, name, field, (mine or {}).get("fields", {}).get(name) or {})

    def _field(
        self,
        file: str,
        document: Mapping[str, Any],
        name: str,
        field: Mapping[str, Any],
        got: Mapping[str, Any],
    ) -> None:
        seen = [o for o in field["occurrences"] if o.get("visible", True)]
        if not seen:
            return
        self.fields += 1
        style = "print" if all(o["style"] == "print" for o in seen) else "hand"
        which = "norm" if field["kind"] == "date" else "value"
        right = _key(got.get(which)) == _key(field[which])
        level = document["level"]
        stamped = any(o.get("under_stamp") for o in seen)
        for cut in (
            "all", level, style, f"{level}/{style}", document["form_type"],
            f"under_stamp={stamped}",
        ):  # fmt: skip
            _add(self.exact[cut], right)
        if got.get("accepted"):
            self.accepted += 1
            self.accepted_wrong += not right
        if not right and len(self.wrong) < self.show:
            flag = " ACCEPTED" if got.get("accepted") else ""
            self.wrong.append(
                f"{file} {name}: printed {field['value']!r}, read {got.get('value')!r}{flag}"
            )

    def figures(self) -> dict[str, Any]:
        exact = {
            cut: {"right": right, "of": of, "share": round(right / of, 4)}
            for cut, (right, of) in sorted(self.exact.items())
        }
        kinds = self.documents["type"]
        reached = {cut: (n["share"], n["of"]) for cut, n in exact.items()}
        reached["kinds"] = (kinds[0] / max(kinds[1], 1), kinds[1])
        figures: dict[str, Any] = {
            "exact": exact,
            "documents": {k: {"right": r, "of": n} for k, (r, n) in self.documents.items()},
            "accepted": {
                "fields": self.accepted,
                "share": round(self.accepted / max(self.fields, 1), 4),
                "wrong": self.accepted_wrong,
            },
            "limits": {
                name: {
                    "limit": limit,
                    "reached": round(reached[name][0], 4),
                    "ratio": round(reached[name][0] / limit, 3),
                    "cases": reached[name][1],
                }
                for name, limit in LIMITS.items()
                if name in reached
            },
            "wrong": self.wrong,
        }
        if self.cpu:
            figures["cpu_seconds"] = round(sum(self.cpu) / len(self.cpu), 2)
        return figures


def _add(pair: list[int], right: bool) -> None:
    pair[0] += right
    pair[1] += 1


def _key(value: object) -> str:
    return vietnamese.key(str(value or ""))


def _lines(path: Path) -> list[dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise NotReadyError(
            "{name} is missing.", "Name a folder that holds it.", name=path.name
        ) from error
    return [json_.loads(line) for line in text.splitlines() if line.strip()]
