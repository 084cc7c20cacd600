"""The command that shows what the program is for: one evening, told into a log, with the documents made of it."""

import shutil
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import click

from commandlog.demo import LOG, tell
from commandlog.export.exporting import export
from commandlog.language import _, choose, preferred
from commandlog.log.keys import settings_folder
from commandlog.model.errors import RuleError
from commandlog.views import moments

FOLDER = Path("commandlog-demo")
_BAR = 24  # characters

_TRY = (
    "open {log}",
    "timeline {log}",
    "timeline {log} --as-of 21:14",
    "timeline {log} --search tas",
    "tasks {log}",
    "open-items {log}",
    "verify {log} --deep",
)


def _progress() -> Callable[[int, int], None]:
    """Return a progress line on stderr, where that is a terminal; it leaves nothing behind."""

    def show(done: int, total: int) -> None:
        if sys.stderr.isatty():
            bar, doing = "█" * (_BAR * done // total), _("telling the evening")
            text = "\r" + " " * (_BAR + 20) + "\r" if done >= total else f"\r{doing} {bar:░<{_BAR}}"
            print(text, end="", file=sys.stderr, flush=True)

    return show


def _quoted(path: Path) -> str:
    text = str(path)
    return f'"{text}"' if " " in text else text


@click.command()
@click.argument("folder", metavar="[DIR]", default=FOLDER, type=click.Path(path_type=Path))
@click.option("--no-window", is_flag=True, help="Open no window on it.")
def demo(folder: Path, no_window: bool) -> None:
    """Tell a concert evening, an exercise, into DIR: the log, a PDF and a workbook; and open the window on it."""
    if (folder / LOG).exists():
        raise RuleError(
            _("{folder} holds a demo evening already ({file}): choose another folder, or delete it.").format(
                folder=folder, file=LOG
            )
        )
    if folder.exists() and not folder.is_dir():
        raise RuleError(_("{folder} is a file: name a folder.").format(folder=folder))
    folder.mkdir(parents=True, exist_ok=True)
    desk = tell(folder, settings_folder(), _progress())
    with desk.log as log:
        if preferred() is None:
            choose(desk.covenant.language)
        documents = [
            export(log, folder / f"demo{suffix}", moments.live(log), desk=desk).path for suffix in (".pdf", ".xlsx")
        ]
        records = log.head.seq
    click.echo(_("One evening, told as an exercise: {n} records.").format(n=records))
    for title, path in zip((_("log"), _("document"), _("workbook")), (folder / LOG, *documents), strict=True):
        click.echo(f"  {title:<10} {path}")
    click.echo(_("Try next:"))
    program = "commandlog" if shutil.which("commandlog") else _quoted(Path(sys.argv[0]))
    for text in _TRY:
        click.echo(f"  {program} {text.format(log=_quoted(folder / LOG))}")
    if not no_window:
        _show(folder / LOG)


def _show(log: Path) -> None:
    """Open the window on the evening; where there can be none, say why."""
    if why := import_module("commandlog_ui.screenless").why_not():
        click.echo(why)
        return
    raise click.exceptions.Exit(import_module("commandlog_ui.app").run(log))


COMMANDS = [demo]
