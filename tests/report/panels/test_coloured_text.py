import numpy as np
import pytest

from jobs.config.schema import ReportConfig
from report.panels.coloured_text import PANEL
from report.render import palette
from report.run_view import Unit
from tests.support.tiny_view import tiny_view


@pytest.mark.parametrize("alignment", ["read", "predict"])
@pytest.mark.parametrize("unit", [Unit(1, 2), Unit(2, 0)])
def test_each_character_has_the_level_of_its_state(unit, alignment):
    view = tiny_view(report=ReportConfig(alignment=alignment))
    panel = PANEL.prepare(view)(unit).values
    layer = unit.layer - 1
    after = view.sample.layers[layer].hidden[:, unit.index]
    before = view.sample.before.hidden[layer][unit.index]
    states = np.concatenate([[before], after])
    shown = states[1:] if alignment == "read" else states[:-1]
    assert panel.levels == palette.levels(shown).tolist()
    spare = states[0] if alignment == "read" else states[-1]
    assert panel.spare_level == palette.levels(spare)


def test_values_begin_with_the_state_before_the_text():
    view = tiny_view()
    values = PANEL.prepare(view)(Unit(1, 0)).values.thousandths.split(",")
    assert len(values) == view.sample.characters + 1
    assert int(values[0]) == round(1000 * float(view.sample.before.hidden[0][0]))
    assert int(values[1]) == round(1000 * float(view.sample.layers[0].hidden[0, 0]))
