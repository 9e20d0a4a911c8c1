"""What every test may ask for: the sample data, and a site that serves it. And which tests share a process."""

import pytest

pytest_plugins = ["tests.sample_site"]


@pytest.hookimpl(tryfirst=True)  # before xdist reads the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a file in one process, and those of whole deployments in another: they share what is dear.

    The latter take longest, so they start first.
    """
    items.sort(key=lambda item: "tests/end_to_end/" not in item.nodeid)
    for item in items:
        whole = "tests/end_to_end/" in item.nodeid
        item.add_marker(pytest.mark.xdist_group("end_to_end" if whole else item.nodeid.partition("::")[0]))
