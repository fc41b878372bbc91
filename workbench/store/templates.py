"""Templates as they are governed: drafts, where each version stands, and what was done with it.

Every guarded change is one transaction with its event; whoever comes second raises
StaleDocumentError and changed nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from workbench.errors import Sentence, StaleDocumentError
from workbench.model import (
    Document,
    Stage,
    TemplateAct,
    TemplateDraft,
    TemplateEvent,
    TemplateProof,
    TemplateStanding,
    TemplateState,
    TemplateVersion,
)
from workbench.store.rows import Rows


def authorised(rows: Rows) -> tuple[tuple[str, str, str], ...]:
    """What is read with at this moment: id, digest and signature of each, ordered by the id."""
    query = (
        sa.select(
            col(TemplateStanding.template),
            col(TemplateStanding.digest),
            col(TemplateStanding.signature),
        )
        .where(col(TemplateStanding.state) == TemplateState.AUTHORISED)
        .order_by(col(TemplateStanding.template))
    )
    with Session(rows.engine.execution_options(reading=True)) as session:
        return tuple((t, d, s) for t, d, s in session.execute(query).all())


def standing(rows: Rows, digest: str) -> TemplateStanding | None:
    with _looking(rows) as session:
        return session.get(TemplateStanding, digest)


def standings(rows: Rows, template: str | None = None) -> list[TemplateStanding]:
    """Where every version stands, the newest version first; of one template, or of all."""
    query = select(TemplateStanding).order_by(
        col(TemplateStanding.template),
        col(TemplateStanding.version).desc(),
        col(TemplateStanding.submitted_at).desc(),
        col(TemplateStanding.digest),
    )
    if template is not None:
        query = query.where(col(TemplateStanding.template) == template)
    with _looking(rows) as session:
        return list(session.exec(query).all())


def draft(rows: Rows, key: str) -> TemplateDraft | None:
    with _looking(rows) as session:
        return session.get(TemplateDraft, key)


def drafts(rows: Rows, template: str | None = None, *, closed: bool = False) -> list[TemplateDraft]:
    """The drafts that are drawn on, the one changed last first; with `closed` those done too."""
    query = select(TemplateDraft).order_by(
        col(TemplateDraft.changed_at).desc(), col(TemplateDraft.id)
    )
    if template is not None:
        query = query.where(col(TemplateDraft.template) == template)
    if not closed:
        query = query.where(col(TemplateDraft.closed_at).is_(None))
    with _looking(rows) as session:
        return list(session.exec(query).all())


def events(
    rows: Rows, template: str | None = None, *, act: TemplateAct | None = None, limit: int = 500
) -> list[TemplateEvent]:
    """What was done, or tried and refused; the newest first."""
    query = select(TemplateEvent).order_by(col(TemplateEvent.id).desc()).limit(limit)
    if template is not None:
        query = query.where(col(TemplateEvent.template) == template)
    if act is not None:
        query = query.where(col(TemplateEvent.act) == act)
    with _looking(rows) as session:
        return list(session.exec(query).all())


def was_refused(rows: Rows, digest: str, told: Sentence) -> bool:
    """Whether it was recorded before that this text was refused, in these words."""
    query = select(TemplateEvent).where(
        col(TemplateEvent.digest) == digest, col(TemplateEvent.act) == TemplateAct.REFUSED
    )
    with _looking(rows) as session:
        return any(event.told == told.as_json() for event in session.exec(query))


def newest_proof(rows: Rows, digest: str) -> TemplateProof | None:
    """How exactly this text did on the examples, when it was last tested."""
    query = (
        select(TemplateProof)
        .where(col(TemplateProof.digest) == digest)
        .order_by(col(TemplateProof.at).desc(), col(TemplateProof.id))
        .limit(1)
    )
    with _looking(rows) as session:
        return session.exec(query).first()


def read_with_others(
    rows: Rows, template: str, digest: str, stages: Sequence[Stage], *, limit: int
) -> list[Document]:
    """Documents of this kind at these stages that another text than this one read; oldest first."""
    query = (
        select(Document)
        .where(
            col(Document.kind) == template,
            col(Document.stage).in_(stages),
            col(Document.template_digest) != digest,
        )
        .order_by(col(Document.created_at), col(Document.number), col(Document.id))
        .limit(limit)
    )
    with _looking(rows) as session:
        return list(session.exec(query).all())


def _looking(rows: Rows) -> Session:
    return Session(rows.engine.execution_options(reading=True), expire_on_commit=False)


# --- drafts ------------------------------------------------------------------------------------


def save(
    rows: Rows, key: str, source: bytes, *, authors: Sequence[str], revision: int, at: datetime
) -> TemplateDraft:
    """Keep what a draft says now; the last of `authors` changed it. StaleDocumentError."""
    with rows.change() as session:
        done = session.execute(
            sa.update(TemplateDraft)
            .where(
                col(TemplateDraft.id) == key,
                col(TemplateDraft.revision) == revision,
                col(TemplateDraft.closed_at).is_(None),
                col(TemplateDraft.submitted) == "",
            )
            .values(
                source=source,
                revision=revision + 1,
                by=authors[-1],
                authors=sorted(set(authors)),
                changed_at=at,
            )
        )
        if not done.rowcount:  # type: ignore[attr-defined]
            raise StaleDocumentError(
                "Somebody else changed this draft while you drew on it.",
                "Open it again; what you drew was not kept.",
            )
        return session.get_one(TemplateDraft, key)


def drop(rows: Rows, seen: TemplateDraft, event: TemplateEvent) -> None:
    """Give a draft up. StaleDocumentError where it changed, or waits for a decision."""
    with rows.change() as session:
        _advance(session, seen, closed_at=event.at)
        session.add(event)


def submit(
    rows: Rows,
    seen: TemplateDraft,
    version: TemplateVersion,
    waiting: TemplateStanding,
    event: TemplateEvent,
) -> TemplateStanding:
    """Keep the text of a draft for ever, to be decided on. StaleDocumentError."""
    with rows.change() as session:
        _advance(session, seen, submitted=version.digest)
        if session.get(TemplateVersion, version.digest) is None:
            session.add(version)
        before = session.get(TemplateStanding, waiting.digest, with_for_update=True)
        if before is not None and before.state is not TemplateState.RETURNED:
            raise _too_late()
        kept = session.merge(waiting)
        session.add(event)
        session.flush()
        return kept


def _advance(session: Session, seen: TemplateDraft, **changes: object) -> None:
    """Change a draft that is as it was seen and waits for nobody."""
    done = session.execute(
        sa.update(TemplateDraft)
        .where(
            col(TemplateDraft.id) == seen.id,
            col(TemplateDraft.revision) == seen.revision,
            col(TemplateDraft.closed_at).is_(None),
            col(TemplateDraft.submitted) == "",
        )
        .values(revision=seen.revision + 1, **changes)
    )
    if not done.rowcount:  # type: ignore[attr-defined]
        raise StaleDocumentError(
            "Somebody else changed this draft while you drew on it.",
            "Open it again, then go on.",
        )


# --- decisions ---------------------------------------------------------------------------------


def authorise(
    rows: Rows, digest: str, *, signature: str, signed_as: str, event: TemplateEvent
) -> TemplateStanding:
    """Let a submitted version be read with, and retire the one that it was drawn from.

    Raises StaleDocumentError where it waits no longer, or another version came into use meanwhile.
    """
    try:
        with rows.change() as session:
            waiting = session.get(TemplateStanding, digest, with_for_update=True)
            if waiting is None or waiting.state is not TemplateState.SUBMITTED:
                raise _too_late()
            in_use = session.exec(
                select(TemplateStanding.digest).where(
                    col(TemplateStanding.template) == waiting.template,
                    col(TemplateStanding.state) == TemplateState.AUTHORISED,
                )
            ).first()
            if (in_use or "") != waiting.base:
                raise StaleDocumentError(
                    "Another version of this template came into use since this one was submitted.",
                    "Hand it back; its author draws it anew from the version in use.",
                )
            if in_use is not None:
                _change(
                    session,
                    in_use,
                    TemplateState.AUTHORISED,
                    state=TemplateState.RETIRED,
                    retired_by=event.by,
                    retired_at=event.at,
                )
            _change(
                session,
                digest,
                TemplateState.SUBMITTED,
                state=TemplateState.AUTHORISED,
                decided_by=event.by,
                decided_at=event.at,
                reason=event.reason,
                signature=signature,
                signed_as=signed_as,
            )
            session.execute(
                sa.update(TemplateDraft)
                .where(col(TemplateDraft.submitted) == digest)
                .values(submitted="", closed_at=event.at)
            )
            session.add(event)
            session.flush()
            session.expire_all()
            return session.get_one(TemplateStanding, digest)
    except sa.exc.IntegrityError as error:  # PostgreSQL: both got that far at once
        raise _too_late() from error


def hand_back(rows: Rows, digest: str, event: TemplateEvent) -> None:
    """A submitted version is not authorised; its draft goes on. StaleDocumentError."""
    with rows.change() as session:
        _change(
            session,
            digest,
            TemplateState.SUBMITTED,
            state=TemplateState.RETURNED,
            decided_by=event.by,
            decided_at=event.at,
            reason=event.reason,
        )
        session.execute(
            sa.update(TemplateDraft)
            .where(col(TemplateDraft.submitted) == digest)
            .values(submitted="")
        )
        session.add(event)


def retire(rows: Rows, digest: str, event: TemplateEvent) -> None:
    """Nothing is read with an authorised version any more. StaleDocumentError."""
    with rows.change() as session:
        _change(
            session,
            digest,
            TemplateState.AUTHORISED,
            state=TemplateState.RETIRED,
            retired_by=event.by,
            retired_at=event.at,
        )
        session.add(event)


def _change(
    session: Session, digest: str, seen: TemplateState, *, state: TemplateState, **more: object
) -> None:
    done = session.execute(
        sa.update(TemplateStanding)
        .where(col(TemplateStanding.digest) == digest, col(TemplateStanding.state) == seen)
        .values(state=state, **more)
    )
    if not done.rowcount:  # type: ignore[attr-defined]
        raise _too_late()


# --- what comes with the workbench ---------------------------------------------------------------


def enrol(rows: Rows, version: TemplateVersion, event: TemplateEvent) -> bool:
    """Put a version that comes with the workbench into use where people decided on none.

    False where nothing was done.
    """
    try:
        with rows.change() as session:
            known = session.exec(
                select(TemplateStanding)
                .where(col(TemplateStanding.template) == version.template)
                .with_for_update()
            ).all()
            people = {one.decided_by for one in known} | {one.retired_by for one in known}
            if people - {"", event.by} or any(one.digest == version.digest for one in known):
                return False
            in_use = next((one for one in known if one.state is TemplateState.AUTHORISED), None)
            if in_use is not None:
                _change(
                    session,
                    in_use.digest,
                    TemplateState.AUTHORISED,
                    state=TemplateState.RETIRED,
                    retired_by=event.by,
                    retired_at=event.at,
                )
            if session.get(TemplateVersion, version.digest) is None:
                session.add(version)
            session.add(
                TemplateStanding(
                    digest=version.digest,
                    template=version.template,
                    version=version.version,
                    state=TemplateState.AUTHORISED,
                    base=in_use.digest if in_use else "",
                    decided_by=event.by,
                    decided_at=event.at,
                )
            )
            session.add(event)
            return True
    except sa.exc.IntegrityError:  # another process enrolled it at the same moment
        return False


def _too_late() -> StaleDocumentError:
    return StaleDocumentError(
        "Somebody else decided on this template while you looked at it.",
        "Look at it again, then decide.",
    )
