"""The verbs, in order: the procedure manual of a paper's way from scan to receipt.

    take_in → read → propose → correct, decide → approve → order_seal → seal → export

People's verbs stand in `people`, the machine's in `machine`, what they share in reading a form in
`recognise`. A document's stage is the state machine and the work queue.
"""

from workbench.flow.across import (
    Carpet,
    Tile,
    alike,
    carpet,
    correct_across,
    fields_of,
    hold_for_batch,
)
from workbench.flow.claimed import LEASE_SECONDS, Claimed
from workbench.flow.desks import (
    Day,
    answer,
    answers,
    assign,
    choose,
    day,
    give_back,
    left,
    note,
    put_aside,
    stay,
    take_back,
    take_up,
    weigh,
    what_happened,
)
from workbench.flow.lines import LineAct, ShownLine, correct_text, page_lines
from workbench.flow.lots import seal_lot
from workbench.flow.machine import STEPS, claim, step
from workbench.flow.overriding import override, withdraw
from workbench.flow.people import (
    REVIEW_LEASE_SECONDS,
    FieldAct,
    TakenIn,
    approve,
    correct,
    decide,
    next_review,
    order_seal,
    refuse,
    release,
    send_back,
    sheet,
    take_in,
    waiting_for_approval,
)
from workbench.flow.pointing import Heard, read_box, warm, words_on
from workbench.flow.proving import Proved, countersign, prove
from workbench.flow.remarks import comment, remarks
from workbench.flow.scoping import way
from workbench.flow.sealing import approval, deposit
from workbench.flow.work import Work

__all__ = [
    "LEASE_SECONDS",
    "REVIEW_LEASE_SECONDS",
    "STEPS",
    "Carpet",
    "Claimed",
    "Day",
    "FieldAct",
    "Heard",
    "LineAct",
    "Proved",
    "ShownLine",
    "TakenIn",
    "Tile",
    "Work",
    "alike",
    "answer",
    "answers",
    "approval",
    "approve",
    "assign",
    "carpet",
    "choose",
    "claim",
    "comment",
    "correct",
    "correct_across",
    "correct_text",
    "countersign",
    "day",
    "decide",
    "deposit",
    "fields_of",
    "give_back",
    "hold_for_batch",
    "left",
    "next_review",
    "note",
    "order_seal",
    "override",
    "page_lines",
    "prove",
    "put_aside",
    "read_box",
    "refuse",
    "release",
    "remarks",
    "seal_lot",
    "send_back",
    "sheet",
    "stay",
    "step",
    "take_back",
    "take_in",
    "take_up",
    "waiting_for_approval",
    "warm",
    "way",
    "weigh",
    "what_happened",
    "withdraw",
    "words_on",
]
