"""Whom a unit trusts: a folder of roots, intermediate certificates, CRLs and OCSP responses.

Everything is read from files that the unit put there; nothing is fetched. What kind a file is, its
content says; its name does not matter. The digest names the bundle that a verdict was given with.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from asn1crypto import crl, ocsp, pem
from asn1crypto import x509 as asn1_x509

from workbench.errors import SettingsError

_PEM_KINDS = ("CERTIFICATE", "X509 CRL", "OCSP RESPONSE")


@dataclass(frozen=True)
class Trust:
    """The roots whose word counts, the trial roots whose word counts only here, and proof."""

    anchors: tuple[bytes, ...] = ()  # DER
    trial: tuple[bytes, ...] = ()
    others: tuple[bytes, ...] = ()  # intermediate certificates: a way to a root, no trust by itself
    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()

    @classmethod
    def read(
        cls,
        anchors: Iterable[Path] = (),
        trial: Iterable[Path] = (),
        bundle: Path | None = None,
    ) -> Trust:
        """From files of certificates (PEM or DER), folders of them, and the unit's `bundle`.

        A trial root that is not there is no error. In a folder a certificate that names itself as
        its issuer is a root, any other is on the way to one; a file named by itself is a root.
        Raises SettingsError by name for what cannot be read.
        """
        named = [path for path in anchors if not path.is_dir()]
        folders = [path for path in anchors if path.is_dir()]
        if bundle is not None:
            if not bundle.is_dir():
                raise SettingsError(
                    "There is no folder {folder} with certificates to trust.",
                    "Make the folder, or correct WORKBENCH_TRUST.",
                    folder=bundle.name,
                )
            folders.append(bundle)
        held = [der for folder in folders for der in _in_folder(folder)]
        certificates = [der for der in held if _is_certificate(der)]
        return cls(
            anchors=tuple(
                dict.fromkeys(
                    [der for path in named for der in _certificates(path)]
                    + [der for der in certificates if _is_root(der)]
                )
            ),
            trial=tuple(der for path in trial if path.exists() for der in _certificates(path)),
            others=tuple(der for der in certificates if not _is_root(der)),
            crls=tuple(der for der in held if _is(crl.CertificateList, der)),
            ocsps=tuple(der for der in held if _is_answer(der)),
        )

    @property
    def digest(self) -> str:
        """SHA-256 over everything in it, in an order of its own: the same content, one digest."""
        total = sha256()
        for part in (self.anchors, self.trial, self.others, self.crls, self.ocsps):
            total.update(b"".join(sorted(sha256(der).digest() for der in part)) + b"|")
        return total.hexdigest()


def _in_folder(folder: Path) -> list[bytes]:
    held: list[bytes] = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.name.startswith("."):
            continue
        found = _ders(path)
        if any(not _known(der) for der in found) or not found:
            raise SettingsError(
                "{file} is no certificate, CRL or OCSP response.",
                "Keep nothing else in the folder of what is trusted.",
                file=path.name,
            )
        held += found
    return held


def _ders(path: Path) -> Sequence[bytes]:
    try:
        content = path.read_bytes()
        if not pem.detect(content):
            return (content,)
        return [der for kind, _, der in pem.unarmor(content, multiple=True) if kind in _PEM_KINDS]
    except (OSError, ValueError):
        return ()


def _known(der: bytes) -> bool:
    return _is_certificate(der) or _is(crl.CertificateList, der) or _is_answer(der)


def _is_certificate(der: bytes) -> bool:
    return _is(asn1_x509.Certificate, der)


def _is_answer(der: bytes) -> bool:
    """Whether an OCSP responder said something here; that it would not is no answer."""
    if not _is(ocsp.OCSPResponse, der):
        return False
    return bool(ocsp.OCSPResponse.load(der)["response_status"].native == "successful")


def _is(kind: type, der: bytes) -> bool:
    try:
        return kind.load(der, strict=True).native is not None  # type: ignore[attr-defined]
    except (ValueError, TypeError):
        return False


def _is_root(der: bytes) -> bool:
    certificate = asn1_x509.Certificate.load(der)
    return bool(certificate.issuer == certificate.subject)


def _certificates(path: Path) -> Sequence[bytes]:
    found = [der for der in _ders(path) if _is_certificate(der)]
    if not found:
        raise SettingsError(
            "{file} holds no certificate that can be read.",
            "Name a file with certificates in PEM or DER form.",
            file=path.name,
        )
    return found
