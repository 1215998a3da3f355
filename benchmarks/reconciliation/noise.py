"""The noise table, one column of rates for tuning and one for reporting, and the words of worlds."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

TABLE = Path(__file__).with_name("noise.toml")
WORDS = Path(__file__).with_name("words.toml")
Profile = Literal["tuning", "held_out"]
PROFILES: tuple[Profile, ...] = ("tuning", "held_out")


@dataclass(frozen=True, slots=True)
class Noise:
    """Rates by section and name, as the table has them."""

    profile: Profile
    rates: Mapping[str, Mapping[str, float]]

    def __getitem__(self, section: str) -> Mapping[str, float]:
        return self.rates[section]


def read_noise(profile: Profile) -> Noise:
    """One column of the table."""
    column = PROFILES.index(profile)
    sections = tomllib.loads(TABLE.read_text("utf-8"))
    rates = {
        name: {key: float(pair[column]) for key, pair in each.items()} for name, each in sections.items()
    }
    return Noise(profile, rates)


@cache
def words(name: str) -> tuple[str, ...]:
    """One list of words.toml."""
    return tuple(tomllib.loads(WORDS.read_text("utf-8"))[name])
