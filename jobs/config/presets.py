"""Where the configurations that come with Neuronario are; the one place that knows."""

from pathlib import Path

PRESETS = Path(__file__).resolve().parent.parent / "presets"


def preset_path(name: str) -> Path:
    """The file of the preset ``name``, whether or not there is one."""
    return PRESETS / f"{name}.yml"


def preset_names() -> list[str]:
    """Every preset, sorted."""
    return sorted(path.stem for path in PRESETS.glob("*.yml"))
