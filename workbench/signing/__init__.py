"""Seals on archival PDFs: made with a key in a file, a token or a service, and verified again."""

from __future__ import annotations

import logging
from pathlib import Path

from workbench.signing import trial as trial_keys
from workbench.signing.bundle import Trust
from workbench.signing.csc import CscKeys
from workbench.signing.detached import sign_detached, verify_detached
from workbench.signing.keeper import SealKeeper
from workbench.signing.keys import HandedKeys, KeySource, Pkcs12Keys
from workbench.signing.pades import PadesSigner
from workbench.signing.remote import Service
from workbench.signing.rules import Rules
from workbench.signing.smartca import SmartCaKeys
from workbench.signing.stamping import TimeStamps
from workbench.signing.token import Pkcs11Keys
from workbench.signing.verdict import SignatureVerdict, State, Verdict, verify

__all__ = [
    "CscKeys",
    "HandedKeys",
    "KeySource",
    "PadesSigner",
    "Pkcs11Keys",
    "Pkcs12Keys",
    "Rules",
    "SealKeeper",
    "Service",
    "SignatureVerdict",
    "SmartCaKeys",
    "State",
    "TimeStamps",
    "Trust",
    "Verdict",
    "agency_signer",
    "sign_detached",
    "trial_keys",
    "trial_signer",
    "trust",
    "verify",
    "verify_detached",
]

# They write whole names of certificate holders into the log; what matters comes back as a Verdict.
for _talkative in ("pyhanko", "pyhanko_certvalidator"):
    logging.getLogger(_talkative).setLevel(logging.CRITICAL)


def trial_signer(folder: Path, rules: Rules | None = None) -> PadesSigner:
    """A signer with the trial key under `folder`, made at the first call. Raises SigningError."""
    return PadesSigner(trial_keys.ensure(folder).keys(), rules=rules)


def agency_signer(keys: KeySource, rules: Rules | None = None) -> PadesSigner:
    """A signer with the agency's own key, opened at the first paper."""
    return PadesSigner(keys, rules=rules)


def trust(folder: Path, anchors: tuple[Path, ...] = (), bundle: Path | None = None) -> Trust:
    """Trust in `anchors`, the unit's `bundle`, and the trial roots of this workbench if any.

    Raises SettingsError by name for what cannot be read.
    """
    return Trust.read(anchors, trial_keys.anchors(folder), bundle)
