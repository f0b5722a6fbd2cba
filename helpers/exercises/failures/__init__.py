"""The gallery of failures: what people paste, made to happen in a lab, and mended."""

from helpers.exercises.failures.entries import Failure as Failure
from helpers.exercises.failures.entries import UnknownFailure as UnknownFailure
from helpers.exercises.failures.entries import failures as failures
from helpers.exercises.failures.shown import Reproduction as Reproduction
from helpers.exercises.failures.shown import failure as failure

__all__ = ["Failure", "Reproduction", "UnknownFailure", "failure", "failures"]
