"""The lab: an aiosmtpd server inside the kernel, with profiles, mailboxes, faults and a clock."""

from helpers.lab.lab import Lab, can_sockets, running_labs

__all__ = ["Lab", "can_sockets", "running_labs"]
