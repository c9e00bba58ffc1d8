"""PyTorch's data.pkl read as data: a small reader of the pickle language that can run nothing.

It knows the opcodes that ``torch.save`` writes for a state dict, three names that rebuild tensors
and dictionaries, and the names of storages. Any other name is refused before it means anything;
nothing is imported, nothing is called. The stack machine has no recursion.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jobs.model_files.file_model import RefusedError

MOST_STEPS = 50_000  # a state dict takes about 50 per tensor
ORDERED_DICT = ("collections", "OrderedDict")
TENSOR = ("torch._utils", "_rebuild_tensor_v2")
PARAMETER = ("torch._utils", "_rebuild_parameter")
STORAGES = {  # bytes per value; bfloat16 has no type in NumPy
    ("torch", "FloatStorage"): "<f4",
    ("torch", "DoubleStorage"): "<f8",
    ("torch", "HalfStorage"): "<f2",
    ("torch", "BFloat16Storage"): "bfloat16",
    ("torch", "LongStorage"): "<i8",
    ("torch", "IntStorage"): "<i4",
    ("torch", "BoolStorage"): "?",
}


@dataclass(frozen=True)
class Name:
    """A name in the file, one of the few that are known; it stands for itself."""

    module: str
    name: str


@dataclass(frozen=True)
class Storage:
    """A block of values in a member of the archive."""

    dtype: str
    key: str
    count: int


@dataclass(frozen=True)
class Tensor:
    """A view of a storage, not yet read."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]


class _Mark:
    """Where a list of arguments begins on the stack."""


_MARK = _Mark()


def read_pickle(data: bytes) -> Any:
    """The value that ``data`` describes: dictionaries, lists, texts, numbers and tensors.

    Raises:
        RefusedError: damaged, or it asks for something that is no plain data.
    """
    try:
        return _Reader(data).value()
    except RefusedError:
        raise
    except (IndexError, KeyError, TypeError, ValueError, struct.error, AttributeError) as error:
        raise RefusedError("data.pkl is damaged") from error


class _Reader:
    """The stack machine; ``_take`` moves through the bytes."""

    def __init__(self, data: bytes) -> None:
        self._data, self._place = data, 0
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def value(self) -> Any:
        for _ in range(MOST_STEPS):
            code = self._take(1)
            if code == b".":
                return self._stack.pop()
            step = _STEPS.get(code)
            if step is None:
                raise RefusedError(
                    f"data.pkl uses the opcode {code!a}, which no state dict needs: save "
                    "model.state_dict(), not the model"
                )
            step(self)
        raise RefusedError(f"data.pkl has more than {MOST_STEPS:,} steps")

    def _take(self, count: int) -> bytes:
        part = self._data[self._place : self._place + count]
        if count < 0 or len(part) != count:
            raise RefusedError("data.pkl is damaged: it ends too early")
        self._place += count
        return part

    def _number(self, form: str) -> Any:
        return struct.unpack(form, self._take(struct.calcsize(form)))[0]

    def _line(self) -> str:
        end = self._data.index(b"\n", self._place)
        return self._take(end + 1 - self._place)[:-1].decode("utf-8")

    def _text(self, form: str) -> None:
        self._stack.append(self._take(self._number(form)).decode("utf-8"))

    def _push(self, value: Any) -> None:
        self._stack.append(value)

    def _pop_to_mark(self) -> list[Any]:
        items: list[Any] = []
        while (item := self._stack.pop()) is not _MARK:
            items.append(item)
        return items[::-1]

    def _name(self, module: str, name: str) -> None:
        found = (module, name)
        if found not in (ORDERED_DICT, TENSOR, PARAMETER) and found not in STORAGES:
            raise RefusedError(
                f"data.pkl names {f'{module}.{name}'[:80]!a}: loading it would run code; save "
                "model.state_dict(), not the model"
            )
        self._stack.append(Name(module, name))

    def _global(self) -> None:
        module = self._line()
        self._name(module, self._line())

    def _stack_global(self) -> None:
        name, module = self._stack.pop(), self._stack.pop()
        if not (isinstance(name, str) and isinstance(module, str)):
            raise RefusedError("data.pkl is damaged: a name that is no text")
        self._name(module, name)

    def _persistent(self) -> None:
        kind, storage, key, _device, count = self._stack.pop()
        dtype = STORAGES.get((storage.module, storage.name))
        if kind != "storage" or dtype is None or not isinstance(key, str):
            raise RefusedError("data.pkl is damaged: a storage that is none")
        if type(count) is not int or count < 0:
            raise RefusedError("data.pkl is damaged: a storage of no size")
        self._stack.append(Storage(dtype, key, count))

    def _reduce(self) -> None:
        arguments, function = self._stack.pop(), self._stack.pop()
        if not isinstance(function, Name) or not isinstance(arguments, tuple):
            raise RefusedError("data.pkl calls something that is no known name")
        found = (function.module, function.name)
        if found == ORDERED_DICT:
            if arguments not in ((), ([],)):
                raise RefusedError("data.pkl fills a dictionary in an unknown way")
            self._stack.append({})
        elif found == TENSOR:
            self._stack.append(_tensor(*arguments[:4]))
        elif found == PARAMETER:
            if not isinstance(arguments[0], Tensor):
                raise RefusedError("data.pkl is damaged: a parameter that is no tensor")
            self._stack.append(arguments[0])
        else:
            raise RefusedError("data.pkl calls a storage")

    def _build(self) -> None:
        self._stack.pop()  # attributes of a dictionary, as the _metadata of a state dict
        if not isinstance(self._stack[-1], dict):
            raise RefusedError("data.pkl gives attributes to something that is no dictionary")

    def _set_item(self) -> None:
        value, key = self._stack.pop(), self._stack.pop()
        self._dictionary()[_key(key)] = value

    def _set_items(self) -> None:
        items = self._pop_to_mark()
        target = self._dictionary()
        for key, value in zip(items[::2], items[1::2], strict=True):
            target[_key(key)] = value

    def _dictionary(self) -> dict[Any, Any]:
        target = self._stack[-1]
        if not isinstance(target, dict):
            raise RefusedError("data.pkl is damaged: a key outside a dictionary")
        return target

    def _append(self, items: list[Any]) -> None:
        target = self._stack[-1]
        if not isinstance(target, list):
            raise RefusedError("data.pkl is damaged: an item outside a list")
        target.extend(items)

    def _tuple(self, count: int) -> None:
        items = tuple(self._stack[len(self._stack) - count :]) if count else ()
        if len(items) != count:
            raise RefusedError("data.pkl is damaged: a tuple without its items")
        del self._stack[len(self._stack) - count :]
        self._stack.append(items)


def _key(value: Any) -> str | int:
    if not isinstance(value, str | int):
        raise RefusedError("data.pkl has a key that is neither text nor number")
    return value


def _tensor(storage: Any, offset: Any, shape: Any, stride: Any) -> Tensor:
    numbers = (offset, *shape, *stride)
    if not isinstance(storage, Storage) or any(type(n) is not int or n < 0 for n in numbers):
        raise RefusedError("data.pkl is damaged: a tensor without storage or shape")
    if len(shape) != len(stride):
        raise RefusedError("data.pkl is damaged: a tensor whose strides do not fit its shape")
    return Tensor(storage, offset, shape, stride)


def _remember(reader: _Reader, place: int) -> None:
    reader._memo[place] = reader._stack[-1]


def _long(reader: _Reader, form: str) -> None:
    reader._push(int.from_bytes(reader._take(reader._number(form)), "little", signed=True))


_Step = Callable[[_Reader], Any]
_STEPS: dict[bytes, _Step] = {
    b"\x80": lambda r: r._take(1),  # PROTO
    b"\x95": lambda r: r._take(8),  # FRAME
    b"}": lambda r: r._push({}),
    b"]": lambda r: r._push([]),
    b")": lambda r: r._push(()),
    b"(": lambda r: r._push(_MARK),
    b"N": lambda r: r._push(None),
    b"\x88": lambda r: r._push(True),
    b"\x89": lambda r: r._push(False),
    b"K": lambda r: r._push(r._number("<B")),
    b"M": lambda r: r._push(r._number("<H")),
    b"J": lambda r: r._push(r._number("<i")),
    b"G": lambda r: r._push(r._number(">d")),
    b"\x8a": lambda r: _long(r, "<B"),
    b"X": lambda r: r._text("<I"),
    b"\x8c": lambda r: r._text("<B"),
    b"q": lambda r: _remember(r, r._number("<B")),
    b"r": lambda r: _remember(r, r._number("<I")),
    b"\x94": lambda r: _remember(r, len(r._memo)),
    b"h": lambda r: r._push(r._memo[r._number("<B")]),
    b"j": lambda r: r._push(r._memo[r._number("<I")]),
    b"c": lambda r: r._global(),
    b"\x93": lambda r: r._stack_global(),
    b"Q": lambda r: r._persistent(),
    b"R": lambda r: r._reduce(),
    b"b": lambda r: r._build(),
    b"s": lambda r: r._set_item(),
    b"u": lambda r: r._set_items(),
    b"a": lambda r: r._append([r._stack.pop()]),
    b"e": lambda r: r._append(r._pop_to_mark()),
    b"t": lambda r: r._push(tuple(r._pop_to_mark())),
    b"\x85": lambda r: r._tuple(1),
    b"\x86": lambda r: r._tuple(2),
    b"\x87": lambda r: r._tuple(3),
}
