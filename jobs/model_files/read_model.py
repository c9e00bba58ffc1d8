"""From a file to its model: the format is told from the content, never from the name."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from jobs.disk.regular_file import read_regular_file
from jobs.errors import ExitCode, NeuronarioError
from jobs.model_files.archive import Archive
from jobs.model_files.file_model import FileModel, RefusedError, checked
from jobs.printable import shown

CHECKPOINT_MAGIC = bytes.fromhex("57fb808b247547db")  # ends the index of a checkpoint
MOST_BYTES = 1_000_000_000  # of a model file; the largest network of the schema is smaller
FORMATS = (
    ".keras, .h5, a PyTorch state dict (.pt, .pth), .safetensors, .npz, the .index of a TensorFlow "
    "checkpoint or the folder of a SavedModel"
)
SHARD = ".data-00000-of-00001"  # where a checkpoint's variables are, beside its index


@dataclass(frozen=True)
class ModelFile:
    """A model and the file that it was read from."""

    model: FileModel
    name: str  # without its folder
    sha256: str  # of a checkpoint: of its two files, the index first
    bytes: int


def read_model(path: Path) -> ModelFile:
    """Read the model file at ``path``; nothing in it is run, nothing outside it is read.

    A checkpoint is two files: ``path`` is its index, their common beginning, or the folder of a
    SavedModel.

    Raises:
        NeuronarioError: 66, 77, 74 the file cannot be read; 65 it is refused, with the reason.
    """
    place = _index_of(path)
    data = read_regular_file(place, MOST_BYTES, ExitCode.BAD_DATA)
    shard = b""
    if data.endswith(CHECKPOINT_MAGIC) and place.name.endswith(".index"):
        beside = place.with_name(place.name.removesuffix(".index") + SHARD)
        shard = read_regular_file(beside, MOST_BYTES, ExitCode.BAD_DATA)
    try:
        model = checked(_read(data, shard))
    except RefusedError as error:
        raise NeuronarioError(
            f"{shown(path)}: not imported: {_one_line(error)}", ExitCode.BAD_DATA
        ) from error
    digest = hashlib.sha256(data)
    digest.update(shard)
    return ModelFile(model, shown(path.name), digest.hexdigest(), len(data) + len(shard))


def _index_of(path: Path) -> Path:
    """The file to read: ``path``, or the index of the checkpoint that it stands for."""
    if path.is_dir() and not path.is_symlink():
        variables = path / "variables" / "variables.index"
        return variables if variables.exists() else path
    beside = path.with_name(f"{path.name}.index")
    return beside if not path.exists() and beside.exists() else path


def _read(data: bytes, shard: bytes) -> FileModel:
    """The one place that knows all formats; each reader is imported when it is needed."""
    if shard:
        from jobs.model_files.tensorflow_file import read_tensorflow

        return read_tensorflow(data, shard)
    if data[:4] == b"PK\x03\x04":
        return _read_archive(Archive(data))
    if data[:8] == b"\x89HDF\r\n\x1a\n":
        from jobs.model_files.keras_file import read_keras_hdf5

        return read_keras_hdf5(data)
    if data[8:9] == b"{" and int.from_bytes(data[:8], "little") < len(data):
        from jobs.model_files.safetensors_file import read_safetensors

        return read_safetensors(data)
    if data[:1] == b"\x80":
        raise RefusedError(
            "a bare pickle, as PyTorch wrote before 1.6: loading it would run code; save "
            "model.state_dict() with a newer PyTorch, or as .safetensors"
        )
    raise RefusedError(f"not a model file that is known; give {FORMATS}")


def _read_archive(archive: Archive) -> FileModel:
    names = archive.names
    pickles = [name for name in names if name.split("/")[1:] == ["data.pkl"]]
    if "config.json" in names:
        from jobs.model_files.keras_file import read_keras_archive

        return read_keras_archive(archive)
    if len(pickles) == 1:
        from jobs.model_files.pytorch_file import read_pytorch

        return read_pytorch(archive, pickles[0])
    if any(name.endswith(".npy") for name in names):
        from jobs.model_files.npz_file import read_npz_model

        return read_npz_model(archive)
    raise RefusedError(f"a zip archive that is no model; give {FORMATS}")


def _one_line(error: RefusedError) -> str:
    return " ".join(str(error).split())
