"""Which cards are seen, tried with a stand-in for the library of the driver."""

from types import SimpleNamespace

import pynvml
import pytest

from jobs.machine.graphics_card import (
    GraphicsCard,
    card_lines,
    fingerprint_of,
    graphics_cards,
)

GB = 10**9
CARDS = {  # name, compute capability, total and free memory
    "GPU-aa": ("Small", (7, 5), 4 * GB, 3 * GB),
    "GPU-bb": ("Large", (9, 0), 80 * GB, 60 * GB),
    "GPU-cc": ("Old", (5, 2), 8 * GB, 8 * GB),
}


@pytest.fixture
def library(monkeypatch):
    """A driver with three cards; what is asked of a closed library fails as there."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    known, state = list(CARDS), SimpleNamespace(open=False)

    def answer(value):
        def asked(*arguments):
            if not state.open:
                raise pynvml.NVMLError(pynvml.NVML_ERROR_UNINITIALIZED)
            return value(*arguments)

        return asked

    def by_name(name):
        if name not in CARDS:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_FOUND)
        return name

    stand_in = {
        "nvmlSystemGetDriverVersion": lambda: "580.1",
        "nvmlDeviceGetCount": lambda: len(known),
        "nvmlDeviceGetHandleByIndex": lambda number: known[number],
        "nvmlDeviceGetHandleByUUID": by_name,
        "nvmlDeviceGetName": lambda card: CARDS[card][0],
        "nvmlDeviceGetCudaComputeCapability": lambda card: CARDS[card][1],
        "nvmlDeviceGetMemoryInfo": lambda card: SimpleNamespace(
            total=CARDS[card][2], free=CARDS[card][3]
        ),
        "nvmlDeviceGetUUID": lambda card: card,
    }
    for name, value in stand_in.items():
        monkeypatch.setattr(pynvml, name, answer(value))
    monkeypatch.setattr(pynvml, "nvmlInit", lambda: setattr(state, "open", True))
    monkeypatch.setattr(pynvml, "nvmlShutdown", lambda: setattr(state, "open", False))
    return state


def names():
    return [card.name for card in graphics_cards()]


def test_all_cards_are_seen_but_those_without_programs(library):
    small, large = graphics_cards()
    assert small == GraphicsCard("Small", "580.1", "GPU-aa", 4 * GB, 3 * GB)
    assert (large.name, large.free) == ("Large", 60 * GB)
    assert not library.open  # the library was given back


@pytest.mark.parametrize(
    ("visible", "seen"),
    [
        ("1", ["Large"]),
        ("1,0", ["Large", "Small"]),
        ("GPU-bb", ["Large"]),
        ("0, 1", ["Small", "Large"]),
        ("", []),
        ("-1", []),
        ("0,-1,1", ["Small"]),  # as CUDA: the list ends where a name is none
        ("7", []),
        ("GPU-zz", []),
        ("NoDevFiles", []),
    ],
)
def test_what_a_batch_system_hides_is_not_seen(library, monkeypatch, visible, seen):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert names() == seen
    assert not library.open


@pytest.mark.parametrize("call", ["nvmlInit", "nvmlDeviceGetCount", "nvmlDeviceGetMemoryInfo"])
def test_a_driver_that_fails_is_none(library, monkeypatch, call):
    def fails(*_):
        raise pynvml.NVMLError(pynvml.NVML_ERROR_GPU_IS_LOST)

    monkeypatch.setattr(pynvml, call, fails)
    assert graphics_cards() == ()
    assert not library.open


def test_a_fingerprint_names_card_driver_and_library(library, monkeypatch):
    versions = {"nvidia-cublas-cu12": "12.9.1"}
    monkeypatch.setattr(
        "jobs.machine.graphics_card.installed_version", lambda name: versions.get(name, "")
    )
    assert fingerprint_of(graphics_cards()[1]) == "Large, driver 580.1, cuBLAS 12.9.1"
    versions.clear()
    assert fingerprint_of(graphics_cards()[1]) == "Large, driver 580.1"
    assert fingerprint_of(None) == ""


def test_doctor_lists_them(library, monkeypatch):
    first, second = card_lines()
    assert first.startswith("graphics card: Small, driver 580.1")
    assert second.endswith("60.0 GB of 80.0 GB free")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert card_lines() == ["graphics card: none"]
