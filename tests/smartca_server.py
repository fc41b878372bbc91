"""A signing service with confirmation on a phone, in the messages of VNPT SmartCA (SP769, v1)."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding

CLIENT, SECRET, USER = "client-1", "phone-secret", "0123456789"
WAITING = "sig_wait_for_user_confirm"


@dataclass
class Transaction:
    """One order on the phone."""

    files: dict[str, str]  # document -> digest in hexadecimal, as it was sent
    state: str = WAITING
    polls: int = 0


@dataclass
class Phone:
    """The service and the phone that belongs to it. What the phone does is up to the test."""

    private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    certificates: Sequence[x509.Certificate]  # signer first, root last
    answers_itself: bool = False  # confirms at the second question
    lose_answers: int = 0  # so many orders are taken without an answer
    out_of_order: bool = False
    transactions: dict[str, Transaction] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)  # the client's name -> ours
    calls: list[str] = field(default_factory=list)
    url: str = ""

    def confirm(self, code: str = "") -> None:
        self._newest(code).state = "SUCCESS"

    def refuse(self, code: str = "") -> None:
        self._newest(code).state = "sig_user_rejected"

    def expire(self, code: str = "") -> None:
        self._newest(code).state = "sig_transaction_expired"

    def _newest(self, code: str) -> Transaction:
        return self.transactions[code or list(self.transactions)[-1]]

    def answer(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]] | None:
        self.calls.append(path)
        if self.out_of_order:
            return 503, {}
        parts = path.strip("/").split("/")
        if parts[-1] == "status":
            return 200, self._status(parts[-2])
        if (body.get("sp_id"), body.get("sp_password")) != (CLIENT, SECRET):
            return 401, {"status_code": 401, "message": "SP_CREDENTIAL_INVALID"}
        if body.get("user_id") != USER or not body.get("transaction_id"):
            return 400, {"status_code": 400, "message": "BAD_REQUEST"}
        if path.endswith("/v1/credentials/get_certificate"):
            return 200, self._certificate()
        return self._sign(body)

    def _certificate(self) -> dict[str, Any]:
        der = [base64.b64encode(c.public_bytes(Encoding.DER)).decode() for c in self.certificates]
        one = {
            "service_type": "ESEAL",
            "cert_id": str(uuid4()),
            "serial_number": f"{self.certificates[0].serial_number:x}",
            "cert_data": der[0],
            "chain_data": {"ca_cert": der[1], "root_cert": der[-1]},
        }
        return {
            "status_code": 200,
            "message": "Success",
            "data": {"user_certificates": [one]},
        }

    def _sign(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]] | None:
        if body["transaction_id"] in self.names:
            return 400, {"status_code": 400, "message": "BAD_REQUEST"}
        assert all(f["sign_type"] == "hash" for f in body["sign_files"])
        code = str(uuid4())
        files = {f["doc_id"]: f["data_to_be_signed"] for f in body["sign_files"]}
        self.transactions[code] = Transaction(files)
        self.names[body["transaction_id"]] = code
        if self.lose_answers:
            self.lose_answers -= 1
            return None
        data = {"transaction_id": body["transaction_id"], "tran_code": code}
        return 200, {"status_code": 200, "message": WAITING, "data": data}

    def _status(self, name: str) -> dict[str, Any]:
        code = self.names.get(name, name)
        found = self.transactions.get(code)
        if found is None:
            return {"status_code": 400, "message": "BAD_REQUEST"}
        found.polls += 1
        if self.answers_itself and found.polls > 1:
            found.state = "SUCCESS"
        data: dict[str, Any] = {"transaction_id": code, "signatures": None}
        if found.state != "SUCCESS":
            status = 200 if found.state == WAITING else 400
            return {"status_code": status, "message": found.state, "data": data}
        data["signatures"] = [
            {
                "doc_id": name,
                "signature_value": base64.b64encode(self._signed(digest)).decode(),
                "timestamp_signature": None,
            }
            for name, digest in found.files.items()
        ]
        return {"status_code": 200, "message": "SUCCESS", "data": data}

    def _signed(self, digest: str) -> bytes:
        hashed, how = bytes.fromhex(digest), Prehashed(hashes.SHA256())
        if isinstance(self.private, rsa.RSAPrivateKey):
            return self.private.sign(hashed, padding.PKCS1v15(), how)
        return self.private.sign(hashed, ec.ECDSA(how))


class Serving:
    """The service on a port of this machine, until it is closed."""

    def __init__(self, phone: Phone) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                size = int(self.headers.get("Content-Length", 0))
                body = json.loads(self.rfile.read(size) or b"{}")
                answer = phone.answer(self.path, body)
                if answer is None:
                    self.close_connection = True
                    return
                content = json.dumps(answer[1]).encode()
                self.send_response(answer[0])
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(
            target=lambda: self._server.serve_forever(poll_interval=0.02), daemon=True
        )
        self._thread.start()
        phone.url = f"http://127.0.0.1:{self._server.server_address[1]}/sca/sp769"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def secret_in(folder: Path) -> Path:
    """The file that the secret is read from."""
    kept = folder / "smartca-secret"
    kept.write_text(SECRET + "\n", encoding="utf-8")
    return kept
