"""The words for what is done with whole documents, syllables and keys."""

from __future__ import annotations

from collections.abc import Mapping

PHRASES: Mapping[str, str] = {
    # what leaves the desk, and comes back
    "postpone": "Postpone",
    "escalate": "Ask",
    "escalate_title": "Ask an approver or a manager",
    "escalate_why": "What shall they decide?",
    "escalate_unsure": "I cannot tell what the paper says.",
    "escalate_form": "The form was not recognised rightly.",
    "escalate_secret": "The paper may be secret, or does not belong here.",
    "escalate_do": "Put the question",
    "answered": "{who} answers:",
    "taking_back": "Your last decision is being taken back…",
    "nothing_to_redo": "There is nothing to do again.",
    # being at work
    "locale": "en-GB",
    "away": "You were away for a while.",
    "away_next": "The documents went back to the others; all that you did is kept.",
    "go_on": "Go on",
    "done_today": "{n} done today",
    "own_median": "{s} s each",
    "break_in": "break in {n} min",
    "break_due": "time for a break",
    # choosing
    "choose_value": "two readings are about as likely",
    "choose_one": "Two readings are about as likely: choose with 1 or 2, or F2 to type.",
    "variant": "{n} of {all}",
    "differences": "Where the engines differ",
    "differences_none": "The engines read every field of this document alike.",
    # keys
    "bind": "Change the keys",
    "bind_how": "Choose an action, then press the key that it shall have.",
    "bind_reset": "As they came",
    "characters": "Keys of a single character (letters, digits, signs)",
    "press_key": "Press a key…",
    "key_owned": "{key} belongs to the browser or the input method.",
    "key_taken": "{key} is taken: {deed}",
    "map_redo": "Do again what was undone",
    "map_postpone": "Put the document aside for later",
    "map_escalate": "Ask an approver or a manager about the document",
    "map_differences": "Where the engines differ",
    "map_differences_close": "Back to the fields",
    "map_differences_walk": "Next or last difference",
    "map_syllable": "Next or last variant of this syllable",
    "map_syllable_move": "Next or last syllable",
}
