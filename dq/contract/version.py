"""A contract's version: the same for the same rules on every machine, another where a rule changes."""

from __future__ import annotations

import ast
import hashlib
import inspect
import json
import textwrap
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import polars as pl

from dq.contract.compile import check_function, written
from dq.contract.rules import in_order
from dq.contract.settings import Settings
from dq.contract.steps import Step


def version_of(
    schema: Any, dtypes: Mapping[str, pl.DataType], steps: tuple[Step, ...], settings: Settings
) -> str:
    """Give 12 hex digits over columns, rules, arguments and the code of custom checks.

    Descriptions count as much as their wording does: not at all.
    """
    columns = [
        {
            "name": name,
            "dtype": str(dtypes[name]),
            "nullable": column.nullable,
            "required": column.required,
            "coerce": column.coerce or schema.coerce,
            "default": _stable(column.default),
            "checks": [_of_check(check) for check in column.checks],
        }
        for name, column in schema.columns.items()
    ]
    rules = [
        {key: value for key, value in asdict(step.rule).items() if key != "description"} for step in steps
    ]
    whole = {
        "table": settings.table,
        "columns": columns,
        "checks": [_of_check(check) for check in schema.checks],
        "rules": rules,
        "references": settings.references,
        "max_rejected_share": settings.max_rejected_share,
        "strict": str(schema.strict),
        "ordered": schema.ordered,
        "add_missing_columns": schema.add_missing_columns,
    }
    if settings.covers:  # contracts that had none before keep their version
        whole["covers"] = settings.covers
    return hashlib.sha256(json.dumps(whole, sort_keys=True, default=_stable).encode()).hexdigest()[:12]


def _of_check(check: Any) -> dict[str, Any]:
    function = check_function(check)
    arguments = {name: _stable(value) for name, value in sorted(check._check_kwargs.items())}  # noqa: SLF001
    own = {
        "name": check.name,
        "ignore_na": check.ignore_na,
        "element_wise": check.element_wise,
        "with": arguments,
    }
    name = getattr(function, "__name__", "")
    return own if name and check.is_builtin_check(name) else {**own, "code": code_of(function)}


def code_of(function: Any) -> str:
    """Give the code of a function without comments, docstring and layout: they make no new version.

    A function whose source is not at hand is known by its compiled code.
    """
    plain = written(function)
    try:
        source = textwrap.dedent(inspect.getsource(plain))
    except (OSError, TypeError):
        code = getattr(plain, "__code__", None)
        return repr((code.co_code.hex(), code.co_names, code.co_varnames)) if code else repr(type(plain))
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a lambda in the middle of an expression
        return source.strip()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)


def _stable(value: Any) -> Any:
    if isinstance(value, set | frozenset):
        return [_stable(one) for one in in_order(value)]
    if isinstance(value, list | tuple):
        return [_stable(one) for one in value]
    return (
        value
        if value is None or isinstance(value, bool | int | float | str)
        else f"{type(value).__name__}:{value}"
    )
