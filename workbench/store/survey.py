"""The survey as it is kept: its lines are replaced together, or not at all."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import Session, col, select

from workbench.model import SurveyLine
from workbench.store.rows import Rows


def survey(rows: Rows) -> tuple[SurveyLine, ...]:
    """Every line that stands, by unit, field, kind and regime."""
    query = select(SurveyLine).order_by(
        col(SurveyLine.unit), col(SurveyLine.area), col(SurveyLine.kind), col(SurveyLine.regime)
    )
    looking = rows.engine.execution_options(reading=True)
    with Session(looking, expire_on_commit=False) as session:
        return tuple(session.exec(query).all())


def keep_survey(rows: Rows, lines: Sequence[SurveyLine]) -> None:
    """Put these lines in the place of those that stand for the same units."""
    units = {line.unit for line in lines}
    with rows.change() as session:
        session.execute(sa.delete(SurveyLine).where(col(SurveyLine.unit).in_(units)))
        session.add_all(SurveyLine(**line.model_dump()) for line in lines)


def drop_survey(rows: Rows, unit: str) -> None:
    """Take away the lines of a unit."""
    with rows.change() as session:
        session.execute(sa.delete(SurveyLine).where(col(SurveyLine.unit) == unit))
