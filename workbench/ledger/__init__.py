"""Tables that units keep their papers in, a paper a row: mapped, checked, and never guessed at.

`cells` is a table as it was handed in, `profile` says which column is which field, `coercion` makes
a cell into what it means and says so, `check` comes to records and to what is wrong with rows.
"""

from workbench.ledger.cells import Book, Cell, Merge, Sheet, letters
from workbench.ledger.check import Checked, Choices, Fault, Line, Sample, check
from workbench.ledger.coercion import COERCIONS, Coercion
from workbench.ledger.profile import Column, Profile, headings, propose

__all__ = [
    "COERCIONS",
    "Book",
    "Cell",
    "Checked",
    "Choices",
    "Coercion",
    "Column",
    "Fault",
    "Line",
    "Merge",
    "Profile",
    "Sample",
    "Sheet",
    "check",
    "headings",
    "letters",
    "propose",
]
