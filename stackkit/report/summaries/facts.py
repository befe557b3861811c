"""A table of facts, a row each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd


def facts(table: Mapping[str, Any]) -> pd.DataFrame:
    """Names down the side, their values beside them."""
    return pd.DataFrame({"": list(table), "value": list(table.values())}).set_index("")
