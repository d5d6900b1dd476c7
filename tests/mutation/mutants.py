"""Break the code in every small way, and see that a test fails each time. Run by `make mutants`.

mutmut makes the mutants, has mypy refuse what it can, and runs the tests that reach the changed
function, the quickest first. What survives needs a reason in `survivors.yaml`. With `--minutes`
the mutants whose tests are quickest come first, and what was not reached is said.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import survivors
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code
from mutmut.utils.file_utils import walk_mutatable_files

LOG = Path("mutants.log")

ENDED = {
    "killed": "found",
    "caught by type check": "found",
    "timeout": "found",
    "segfault": "found",  # or killed by the limit of its processor time
    "survived": "survived",
    "no tests": "is reached by no test",
    "not checked": "not reached",
    "check was interrupted by user": "not reached",
}


def main() -> int:
    """The exit code: 0 when every mutant that was reached is found or has its reason."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    asked.add_argument("--minutes", type=float, help="end after these; default: run all")
    asked.add_argument("--only", default="", help="mutants by name, with * and ?")
    asked.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    asked.add_argument("--kept", type=Path, default=survivors.KEPT)
    options = asked.parse_args()
    kept = survivors.read(options.kept)
    only = options.only.split()
    shutil.rmtree("mutants", ignore_errors=True)
    if not run(only, jobs=options.jobs, minutes=options.minutes):
        return 1
    outcomes = read_outcomes({entry.mutant.place for entry in kept})
    print(counted(outcomes, whole=not only))
    wrong = survivors.judge(outcomes, kept)
    print("".join(f"\n{text}\n" for text in wrong))
    return 1 if wrong else 0


def run(only: list[str], *, jobs: int, minutes: float | None) -> bool:
    """Have mutmut run; whether it got as far as to the first mutant."""
    tools = Path(sys.executable).parent
    command = [str(tools / "mutmut"), "run", "--max-children", str(jobs), *only]
    # In the background of a shell it would be ignored, and what is begun here would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
    with LOG.open("w") as log:
        running = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment)
        try:
            running.wait(None if minutes is None else minutes * 60)
        except subprocess.TimeoutExpired:
            running.send_signal(signal.SIGINT)  # it ends what runs, and keeps what it found
            running.wait(120)
        except KeyboardInterrupt:
            running.wait(120)  # the terminal has told it as well
    said = re.sub(r"[^\n]*\r", "", LOG.read_text())
    if running.returncode == 0 and "Running mutation testing" in said:
        return True
    print(f"{said}\nmutmut ended with {running.returncode}; all it said is in {LOG}")
    if minutes is not None and "Running mutation testing" not in said:
        print(f"{minutes:g} minutes may be too few: making the mutants and finding out which tests")
        print("reach which function takes some by itself")
    return False


def read_outcomes(places: set[tuple[str, str]]) -> list[survivors.Outcome]:
    """How every mutant ended, as mutmut has noted it.

    What those that were found make of the code is looked up in `places` only: it takes its time.
    """
    outcomes = []
    for path in walk_mutatable_files():
        data = SourceFileMutationData(path=path)
        data.load()
        for name, code in data.exit_code_by_key.items():
            ended = ENDED.get(status_by_exit_code[code], f"ended oddly, with {code}")
            mutant = survivors.Mutant(file=str(path), function=_function(name), old="", new="")
            if mutant.place in places or ended not in ("found", "not reached"):
                mutant = _with_diff(mutant, name)
            outcomes.append(survivors.Outcome(name, mutant, ended))
    return outcomes


def _function(name: str) -> str:
    mangled = name.rpartition(".")[2].rpartition("__mutmut_")[0]
    return mangled.removeprefix("x_").removeprefix("xǁ").replace("ǁ", ".")


def _with_diff(mutant: survivors.Mutant, name: str) -> survivors.Mutant:
    found: dict[str, list[str]] = {"-": [], "+": []}
    for line in get_diff_for_mutant(name, path=mutant.file).splitlines():
        if line[:1] in found and line[:3] not in ("---", "+++"):
            found[line[0]].append(line[1:].strip())
    old, new = ("\n".join(found[sign]) for sign in "-+")
    return survivors.Mutant(file=mutant.file, function=mutant.function, old=old, new=new)


def counted(outcomes: list[survivors.Outcome], *, whole: bool) -> str:
    """How many ended how, and of which files some were not reached."""
    by_end = Counter(outcome.ended for outcome in outcomes)
    lines = ["mutants: " + ", ".join(f"{n} {ended}" for ended, n in by_end.most_common())]
    if whole and by_end["not reached"]:
        every = Counter(outcome.mutant.file for outcome in outcomes)
        missed = Counter(o.mutant.file for o in outcomes if o.ended == "not reached")
        lines += [f"  not reached: {missed[file]} of {every[file]} in {file}" for file in missed]
        lines.append("  `make mutants` has no limit of time and reaches them all")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
