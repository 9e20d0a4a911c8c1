"""The examples in the samples' docstrings run as they are written."""

import doctest
import importlib

import pytest


@pytest.mark.parametrize("name", ["api", "error", "home", "site"])
def test_the_examples_run(name: str) -> None:
    """Each example gives what it says it gives, and there is at least one."""
    failed, tried = doctest.testmod(importlib.import_module(f"samples.{name}"))
    assert tried > 0
    assert failed == 0
