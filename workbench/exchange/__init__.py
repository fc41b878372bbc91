"""What leaves the workbench as files: packages for repositories, lists for people."""

from __future__ import annotations

from workbench.exchange.evidence import Witnessed
from workbench.exchange.excel import exported, write_list
from workbench.exchange.package import pack
from workbench.exchange.withdrawal import restored, withdrawn

__all__ = ["Witnessed", "exported", "pack", "restored", "withdrawn", "write_list"]
