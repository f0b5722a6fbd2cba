"""Measurements against stock aiosmtpd on the same machine, in one run: `make bench` writes RESULTS.md."""
