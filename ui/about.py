"""Doing something with what stands at a position, where that may have moved since somebody chose it."""

from collections.abc import Callable
from typing import TypeVar

from commandlog.log.derived.table import now_at
from commandlog.log.desk import Desk

Value = TypeVar("Value")


def about(position: int, verb: Callable[[Desk, int], Value]) -> Callable[[Desk], Value]:
    """Return a verb on what stands at a position, wherever that is by the time that the verb is done.

    What waits for its place in a shared log may get it between one key and the next, while a text is being typed.
    """

    def do(desk: Desk) -> Value:
        with desk.writing():
            return verb(desk, now_at(desk.log.db, position))

    return do
