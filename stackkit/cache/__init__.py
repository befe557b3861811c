"""oof_cache/: content-addressed records on disk.

`OOFCache` is the root folder; `shelf(competition, folds)` the folder of one fold plan on one data
set, where entries, half-finished Fits, models and locks lie. Folders are the truth: there is no
index.
"""

from stackkit.cache.faults import on_fault_point
from stackkit.cache.shelf import Shelf
from stackkit.cache.store import NoCache, OOFCache, remove

__all__ = ["NoCache", "OOFCache", "Shelf", "on_fault_point", "remove"]
