"""The command line: it constructs what the commands need, and sees to it that no traceback reaches a user."""

import os
import sqlite3
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import click
import platformdirs

from commandlog import __version__
from commandlog.commands import (
    accessing,
    attaching,
    checking,
    closing,
    dealing,
    demonstrating,
    disclosing,
    exporting,
    helping,
    importing,
    opening,
    preserving,
    printing_out,
    proving,
    reading,
    scenarios,
    settling,
    sharing,
    watching,
    writing,
)
from commandlog.language import _, choose, marked, preferred
from commandlog.model.errors import CommandLogError
from commandlog.model.records import clean

DONE, NO, BAD_INPUT = 0, 1, 2


SECTIONS: dict[str, tuple[Sequence[click.Command], ...]] = {
    marked("To begin"): (writing.BEGIN, opening.COMMANDS, scenarios.COMMANDS, demonstrating.COMMANDS),
    marked("What is said and done"): (writing.SAY, dealing.COMMANDS, attaching.COMMANDS),
    marked("Tasks"): (writing.TASKS,),
    marked("To look"): (reading.COMMANDS, watching.COMMANDS),
    marked("In and out"): (importing.COMMANDS, exporting.COMMANDS, printing_out.COMMANDS),
    marked("Who may know, and what is erased"): (disclosing.COMMANDS, accessing.COMMANDS),
    marked("Many desks, one log"): (sharing.COMMANDS, settling.COMMANDS),
    marked("Safe and provable"): (preserving.COMMANDS, proving.COMMANDS, checking.COMMANDS),
    marked("When it is over"): (closing.COMMANDS,),
}
"""Every command, in the order in which people come to need them."""


@click.group(
    cls=helping.Sections,
    sections={title: [one for part in parts for one in part] for title, parts in SECTIONS.items()},
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="commandlog")
def commands() -> None:
    """Keep the incident log of an event command centre."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code: 0 done, 1 the answer is no, 2 bad input or usage."""
    choose(preferred() or "en")
    helping.speak(commands)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        given = [_text(one) for one in (sys.argv[1:] if arguments is None else arguments)] or ["--help"]
        code = commands.main(given, "commandlog", standalone_mode=False)
        if sys.stdout is not None:  # a program without a console has none
            sys.stdout.flush()
        return code if isinstance(code, int) else DONE
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "commandlog"
        return _refuse(_("{error} See `{command} --help`.").format(error=error.format_message(), command=where))
    except click.ClickException as error:
        return _refuse(error.format_message())
    except CommandLogError as error:
        return _refuse(str(error))
    except (BrokenPipeError, SystemExit):  # click makes the one into the other: whoever read has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (KeyboardInterrupt, click.Abort):
        return 130
    except sqlite3.DatabaseError as error:
        return _refuse(_damage(error))
    except OSError as error:
        return _refuse(f"{error.filename or ''}: {error.strerror or error}".lstrip(": "))
    except Exception:
        return _refuse(_report_bug())
    return DONE


def _text(argument: str) -> str:
    """Return an argument as text; one with bytes that are none is kept as it is only where it names a file."""
    return argument if argument.isascii() or os.path.lexists(argument) else clean(argument)


def _refuse(message: str) -> int:
    print(f"commandlog: {' '.join(message.split())}", file=sys.stderr)
    return BAD_INPUT


def _damage(error: sqlite3.DatabaseError) -> str:
    told = _("The log is damaged or cannot be read: {error}. `commandlog rescue FILE DIR` saves what can be read.")
    return told.format(error=error)


def _report_bug() -> str:
    """Keep the traceback in a file (no words of a log are in it) and return what to tell the user."""
    *_calls, last = traceback.extract_tb(sys.exc_info()[2]) or [None]
    kind = sys.exc_info()[0]
    try:
        folder = platformdirs.user_log_path("commandlog", appauthor=False, ensure_exists=True)
        path = Path(folder) / "errors.log"
        with path.open("a", encoding="utf-8") as file:
            file.writelines(traceback.format_tb(sys.exc_info()[2]))
            file.write(f"{kind}\n\n")
    except OSError:
        return _("This is a bug in CommandLog ({kind} at {place}).").format(
            kind=kind.__name__ if kind else "", place=last
        )
    return _("This is a bug in CommandLog. Please send us {file}, which says where it happened.").format(file=path)


def run() -> None:
    """Run the command line as a program."""
    sys.exit(main())
