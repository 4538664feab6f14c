"""Settings of all tests: Hypothesis without deadlines, since a busy machine is no fault of the code."""

from hypothesis import HealthCheck, settings

settings.register_profile("clados", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("clados")
