"""Tests use neither this machine's keyring nor what it knows of PostgreSQL servers.

They would find other passwords there, leave their own, or wait for a window that asks to unlock it. What they start
has the same surroundings.
"""

import os

for _name in [name for name in os.environ if name.startswith("PG")]:
    del os.environ[_name]
os.environ["PGPASSFILE"] = "/nowhere/pgpass"
os.environ.setdefault("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
