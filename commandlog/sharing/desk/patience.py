"""How long a desk waits: for a server to answer, and before it tries again. Longer each time that was of no use."""

import random

from psycopg.errors import ConnectionTimeout

from commandlog.sharing.link import PATIENCE
from commandlog.sharing.watchdog import LONGEST, SILENT, Watchdog

BACKOFF = (0.5, 5.0)  # seconds between two tries to connect, at first and at most
PATIENCES = (PATIENCE, 15.0, 45.0, 60.0)  # seconds for connecting: the next where the server was too slow
SLOWER = 6  # times as long as connecting took, for which a line may be silent
QUICK = 2.0  # seconds in which a connection was made, after which patience is short again


class Patience:
    """How patient one desk is now, learnt from how it went before."""

    def __init__(self, watchdog: Watchdog) -> None:
        self._watchdog = watchdog
        self._pause = BACKOFF[0]
        self._slow = 0

    @property
    def seconds(self) -> float:
        """How long connecting may take."""
        return PATIENCES[self._slow]

    def pause(self) -> float:
        """Return how long to wait when the next try fails, so that not all desks come back at once."""
        wait = self._pause * random.uniform(0.5, 1.0)  # noqa: S311 (no secret)
        self._pause = min(self._pause * 2, self.longest)
        return wait

    @property
    def longest(self) -> float:
        """How long to wait where a person must look first."""
        return BACKOFF[1]

    def answered(self, took: float) -> None:
        """A server let this desk in, after so many seconds."""
        self._watchdog.silent = min(max(SILENT, SLOWER * took), LONGEST)

    def connected(self, took: float) -> None:
        """It has answered the first questions, too."""
        if took < QUICK:
            self._slow = 0

    def all_is_well(self) -> None:
        """All is here: when this connection ends, the next one may come soon."""
        self._pause = BACKOFF[0]

    def failed(self, error: Exception) -> None:
        """A try has failed, or a connection was lost."""
        if isinstance(error.__cause__, ConnectionTimeout) or self._watchdog.bitten:
            self._slow = min(self._slow + 1, len(PATIENCES) - 1)
        self._watchdog.bitten = 0
