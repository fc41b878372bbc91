"""Reviewers without a browser: each signs in and holds a real session of the app, as a tab would.

They speak Streamlit's own wire format over a websocket, so that a submit takes the very way that a
reviewer's takes: socket, script run, flow, store, answer. What they do not do is draw.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from workbench.bench.sitting import PASSWORD

_PATIENCE = 60.0  # seconds for an answer; longer is a failure
_AGAIN = 4.0  # seconds without an answer after which the journal is sent again, as the desk does
_LARGEST = 64 * 2**20  # bytes of a message


@dataclass
class Reviewer:
    """One signed-in person at the station, by the messages alone."""

    name: str
    cookie: str
    address: str
    socket: Any = None
    component: str = ""  # the station's id on the page
    fragment: str = ""
    script: str = ""
    said: dict[str, Any] = field(default_factory=dict)  # what the server last told the station
    entries: list[dict[str, Any]] = field(default_factory=list)  # the journal
    have: dict[str, int] = field(default_factory=dict)  # document -> revision
    sheets: dict[str, dict[str, Any]] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    again: int = 0  # times that the journal was sent again

    async def sit_down(self) -> None:
        """Open the review page and wait until documents lie on the desk."""
        self.socket = await websockets.connect(
            self.address.replace("http", "ws") + "/_stcore/stream",
            additional_headers={"Cookie": self.cookie},
            origin=websockets.Origin(self.address),
            subprotocols=[websockets.Subprotocol("streamlit")],
            max_size=_LARGEST,
        )
        message = BackMsg()
        message.rerun_script.page_name = "review"
        message.rerun_script.context_info.url = f"{self.address}/review"
        await self.socket.send(message.SerializeToString())
        if not await self._hears(lambda: bool(self.said.get("queue")), _PATIENCE):
            raise TimeoutError("no documents on the desk")

    async def submit(self, *entries: dict[str, Any]) -> float:
        """Send entries of the journal; seconds until the server has answered them all."""
        ids = {entry["id"] for entry in entries}
        self.entries += entries
        sent = time.perf_counter()
        await self._send()
        while not await self._hears(lambda: ids <= self._answered(), _AGAIN):
            self.again += 1
            if time.perf_counter() - sent > _PATIENCE:
                raise TimeoutError(f"no answer within {_PATIENCE:.0f} s")
            await self._send()
        taken = time.perf_counter() - sent
        self.entries = [e for e in self.entries if e["id"] not in self._answered()]
        return taken

    def next_document(self) -> str | None:
        """The next document on the desk that is not decided yet."""
        waiting = [d for d, _ in self.said.get("queue", ()) if d not in self.done]
        return next((d for d in waiting if d in self.sheets), None)

    def _answered(self) -> set[str]:
        return {*self.said.get("kept", ()), *(r["id"] for r in self.said.get("refused", ()))}

    async def _send(self) -> None:
        message = BackMsg()
        run = message.rerun_script
        run.page_script_hash, run.fragment_id = self.script, self.fragment
        run.context_info.url = f"{self.address}/review"
        state = run.widget_states.widgets.add()
        state.id = self.component
        outbox = {"entries": self.entries, "have": list(self.have.items())}
        state.json_value = json.dumps({"outbox": outbox})
        await self.socket.send(message.SerializeToString())

    async def _hears(self, enough: Callable[[], bool], seconds: float) -> bool:
        """Listen until it is enough; False when it was not in time."""
        try:
            async with asyncio.timeout(seconds):
                while not enough():
                    self._take(ForwardMsg.FromString(await self.socket.recv()))
        except TimeoutError:
            return False
        return True

    def _take(self, message: ForwardMsg) -> None:
        if message.WhichOneof("type") == "new_session":
            self.script = message.new_session.page_script_hash
        if message.WhichOneof("type") != "delta":
            return
        element = message.delta.new_element
        if element.WhichOneof("type") != "bidi_component":
            return
        self.component = element.bidi_component.id
        self.fragment = message.delta.fragment_id or self.fragment
        self.said = json.loads(element.bidi_component.json)
        for sheet in self.said.get("sheets", ()):
            self.sheets[sheet["document"]] = sheet
            self.have[sheet["document"]] = sheet["revision"]


@dataclass(frozen=True, slots=True)
class Day:
    """What many reviewers met who worked at once."""

    submits: tuple[float, ...]  # seconds from sending a decision to its answer
    acts: tuple[float, ...]  # the same for a single field
    decided: tuple[str, ...]  # documents, as each reviewer believes
    refused: int
    again: int


def work_together(
    address: str, names: Sequence[str], *, seconds: float, pause: float, seed: int
) -> Day:
    """Let all of them review for `seconds`; each thinks `pause` seconds a document on average."""
    return asyncio.run(_work(address, names, seconds=seconds, pause=pause, seed=seed))


async def _work(
    address: str, names: Sequence[str], *, seconds: float, pause: float, seed: int
) -> Day:
    reviewers = [Reviewer(name, await _sign_in(address, name), address) for name in names]
    for group in range(0, len(reviewers), 5):  # as people come in: not all in one second
        await asyncio.gather(*(r.sit_down() for r in reviewers[group : group + 5]))
    end = time.perf_counter() + seconds
    days = await asyncio.gather(
        *(_review(r, end, pause, random.Random(seed + n)) for n, r in enumerate(reviewers))  # noqa: S311 - pauses, no secrets
    )
    for reviewer in reviewers:
        await reviewer.socket.close()
    return Day(
        submits=tuple(s for day in days for s in day[0]),
        acts=tuple(s for day in days for s in day[1]),
        decided=tuple(document for reviewer in reviewers for document in reviewer.done),
        refused=sum(day[2] for day in days),
        again=sum(reviewer.again for reviewer in reviewers),
    )


async def _review(
    reviewer: Reviewer, end: float, pause: float, dice: random.Random
) -> tuple[list[float], list[float], int]:
    """Confirm what is doubtful, or one field; pass the document on; again until time is over."""
    submits: list[float] = []
    acts: list[float] = []
    refused = 0
    await asyncio.sleep(dice.uniform(0, pause))
    while time.perf_counter() < end:
        document = reviewer.next_document()
        if document is None:
            await reviewer.submit({"id": uuid4().hex, "what": "ask"})
            if reviewer.next_document() is None:
                break
            continue
        fields = reviewer.sheets[document]["fields"]
        # Papers that another measurement left on a desk still have doubtful fields.
        looked_at = [field for field in fields if field["doubtful"]] or fields[:1]
        confirmed = [
            {
                "id": uuid4().hex, "what": "act", "document": document, "field": each["name"],
                "act": "accept", "value": each["proposed"], "keys": 1, "milliseconds": 900,
            }
            for each in looked_at
        ]  # fmt: skip
        acts.append(await reviewer.submit(*confirmed))
        await asyncio.sleep(dice.expovariate(2 / pause))
        decision = {
            "id": uuid4().hex, "what": "decision", "document": document, "decision": "pass",
            "reason": "", "milliseconds": 4000,
        }  # fmt: skip
        submits.append(await reviewer.submit(decision))
        reviewer.done.add(document)
        refused += len(reviewer.said.get("refused", ()))
        await asyncio.sleep(dice.expovariate(2 / pause))
    return submits, acts, refused


async def _sign_in(address: str, name: str) -> str:
    async with httpx.AsyncClient() as browser:
        answer = await browser.post(
            f"{address}/login", data={"name": name, "password": PASSWORD, "to": "/"}
        )
    if answer.status_code != 303:
        raise RuntimeError(f"sign-in answered {answer.status_code}")
    return "; ".join(f"{key}={value}" for key, value in answer.cookies.items())
