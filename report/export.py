"""A run as a folder that can be put on a model hub: card, weights, alphabet, data files.

Nothing is uploaded here. What may be in it obeys ``publish.corpus_text`` and ``publish.weights``.
"""

from jobs.disk.files import json_text
from report.pages.data import DataFile, data_files
from report.render.templates import render
from report.run_view import RunView


def export_files(view: RunView) -> dict[str, bytes]:
    """File name -> content, ``README.md`` first."""
    files = data_files(view)
    if view.shows_weights:
        files.append(DataFile("weights.safetensors", _weights(view), "every weight, float32"))
    alphabet = json_text(list(view.card.alphabet)).encode("ascii")
    files.append(DataFile("alphabet.json", alphabet, "the characters in the order of their ids"))
    card = render(
        "export/card.md.j2",
        name=view.config.site.name,
        version=view.tool_version,
        run=view.run_id,
        sizes=view.network.sizes,
        cell=view.network.cell_title,
        tags=sorted({cell.name.partition("_")[0] for cell in view.network.cells}),
        blocks=", ".join(view.network.layers[0].cell.blocks),
        parameters=view.network.parameters,
        alphabet=len(view.card.alphabet),
        regime=view.config.training.regime,
        bits=view.evaluation.held_out_bits,
        unigram=view.evaluation.unigram_bits,
        characters=view.evaluation.held_out_characters,
        files=files,
        weights=view.shows_weights,
    )
    return {"README.md": card.encode("utf-8"), **{file.name: file.data for file in files}}


def _weights(view: RunView) -> bytes:
    from safetensors.numpy import save

    return bytes(save(view.network.arrays(), metadata={"format": "np", "run": view.run_id}))
