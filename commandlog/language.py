"""The one place that knows in which language the program speaks.

Texts are written in English in the code and marked with `_`; Dutch comes from the catalogue. A text is looked up when
it is shown, so that one process can speak two languages (a desk in Dutch, a report in English).
"""

import gettext
import locale
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.resources import as_file, files

LANGUAGES = ("nl", "en")

_current: ContextVar[str] = ContextVar("language", default="en")


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    with as_file(files("commandlog_resources") / "translations") as folder:
        return gettext.translation("commandlog", folder, [language], fallback=True)


def _(text: str) -> str:
    """Return `text` in the current language."""
    return _catalogue(_current.get()).gettext(text)


def ngettext(one: str, many: str, n: int) -> str:
    """Return the form of a text that fits the number `n`, in the current language."""
    return _catalogue(_current.get()).ngettext(one, many, n)


def marked(text: str) -> str:
    """Mark a text for the catalogue without looking it up yet (tables of words)."""
    return text


def current() -> str:
    """Return the language now spoken: "nl" or "en"."""
    return _current.get()


def choose(language: str) -> None:
    """Speak `language` from now on; one that is not known becomes English."""
    _current.set(language if language in LANGUAGES else "en")


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak another language for the length of a `with` block."""
    token = _current.set(language if language in LANGUAGES else "en")
    try:
        yield
    finally:
        _current.reset(token)


def preferred() -> str | None:
    """Return the language that COMMANDLOG_LANG or the system names, None where neither names one of ours."""
    for name in (os.environ.get("COMMANDLOG_LANG", ""), os.environ.get("LC_ALL", ""), os.environ.get("LANG", "")):
        if name[:2].lower() in LANGUAGES:
            return name[:2].lower()
    system = (locale.getlocale()[0] or "")[:2].lower()
    return system if system in LANGUAGES else None
