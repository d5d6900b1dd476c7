from pathlib import Path

import pytest
from kept_plant import KeptPlant


@pytest.fixture
def plant(tmp_path: Path) -> KeptPlant:
    """One that ran once, with three workers and five events."""
    found = KeptPlant(tmp_path)
    found.run()
    found.write()
    return found
