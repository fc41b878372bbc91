# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Bàn soát trong sổ tay · The review station in a notebook
#
# The same desk as in the app, over the same store: same keys, same journal, same ids. What is
# confirmed here is confirmed there.
#
# - It opens the store that `WORKBENCH_DATA` names when papers wait for review in it, and signs you
#   on as `STATION_REVIEWER` (`soat1` by default).
# - Otherwise it reads one scan of the sample into a store of its own, which is gone with the
#   notebook.
# - Page images stay in the notebook until its outputs are cleared: clear them before you keep it.

# %%
import os
import tempfile
from pathlib import Path
from uuid import uuid4

import pandas as pd

os.environ.setdefault("OMP_THREAD_LIMIT", "1")  # Tesseract's threads spin; see its own notes

from workbench import flow
from workbench.model import Stage
from workbench.ui.station.notebook import Station
from workbench.workspace import ROOT, load_settings, open_workspace, prepare_demo

REVIEWER = os.environ.get("STATION_REVIEWER", "soat1")
SCAN = ROOT / "data" / "sample" / "files" / "002.pdf"

# %% [markdown]
# ## Kho · The store

# %%
work = open_workspace(load_settings()) if os.environ.get("WORKBENCH_DATA") else None
if work is None or not work.store.documents(stage=Stage.PROPOSED, limit=1):
    folder = Path(tempfile.mkdtemp(prefix="station-"))
    work = open_workspace(
        load_settings(
            data=folder / "data",
            keys=folder / "keys",
            database="",
            engines=("tesseract", "trueocr"),
        )
    )
    prepare_demo(work)
    flow.take_in(work, [SCAN], name="Sổ tay", unit="PC06", by="quantri")
    while claimed := flow.claim(work, holder="notebook"):
        for document in claimed:
            flow.step(work, document, holder="notebook")

{stage.value: count for stage, count in work.store.counts().items() if count}

# %% [markdown]
# ## Bàn soát · The desk
#
# Click it once, then `?` shows the keys.

# %%
desk = Station(work, by=REVIEWER)
desk

# %% [markdown]
# ## Điều đã làm · What was done
#
# Each act has an id of its own, made by the browser: sent twice, it is one. Here the first field is
# confirmed as a key press would do it, and sent twice.

# %%
sheet = desk.data["sheets"][0]
first = next(field for field in sheet["fields"] if field["proposed"])
act = {
    "id": uuid4().hex,
    "what": "act",
    "document": sheet["document"],
    "field": first["name"],
    "act": "accept",
    "value": first["proposed"],
    "keys": 1,
    "milliseconds": 800,
}
have = [[sheet["document"], sheet["revision"]]]
desk.outbox = {"entries": [act], "have": have}
desk.outbox = {"entries": [act], "have": []}

kept = work.store.corrections(sheet["document"])
assert [correction.id for correction in kept] == [act["id"]]
assert desk.data["kept"] == [act["id"]]
pd.DataFrame(
    [{"field": c.field, "act": c.act.value, "by": c.by, "revision": c.revision} for c in kept]
)
