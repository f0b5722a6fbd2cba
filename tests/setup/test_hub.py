"""The settings for hubs: no key that the chart does not know, room as it was measured, and no way out for mail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from helpers.exercises.course import lessons

HUB = Path(__file__).resolve().parents[2] / "workshop" / "hub"
GUIDE = (HUB / "README.md").read_text(encoding="utf-8")
VALUES: dict[str, Any] = yaml.safe_load((HUB / "values.yaml").read_text(encoding="utf-8"))

#: The keys that values.yaml may use, and their types: written by hand from jupyterhub/values.schema.yaml of
#: jupyterhub/zero-to-jupyterhub-k8s at commit 02dd73df01bdbb6d602fed21b0be12565ab38080. What is below ``hub.config``
#: and the ``data`` of a file is free there. The weekly workflow renders the newest chart, which has the whole schema.
KEYS: dict[str, type | tuple[type, ...] | set[str]] = {
    "hub.config": dict,
    "singleuser.image.name": str,
    "singleuser.image.tag": str,
    "singleuser.image.pullPolicy": {"", "IfNotPresent", "Always", "Never"},
    "singleuser.defaultUrl": str,
    "singleuser.startTimeout": int,
    "singleuser.memory.guarantee": (int, float, str),
    "singleuser.memory.limit": (int, float, str),
    "singleuser.cpu.guarantee": (int, float),
    "singleuser.cpu.limit": (int, float),
    "singleuser.networkPolicy.enabled": bool,
    "singleuser.networkPolicy.egress": list,
    "singleuser.networkPolicy.egressAllowRules.cloudMetadataServer": bool,
    "singleuser.networkPolicy.egressAllowRules.nonPrivateIPs": bool,
    "singleuser.networkPolicy.egressAllowRules.privateIPs": bool,
    "singleuser.storage.type": {"dynamic", "static", "none"},
    "singleuser.extraFiles.*.mountPath": str,
    "singleuser.extraFiles.*.data": dict,
    "cull.enabled": bool,
    "cull.timeout": int,
    "cull.every": int,
    "cull.maxAge": int,
    "prePuller.hook.enabled": bool,
    "prePuller.continuous.enabled": bool,
    "scheduling.podPriority.enabled": bool,
    "scheduling.userPlaceholder.enabled": bool,
    "scheduling.userPlaceholder.replicas": int,
}


def complaints(values: Any, place: str = "") -> Iterator[str]:
    """What the chart would refuse."""
    known = next((kind for key, kind in KEYS.items() if re.fullmatch(key.replace("*", r"\w+"), place)), None)
    if known is not None:
        # YAML's true is an int for Python, and no number for the schema
        fits = values in known if isinstance(known, set) else isinstance(values, known)
        if not fits or (isinstance(values, bool) and known is not bool):
            yield f"{place}: {values!r} is not of the type that the chart takes"
    elif isinstance(values, dict) and values:
        for key, value in values.items():
            yield from complaints(value, f"{place}.{key}".removeprefix("."))
    else:
        yield f"{place}: the chart has no such key"


def test_the_chart_knows_every_key_and_takes_every_value() -> None:
    assert list(complaints(VALUES)) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"singleuser": {"memory": {"guarentee": "512M"}}},
        {"singleuser": {"cpu": {"limit": "1"}}},
        {"singleuser": {"startTimeout": True}},
        {"singleuser": {"storage": {"type": "None"}}},
        {"cull": None},
        {"prePuller": {"enabled": True}},
    ],
)
def test_what_the_chart_refuses_is_found(wrong: dict[str, Any]) -> None:
    assert list(complaints(wrong))


def test_nothing_goes_out() -> None:
    """The rules for DNS and the hub are the chart's own, and on as long as nobody says otherwise."""
    policy = VALUES["singleuser"]["networkPolicy"]
    assert policy["enabled"]
    assert policy["egress"] == []
    assert not any(policy["egressAllowRules"].values())
    assert {"cloudMetadataServer", "nonPrivateIPs", "privateIPs"} == set(policy["egressAllowRules"])


def octets(size: str) -> int:
    """A size as JupyterHub reads it (jupyterhub.traitlets.ByteSpecification): M and G are powers of 1024."""
    number, unit = re.fullmatch(r"(\d+)([MG])", size).groups()
    return int(number) * {"M": 2**20, "G": 2**30}[unit]


def measured() -> list[float]:
    """MiB of JupyterLab alone, and with each further lesson, from the guide's table."""
    return [float(memory) for memory in re.findall(r"^\| (?:JupyterLab|and \d+ lessons? run) \| (\d+) \|", GUIDE, re.M)]


def test_the_memory_is_what_was_measured_and_some_more() -> None:
    alone, *more = measured()
    lesson = (more[-1] - alone) / len(more)
    half_a_day, all_of_it = 6, len([lesson for lesson in lessons() if lesson.minutes])
    memory = VALUES["singleuser"]["memory"]
    guarantee, limit = octets(memory["guarantee"]) / 2**20, octets(memory["limit"]) / 2**20
    assert alone + half_a_day * lesson <= guarantee < 1.5 * (alone + half_a_day * lesson)
    assert 1.25 * (alone + all_of_it * lesson) <= limit < 2 * (alone + all_of_it * lesson)


def test_one_machine_has_the_limits_of_the_cluster() -> None:
    def said(key: str) -> str:
        return re.search(rf"tljh-config set {re.escape(key)} (\S+)", GUIDE)[1]

    assert said("limits.memory") == VALUES["singleuser"]["memory"]["limit"]
    assert float(said("limits.cpu")) == VALUES["singleuser"]["cpu"]["limit"]
    assert int(said("services.cull.timeout")) == VALUES["cull"]["timeout"]


def test_a_lesson_opens_and_the_image_is_nobodys() -> None:
    """The image's name is set when the chart is installed, so that it stands in one place."""
    assert VALUES["singleuser"]["defaultUrl"] == f"/lab/tree/notebooks/{lessons()[0].file}"
    assert VALUES["singleuser"]["image"] == {"name": "IMAGE", "tag": "TAG", "pullPolicy": "IfNotPresent"}
    assert "--set singleuser.image.name=ghcr.io/" in GUIDE
    assert "--set singleuser.image.tag=TAG" in GUIDE


def test_the_terminal_tools_are_those_of_the_image() -> None:
    [named] = re.findall(r"sudo apt install --yes (.*)", GUIDE)
    assert set(named.split()) <= set((HUB.parents[1] / "apt.txt").read_text(encoding="utf-8").split())
