"""What every test may ask for: the sample data, and a site that serves it."""

from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.sample_site"]

# Machines are noisy: how long a case takes says nothing of whether the law holds.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
