"""The orders that every contestant judges: 12 columns, 1 % bad rows of eight kinds, and the customers they name.

Their keys ascend, as numbers given one after the other do, or lie scattered, as hashes and random ids do: that is
dearer for whoever makes use of the order.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

COUNTRIES = ("CH", "DE", "FR", "IT", "CN", "JP", "US")
CURRENCIES = ("CHF", "EUR", "CNY", "JPY", "USD")
EMAIL = r"^[a-z0-9.]+@[a-z0-9]+\.[a-z]{2,3}$"
CHUNK = 1_000_000


def write_orders(folder: Path, rows: int, bad_every: int = 100, keys: str = "ascending") -> tuple[Path, Path]:
    """Write `rows` orders and their customers once; row i is bad where i is a multiple of `bad_every`."""
    orders, customers = (
        folder / f"orders-{rows}-{bad_every}-{keys}.parquet",
        folder / f"customers-{rows}.parquet",
    )
    if orders.exists() and customers.exists():
        return orders, customers
    people = max(rows // 20, 1)
    pl.LazyFrame({"customer_id": pl.int_range(people, eager=True)}).sink_parquet(customers)
    scattered = keys == "scattered"
    parts = [
        _orders(start, min(start + CHUNK, rows), people, bad_every, scattered=scattered)
        for start in range(0, rows, CHUNK)
    ]
    pl.concat(parts).sink_parquet(orders)
    return orders, customers


def _scattered(number: pl.Expr, *, scattered: bool) -> pl.Expr:
    """Give every number below 2³² another one below 2³², no two the same: an odd factor can be undone."""
    return number * 2_654_435_761 % 2**32 if scattered else number


def _orders(start: int, end: int, people: int, bad_every: int, *, scattered: bool) -> pl.LazyFrame:
    i = pl.int_range(start, end, dtype=pl.Int64)
    chance = i.hash(seed=7)
    bad = i % bad_every == 0
    kind = (i // bad_every) % 8
    price = (chance % 100_000).cast(pl.Float64) / 100 + 0.01
    quantity = (chance % 50 + 1).cast(pl.Int64)
    ordered = pl.date(2020, 1, 1) + pl.duration(days=i % 1500)
    return (
        pl.LazyFrame({"_": [0]})
        .select(i.alias("_i"))
        .select(
            order_id=_scattered(
                pl.when(bad & (kind == 0) & (i > 0)).then(i - 1).otherwise(i), scattered=scattered
            ),
            customer_id=pl.when(bad & (kind == 1)).then(-1).otherwise((chance % people).cast(pl.Int64)),
            line=_scattered(i, scattered=scattered),
            email=pl.when(bad & (kind == 2))
            .then(pl.lit("nobody"))
            .otherwise(pl.format("user{}@mail{}.com", chance % people, chance % 97)),
            country=pl.when(bad & (kind == 3)).then(pl.lit("XX")).otherwise(_one_of(COUNTRIES, chance)),
            currency=_one_of(CURRENCIES, chance // 7),
            quantity=pl.when(bad & (kind == 4)).then(None).otherwise(quantity),
            unit_price=pl.when(bad & (kind == 5)).then(-1.0).otherwise(price),
            total=pl.when(bad & (kind == 6)).then(0.0).otherwise(price * quantity),
            ordered_on=ordered,
            shipped_on=pl.when(bad & (kind == 7))
            .then(pl.date(2019, 1, 1))
            .when(chance % 5 > 0)
            .then(ordered + pl.duration(days=chance % 9)),
            note=pl.when(chance % 3 == 0).then(pl.format("leave it at door {}", chance % 1000)),
        )
    )


def _one_of(words: tuple[str, ...], chance: pl.Expr) -> pl.Expr:
    return (chance % len(words)).replace_strict(dict(enumerate(words)), return_dtype=pl.String)
