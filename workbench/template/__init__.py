"""What a form says: `ocr_templates/*.yaml`, read, checked, compared, and written.

A template holds facts about paper only: what is printed on every copy, where a value stands in
relation to it, and what a value looks like. The language is told in docs/template-language.md.
"""

from workbench.template.checking import Problem, check
from workbench.template.comparing import Change, diff
from workbench.template.reading import content, load, load_all, parse
from workbench.template.shape import (
    A4,
    Anchor,
    Check,
    Column,
    FieldSpec,
    HolderNames,
    HolderNumber,
    Items,
    Kind,
    Label,
    NumberKind,
    Recognition,
    Rectangle,
    Rule,
    Template,
    Way,
    Zone,
)
from workbench.template.writing import write, write_unfinished

__all__ = [
    "A4", "Anchor", "Change", "Check", "Column", "FieldSpec", "HolderNames", "HolderNumber",
    "Items", "Kind", "Label", "NumberKind", "Problem", "Recognition", "Rectangle", "Rule",
    "Template", "Way", "Zone", "check", "content", "diff", "load", "load_all", "parse", "write",
    "write_unfinished",
]  # fmt: skip
