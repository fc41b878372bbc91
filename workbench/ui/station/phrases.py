"""The words on the station, by the names the browser's scripts know them under."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.ui.station import beyond_phrases, desk_phrases
from workbench.words import say


def phrases() -> Mapping[str, str]:
    """Every phrase in the language of this run; `{n}` and the like are filled in the browser."""
    return {name: say(text) for part in _PARTS for name, text in part.items()}


_PHRASES = {
    # what lies on the desk
    "desk": "Review desk",
    "loading": "The next document is coming…",
    "empty": "No document waits for review.",
    "empty_next": "New documents appear here once they have been read.",
    "look_again": "Look again",
    "left": "{n} left",
    "returned": "Sent back by the approver:",
    # the journal
    "saved": "Saved",
    "saving": "Saving…",
    "unsaved": "{n} not saved yet; trying again",
    # the scan
    "scan": "Scan",
    "page": "Page {n}",
    "zoom_in": "Larger",
    "zoom_out": "Smaller",
    "whole_page": "Whole page",
    "to_field": "Back to the field",
    "no_scan": "This record has no scan; its values were entered.",
    "no_image": "The image of this page cannot be loaded.",
    "no_box": "Not found on the scan.",
    # the field
    "flagged": "To be checked",
    "rest": "The machine is sure",
    "items": "Items",
    "row": "No.",
    "show": "Show",
    "hide": "Hide",
    "critical": "critical",
    "empty_value": "nothing read",
    "not_entered": "nothing entered",
    "without_marks": "no marks",
    "candidates": "What the engines read",
    # states
    "waiting_state": "To be checked",
    "machine_state": "The machine is sure",
    "accept_state": "Confirmed",
    "candidate_state": "Changed",
    "edit_state": "Changed",
    "illegible_state": "Illegible",
    "absent_state": "Not on the paper",
    # what can be done
    "do_accept": "Confirm",
    "do_edit": "Correct",
    "do_illegible": "Illegible",
    "do_absent": "Not there",
    "do_undo": "Undo",
    "commit": "Keep",
    "restore": "Leave as it was",
    "pass": "Pass on for approval",
    "rescan": "Return to be rescanned…",
    "keys": "Keys",
    # what is said while working
    "fields_left": "{n} fields are still to be checked.",
    "all_checked": "Everything is checked.",
    "nothing_flagged": "The engines agree on every field.",
    "all_checked_next": "Glance over the scan, then pass the document on.",
    "give_value": "Nothing was read here: F2 to type it, X if illegible, 0 if not on the paper.",
    "no_candidate": "There is no reading {n}.",
    "refused": "Not kept. {sentence}",
    # why it must be scanned again
    "rescan_title": "Return this document to be rescanned",
    "rescan_why": "Why can it not be used?",
    "rescan_blurred": "The scan is blurred or too dark.",
    "rescan_cut": "Part of the paper is cut off or covered.",
    "rescan_missing": "A page is missing or belongs elsewhere.",
    "rescan_other": "Another reason:",
    "rescan_do": "Return",
    "cancel": "Cancel",
    "reason_needed": "Write in a few words why.",
    # the map of keys
    "map": "What the keys do",
    "map_enter": "Confirm, and on to the next field to be checked",
    "map_back": "Back to the field before",
    "map_tab": "Every field in turn",
    "map_digits": "Take this reading, and on",
    "map_edit": "Correct; Enter keeps, Esc leaves as it was",
    "map_illegible": "Illegible on the paper",
    "map_absent": "Not on the paper",
    "map_pass": "Pass on, and the next document",
    "map_undo": "Undo",
    "map_context": "Whole page, and back to the field",
    "map_pages": "Page before, page after",
    "map_zoom": "Larger, smaller",
    "map_help": "This map",
    # point and take
    "point": "Point",
    "map_point": "Point at the value on the scan",
    "point_hint": "Click a word or draw a box. Arrow keys walk through the words, "
    "Shift and arrows take in more, Enter takes them, Esc leaves.",
    "point_reading": "The engines read what you drew a frame around…",
    "point_choose": "Take a reading with its digit.",
    "point_taken": "Taken from the scan. Another digit takes another reading.",
    "point_nothing": "No engine reads a text there. "
    "Draw the frame more closely, or type the value.",
    "point_failed": "The server did not answer. Draw the frame again.",
    "map_dismiss": "Put a message away",
    "map_keep": "Keep what was typed, and on",
    "map_keep_back": "Keep what was typed, and back",
    "map_keep_tab": "Keep what was typed, and the next or the last field",
    "map_restore": "Leave it as it was",
    "map_group_field": "In a field",
    "map_group_document": "With the document",
    "map_group_typing": "While typing",
    "map_group_scan": "On the scan",
    "map_group_desk": "At the desk",
    "close": "Close",
}

_PARTS: tuple[Mapping[str, str], ...] = (_PHRASES, desk_phrases.PHRASES, beyond_phrases.PHRASES)
