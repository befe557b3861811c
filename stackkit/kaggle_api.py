"""The official Kaggle client: found, signed in, and its failures told as what to do about them.

The package `kaggle` is optional. Tested with version 2.2; the methods used and their parameters are
the same since 1.7, and failures are those of `requests`.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any, Protocol

from stackkit.errors import ConfigError, DataError, MissingPackageError, StackkitError

SITE = "https://www.kaggle.com"
SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")
SET_UP = (
    f"make an API token at {SITE}/settings and save it as ~/.kaggle/kaggle.json "
    "(or set KAGGLE_USERNAME and KAGGLE_KEY, or run `kaggle auth login`)"
)


class KaggleClient(Protocol):
    """What is used of the client."""

    def authenticate(self) -> None:
        """Sign in with what environment and files hold."""

    def competition_download_files(self, competition: str, path: str, quiet: bool) -> None:
        """Write the archive of a competition's files into a folder."""

    def competition_submit(
        self, file_name: str, message: str, competition: str, quiet: bool
    ) -> Any:
        """Upload a submission; the answer holds `message`, and `ref` in newer versions."""

    def competition_submissions(self, competition: str) -> list[Any]:
        """The latest submissions, newest first."""


def check_slug(slug: str) -> str:
    """The name of a competition in its address; ConfigError for what cannot be one."""
    if not SLUG.fullmatch(slug):
        raise ConfigError(
            "a competition on Kaggle is named by the last part of its address",
            repr(slug),
            f"titanic, for {SITE}/competitions/titanic",
        )
    return slug


def page(slug: str, part: str = "") -> str:
    """The address of a competition, or of one of its pages: "rules", "submit"."""
    return f"{SITE}/competitions/{slug}" + (f"/{part}" if part else "")


def connect() -> KaggleClient:
    """The client, signed in.

    Raises
    ------
    MissingPackageError : `kaggle` is not installed.
    ConfigError : no credentials.
    DataError : Kaggle cannot be reached, or refuses the credentials.
    """
    with told("", DataError), redirect_stdout(io.StringIO()):  # it prints what SET_UP says
        try:
            from kaggle import api

            api.authenticate()
        except ImportError:
            rule = "Kaggle is reached through the package kaggle"
            raise MissingPackageError(rule, "none installed", "pip install kaggle") from None
        except SystemExit:
            raise _no_credentials() from None
        except OSError as error:
            if _status(error) is None and "kaggle.json" in str(error):
                raise _no_credentials() from None
            raise
    return api


def _no_credentials() -> ConfigError:
    return ConfigError("Kaggle knows who asks", "no credentials", SET_UP)


@contextmanager
def told(slug: str, kind: type[StackkitError]) -> Iterator[None]:
    """Failures of the client within the body become errors of `kind` with their next step.

    What the client prints goes to standard error.
    """
    try:
        with redirect_stdout(sys.stderr):
            yield
    except Exception as error:
        status = _status(error)
        if isinstance(error, StackkitError) or (status is None and not _is_network(error)):
            raise
        raise kind(*_advice(status, error, slug)) from None


def _status(error: Exception) -> int | None:
    """The HTTP status of a failure, None for one of another kind."""
    response = getattr(error, "response", None)
    status = getattr(response, "status_code", getattr(error, "status", None))
    return status if isinstance(status, int) else None


def _is_network(error: Exception) -> bool:
    """requests' errors are OSErrors; those about files have a number and a file name."""
    return isinstance(error, OSError) and error.filename is None


def _advice(status: int | None, error: Exception, slug: str) -> tuple[str, str, str]:
    """Rule, value got and next step for a status."""
    if status is None:
        return "Kaggle can be reached", f"{type(error).__name__}: {error}", "with a network"
    got = f"{status}: {error}"
    known = {
        401: ("Kaggle accepts the credentials", SET_UP),
        403: (
            f"you have joined {slug}",
            f"accept its rules at {page(slug, 'rules')}, then the same command again",
        ),
        404: (f"Kaggle has a competition {slug!r}", "the last part of its address on kaggle.com"),
        429: ("Kaggle is not asked too often", "again in some minutes"),
    }
    rule, hint = known.get(status, ("Kaggle takes the request", f"see {page(slug)}"))
    return rule, got, hint
