"""Sealing an archival PDF: prepare → what to sign → somebody's key → finish (PAdES B-B and B-T).

`prepare` and `finish` use no private key, so that a token, a remote service or a telephone that
answers minutes later can stand between them. What they do to the PDF itself is in `increment`:
`Growing(pdf).prepare(…) -> Prepared` with the digest to sign, and `embed(prepared, cms) -> bytes`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256

import structlog
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from workbench.catalogues.profiles import Corner, Level, Line, Profile
from workbench.errors import SigningError, WrongPinError
from workbench.model import Approved, Asked, Check, Sealing, Signed, SignedApart, Unsealed, now
from workbench.signing import remote
from workbench.signing.cades import Envelope
from workbench.signing.increment import UNSEEN, Growing, Prepared, SealField, embed
from workbench.signing.keys import Key, KeySource, check, common_name, is_trial
from workbench.signing.mark import Drawing, Rect, draw, iso
from workbench.signing.readiness import checks
from workbench.signing.rules import Rules

log = structlog.get_logger()

_ROOM_FOR_STAMP = 12_000  # bytes: a token with the certificates of its authority


class PadesSigner:
    """Signs with one key for as long as it lives; the key is opened at the first paper."""

    name = "pades"

    def __init__(
        self,
        keys: KeySource,
        *,
        rules: Rules | None = None,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._keys = keys
        self._rules = rules or Rules()
        self._clock = clock
        self._opened: tuple[Key, Envelope] | None = None
        self._refused: WrongPinError | None = None

    @property
    def common_name(self) -> str:
        """Who will have sealed, as the certificate says."""
        return common_name(self._open()[0].certificate)

    @property
    def trial(self) -> bool:
        """Whether the certificate is a trial's."""
        return is_trial(self._open()[0].certificate)

    @property
    def at_once(self) -> int:
        """How many papers one order to the key may carry."""
        return remote.at_once(self._open()[0])

    @property
    def asks(self) -> bool:
        """Whether somebody has to confirm each order elsewhere."""
        return isinstance(self._open()[0], remote.Confirmed)

    def checks(self, profile: str = "") -> tuple[Check, ...]:
        """What is asked before a batch is sealed by this profile. Raises SettingsError for none."""
        key, _ = self._open()
        asked = self._rules.profile(profile)
        return checks(key.certificate, key.chain, self._rules, asked, self._clock())

    def seals_of(self, profile: str) -> int:
        """How many signatures the profile asks for. Raises SettingsError for an unknown one."""
        return len(self._rules.profile(profile).seals)

    def sign(self, approved: Approved, pdf: bytes | None, sealing: Sealing = Sealing()) -> Signed:
        """Seal `pdf`, the rendition of what was approved, or the record itself where there is none.

        Waits for whoever has to confirm it. Raises SigningError.
        """
        unsealed = self.prepare(approved, pdf, sealing)
        return self.finish(unsealed, self._open()[0].sign(unsealed.to_sign))

    def prepare(
        self, approved: Approved, pdf: bytes | None, sealing: Sealing = Sealing()
    ) -> Unsealed:
        """All of a seal but the signature; `pdf` is None for a record without pages."""
        if approved.record.digest != approved.record_digest:
            raise SigningError(
                "Document {document} is not what was approved: its record changed afterwards.",
                "Have it approved again.",
                document=approved.record.document,
            )
        at = self._clock().replace(microsecond=0)
        key, envelope = self._open()
        check(key.certificate, at)
        named = _fingerprint(key.certificate)
        if pdf is None:
            content = approved.record.canonical()
            to_sign = envelope.attributes(sha256(content).digest(), at)
            return Unsealed(approved, content, None, to_sign, at, named)
        profile = self._rules.profile(sealing.profile)
        growing = Growing(pdf)
        free = next((seal for seal in profile.seals if not growing.fields.get(seal.field)), None)
        if free is None:
            raise SigningError(
                "Every signature of the profile {profile} is there already.",
                "Choose another profile.",
                profile=profile.id,
            )
        drawn = self._drawn(profile, key.certificate, sealing, at, growing.frame)
        prepared = growing.prepare(
            [
                SealField(seal.field, drawing.box(growing.frame) if drawing else UNSEEN)
                for seal, drawing in zip(profile.seals, drawn, strict=True)
            ],
            free.field,
            at=at,
            room=envelope.room + (_ROOM_FOR_STAMP if self._is_stamped(profile) else 0),
            reason=f"record sha256:{approved.record_digest}",
            drawing=drawn[profile.seals.index(free)],
        )
        to_sign = envelope.attributes(prepared.digest)
        return Unsealed(
            approved=approved,
            content=prepared.pdf,
            place=prepared.place,
            to_sign=to_sign,
            at=at,
            certificate=named,
            profile=profile.id,
            in_field=free.field,
            covered=prepared.digest,
        )

    def _drawn(
        self,
        profile: Profile,
        certificate: x509.Certificate,
        sealing: Sealing,
        at: datetime,
        frame: Rect,
    ) -> list[Drawing | None]:
        """What is seen of each seal of the profile, on a first page with these edges."""
        said = {
            Line.FORM: profile.form,
            Line.AGENCY: self._rules.agency,
            Line.NAME: common_name(certificate),
            Line.SIGNED_AT: iso(at),
            Line.SCANNED_AT: iso(sealing.scanned_at or at),
            Line.SYMBOL: profile.symbol,
        }
        alone = sum(seal.corner is not Corner.NONE for seal in profile.seals) < 2
        trial, stamp = is_trial(certificate), self._rules.stamp
        return [
            draw(seal, said, frame, trial=trial, alone=alone, stamp=stamp) for seal in profile.seals
        ]

    def _is_stamped(self, profile: Profile) -> bool:
        return self._rules.wanted(profile) > Level.B_B

    def order(
        self, papers: Mapping[str, Unsealed], *, transaction: str
    ) -> Mapping[str, bytes] | Asked:
        """Have the key sign these papers, each under its own name: signatures, or whom to wait for.

        `transaction` names the order where a service keeps it. Raises SigningError.
        """
        messages = {name: paper.to_sign for name, paper in papers.items()}
        return remote.order(self._open()[0], messages, transaction=transaction)

    def answer(self, code: str) -> Mapping[str, bytes] | None:
        """What came of an order that somebody has to confirm; None while they have not answered.

        Raises RefusedError and ExpiredError.
        """
        return remote.answer(self._open()[0], code)

    def finish(self, unsealed: Unsealed, signature: bytes) -> Signed:
        """The sealed paper, once the signature is found to be one over this very file."""
        key, envelope = self._open()
        approved, named = unsealed.approved, _fingerprint(key.certificate)
        if named != unsealed.certificate:
            raise SigningError(
                "The key has another certificate now than when the seal was prepared.",
                "Order the seal again.",
            )
        profile = self._rules.profile(unsealed.profile)
        content, place = unsealed.content, unsealed.place
        covered = unsealed.covered or _covered(content, place)
        envelope.check(unsealed.to_sign, signature, covered)
        stamp = b""
        if self._is_stamped(profile):
            stamp = self._rules.time_stamps.over(signature).beside
        message = envelope.close(unsealed.to_sign, signature, stamp)
        sealed = embed(Prepared(content, place, covered), message) if place else content
        trial = is_trial(key.certificate)
        log.info("document.signed", document=approved.record.document, trial=trial)
        return Signed(
            approved=approved,
            pdf=sealed,
            signer=common_name(key.certificate),
            certificate=named,
            signed_at=unsealed.at,
            level=str(Level.B_T if stamp else Level.B_B),
            trial=trial,
            beside=b"" if place else message,
            profile=profile.id if place else "",
            in_field=unsealed.in_field,
        )

    def sign_apart(self, content: bytes) -> SignedApart:
        """Sign any file beside itself. Waits for whoever has to confirm it. Raises SigningError."""
        at = self._clock().replace(microsecond=0)
        key, envelope = self._open()
        check(key.certificate, at)
        digest = sha256(content).digest()
        attributes = envelope.attributes(digest, at)
        signature = key.sign(attributes)
        envelope.check(attributes, signature, digest)
        return SignedApart(
            signature=envelope.close(attributes, signature),
            signer=common_name(key.certificate),
            certificate=_fingerprint(key.certificate),
            trial=is_trial(key.certificate),
            at=at,
        )

    def _open(self) -> tuple[Key, Envelope]:
        if self._refused is not None:
            raise self._refused  # a token locks itself when a wrong PIN is tried again
        if self._opened is None:
            try:
                key = self._keys.open()
            except WrongPinError as error:
                self._refused = error
                raise
            self._opened = key, Envelope(key.certificate, key.chain, remote.scheme(key))
        return self._opened


def _covered(content: bytes, place: tuple[int, int] | None) -> bytes:
    """The digest of all that a signature covers; it stood on a disk for as long as somebody took
    to confirm, and is held against what was confirmed."""
    if place is None:
        return sha256(content).digest()
    covered = sha256(memoryview(content)[: place[0]])
    covered.update(memoryview(content)[place[1] :])
    return covered.digest()


def _fingerprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(hashes.SHA256()).hex()
