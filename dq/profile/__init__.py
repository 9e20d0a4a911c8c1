"""Look at a table, draft its contract, hold it against one, and point at the cells that look wrong."""

from dq.profile.profile import Profile, profile

__all__ = ["Profile", "profile"]
