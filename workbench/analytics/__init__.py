"""Questions answered by DuckDB over a lake of Parquet that holds no names and no field values.

`Lake` follows the store; `Questions` answers what stands in `queries.sql`, named and described.
DuckDB reads the lake's own files, loads no extension and calls nobody.
"""

from __future__ import annotations

from workbench.analytics.lake import Difference, Lake, Refreshed
from workbench.analytics.questions import Query, Questions, queries
from workbench.analytics.schemas import SCHEMAS

__all__ = ["SCHEMAS", "Difference", "Lake", "Query", "Questions", "Refreshed", "queries"]
