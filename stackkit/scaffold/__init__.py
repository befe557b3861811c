"""A project folder of one's own: what `stackkit new` puts into it."""

from stackkit.scaffold.project import Written, new_project

__all__ = ["Written", "new_project"]
