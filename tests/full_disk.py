"""A small disk that can really be filled."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: int = 1) -> Iterator[Path]:
    """A file system of this size on `folder`, which is made; needs root."""
    if os.geteuid():
        (pytest.fail if os.environ.get("CI") else pytest.skip)("mounting a tmpfs needs root")
    folder.mkdir()
    size = f"size={megabytes}m"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "none", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Until not one byte more is taken; the file to remove for there to be room again."""
    file = folder / "filler"
    with file.open("wb", buffering=0) as filler, contextlib.suppress(OSError):
        while True:
            filler.write(b"x" * 4096)
    return file


class FailingDisk:
    """A file system that can be made to fail, as one does whose disk has errors."""

    def __init__(self, image: Path, folder: Path) -> None:
        self.folder = folder
        self._image = image

    def mount(self) -> None:
        subprocess.run(["mount", "-o", "loop", str(self._image), str(self.folder)], check=True)

    def fail(self) -> None:
        """From now on nothing can be written, not even to files that are open."""
        subprocess.run(["mount", "-o", "remount,abort", str(self.folder)], check=True)

    def repair(self) -> None:
        """As an operator would, once nothing uses it any more."""
        subprocess.run(["umount", str(self.folder)], check=True)
        # Exit codes up to 2: errors were found, and corrected.
        done = subprocess.run(["e2fsck", "-fy", str(self._image)], capture_output=True, check=False)
        assert done.returncode <= 2, done.stdout
        self.mount()


@contextlib.contextmanager
def failing_disk(folder: Path, megabytes: int = 8) -> Iterator[FailingDisk]:
    """Such a file system on `folder`, which is made; needs root and a loop device."""
    if os.geteuid():
        (pytest.fail if os.environ.get("CI") else pytest.skip)("mounting a disk needs root")
    folder.mkdir()
    image = folder.with_suffix(".image")
    with image.open("wb") as file:
        file.truncate(megabytes << 20)
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)
    found = FailingDisk(image, folder)
    try:
        found.mount()
    except subprocess.CalledProcessError:
        pytest.skip("there is no loop device to mount a disk with")
    try:
        yield found
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
