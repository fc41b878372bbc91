"""`workbench bench accuracy DIR`: how much of what is printed was read, against a known truth.

A field counts as exact only when it equals the printed value after NFC, one form of tone marks,
dashes and quotes, single spaces and no punctuation at the end; case and diacritics count. Fields
that are not visible on the scan are left out. Beside the vote stand, from the same run, each engine
alone and the vote without it.
"""

from __future__ import annotations

import json as json_
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from workbench import calibration, vietnamese
from workbench.bench import recording
from workbench.bench.recording import by_file, cuts_of, is_visible, lines, nearest
from workbench.confusions import Confusion
from workbench.lab import Lab, Share
from workbench.template import load_all
from workbench.workspace import load_settings


@dataclass(frozen=True, slots=True)
class Limit:
    """What must be reached: at least this share, or at most where `at_most`."""

    name: str
    cut: str
    share: float
    at_most: bool = False

    def against(self, reached: Share) -> dict[str, Any]:
        holds = reached.share <= self.share if self.at_most else reached.share >= self.share
        return {
            "limit": self.share,
            "at_most": self.at_most,
            "reached": round(reached.share, 4),
            "ratio": round(reached.share / self.share, 3) if self.share else None,
            "cases": reached.of,
            "low": round(reached.interval[0], 4),
            "high": round(reached.interval[1], 4),
            "holds": holds,
        }


# The named limits; each is printed with what was reached and over how many cases.
LIMITS: Sequence[Limit] = (
    Limit("clean print", "clean/print", 0.97),
    Limit("office print", "office/print", 0.96),
    Limit("bad print", "bad/print", 0.75),
    Limit("hand-filled", "hand", 0.52),
    Limit("under a stamp", "under_stamp=True", 0.85),
    Limit("kinds", "kinds", 0.98),
    Limit("unknown forms forced", "forced", 0.0, at_most=True),
    Limit("page groups", "groups", 0.97),
    Limit("accepted unseen", "accepted", 0.62),
    Limit("wrong of those", "wrong", 0.003, at_most=True),
)
# The groups on which the vote is set beside every single engine.
CUTS = ("all", "clean/print", "office/print", "bad/print", "hand", "under_stamp=True")


def command(
    folder: Annotated[Path, typer.Argument(help="A folder with truth.jsonl and its files.")],
    readings: Annotated[
        Path | None,
        typer.Option(
            help="Score these JSON lines instead of reading the files;"
            " where there is no such file, read and keep them there."
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
    wrong: Annotated[int, typer.Option(help="Show so many wrong fields.")] = 0,
) -> None:
    """Read a folder of scans and score it against its truth, the vote and every engine.

    `--readings FILE` keeps what was read with every vote: scored again, it takes seconds.
    """
    settings = load_settings()
    truth = lines(folder / "truth.jsonl")
    if readings is not None and readings.exists():
        found = lines(readings)
    else:
        found = recording.read_folder(folder, truth, settings)
        if readings is not None:
            recording.keep(readings, found)
            print(f"kept {len(found)} documents in {readings}", file=sys.stderr)
    lab = Lab(tuple(recording.papers(truth, found, load_all(settings.templates))))
    figures = score(truth, found, show=wrong)
    if lab.engines:
        figures["lab"] = lab.as_json()
    if json:
        print(json_.dumps(figures, ensure_ascii=False))
        return
    print("\n".join((*_told(figures), *_told_of_engines(lab), *figures["wrong"])))


def score(
    truth: Iterable[Mapping[str, Any]], readings: Iterable[Mapping[str, Any]], *, show: int = 0
) -> dict[str, Any]:
    """Exact shares by level, style and kind; documents told apart; what was accepted unseen."""
    read = by_file(readings)
    tally = _Tally(show)
    for entry in truth:
        found = read.get(Path(entry["file"]).name, [])
        for document in entry["documents"]:
            tally.count(entry["file"], document, nearest(document, found))
    return tally.figures()


class _Tally:
    def __init__(self, show: int) -> None:
        self.exact: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        self.documents: dict[str, list[int]] = {"type": [0, 0], "pages": [0, 0]}
        self.forced = [0, 0]
        self.accepted = self.accepted_wrong = self.fields = 0
        self.cpu: list[float] = []
        self.told: list[tuple[float, bool]] = []  # probability told, and whether it was right
        self.show = show
        self.wrong: list[str] = []

    def count(self, file: str, document: Mapping[str, Any], mine: Mapping[str, Any] | None) -> None:
        if mine is not None and "cpu_seconds" in mine:
            self.cpu.append(float(mine["cpu_seconds"]))
        if document["form_type"] == "unknown":
            held = mine is None or mine.get("type") is None or mine.get("status") == "held"
            _add(self.documents["type"], held)
            _add(self.forced, not held)
            return
        _add(self.documents["type"], mine is not None and mine["type"] == document["form_type"])
        whole = mine is not None and set(mine["pages"]) == set(document["pages"])
        _add(self.documents["pages"], whole)
        read = (mine or {}).get("fields", {})
        for name, field in document["fields"].items():
            if is_visible(field):
                self._field(file, document, name, field, read.get(name) or {})

    def _field(
        self,
        file: str,
        document: Mapping[str, Any],
        name: str,
        field: Mapping[str, Any],
        got: Mapping[str, Any],
    ) -> None:
        self.fields += 1
        which = "norm" if field["kind"] == "date" else "value"
        right = _key(got.get(which)) == _key(field[which])
        for cut in ("all", *cuts_of(document, field)):
            _add(self.exact[cut], right)
        if got.get("value") and "confidence" in got:
            self.told.append((float(got["confidence"]), right))
        if got.get("accepted"):
            self.accepted += 1
            self.accepted_wrong += not right
        if not right and len(self.wrong) < self.show:
            flag = " ACCEPTED" if got.get("accepted") else ""
            self.wrong.append(
                f"{file} {name}: printed {field['value']!r}, read {got.get('value')!r}{flag}"
            )

    def figures(self) -> dict[str, Any]:
        shares = {cut: Share(right, of) for cut, (right, of) in sorted(self.exact.items())}
        reached = shares | {
            "kinds": Share(*self.documents["type"]),
            "forced": Share(*self.forced),
            "groups": Share(*self.documents["pages"]),
            "accepted": Share(self.accepted, self.fields),
            "wrong": Share(self.accepted_wrong, self.accepted),
        }
        figures: dict[str, Any] = {
            "exact": {cut: share.as_json() for cut, share in shares.items()},
            "documents": {k: {"right": r, "of": n} for k, (r, n) in self.documents.items()},
            "accepted": {
                "fields": self.accepted,
                "share": round(self.accepted / max(self.fields, 1), 4),
                "wrong": self.accepted_wrong,
            },
            "wrong_at_most": round(calibration.upper_bound(self.accepted_wrong, self.accepted), 5),
            "reliability": calibration.reliability(self.told).as_json(),
            "limits": {
                limit.name: limit.against(reached[limit.cut])
                for limit in LIMITS
                if limit.cut in reached and reached[limit.cut].of
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


# --- as a table ----------------------------------------------------------------------------------


def _told(figures: Mapping[str, Any]) -> Iterable[str]:
    yield f"{'exact':24} {'right':>5}/{'of':<5} {'share':>8}   95 %"
    for cut, n in figures["exact"].items():
        yield f"{cut:24} {n['right']:5}/{n['of']:<5} {_percent(n['share'])}   {_between(n)}"
    yield f"documents                {figures['documents']}"
    yield f"accepted                 {figures['accepted']}"
    told = figures["reliability"]
    yield f"told against true        ECE {told['ece']:.4f}  n={told['cases']}"
    for row in told["bins"]:
        yield (f"  told {_percent(row['told'])}  right {_percent(row['right'])}  n={row['cases']}")
    if "cpu_seconds" in figures:
        yield f"CPU                      {figures['cpu_seconds']:.1f} s a document"
    yield f"\n{'limit':24} {'':>8} {'reached':>8}   {'95 %':15} {'ratio':>5}"
    for name, limit in figures["limits"].items():
        sign = "≤" if limit["at_most"] else "≥"
        ratio = "    —" if limit["ratio"] is None else f"{limit['ratio']:5.2f}"
        yield (
            f"{name:24} {sign}{_percent(limit['limit'])[1:]} {_percent(limit['reached'])}"
            f"   {_between(limit):15} {ratio}"
            f"  {'holds' if limit['holds'] else 'MISSED'}  n={limit['cases']}"
        )


def _told_of_engines(lab: Lab) -> Iterable[str]:
    if not lab.engines:
        yield "\nThese readings hold no votes: read the folder again with --readings NEW_FILE."
        return
    engines = lab.engines
    cuts = [cut for cut in (*CUTS, *(c for c in lab.cuts if c.startswith("kind:")))
            if cut in lab.cuts]  # fmt: skip
    head = "".join(f"{engine:>11}" for engine in engines)
    yield f"\n{'each engine alone':24} {'n':>5} {'vote':>8} {head}  the vote beats the best"
    for cut in cuts:
        figures = lab.on(cut)
        alone = {e.engine: f"{100 * e.alone.share:.1f}" for e in figures.engines}
        row = "".join(f"{alone.get(engine, '—'):>11}" for engine in engines)
        best = figures.best
        beaten = f"{figures.beats} ({best.engine})" if best else "—"
        yield f"{cut:24} {figures.vote.of:5} {_percent(figures.vote.share)} {row}  {beaten}"
    for single in lab.on().engines:
        if single.alone.of < lab.on().vote.of:
            yield (
                f"  {single.engine} was asked about {single.alone.of} of them:"
                f" {single.alone.right} right, the vote on the same {single.vote_there.right}"
            )
    yield f"\n{'the vote without':24} {'n':>5} {'vote':>8} {head}"
    for cut in cuts:
        figures = lab.on(cut)
        without = {e.engine: f"{100 * e.without.share:.1f}" for e in figures.engines}
        row = "".join(f"{without.get(engine, '—'):>11}" for engine in engines)
        yield f"{cut:24} {figures.again.of:5} {_percent(figures.again.share)} {row}"
    yield from _told_acceptance(lab)
    if lab.moved:
        yield f"{lab.moved} fields: counted now, the votes give another value than was kept"
    yield f"\n{'costs':24} {'CPU s a page':>13} {'CPU s a field':>14}"
    for engine, cost in lab.costs.items():
        yield (
            f"{engine:24} {cost.page:13.2f} {cost.field:14.3f}"
            f"  n={cost.pages} pages, {cost.fields} fields"
        )
    yield from _told_confusions(lab)


def _told_acceptance(lab: Lab) -> Iterable[str]:
    figures = lab.on()
    without = {e.engine: e for e in figures.engines}
    row = "".join(f"{100 * without[e].accepted_without.share:>11.1f}" for e in lab.engines)
    share = _percent(figures.accepted.share)
    yield f"{'accepted unseen':24} {figures.accepted.of:5} {share} {row}"
    row = "".join(f"{without[e].accepted_wrong_without:>11}" for e in lab.engines)
    yield f"{'  of them wrong':24} {figures.wrong.of:5} {figures.wrong.right:>6}   {row}"


def _told_confusions(lab: Lab) -> Iterable[str]:
    """How often each engine confused what, with the pairs of letters that are seen most."""
    counted, pairs = lab.confusions(), lab.pairs()
    total = Counter[Confusion]()
    for found in counted.values():
        total.update(found)
    head = "".join(f"{engine:>11}" for engine in lab.engines)
    yield f"\n{'confusions':24} {'':14} {head}"
    for kind, _ in total.most_common():
        seen = pairs.get(kind, Counter[tuple[str, str]]()).most_common(4)
        shown = " ".join(f"{true or '∅'}→{read or '∅'}" for (true, read), _ in seen)
        row = "".join(f"{counted[engine][kind]:>11}" for engine in lab.engines)
        yield f"{kind:24} {'':14} {row}  {shown}"


def _percent(share: float) -> str:
    return f"{100 * round(share, 4):6.1f} %"


def _between(n: Mapping[str, Any]) -> str:
    return f"{100 * n['low']:.1f}–{100 * n['high']:.1f} %"
