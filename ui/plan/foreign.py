"""Pictures of venues that came from outside, made harmless: whatever they were, a PNG of pixels is kept.

Photos and scans go the way of every picture (`commandlog.views.pictures`). A drawing (SVG) is a program too: one that
runs something or reaches for other files is refused, of the rest only shapes, texts and colours are taken, and what is
left is painted by a process of its own, with little time.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NoReturn
from xml.etree.ElementTree import Element, ParseError, tostring

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from commandlog.language import _
from commandlog.model.errors import RuleError, Unavailable
from commandlog.views.pictures import encoded, picture

LARGEST = 20 << 20  # bytes
SIDE = 2400  # pixels of what is kept
_SECONDS = 20
_MOST = 60_000  # elements
_DEEP = 60
_PROCESS = Path(__file__).with_name("svg_process.py")
_NO_WINDOW = getattr(subprocess, "CREATE_NO_WINDOW", 0)
_TAKEN = frozenset(
    [
        "svg",
        "g",
        "defs",
        "path",
        "rect",
        "circle",
        "ellipse",
        "line",
        "polyline",
        "polygon",
        "text",
        "tspan",
        "title",
        "desc",
        "linearGradient",
        "radialGradient",
        "stop",
    ]
)
_ATTRIBUTES = frozenset(
    [
        "id",
        "viewBox",
        "width",
        "height",
        "x",
        "y",
        "x1",
        "y1",
        "x2",
        "y2",
        "cx",
        "cy",
        "r",
        "rx",
        "ry",
        "fx",
        "fy",
        "dx",
        "dy",
        "d",
        "points",
        "transform",
        "fill",
        "stroke",
        "opacity",
        "offset",
        "fill-opacity",
        "fill-rule",
        "stroke-width",
        "stroke-opacity",
        "stroke-linecap",
        "stroke-linejoin",
        "stroke-miterlimit",
        "stop-color",
        "stop-opacity",
        "gradientUnits",
        "gradientTransform",
        "spreadMethod",
        "font-family",
        "font-size",
        "font-weight",
        "font-style",
        "text-anchor",
        "display",
        "visibility",
        "color",
    ]
)
_LONGEST = 400_000  # characters of one attribute


def pixels(content: bytes) -> bytes:
    """Return what a picture from outside shows as a PNG. It takes a while: not for the thread that paints.

    Raises RuleError where it is none, damaged, too large or not harmless; Unavailable where no process can be started.
    """
    if len(content) > LARGEST:
        raise RuleError(_("The picture is larger than {number} MB. Choose a smaller one.").format(number=LARGEST >> 20))
    if b"<svg" in content[:4096].lower() or content.lstrip()[:5].lower() == b"<?xml":
        return _painted(harmless(content))
    return encoded(picture(content, SIDE), sharp=True)


def harmless(content: bytes) -> bytes:
    """Return the shapes, texts and colours of a drawing; raises RuleError where it does more than show."""
    try:
        root = fromstring(content, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    except (DefusedXmlException, ParseError, ValueError, LookupError) as error:
        raise RuleError(_("This drawing cannot be read: it is damaged, or not harmless.")) from error
    if _name(root) != "svg" or sum(1 for _one in root.iter()) > _MOST:
        raise RuleError(_("This is no drawing, or it has too many parts. Choose a picture of it (PNG or JPEG)."))
    made = _cleaned(root, 0)
    if made is None:
        _refused()
    made.set("xmlns", "http://www.w3.org/2000/svg")
    return bytes(tostring(made))


def _cleaned(one: Element, depth: int) -> Element | None:
    name = _name(one)
    if depth > _DEEP or name in ("script", "foreignObject", "handler", "set") or name.startswith("animate"):
        _refused()
    made = Element(name)
    for key, value in one.attrib.items():
        short = key.rpartition("}")[2]
        if short.lower().startswith("on") or _reaches_out(short, value) or len(value) > _LONGEST:
            _refused()
        pairs = [(short, value)]
        if short == "style":
            pairs = [(a.strip(), b.strip()) for a, _colon, b in (part.partition(":") for part in value.split(";"))]
        for attribute, said in pairs:
            if attribute in _ATTRIBUTES and "xmlns" not in attribute:
                made.set(attribute, said)
    if name in ("text", "tspan", "title", "desc"):
        made.text, made.tail = (one.text or "")[:500], (one.tail or "")[:500]
    if name == "style" and one.text and _reaches_out("style", one.text):
        _refused()
    if name not in _TAKEN:
        for child in one:  # what lies in it may still be refused
            _cleaned(child, depth + 1)
        return None
    parts = [_cleaned(part, depth + 1) for part in one]
    made.extend(part for part in parts if part is not None)
    return made


def _name(one: Element) -> str:
    return one.tag.rpartition("}")[2] if isinstance(one.tag, str) else ""


def _reaches_out(attribute: str, value: str) -> bool:
    """Whether an attribute or a style names something outside the drawing, or code."""
    text = "".join(value.split()).lower()
    if attribute in ("href", "src") and not text.startswith("#"):
        return not text.startswith("data:image/")  # such a picture is left out
    outside = any(not part.lstrip("'\"").startswith("#") for part in re.split(r"url\(", text)[1:])
    return outside or "@import" in text or "javascript:" in text or "expression(" in text


def _refused() -> NoReturn:
    raise RuleError(
        _("This drawing is not harmless: it runs something, or reaches for other files. Choose a PNG of it.")
    )


def _painted(svg: bytes) -> bytes:
    """Return a harmless drawing as a PNG, painted by another process."""
    try:
        done = subprocess.run(  # noqa: S603 - our own file, and a number
            [sys.executable, "-P", str(_PROCESS), str(SIDE)],
            input=svg,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
            creationflags=_NO_WINDOW,
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        )
    except subprocess.TimeoutExpired as error:
        raise RuleError(_("This drawing takes too long to paint. Choose a picture of it (PNG or JPEG).")) from error
    except OSError as error:
        raise Unavailable(_("No preview can be made now: {error}.").format(error=error.strerror or error)) from error
    if done.returncode or not done.stdout.startswith(b"\x89PNG"):
        raise RuleError(_("This drawing cannot be read: it is damaged, or not harmless."))
    return done.stdout
