"""Splits that no group of rows straddles, and the proof that nothing leaks between them or from a benchmark."""

from dq.split.benchmark import Benchmark
from dq.split.benchmark_overlap import benchmark_overlap
from dq.split.by_hash import SHARES, assign_split
from dq.split.in_order import split_in_order
from dq.split.leakage import LEAKS, leakage
from dq.split.stratified import split_stratified

__all__ = [
    "LEAKS",
    "SHARES",
    "Benchmark",
    "assign_split",
    "benchmark_overlap",
    "leakage",
    "split_in_order",
    "split_stratified",
]
