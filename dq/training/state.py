"""Where a training run stands: a few numbers, whatever the size of the data and wherever in the epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from dq.errors import ConfigError


@dataclass(frozen=True)
class State:
    """The order (all but the last) and how many positions of the epoch are done, over all ranks together."""

    algorithm: str
    content_hash: str
    split: str
    lanes: int
    window: int
    seed: int
    epoch: int
    consumed: int

    def to_dict(self) -> dict[str, Any]:
        """Give the state as plain JSON values."""
        return asdict(self)

    @staticmethod
    def from_dict(raw: Mapping[str, Any]) -> State:
        """Read a state.

        Raises:
            ConfigError: where it is not one.

        """
        if not isinstance(raw, Mapping):
            raise ConfigError(
                f"this is not a loader's state but {type(raw).__name__}", hint="give what state_dict() gave"
            )
        names = {field.name: int if field.type == "int" else str for field in fields(State)}
        odd = [name for name in names.keys() | raw.keys() if type(raw.get(name)) is not names.get(name)]
        if odd:
            raise ConfigError(
                f"this is not a loader's state: {', '.join(sorted(odd))} missing, unknown or of another type",
                hint="give what state_dict() gave",
            )
        return State(**raw)
