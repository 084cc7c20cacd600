"""Fuzzes every reader for a while and says of each what came of it: `python -m tests.fuzz --seconds 60`.

Each target runs in a process of its own with a limit of 10 s and 2 GB per input. What breaks a promise is kept in the
folder that is named at the end, and the program ends with 1.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fuzz.targets import TARGETS, seeds_of

SECONDS_AN_INPUT = 10
MEGABYTES = 2_048
BYTES = 20_000  # of an input; longer ones only take longer
_RUNS = re.compile(r"number_of_executed_units:\s*(\d+)")
_SEEN = re.compile(r"#(\d+)\s.*?cov: (\d+)")


def main() -> int:
    """Fuzz the targets one after another; returns 1 where one broke a promise."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--reader", choices=sorted(TARGETS), action="append", help="only this one (may be repeated)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="where inputs are kept from one run to the next")
    given = parser.parse_args()
    folder = given.keep or Path(tempfile.mkdtemp(prefix="fuzz-"))
    broken = [name for name in given.reader or TARGETS if not fuzzed(name, given.seconds, given.seed, folder)]
    if broken:
        print(f"broken: {', '.join(broken)}; the inputs are in {folder}")
    return 1 if broken else 0


def fuzzed(name: str, seconds: int, seed: int, folder: Path) -> bool:
    """Fuzz one target and say what came of it; returns whether all promises held."""
    corpus, found = folder / name, folder / f"{name}-broken"
    corpus.mkdir(parents=True, exist_ok=True)
    found.mkdir(exist_ok=True)
    for number, content in enumerate(seeds_of(name)):
        (corpus / f"seed-{number}").write_bytes(content)
    words = folder / f"{name}.dict"
    words.write_text("".join(f'"{_escaped(word)}"\n' for word in TARGETS[name].words))
    options = [
        str(corpus),
        f"-dict={words}",
        f"-artifact_prefix={found}/",
        f"-max_total_time={seconds}",
        f"-seed={seed}",
    ]
    options += [
        f"-timeout={SECONDS_AN_INPUT}",
        f"-rss_limit_mb={MEGABYTES}",
        f"-max_len={BYTES}",
        "-print_final_stats=1",
    ]
    log = folder / f"{name}.log"
    with log.open("w") as out:
        command = [sys.executable, "-m", "tests.fuzz.worker", name, *options]
        code = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, check=False).returncode
    said = log.read_text(errors="replace")
    seen = _SEEN.findall(said)
    runs = _RUNS.findall(said) or [seen[-1][0] if seen else "0"]
    reached = seen[-1][1] if seen else "0"
    left = sum(1 for _one in found.iterdir())
    held = code == 0 and not left
    print(
        f"{name:10} {int(runs[-1]):9,} inputs, {int(reached):6,} branches, {'held' if held else f'BROKEN ({log})'}",
        flush=True,
    )
    return held


def _escaped(word: str) -> str:
    return "".join(chr(one) if 32 < one < 127 and one not in (34, 92) else f"\\x{one:02x}" for one in word.encode())


if __name__ == "__main__":
    sys.exit(main())
