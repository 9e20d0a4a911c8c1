"""From a Pandera model to a plan: every rule, and how it is judged."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import polars as pl
from pandera.api.polars.types import PolarsData
from pandera.backends.polars.register import register_polars_backends

from dq.contract.record import Recorded, record
from dq.contract.rules import SETTINGS, SHORT, Rule, distinct_names, in_order, with_settings, words
from dq.contract.settings import Settings
from dq.contract.steps import Coerced, Covers, Fresh, NotNull, Reference, RowCheck, Step, Unique, WholeCheck
from dq.contract.words import in_words
from dq.errors import ContractError
from dq.verdict import Dimension

FEW = 12


def compile_steps(schema: Any, dtypes: Mapping[str, pl.DataType], settings: Settings) -> tuple[Step, ...]:
    """Give the plan of a Pandera schema, one step per rule, in the order of the model.

    Raises:
        ContractError: where the settings speak of a rule that does not exist.

    """
    register_polars_backends()  # else built-in checks have no function for Polars before the first validation
    steps: list[Step] = []
    for name, column in schema.columns.items():
        steps += _of_column(name, column, schema, dtypes)
    for columns in unique_sets(schema.unique):
        words_ = ", ".join(columns)
        rule = Rule(f"unique({words_})", "completeness", description=f"no two rows have the same {words_}")
        steps.append(Unique(rule, columns))
    steps += [_of_check(check, None, dtypes) for check in schema.checks]
    for columns, table, to in settings.references:
        rule = Rule(
            f"references({', '.join(columns)}: {table})",
            "consistency",
            columns[0] if len(columns) == 1 else None,
            description=f"{', '.join(columns)} is found in {table}({', '.join(to)})",
        )
        steps.append(Reference(rule, columns, table, to))
    steps += _of_absence(settings)
    return _named_and_set(steps, schema, settings)


def _of_absence(settings: Settings) -> list[Step]:
    """Give the rules about what is not there; they have no row to set aside, so they warn unless told otherwise."""
    steps: list[Step] = []
    for columns, table, to in settings.covers:
        rule = Rule(
            f"covers({', '.join(columns)}: {table})",
            "completeness",
            columns[0] if len(columns) == 1 else None,
            on_fail="warn",
            description=f"every {', '.join(to)} of {table} is found in {', '.join(columns)}",
        )
        steps.append(Covers(rule, columns, table, to))
    for column, within in settings.fresh.items():
        rule = Rule(
            f"{column}:fresh_within({within})",
            "completeness",
            column,
            on_fail="warn",
            description=f"the newest {column} is at most {within} old",
        )
        steps.append(Fresh(rule, column, within))
    return steps


def unique_sets(unique: Any) -> tuple[tuple[str, ...], ...]:
    """Give the joint uniques of a schema: Pandera takes one name, a list of names or a list of lists.

    >>> unique_sets(["a", "b"]), unique_sets([["a"], ["b", "c"]]), unique_sets(None)
    ((('a', 'b'),), (('a',), ('b', 'c')), ())
    """
    if not unique:
        return ()
    if isinstance(unique, str):
        return ((unique,),)
    if all(isinstance(one, str) for one in unique):
        return (tuple(unique),)
    return tuple(tuple(one) for one in unique)


def _of_column(name: str, column: Any, schema: Any, dtypes: Mapping[str, pl.DataType]) -> list[Step]:
    steps: list[Step] = []
    if column.coerce or schema.coerce:
        rule = Rule(
            f"{name}:coerce({dtypes[name]})", "accuracy", name, description=f"can be read as {dtypes[name]}"
        )
        steps.append(Coerced(rule, name))
    if not column.nullable:
        steps.append(
            NotNull(Rule(f"{name}:not_null", "completeness", name, description="is never missing"), name)
        )
    if column.unique:
        steps.append(
            Unique(
                Rule(f"{name}:unique", "completeness", name, description="is different in every row"), (name,)
            )
        )
    return steps + [_of_check(check, name, dtypes) for check in column.checks]


def _of_check(check: Any, key: str | None, dtypes: Mapping[str, pl.DataType]) -> Step:
    own: Dimension = "consistency" if key is None else "accuracy"
    _refuse_letters(check, key)
    rule = Rule(
        _check_name(check, key),
        own,
        key,
        on_fail="warn" if check.raise_warning else "quarantine",
        description=_description(check),
    )
    recorded = _recorded(check, key, dtypes)
    shown = recorded.columns(dtypes) if recorded else ()
    if recorded is None or recorded.is_scalar or not recorded.is_row_local:
        scalar = recorded is not None and recorded.is_scalar
        return WholeCheck(rule, check, key, scalar, _roots(recorded, dtypes), shown)
    return RowCheck(rule, recorded.passes, check.ignore_na, shown)


def _roots(recorded: Recorded | None, dtypes: Mapping[str, pl.DataType]) -> tuple[str, ...] | None:
    """Give the columns that a check reads, in the contract's order; null where that cannot be told."""
    if recorded is None or any(expr.meta.has_multiple_outputs() for expr in recorded.exprs):
        return None
    roots = {name for expr in recorded.exprs for name in expr.meta.root_names()}
    return tuple(sorted(roots, key=lambda name: list(dtypes).index(name) if name in dtypes else len(dtypes)))


def _recorded(check: Any, key: str | None, dtypes: Mapping[str, pl.DataType]) -> Recorded | None:
    function = lambda data: check_function(check)(data, **check._check_kwargs)  # noqa: E731, SLF001
    if check.element_wise:
        if key is None:
            return None
        each = check_function(check)
        kwargs = check._check_kwargs  # noqa: SLF001
        return Recorded(
            (pl.col(key).map_elements(lambda cell: each(cell, **kwargs), return_dtype=pl.Boolean),),
            element_wise=True,
        )
    few = _few_words(check, key, dtypes)
    if key is not None and few:
        return Recorded((pl.any_horizontal(pl.col(key) == word for word in few),))
    return record(function, dtypes, lambda frame: PolarsData(frame, key or "*"))


def _refuse_letters(check: Any, key: str | None) -> None:
    """Refuse a list of words that Pandera takes for a list of letters: it unpacks a tuple of one."""
    for values in (check.statistics or {}).values() if _is_builtin(check) else ():
        if check.name in {"isin", "notin"} and isinstance(values, str):
            raise ContractError(
                f"{check.name} of {key} is the letters of {values!r}: Pandera unpacks a tuple of one word",
                hint=f"write {check.name}=[{values!r}]",
            )


def _few_words(check: Any, key: str | None, dtypes: Mapping[str, pl.DataType]) -> tuple[str, ...]:
    """Give the words of an `isin` over text that are so few that comparing with each is three times as fast."""
    if not _is_builtin(check) or check.name != "isin" or dtypes.get(key or "") != pl.String:
        return ()
    words = tuple(in_order(check._check_kwargs["allowed_values"]))  # noqa: SLF001
    return words if len(words) <= FEW and all(isinstance(word, str) for word in words) else ()


def check_function(check: Any) -> Any:
    """Give the function behind a check; a built-in's is looked up anew, as Pandera does before each call."""
    function = check._check_fn  # noqa: SLF001 - Pandera has no public way to it
    name = getattr(function, "__name__", None)
    if name is not None and check.is_builtin_check(name):
        return check.get_builtin_check_fn(name)
    return function


def written(function: Any) -> Any:
    """Give the function as its author wrote it, out of the wrapping that Pandera gives a model's methods."""
    for cell in getattr(function, "__closure__", None) or ():
        inner = getattr(cell.cell_contents, "check_fn", None)
        if inner is not None:
            function = inner
    return inspect.unwrap(getattr(function, "__func__", getattr(function, "func", function)))


def _is_builtin(check: Any) -> bool:
    name = getattr(check._check_fn, "__name__", None)  # noqa: SLF001
    return name is not None and bool(check.is_builtin_check(name)) and check.name == name


def _description(check: Any) -> str:
    """Give the author's words (a docstring's first line), or ours for a built-in check."""
    own = str(check.description or check.title or "").strip().partition("\n")[0]
    return own or (in_words(check.name, check.statistics) if _is_builtin(check) else "")


def _check_name(check: Any, key: str | None) -> str:
    name = str(check.name)
    if _is_builtin(check):
        name = f"{SHORT.get(name, name)}({words(check.statistics)})"
    return name if key is None else f"{key}:{name}"


def _named_and_set(steps: list[Step], schema: Any, settings: Settings) -> tuple[Step, ...]:
    rules = distinct_names([step.rule for step in steps])
    unknown = sorted(set(settings.rules) - {rule.name for rule in rules})
    if unknown:
        raise ContractError(
            f"settings speak of rules that do not exist: {', '.join(unknown)}",
            where=settings.table,
            hint=f"the rules are {', '.join(rule.name for rule in rules)}",
        )
    out: list[Step] = []
    for step, named in zip(steps, rules, strict=True):
        rule = named
        metadata = dict((schema.columns[rule.column].metadata or {}) if rule.column in schema.columns else {})
        own = {name: metadata[name] for name in SETTINGS if name in metadata and name != "description"}
        if isinstance(step, NotNull | Unique | Coerced):
            own.pop("dimension", None)
        rule = with_settings(rule, own, settings.table)
        rule = with_settings(rule, settings.rules.get(rule.name, {}), settings.table)
        if isinstance(step, WholeCheck) and step.scalar and rule.on_fail == "quarantine":
            rule = replace(rule, on_fail="block")  # it has no row to set aside
        out.append(replace(step, rule=rule))
    return tuple(out)
