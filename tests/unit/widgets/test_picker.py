"""The command picker without a browser: what is shown after each click, on both transports.

What the server has to answer comes from RFC 5321 (4.1.1, 4.3.2), RFC 3207 and RFC 4954.
"""

from __future__ import annotations

import base64
import hmac
import sys
import threading
import time
from collections.abc import Callable

import ipywidgets as widgets
import pytest

from helpers import CommandPicker, Lab, reference
from helpers.protocol.reply import Reply
from helpers.reference.loader import Library
from helpers.session import ConnectionClosed, NothingToWaitFor
from helpers.widgets.contact import Contact, LabGone
from helpers.widgets.conversation import MOST_DRAWN
from tests.unit.widgets.conftest import Page, parts, reading, tags_of, text_of


def line(picker: CommandPicker) -> str:
    """The line that would be sent, as it is shown."""
    return text_of(picker.line.value)


def notice(picker: CommandPicker) -> str:
    return text_of(picker.notice.value)


def field(picker: CommandPicker, label: str) -> widgets.ValueWidget:
    """The control with this label, if it is shown."""
    found = [p for p in parts(picker.form_place) if getattr(p, "description", "").startswith(label)]
    assert len(found) == 1, [getattr(p, "description", "") for p in parts(picker.form_place)]
    return found[0]


def button(picker: CommandPicker, text: str) -> widgets.Button:
    """The button with this text, if it is shown, whatever marks stand before it."""
    found = [p for p in parts(picker) if isinstance(p, widgets.Button) and p.description.split(" ", 1)[-1] == text]
    found += [p for p in parts(picker) if isinstance(p, widgets.Button) and p.description == text]
    assert found, f"no button {text!r}"
    return found[0]


# --- choose, fill in, see the line, send ---------------------------------------------------------------


def test_the_greeting_is_there_at_once(lab: Lab) -> None:
    picker = CommandPicker(lab)
    assert "220 mail.lab.example ESMTP ready" in reading(picker.conversation)
    assert "you are here" in picker.place.value


def test_a_click_sends_the_line_that_was_shown(lab: Lab, page: Page) -> None:
    picker = CommandPicker(lab)
    page.clicks(button(picker, "EHLO"))
    assert line(picker) == "EHLO laptop.example CR LF"
    page.clicks(picker.send_button)
    assert [e.octets for e in lab.transcript() if e.verb == "EHLO"] == [b"EHLO laptop.example\r\n"]
    assert "250-mail.lab.example greets laptop.example" in reading(picker.conversation)
    assert lab.transcript().state.phase == "greeted"
    assert any("greets laptop.example" in update.get("value", "") for _, update in page.sent)


def test_typing_changes_the_line_and_sends_nothing(lab: Lab, page: Page) -> None:
    picker = CommandPicker(lab)
    page.sets(field(picker, "Your computer's name"), value="[192.0.2.1]")
    assert line(picker) == "EHLO [192.0.2.1] CR LF"
    assert len(lab.transcript()) == 1


def test_what_stands_in_the_page_is_sent_also_when_the_kernel_lags_behind(lab: Lab, page: Page) -> None:
    picker = CommandPicker(lab)
    name = field(picker, "Your computer's name")
    page.sets(name, value="d")
    sent = len(page.sent)
    # what the button sends when "desk.example" and Enter came quickly after one another
    page.says(picker.send_button, {"event": "click", "values": {name.model_id: "desk.example"}})
    assert lab.transcript()[-1].command == "EHLO desk.example"
    assert line(picker) == "EHLO desk.example CR LF"
    echoed = [state["value"] for identifier, state in page.sent[sent:] if identifier == name.comm.comm_id]
    assert set(echoed) <= {"desk.example"}, "the field is not set back under the fingers"


def test_the_page_may_be_a_form_behind(lab: Lab, page: Page) -> None:
    picker = CommandPicker(lab)
    name = field(picker, "Your computer's name")
    page.clicks(button(picker, "NOOP"))
    page.says(picker.send_button, {"event": "click", "values": {name.model_id: "desk.example"}})
    assert lab.transcript()[-1].command == "NOOP"


def test_without_anywidget_a_field_tells_its_value_before_the_click(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "helpers.widgets.live", None)
    picker = CommandPicker(lab)
    assert isinstance(picker.send_button, widgets.Button)
    assert field(picker, "Your computer's name").continuous_update is False
    picker.choose("HELO")
    assert field(picker, "Your computer's name").continuous_update is False
    picker.send_button.click()
    assert lab.transcript()[-1].verb == "HELO"


def test_a_value_that_does_not_fit_is_told_with_one_that_does(lab: Lab) -> None:
    picker = CommandPicker(lab)
    field(picker, "Your computer's name").value = "my laptop"
    said = reading(picker.form_place)
    assert "✕" in said
    assert "laptop.example" in said
    field(picker, "Your computer's name").value = "laptop.example"
    assert "✕" not in reading(picker.form_place)


def test_what_does_not_fit_can_be_sent_all_the_same(lab: Lab) -> None:
    picker = CommandPicker(lab)
    assert picker.send("EHLO", name="my laptop").code == 501


def test_parameters_stand_in_the_line_in_the_syntax_of_the_rfc(lab: Lab) -> None:
    picker = CommandPicker(lab)
    picker.send("EHLO")
    picker.choose("MAIL")
    # RFC 1870 6 and RFC 6152 3 write them so
    field(picker, "SIZE").value = "500000"
    field(picker, "BODY").value = "8BITMIME"
    assert line(picker) == "MAIL FROM:<alice@lab.example> SIZE=500000 BODY=8BITMIME CR LF"


def test_a_parameter_that_was_not_announced_is_told(lab: Lab) -> None:
    picker = CommandPicker(lab)
    picker.send("HELO")
    picker.choose("MAIL")
    assert "SIZE is an extension" not in reading(picker.form_place)
    field(picker, "SIZE").value = "5"
    assert "SIZE is an extension, and HELO opens a session without any" in reading(picker.form_place)


def test_rare_parameters_unfold_and_one_with_a_value_stays_in_sight(lab: Lab) -> None:
    picker = CommandPicker(lab)
    picker.choose("MAIL")
    assert "ENVID" not in [getattr(p, "description", "")[:5] for p in parts(picker.form_place)]
    button(picker, "More parameters: SMTPUTF8, AUTH, RET, ENVID").click()
    field(picker, "ENVID").value = "lab-0001"
    button(picker, "Fewer parameters").click()
    assert field(picker, "ENVID").value == "lab-0001"
    assert "ENVID=lab-0001" in line(picker)


def test_the_null_reverse_path(lab: Lab) -> None:
    picker = CommandPicker(lab)
    picker.send("EHLO")
    assert picker.send("MAIL", reverse_path="").code == 250
    assert lab.transcript()[-1].command == "MAIL FROM:<>"


def test_a_line_over_512_octets_is_told(lab: Lab) -> None:
    picker = CommandPicker(lab)
    picker.choose("VRFY")
    next(iter(picker.form_place.children[0].fields.values())).value = "a" * 600
    assert "at most 510 are allowed before CR LF" in text_of(picker.permitted.value)


def test_what_is_typed_is_still_there_when_the_command_is_chosen_again(lab: Lab) -> None:
    picker = CommandPicker(lab)
    field(picker, "Your computer's name").value = "desk.example"
    button(picker, "NOOP").click()
    button(picker, "EHLO").click()
    assert line(picker) == "EHLO desk.example CR LF"


# --- permitted or not ----------------------------------------------------------------------------------


def test_not_permitted_says_why_and_can_be_sent_anyway(lab: Lab) -> None:
    picker = CommandPicker(lab)
    picker.send("EHLO")
    picker.choose("RCPT")
    assert "✕ Not permitted now" in text_of(picker.permitted.value)
    assert picker.send_button.description == "Send anyway"
    picker.send_button.click()
    assert lab.transcript()[-1].code == 503
    assert "✕ wrong order" in reading(picker.conversation)
    picker.send("MAIL")
    picker.choose("RCPT")
    assert "✓ Allowed now" in text_of(picker.permitted.value)
    assert picker.send_button.description == "Send"


def test_marks_of_chosen_and_not_permitted_are_in_the_text_of_the_buttons(lab: Lab) -> None:
    picker = CommandPicker(lab)
    picker.choose("HELO")
    shown = {p.key: p.description for p in parts(picker.bar) if hasattr(p, "key")}
    assert shown["HELO"] == "▸ HELO"
    assert shown["EHLO"] == "EHLO"
    assert shown["MAIL"] == "◌ MAIL FROM"
    assert "▸ chosen · ◌ not permitted now" in reading(picker.bar)
    assert picker.bar.options["MAIL"].tooltip.startswith("Not permitted now.")


# --- what continues a command --------------------------------------------------------------------------


def test_after_354_the_message_is_offered_and_its_dots_are_doubled(lab: Lab) -> None:
    picker = CommandPicker(lab)
    for verb in ("EHLO", "MAIL", "RCPT"):
        picker.send(verb)
    assert "Message" not in reading(picker.bar)
    assert picker.send("DATA").code == 354
    assert "▸ Message" in reading(picker.bar)
    field(picker, "Message").value = "Subject: x\n\n.one\nlast"
    # RFC 5321 4.5.2: a leading dot is doubled, a line with only a dot ends the message
    assert line(picker).split("\n") == ["Subject: x CR LF", "CR LF", "..one CR LF", "last CR LF", ". CR LF"]
    picker.send_button.click()
    assert lab.mailbox("bob@lab.example")[0].raw == b"Subject: x\r\n\r\n.one\r\nlast\r\n"
    assert "Message]" not in reading(picker.bar)
    assert picker.chosen.verb == "DATA"


def test_message_comes_along_with_a_limited_set(lab: Lab) -> None:
    picker = CommandPicker(lab, commands=("EHLO", "MAIL", "RCPT", "DATA"))
    for verb in ("EHLO", "MAIL", "RCPT", "DATA"):
        picker.send(verb)
    assert picker.send("MESSAGE", message="Subject: x\n\nhello\n").code == 250


def test_a_command_inside_the_message_is_part_of_it(lab: Lab) -> None:
    picker = CommandPicker(lab)
    for verb in ("EHLO", "MAIL", "RCPT", "DATA"):
        picker.send(verb)
    button(picker, "QUIT").click()
    assert "part of the message" in text_of(picker.permitted.value)
    picker.send_button.click()
    assert "send a line with only a dot" in notice(picker)
    picker.send("MESSAGE", message="the end")
    assert lab.mailbox("bob@lab.example")[0].raw == b"QUIT\r\nthe end\r\n"


def test_a_message_where_commands_are_expected_keeps_the_replies_in_step(lab: Lab) -> None:
    picker = CommandPicker(lab)
    picker.send("EHLO")
    assert picker.send("MESSAGE", message="Subject: x\nNOOP").code == 500
    assert [e.code for e in lab.transcript()[-3:]] == [500, 250, 500]
    assert picker.send("NOOP").code == 250


def test_login_in_two_steps(lab: Lab) -> None:
    picker = CommandPicker(lab)
    picker.send("EHLO")
    assert picker.send("AUTH", mechanism="LOGIN").code == 334
    assert picker.chosen.verb == "RESPONSE"
    page_field = field(picker, "Response")
    page_field.value = base64.b64encode(b"alice").decode()
    picker.send_button.click()
    assert page_field.value == "", "the answer to one challenge is not the answer to the next"
    assert picker.chosen.verb == "RESPONSE"
    page_field.value = base64.b64encode(lab.users["alice"].encode()).decode()
    picker.send_button.click()
    assert lab.transcript().state.authenticated == "LOGIN"
    assert picker.chosen.verb == "AUTH"


TEXT = "Write it as text: the picker makes the base64"


def write_as_text(picker: CommandPicker, text: str) -> None:
    """Tick the box under the field that takes base64, and write a text into the field."""
    field(picker, TEXT).value = True
    (control,) = (p for p in parts(picker.form_place) if isinstance(p, widgets.Text))
    control.value = text


@pytest.mark.parametrize(("password", "code"), [("wonderland", 235), ("wanderland", 535)])
def test_plain_written_as_text(lab: Lab, password: str, code: int) -> None:
    picker = CommandPicker(lab)
    picker.send("EHLO")
    picker.choose("AUTH")
    write_as_text(picker, rf"\0alice\0{password}")
    assert field(picker, "Initial response (as text)").placeholder == r"\0alice\0wonderland"
    assert "✕" not in reading(picker.form_place)
    assert line(picker) == "AUTH PLAIN •••••••• CR LF"
    picker.secrets.value = True
    base64_of_it = {"wonderland": "AGFsaWNlAHdvbmRlcmxhbmQ=", "wanderland": "AGFsaWNlAHdhbmRlcmxhbmQ="}[password]
    assert line(picker) == f"AUTH PLAIN {base64_of_it} CR LF"
    picker.secrets.value = False
    picker.send_button.click()
    assert lab.transcript()[-1].octets == f"AUTH PLAIN {base64_of_it}\r\n".encode()
    assert lab.transcript()[-1].code == code
    assert base64_of_it not in reading(picker.conversation)
    assert password not in reading(picker.conversation)


@pytest.mark.parametrize(("user", "password", "code"), [("carol", "café-noir", 235), ("bob", "builder41", 535)])
def test_login_written_as_text(lab: Lab, user: str, password: str, code: int) -> None:
    picker = CommandPicker(lab)
    picker.send("EHLO")
    picker.send("AUTH", mechanism="LOGIN")
    assert "The server asks: “Username:”" in reading(picker.form_place)
    write_as_text(picker, user)
    picker.send_button.click()
    assert "The server asks: “Password:”" in reading(picker.form_place)
    assert field(picker, "Response (as text)").value == "", "the answer to one challenge is not that to the next"
    assert field(picker, TEXT).value is True, "whoever wrote a text writes the next one, too"
    field(picker, "Response").value = password
    picker.send_button.click()
    assert lab.transcript()[-1].code == code
    assert password not in reading(picker.conversation)


@pytest.mark.parametrize(("password", "code"), [("wonderland", 235), ("wanderland", 535)])
def test_cram_md5_written_as_text(lab: Lab, password: str, code: int) -> None:
    picker = CommandPicker(lab)
    picker.send("EHLO")
    challenge = base64.b64decode(picker.send("AUTH", mechanism="CRAM-MD5").text)
    assert f"The server asks: “{challenge.decode()}”" in reading(picker.form_place)
    write_as_text(picker, f"alice {hmac.new(password.encode(), challenge, 'md5').hexdigest()}")
    picker.send_button.click()
    assert lab.transcript()[-1].code == code


def test_a_text_can_cancel_and_what_does_not_fit_is_told_with_a_text(lab: Lab) -> None:
    picker = CommandPicker(lab)
    picker.send("EHLO")
    assert picker.send("AUTH", mechanism="PLAIN").code == 334
    assert "The server waits for your message, without a question." in reading(picker.form_place)
    write_as_text(picker, "=")
    assert r"For example: \0alice\0wonderland" in reading(picker.form_place)
    field(picker, TEXT).value = False
    assert "For example: YWxpY2U=" in reading(picker.form_place)
    assert field(picker, "Response (base64)").placeholder == "AGFsaWNlAHdvbmRlcmxhbmQ="
    write_as_text(picker, "*")
    assert line(picker) == "* CR LF"
    picker.send_button.click()
    assert lab.transcript()[-1].code == 501  # RFC 4954 4: a cancelled exchange
    assert "The server asks" not in reading(picker.form_place)


def test_in_code_the_value_is_that_of_the_line_whatever_the_box_says(lab: Lab) -> None:
    picker = CommandPicker(lab)
    picker.send("EHLO")
    picker.choose("AUTH")
    write_as_text(picker, "x")
    assert picker.send("AUTH", mechanism="LOGIN", initial_response="YWxpY2U=").code == 334
    assert lab.transcript()[-1].command == "AUTH LOGIN YWxpY2U="


def test_the_text_box_is_where_the_reference_says_that_a_value_is_encoded(lab: Lab) -> None:
    picker = CommandPicker(lab)
    offered = set()
    for verb in picker._commands:
        picker.choose(verb)
        if TEXT in [getattr(p, "description", "") for p in parts(picker.form_place)]:
            offered.add(verb)
    assert offered == {"AUTH", "RESPONSE"}


def test_a_challenge_is_no_markup(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    picker = CommandPicker(lab)
    picker.send("EHLO")
    picker.send("AUTH", mechanism="LOGIN")
    hostile = base64.b64encode(b"<img src=x>\xff\0").decode()
    monkeypatch.setattr(Contact, "last_reply", Reply(334, (hostile,)))
    picker.refresh()
    shown = "".join(p.value for p in parts(picker.form_place) if isinstance(p, widgets.HTML))
    assert "img" not in tags_of(shown)
    assert r"The server asks: “<img src=x>\xff\x00”" in reading(picker.form_place)


def test_secrets_are_masked_until_asked_for(lab: Lab) -> None:
    secret = base64.b64encode(b"\0alice\0wonderland").decode()
    picker = CommandPicker(lab)
    picker.send("EHLO")
    assert "Show secrets" not in [getattr(p, "description", "") for p in parts(picker)]
    picker.choose("AUTH")
    field(picker, "Initial response").value = secret
    assert secret not in line(picker)
    picker.send_button.click()
    assert lab.transcript()[-1].code == 235
    picker.choose("NOOP")
    for tab in ("Bytes", "Sequence", "As code", "Conversation"):
        picker.panels.choose(tab)
        assert secret not in reading(picker.panels)
        assert "wonderland" not in reading(picker.panels)
    assert "Show secrets" in [getattr(p, "description", "") for p in parts(picker)]
    picker.secrets.value = True
    assert secret in reading(picker.conversation)
    picker.secrets.value = False
    assert secret not in reading(picker.conversation)


def test_starttls(lab: Lab) -> None:
    picker = CommandPicker(lab)
    assert "not encrypted" in reading(picker.header)
    picker.send("EHLO")
    assert picker.send("STARTTLS").code == 220
    assert " encrypted (TLS)" in reading(picker.header)
    picker.choose("MAIL")
    assert picker.send_button.description == "Send anyway", "RFC 3207 4.2: the session starts afresh"
    assert picker.send("EHLO").code == 250
    assert "TLS started" in reading(picker.conversation)
    assert "STARTTLS" not in lab.transcript().state.keywords


# --- undo, reconnect, the end --------------------------------------------------------------------------


def test_undo_takes_the_last_exchange_back(lab: Lab) -> None:
    picker = CommandPicker(lab)
    for verb in ("EHLO", "MAIL", "RCPT"):
        picker.send(verb)
    button(picker, "Undo").click()
    assert picker.session is not None
    shown = lab.transcript().connection(picker.session.connection)
    assert [e.verb for e in shown if e.verb] == ["EHLO", "MAIL"]
    assert shown.state.phase == "sender named"
    assert "RCPT TO:<" not in reading(picker.conversation)
    assert picker.send("RCPT").code == 250


def test_undo_after_the_message_goes_back_into_it_and_delivers_once(lab: Lab) -> None:
    picker = CommandPicker(lab)
    for verb in ("EHLO", "MAIL", "RCPT", "DATA"):
        picker.send(verb)
    picker.send("MESSAGE", message="Subject: first\n")
    picker.send("NOOP")
    picker.undo()
    assert [m.headers["Subject"] for m in lab.mailbox("bob@lab.example")] == ["first"]
    picker.undo()
    assert picker.chosen.verb == "MESSAGE"
    picker.undo()
    assert picker.chosen.verb != "MESSAGE"
    assert lab.transcript().state.phase == "recipients named"


def test_undo_with_nothing_said(lab: Lab) -> None:
    picker = CommandPicker(lab)
    picker.undo()
    assert "nothing to take back" in notice(picker)
    assert len(lab.transcript().connections) == 1
    picker.send("NOOP")
    assert notice(picker) == ""


def test_quit_and_reconnect(lab: Lab) -> None:
    picker = CommandPicker(lab)
    picker.send("QUIT")
    assert notice(picker).startswith("○ The server closed the connection: 221 2.0.0")
    assert "○ not connected" in reading(picker.header)
    picker.send_button.click()
    assert notice(picker).startswith("○ The server closed the connection: 221 2.0.0")
    button(picker, "Reconnect").click()
    assert notice(picker) == ""
    assert "[⟲ Reconnect]" not in reading(picker)
    assert "● connected" in reading(picker.header)
    assert picker.send("NOOP").code == 250


def test_a_connection_dropped_without_a_word(lab: Lab) -> None:
    picker = CommandPicker(lab)
    picker.send("EHLO")
    lab.fault("NOOP", drop=True, times=1)
    picker.choose("NOOP")
    picker.send_button.click()
    assert notice(picker) == "○ The server closed the connection without a word. The last that it said was: 250 HELP"
    with pytest.raises(ConnectionClosed):
        picker.send("NOOP")
    assert picker.reconnect().code == 220
    assert picker.send("NOOP").code == 250


def test_421_ends_the_connection(lab: Lab) -> None:
    picker = CommandPicker(lab)
    lab.fault("NOOP", "421 4.3.2 Shutting down", times=1)
    assert picker.send("NOOP").code == 421
    assert "The server closed the connection: 421 4.3.2 Shutting down" in notice(picker)
    assert "[⟲ Reconnect]" in reading(picker)


def test_a_server_that_hangs_up_at_once(lab: Lab) -> None:
    lab.fault("CONNECT", drop=True, times=1)
    picker = CommandPicker(lab)
    assert "There is no connection: the server did not answer." in notice(picker)
    button(picker, "Reconnect").click()
    assert picker.send("EHLO").code == 250


def test_a_server_that_wants_no_session(lab: Lab) -> None:
    lab.fault("CONNECT", "554 5.3.2 No service here", times=1)
    picker = CommandPicker(lab)
    assert "554 5.3.2 No service here" in reading(picker.conversation)
    picker.choose("EHLO")
    picker.send_button.click()
    assert "The server closed the connection" in notice(picker)
    button(picker, "Reconnect").click()
    assert picker.send("EHLO").code == 250


def test_the_lab_was_stopped(lab: Lab) -> None:
    picker = CommandPicker(lab)
    lab.stop()
    picker.send_button.click()
    assert "This lab has been stopped. Run the cell that makes the lab again" in notice(picker)
    assert "[⟲ Reconnect]" not in reading(picker)
    for action in (picker.undo, picker.reconnect, lambda: picker.send("NOOP")):
        with pytest.raises(LabGone):
            action()


def test_a_picker_for_a_lab_that_was_stopped_before(lab: Lab) -> None:
    lab.stop()
    picker = CommandPicker(lab)
    assert "This lab has been stopped." in notice(picker)
    assert "○ not connected" in reading(picker.header)


def test_the_lab_was_replaced(make_lab: Callable[..., Lab]) -> None:
    picker = CommandPicker(make_lab())
    make_lab()
    picker.send_button.click()
    assert "This lab was replaced" in notice(picker)
    assert "Run the cell of this widget again" in notice(picker)


# --- errors, hostile servers, threads ------------------------------------------------------------------


def test_an_error_in_a_handler_is_shown_and_the_lab_goes_on(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    picker = CommandPicker(lab)
    assert picker.session is not None
    with monkeypatch.context() as patched:
        patched.setattr(picker.session, "send", lambda _: [][0] if _ else 1 / 0)
        picker.send_button.click()
    assert "Something went wrong in this widget (IndexError" in notice(picker)
    picker.send_button.click()
    assert notice(picker) == ""
    assert lab.transcript()[-1].code == 250


def test_an_error_text_is_no_markup(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    picker = CommandPicker(lab)

    def explode(*_: object) -> None:
        raise RuntimeError("<img src=x onerror=alert(1)>")

    monkeypatch.setattr(picker.session, "send", explode)
    picker.send_button.click()
    assert "<img src=x" in notice(picker)
    assert "img" not in tags_of(picker.notice.value)


def test_an_error_while_drawing_is_shown(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    picker = CommandPicker(lab)
    with monkeypatch.context() as patched:
        patched.setattr(picker.header, "show", lambda _: 1 / 0)
        picker.send_button.click()
        assert "ZeroDivisionError" in notice(picker)
    picker.send_button.click()
    assert notice(picker) == ""


def test_what_the_server_says_is_no_markup(lab: Lab) -> None:
    lab.fault("NOOP", "550 <script>alert(1)</script><b>x", times=1)
    lab.fault("RSET", "421 </div><img src=x onerror=alert(1)>", times=1)
    picker = CommandPicker(lab)
    picker.send("EHLO", name="<marquee>")
    picker.send("NOOP")
    picker.send("RSET")
    for tab in ("Bytes", "Sequence", "Mailbox", "As code", "Conversation"):
        picker.panels.choose(tab)
        html = "".join(p.value for p in parts(picker) if isinstance(p, widgets.HTML))
        assert not {"script", "img", "marquee"} & tags_of(html), tab
    assert "<script>alert(1)</script>" in reading(picker.conversation)
    assert "</div><img src=x onerror=alert(1)>" in notice(picker)


def test_clicks_on_several_threads_come_one_after_the_other(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    picker = CommandPicker(lab)
    picker.choose("NOOP")
    assert picker.session is not None
    send, inside, most = picker.session.send, [0], [0]

    def slowly(text: str) -> object:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        time.sleep(0.005)
        reply = send(text)
        inside[0] -= 1
        return reply

    monkeypatch.setattr(picker.session, "send", slowly)
    threads = [threading.Thread(target=picker.send_button.click) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert most == [1]
    assert [e.code for e in lab.transcript() if e.verb == "NOOP"] == [250] * 8
    assert notice(picker) == ""


# --- the conversation and the other views --------------------------------------------------------------


def test_what_was_drawn_is_left_alone_so_that_explanations_stay_open(lab: Lab, page: Page) -> None:
    picker = CommandPicker(lab)
    picker.send("EHLO")
    before = picker.conversation.children
    known = {widget.comm.comm_id for widget in before}
    sent = len(page.sent)
    picker.send("NOOP")
    picker.panels.choose("Bytes")
    picker.panels.choose("Conversation")
    assert picker.conversation.children[: len(before)] == before
    assert not [state for identifier, state in page.sent[sent:] if identifier in known]


def test_a_long_conversation_is_cut_and_says_so(lab: Lab) -> None:
    picker = CommandPicker(lab)
    session = picker.session
    assert session is not None
    for _ in range(MOST_DRAWN + 5):
        session.send("NOOP")
    picker.refresh()
    # the greeting and the 65 make 66, of which the newest 60 are drawn
    assert len(picker.conversation.children) == MOST_DRAWN + 1
    assert "6 earlier exchanges not drawn here" in reading(picker.conversation)


def test_it_shows_what_a_cell_sends_on_its_session(lab: Lab) -> None:
    session = lab.connect()
    picker = CommandPicker(lab, session=session)
    session.send("HELO desk.example")
    picker.refresh()
    assert "HELO desk.example" in reading(picker.conversation)
    other = lab.connect()
    other.send("HELO other.example")
    picker.refresh()
    assert "other.example" not in reading(picker.conversation)


def test_views(lab: Lab) -> None:
    picker = CommandPicker(lab)
    for verb in ("EHLO", "MAIL", "RCPT", "DATA", "MESSAGE"):
        picker.send(verb)
    button(picker, "Bytes").click()
    assert "4d 41 49 4c 20 46 52 4f 4d 3a" in reading(picker.panels)  # MAIL FROM:
    assert picker.conversation not in list(parts(picker)), "one view at a time"
    button(picker, "Sequence").click()
    assert "time runs downwards" in reading(picker.panels)
    button(picker, "Mailbox (1)").click()
    assert "bob@lab.example: 1 message" in reading(picker.panels)
    button(picker, "As code").click()
    assert 'session.send("MAIL FROM:<alice@lab.example>")' in reading(picker.panels)
    button(picker, "smtplib").click()
    assert "smtp = lab.smtplib()" in reading(picker.panels)
    button(picker, "telnet or openssl").click()
    assert "telnet" in reading(picker.panels)
    assert ("runs in memory" in reading(picker.panels)) == (lab.transport == "memory")
    button(picker, "swaks").click()
    assert "--from alice@lab.example" in reading(picker.panels)


def test_the_header_says_where_and_how(make_lab: Callable[..., Lab]) -> None:
    lab = make_lab("submissions")
    shown = reading(CommandPicker(lab).header)
    assert "mail.lab.example" in shown
    assert ("in memory" if lab.transport == "memory" else f"127.0.0.1:{lab.port}") in shown
    assert "encrypted (TLS)" in shown
    assert "policy: submission over implicit TLS (port 465)" in shown


# --- the data make the picker --------------------------------------------------------------------------

XPING = {
    "wire": "XPING",
    "label": "XPING",
    "title": "try the path",
    "group": "session",
    "status": "extension",
    "summary": "Asks whether anybody is there.",
    "syntax": '"XPING" SP count CRLF',
    "rfc": "RFC 9999 1.2",
    "effect": "None.",
    "permitted_in": ["greeted"],
    "not_permitted": "Say EHLO first: XPING is an extension.",
    "in_course": True,
    "arguments": [
        {
            "name": "how-many",
            "label": "How many",
            "grammar": "size",
            "example": "3",
            "template": " {}",
            "required": True,
            "default": "3",
        },
        {
            "name": "TONE",
            "label": "Tone",
            "grammar": "string",
            "example": "LOW",
            "template": " TONE={}",
            "choices": ["", "LOW", "HIGH"],
        },
    ],
}


def test_a_command_added_to_the_data_works_in_the_picker(lab: Lab) -> None:
    with reference.using(Library(extra={"commands": {"XPING": XPING}})):
        picker = CommandPicker(lab)
    button(picker, "XPING").click()
    assert "XPING — try the path" in text_of(picker.about.value)
    assert "https://www.rfc-editor.org/rfc/rfc9999#section-1.2" in picker.about.value
    assert "Say EHLO first: XPING is an extension." in text_of(picker.permitted.value)
    field(picker, "How many").value = "many"
    assert "✕" in reading(picker.form_place)
    field(picker, "How many").value = "7"
    field(picker, "Tone").value = "HIGH"
    assert line(picker) == "XPING 7 TONE=HIGH CR LF"
    picker.send("EHLO")
    picker.choose("XPING")
    picker.send_button.click()
    assert lab.transcript()[-1].octets == b"XPING 7 TONE=HIGH\r\n"
    assert lab.transcript()[-1].code == 500
    assert picker.send("XPING", how_many="2", tone="LOW").code == 500
    assert lab.transcript()[-1].command == "XPING 2 TONE=LOW"
    assert "XPING" in picker._repr_mimebundle_()["text/html"]


def test_all_commands_of_the_course_in_their_groups(lab: Lab) -> None:
    picker = CommandPicker(lab)
    captions = [p.value for p in parts(picker.bar) if isinstance(p, widgets.Label)]
    assert captions == ["session", "authentication", "message"]
    assert [key for key in picker.bar.options if key not in ("MESSAGE", "RESPONSE")] == [
        *("EHLO", "HELO", "STARTTLS", "NOOP", "RSET", "QUIT"),
        "AUTH",
        *("MAIL", "RCPT", "DATA", "VRFY", "EXPN"),
    ]


def test_a_limited_set(lab: Lab) -> None:
    picker = CommandPicker(lab, commands=("EHLO", "HELO"))
    assert [p.key for p in parts(picker.bar) if hasattr(p, "key")] == ["EHLO", "HELO"]
    assert "message" not in [p.value for p in parts(picker.bar) if isinstance(p, widgets.Label)]
    with pytest.raises(reference.UnknownEntry, match="It offers EHLO, HELO"):
        picker.send("MAIL")
    with pytest.raises(reference.UnknownEntry, match="EHLO"):
        CommandPicker(lab, commands=("EHLLO",))


@pytest.mark.parametrize("verb", [command.verb for command in reference.commands() if command.status != "continuation"])
def test_every_command_of_the_reference_makes_a_form_and_a_line(lab: Lab, verb: str) -> None:
    picker = CommandPicker(lab, commands=(verb,))
    assert line(picker).startswith(reference.command(verb).wire)
    assert line(picker).endswith("CR LF")


# --- in code -------------------------------------------------------------------------------------------


def test_wrong_names_and_values_in_code(lab: Lab) -> None:
    picker = CommandPicker(lab)
    with pytest.raises(TypeError, match="Its arguments: name"):
        picker.send("EHLO", domain="x")
    assert "Its arguments: name" in notice(picker)
    with pytest.raises(ValueError, match="7BIT"):
        picker.send("MAIL", body="9BIT")
    with pytest.raises(ValueError, match="A line ends where CR LF stands"):
        picker.send("EHLO", name="a\r\nQUIT")
    assert len(lab.transcript()) == 1
    for verb in ("EHLO", "MAIL", "RCPT", "DATA"):
        picker.send(verb)
    with pytest.raises(NothingToWaitFor):
        picker.send("NOOP")


# --- everybody can use it, and what a notebook keeps ---------------------------------------------------


def test_every_control_has_a_name(lab: Lab) -> None:
    picker = CommandPicker(lab)
    for verb in picker._commands:
        picker.choose(verb)
    found = []
    waiting: list[widgets.Widget] = [picker, *picker._forms.values()]
    while waiting:
        widget = waiting.pop()
        waiting += getattr(widget, "children", ())
        if isinstance(widget, (widgets.Button, widgets.Text, widgets.Textarea, widgets.Dropdown, widgets.Checkbox)):
            found.append(widget)
            assert widget.description.strip(), widget
    assert len(found) > 40


def test_what_is_stored_reads_without_a_kernel_and_is_always_the_same(make_lab: Callable[..., Lab]) -> None:
    first, second = (CommandPicker(make_lab(), commands=("EHLO", "HELO")) for _ in range(2))
    second.send("EHLO")
    bundle = first._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    for kind in ("text/html", "text/plain"):
        assert bundle[kind] == second._repr_mimebundle_()[kind]
    assert bundle["text/plain"] == "CommandPicker for the lab 'open': EHLO, HELO"
    shown = text_of(bundle["text/html"])
    assert "Run this cell to use it" in shown
    assert "picker.send('EHLO', name='laptop.example')" in shown
    assert '"EHLO" SP ( Domain / address-literal ) CRLF' in shown
    assert "127.0.0.1" not in bundle["text/html"]
    assert "script" not in tags_of(bundle["text/html"])
