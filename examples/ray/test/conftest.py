import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parents[1])]

from engine import Engine  # noqa: E402


@pytest.fixture(scope="session")
def engine() -> Engine:
    return Engine.load()
