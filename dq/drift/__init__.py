"""Drift: each published table measured column by column, and compared with the last good times."""
