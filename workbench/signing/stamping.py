"""Time stamps (RFC 3161): somebody else's word that a digest was there at a moment."""

from __future__ import annotations

import asyncio
import urllib.request
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from asn1crypto import cms, tsp
from pyhanko.sign.timestamps import TimeStamper, TimestampRequestError

from workbench.errors import SigningError
from workbench.signing.cades import DIGEST

MOST_SECONDS_APART = 60  # our clock and the time stamping authority's


class TimeStamps(TimeStamper):
    """A time stamping authority at an address that a setting names; nothing else is called."""

    def __init__(self, address: str, *, seconds: float = 20) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.address = address
        self._seconds = seconds

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        asked = urllib.request.Request(  # noqa: S310 - an address from the settings
            self.address,
            data=req.dump(),
            headers={"Content-Type": "application/timestamp-query"},
        )
        with urllib.request.urlopen(asked, timeout=self._seconds) as answer:  # noqa: S310
            return tsp.TimeStampResp.load(answer.read())

    def over(self, content: bytes) -> Stamp:
        """A stamp over `content`. Raises SigningError where none comes."""
        try:
            digest = sha256(content).digest()
            return Stamp(asyncio.run(self.async_timestamp(digest, DIGEST)))
        except (OSError, ValueError, TimestampRequestError) as error:
            raise SigningError(
                "The time stamping authority gave no time stamp.",
                "Check WORKBENCH_TSA and the network to it, then order the seal again.",
            ) from error


@dataclass(frozen=True)
class Stamp:
    """A token, and what it says."""

    token: cms.ContentInfo

    @property
    def at(self) -> datetime:
        said = self.token["content"]["encap_content_info"]["content"].parsed
        moment: datetime = said["gen_time"].native
        return moment

    @property
    def beside(self) -> bytes:
        """The token as what stands beside a signature in its SignerInfo (RFC 3161, Appendix A)."""
        attribute = cms.CMSAttribute({"type": "signature_time_stamp_token", "values": [self.token]})
        return b"\xa1" + bytes(cms.CMSAttributes([attribute]).dump())[1:]

    def apart(self, clock: datetime) -> timedelta:
        """How far `clock` goes ahead of the authority's."""
        return clock - self.at


def stamp_beside(signer: cms.SignerInfo) -> Stamp | None:
    """The time stamp that stands beside a signature."""
    beside = signer["unsigned_attrs"]
    for attribute in beside if beside.native else ():
        if attribute["type"].native == "signature_time_stamp_token":
            return Stamp(attribute["values"][0])
    return None
