"""CommandLog: the shared incident log of an event command centre."""

__version__ = "0.1.0"
