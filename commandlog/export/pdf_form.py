"""The PDF: the document one hands to a mayor, chapter by chapter.

Lines and rows are broken here and drawn on reportlab's canvas: its tables take time that grows with the square of their
length, and its paragraphs read text as markup. Text of the log is never markup, and leads nowhere.
"""

from typing import BinaryIO

from commandlog import __version__
from commandlog.export import (
    pdf_attachments,
    pdf_contents,
    pdf_covenant,
    pdf_cover,
    pdf_definitions,
    pdf_disclosure,
    pdf_summary,
    pdf_tasks,
    pdf_threads,
    pdf_timeline,
    pdf_totals,
)
from commandlog.export.contents import Contents, Progress
from commandlog.export.paper import Paper
from commandlog.export.pdf_contents import Chapter
from commandlog.export.saying import Sayer
from commandlog.language import _, current
from commandlog.model.harmless import visible
from commandlog.views import counts


def write(contents: Contents, out: BinaryIO, progress: Progress | None = None) -> None:
    """Write the document to a binary file."""
    saying = Sayer(contents)
    paper = Paper(out, contents.event, _("EXERCISE") if contents.exercise else "", saying.foot(), current())
    _describe(paper, contents)
    tasks = contents.tasks()
    totals = counts.counts(contents.log, contents.moment, contents.wanted, tasks)
    groups = pdf_threads.incidents(contents) if contents.includes("threads") else []
    empty = {
        "totals": not totals.entries,
        "disclosure": not contents.entries,
        "tasks": not tasks,
        "attachments": not pdf_attachments.found(contents),
    }
    empty |= {"threads": not groups and not pdf_threads.roots(contents)[0], "places": not contents.covenant.places}
    chapters = [one for one in _chapters(contents) if contents.sections or not empty.get(one.key)]
    pdf_cover.draw(paper, contents, saying)
    pdf_contents.draw(paper, contents, saying, chapters, totals, groups)
    for chapter in chapters:
        match chapter.key:
            case "summary":
                pdf_summary.draw(paper, contents, saying, totals, tasks)
            case "totals":
                pdf_totals.draw(paper, contents, saying, totals, tasks)
            case "timeline":
                pdf_timeline.draw(paper, contents, saying, progress)
            case "threads":
                pdf_threads.draw(paper, contents, saying, groups)
            case "tasks":
                pdf_tasks.draw(paper, contents, saying, tasks)
            case "disclosure":
                pdf_disclosure.draw(paper, contents, saying)
            case "covenant":
                pdf_covenant.draw(paper, contents)
            case "places":
                pdf_covenant.places(paper, contents, saying)
            case "attachments":
                pdf_attachments.draw(paper, contents, saying)
            case "definitions":
                pdf_definitions.draw(paper, contents, saying)
    paper.finish()
    if progress and not contents.includes("timeline"):
        progress(contents.entries, contents.entries)


def _chapters(contents: Contents) -> list[Chapter]:
    """Return the chapters that were chosen, in the order in which they come."""
    titles = (
        ("summary", _("Summary")),
        ("totals", _("Totals")),
        ("timeline", _("Timeline")),
        ("threads", _("Incidents and threads")),
        ("tasks", _("Tasks")),
        ("disclosure", _("Who could read what")),
        ("covenant", _("Covenant")),
        ("places", _("Places")),
        ("attachments", _("Attachments")),
        ("definitions", _("How to read this document")),
    )
    return [Chapter(key, title) for key, title in titles if contents.includes(key)]


def _describe(paper: Paper, contents: Contents) -> None:
    """Say in the file's own metadata what it is."""
    canvas = paper.canvas
    event = visible(contents.event)
    canvas.setTitle(_("{event}: incident log").format(event=event))
    subject = _("Incident log of an exercise") if contents.exercise else _("Incident log of an event")
    canvas.setSubject(subject)
    canvas.setAuthor(visible(contents.author))
    canvas.setKeywords(", ".join((_("incident log"), event, *map(visible, _parties(contents)))))
    canvas.setCreator(f"CommandLog {__version__}")
    canvas.setProducer(f"CommandLog {__version__}")


def _parties(contents: Contents) -> list[str]:
    return [contents.covenant.party_name(one.code) for one in contents.covenant.parties]
