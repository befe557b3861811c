"""Tables, summaries and figures: everything that formats."""

from stackkit.report import tables

__all__ = ["figures", "summaries", "tables"]


def __getattr__(name: str) -> object:
    if name in ("figures", "summaries"):
        import importlib

        return importlib.import_module(f"stackkit.report.{name}")
    raise AttributeError(f"module 'stackkit.report' has no attribute {name!r}")
