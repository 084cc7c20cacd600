"""Help in the user's language: our own help texts and the words of click, which builds the pages around them."""

import gettext
import os
from contextlib import ExitStack
from importlib.resources import as_file, files
from typing import Any

import click

from commandlog.language import _, current, marked

CLICK = (
    marked("Usage:"),
    marked("Options"),
    marked("Commands"),
    marked("Show this message and exit."),
    marked("Show the version and exit."),
    marked("%(prog)s, version %(version)s"),
    marked("Missing argument"),
    marked("Missing option"),
    marked("Missing command."),
    marked("No such command {name!r}."),
    marked("No such option {name!r}."),
    marked("Option {name!r} does not take a value."),
    marked("Invalid value for {param_hint}: {message}"),
    marked("{value!r} is not a valid {number_type}."),
)
"""What click says to users of this program; it looks its words up as gettext does."""


class Sections(click.Group):
    """A command of commands, whose help lists them by section: sixty in one row help nobody."""

    def __init__(self, *, sections: dict[str, list[click.Command]], **options: Any) -> None:
        super().__init__(**options)
        self.sections = sections
        for commands in sections.values():
            for command in commands:
                self.add_command(command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 (click's)
        """Write each section under its title."""
        widest = max(map(len, self.commands))
        for title, commands in self.sections.items():
            with formatter.section(_(title)):
                limit = formatter.width - 6 - widest
                rows = [(f"{command.name:{widest}}", command.get_short_help_str(limit)) for command in commands]
                formatter.write_dl(rows)


_ENGLISH: dict[int, str] = {}
_open = ExitStack()


def speak(command: click.Command) -> None:
    """Put the help of a command, of its options and of the commands below it in the current language."""
    folder = _open.enter_context(as_file(files("commandlog_resources") / "translations"))
    gettext.bindtextdomain("commandlog", str(folder))
    gettext.textdomain("commandlog")
    os.environ["LANGUAGE"] = current()
    _speak(command)


def texts(command: click.Command) -> list[str]:
    """Return every help text of a command and of those below it, in English."""
    own = [_ENGLISH.get(id(one), one.help or "") for one in _helped(command)]
    below = command.commands.values() if isinstance(command, click.Group) else ()
    return [*own, *(text for one in below for text in texts(one))]


def _speak(command: click.Command) -> None:
    for one in _helped(command):
        one.help = _(_ENGLISH.setdefault(id(one), one.help or ""))
    if isinstance(command, click.Group):
        for below in command.commands.values():
            _speak(below)


def _helped(command: click.Command) -> list[click.Command | click.Option]:
    options = [one for one in command.params if isinstance(one, click.Option) and one.help]
    return [command, *options] if command.help else [*options]
