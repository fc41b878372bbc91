"""The words in the form, by the names the browser's script knows them under."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.words import say


def phrases() -> Mapping[str, str]:
    """Every phrase in the language of this run; `{n}` and the like are filled in the browser."""
    return {name: say(text) for name, text in PHRASES.items()}


PHRASES: Mapping[str, str] = {
    "title": "{form}",
    "second_title": "Second typing: {form}",
    "again": "Type the critical fields again, without looking at the first time",
    "decide": "These were typed in two ways: look at the paper and choose",
    "saved": "Saved",
    "saving": "Saving…",
    "unsaved": "{n} not saved yet; trying again",
    "offline": "The server does not answer. Type on: it lies in this tab until the server is back.",
    "optional": "if there is one",
    "absent": "not on this paper",
    "term": "Term, where no date is printed",
    "no_day": "This is no possible date.",
    "not_listed": "It stands in no list of known values.",
    "open": "{n} fields are open or wrong. Ctrl+Enter again leaves them to a reviewer.",
    "back": "{n} records came back: something in them does not hold.",
    "comparing": "Comparing with the first typing…",
    "key_next": "next field; after the last one: finish",
    "key_before": "field before",
    "key_finish": "finish, open the next",
    "key_repeat": "as in the record before",
    "key_rest": "all that is not critical as before",
    "key_absent": "not on this paper",
    "key_back": "open a record that came back",
    "key_first": "take the first typing",
    "key_second": "take the second typing",
}
