"""The stages of a row, each one call: collect, refine, unify, serve."""
