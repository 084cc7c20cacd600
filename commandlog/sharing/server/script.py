"""What `server` would run to make an event, as a script for a database administrator who lets nobody else do it."""

from collections.abc import Iterator, Mapping, Sequence

from psycopg.sql import SQL, Identifier

from commandlog.model.covenant import Party
from commandlog.sharing.server import access, hardening, schema
from commandlog.sharing.server.logins import INVITED, scram
from commandlog.sharing.server.schema import Names, Statement


def everything(names: Names, name: str, parties: Sequence[Party], timezone: str) -> list[Statement]:
    """Return what makes roles, tables and rights, to be run in one transaction."""
    return [
        *access.roles(names, len(parties)),
        *schema.tables(names),
        *access.rights(names),
        *schema.rows(names, name, parties, timezone),
        SQL("RESET ROLE"),
        SQL("RESET search_path"),
    ]


def as_script(
    log_id: bytes,
    name: str,
    parties: Sequence[Party],
    logins: Mapping[str, tuple[str, str]] | None = None,
    *,
    timezone: str = "",
) -> str:
    """Return what `create` would run, for a database administrator to run with psql.

    `logins` are the desks to let in: by desk code, their party and password.
    """
    names = Names(log_id)
    numbers = {party.code: number for number, party in enumerate(parties, 1)}
    parts: list[tuple[str, Sequence[Statement | str]]] = [
        (
            "The database; leave these two lines out where it is there already, and connect to it.",
            [
                SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(Identifier(names.database)),
                f"\\connect {names.database}",
            ],
        ),
        (
            "Roles and tables: all or nothing.",
            [SQL("BEGIN"), *everything(names, name, parties, timezone)],
        ),
        (
            "A login for each desk, by its password's SCRAM verifier.",
            [
                statement
                for code, (party, password) in (logins or {}).items()
                for statement in access.desk(names, party, numbers[party], code, scram(password), INVITED)
            ],
        ),
        ("What only the event's own logins may.", [SQL("COMMIT"), *hardening.database(names, names.database)]),
        ("What nobody needs; for a superuser.", hardening.everybody(names, names.database)),
    ]
    return "\n".join(line for part in parts for line in _printed(*part))


def _printed(told: str, statements: Sequence[Statement | str]) -> Iterator[str]:
    if not statements:
        return
    yield f"\n-- {told}"
    for statement in statements:
        yield statement if isinstance(statement, str) else f"{statement.as_string(None)};"
