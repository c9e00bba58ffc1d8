"""The graphics cards that a training may use, asked of NVIDIA's management library (NVML).

Nothing is started on a card to find out, and a machine without the driver simply has none. Whether
one is used, ``jobs/pipeline/card_choice.py`` decides.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rich.filesize import decimal

from jobs.machine.runtime import installed_version

VISIBLE = "CUDA_VISIBLE_DEVICES"  # as batch systems set it: numbers or names; "": none
# TensorFlow's packages have programs for these and all later ones.
LEAST_CAPABILITY = (6, 0)
# What one distribution holds of what TensorFlow calls on a card: its products.
PRODUCTS = ("nvidia-cublas-cu12", "nvidia-cublas")


@dataclass(frozen=True)
class GraphicsCard:
    """A card that this process may use."""

    name: str  # NVIDIA H100 80GB HBM3
    driver: str  # version
    address: str  # GPU-8932f937-...: by which a process is shown this card alone
    memory: int  # bytes
    free: int  # bytes, just now

    @property
    def fingerprint(self) -> str:
        """What decides its bits, in words."""
        versions = (installed_version(name) for name in PRODUCTS)
        cublas = next(filter(None, versions), "")
        return f"{self.name}, driver {self.driver}" + (f", cuBLAS {cublas}" if cublas else "")


def fingerprint_of(card: GraphicsCard | None) -> str:
    """The card's part of a training's fingerprint; "" of the processor."""
    return "" if card is None else card.fingerprint


def graphics_cards() -> tuple[GraphicsCard, ...]:
    """The cards that TensorFlow has programs for, without those that ``CUDA_VISIBLE_DEVICES``
    hides; () where there is no driver.
    """
    import pynvml  # 20 ms that a job for the processor need not spend

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return ()
    try:
        driver = pynvml.nvmlSystemGetDriverVersion()
        return tuple(
            card
            for handle in _handles(pynvml)
            if (card := _card(pynvml, handle, driver)) is not None
        )
    except pynvml.NVMLError:  # a driver that is being renewed, a card that fell off
        return ()
    finally:
        pynvml.nvmlShutdown()


def card_lines() -> list[str]:
    """One ``name: value`` line for each card."""
    return [
        f"graphics card: {card.fingerprint}, {decimal(card.free)} of {decimal(card.memory)} free"
        for card in graphics_cards()
    ] or ["graphics card: none"]


def _handles(nvml: Any) -> Iterator[Any]:
    """Of the cards that this process may see, by their number on the bus or by their name."""
    count = nvml.nvmlDeviceGetCount()
    named = os.environ.get(VISIBLE)
    for word in map(str, range(count)) if named is None else named.split(","):
        name = word.strip()
        if name.isdecimal() and int(name) < count:
            yield nvml.nvmlDeviceGetHandleByIndex(int(name))
        elif name.startswith(("GPU-", "MIG-")):
            yield nvml.nvmlDeviceGetHandleByUUID(name)
        else:  # CUDA too ends its list at the first name that is none
            return


def _card(nvml: Any, handle: Any, driver: str) -> GraphicsCard | None:
    """What is known of a card; None where TensorFlow has no programs for it."""
    if nvml.nvmlDeviceGetCudaComputeCapability(handle) < LEAST_CAPABILITY:
        return None
    memory = nvml.nvmlDeviceGetMemoryInfo(handle)
    return GraphicsCard(
        name=nvml.nvmlDeviceGetName(handle),
        driver=driver,
        address=nvml.nvmlDeviceGetUUID(handle),
        memory=int(memory.total),
        free=int(memory.free),
    )
