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
# # Các bộ đọc đồng ý đến đâu · How far do the engines agree?
#
# Agreement between engines and with people, from the event lake: who is right at first, what
# the vote adds, and how sure to be before nobody looks.
#
# - Runs over the store of `WORKBENCH_DATA`; where there is none yet, the tables are empty.

# %%
import tempfile
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
import plotly.io as pio

from workbench.analytics import Lake, Questions
from workbench.lab import Share
from workbench.workspace import load_settings

pio.renderers.default = "plotly_mimetype+notebook_connected"
OKABE_ITO = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00"]

lake = Lake(load_settings().data / "lake")
questions = Questions(lake if lake.state().at else Lake(Path(tempfile.mkdtemp()) / "lake"))
print("Số liệu lúc:", questions.at or "chưa có kho số liệu")

# %% [markdown]
# ## Từng bộ một mình · Each engine alone
#
# Readings of fields that a person has vouched for, with Wilson's 95 % interval.


# %%
def with_interval(table, right, of):
    """The table with the share of `right` in `of` and its interval."""
    shares = [Share(int(a), int(b)) for a, b in zip(table[right], table[of], strict=True)]
    return table.assign(
        share=[share.share for share in shares],
        low=[share.interval[0] for share in shares],
        high=[share.interval[1] for share in shares],
    )


engines = questions.ask("engines_right")
alone = engines.groupby("engine", as_index=False)[["right_settled", "settled"]].sum()
alone = with_interval(alone, "right_settled", "settled")
alone.round(3)

# %%
first = questions.ask("right_at_first")
together = first[["cases", "right_first"]].sum()
vote = Share(int(together["right_first"]), int(together["cases"]))
best = alone["share"].max() if len(alone) else 0.0
print(f"together {vote.share:.1%} of {vote.of}; best alone {best:.1%}")

# %%
figure = go.Figure(
    go.Bar(
        x=[*alone["engine"], "bỏ phiếu chung"],
        y=[*alone["share"], vote.share],
        error_y={
            "array": [*(alone["high"] - alone["share"]), vote.interval[1] - vote.share],
            "arrayminus": [*(alone["share"] - alone["low"]), vote.share - vote.interval[0]],
        },
        marker_color=OKABE_ITO[0],
    )
)
figure.update_layout(title="Đúng ngay lần đọc đầu", height=340, separators=",.")
figure.update_yaxes(tickformat=".0%", range=[0, 1.05])
figure.show()

# %% [markdown]
# ## Theo trường và bản quét · By field and scan

# %%
by_field = first.groupby("field", as_index=False)[["cases", "right_first"]].sum()
with_interval(by_field, "right_first", "cases").sort_values("share").round(3).head(20)

# %%
engines.pivot_table(index="engine", columns="scan_level", values="settled", aggfunc="sum")

# %% [markdown]
# ## Khi nào không cần người xem · When may nobody look?
#
# What a threshold would accept, and how many of those values people changed. A rule that speaks
# against a value still sends it to a person; that is left aside here and counted under “Nếu như”.

# %%
bands = questions.ask("confidence_bands")
steps = bands.groupby("band", as_index=False)[["fields", "changed"]].sum()
steps = steps.sort_values("band", ascending=False)
steps = steps.assign(accepted=steps["fields"].cumsum(), wrong=steps["changed"].cumsum())
steps = steps.assign(share_wrong=steps["wrong"] / steps["accepted"])
steps.round(4)

# %%
figure = go.Figure(
    [
        go.Scatter(
            x=steps["band"],
            y=steps["accepted"] / max(1, steps["fields"].sum()),
            name="tự chấp nhận",
            line={"color": OKABE_ITO[0]},
        ),
        go.Scatter(
            x=steps["band"],
            y=steps["share_wrong"],
            name="lỗi lọt qua",
            line={"color": OKABE_ITO[1], "dash": "dash"},
        ),
    ]
)
figure.update_layout(title="Theo ngưỡng", height=340, separators=",.")
figure.update_yaxes(tickformat=".1%", rangemode="tozero")
figure.show()
pd.DataFrame({"accepted": [steps["accepted"].max()], "wrong": [steps["wrong"].max()]})
