"""Where records may be delivered to, as data: a file of the unit's, in TOML.

    [[target]]
    name = "kho-tinh"
    title = "Kho dữ liệu điện tử của tỉnh"
    kind = "http"                          # http: the record message; folder, s3: a bag
    address = "https://kho.example/results"
    token_file = "/etc/workbench/kho-tinh.token"
    [target.context]
    agency = "G01.000.000.000"
    [target.by_kind.con_dau]
    procedure = "2.001403"

Nothing is called where there is no such file, and no target that it does not name.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from workbench.errors import SettingsError


class Target(BaseModel):
    """One place that takes our records, how it is reached, and what it takes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    title: str
    kind: Literal["http", "folder", "s3"]
    address: str  # https://…, a folder, or s3://bucket/prefix
    token_file: Path | None = None  # of http: a bearer token, in a file that only we may read
    endpoint: str = ""  # of s3, where it is not Amazon's
    seconds: float = Field(default=30, gt=0)  # until an answer is no longer waited for

    profile: str = "result"  # of the message
    context: dict[str, str] = {}  # what every message says beside its record
    by_kind: dict[str, dict[str, str]] = {}  # and what those of one kind say

    automatic: bool = False  # whether every receipted record goes there without an order
    kinds: tuple[str, ...] = ()  # that it takes; empty: all
    needed: tuple[str, ...] = ()  # fields of the record that may not be empty
    longest: dict[str, int] = {}  # field -> letters
    largest: int = Field(default=0, ge=0)  # bytes of all files together; 0: no limit
    takes_trial_seals: bool = False
    signed_list: bool = False  # whether the list of a bag must be signed


def load(path: Path | None) -> Mapping[str, Target]:
    """The targets of the unit by name; none without a file. Raises SettingsError."""
    if path is None:
        return {}
    try:
        told = tomllib.loads(path.read_text("utf-8"))
        found = [Target.model_validate(one) for one in told.get("target", [])]
    except OSError as error:
        raise SettingsError(
            "The file of targets {file} cannot be read.",
            "Check WORKBENCH_TARGETS, and that this account may read the file.",
            file=path.name,
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _invalid(path, str(error)) from error
    except ValidationError as error:
        first = error.errors()[0]
        raise _invalid(path, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    names = [target.name for target in found]
    if len(set(names)) < len(names):
        raise _invalid(path, "two targets have the same name")
    return {target.name: target for target in found}


def _invalid(path: Path, problem: str) -> SettingsError:
    return SettingsError(
        "The file of targets {file} is not valid: {problem}.",
        "Correct the file; docs/delivery.md says what it holds.",
        file=path.name,
        problem=problem,
    )
