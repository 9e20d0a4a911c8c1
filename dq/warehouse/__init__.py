"""The warehouse: Parquet files and a transactional catalog (DuckLake), read and written by one class."""

from dq.warehouse.warehouse import Warehouse

__all__ = ["Warehouse"]
