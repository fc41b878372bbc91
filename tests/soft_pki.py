"""A real certification authority made up for one test run (certomancer): keys, CRLs, OCSP, stamps.

A root signs an intermediate, which signs an officer, an agency and two time stamping authorities;
the second one begins before the first one ends. What the services say, they say at any moment.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import yaml
from asn1crypto import ocsp, tsp
from certomancer.registry import ArchLabel, CertLabel, CertomancerConfig, PKIArchitecture
from certomancer.registry import ServiceLabel as Label
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from workbench.signing import Pkcs12Keys, TimeStamps, Trust

_MIDNIGHT = "01-01T00:00:00+0000"
_VALID = {  # from when until when, in years from the one that the authority is made in
    "officer": (0, 3),
    "agency": (0, 3),
    "gone": (0, 3),
    "tsa1": (0, 5),
    "tsa2": (4, 10),
    "issuer-ocsp": (0, 5),
    "root-ocsp": (0, 5),
}
NAMES = {"officer": "Nguyễn Văn An", "agency": "Công an tỉnh Sóc Trăng", "gone": "Đã thu hồi"}


@dataclass
class Pki:
    """The authority; `at` is the moment that its services live in."""

    arch: PKIArchitecture = field(repr=False)
    folder: Path
    at: datetime
    tsa: str = "tsa1"
    asked: int = 0  # time stamps given

    def keys(self, who: str) -> Pkcs12Keys:
        path = self.folder / f"{who}.p12"
        path.write_bytes(self.arch.package_pkcs12(CertLabel(who), password=b"secret"))
        return Pkcs12Keys(path, "secret")

    def der(self, who: str) -> bytes:
        return bytes(self.arch.get_cert(CertLabel(who)).dump())

    def crls(self, at: datetime | None = None) -> tuple[bytes, ...]:
        services = self.arch.service_registry
        return tuple(
            bytes(services.get_crl(Label(of), at_time=at or self.at).dump())
            for of in ("root-crl", "issuer-crl")
        )

    def respond(self, asked: ocsp.OCSPRequest, *, by: str) -> ocsp.OCSPResponse:
        """What the OCSP responder of the authority `by` says now."""
        services = self.arch.service_registry
        responder = services.summon_responder(Label(f"{by}-ocsp"), at_time=self.at)
        return responder.build_ocsp_response(asked)

    def trust(self, at: datetime | None = None, *, crls: bool = True) -> Trust:
        return Trust(
            anchors=(self.der("root"),),
            others=(self.der("issuer"),),
            crls=self.crls(at) if crls else (),
        )

    def stamps(self) -> TimeStamps:
        """Its time stamping authority, without a network between."""
        return _Near(self)

    def answer(self, request: tsp.TimeStampReq) -> tsp.TimeStampResp:
        self.asked += 1
        service = self.arch.service_registry.summon_timestamper(Label(self.tsa), at_time=self.at)
        return service.request_tsa_response(request)

    @contextmanager
    def served(self) -> Iterator[str]:
        """The address of its time stamping authority on this machine."""
        with _desk(
            "timestamp-reply", lambda _, body: self.answer(tsp.TimeStampReq.load(body)).dump()
        ) as address:
            yield f"{address}/tsa"

    @contextmanager
    def responding(self) -> Iterator[dict[str, str]]:
        """The addresses of its OCSP responders on this machine, by whose certificates they know."""
        with _desk(
            "ocsp-response",
            lambda path, body: self.respond(ocsp.OCSPRequest.load(body), by=path[1:]).dump(),
        ) as address:
            yield {by: f"{address}/{by}" for by in ("root", "issuer")}


@contextmanager
def _desk(kind: str, answered: Callable[[str, bytes], bytes]) -> Iterator[str]:
    """A server on this machine that answers each POST by its path and body; its address."""

    class Desk(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told = answered(self.path, body)
            self.send_response(200)
            self.send_header("Content-Type", f"application/{kind}")
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Desk)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Near(TimeStamps):
    def __init__(self, pki: Pki) -> None:
        super().__init__("")
        self._pki = pki

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        return self._pki.answer(req)


def make(folder: Path, at: datetime) -> Pki:
    """A new authority with its files under `folder`; P-256 but for the agency's RSA-2048."""
    folder.mkdir(parents=True, exist_ok=True)
    names = ["root", "issuer", *_VALID]
    for name in names:
        private = (
            rsa.generate_private_key(65537, 2048)
            if name == "agency"
            else ec.generate_private_key(ec.SECP256R1())
        )
        (folder / f"{name}.pem").write_bytes(
            private.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
    config = CertomancerConfig(
        yaml.safe_load(yaml.safe_dump(_config(names, at.year))), key_search_dir=str(folder)
    )
    return Pki(config.get_pki_arch(ArchLabel("made-up")), folder, at)


def _config(names: list[str], year: int) -> dict[str, object]:
    signs = [{"id": "key_usage", "critical": True, "smart-value": {"schema": "key-usage",
              "params": ["digital_signature", "non_repudiation"]}}]  # fmt: skip
    certifies = [
        {"id": "basic_constraints", "critical": True, "value": {"ca": True}},
        {"id": "key_usage", "critical": True, "smart-value": {"schema": "key-usage",
         "params": ["digital_signature", "key_cert_sign", "crl_sign"]}},
    ]  # fmt: skip
    stamps = [
        *signs,
        {"id": "extended_key_usage", "critical": True, "value": ["time_stamping"]},
    ]
    responds = [
        *signs,
        {"id": "extended_key_usage", "value": ["ocsp_signing"]},
        {"id": "ocsp_no_check"},
    ]
    long = _from_to(year - 1, year + 34)
    certs: dict[str, object] = {
        "root": {"subject": "root", "subject-key": "root", "issuer": "root",
                 "authority-key": "root", "validity": long, "extensions": certifies},
        "issuer": {"issuer": "root", "validity": long, "extensions": certifies},
    }  # fmt: skip
    certs["issuer"]["extensions"] = [*certifies, *_listed("root")]  # type: ignore[index]
    for name, (begin, end) in _VALID.items():
        certs[name] = {
            "issuer": name.removesuffix("-ocsp") if name.endswith("-ocsp") else "issuer",
            "validity": _from_to(year + begin, year + end),
            "extensions": [*(stamps if name.startswith("tsa") else signs), *_listed("issuer")],
        }
        if name.endswith("-ocsp"):
            certs[name] |= {"extensions": responds}  # type: ignore[operator]
        if name == "gone":
            certs[name] |= {  # type: ignore[operator]
                "revocation": {"revoked-since": f"{year}-{_MIDNIGHT}",
                               "reason": "key_compromise"}
            }  # fmt: skip
    return {
        "external-url-prefix": "http://pki.invalid",
        "keysets": {"made-up": {"path-prefix": ".", "keys": {
            name: {"path": f"{name}.pem"} for name in names}}},
        "pki-architectures": {"made-up": {
            "keyset": "made-up",
            "entity-defaults": {"country-name": "VN", "organization-name": "Thử nghiệm"},
            "entities": {name: {"common-name": NAMES.get(name, name)} for name in names},
            "certs": certs,
            "services": {
                "crl-repo": {
                    f"{name}-crl": {"for-issuer": name, "signing-key": name,
                                    "simulated-update-schedule": "P30D", "issuer-cert": name}
                    for name in ("root", "issuer")
                },
                "ocsp": {
                    f"{name}-ocsp": {"for-issuer": name, "responder-cert": f"{name}-ocsp",
                                     "validity-period": {"days": 7}}
                    for name in ("root", "issuer")
                },
                "time-stamping": {
                    tsa: {"signing-key": tsa, "signing-cert": tsa,
                          "certs-to-embed": ["issuer", tsa]}
                    for tsa in ("tsa1", "tsa2")
                },
            },
        }},
    }  # fmt: skip


def _listed(by: str) -> list[dict[str, object]]:
    """Where to ask about revocation: as certificates name it, and pyHanko looks for it."""
    lists = {"schema": "crl-dist-url", "params": {"crl-repo-names": [f"{by}-crl"]}}
    responder = {"schema": "aia-urls", "params": {"ocsp-responder-names": [f"{by}-ocsp"]}}
    return [
        {"id": "crl_distribution_points", "smart-value": lists},
        {"id": "authority_information_access", "smart-value": responder},
    ]


def _from_to(begin: int, end: int) -> dict[str, str]:
    return {"valid-from": f"{begin}-{_MIDNIGHT}", "valid-to": f"{end}-{_MIDNIGHT}"}
