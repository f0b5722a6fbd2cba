"""How often the diagnosis is right. First-try figures with dates, and what they mean: tests/data/rejections/README.md.

A first try is the only honest figure; afterwards a set is known, and what is asserted here only keeps it from falling.
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from helpers import diagnose
from helpers.diagnosis.rules import causes

DATA = Path(__file__).parents[2] / "data" / "rejections"


def refusals(file: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / file).read_text("utf-8").splitlines()]


EXAMPLES = refusals("examples.jsonl")
HELD_OUT = {line for line in (DATA / "held-out.txt").read_text().splitlines() if line and not line.startswith("#")}
DOCUMENTED = refusals("documented.jsonl")
UNSEEN = refusals("unseen.jsonl")
UNSEEN_WORDINGS = refusals("unseen-wordings.jsonl")
ALL = EXAMPLES + DOCUMENTED + UNSEEN + UNSEEN_WORDINGS
JUDGED = refusals("judged.jsonl")


def right(rows: list[dict[str, Any]], phase: bool = False) -> int:
    return sum(
        diagnose(row["reply"], phase=row["phase"] if phase else None).cause in (row["cause"], *row["also_acceptable"])
        for row in rows
    )


def test_the_held_out_third_was_right_in_23_of_25_when_it_was_first_tried() -> None:
    """That is the honest number: no rule had been written with these in sight. Now all of them are."""
    rows = [row for row in EXAMPLES if row["id"] in HELD_OUT]
    assert len(rows) == len(HELD_OUT) == 25
    assert right(rows) >= 23


def test_the_held_out_providers_are_not_among_the_others() -> None:
    held = {row["provider"] for row in EXAMPLES if row["id"] in HELD_OUT}
    assert not held & {row["provider"] for row in EXAMPLES if row["id"] not in HELD_OUT}


def test_all_examples() -> None:
    assert len(EXAMPLES) == 76
    assert right(EXAMPLES) >= 0.95 * 76
    assert right(EXAMPLES, phase=True) >= 0.95 * 76


def test_documented_refusals_were_right_in_95_of_111_when_they_were_first_tried() -> None:
    assert len(DOCUMENTED) == 111
    assert right(DOCUMENTED) >= 0.97 * 111


def test_temporary_or_permanent() -> None:
    rows = ALL + JUDGED
    assert [row["id"] for row in rows if diagnose(row["reply"]).temporary != row["temporary"]] == []


def test_what_is_sure_is_surer_than_what_is_not() -> None:
    """Confidence means something: most of what is right is above a half."""
    sure = [diagnose(row["reply"]).confidence for row in EXAMPLES + DOCUMENTED]
    assert sum(value > 0.5 for value in sure) > 0.9 * len(sure)
    assert all(0 <= value <= 1 for value in sure)


def test_labels_are_causes_and_have_a_source() -> None:
    for row in ALL + JUDGED:
        assert {row["cause"], *row["also_acceptable"]} <= {*causes(), None}
        assert row["source"]


def test_the_unseen_set_was_right_in_369_of_450_when_it_was_first_tried() -> None:
    """82.0 %. A third, whole providers, was kept back while the rules learned from the rest: 126 of 160, then 144."""
    held = [row for row in UNSEEN if row["held_out"]]
    assert (len(UNSEEN), len(held)) == (450, 160)
    assert right(UNSEEN) >= 0.97 * 450
    assert right(UNSEEN, phase=True) >= 0.97 * 450
    assert right(held) >= 144


def test_the_unseen_wordings_were_right_in_135_of_207_when_they_were_first_tried() -> None:
    """65.2 %: single phrases without the codes and addresses around them. A third was kept back: 45 of 63, then 55."""
    assert len(UNSEEN_WORDINGS) == 207
    assert right(UNSEEN_WORDINGS) >= 0.96 * 207


def test_who_is_sure_is_right() -> None:
    """Of the answers with a confidence of 0.8 and more at least 95 of 100 are right, and most answers have it."""
    sure = [(row, found) for row in UNSEEN + UNSEEN_WORDINGS if (found := diagnose(row["reply"])).confidence >= 0.8]
    assert len(sure) >= 0.6 * len(UNSEEN + UNSEEN_WORDINGS)
    good = sum(found.cause in (row["cause"], *row["also_acceptable"]) for row, found in sure)
    assert good >= 0.95 * len(sure)


def test_no_two_sets_share_a_refusal() -> None:
    replies = [row["reply"] for row in ALL]
    assert len(replies) == len(set(replies))


def kept_back(row: dict[str, Any]) -> bool:
    """Whole providers, a third of them: these were not looked at while the rules learned from the rest."""
    return int(sha256(row["provider"].encode()).hexdigest(), 16) % 3 == 0


def test_the_judged_set_was_right_in_241_of_263_when_it_was_first_tried() -> None:
    """91.6 %, by a judge who had not read the rules. Of the third that was kept back 104 of 111, before and after."""
    held = [row for row in JUDGED if kept_back(row)]
    assert (len(JUDGED), len(held)) == (263, 111)
    assert right(JUDGED, phase=True) >= 0.97 * 263
    assert right(JUDGED) >= 0.97 * 263
    assert right(held, phase=True) >= 104
