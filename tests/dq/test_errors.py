import inspect
import re

import pytest

from dq import errors
from dq.errors import DataError, DqError, PromiseError, SourceError, UserError


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    """Every class, and no other, stands in the module's docstring, as many branches in as it has parents."""
    lines = (errors.__doc__ or "").splitlines()
    classes = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, DqError)]
    assert set(re.findall(r"^[│├└─ ]*(\w+Error)\b", errors.__doc__ or "", re.MULTILINE)) == {
        kind.__name__ for kind in classes
    }
    for kind in classes:
        depth = kind.__mro__.index(DqError)
        line = next(line for line in lines if re.match(rf"[│├└─ ]*{kind.__name__}\b", line))
        assert line.index(kind.__name__) == 4 * depth, kind


@pytest.mark.parametrize(
    ("kind", "code"), [(UserError, 2), (SourceError, 3), (DataError, 4), (PromiseError, 5)]
)
def test_whose_fault_it_is_decides_the_exit_code(kind: type[DqError], code: int) -> None:
    """A class and all below it end a program with one code, and no other class does."""
    for _, other in inspect.getmembers(errors, inspect.isclass):
        if issubclass(other, DqError):
            assert (other.exit_code == code) == issubclass(other, kind)


def test_a_message_has_all_parts_in_order() -> None:
    """What, how many of how many, where, hint: each on its place, and also to be read one by one."""
    error = SourceError("it broke", where="https://example.org", failed=1_234, of=5_678, hint="mend it")
    assert str(error).splitlines() == [
        "it broke (1,234 of 5,678)",
        "  where: https://example.org",
        "  hint:  mend it",
    ]
    assert (error.what, error.failed, error.of, error.hint) == ("it broke", 1_234, 5_678, "mend it")


def test_parts_that_are_not_known_are_left_out() -> None:
    """No empty brackets, no `where: None`."""
    assert str(DqError("it broke")) == "it broke"
    assert str(DqError("it broke", failed=3)) == "it broke (3)"
    assert str(DqError("it broke", hint="mend it")) == "it broke\n  hint:  mend it"
