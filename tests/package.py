"""Check what is built: it installs into an empty environment, and the demo runs from any folder.

python -m tests.package DIST
"""

import os
import subprocess
import sys
import tarfile
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parent.parent
NEEDED = (
    "resources/scenarios/concert.toml",
    "resources/translations/nl/LC_MESSAGES/commandlog.mo",
    "README.md",
    "LICENSE",
)


def main() -> int:
    """Install the wheel of a dist folder and run it; returns 1 where something is missing."""
    dist = Path(sys.argv[1])
    (wheel,), (archive,) = dist.glob("*.whl"), dist.glob("*.tar.gz")
    with tarfile.open(archive) as source:
        names = {name.partition("/")[2] for name in source.getnames()}
    if missing := [name for name in NEEDED if name not in names]:
        print(f"the source archive lacks {missing}")
        return 1
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        venv.create(folder / "venv", with_pip=True)
        programs = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
        constraints = ROOT / "constraints.txt"
        pip = [
            str(programs / "python"),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--constraint",
            str(constraints),
            str(wheel),
        ]
        subprocess.run(pip, check=True)
        environment = {**os.environ, "COMMANDLOG_SETTINGS": str(folder / "settings")}
        environment.pop("PYTHONPATH", None)
        (folder / "elsewhere").mkdir()
        for arguments in (
            ["demo", "--no-window", "out"],
            ["verify", "out/demo.clog"],
            ["timeline", "out/demo.clog", "--search", "tas"],
        ):
            done = subprocess.run(
                [programs / "commandlog", *arguments],
                cwd=folder / "elsewhere",
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode or not done.stdout.strip():
                print(f"commandlog {' '.join(arguments)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
                return 1
        made = sorted(one.name for one in (folder / "elsewhere" / "out").iterdir())
    print(f"the wheel works: {made}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
