"""Certomancer's CSC service on a port of this machine, behind a token, a PIN and a password."""

from __future__ import annotations

import asyncio
import json
import threading
import warnings
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web
from certomancer.registry import CertomancerConfig
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from csc_dummy.csc_dummy_server import CSCWithCertomancer, DummyServiceParams

CLIENT, SECRET, TOKEN, PIN, OTP = "client-1", "csc-secret", "a-token", "135790", "246810"
Private = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass
class Csc:
    """A running service: where it is, what was asked of it, and what it wants to know."""

    folder: Path
    credential: str
    multisign: int = 10
    wants_otp: bool = False
    calls: list[str] = field(default_factory=list)
    authorized: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    @property
    def root(self) -> Path:
        return self.folder / "root.pem"

    def start(self, config: CertomancerConfig) -> Csc:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it names what it keeps in a way that aiohttp dislikes
            served = CSCWithCertomancer(
                config,
                service_params=DummyServiceParams(
                    hash_pinning_required=True, multisign=self.multisign
                ),
            )
        served.register_routes()
        served.app.router.add_post("/csc/v1/oauth2/token", self._token)
        served.app.router.add_post("/csc/v1/credentials/sendOTP", self._sent)
        served.app.middlewares.append(self._guard())
        started = threading.Event()

        async def begin() -> None:
            runner = web.AppRunner(served.app)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            port = runner.addresses[0][1]
            self.url = f"http://127.0.0.1:{port}/csc/v1"
            self._runner = runner
            started.set()

        def run() -> None:
            asyncio.set_event_loop(self._loop)
            self._loop.run_until_complete(begin())
            self._loop.run_forever()

        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()
        assert started.wait(30)
        return self

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _guard(self) -> Any:
        """What the dummy leaves out: who is asking, the PIN, the one-time password."""

        @web.middleware
        async def guard(request: web.Request, handler: Any) -> web.StreamResponse:
            name = request.path.removeprefix("/csc/v1/")
            self.calls.append(name)
            if name == "oauth2/token":
                return await handler(request)
            if request.headers.get("Authorization") != f"Bearer {TOKEN}":
                return web.json_response({"error": "invalid_token"}, status=401)
            if name == "credentials/authorize":
                asked = await request.json()
                self.authorized.append(asked)
                if asked.get("PIN") != PIN:
                    return web.json_response({"error": "invalid_pin"}, status=400)
                if self.wants_otp and asked.get("OTP") != OTP:
                    return web.json_response({"error": "invalid_otp"}, status=400)
            answer: web.StreamResponse = await handler(request)
            if name == "credentials/info" and self.wants_otp:
                assert isinstance(answer, web.Response)
                told = json.loads(answer.text or "{}")
                told |= {"authMode": "explicit", "OTP": {"presence": "true", "type": "online"}}
                return web.json_response(told)
            return answer

        return guard

    async def _token(self, request: web.Request) -> web.Response:
        asked = await request.post()
        if (asked.get("client_id"), asked.get("client_secret")) != (CLIENT, SECRET):
            return web.json_response({"error": "invalid_client"}, status=401)
        return web.json_response({"access_token": TOKEN, "token_type": "Bearer"})

    async def _sent(self, _request: web.Request) -> web.Response:
        return web.json_response({})


def serve(folder: Path, private: Private, *, multisign: int = 10, wants_otp: bool = False) -> Csc:
    """A PKI of root, intermediate and signer, and its CSC service, started."""
    folder.mkdir(parents=True, exist_ok=True)
    authorities = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("root", "between")}
    for name, key in {**authorities, "signer": private}.items():
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / f"{name}.key.pem").write_bytes(pem)
    at = datetime.now(UTC).replace(microsecond=0)
    validity = {
        "valid-from": (at - timedelta(days=2)).isoformat(),
        "valid-to": (at + timedelta(days=400)).isoformat(),
    }

    def authority(name: str, issuer: str) -> dict[str, Any]:
        return {
            "subject": name, "subject-key": name, "issuer": issuer, "authority-key": issuer,
            "validity": validity,
            "extensions": [
                {"id": "basic_constraints", "critical": True, "value": {"ca": True}},
                {"id": "key_usage", "critical": True, "smart-value":
                    {"schema": "key-usage", "params": ["key_cert_sign", "crl_sign"]}},
            ],
        }  # fmt: skip

    config = CertomancerConfig(
        {
            "keysets": {
                "keys": {
                    "path-prefix": str(folder),
                    "keys": {n: {"path": f"{n}.key.pem"} for n in (*authorities, "signer")},
                }
            },
            "pki-architectures": {
                "lab": {
                    "keyset": "keys",
                    "entities": {
                        n: {"country-name": "VN", "common-name": f"CSC {n}"}
                        for n in (*authorities, "signer")
                    },
                    "certs": {
                        "root": authority("root", "root"),
                        "between": authority("between", "root"),
                        "signer": {
                            "subject": "signer", "subject-key": "signer", "issuer": "between",
                            "authority-key": "between", "validity": validity,
                            "extensions": [
                                {"id": "key_usage", "critical": True, "smart-value":
                                    {"schema": "key-usage", "params": ["digital_signature",
                                                                       "non_repudiation"]}},
                            ],
                        },
                    },
                    "services": {},
                }
            },
        },
        key_search_dir=str(folder), config_search_dir=str(folder),
    )  # fmt: skip
    root = config.get_pki_arch("lab").get_cert("root")
    csc = Csc(folder, "lab/signer", multisign, wants_otp)
    csc.root.write_bytes(root.dump())
    (folder / "secret").write_text(SECRET, encoding="utf-8")
    return csc.start(config)
