"""What pytest leaves alone where a package is absent."""

from importlib.util import find_spec

collect_ignore = [] if find_spec("torch") else ["dq/training/torch.py"]
