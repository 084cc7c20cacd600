"""Who puts the shared log in order: one keeper at a time, by a row of a table that only keepers see.

The row says which epoch it is and who holds it. Whoever holds it changes the row in every transaction that writes to
the log, which locks it until the end and fails as soon as another has begun a new epoch: one that was stopped and wakes
up again writes nothing. All times are the server's. A holder that is silent for LEASE seconds is replaced, also where
its session still holds the row.
"""

from typing import Any

from psycopg import Connection, Cursor, errors

LEASE = 4.0  # seconds
RENEW = 1.0
PATIENCE_MS = 1500  # for a row that somebody else holds; then that session is ended

_TAKE = (
    "UPDATE commandlog.keepers SET epoch = epoch + 1, holder = %(me)s, renewed_at = clock_timestamp()"
    " WHERE holder = '' OR renewed_at IS NULL OR renewed_at < clock_timestamp() - %(lease)s * interval '1 second'"
    " RETURNING epoch"
)
_HOLD = (
    "UPDATE commandlog.keepers SET renewed_at = clock_timestamp() WHERE epoch = %s AND holder = %s"
    " RETURNING (extract(epoch FROM clock_timestamp()) * 1000)::bigint"
)
_LEAVE = "UPDATE commandlog.keepers SET holder = '' WHERE epoch = %s AND holder = %s"
_END_WHOEVER_HOLDS_IT = "SELECT commandlog.end_stalled_keeper()"


class Superseded(Exception):
    """Another keeper has begun a new epoch: nothing was written, and nothing may be."""


class Lease:
    """This process's claim to put the log in order; `epoch` is 0 while it stands by."""

    def __init__(self, holder: str) -> None:
        """`holder` names this process to the others: its desk's code and what tells it from itself restarted."""
        self.holder = holder
        self.epoch = 0

    def take(self, conn: Connection[Any]) -> bool:
        """Begin a new epoch where nobody holds the current one any more; returns whether it is this one's now."""
        self.epoch = 0
        if not self._is_free(conn):
            return False
        try:
            with conn.transaction():
                conn.execute(f"SET LOCAL lock_timeout = {PATIENCE_MS}")
                found = conn.execute(_TAKE, {"me": self.holder, "lease": LEASE}).fetchone()
        except errors.LockNotAvailable:  # its holder was stopped, or cut off, in the middle of a transaction
            conn.execute(_END_WHOEVER_HOLDS_IT)
            return False
        self.epoch = found[0] if found else 0
        return bool(found)

    def _is_free(self, conn: Connection[Any]) -> bool:
        free = (
            "SELECT holder = '' OR renewed_at IS NULL OR renewed_at < clock_timestamp() - %s * interval '1 second'"
            " FROM commandlog.keepers"
        )
        found = conn.execute(free, (LEASE,)).fetchone()
        return bool(found and found[0])

    def hold(self, conn: Connection[Any]) -> None:
        """Renew the claim, inside the transaction that writes: until it ends nobody else can take it.

        Raises Superseded where another has taken it meanwhile.
        """
        self.check(self.ask(conn))

    def ask(self, conn: Connection[Any]) -> Cursor[Any]:
        """Ask to hold it, in a pipeline: `check` is told the answer."""
        return conn.execute(_HOLD, (self.epoch, self.holder))

    def check(self, answer: Cursor[Any]) -> int:
        """Return the server's time, milliseconds UTC; raises Superseded where another has taken it meanwhile."""
        found = answer.fetchone()
        if found is None:
            self.epoch = 0
            raise Superseded
        return int(found[0])

    def leave(self, conn: Connection[Any]) -> None:
        """Let the next one take over at once."""
        conn.execute(_LEAVE, (self.epoch, self.holder))
        self.epoch = 0
