"""Who may see which record of the repository, where it is filed, with whom it is shared.

Denied by default. A duty shows somebody the records of their own unit, a share what it names, and
nothing else is there for them: it cannot be found, opened, or had by its address. Every act leaves
a row that says who, when and why; nothing here moves on the disk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from workbench import vietnamese
from workbench.errors import NotAllowedError, NotReadyError
from workbench.flow.people import account
from workbench.flow.work import Work
from workbench.model import (
    Card,
    CustodyAct,
    CustodyEvent,
    Document,
    Filing,
    KeptVersion,
    Person,
    RecordFolder,
    Role,
    Share,
    Sight,
    Stage,
    now,
)

# Who may be shown what a paper says at all.
READERS = frozenset({Role.REVIEWER, Role.DESIGNER, Role.APPROVER, Role.MANAGER})
# Whose duty shows them every record of their unit, and lets them file it.
_KEEPERS = frozenset({Role.REVIEWER, Role.APPROVER, Role.MANAGER})
_SHARERS = frozenset({Role.APPROVER, Role.MANAGER})
_WITHDRAWERS = frozenset({Role.APPROVER})

_ONE_OPENING = timedelta(minutes=10)  # a page that is drawn again is no second opening
_LONGEST_NAME = 120
_HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


@dataclass(frozen=True, slots=True)
class Rights:
    """What a person may do with a record that they see."""

    file_in_unit: bool
    share: bool
    withdraw: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """A record as it lies before somebody, with its histories, the oldest first."""

    card: Card
    document: Document
    rights: Rights
    versions: tuple[KeptVersion, ...]
    events: tuple[CustodyEvent, ...]
    filings: tuple[Filing, ...]
    shares: tuple[Share, ...]  # the newest first; none for who may not share


# --- who sees what -----------------------------------------------------------------------------


def sight(work: Work, by: str, *, at: datetime | None = None) -> Sight:
    """How far somebody sees at this moment. Raises NotAllowedError for who may read no paper."""
    person = account(work, by)
    if not _has(person, READERS):
        raise NotAllowedError(
            "Your account does not have this right.", "Ask the administrator for it."
        )
    return _sight(person, at or now())


def open_record(work: Work, document: str, *, by: str) -> Opened:
    """Open a record, and note it. Raises NotAllowedError as if it were not there."""
    seen, person = sight(work, by), account(work, by)
    card = _card(work, document, seen)
    found = work.store.document(document)
    assert found is not None  # noqa: S101 - a card is made of one
    if not work.store.opened_since(document, by=by, at=seen.at - _ONE_OPENING):
        work.store.note_custody(CustodyAct.OPENED, document, by=by, at=seen.at)
    rights = rights_over(person, card.unit)
    mine = [f for f in work.store.filings(document) if _owns(person, f.unit, f.person)]
    receipts = work.store.receipts(document)
    return Opened(
        card=card,
        document=found,
        rights=rights,
        versions=work.repository.versions(receipts[-1].object_id) if receipts else (),
        events=tuple(
            event
            for event in work.store.custody_events(document=document)
            if _is_told(work, event, person, rights)
        ),
        filings=tuple(mine),
        shares=tuple(work.store.shares(document=document)) if rights.share else (),
    )


def hand_out(work: Work, document: str, *, by: str) -> str:
    """The digest of the signed file, for who may have it; that it was had is noted.

    Raises NotAllowedError as if it were not there.
    """
    digest = sealed_file(work, document, by=by)
    found = work.store.document(document)
    if found is not None and found.stage is Stage.EXPORTED:
        work.store.note_custody(CustodyAct.DOWNLOADED, document, by=by, at=now())
    return digest


def sealed_file(work: Work, document: str, *, by: str) -> str:
    """The digest of the signed file, to be shown. Raises as `hand_out`."""
    seen = sight(work, by)
    found = work.store.document(document)
    if found is None or found.pdf_digest is None or work.store.is_hidden(document, seen):
        raise _not_there()
    return found.pdf_digest


def must_see(work: Work, document: str, *, by: str) -> None:
    """Raise NotAllowedError for a record of the repository that is not there for this person.

    What has not come into the repository yet is work in hand, and not this module's affair.
    """
    if work.store.is_hidden(document, _sight_or_none(work, by)):
        raise _not_there()


def kept_of(person: Person) -> str:
    """The unit whose records a duty shows this person; empty: none."""
    return person.unit or "" if _has(person, _KEEPERS) else ""


def may_see_image(work: Work, digest: str, *, by: str) -> bool:
    """Whether an image of a page may be shown to this person, as far as the repository cares."""
    return not work.store.hidden_image(digest, _sight_or_none(work, by))


def rights_over(person: Person, unit: str) -> Rights:
    """What somebody may do with the records of a unit: only their own, by duty."""
    own = bool(person.unit) and person.unit == unit
    return Rights(
        file_in_unit=own and _has(person, _KEEPERS),
        share=own and _has(person, _SHARERS),
        withdraw=own and _has(person, _WITHDRAWERS),
    )


# --- folders -----------------------------------------------------------------------------------


def folders(work: Work, *, by: str, own: bool) -> tuple[RecordFolder, ...]:
    """A person's own folders, or those of their unit, as they lie in one another, in order."""
    person = account(work, by)
    sight(work, by)
    if own:
        found = work.store.record_folders(person=person.name)
    elif person.unit and _has(person, _KEEPERS):
        found = work.store.record_folders(unit=person.unit)
    else:
        return ()
    return tuple(_in_order(found))


def depths(found: tuple[RecordFolder, ...]) -> Mapping[str, int]:
    """How many folders each one lies in."""
    depth: dict[str, int] = {}
    for folder in found:  # a folder stands before those that lie in it
        depth[folder.id] = depth.get(folder.parent, -1) + 1
    return depth


def make_folder(work: Work, name: str, *, by: str, own: bool, parent: str = "") -> RecordFolder:
    """Make a folder, of one's own or of one's unit."""
    person = account(work, by)
    sight(work, by)
    unit = "" if own else _keeps(person)
    return work.store.make_folder(
        RecordFolder(
            name=_called(name), parent=parent, unit=unit, person=person.name if own else "", by=by
        )
    )


def rename_folder(work: Work, folder: str, name: str, *, by: str) -> None:
    _my_folder(work, folder, by)
    work.store.rename_folder(folder, _called(name), by=by, at=now())


def move_folder(work: Work, folder: str, parent: str, *, by: str) -> None:
    """Put a folder below another of the same owner; `parent` empty: to the top."""
    person, _ = _my_folder(work, folder, by)
    work.store.move_folder(folder, parent, by=by, at=now(), may_share=_has(person, _SHARERS))


def close_folder(work: Work, folder: str, *, by: str) -> None:
    """Take an empty folder out of use; what was done with it stays told."""
    _my_folder(work, folder, by)
    work.store.close_folder(folder, by=by, at=now())


def file_record(work: Work, document: str, folder: str, *, by: str, own: bool) -> None:
    """Lay a record into a folder of one's own or of one's unit; `folder` empty: out of it."""
    seen, person = sight(work, by), account(work, by)
    card = _card(work, document, seen)
    if not own and not rights_over(person, card.unit).file_in_unit:
        raise NotAllowedError(
            "Only its own unit files a record in the folders of the unit.",
            "Use a folder of your own.",
        )
    work.store.file_record(
        document,
        folder,
        unit="" if own else card.unit,
        person=person.name if own else "",
        by=by,
        at=seen.at,
        may_share=_has(person, _SHARERS),
    )


# --- shares ------------------------------------------------------------------------------------


def share(
    work: Work,
    *,
    by: str,
    document: str = "",
    folder: str = "",
    to_person: str = "",
    to_unit: str = "",
    until: date | None = None,
    why: str = "",
) -> Share:
    """Let a person or a unit see a record, or a folder of one's unit and all that lies in it.

    It holds through the day `until`, or till it is revoked. Raises NotAllowedError for who may not
    share it, NotReadyError where it is not said to whom, or that day is over.
    """
    person = account(work, by)
    unit = _shared_of(work, person, document, folder)
    if not unit or not rights_over(person, unit).share:
        raise NotAllowedError(
            "Only an approver or a manager of its unit shares a record.",
            "Ask one of them to share it.",
        )
    if document and folder:
        raise NotReadyError("Share a record or a folder, not both at once.")
    _check_receiver(work, person, to_person, to_unit)
    at = now()
    ends = _end_of(until)
    if ends is not None and ends <= at:
        raise NotReadyError("This day is over.", "Choose today or a later day.")
    return work.store.add_share(
        Share(
            document=document,
            folder=folder,
            unit=unit,
            to_person=to_person,
            to_unit=to_unit,
            until=ends,
            why=vietnamese.nfc(why),
            by=by,
            at=at,
        )
    )


def revoke(work: Work, key: str, *, by: str, why: str = "") -> Share:
    """End a share now: who gave it may, and who may share for that unit."""
    person = account(work, by)
    found = work.store.share(key)
    if found is None or not (found.by == by or rights_over(person, found.unit).share):
        raise NotAllowedError(
            "There is no share of yours of this name.", "Open the list of shares again."
        )
    return work.store.revoke(key, by=by, at=now(), why=vietnamese.nfc(why))


def shared_by(work: Work, *, by: str) -> tuple[Share, ...]:
    """What this person shared, and where they may share, what others of the unit did."""
    person = account(work, by)
    mine = {share.id: share for share in work.store.shares(by=by)}
    if person.unit and rights_over(person, person.unit).share:
        mine |= {share.id: share for share in work.store.shares(unit=person.unit)}
    return tuple(sorted(mine.values(), key=lambda share: share.at, reverse=True))


def shared_with(work: Work, *, by: str) -> tuple[Share, ...]:
    """What others share with this person, or with their unit, at this moment."""
    return tuple(work.store.shares_with(sight(work, by)))


def holds(share: Share, at: datetime) -> bool:
    """Whether a share lets anybody in at this moment."""
    return share.revoked_at is None and (share.until is None or share.until > at)


# --- rules -------------------------------------------------------------------------------------


def _sight(person: Person, at: datetime) -> Sight:
    return Sight(person.name, person.unit or "", _has(person, _KEEPERS), at)


def _sight_or_none(work: Work, by: str) -> Sight | None:
    person = work.store.person(by)
    if person is None or not person.active or not _has(person, READERS):
        return None
    return _sight(person, now())


def _has(person: Person, roles: frozenset[Role]) -> bool:
    return any(role.value in person.roles for role in roles)


def _card(work: Work, document: str, seen: Sight) -> Card:
    card = work.store.card(document, seen)
    if card is None:
        raise _not_there()
    return card


def _not_there() -> NotAllowedError:
    # The same words whether it is not there or not for them: an address must not tell which.
    return NotAllowedError(
        "There is no such record for you in the repository.",
        "Ask its unit to share it with you.",
    )


def _keeps(person: Person) -> str:
    """The unit whose folders this person keeps."""
    if not person.unit or not _has(person, _KEEPERS):
        raise NotAllowedError(
            "Only reviewers, approvers and managers of a unit keep its folders.",
            "Use a folder of your own.",
        )
    return person.unit


def _owns(person: Person, unit: str, name: str) -> bool:
    if name:
        return name == person.name
    return bool(unit) and unit == person.unit and _has(person, _KEEPERS)


def _is_told(work: Work, event: CustodyEvent, person: Person, rights: Rights) -> bool:
    """Whether somebody who sees a record is told of this: not of folders and shares of others."""
    if event.by == person.name:
        return True
    if event.act in (CustodyAct.FILED, CustodyAct.TAKEN_OUT):
        folder = work.store.record_folder(event.folder)
        return folder is not None and _owns(person, folder.unit, folder.person)
    if event.act in (CustodyAct.SHARED, CustodyAct.REVOKED):
        to_them = event.about.get("to_person") == person.name
        to_theirs = bool(person.unit) and event.about.get("to_unit") == person.unit
        return rights.file_in_unit or to_them or to_theirs
    return True


def _my_folder(work: Work, key: str, by: str) -> tuple[Person, RecordFolder]:
    person = account(work, by)
    folder = work.store.record_folder(key)
    if folder is None or folder.closed or not _owns(person, folder.unit, folder.person):
        raise NotAllowedError("There is no such folder.", "Open the list of folders again.")
    return person, folder


def _shared_of(work: Work, person: Person, document: str, folder: str) -> str:
    """Whose a record or folder is that is to be shared; a person's own folders are theirs alone."""
    if folder:
        found = work.store.record_folder(folder)
        return found.unit if found and not found.closed else ""
    card = work.store.card(document, _sight(person, now()))
    if card is not None and card.withdrawn_at is not None:
        raise NotReadyError(
            "This record is withdrawn; it is shown to nobody outside its unit.",
            "Have it restored first.",
        )
    return card.unit if card else ""


def _check_receiver(work: Work, person: Person, to_person: str, to_unit: str) -> None:
    if bool(to_person) == bool(to_unit):
        raise NotReadyError("It is not said with whom to share.", "Choose one person or one unit.")
    if to_unit:
        if to_unit not in {unit.code for unit in work.store.units()}:
            raise NotReadyError(
                "There is no unit {unit}.", "Add it first, or name another one.", unit=to_unit
            )
        if to_unit == person.unit:
            raise NotReadyError("Your unit sees its records already.", "Choose another unit.")
        return
    other = work.store.person(to_person)
    if other is None or not other.active or not _has(other, READERS):
        raise NotReadyError(
            "This account may not read papers, so nothing can be shared with it.",
            "Choose another person.",
        )


def _end_of(until: date | None) -> datetime | None:
    """The first moment after that day in Viet Nam, UTC."""
    if until is None:
        return None
    return datetime.combine(until + timedelta(days=1), time(), _HANOI).astimezone(UTC)


def _called(name: str) -> str:
    plain = vietnamese.nfc(name)
    if not plain:
        raise NotReadyError("The folder needs a name.", "Write what lies in it.")
    if len(plain) > _LONGEST_NAME:
        raise NotReadyError(
            "The name is longer than {n} letters.", "Choose a shorter one.", n=_LONGEST_NAME
        )
    return plain


def _in_order(found: list[RecordFolder]) -> list[RecordFolder]:
    below: dict[str, list[RecordFolder]] = {}
    known = {folder.id for folder in found}
    for folder in found:
        below.setdefault(folder.parent if folder.parent in known else "", []).append(folder)
    ordered: list[RecordFolder] = []

    def add(parent: str) -> None:
        for folder in sorted(below.get(parent, ()), key=_by_name):
            ordered.append(folder)
            add(folder.id)

    add("")
    return ordered


def _by_name(folder: RecordFolder) -> Any:
    return vietnamese.sort_key(folder.name)
