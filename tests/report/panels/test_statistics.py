import numpy as np

from report.panels.statistics import PANEL
from report.render.templates import decimals, signed
from report.run_view import Unit
from tests.support.tiny_view import tiny_view


def test_rows_are_the_states_of_this_unit():
    view = tiny_view()
    unit = Unit(2, 1)
    content = PANEL.prepare(view)(unit)
    sample, probe = view.sample.layers[1].hidden[:, 1], view.probe.layers[1].hidden[:, 1]
    rows = {row.name: (row.sample, row.probe) for row in content.values.rows}
    assert rows["mean"] == (signed(sample.mean()), signed(probe.mean()))
    assert rows["standard deviation"] == (decimals(sample.std()), decimals(probe.std()))
    assert rows["lowest"] == (signed(sample.min()), signed(probe.min()))
    assert rows["highest"] == (signed(sample.max()), signed(probe.max()))
    assert rows["mean |h|"] == (decimals(np.abs(sample).mean()), decimals(np.abs(probe).mean()))
    assert content.values.sample_characters == view.sample.characters
    assert content.values.probe_characters == view.probe.characters


def test_list_and_front_matter_are_of_the_probe():
    view = tiny_view()
    content = PANEL.prepare(view)(Unit(1, 3))
    mean = float(view.probe.layers[0].hidden[:, 3].mean())
    column = next(column for column in content.columns if column.title == "Mean")
    assert abs(column.value - mean) < 1e-6
    assert content.front_matter["mean"] == round(mean, 2)
