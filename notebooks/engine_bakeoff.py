# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#       jupytext_version: 1.19.6
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # So sánh các bộ đọc · Which engine reads our papers best?
#
# The same pages of the sample batch, made readable by the workbench, read by every engine that can
# run on this machine, line by line against what the papers really say.
#
# - Set `BAKEOFF_PAGES` to read more than four pages.
# - The last part, on fields, takes any batch with a truth: `BAKEOFF_FOLDER`, and in
#   `BAKEOFF_READINGS` what `workbench bench accuracy FOLDER --readings FILE` has kept of it.
# - Nothing is written to a store; nothing leaves the machine.

# %%
import base64
import html
import json
import os
import tempfile
import time
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import plotly.graph_objects as go
import plotly.io as pio
from IPython.display import HTML, display
from PIL import Image, ImageDraw
from rapidfuzz.distance import Levenshtein

os.environ.setdefault("OMP_THREAD_LIMIT", "1")  # Tesseract's threads spin; see its own notes

from workbench import engines, imaging, intake, vietnamese
from workbench.errors import EngineUnavailableError, ReadingFailedError
from workbench.model import Box
from workbench.words import remedy, say
from workbench.workspace import ROOT

pio.renderers.default = "plotly_mimetype"  # drawn by Jupyter itself; no script from elsewhere
pio.templates.default = "plotly_white"
OKABE_ITO = ("#0072b2", "#e69f00", "#009e73", "#cc79a7")  # told apart by colour-blind readers too
SAMPLE = ROOT / "data" / "sample"
PAGES = int(os.environ.get("BAKEOFF_PAGES", "4"))
FOLDER = Path(tempfile.mkdtemp(prefix="bakeoff-"))

# %% [markdown]
# ## Ai có mặt · Who can run here
#
# An engine that cannot run says why, and what to install. One without Vietnamese marks is a witness
# to base letters only.

# %%
statuses = [(engine, engines.status(engine)) for engine in engines.discover()]
pd.DataFrame(
    {
        "engine": status.name,
        "version": status.identity.version if status.identity else "",
        "weights": status.identity.weights if status.identity else "",
        "marks": status.identity.marks if status.identity else "",
        "finds lines": status.identity.finds_lines if status.identity else "",
        "why not": f"{say(status.why_not)} {remedy(status.why_not)}" if status.why_not else "",
    }
    for _, status in statuses
).set_index("engine")

# %% [markdown]
# ## Trang giấy · The pages
#
# One page of each level first (clean, office, bad, turned), then the rest.

# %%
truths = [json.loads(line) for line in (SAMPLE / "truth.jsonl").read_text("utf-8").splitlines()]


def level(truth):
    """How hard the scan is; a turned page is a level of its own."""
    return "turned" if truth["pages"][0]["rotation"] else truth["documents"][0]["level"]


first_of_level = {level(truth): truth for truth in reversed(truths)}
easy = [
    first_of_level[name] for name in ("clean", "office", "bad", "turned") if name in first_of_level
]
queue = [*easy, *(truth for truth in truths if truth not in easy)][:PAGES]

pages = []
for number, truth in enumerate(queue):
    file = SAMPLE / truth["file"]
    examined = intake.examine(file, file.name)
    into = FOLDER / str(number)
    into.mkdir()
    scan = next(iter(intake.page_images(file, examined.media_type, into)))
    begun = time.process_time()
    readable = imaging.make_readable(scan.path, into / "readable.png", dpi=scan.dpi)
    pages.append(
        {
            "name": f"{file.name} ({level(truth)})",
            "scan": scan.path,
            "readable": readable,
            "seconds": time.process_time() - begun,
            "lines": truth["pages"][0]["lines"],
        }
    )

pd.DataFrame(
    {
        "page": page["name"],
        "dpi": page["readable"].quality.dpi,
        "turned by": page["readable"].quality.rotation,
        "skew": round(page["readable"].quality.skew, 2),
        "contrast": round(page["readable"].quality.contrast, 2),
        "printed lines": len(page["lines"]),
        "CPU s to make readable": round(page["seconds"], 2),
    }
    for page in pages
).set_index("page")

# %% [markdown]
# ## Đọc · Reading
#
# Engines that find lines read the page; the others read the lines of the one that found most.
# Seconds are CPU seconds with child processes, after one line to load the model.


# %%
def cpu():
    """CPU seconds of this process and its children so far."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def lines_of(words):
    """The boxes of the lines an engine found."""
    found = defaultdict(list)
    for word in words:
        found[word.line].append(word.box)
    return [Box.around(boxes) for boxes in found.values()]


ready = [(engine, status.identity) for engine, status in statuses if status.identity]
ready.sort(key=lambda pair: not pair[1].finds_lines)  # those that find lines read first
NAMES = [who.name for _, who in ready]
UNMARKED = {who.name for _, who in ready if not who.marks}
words, seconds, warmed, failures = {}, {}, set(), []
for page_number, page in enumerate(pages):
    strips = []
    for engine, who in ready:
        if not who.finds_lines and not strips:
            continue
        given = [] if who.finds_lines else strips
        try:
            if who.name not in warmed:
                warm = strips[:1] or [Box(0.1, 0.1, 0.9, 0.13)]
                engine.recognise(page["readable"].path, warm)
                warmed.add(who.name)
            begun = cpu()
            read = engine.recognise(page["readable"].path, given)
        except (EngineUnavailableError, ReadingFailedError) as error:
            failures.append((who.name, page["name"], say(error)))
            continue
        words[page_number, who.name] = read
        seconds[page_number, who.name] = cpu() - begun
        if who.finds_lines:
            strips = max(strips, lines_of(read), key=len)
pd.DataFrame(failures, columns=["engine", "page", "why"])

# %% [markdown]
# ## Đúng bao nhiêu · How right
#
# Each word belongs to the printed line it lies on; a line is compared with what the paper says,
# with one form of tone marks, dashes and quotes. CER and WER are wrong characters and wrong
# syllables in 100; "without marks" forgives diacritics and case.


# %%
def on_readable(quad, warp):
    """The upright box on the readable page of four corners on the scan."""
    corners = np.array([[*point, 1] for point in quad], float).T
    x, y, w = np.linalg.inv(np.reshape(warp.matrix, (3, 3))) @ corners
    x, y = x / w / warp.readable[0], y / w / warp.readable[1]
    return Box.clipped(x.min(), y.min(), x.max(), y.max())


def texts_of(read, boxes):
    """What an engine says each printed line is; words that lie on none are left out."""
    rows = defaultdict(list)
    for word in read:
        x, y = word.box.middle
        near = [
            (abs(box.middle[1] - y), row)
            for row, box in enumerate(boxes)
            if box.left - 0.01 <= x <= box.right + 0.01
            and box.top - 0.004 <= y <= box.bottom + 0.004
        ]
        if near:
            rows[min(near)[1]].append(word)
    return [
        " ".join(word.text for word in sorted(rows[row], key=lambda word: word.box.left))
        for row in range(len(boxes))
    ]


lines = []
for page_number, page in enumerate(pages):
    boxes = [on_readable(line["quad"], page["readable"].warp) for line in page["lines"]]
    said = {
        name: texts_of(words[page_number, name], boxes)
        for name in NAMES
        if (page_number, name) in words
    }
    for row, line in enumerate(page["lines"]):
        lines.append(
            {"page": page_number, "box": boxes[row], "truth": line["text"]}
            | {name: texts[row] for name, texts in said.items()}
        )
lines = pd.DataFrame(lines)


def rate(name, part, same, split):
    """Edits per 100 units of the truth."""
    edits = units = 0
    for truth, said in zip(part["truth"], part[name], strict=True):
        if not isinstance(said, str):
            continue  # the engine did not read this page
        printed, read = split(same(truth)), split(same(said))
        edits += Levenshtein.distance(printed, read)
        units += len(printed)
    return 100 * edits / units if units else float("nan")


def bare(text):
    return vietnamese.fold(vietnamese.key(text))


score = pd.DataFrame(
    {
        "engine": name,
        "page": page["name"],
        "CER": rate(name, part, vietnamese.key, list),
        "WER": rate(name, part, vietnamese.key, str.split),
        "CER without marks": rate(name, part, bare, list),
        "CPU s": seconds.get((page_number, name), float("nan")),
    }
    for page_number, page in enumerate(pages)
    for name in NAMES
    if name in (part := lines[lines["page"] == page_number]).columns
)
overall = pd.DataFrame(
    {
        "engine": name + (" (no marks)" if name in UNMARKED else ""),
        "CER": rate(name, lines, vietnamese.key, list),
        "WER": rate(name, lines, vietnamese.key, str.split),
        "CER without marks": rate(name, lines, bare, list),
        "CPU s a page": score.loc[score["engine"] == name, "CPU s"].mean(),
        "lines": int(lines[name].notna().sum()),
    }
    for name in NAMES
    if name in lines.columns
).set_index("engine")
assert len(overall), "no engine read anything"
overall.round(2)

# %%
figure = go.Figure(
    [
        go.Bar(x=part["page"], y=part["CER"], name=name, hovertemplate="%{y:.1f} %")
        for name, part in score.groupby("engine")
    ]
)
figure.update_layout(
    title="CER (%), theo trang",
    barmode="group",
    height=380,
    separators=",.",
    yaxis_rangemode="tozero",
    colorway=OKABE_ITO,
)
figure.show()

# %% [markdown]
# ## Cùng một dòng · The same line, read by each
#
# The lines on which engines that write marks differ most; what differs from the paper is marked.


# %%
def marked(truth, said):
    """The words of an engine as HTML, with the syllables that differ from the truth marked."""
    one, other = vietnamese.key(truth).split(), vietnamese.key(said).split()
    out = []
    for step in Levenshtein.opcodes(one, other):
        text = html.escape(" ".join(other[step.dest_start : step.dest_end]))
        out.append(text if step.tag == "equal" else f"<mark>{text or '∅'}</mark>")
    return " ".join(out)


def picture(page, box):
    """The strip of the readable page as an image within the page of the notebook."""
    strip = imaging.crop(page["readable"].path, box, pad=0.25)
    strip = cv2.resize(
        strip, None, fx=min(1, 520 / strip.shape[1]), fy=min(1, 520 / strip.shape[1])
    )
    data = base64.b64encode(cv2.imencode(".png", strip)[1]).decode()
    return f'<img src="data:image/png;base64,{data}" style="max-width:520px">'


READERS = [name for name in NAMES if name in lines.columns]
JUDGES = [name for name in READERS if name not in UNMARKED] or READERS
spread = lines.apply(
    lambda line: len(
        {vietnamese.key(line[name]) for name in JUDGES if isinstance(line[name], str)}
    ),
    axis=1,
)
shown = lines[lines["truth"].str.len() > 8].assign(spread=spread).nlargest(10, "spread")
rows = "".join(
    "<tr><td>"
    + picture(pages[line["page"]], line["box"])
    + f"<br><b>{html.escape(line['truth'])}</b></td>"
    + "".join(
        f"<td>{marked(line['truth'], line[name]) if isinstance(line[name], str) else '—'}</td>"
        for name in READERS
    )
    + "</tr>"
    for _, line in shown.iterrows()
)
head = "".join(f"<th>{name}</th>" for name in READERS)
display(HTML(f"<table><tr><th>scan and truth</th>{head}</tr>{rows}</table>"))

# %% [markdown]
# ## Ai đồng ý với ai · Who agrees with whom
#
# The share of lines that two engines read alike, and how often both make the *same* mistake:
# engines that err alike are one witness, not two.

# %%
keyed = pd.DataFrame(
    {name: lines[name].map(vietnamese.key, na_action="ignore") for name in ["truth", *READERS]}
)
alike = pd.DataFrame(
    [[100 * (keyed[a] == keyed[b]).mean() for b in keyed.columns] for a in keyed.columns],
    index=keyed.columns,
    columns=keyed.columns,
)
figure = go.Figure(
    go.Heatmap(
        z=alike, x=alike.columns, y=alike.index, zmin=0, zmax=100, colorscale="Blues",
        texttemplate="%{z:.0f}", showscale=False,
    )
)  # fmt: skip
figure.update_layout(title="Dòng đọc giống nhau (%)", height=380, yaxis_autorange="reversed")
figure.show()

same_mistakes = pd.DataFrame(
    [
        [int(((keyed[a] == keyed[b]) & (keyed[a] != keyed["truth"])).sum()) for b in READERS]
        for a in READERS
    ],
    index=READERS,
    columns=READERS,
)
same_mistakes.rename_axis("same mistakes (diagonal: all mistakes)")

# %% [markdown]
# ## Một trang với các khung · A page with its boxes
#
# Printed lines as they are known (green) and the words the first engine found (orange), both on the
# scan as the reviewer sees it.

# %%
page_number = max(range(len(pages)), key=lambda n: pages[n]["readable"].quality.rotation)
page = pages[page_number]
image = Image.open(page["scan"]).convert("RGB")
pen = ImageDraw.Draw(image)
for line in page["lines"]:
    corners = [tuple(point) for point in line["quad"]]
    for start, end in pairwise([*corners, corners[0]]):
        pen.line([start, end], fill=(0, 130, 90), width=4)
for word in words.get((page_number, READERS[0]), ()):
    box = page["readable"].warp.to_scan(word.box)
    pen.rectangle(box.pixels(*image.size), outline=(213, 94, 0), width=2)
image.thumbnail((900, 900))
print(page["name"], "·", READERS[0])
display(image)

# %% [markdown]
# ## Trường thông tin · The engine lab: fields
#
# The same votes that the workbench counted, counted again: each engine alone, and the vote without
# it. A share stands with its 95 % interval (Wilson); costs are CPU seconds. Without a recording the
# first two papers of the sample are read here.

# %%
from workbench.bench import recording
from workbench.lab import Lab
from workbench.template import load_all
from workbench.workspace import load_settings

FIELD_FOLDER = Path(os.environ.get("BAKEOFF_FOLDER", SAMPLE))
field_truth = recording.lines(FIELD_FOLDER / "truth.jsonl")
if kept := os.environ.get("BAKEOFF_READINGS"):
    field_readings = recording.lines(Path(kept))
else:
    field_truth = [truth for truth in field_truth if truth in queue[:2]] or field_truth[:2]
    field_readings = recording.read_folder(FIELD_FOLDER, field_truth, load_settings())
lab = Lab(tuple(recording.papers(field_truth, field_readings, load_all(ROOT / "ocr_templates"))))
CUTS = [
    cut
    for cut in lab.cuts
    if cut == "all" or cut.startswith("kind:") or "/" in cut or cut in ("hand", "under_stamp=True")
]


def told(share):
    """The share with its interval, or nothing where there is no case."""
    low, high = share.interval
    return f"{100 * share.share:.1f} ({100 * low:.1f}–{100 * high:.1f})" if share.of else ""


pd.DataFrame(
    {
        "fields": figures.vote.of,
        "vote": told(figures.vote),
        **{engine.engine: told(engine.alone) for engine in figures.engines},
        "vote beats the best": figures.beats,
    }
    for figures in map(lab.on, CUTS)
).set_axis(CUTS).fillna("")

# %% [markdown]
# ### Thiếu một bộ thì sao · The vote without each engine, and what each costs

# %%
everything = lab.on("all")
pd.DataFrame(
    {
        "engine": engine.engine,
        "vote without it": told(engine.without),
        "points": round(100 * (engine.without.share - everything.again.share), 2),
        "accepted without it": told(engine.accepted_without),
        "of them wrong": engine.accepted_wrong_without,
        "CPU s a page": round(lab.costs[engine.engine].page, 3),
        "CPU s a field": round(lab.costs[engine.engine].field, 4),
    }
    for engine in everything.engines
).set_index("engine")

# %% [markdown]
# ### Nhầm gì · What is confused
#
# Letters as the engines wrote them, aligned with the truth; only single letters are shown, never a
# syllable: it might be somebody's name.

# %%
counted, pairs = lab.confusions(), lab.pairs()
confused = (
    pd.DataFrame(
        {engine: {kind.value: n for kind, n in found.items()} for engine, found in counted.items()}
    )
    .fillna(0)
    .astype(int)
)
confused["most often"] = [
    "  ".join(
        f"{true or '∅'}→{read or '∅'}"
        for (true, read), _ in next(
            (seen for kind, seen in pairs.items() if kind.value == name), Counter()
        ).most_common(5)
    )
    for name in confused.index
]
confused.loc[confused[list(counted)].sum(axis=1).sort_values(ascending=False).index]

# %%
shares = confused[list(counted)]
figure = go.Figure(
    go.Heatmap(
        z=np.sqrt(shares), x=shares.columns, y=shares.index, text=shares, texttemplate="%{text}",
        colorscale="Blues", showscale=False,
    )
)  # fmt: skip
figure.update_layout(title="Chỗ hay nhầm", height=520, yaxis_autorange="reversed")
figure.show()
