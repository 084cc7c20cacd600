"""Pictures of venues from outside: what is harmless is shown, what is not is refused, and nothing reaches out."""

import io
from pathlib import Path

import pytest
from commandlog_ui.plan import foreign
from commandlog_ui.plan.foreign import harmless, pixels
from PIL import Image

from commandlog.model.errors import RuleError

HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 40 20"{}>{}</svg>'
)


def svg(inside: str, attributes: str = "") -> bytes:
    return HEAD.format(attributes, inside).encode()


def test_a_drawing_becomes_pixels() -> None:
    png = pixels(svg('<rect width="40" height="20" fill="#ff0000"/><text x="2" y="9">Poort</text>'))
    with Image.open(io.BytesIO(png)) as image:
        assert image.size == (2400, 1200)
        assert image.convert("RGB").getpixel((2390, 10)) == (255, 0, 0)


def test_a_photo_becomes_pixels() -> None:
    out = io.BytesIO()
    Image.new("RGB", (30, 20), (0, 128, 0)).save(out, "JPEG")
    with Image.open(io.BytesIO(pixels(out.getvalue()))) as image:
        assert image.format == "PNG"


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        '<rect onclick="alert(1)" width="1" height="1"/>',
        '<image xlink:href="file:///etc/passwd" width="1" height="1"/>',
        '<image href="http://192.0.2.1/a.png" width="1" height="1"/>',
        '<rect fill="url(http://192.0.2.1/#a)" width="1" height="1"/>',
        '<rect style="fill: u rl( file:///etc/passwd )" width="1" height="1"/>',
        '<style>@import "http://192.0.2.1/a.css";</style>',
        "<foreignObject><p>x</p></foreignObject>",
        '<g><metadata><script href="x.js"/></metadata></g>',
        '<a href="javascript:alert(1)"><rect width="1" height="1"/></a>',
        "<animate attributeName='x'/>",
        "<g>" * 100 + "</g>" * 100,
        f'<path d="{"M0 0 " * 100_000}"/>',
    ],
)
def test_a_drawing_that_does_more_than_show_is_refused(inside: str) -> None:
    with pytest.raises(RuleError):
        harmless(svg(inside))


@pytest.mark.parametrize(
    "content",
    [
        b"<svg",
        b"",
        b"GIF89a",
        b"%PDF-1.7",
        b'<?xml version="1.0"?><html/>',
        b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><svg>&b;</svg>',
        b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>',
        svg("<g/>" * 70_000),
        svg("", ' width="0"').replace(b"0 0 40 20", b"0 0 0 0"),
        svg("", "").replace(b"0 0 40 20", b"0 0 1e300 1e-300"),
    ],
)
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(RuleError):
        pixels(content)


def test_only_shapes_texts_and_colours_are_taken() -> None:
    made = harmless(
        svg(
            '<style>rect { fill: red }</style><use href="#r"/><image href="data:image/png;base64,AAAA"/>'
            '<rect id="r" width="4" height="4" stroke-dasharray="0.00001" filter="url(#f)"'
            ' style="fill: #123456; stroke-dasharray: 0.00001"/>'
        )
    ).decode()
    assert '<rect id="r" width="4" height="4" fill="#123456" />' in made
    for gone in ("dasharray", "use", "image", "filter", "style"):
        assert gone not in made


def test_one_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    slow = tmp_path / "slow.py"
    slow.write_text("import time\ntime.sleep(60)\n")
    monkeypatch.setattr(foreign, "_PROCESS", slow)
    monkeypatch.setattr(foreign, "_SECONDS", 0.3)
    with pytest.raises(RuleError):
        pixels(svg(""))


def test_too_large_a_file_is_refused_unread() -> None:
    with pytest.raises(RuleError):
        pixels(b"\x89PNG" + bytes(foreign.LARGEST))
