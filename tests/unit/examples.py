"""How many examples hypothesis tries: the same ones on every run, or many more at random to search for faults.

``SPEAK_SMTP_EXAMPLES=50`` tries fifty times as many, and other ones each time.
"""

from __future__ import annotations

import os
from typing import Final

from hypothesis import HealthCheck, settings

VARIABLE: Final = "SPEAK_SMTP_EXAMPLES"
FACTOR: Final = int(os.environ.get(VARIABLE) or 1)

settings.register_profile("the same", derandomize=True, deadline=None)
settings.register_profile("many", deadline=None, print_blob=True)
settings.load_profile("the same" if VARIABLE not in os.environ else "many")


def examples(count: int) -> settings:
    """So many examples, or as many times more as are asked for. Labs may be kept from one example to the next."""
    unchecked = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(max_examples=count * FACTOR, suppress_health_check=unchecked)
