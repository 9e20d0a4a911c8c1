"""One file per source: what to fetch, how to read and clean it, its contract, its cadence."""
