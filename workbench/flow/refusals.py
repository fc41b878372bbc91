"""What was tried with a template and is not allowed: kept with who tried, and told why."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from workbench.errors import NotAllowedError, WorkbenchError
from workbench.flow.work import Work
from workbench.model import TemplateAct, TemplateEvent

log = structlog.get_logger()


def refused(
    work: Work,
    act: str,
    template: str,
    *,
    by: str,
    error: WorkbenchError,
    digest: str = "",
    draft: str = "",
) -> None:
    """Record that `by` tried `act` (a `TemplateAct` or a `Right`) and why it was refused."""
    work.store.add(
        TemplateEvent(
            act=TemplateAct.REFUSED,
            template=template,
            digest=digest,
            draft=draft,
            by=by,
            told=error.message.as_json(),
            about={"tried": str(act)},
        )
    )
    log.warning("template.refused", template=template, tried=str(act), why=error.message.text)


@contextmanager
def recorded(
    work: Work, act: str, template: str, *, by: str, digest: str = "", draft: str = ""
) -> Iterator[None]:
    """Whatever is forbidden in here is recorded before it is told."""
    try:
        yield
    except NotAllowedError as error:
        refused(work, act, template, by=by, error=error, digest=digest, draft=draft)
        raise
