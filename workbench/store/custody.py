"""Folders, shares and withdrawals of records: each change with its event, all kept or nothing.

Nothing moves on the disk: a record lies in a folder because a row says so.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from workbench.errors import NotAllowedError, NotReadyError, StaleDocumentError
from workbench.model import (
    Card,
    CustodyAct,
    CustodyEvent,
    Document,
    Filing,
    Receipt,
    RecordFolder,
    Share,
    Sight,
)
from workbench.store.rows import Rows

DEEPEST = 12  # folders in folders; more is lost on every screen


class Custody(Rows):
    """Where records are filed and to whom they are shown. Rights are the caller's affair."""

    # --- asked ---------------------------------------------------------------------------------

    def record_folder(self, key: str) -> RecordFolder | None:
        return self._one(RecordFolder, key)

    def record_folders(self, *, unit: str = "", person: str = "") -> list[RecordFolder]:
        """The folders of one owner that are in use."""
        return self._all(select(RecordFolder).where(*_owned(unit, person)))

    def filed(self, *, unit: str = "", person: str = "") -> dict[str, int]:
        """Folder -> how many records lie right in it."""
        query = (
            sa.select(col(Filing.folder), sa.func.count())
            .where(col(Filing.unit) == unit, col(Filing.person) == person)
            .group_by(col(Filing.folder))
        )
        with Session(self._looking) as session:
            return {folder: int(n) for folder, n in session.execute(query).all()}

    def filings(self, document: str) -> list[Filing]:
        return self._all(select(Filing).where(col(Filing.document) == document))

    def share(self, key: str) -> Share | None:
        return self._one(Share, key)

    def shares(
        self, *, document: str = "", folder: str = "", by: str = "", unit: str = ""
    ) -> list[Share]:
        """What was shared, the newest first; by whom, or in whose name."""
        query = select(Share).order_by(col(Share.at).desc(), col(Share.id))
        for column, value in (
            (Share.document, document), (Share.folder, folder), (Share.by, by), (Share.unit, unit),
        ):  # fmt: skip
            if value:
                query = query.where(col(column) == value)
        return self._all(query)

    def shares_with(self, sight: Sight) -> list[Share]:
        """What is shared with this person or their unit at this moment, the newest first."""
        query = select(Share).where(*live(sight)).order_by(col(Share.at).desc(), col(Share.id))
        return self._all(query)

    def custody_events(self, *, document: str = "", folder: str = "") -> list[CustodyEvent]:
        """What was done with a record or a folder, the oldest first."""
        owner, key = (
            (CustodyEvent.document, document) if document else (CustodyEvent.folder, folder)
        )
        return self._all(
            select(CustodyEvent).where(col(owner) == key).order_by(col(CustodyEvent.id))
        )

    def opened_since(self, document: str, *, by: str, at: datetime) -> bool:
        """Whether this person has opened the record since then."""
        query = select(CustodyEvent.id).where(
            col(CustodyEvent.document) == document,
            col(CustodyEvent.act) == CustodyAct.OPENED,
            col(CustodyEvent.by) == by,
            col(CustodyEvent.at) > at,
        )
        return bool(self._all(query.limit(1)))

    # --- folders -------------------------------------------------------------------------------

    def make_folder(self, folder: RecordFolder) -> RecordFolder:
        """Raises NotReadyError for a name that is taken, no such parent, or too deep."""
        with self.change() as session:
            there = _locked(session, folder.unit, folder.person)
            _may_stand(there, folder.id, folder.name, folder.parent)
            session.add(folder)
            session.add(
                _event(CustodyAct.FOLDER_MADE, folder, folder.by, folder.at, to=folder.parent)
            )
            return folder

    def rename_folder(self, key: str, name: str, *, by: str, at: datetime) -> None:
        with self.change() as session:
            folder, there = _folder(session, key)
            _may_stand(there, key, name, folder.parent)
            session.add(_event(CustodyAct.FOLDER_RENAMED, folder, by, at, before=folder.name))
            folder.name = name
            session.add(folder)

    def move_folder(self, key: str, parent: str, *, by: str, at: datetime, may_share: bool) -> None:
        """Put a folder with all that lies in it below another one; `parent` empty: to the top.

        Raises NotReadyError where it would lie in itself, NotAllowedError where what lies in it
        would come to be shared and `may_share` is not given.
        """
        with self.change() as session:
            folder, there = _folder(session, key)
            if key in _above(there, parent):
                raise NotReadyError(
                    "A folder cannot lie in itself or in a folder below it.",
                    "Choose another folder.",
                )
            _may_stand(there, key, folder.name, parent)
            if not may_share:
                _nobody_looks_in(session, there, parent, at)
            session.add(
                _event(CustodyAct.FOLDER_MOVED, folder, by, at, before=folder.parent, to=parent)
            )
            folder.parent = parent
            session.add(folder)

    def close_folder(self, key: str, *, by: str, at: datetime) -> None:
        """Take an empty folder out of use. Raises NotReadyError while something lies in it."""
        with self.change() as session:
            folder, there = _folder(session, key)
            filed = session.exec(select(Filing.id).where(col(Filing.folder) == key).limit(1)).all()
            if filed or any(other.parent == key for other in there.values()):
                raise NotReadyError(
                    "There is still something in this folder.", "Move what lies in it first."
                )
            folder.closed = True
            session.add(folder)
            session.add(_event(CustodyAct.FOLDER_CLOSED, folder, by, at))

    def file_record(
        self,
        document: str,
        folder: str,
        *,
        unit: str = "",
        person: str = "",
        by: str,
        at: datetime,
        may_share: bool,
    ) -> None:
        """Lay a record into a folder of this owner, out of where it lay; `folder` empty: into none.

        Raises NotReadyError where the owner has no such folder, NotAllowedError as `move_folder`.
        """
        with self.change() as session:
            there = _locked(session, unit, person)
            if folder and folder not in there:
                raise NotReadyError("There is no such folder.", "Open the list of folders again.")
            if not may_share:
                _nobody_looks_in(session, there, folder, at)
            lies = session.exec(
                select(Filing).where(
                    col(Filing.document) == document,
                    col(Filing.unit) == unit,
                    col(Filing.person) == person,
                )
            ).first()
            before = lies.folder if lies else ""
            if before == folder:
                return
            if lies is not None:
                session.delete(lies)
                session.flush()  # one record lies in one folder of an owner: first out, then in
            if folder:
                session.add(Filing(document=document, folder=folder, unit=unit, person=person))
            session.add(
                CustodyEvent(
                    act=CustodyAct.FILED if folder else CustodyAct.TAKEN_OUT,
                    document=document,
                    folder=folder or before,
                    by=by,
                    at=at,
                    about={
                        "from": there[before].name if before in there else "",
                        "to": there[folder].name if folder else "",
                    },
                )
            )

    # --- shares --------------------------------------------------------------------------------

    def add_share(self, share: Share) -> Share:
        """Keep a share. Raises NotReadyError where its folder is not in use any more."""
        with self.change() as session:
            if share.folder:
                _folder(session, share.folder)
            session.add(share)
            session.add(_share_event(CustodyAct.SHARED, share, share.by, share.at, share.why))
            return share

    def revoke(self, key: str, *, by: str, at: datetime, why: str = "") -> Share:
        """End a share now. Raises StaleDocumentError where somebody has done so."""
        with self.change() as session:
            done = session.execute(
                sa.update(Share)
                .where(col(Share.id) == key, col(Share.revoked_at).is_(None))
                .values(revoked_by=by, revoked_at=at)
            )
            share = session.get(Share, key, populate_existing=True)
            if not done.rowcount or share is None:  # type: ignore[attr-defined]
                raise StaleDocumentError(
                    "This share is over already.", "Open the list again; it shows what holds."
                )
            session.add(_share_event(CustodyAct.REVOKED, share, by, at, why))
            return share

    # --- records -------------------------------------------------------------------------------

    def note_custody(
        self, act: CustodyAct, document: str, *, by: str, at: datetime, **about: Any
    ) -> None:
        self.add(CustodyEvent(act=act, document=document, by=by, at=at, about=about))

    def mark_withdrawn(
        self, document: str, receipt: Receipt, *, by: str, at: datetime, why: str
    ) -> None:
        """Note that a record was withdrawn, as the repository keeps it under `receipt`."""
        values = {"withdrawn_at": at, "withdrawn_by": by, "withdrawn_why": why}
        self._mark(CustodyAct.WITHDRAWN, document, receipt, by, at, why, values)

    def mark_restored(
        self, document: str, receipt: Receipt, *, by: str, at: datetime, why: str
    ) -> None:
        """Note that it is there again, and due: its seal may have got new proof meanwhile."""
        values = {"withdrawn_at": None, "withdrawn_by": "", "withdrawn_why": ""}
        self._mark(CustodyAct.RESTORED, document, receipt, by, at, why, values)

    def _mark(
        self,
        act: CustodyAct,
        document: str,
        receipt: Receipt,
        by: str,
        at: datetime,
        why: str,
        values: dict[str, Any],
    ) -> None:
        stands = col(Card.withdrawn_at)
        guard = stands.is_(None) if act is CustodyAct.WITHDRAWN else stands.is_not(None)
        with self.change() as session:
            done = session.execute(
                sa.update(Card)
                .where(col(Card.document) == document, guard)
                .values(version=receipt.version, at=receipt.at, **values)
            )
            if not done.rowcount:  # type: ignore[attr-defined]
                raise StaleDocumentError(
                    "Somebody else has withdrawn or restored this record meanwhile.",
                    "Open it again; what stands now is shown.",
                )
            if act is CustodyAct.RESTORED:
                session.execute(
                    sa.update(Document)
                    .where(col(Document.id) == document, col(Document.pdf_digest).is_not(None))
                    .values(proof_due=at)
                )
            known = select(Receipt.id).where(
                col(Receipt.repository) == receipt.repository,
                col(Receipt.package_digest) == receipt.package_digest,
            )
            if session.exec(known).first() is None:
                session.add(receipt)
            session.add(
                CustodyEvent(
                    act=act, document=document, by=by, at=at, why=why,
                    about={"version": receipt.version},
                )
            )  # fmt: skip


def live(sight: Sight) -> list[Any]:
    """That a share reaches the one who looks, at this moment."""
    to = [col(Share.to_person) == sight.person]
    if sight.unit:
        to.append(col(Share.to_unit) == sight.unit)
    return [sa.or_(*to), *_holds(sight.at)]


def _holds(at: datetime) -> list[Any]:
    return [
        col(Share.revoked_at).is_(None),
        sa.or_(col(Share.until).is_(None), col(Share.until) > at),
    ]


def _owned(unit: str, person: str) -> list[Any]:
    return [
        col(RecordFolder.unit) == unit,
        col(RecordFolder.person) == person,
        col(RecordFolder.closed).is_(False),
    ]


def _locked(session: Session, unit: str, person: str) -> dict[str, RecordFolder]:
    """The owner's folders, held until the change is kept: nobody else moves one meanwhile."""
    query = (
        select(RecordFolder)
        .where(*_owned(unit, person))
        .order_by(col(RecordFolder.id))
        .with_for_update()
    )
    return {folder.id: folder for folder in session.exec(query).all()}


def _folder(session: Session, key: str) -> tuple[RecordFolder, dict[str, RecordFolder]]:
    found = session.get(RecordFolder, key)
    there = _locked(session, found.unit, found.person) if found else {}
    if key not in there:
        raise NotReadyError("There is no such folder.", "Open the list of folders again.")
    return there[key], there


def _above(there: dict[str, RecordFolder], key: str) -> list[str]:
    """The folder and all that it lies in, up to the top."""
    way: list[str] = []
    while key and key in there and key not in way:
        way.append(key)
        key = there[key].parent
    return way


def _may_stand(there: dict[str, RecordFolder], key: str, name: str, parent: str) -> None:
    if parent and parent not in there:
        raise NotReadyError("There is no such folder.", "Open the list of folders again.")
    beside = [f for f in there.values() if f.parent == parent and f.id != key]
    if any(other.name.casefold() == name.casefold() for other in beside):
        raise NotReadyError(
            "There is a folder of this name already.", "Choose another name, or use that one."
        )
    if len(_above(there, parent)) + _height(there, key) > DEEPEST:
        raise NotReadyError(
            "Folders cannot lie deeper than {n} in one another.",
            "Choose a folder nearer to the top.",
            n=DEEPEST,
        )


def _height(there: dict[str, RecordFolder], key: str) -> int:
    """How many folders lie in one another from this one down, itself among them."""
    below = [f.id for f in there.values() if f.parent == key and f.id != key]
    return 1 + max((_height(there, other) for other in below), default=0) if below else 1


def _nobody_looks_in(
    session: Session, there: dict[str, RecordFolder], key: str, at: datetime
) -> None:
    """Raise NotAllowedError where the folder, or one above it, is shared: moving would share."""
    way = _above(there, key)
    if not way:
        return
    query = select(Share.id).where(col(Share.folder).in_(way), *_holds(at)).limit(1)
    if session.exec(query).first() is not None:
        raise NotAllowedError(
            "This folder is shared: what you move there would be shared with it.",
            "Ask somebody who may share records to do it, or choose another folder.",
        )


def _event(
    act: CustodyAct, folder: RecordFolder, by: str, at: datetime, **about: str
) -> CustodyEvent:
    return CustodyEvent(
        act=act, folder=folder.id, by=by, at=at, about={"name": folder.name, **about}
    )


def _share_event(act: CustodyAct, share: Share, by: str, at: datetime, why: str) -> CustodyEvent:
    return CustodyEvent(
        act=act,
        document=share.document,
        folder=share.folder,
        by=by,
        at=at,
        why=why,
        about={
            "share": share.id,
            "to_person": share.to_person,
            "to_unit": share.to_unit,
            "until": share.until.isoformat() if share.until else "",
        },
    )
