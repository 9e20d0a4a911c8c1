"""Contracts: what must be true of a table, and the verdict on every row."""

from dq.contract.contract import Contract
from dq.contract.docs import ColumnDoc
from dq.contract.rules import Rule

__all__ = ["ColumnDoc", "Contract", "Rule"]
