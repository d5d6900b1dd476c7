"""Running trees whose document is changed by the commands under test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from changed_tree import ChangedTree, changed_tree, document


@pytest.fixture(scope="module")
def following() -> Iterator[ChangedTree]:
    """One that follows a file."""
    with changed_tree(document(a="1000")) as found:
        yield found


@pytest.fixture(scope="module")
def managed() -> Iterator[ChangedTree]:
    """One that keeps its document itself."""
    with changed_tree(document(a="1000"), managed=True) as found:
        yield found
