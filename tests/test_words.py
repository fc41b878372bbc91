"""Every word for people has its Vietnamese: found in the code, looked up in the catalogue."""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.pofile import read_po

from workbench import errors
from workbench.errors import Sentence, WorkbenchError
from workbench.words import catalogue, say, speak

ROOT = Path(__file__).resolve().parent.parent
CODE = [*sorted((ROOT / "workbench").rglob("*.py")), *sorted((ROOT / "pages").glob("*.py"))]
VIETNAMESE = sorted((ROOT / "workbench" / "words" / "vi").glob("*.po"))

# Where a message id stands: the call, and which of its arguments are ids.
_CALLS = {"say": (0,), "_n": (0,), "Sentence": (0,), "Look": (0,), "Place": (1, 2)}
_KEYWORDS = {"text", "remedy", "reason"}


def ids(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and text of every message id that is written out in the code."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = _called(node.func)
            is_error = name.endswith("Error") and hasattr(errors, name)
            places = (0, 1) if is_error else _CALLS.get(name, ())
            given = [node.args[place] for place in places if place < len(node.args)]
            if is_error or name == "Sentence":
                given += [k.value for k in node.keywords if k.arg in _KEYWORDS]
            for argument in given:
                yield from _texts(argument)
        elif (
            isinstance(node, ast.ClassDef)
            and any(_called(base).endswith("Error") for base in node.bases)
            and (docstring := ast.get_docstring(node))
        ):
            # The class docstring is the error's default message.
            yield node.lineno, docstring.split("\n", 1)[0]


def _called(function: ast.expr) -> str:
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""


def _texts(argument: ast.expr) -> Iterator[tuple[int, str]]:
    match argument:
        case ast.Constant(value=str(text)) if text:
            yield argument.lineno, text
        case ast.IfExp(body=body, orelse=orelse):
            yield from _texts(body)
            yield from _texts(orelse)


@pytest.mark.parametrize("file", CODE, ids=lambda f: str(f.relative_to(ROOT)))
def test_what_people_read_is_translated(file: Path) -> None:
    known = catalogue()
    missing = [
        f"{file.relative_to(ROOT)}:{line}: {text!r}"
        for line, text in ids(ast.parse(file.read_text("utf-8")))
        if text not in known and re.search("[A-Za-z]", re.sub(r"\{.*?\}", "", text))
    ]
    assert not missing, "\n".join(missing)


def test_ids_are_found_where_they_stand() -> None:
    code = (
        'say("a {n}", n=1)\nNotReadyError("b", "c" if x else "d")\n'
        'Sentence("e", {})\nclass NewError(WorkbenchError):\n    """f"""\n'
    )
    assert [text for _, text in ids(ast.parse(code))] == ["f", "a {n}", "b", "c", "d", "e"]


def test_every_error_has_its_default_message_in_vietnamese() -> None:
    known = catalogue()
    kinds = [k for k in vars(errors).values() if isinstance(k, type) and k is not WorkbenchError]
    for kind in kinds:
        if issubclass(kind, WorkbenchError):
            assert kind().message.text in known, kind.__name__


@pytest.mark.parametrize("file", VIETNAMESE, ids=lambda f: f.name)
def test_a_translation_names_the_same_values(file: Path) -> None:
    with file.open("rb") as source:
        for message in read_po(source, locale="vi"):
            if message.id:
                assert message.string, f"empty: {message.id}"
                assert _values(str(message.string)) == _values(str(message.id)), message.id


@pytest.mark.parametrize("file", VIETNAMESE, ids=lambda f: f.name)
def test_vietnamese_is_composed(file: Path) -> None:
    text = file.read_text("utf-8")
    assert text == unicodedata.normalize("NFC", text)


def test_one_id_means_one_thing_in_all_files() -> None:
    """Catalogues are merged: two files that translate an id differently would race."""
    seen: dict[str, dict[str, str]] = {}
    for file in VIETNAMESE:
        with file.open("rb") as source:
            for message in read_po(source, locale="vi"):
                if message.id:
                    seen.setdefault(str(message.id), {})[file.name] = str(message.string)
    differing = {key: said for key, said in seen.items() if len(set(said.values())) > 1}
    assert not differing


def test_the_reader_chooses_the_language() -> None:
    speak("vi")
    assert say("Sign out") == "Đăng xuất"
    speak("en")
    assert say("Sign out") == "Sign out"


def test_a_sentence_is_read_in_the_readers_language_with_its_values() -> None:
    written = Sentence("Page {n}", {"n": 3})
    speak("vi")
    assert say(Sentence.from_json(written.as_json())) == "Trang 3"


def _values(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}
