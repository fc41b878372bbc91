"""What every signer keeps, whatever holds its key: one contract, run against each key source."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
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

from tests import csc_server, smartca_server, soft_token
from tests.smartca_server import Phone, Serving
from workbench import signing
from workbench.catalogues.profiles import profiles
from workbench.errors import SigningError
from workbench.model import Act, Approved, Asked, Record, SettledField
from workbench.rendition import RenditionPage, render
from workbench.seams import Signer
from workbench.signing import (
    CscKeys,
    PadesSigner,
    Pkcs11Keys,
    Pkcs12Keys,
    Rules,
    Service,
    SmartCaKeys,
    State,
    Trust,
    trial,
    verify,
    verify_detached,
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


_SERVING = ExitStack()  # services that one kind of key needs; closed when its tests are over


def by_csc(folder: Path, private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> Made:
    """In a service of the CSC API: certomancer's, behind a client's secret and a PIN."""
    csc = csc_server.serve(folder, private)
    _SERVING.callback(csc.close)
    service = Service(csc.url, csc_server.CLIENT, folder / "secret")
    return PadesSigner(CscKeys(service, csc.credential, csc_server.PIN)), Trust.read([csc.root])


def by_curve_in_csc(folder: Path) -> Made:
    return by_csc(folder, ec.generate_private_key(ec.SECP256R1()))


def by_rsa_in_csc(folder: Path) -> Made:
    return by_csc(folder, rsa.generate_private_key(65537, 2048))


def by_phone(folder: Path, private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> Made:
    """In a service whose owner confirms on a phone, at the second question."""
    _, trusted = with_intermediate(folder, private)
    kept = pkcs12.load_pkcs12((folder / "signer.p12").read_bytes(), b"secret")
    assert kept.cert is not None
    held = [kept.cert.certificate, *(other.certificate for other in kept.additional_certs)]
    phone = Phone(private, held, answers_itself=True)
    _SERVING.callback(Serving(phone).close)
    service = Service(phone.url, smartca_server.CLIENT, smartca_server.secret_in(folder))
    return PadesSigner(SmartCaKeys(service, smartca_server.USER, pause=0.01)), trusted


def by_curve_by_phone(folder: Path) -> Made:
    return by_phone(folder, ec.generate_private_key(ec.SECP256R1()))


def by_rsa_by_phone(folder: Path) -> Made:
    return by_phone(folder, rsa.generate_private_key(65537, 2048))


KINDS = (
    by_trial, by_trial_seen, by_curve, by_rsa, by_curve_in_token, by_rsa_in_token,
    by_curve_in_csc, by_rsa_in_csc, by_curve_by_phone, by_rsa_by_phone,
)  # fmt: skip


@pytest.fixture(scope="module", params=KINDS, ids=lambda f: f.__name__)
def made(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, tokens: None
) -> Iterator[Made]:
    make: Callable[[Path], Made] = request.param
    with _SERVING:
        yield make(tmp_path_factory.mktemp("keys"))


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
    # What a key in a service signs is put together here as any other; fewer places are looked at.
    step = 45 if signer.at_once > 1 else 9
    for place in range(start, end, step):
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


def in_steps(signer: Signer, *pdfs: bytes | None) -> tuple[dict[str, bytes], list[object]]:
    """Signatures for these papers by one order, and what was prepared for them."""
    papers = {f"paper-{n}": signer.prepare(approved(), pdf) for n, pdf in enumerate(pdfs)}
    answer = signer.order(papers, transaction="order-1" if not signer.asks else f"o{id(papers)}")
    while isinstance(answer, Asked):
        answer = signer.answer(answer.code) or answer
    return dict(answer), list(papers.values())


def test_in_steps_with_one_order_each_paper_gets_its_own_seal(made: Made) -> None:
    signer, trust = made
    signatures, papers = in_steps(signer, pdf(), None)
    paper, record = (
        signer.finish(prepared, signatures[f"paper-{n}"])  # type: ignore[arg-type]
        for n, prepared in enumerate(papers)
    )
    assert verify(paper.pdf, trust).state is State.INTACT
    assert verify_detached(record.pdf, record.beside, trust).state is State.INTACT


def test_a_signature_over_another_paper_is_refused(made: Made) -> None:
    signer, _ = made
    signatures, papers = in_steps(signer, pdf(), None)
    with pytest.raises(SigningError, match="not its certificate's signature"):
        signer.finish(papers[0], signatures["paper-1"])  # type: ignore[arg-type]


def test_a_record_without_pages_is_sealed_beside_its_canonical_json(
    made: Made, tmp_path: Path
) -> None:
    """Detached CAdES (ETSI EN 319 122-1, B-B), which openssl reads with code that is not ours."""
    signer, trust = made
    signed = signer.sign(approved(), None)

    assert signed.pdf == approved().record.canonical()
    assert verify_detached(signed.pdf, signed.beside, trust).state is State.INTACT
    assert verify_detached(signed.pdf + b" ", signed.beside, trust).state is State.ALTERED
    (tmp_path / "record.json").write_bytes(signed.pdf)
    (tmp_path / "record.json.p7s").write_bytes(signed.beside)
    root = x509.load_der_x509_certificate((*trust.anchors, *trust.trial)[0])
    (tmp_path / "root.pem").write_bytes(root.public_bytes(serialization.Encoding.PEM))
    told = subprocess.run(
        [
            "openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-purpose", "any",
            "-in", tmp_path / "record.json.p7s", "-content", tmp_path / "record.json",
            "-CAfile", tmp_path / "root.pem", "-out", "/dev/null",
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    assert "CAdES Verification successful" in told.stderr
