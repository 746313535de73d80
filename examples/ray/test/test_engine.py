"""The enumerations of Rust, as Python has them."""

import re
from pathlib import Path

import pytest

import engine

TYPES = Path(__file__).parents[3] / "build/generated/wasm/bindings.d.ts"


@pytest.mark.parametrize("enum", [engine.Covariance, engine.StatisticsArray, engine.BatchArray, engine.CentersArray])
def test_enumerations_are_those_of_the_module(enum):
    if not TYPES.exists():
        pytest.skip("this repository is not built")
    body = re.search(rf"export enum {enum.__name__} {{(.*?)^}}", TYPES.read_text(), re.DOTALL | re.MULTILINE)[1]
    numbers = {name.upper(): int(number) for name, number in re.findall(r"^    (\w+) = (\d+),$", body, re.MULTILINE)}
    assert {member.name.replace("_", "").upper(): member.value for member in enum}.items() <= numbers.items()
