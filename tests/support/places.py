"""Where things are that tests read from outside their own folder."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]  # of the checkout
CORPORA = ROOT.parent / "shared" / "corpora"  # real texts; tests that need one skip without it
