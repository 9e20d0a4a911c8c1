"""One contestant on one file, in a process of its own: prints seconds, memory and what it found as JSON."""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
from contracts_orders import COUNTRIES, CURRENCIES, EMAIL

FIRST, LAST = date(2020, 1, 1), date(2026, 12, 31)


@dataclass(frozen=True)
class Job:
    orders: Path
    customers: Path
    out: Path

    @property
    def scan(self) -> pl.LazyFrame:
        return pl.scan_parquet(self.orders)

    @property
    def good(self) -> Path:
        return self.out / "good.parquet"

    @property
    def bad(self) -> Path:
        return self.out / "bad.parquet"


Work = Callable[[Job], int]
"""Does the work and gives the number of rejected rows, or of failures where a tool only counts."""


def decode() -> Work:
    return lambda job: int(job.scan.select(pl.all().null_count()).collect(engine="streaming").width * 0)


def copy() -> Work:
    def run(job: Job) -> int:
        job.scan.sink_parquet(job.good, engine="streaming")
        return 0

    return run


def pandera_model() -> Any:
    import pandera.polars as pa

    class Orders(pa.DataFrameModel):
        order_id: int = pa.Field(unique=True, ge=0)
        customer_id: int = pa.Field(metadata={"references": ("core.customers", "customer_id")})
        line: int = pa.Field(ge=0)
        email: str = pa.Field(str_matches=EMAIL)
        country: str = pa.Field(isin=COUNTRIES)
        currency: str = pa.Field(isin=CURRENCIES)
        quantity: int = pa.Field(in_range={"min_value": 1, "max_value": 100})
        unit_price: float = pa.Field(gt=0)
        total: float
        ordered_on: date = pa.Field(in_range={"min_value": FIRST, "max_value": LAST})
        shipped_on: date = pa.Field(nullable=True)
        note: str = pa.Field(nullable=True, str_length={"min_value": 1, "max_value": 200})

        @pa.dataframe_check
        def total_adds_up(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805
            return data.lazyframe.select(
                (pl.col("quantity") * pl.col("unit_price") - pl.col("total")).abs() < 0.01
            )

        @pa.dataframe_check
        def shipped_after_ordered(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805
            return data.lazyframe.select(pl.col("shipped_on") >= pl.col("ordered_on"))

        @pa.dataframe_check
        def yen_are_paid(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805
            return data.lazyframe.select((pl.col("currency") != "JPY") | (pl.col("total") > 0))

        class Config:
            name = "core.orders"
            unique = ["customer_id", "line"]  # noqa: RUF012
            metadata = {"dq": {"max_rejected_share": 1.0}}  # noqa: RUF012

    return Orders


def ours() -> Work:
    from dq.contract import Contract

    contract = Contract(pandera_model())

    def run(job: Job) -> int:
        customers = {"core.customers": pl.scan_parquet(job.customers)}
        return contract.judge_streaming(
            job.scan, accepted=job.good, rejected=job.bad, references=customers
        ).rejected

    return run


def ours_eager() -> Work:
    from dq.contract import Contract

    contract = Contract(pandera_model())

    def run(job: Job) -> int:
        verdict = contract.judge(job.scan, {"core.customers": pl.scan_parquet(job.customers)})
        verdict.accepted.write_parquet(job.good)
        verdict.rejected.write_parquet(job.bad)
        return verdict.report.rejected

    return run


def pandera_eager() -> Work:
    """Pandera knows no other table: the reference is a check on a column that a join adds first."""
    import pandera.errors as pe

    schema = pandera_model().to_schema()

    def run(job: Job) -> int:
        known = pl.scan_parquet(job.customers).with_columns(_known=pl.lit(value=True))
        joined = job.scan.join(known, on="customer_id", how="left", maintain_order="left").collect()
        unknown = joined["_known"].is_null()
        frame = joined.drop("_known").with_row_index("_at")
        try:
            schema.validate(frame, lazy=True)
            cases = pl.DataFrame(schema={"index": pl.UInt32, "check": pl.String, "column": pl.String})
        except pe.SchemaErrors as error:
            cases = error.failure_cases.filter(pl.col("index").is_not_null())
        more = frame.filter(unknown).select(index=pl.col("_at").cast(pl.Int32), check=pl.lit("reference"))
        every = pl.concat([cases.select(pl.col("index").cast(pl.Int32), "check"), more])
        reasons = every.group_by("index").agg(pl.col("check").alias("_reasons"))
        marked = frame.join(
            reasons.with_columns(pl.col("index").cast(pl.UInt32)), left_on="_at", right_on="index", how="left"
        )
        marked.filter(pl.col("_reasons").is_null()).drop("_reasons").write_parquet(job.good)
        bad = marked.filter(pl.col("_reasons").is_not_null())
        bad.write_parquet(job.bad)
        return bad.height

    return run


def dataframely() -> Work:
    import dataframely as dy

    class Orders(dy.Schema):
        order_id = dy.Int64(min=0)
        customer_id = dy.Int64()
        line = dy.Int64(min=0)
        email = dy.String(regex=EMAIL)
        country = dy.String(check=lambda word: word.is_in(COUNTRIES))
        currency = dy.String(check=lambda word: word.is_in(CURRENCIES))
        quantity = dy.Int64(min=1, max=100)
        unit_price = dy.Float64(min_exclusive=0)
        total = dy.Float64()
        ordered_on = dy.Date(min=FIRST, max=LAST)
        shipped_on = dy.Date(nullable=True)
        note = dy.String(nullable=True, min_length=1, max_length=200)
        _known = dy.Bool(nullable=True)

        @dy.rule()
        def total_adds_up(cls) -> pl.Expr:  # noqa: N805
            return (pl.col("quantity") * pl.col("unit_price") - pl.col("total")).abs() < 0.01

        @dy.rule()
        def shipped_after_ordered(cls) -> pl.Expr:  # noqa: N805
            return pl.col("shipped_on") >= pl.col("ordered_on")

        @dy.rule()
        def yen_are_paid(cls) -> pl.Expr:  # noqa: N805
            return (pl.col("currency") != "JPY") | (pl.col("total") > 0)

        @dy.rule()
        def order_is_unique(cls) -> pl.Expr:  # noqa: N805
            return pl.col("order_id").is_unique()

        @dy.rule()
        def line_is_unique(cls) -> pl.Expr:  # noqa: N805
            return pl.struct("customer_id", "line").is_unique()

        @dy.rule()
        def customer_is_known(cls) -> pl.Expr:  # noqa: N805
            return pl.col("_known").is_not_null()

    def run(job: Job) -> int:
        known = pl.scan_parquet(job.customers).with_columns(_known=pl.lit(value=True))
        good, failure = Orders.filter(
            job.scan.join(known, on="customer_id", how="left", maintain_order="left").collect()
        )
        good.drop("_known").write_parquet(job.good)
        failure.write_parquet(job.bad)
        return len(failure)

    return run


def pointblank() -> Work:
    """Counts only: its passing set ignores uniqueness."""
    import pointblank as pb

    def run(job: Job) -> int:
        known = pl.scan_parquet(job.customers).with_columns(_known=pl.lit(value=True))
        frame = job.scan.join(known, on="customer_id", how="left", maintain_order="left").collect()
        needed = [
            "order_id",
            "customer_id",
            "line",
            "email",
            "country",
            "currency",
            "quantity",
            "unit_price",
            "total",
        ]
        plan = (
            pb.Validate(frame)
            .col_vals_not_null(columns=[*needed, "ordered_on", "_known"])
            .col_vals_ge(columns=["order_id", "line"], value=0)
            .col_vals_regex(columns="email", pattern=EMAIL, na_pass=True)
            .col_vals_in_set(columns="country", set=list(COUNTRIES))
            .col_vals_in_set(columns="currency", set=list(CURRENCIES))
            .col_vals_between(columns="quantity", left=1, right=100, na_pass=True)
            .col_vals_gt(columns="unit_price", value=0)
            .col_vals_between(columns="ordered_on", left=FIRST, right=LAST)
            .col_vals_expr(
                expr=((pl.col("quantity") * pl.col("unit_price") - pl.col("total")).abs() < 0.01).fill_null(
                    value=True
                )
            )
            .col_vals_expr(expr=(pl.col("shipped_on") >= pl.col("ordered_on")).fill_null(value=True))
            .col_vals_expr(expr=(pl.col("currency") != "JPY") | (pl.col("total") > 0))
            .col_vals_expr(expr=pl.col("note").str.len_chars().is_between(1, 200).fill_null(value=True))
            .rows_distinct(columns_subset="order_id")
            .rows_distinct(columns_subset=["customer_id", "line"])
            .interrogate(collect_extracts=False)
        )
        return int(sum(one for one in plan.n_failed().values() if one))

    return run


def soda() -> Work:
    """Counts only, on DuckDB over the Parquet file."""
    import duckdb
    from soda.scan import Scan

    quoted = ", ".join(f"'{one}'" for one in COUNTRIES)
    money = ", ".join(f"'{one}'" for one in CURRENCIES)
    needed = [
        "order_id",
        "customer_id",
        "line",
        "email",
        "country",
        "currency",
        "quantity",
        "unit_price",
        "total",
    ]
    checks = "\n".join(f"  - missing_count({name}) = 0" for name in [*needed, "ordered_on"])
    bad = {
        "order_low": "order_id < 0",
        "line_low": "line < 0",
        "email": f"not regexp_matches(email, '{EMAIL}')",
        "country": f"country not in ({quoted})",
        "currency": f"currency not in ({money})",
        "quantity": "quantity not between 1 and 100",
        "price": "unit_price <= 0",
        "ordered": f"ordered_on not between date '{FIRST}' and date '{LAST}'",
        "note": "length(note) not between 1 and 200",
        "total": "abs(quantity * unit_price - total) >= 0.01",
        "shipped": "shipped_on < ordered_on",
        "yen": "currency = 'JPY' and total <= 0",
        "known": "customer_id not in (select customer_id from customers)",
    }
    failing = "\n".join(
        f"  - failed rows:\n      name: {name}\n      samples limit: 0\n      fail condition: {one}"
        for name, one in bad.items()
    )
    unique = "  - duplicate_count(order_id) = 0\n  - duplicate_count(customer_id, line) = 0"

    def run(job: Job) -> int:
        connection = duckdb.connect()
        connection.execute(f"create view orders as from '{job.orders}'")
        connection.execute(f"create view customers as from '{job.customers}'")
        scan = Scan()
        scan.disable_telemetry()
        scan.add_duckdb_connection(connection)
        scan.set_data_source_name("duckdb")
        scan.add_sodacl_yaml_str(f"checks for orders:\n{checks}\n{unique}\n{failing}")
        scan.execute()
        if scan.has_error_logs():
            raise RuntimeError(scan.get_error_logs_text())
        return len(scan.get_checks_fail())

    return run


def great_expectations() -> Work:
    """Counts only, on pandas, as most of its users run it; without the joint rules that it has no expectation for."""
    import great_expectations as gx
    import pandas as pd

    expect = gx.expectations
    needed = [
        "order_id",
        "customer_id",
        "line",
        "email",
        "country",
        "currency",
        "quantity",
        "unit_price",
        "total",
    ]
    rules = [expect.ExpectColumnValuesToNotBeNull(column=name) for name in [*needed, "ordered_on"]]
    rules += [
        expect.ExpectColumnValuesToBeUnique(column="order_id"),
        expect.ExpectCompoundColumnsToBeUnique(column_list=["customer_id", "line"]),
        expect.ExpectColumnValuesToBeBetween(column="order_id", min_value=0),
        expect.ExpectColumnValuesToBeBetween(column="line", min_value=0),
        expect.ExpectColumnValuesToMatchRegex(column="email", regex=EMAIL),
        expect.ExpectColumnValuesToBeInSet(column="country", value_set=list(COUNTRIES)),
        expect.ExpectColumnValuesToBeInSet(column="currency", value_set=list(CURRENCIES)),
        expect.ExpectColumnValuesToBeBetween(column="quantity", min_value=1, max_value=100),
        expect.ExpectColumnValuesToBeBetween(column="unit_price", min_value=0, strict_min=True),
        expect.ExpectColumnValueLengthsToBeBetween(column="note", min_value=1, max_value=200),
        expect.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A="shipped_on",
            column_B="ordered_on",
            or_equal=True,
            ignore_row_if="either_value_is_missing",
        ),
    ]

    def run(job: Job) -> int:
        frame = pd.read_parquet(job.orders)
        for name in ("ordered_on", "shipped_on"):
            frame[name] = pd.to_datetime(frame[name])
        context = gx.get_context(mode="ephemeral")
        source = context.data_sources.add_pandas("orders").add_dataframe_asset("orders")
        batch = source.add_batch_definition_whole_dataframe("all")
        suite = context.suites.add(gx.ExpectationSuite(name="orders", expectations=rules))
        found = context.validation_definitions.add(
            gx.ValidationDefinition(name="v", data=batch, suite=suite)
        ).run(batch_parameters={"dataframe": frame}, result_format={"result_format": "SUMMARY"})
        return int(sum(one.result.get("unexpected_count", 0) for one in found.results))

    return run


CONTESTANTS: dict[str, Callable[[], Work]] = {
    one.__name__: one
    for one in (
        decode,
        copy,
        ours,
        ours_eager,
        pandera_eager,
        dataframely,
        pointblank,
        soda,
        great_expectations,
    )
}


def peak_mb() -> float:
    """This process's peak memory; `ru_maxrss` would count what the process had been before it became this one."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise OSError("the system does not tell the peak memory")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("contestant", choices=CONTESTANTS)
    for name in ("orders", "customers", "out"):
        parser.add_argument(name, type=Path)
    given = parser.parse_args()
    work = CONTESTANTS[given.contestant]()
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    found = work(Job(given.orders, given.customers, given.out))
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"wall": wall, "cpu": cpu, "mb": peak_mb(), "found": found}))


if __name__ == "__main__":
    main()
