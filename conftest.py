"""What pytest leaves alone where a package is absent."""

from importlib.util import find_spec

NEEDS = {
    "torch": ["torch"],
    "owed": ["torch"],
    "sent": ["torch"],
    "tensors": ["torch"],
    "keras": ["keras"],
    "tensorflow": ["tensorflow"],
    "huggingface": ["datasets"],
    "hf_trainer": ["torch", "transformers"],
}
collect_ignore = [
    f"dq/training/{module}.py" for module, needed in NEEDS.items() if not all(map(find_spec, needed))
]
