"""Tables and figures: everything that formats."""

from stackkit.report import tables

__all__ = ["figures", "tables"]


def __getattr__(name: str) -> object:
    if name == "figures":
        import importlib

        return importlib.import_module("stackkit.report.figures")
    raise AttributeError(f"module 'stackkit.report' has no attribute {name!r}")
