"""Why was it refused? A reply, an error text or a transcript in; cause, who must act and the steps out."""

from helpers.diagnosis.engine import diagnose as diagnose
from helpers.wire.diagnosis import Clue as Clue
from helpers.wire.diagnosis import Diagnosis as Diagnosis

__all__ = ["Clue", "Diagnosis", "diagnose"]
