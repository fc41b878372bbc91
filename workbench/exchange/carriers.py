"""The way to another repository: a message by HTTP, a bag into a folder or an S3 bucket.

Sending the same parcel again does no harm: it carries its idempotency key, and what is there
already is compared and never written over.
"""

from __future__ import annotations

import contextlib
import json
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

import httpx

from workbench.errors import DepositError, SettingsError
from workbench.exchange import bags
from workbench.exchange.targets import Target

_LATER = frozenset({408, 425, 429})


class TargetRefusedError(DepositError):
    """The other repository refused the record."""


class TargetSilentError(DepositError):
    """The other repository did not answer."""

    seconds: float | None = None  # after which it asks to be tried again


@dataclass(frozen=True, slots=True)
class Parcel:
    """One record on its way. `key` is the same however often it is sent."""

    key: str
    name: str  # of the bag
    digest: str  # SHA-256 of the message, or of the bag's manifest; hex
    message: bytes = field(default=b"", repr=False)
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)  # of the bag


class Carrier(Protocol):
    def carry(self, parcel: Parcel) -> str:
        """Bring it there; what the other side names its receipt.

        Raises TargetRefusedError where asking again is no use, TargetSilentError where it is.
        """
        ...

    def close(self) -> None:
        """Hang up."""


def to(target: Target) -> Carrier:
    """The carrier for a target. Raises SettingsError for a token that cannot be read."""
    match target.kind:
        case "http":
            return ByHttp(target)
        case "folder":
            return IntoFolder(Path(target.address))
        case "s3":
            return IntoBucket(target)


# --- the record message --------------------------------------------------------------------------


class ByHttp:
    """POSTs a message; the answer must be a receipt over the digest that was sent (RFC 9530)."""

    def __init__(self, target: Target) -> None:
        self._target = target
        # Redirects are not followed: what a paper says goes where the settings say, nowhere else.
        self._client = httpx.Client(timeout=target.seconds, follow_redirects=False)
        self._headers = {"Content-Type": "application/json; charset=utf-8"}
        if target.token_file is not None:
            self._headers["Authorization"] = f"Bearer {_token(target.token_file)}"

    def carry(self, parcel: Parcel) -> str:
        headers = {
            **self._headers,
            "Idempotency-Key": parcel.key,
            "Content-Digest": f"sha-256=:{b64encode(bytes.fromhex(parcel.digest)).decode()}:",
        }
        try:
            answer = self._client.post(
                self._target.address, content=parcel.message, headers=headers
            )
        except httpx.TransportError as error:
            raise TargetSilentError(
                "The other repository could not be reached ({kind}).", kind=type(error).__name__
            ) from error
        return _receipt(answer, parcel)

    def close(self) -> None:
        self._client.close()


def _receipt(answer: httpx.Response, parcel: Parcel) -> str:
    status = answer.status_code
    if status in _LATER or status >= 500:
        silent = TargetSilentError(
            "The other repository asks to be tried again later (HTTP {status}).", status=status
        )
        silent.seconds = _seconds(answer.headers.get("retry-after", ""))
        raise silent
    if status == 409:
        raise TargetRefusedError(
            "The other repository has another content under the same key (HTTP 409).",
            "Ask those who run it; it must not have changed what it was sent.",
        )
    if not 200 <= status < 300:
        named = _named_fields(answer, parcel)
        raise TargetRefusedError(
            "The other repository refused the record (HTTP {status}). Fields: {fields}.",
            "Correct what it does not take, then try again.",
            status=status,
            fields=", ".join(named) or "–",
        )
    try:
        told = answer.json()
        receipt, digest = str(told["receipt"]), str(told["digest"])
    except (ValueError, KeyError, TypeError) as error:
        raise TargetSilentError("The answer of the other repository is no receipt.") from error
    if digest.lower() != parcel.digest:
        raise TargetRefusedError(
            "The receipt of the other repository is over something else than was sent.",
            "Ask those who run it, and do not rely on the receipt.",
        )
    return receipt[:200]


def _named_fields(answer: httpx.Response, parcel: Parcel) -> list[str]:
    """Which fields a refusal names: only names that our message has, never what else it says."""
    with contextlib.suppress(ValueError, TypeError, AttributeError):
        ours = json.loads(parcel.message)
        said = answer.json()
        told = said.get("fields") or said.get("errors") or ()
        return [name for name in ours if name in told or any(name == f for f in told)]
    return []


def _seconds(said: str) -> float | None:
    return float(said) if re.fullmatch(r"\d{1,5}", said) else None


def _token(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            "The token in {file} cannot be read.",
            "Check token_file in the file of targets.",
            file=path.name,
        ) from error


# --- bags ----------------------------------------------------------------------------------------


class IntoFolder:
    """Puts a bag into a folder, whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def carry(self, parcel: Parcel) -> str:
        place = self._folder / parcel.name
        try:
            if not self._folder.is_dir():
                raise FileNotFoundError(2, "no folder")
            if not place.exists():
                bags.write(parcel.files, place)
            lying = (place / bags.TAGS).read_bytes() if (place / bags.TAGS).exists() else b""
        except OSError as error:
            raise TargetSilentError(
                "The folder of the other repository cannot be written ({kind}).",
                kind=type(error).__name__,
            ) from error
        if lying != parcel.files[bags.TAGS] or next(iter(bags.flaws(place)), None):
            raise _taken()
        return f"sha256:{sha256(lying).hexdigest()}"

    def close(self) -> None:
        """Nothing is open."""


class IntoBucket:
    """Puts a bag into an S3 bucket: content first, its last list last, nothing written over."""

    def __init__(self, target: Target, *, client: Any = None) -> None:
        bucket, _, prefix = target.address.removeprefix("s3://").partition("/")
        self._bucket, self._prefix = bucket, prefix.strip("/")
        self._client = client or _s3(target)

    def carry(self, parcel: Parcel) -> str:
        for name in [*sorted(parcel.files.keys() - {bags.TAGS}), bags.TAGS]:
            key = "/".join(part for part in (self._prefix, parcel.name, name) if part)
            self._put(key, parcel.files[name])
        return f"sha256:{sha256(parcel.files[bags.TAGS]).hexdigest()}"

    def close(self) -> None:
        self._client.close()

    def _put(self, key: str, content: bytes) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        checksum = b64encode(sha256(content).digest()).decode()
        try:
            self._client.put_object(
                Bucket=self._bucket, Key=key, Body=content, IfNoneMatch="*",
                ChecksumSHA256=checksum,
            )  # fmt: skip
            return
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
            if code not in ("PreconditionFailed", "ConditionalRequestConflict"):
                raise _of_s3(code, status) from error
        except BotoCoreError as error:
            raise TargetSilentError(
                "The other repository could not be reached ({kind}).", kind=type(error).__name__
            ) from error
        try:
            lying = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except (BotoCoreError, ClientError) as error:
            raise TargetSilentError(
                "The other repository could not be reached ({kind}).", kind=type(error).__name__
            ) from error
        if lying != content:
            raise _taken()


def _of_s3(code: str, status: int) -> DepositError:
    if status in _LATER or status >= 500 or code in ("SlowDown", "RequestTimeout"):
        return TargetSilentError(
            "The other repository asks to be tried again later (HTTP {status}).", status=status
        )
    return TargetRefusedError(
        "The bucket does not take the record ({code}).",
        "Check the bucket, and the rights of the account that writes to it.",
        code=code,
    )


def _s3(target: Target) -> Any:
    import boto3  # loaded by those who deliver to a bucket; it takes a while
    from botocore.config import Config

    # Keys come from where boto3 looks for them; retries are ours, with rows that outlive a kill.
    patience = Config(
        retries={"total_max_attempts": 1}, connect_timeout=target.seconds,
        read_timeout=target.seconds,
    )  # fmt: skip
    return boto3.client("s3", endpoint_url=target.endpoint or None, config=patience)


def _taken() -> TargetRefusedError:
    return TargetRefusedError(
        "Something else lies there under the same name.",
        "Look at it with those who run the other repository; nothing was written over.",
    )
