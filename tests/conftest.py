"""What every test may ask for: the sample data, and a site that serves it."""

pytest_plugins = ["tests.sample_site"]
