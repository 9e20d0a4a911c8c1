"""Pickled data read without unpickling: the opcodes are interpreted here, and none of them can call anything.

A pickle is a program. This reads the part of its language that builds plain values and numpy arrays of numbers;
names such as `numpy.ndarray` are compared as text, never imported. All else is refused.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dq.errors import DecodeError

_RECONSTRUCT = frozenset(
    {"numpy.core.multiarray _reconstruct", "numpy._core.multiarray _reconstruct", "numpy.core _reconstruct"}
)
_FROM_BUFFER = frozenset({"numpy.core.numeric _frombuffer", "numpy._core.numeric _frombuffer"})
_NAMES = _RECONSTRUCT | _FROM_BUFFER | {"numpy ndarray", "numpy dtype", "_codecs encode", "__builtin__ bytes"}
_VALUES = frozenset(
    {
        "INT",
        "LONG",
        "LONG1",
        "LONG4",
        "BININT",
        "BININT1",
        "BININT2",
        "FLOAT",
        "BINFLOAT",
        "STRING",
        "BINSTRING",
    }
    | {
        "SHORT_BINSTRING",
        "UNICODE",
        "BINUNICODE",
        "SHORT_BINUNICODE",
        "BINUNICODE8",
        "BINBYTES",
        "SHORT_BINBYTES",
    }
    | {"BINBYTES8", "BYTEARRAY8"}
)
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_EMPTY = {"EMPTY_LIST": list, "EMPTY_DICT": dict, "EMPTY_TUPLE": tuple}
_LARGEST = 1 << 31  # bytes of one array


class _Mark:
    """Where a sequence begins on the stack."""


@dataclass(frozen=True)
class _Name:
    """A global's name: text, and nothing else."""

    text: str


@dataclass
class _Kind:
    """A numpy dtype in the making: `u1`, and its byte order."""

    code: str
    order: str = "|"


@dataclass
class _Array:
    """A numpy array in the making."""

    made: list[Any] = field(default_factory=list)

    def whole(self) -> Any:
        if not self.made:
            raise _RefusedError("an array without contents")
        return self.made[0]


class _RefusedError(Exception):
    """A pickle that asks for more than plain data."""


def read_pickle(body: bytes, where: str) -> Any:
    """Give the value: of dict, list, tuple, text, bytes, numbers, None and numpy arrays of plain numbers.

    Text that Python 2 wrote comes as Latin-1 text, byte for byte.

    Raises:
        DecodeError: where it is no whole pickle, or would do anything but build such values.

    """
    try:
        return _finished(_Machine().run(body), {})
    except _RefusedError as refused:
        raise DecodeError(
            f"the pickle is more than plain data: {refused}",
            where=where,
            hint="nothing was executed; get the data in another format",
        ) from None
    except (
        ValueError,
        IndexError,
        KeyError,
        TypeError,
        AttributeError,
        OverflowError,
        RecursionError,
    ) as error:
        raise DecodeError(f"not a whole pickle: {error}", where=where) from None


class _Machine:
    """The stack and the memory of a pickle, with no power to call."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.memory: dict[int, Any] = {}
        self._steps: Mapping[str, Callable[[Any], None]] = {
            "MARK": lambda _: self.stack.append(_Mark()),
            "POP": lambda _: self.stack.pop(),
            "TUPLE": lambda _: self.stack.append(tuple(self._marked())),
            "TUPLE1": lambda _: self._tuple_of(1),
            "TUPLE2": lambda _: self._tuple_of(2),
            "TUPLE3": lambda _: self._tuple_of(3),
            "LIST": lambda _: self.stack.append(self._marked()),
            "APPEND": lambda _: self._extend([self.stack.pop()]),
            "APPENDS": lambda _: self._extend(self._marked()),
            "DICT": lambda _: self.stack.append(_pairs(self._marked())),
            "SETITEM": lambda _: self._update([self.stack.pop(-2), self.stack.pop()]),
            "SETITEMS": lambda _: self._update(self._marked()),
            "MEMOIZE": lambda _: self._keep(len(self.memory)),
            "PUT": self._keep,
            "BINPUT": self._keep,
            "LONG_BINPUT": self._keep,
            "GET": self._recall,
            "BINGET": self._recall,
            "LONG_BINGET": self._recall,
            "GLOBAL": self._name,
            "STACK_GLOBAL": lambda _: self._name(" ".join((self.stack.pop(-2), self.stack.pop()))),
            "REDUCE": lambda _: self._reduce(),
            "BUILD": lambda _: self._build(),
        }

    def run(self, body: bytes) -> Any:
        for opcode, argument, _ in pickletools.genops(body):
            name = opcode.name
            if name == "STOP":
                return self.stack.pop()
            if name in ("PROTO", "FRAME"):
                continue
            if name in _VALUES:
                self.stack.append(argument)
            elif name in _CONSTANTS:
                self.stack.append(_CONSTANTS[name])
            elif name in _EMPTY:
                self.stack.append(_EMPTY[name]())
            else:
                self._do(name, argument)
        raise ValueError("it has no end")

    def _do(self, name: str, argument: Any) -> None:
        if name not in self._steps:
            raise _RefusedError(f"opcode {name}")
        self._steps[name](argument)

    def _marked(self) -> list[Any]:
        items: list[Any] = []
        while not isinstance(item := self.stack.pop(), _Mark):
            items.append(item)
        return items[::-1]

    def _tuple_of(self, size: int) -> None:
        self.stack[-size:] = [tuple(self.stack[-size:])]

    def _extend(self, items: list[Any]) -> None:
        self._target(list).extend(items)

    def _update(self, items: list[Any]) -> None:
        self._target(dict).update(_pairs(items))

    def _target(self, kind: type) -> Any:
        if type(self.stack[-1]) is not kind:
            raise _RefusedError(f"something put into what is no {kind.__name__}")
        return self.stack[-1]

    def _keep(self, at: Any) -> None:
        self.memory[int(at)] = self.stack[-1]

    def _recall(self, at: Any) -> None:
        self.stack.append(self.memory[int(at)])

    def _name(self, name: str) -> None:
        if name not in _NAMES:
            raise _RefusedError(f"it names {name}")
        self.stack.append(_Name(name))

    def _reduce(self) -> None:
        arguments, name = self.stack.pop(), self.stack.pop()
        if not isinstance(name, _Name):
            raise _RefusedError("a call of what is no name")
        if name.text in _RECONSTRUCT:
            self.stack.append(_Array())
        elif name.text in _FROM_BUFFER:
            data, kind, shape, order = arguments
            self.stack.append(_Array([_array((1, shape, kind, order == "F", bytes(data)))]))
        elif name.text == "numpy dtype":
            self.stack.append(_Kind(_text(arguments[0])))
        elif name.text == "_codecs encode" and arguments[1] in ("latin1", "latin-1"):
            self.stack.append(arguments[0].encode("latin-1"))
        elif name.text == "__builtin__ bytes" and arguments == ():  # how old protocols write no bytes at all
            self.stack.append(b"")
        else:
            raise _RefusedError(f"a call of {name.text}")

    def _build(self) -> None:
        state, target = self.stack.pop(), self.stack[-1]
        if isinstance(target, _Kind):
            target.order = _text(state[1])
        elif isinstance(target, _Array):
            target.made.append(_array(state))
        else:
            raise _RefusedError("a state for what is no array")


def _pairs(items: list[Any]) -> dict[Any, Any]:
    return dict(zip(items[::2], items[1::2], strict=True))


def _text(value: Any) -> str:
    return value.decode("ascii") if isinstance(value, bytes) else str(value)


def _array(state: Any) -> Any:
    _, shape, kind, by_column, data = state
    if not isinstance(kind, _Kind) or kind.code[:1] not in "biuf":
        raise _RefusedError("an array of other things than numbers")
    raw = data.encode("latin-1") if isinstance(data, str) else data
    if not isinstance(raw, bytes) or len(raw) > _LARGEST:
        raise _RefusedError("an array whose contents are no bytes")
    dtype = np.dtype((">" if kind.order == ">" else "<") + kind.code)
    return np.frombuffer(raw, dtype).reshape(shape, order="F" if by_column else "C")


def _finished(value: Any, seen: dict[int, Any]) -> Any:
    """Put finished arrays in the place of those in the making; what is met again is not copied again."""
    if id(value) not in seen:
        seen[id(value)] = _copied(value, seen)
    return seen[id(value)]


def _copied(value: Any, seen: dict[int, Any]) -> Any:
    if isinstance(value, _Array):
        return value.whole()
    if isinstance(value, dict):
        return {_finished(key, seen): _finished(item, seen) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_finished(item, seen) for item in value)
    if isinstance(value, _Name | _Kind | _Mark):
        raise _RefusedError("a name as a value")
    return value
