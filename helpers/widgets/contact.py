"""The widgets' hold on a lab: one session at a time, and its transcript as the wire log tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers.lab import running_labs
from helpers.protocol.reply import Reply
from helpers.protocol.state import SessionState
from helpers.session import ConnectionClosed, Session
from helpers.wire.transcript import Exchange, ExchangeKind, Transcript

if TYPE_CHECKING:
    from helpers.lab import Lab

#: Exchanges in which the client said nothing: an undo steps over them.
_SERVER_ALONE = (ExchangeKind.GREETING, ExchangeKind.UNASKED)


class LabGone(Exception):
    """The lab of this widget no longer runs; the message says what to do."""


class Contact:
    """A lab and the session that is open with it now.

    Nothing said is kept here: the transcript and the state are read from the lab's log, so they show
    also what other cells send on the same session.
    """

    def __init__(self, lab: Lab, session: Session | None = None) -> None:
        self.lab = lab
        self.session = session
        self._read: tuple[int, int, Transcript] | None = None

    @property
    def transcript(self) -> Transcript:
        """The transcript of this session's connection; empty before there is one."""
        if self.session is None:
            return Transcript()
        # the log only grows: as long as its length is the same, so is what was read from it
        now = (len(self.lab.log), self.session.connection)
        if self._read is None or self._read[:2] != now:
            try:
                transcript = self.lab.transcript().connection(self.session.connection)
            except KeyError:
                transcript = Transcript()
            self._read = (*now, transcript)
        return self._read[2]

    @property
    def state(self) -> SessionState:
        return self.transcript.state

    @property
    def last_reply(self) -> Reply | None:
        return next((e.reply for e in reversed(self.transcript.exchanges) if e.reply), None)

    def lab_gone(self) -> str | None:
        """Why the lab cannot be used any more and what to do, or None while it runs."""
        if self.lab.running:
            return None
        if any(other.name == self.lab.name for other in running_labs()):
            return (
                "This lab was replaced: the cell that makes it ran again. "
                "Run the cell of this widget again, and it uses the new lab."
            )
        return "This lab has been stopped. Run the cell that makes the lab again, then the cell of this widget."

    def ending(self) -> str | None:
        """How the connection ended, in a sentence, or None while it is open."""
        if self.session is None:
            return "There is no connection: the server did not answer."
        connections = self.transcript.connections
        how = connections[-1].closed if connections else None
        if not self.session.closed and how is None:
            return None
        if how == "client":
            return "This connection was closed from your side."
        reply = self.last_reply
        said = f"{reply.code} {reply.lines[-1]}".rstrip() if reply else "nothing"
        if reply is not None and reply.code in (221, 421) and how != "dropped":
            return f"The server closed the connection: {said}"
        return f"The server closed the connection without a word. The last that it said was: {said}"

    def connect(self) -> None:
        """Open a new connection.

        Raises:
            LabGone: the lab no longer runs.
            SessionError: the server closed the connection before its greeting.
        """
        self._demand_lab()
        old, self.session = self.session, None
        if old is not None:
            old.close()
        self.session = self.lab.connect()

    def undo(self) -> Exchange | None:
        """Take the last exchange back: replay all before it on a fresh connection.

        Returns:
            What was taken back; None when the client has said nothing yet.

        Raises:
            LabGone: the lab no longer runs.
        """
        self._demand_lab()
        said = [e for e in self.transcript.exchanges if e.kind not in _SERVER_ALONE]
        if not said:
            return None
        old = self.session
        self.session = self.lab.replay(said[:-1])
        if old is not None:
            old.close()
        return said[-1]

    def open_session(self) -> Session:
        """The session, ready to send.

        Raises:
            LabGone: the lab no longer runs.
            ConnectionClosed: the connection has ended.
        """
        self._demand_lab()
        ending = self.ending()
        if self.session is None or ending is not None:
            raise ConnectionClosed(ending or "There is no connection.")
        return self.session

    def _demand_lab(self) -> None:
        gone = self.lab_gone()
        if gone is not None:
            raise LabGone(gone)
