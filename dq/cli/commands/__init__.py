"""The commands of `dq`, by what they are for."""
