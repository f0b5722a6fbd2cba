"""What goes wrong in a control's callback: nobody sees it raised, so the widget says it, an interrupt, too."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets as widgets
import pytest

from helpers import DiagnosisBox, Gallery, Lab, Lookup, case, order, quiz
from helpers.session import Interrupted
from helpers.widgets.stored import Stored
from tests.unit.widgets.conftest import text_of

Click = tuple[Stored, str, Callable[[], None], widgets.HTML]


def diagnosing(_: Lab) -> Click:
    box = DiagnosisBox("550 5.1.1 No such user")
    return box, "diagnose", box.button.click, box.result


def concluding(_: Lab) -> Click:
    file = case("10.b")
    file.causes.index = file.actors.index = 0
    return file, "conclude", file.button.click, file.result


def answering(_: Lab) -> Click:
    card = quiz("01.q1")
    card.choices.index = 0
    return card, "answer", card.button.click, card.result


def sending(lab: Lab) -> Click:
    lines = order(lab, ["NOOP"])
    return lines, "run", lines.send.click, lines.result


def happening(_: Lab) -> Click:
    gallery = Gallery()
    return gallery, "_chosen", gallery.happen_button.click, gallery.happened


def trying(lab: Lab) -> Click:
    look = Lookup(lab)
    look.find("550")
    return look, "_lab", look.try_button.click, look.notice


@pytest.mark.parametrize("make", [diagnosing, concluding, answering, sending, happening, trying])
@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (Interrupted("you interrupted this while it was sending"), "✕ you interrupted this while it was sending"),
        (KeyboardInterrupt(), "✕ You interrupted this. The lab still runs"),
        (ValueError("<b>no</b>"), "✕ <b>no</b>"),
        (RuntimeError("oh"), "✕ Something went wrong in this widget (RuntimeError: oh)"),
    ],
)
def test_it_is_told_and_not_raised(
    make: Callable[[Lab], Click], trouble: BaseException, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise trouble

    with Lab("open", transport="memory") as lab:
        widget, method, click, place = make(lab)
        monkeypatch.setattr(type(widget), method, fails)
        click()
    assert said in text_of(place.value)
    assert 'role="alert"' in place.value or 'role="status"' in place.value
