"""What must hold in and between the fields of a paper: what its form asks, and what the rules do.

A rule that does not hold is a `Finding` for a person, never an exception. Nothing is corrected.
"""

from workbench.validation.form import Values
from workbench.validation.rules import Facts, RuleOfPapers, for_paper, rules
from workbench.validation.whole import validate

__all__ = ["Facts", "RuleOfPapers", "Values", "for_paper", "rules", "validate"]
