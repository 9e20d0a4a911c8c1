"""How a batch of tensors goes from a worker's process to the main one."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch

SMALL = 256 << 10
PLAIN = {
    torch.bool,
    torch.uint8,
    torch.int8,
    torch.int16,
    torch.int32,
    torch.int64,
    torch.float16,
    torch.float32,
    torch.float64,
}
"""What numpy has too."""


class Sent(dict[str, Any]):
    """A batch that goes from a worker to the main process as what costs the least, and comes out a dict of tensors.

    torch gives each tensor shared memory and a file descriptor of its own. Up to some 500 kB that costs several times
    what sending the bytes does.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        """Take small tensors along as bytes."""
        return _arrived, ({name: _sent(value) for name, value in self.items()},)

    def __copy__(self) -> Sent:
        """Stay what it is under torch's own collating, which copies."""
        return Sent(self)


class _Small(NamedTuple):
    array: Any


def _sent(value: Any) -> Any:
    if isinstance(value, list):
        inside = next((one for one in value if one is not None), None)
        return [_sent(one) for one in value] if isinstance(inside, torch.Tensor | list) else value
    if not isinstance(value, torch.Tensor) or value.nbytes > SMALL or value.dtype not in PLAIN:
        return value
    return _Small(value.numpy()) if value.device.type == "cpu" and not value.requires_grad else value


def _arrived(batch: dict[str, Any]) -> dict[str, Any]:
    return {name: _tensor_again(value) for name, value in batch.items()}


def _tensor_again(value: Any) -> Any:
    if isinstance(value, _Small):
        return torch.from_numpy(value.array)
    if isinstance(value, list):
        inside = next((one for one in value if one is not None), None)
        return [_tensor_again(one) for one in value] if isinstance(inside, _Small | list) else value
    return value
