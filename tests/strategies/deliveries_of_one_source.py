"""Fresh deliveries of sources that do not change: every shape of column that a table may have."""

import numpy as np
import polars as pl


def delivery(random: np.random.Generator, rows: int, start: int = 0) -> pl.DataFrame:
    """Give `rows` new rows: heavy tails, rare values, gaps, and ids, days and stamps that grow from `start`."""
    return pl.DataFrame(
        {
            "id": np.arange(start, start + rows),
            "key": [f"order-{i}" for i in range(start, start + rows)],
            "url": [f"https://example.org/orders/{i}/" for i in range(start, start + rows)],
            "day": [f"2026-{start % 12 + 1:02d}-01"] * rows,
            "stamp": start * 1000.0 + np.sort(random.random(rows) * rows),
            "normal": random.normal(size=rows),
            "amount": random.lognormal(sigma=2, size=rows),
            "cauchy": random.standard_cauchy(rows),
            "pareto": random.pareto(1.1, rows),
            "often_zero": np.where(random.random(rows) < 0.6, 0, random.lognormal(size=rows)),
            "few": random.poisson(3, rows),
            "count": np.minimum(random.zipf(1.5, rows), 10**9),
            "geometric": random.geometric(0.02, rows),
            "rating": random.integers(1, 6, rows),
            "flag": random.random(rows) < 0.03,
            "code": np.array(list("abcde"))[random.choice(5, rows, p=[0.6, 0.3, 0.09, 0.009, 0.001])],
            "word": pl.Series(random.zipf(1.3, rows).clip(0, 10**6)).cast(pl.String),
            "number_as_text": pl.Series(random.integers(0, 1000, rows)).cast(pl.String),
            "text": pl.Series(["word " * int(n) for n in random.geometric(0.1, rows) + 1]),
            "rare": pl.Series([None if u < 0.9 else u for u in random.random(rows)], dtype=pl.Float64),
        }
    )
