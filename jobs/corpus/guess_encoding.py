"""What to say of bytes that are not in the encoding that was named.

A single wrong byte in a text that is UTF-8 otherwise is a byte to repair. Else charset-normalizer
names likely encodings, and each is shown with a line as it would read: a person sees which is
right. No encoding is proposed only because it accepts every byte.
"""

import codecs

from jobs.printable import quoted

AROUND = 16_000  # bytes looked at on each side of the wrong one
MOST = 4  # encodings shown
LINE = 60  # characters of a sample line
MOST_CHAOS = 0.1  # of charset-normalizer: share of what looks like noise
MULTI_BYTE = 8  # UTF-8 sequences for each wrong byte that make a text UTF-8 otherwise
# UTF-32 first: its little-endian mark begins with UTF-16's.
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def same_codec(first: str, second: str) -> bool:
    """Whether two names mean one encoding."""
    return codecs.lookup(first).name == codecs.lookup(second).name


def encoding_hint(data: bytes, place: int, encoding: str, key: str, *, start_of_file: bool) -> str:
    """What to do about ``data[place]``, which ``encoding`` does not allow.

    Args:
        data: bytes of the text around the wrong one.
        place: of the wrong byte.
        encoding: that was named.
        key: what names it: a configuration key or an option.
        start_of_file: whether ``data`` begins where the file does.
    """
    for mark, name in MARKS:
        if start_of_file and data.startswith(mark) and not same_codec(name, encoding):
            return f"it begins like {name.upper()}: set {key}: {name}"
    first = max(0, place - AROUND)
    sample = data[first : place + AROUND]
    if same_codec(encoding, "utf-8") and _mostly_utf8(sample):
        line = _line(sample, place - first).decode("utf-8", "backslashreplace")
        return f"the text around it is UTF-8: repair that byte in {quoted(line, LINE)}"
    readings = _readings(sample, place - first)
    if not readings:
        return (
            f"no usual encoding fits the bytes around it: repair the file, or set {key} "
            "to the encoding it was written in"
        )
    lines = "".join(f"\n  {name}: {line}" for name, line in readings)
    return f"set {key} to the one that reads right, or repair the file; likely:{lines}"


def _mostly_utf8(sample: bytes) -> bool:
    """Whether there are many more whole sequences of several bytes than wrong bytes."""
    text = sample.decode("utf-8", "surrogateescape")
    wrong = sum("\udc80" <= character <= "\udcff" for character in text)
    whole = sum(character > "\x7f" for character in text) - wrong
    return whole >= MULTI_BYTE * wrong


def _readings(sample: bytes, place: int) -> list[tuple[str, str]]:
    """Encoding and the line with ``place`` in it, likeliest first, no two of them alike."""
    from charset_normalizer import from_bytes

    matches = [one for one in from_bytes(sample) if one.chaos <= MOST_CHAOS]
    readings: dict[str, str] = {}
    for match in sorted(matches, key=lambda one: (one.chaos, -one.coherence)):
        line = _line(sample, place).decode(match.encoding, "replace").strip()
        text = line if line.isprintable() else quoted(line, LINE)
        readings.setdefault(text[:LINE], match.encoding.replace("_", "-"))
    return [(name, line) for line, name in readings.items()][:MOST]


def _line(sample: bytes, place: int) -> bytes:
    """The line of ``place``, at most ``LINE`` bytes of it, the wrong byte in the middle."""
    start = max(sample.rfind(b"\n", 0, place) + 1, place - LINE // 2)
    end = sample.find(b"\n", place)
    return sample[start : min(len(sample) if end < 0 else end, place + LINE // 2)]
