"""`workbench bench …`: measurements that anyone can run again, against a named limit."""

from __future__ import annotations

import typer

from workbench.bench import (
    accuracy,
    analytics,
    crops,
    forecast,
    lots,
    proposal,
    registration,
    signing,
    station,
    tables,
    throughput,
)

app = typer.Typer(no_args_is_help=True, help="Measure; print ratios against the named limit.")
app.command("accuracy")(accuracy.command)
app.command("analytics")(analytics.command)
app.command("crops")(crops.command)
app.command("batch-signing")(lots.command)
app.command("forecast")(forecast.command)
app.command("proposal")(proposal.command)
app.command("registration")(registration.command)
app.command("station")(station.command)
app.command("signing")(signing.command)
app.command("tables")(tables.command)
app.command("throughput")(throughput.command)
