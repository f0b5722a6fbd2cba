"""The rules of SMTP as pure functions: syntax, order of commands, replies, the session's state."""
