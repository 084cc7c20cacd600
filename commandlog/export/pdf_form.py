"""The PDF: the document one hands to a mayor. Cover, summary, timeline, tasks.

Lines and rows are broken here and drawn on reportlab's canvas: its tables take time that grows with the square of their
length, and its paragraphs read text as markup. Text of the log is never markup.
"""

from typing import BinaryIO

from commandlog import __version__
from commandlog.export import pdf_cover, pdf_summary, pdf_tasks, pdf_timeline
from commandlog.export.contents import Contents, Progress
from commandlog.export.paper import Paper
from commandlog.export.saying import Sayer
from commandlog.language import _, current
from commandlog.model.harmless import visible
from commandlog.views import board


def write(contents: Contents, out: BinaryIO, progress: Progress | None = None) -> None:
    """Write the document to a binary file."""
    saying = Sayer(contents)
    mark = _("EXERCISE") if contents.exercise else ""
    paper = Paper(out, contents.event, mark, saying.stand(), current())
    _describe(paper, contents)
    tasks = board.tasks(contents.log, contents.moment, reader=contents.for_party)
    pdf_cover.draw(paper, contents, saying)
    pdf_summary.draw(paper, contents, saying, tasks)
    pdf_timeline.draw(paper, contents, saying, progress)
    pdf_tasks.draw(paper, contents, saying, tasks)
    paper.finish()


def _describe(paper: Paper, contents: Contents) -> None:
    """Say in the file's own metadata what it is."""
    canvas = paper.canvas
    event = visible(contents.event)
    canvas.setTitle(_("{event}: incident log").format(event=event))
    subject = _("Incident log of an exercise") if contents.exercise else _("Incident log of an event")
    canvas.setSubject(subject)
    canvas.setAuthor(visible(contents.author))
    canvas.setCreator(f"CommandLog {__version__}")
    canvas.setProducer(f"CommandLog {__version__}")
