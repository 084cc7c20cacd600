"""An invitation: everything that one desk needs to join a shared log, as a file or as a code that survives chat.

The code is letters and digits that no mail program changes (base32), in groups, behind a mark; what programs put around
or between the groups (spaces, line ends, quotation marks) is passed over, and a check sum says whether all of it came.
It holds a password that works once and not for long.
"""

import re
import zlib
from base64 import b32decode, b32encode
from binascii import Error
from hashlib import sha256
from textwrap import wrap
from typing import Annotated

import msgspec
from dateutil import tz
from msgspec import Meta, Struct

from commandlog.language import _
from commandlog.model.checks import zone_named
from commandlog.model.errors import RuleError
from commandlog.model.frames import Millis
from commandlog.sharing.address import Address
from commandlog.views.moments import local

SUFFIX = ".commandlog-invitation"
VERSION = 1
LARGEST = 64 << 10  # characters of text that are looked at, bytes that a code may hold
_MARK = "CLOG"
_GROUP, _LINE = 5, 12  # characters in a group, groups in a line
_HEAD = 6  # bytes of length and check sum before what a code holds
_LAST = 253_402_214_400_000  # milliseconds: what a calendar can hold
_DESK = r"^[A-Z]{1,8}[0-9]{1,6}$"

Line = Annotated[str, Meta(max_length=300, pattern=r"^[^\x00-\x1f\x7f]*$")]
Code = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")]


class Invitation(Struct, frozen=True, forbid_unknown_fields=True):
    """What one desk needs: the log (its name, and its identity in hex), where it is, and who the desk will be.

    `password` works until somebody has joined with it, or until `until` (milliseconds UTC, 0: for ever); it is empty
    for a login that proves itself by a certificate. `keeper_key` (hex) is the public key by which
    the shared log proves itself; empty where none is known yet. `timezone` is the event's.
    """

    version: int
    name: Line
    log_id: Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$")]
    address: Address
    party: Code
    desk: Annotated[str, Meta(pattern=_DESK)]
    password: Line
    keeper_key: Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?$")] = ""
    until: Annotated[Millis, Meta(ge=0, le=_LAST)] = 0
    party_name: Line = ""
    timezone: Line = ""


def ends(invitation: Invitation) -> str:
    """Return until when an invitation holds, in the event's own time and zone; "" where it holds for ever."""
    zone = zone_named(invitation.timezone) or tz.tzlocal()
    return f"{local(invitation.until, zone):%Y-%m-%d %H:%M %Z}" if invitation.until else ""


def encode(invitation: Invitation) -> str:
    """Return an invitation as a block of text, of lines that fit any mail."""
    held = zlib.compress(msgspec.msgpack.encode(invitation), 9)
    text = b32encode(len(held).to_bytes(2, "big") + sha256(held).digest()[: _HEAD - 2] + held).decode().rstrip("=")
    lines = wrap(" ".join(wrap(text, _GROUP)), (_GROUP + 1) * _LINE)
    return "\n".join([f"{_MARK}{VERSION}:", *lines]) + "\n"


def decode(text: str) -> Invitation:
    """Read an invitation from whatever text it stands in.

    Raises RuleError where there is none in it, it did not come whole, or is from a newer version.
    """
    found = re.search(rf"{_MARK}(\d+)\s*:", text[:LARGEST], re.IGNORECASE)
    if not found:
        raise RuleError(_("This is no invitation: it begins with {mark}.").format(mark=f"{_MARK}{VERSION}:"))
    if found[1] != str(VERSION):
        raise _newer()
    try:
        held = _held(re.sub(r"[^A-Z2-7]", "", text[found.end() : LARGEST].upper()))
        return _checked(msgspec.msgpack.decode(held, type=Invitation))
    except (Error, zlib.error, msgspec.MsgspecError, UnicodeDecodeError, ValueError) as error:
        told = _("The invitation did not come whole: copy all of it, or have it sent as a file.")
        raise RuleError(told) from error


def file_name(invitation: Invitation) -> str:
    """Return what the file of an invitation is called."""
    party = re.sub(r"[^\w-]+", "-", invitation.party)
    return f"{party}-{invitation.desk}{SUFFIX}"


def _held(code: str) -> bytes:
    """Return what a code holds; what stands behind it in the text is passed over. Raises ValueError."""
    start = b32decode(code[:16])
    size = int.from_bytes(start[:2], "big")
    characters = -(-(_HEAD + size) * 8 // 5)
    whole = b32decode(code[:characters] + "=" * (-characters % 8))
    held = whole[_HEAD : _HEAD + size]
    if len(held) < size or sha256(held).digest()[: _HEAD - 2] != whole[2:_HEAD]:
        raise ValueError("check sum")
    unpacked = zlib.decompressobj()
    data = unpacked.decompress(held, LARGEST)
    if not unpacked.eof:
        raise ValueError("too large")
    return data


def _checked(invitation: Invitation) -> Invitation:
    if invitation.version != VERSION:
        raise _newer()
    address = invitation.address
    for line in (address.host, address.database, address.login):
        if not 0 < len(line) <= 300 or not line.isprintable():
            raise ValueError("address")
    if not 0 < address.port < 1 << 16 or address.certificate or address.key:
        raise ValueError("address")
    return invitation


def _newer() -> RuleError:
    return RuleError(_("This invitation is from a newer version of CommandLog: join with that version."))
