"""The words of what reaches beyond the document in hand, and of its table."""

PHRASES = {
    # what was read alike
    "alike": "{n} more places of the batch read the same",
    "alike_see": "See them",
    "map_alike": "See what was read the same elsewhere",
    "map_text": "The text of this page, line by line",
    "map_group_beyond": "Beyond this document",
    "map_group_table": "Table",
    # beside a field's name
    "noted_constant_state": "batch constant",
    "noted_carpet_state": "seen among its like only",
    "noted_doubt_state": "doubted among its like",
    # remarks
    "remark": "Remark",
    "remarks_open": "{n} open remarks",
    "map_remark": "Remark on this field or document, and what was remarked",
    "remark_title": "Remarks on this document",
    "remark_none": "Nothing was remarked so far.",
    "remark_on": "About",
    "remark_document": "The whole document",
    "remark_answer": "Answer: {text}",
    "remark_text": "What is it about?",
    "remark_difficulty": "Note it in the unit's log of difficulties",
    "remark_do": "Remark",
    "remark_answered": "answered",
    "remark_empty": "Write in a few words what it is about.",
    # errors that are let pass
    "errors_open": "{n} errors stand in the way of passing on.",
    "let_pass": "Let pass…",
    "map_let_pass": "Let errors pass, and say why",
    "let_pass_title": "Let these errors pass?",
    "let_pass_how": (
        "Correct what was misread. What stands so on the paper is let pass with a reason, which is "
        "kept with your name."
    ),
    "let_pass_why": "Why is this let pass: {sentence}",
    "let_pass_do": "Let pass",
    "passed_by": "Let pass: {label} {sentence} — {reason}",
    # the table
    "table": "Table of items",
    "table_none": "This form has no table.",
    "map_table": "The table as a whole",
    "map_row_add": "Another row below",
    "map_row_strike": "Strike the row out, and back",
    "map_row_copy": "As in the row above",
    "row_add": "Add a row",
    "row_strike": "Strike out",
    "row_copy": "As above",
    "table_hint": (
        "Arrows and Tab move, typing corrects, Enter keeps. Cells from Excel can be pasted."
    ),
    "table_back": "Back to the fields",
    "table_pasted": "{n} cells pasted.",
}
