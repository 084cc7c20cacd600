"""The process that fuzzes one target with atheris, guided by which branches the bytes reach (Linux only).

`python -m tests.fuzz.worker NAME FOLDER [options of libFuzzer]`; FOLDER keeps what reached something new.
"""

import sys

import atheris  # type: ignore[import-untyped,import-not-found,unused-ignore]

with atheris.instrument_imports(include=["commandlog.intake", "html.parser", "_markupbase"]):
    from tests.fuzz.targets import TARGETS


def main() -> None:
    """Fuzz until the options end it."""
    name, *options = sys.argv[1:]
    atheris.Setup([sys.argv[0], *options], TARGETS[name].run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
