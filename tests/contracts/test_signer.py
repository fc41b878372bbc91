"""What every signer keeps, whatever holds its key: one contract, run against each key source."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from PIL import Image

from tests import soft_token
from workbench import signing
from workbench.catalogues.profiles import profiles
from workbench.errors import SigningError
from workbench.model import Act, Approved, Record, SettledField
from workbench.rendition import RenditionPage, render
from workbench.seams import Signer
from workbench.signing import (
    PadesSigner,
    Pkcs11Keys,
    Pkcs12Keys,
    Rules,
    State,
    Trust,
    trial,
    verify,
)

NOON = datetime.now(UTC).replace(hour=5, minute=0, second=0, microsecond=0)
Made = tuple[Signer, Trust]
SEEN = Rules("Công an tỉnh Sóc Trăng", profiles(), "nd30-sao-y")


def approved() -> Approved:
    fields = (SettledField("so", "012/ĐKMD", "012/ĐKMD", Act.ACCEPT, None, None, "soat1"),)
    record = Record("d1", "con_dau", "con_dau@1", "0" * 64, ("1" * 64,), fields, "soat1", 3)
    return Approved(record, record.digest, "duyet1", NOON)


def pdf() -> bytes:
    out = BytesIO()
    Image.new("L", (1654, 2339), 250).save(out, "JPEG")
    page = RenditionPage(out.getvalue(), 1654, 2339, 200)
    return render(approved().record, [page], title="Giấy chứng nhận", at=NOON)


def with_intermediate(
    folder: Path, private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
) -> Made:
    """A key in PKCS#12 as a certification authority hands it out: root, intermediate, signer."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common)])
        for common in ("Root CA", "Intermediate CA", "Phòng Cảnh sát")
    ]
    chain = []
    for depth, (name, public) in enumerate(
        zip(names, [k.public_key() for k in (*keys, private)], strict=True)
    ):
        authority = depth < 2
        chain.append(
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(names[max(depth - 1, 0)])
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOON - timedelta(days=2))
            .not_valid_after(NOON + timedelta(days=400))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(
                x509.KeyUsage(
                    not authority, False, False, False, False, authority, authority, False, False
                ),
                critical=True,
            )
            .sign(keys[max(depth - 1, 0)], hashes.SHA256())
        )
    root, between, signer = chain
    locked = serialization.BestAvailableEncryption(b"secret")
    folder.mkdir(exist_ok=True)
    (folder / "signer.p12").write_bytes(
        pkcs12.serialize_key_and_certificates(b"x", private, signer, [between, root], locked)
    )
    (folder / "root.pem").write_bytes(root.public_bytes(serialization.Encoding.PEM))
    keys_here = Pkcs12Keys(folder / "signer.p12", "secret")
    return PadesSigner(keys_here), Trust.read([folder / "root.pem"])


def in_token(folder: Path, private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> Made:
    """The same in a token: key, its certificate and the intermediate's stand on it."""
    _, trusted = with_intermediate(folder, private)
    kept = pkcs12.load_pkcs12((folder / "signer.p12").read_bytes(), b"secret")
    assert kept.cert is not None
    held = [kept.cert.certificate, *(other.certificate for other in kept.additional_certs)]
    soft_token.make(folder.name, folder, private, held)
    return PadesSigner(Pkcs11Keys(soft_token.MODULE, folder.name, soft_token.PIN)), trusted


def by_curve_in_token(folder: Path) -> Made:
    return in_token(folder, ec.generate_private_key(ec.SECP256R1()))


def by_rsa_in_token(folder: Path) -> Made:
    return in_token(folder, rsa.generate_private_key(65537, 2048))


def by_trial(folder: Path) -> Made:
    made = trial.ensure(folder)
    return PadesSigner(made.keys()), signing.trust(folder)


def by_trial_seen(folder: Path) -> Made:
    return signing.trial_signer(folder, SEEN), signing.trust(folder)


def by_curve(folder: Path) -> Made:
    return with_intermediate(folder, ec.generate_private_key(ec.SECP256R1()))


def by_rsa(folder: Path) -> Made:
    return with_intermediate(folder, rsa.generate_private_key(65537, 3072))


@pytest.fixture(
    scope="module",
    params=[by_trial, by_trial_seen, by_curve, by_rsa, by_curve_in_token, by_rsa_in_token],
    ids=lambda f: f.__name__,
)
def made(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, tokens: None
) -> Made:
    make: Callable[[Path], Made] = request.param
    return make(tmp_path_factory.mktemp("keys"))


def test_never_a_byte_that_was_there_is_changed(made: Made) -> None:
    before = pdf()
    assert made[0].sign(approved(), before).pdf.startswith(before)


def test_what_is_sealed_is_found_intact(made: Made) -> None:
    signer, trust = made
    signed = signer.sign(approved(), pdf())

    verdict = verify(signed.pdf, trust)

    assert verdict.state is State.INTACT, verdict
    [told] = verdict.signatures
    assert (told.signer, told.certificate) == (signed.signer, signed.certificate)
    assert told.trial == signed.trial == (trial.TRIAL in signed.signer)
    assert told.at == signed.signed_at.replace(microsecond=0)
    assert signed.level == "B-B"
    assert signed.approved == approved()


def test_nobody_else_trusts_it_by_itself(made: Made) -> None:
    assert verify(made[0].sign(approved(), pdf()).pdf, Trust()).state is State.UNTRUSTED


def test_no_byte_of_the_signature_itself_can_be_changed(made: Made) -> None:
    """Also those that no signature covers: versions, names said twice, other certificates."""
    signer, trust = made
    sealed = signer.sign(approved(), pdf()).pdf
    start = sealed.rindex(b"/Contents <") + len(b"/Contents <")
    end = sealed.index(b"0" * 64, start)
    for place in range(start, end, 9):
        flipped = bytearray(sealed)
        flipped[place] = ord(f"{int(chr(sealed[place]), 16) ^ 1:x}")
        assert verify(bytes(flipped), trust).state is not State.INTACT, place - start


def test_another_program_calls_it_valid(made: Made, tmp_path: Path) -> None:
    """pdfsig of poppler-utils, which reads PDF and CMS with code that is not ours."""
    signer, _ = made
    signed = signer.sign(approved(), pdf())
    (tmp_path / "signed.pdf").write_bytes(signed.pdf)
    told = subprocess.run(
        ["pdfsig", "-nocert", tmp_path / "signed.pdf"], capture_output=True, check=False, text=True
    ).stdout
    assert "ETSI.CAdES.detached" in told
    assert "Total document signed" in told
    assert "Signature Validation: Signature is Valid." in told, told


def test_a_record_that_changed_after_approval_is_not_sealed(made: Made) -> None:
    changed = replace(approved(), record_digest="0" * 64)
    with pytest.raises(SigningError, match="not what was approved"):
        made[0].sign(changed, pdf())


def test_what_is_no_pdf_is_not_sealed(made: Made) -> None:
    with pytest.raises(SigningError, match="damaged"):
        made[0].sign(approved(), b"%PDF-1.7 nothing")
