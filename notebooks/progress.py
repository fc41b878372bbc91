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
# # Tiến độ và dự báo · How far, and when done?
#
# The questions of the managers' page, asked of the same event lake, for people who want to look
# further. Nothing is written; no name and no value of a paper is in the lake.
#
# - Runs over the store of `WORKBENCH_DATA`; where there is none yet, over made-up facts.

# %%
import tempfile
from collections import defaultdict
from datetime import timedelta
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
import plotly.io as pio

from workbench.analytics import Lake, Questions, queries
from workbench.bench import forecast as simulator
from workbench.catalogues.workdays import vietnam
from workbench.forecast import History, foresee, look_back
from workbench.workspace import load_settings

pio.renderers.default = "plotly_mimetype+notebook_connected"
BLUE, ORANGE, GREEN = "#0072B2", "#D55E00", "#009E73"  # Okabe & Ito: told apart by everybody

lake = Lake(load_settings().data / "lake")
questions = Questions(lake if lake.state().at else Lake(Path(tempfile.mkdtemp()) / "lake"))
print("Số liệu lúc:", questions.at or "chưa có kho số liệu")

# %% [markdown]
# ## Ở khâu nào · Where documents stand
#
# Any question of `workbench/analytics/queries.sql` can be asked by its name.

# %%
for name in ("progress_cells", "documents_by_stage", "flow_of_week", "done_per_day"):
    print(f"{name}: {queries()[name].description}")

# %%
cells = questions.ask("progress_cells")
cells.pivot_table(index="unit", columns="stage", values="documents", aggfunc="sum", fill_value=0)

# %%
so_far = questions.ask("burn_up")
figure = go.Figure(
    [
        go.Scatter(x=so_far["day"], y=so_far[column], name=name, line={"color": colour})
        for column, name, colour in (
            ("received", "Đã nhận", ORANGE),
            ("reviewed", "Đã soát", GREEN),
            ("exported", "Đã lưu kho", BLUE),
        )
    ]
)
figure.update_layout(title="Lũy kế", height=340, separators=",.", hovermode="x unified")
figure.update_xaxes(tickformat="%d/%m/%Y")
figure.show()

# %% [markdown]
# ## Khi nào xong · When it will be done
#
# From each unit's own days. A store without a past lends a made-up unit, so that the pictures can
# still be looked at.

# %%
days = questions.ask("done_per_day")
counted = defaultdict(dict)
for row in days.itertuples():
    counted[row.unit][pd.Timestamp(row.day).date()] = int(row.documents)
histories = {}
for unit, done in counted.items():
    first, last = min(done), max(max(part) for part in counted.values())
    histories[unit] = History(
        first,
        tuple(done.get(first + timedelta(days=n), 0) for n in range((last - first).days + 1)),
    )
if not any(foresee(h, 100, calendar=vietnam()) for h in histories.values()):
    histories = {"(giả lập)": simulator.live(simulator.np.random.default_rng(3)).seen}

rows = []
for unit, history in histories.items():
    found = foresee(history, 500, calendar=vietnam(), due=history.last + timedelta(days=180))
    if found is None:
        continue
    held = look_back(history, calendar=vietnam())
    rows.append(
        {
            "đơn vị": unit,
            "mỗi tuần": round(found.per_week, 1),
            "xong 500 giấy tờ": found.finish,
            "80 %: từ": found.likely.first,
            "80 %: đến": found.likely.last,
            "kịp trong 180 ngày": found.chance,
            "lần kiểm chứng": held.cases,
            "trong khoảng 80 %": held.likely,
        }
    )
foreseen = pd.DataFrame(rows)
assert len(foreseen)
foreseen

# %% [markdown]
# ## Một quá khứ · One past, day by day
#
# Burst, leave and Tết stay whole: a future is made of blocks of three weeks of this.

# %%
unit, history = next(iter(histories.items()))
each = pd.DataFrame(
    {"day": pd.date_range(history.first, periods=len(history.done)), "done": history.done}
)
weekly = each.resample("W", on="day")["done"].sum()
figure = go.Figure(go.Bar(x=weekly.index, y=weekly, marker_color=BLUE))
figure.update_layout(title=f"Số hóa mỗi tuần: {unit}", height=300, separators=",.")
figure.update_xaxes(tickformat="%d/%m/%Y")
figure.show()
