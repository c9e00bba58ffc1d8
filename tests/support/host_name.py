"""Whether published files name this machine.

A short host name occurs in packed weights and in pictures by chance: it is looked for as a word, in
files of text.
"""

import re
from collections.abc import Mapping
from socket import gethostname

TEXTS = (".html", ".js", ".json", ".jsonl", ".xml", ".txt", ".csv", ".svg", ".css")


def names_host(files: Mapping[str, bytes]) -> bool:
    host = re.escape(gethostname().encode())
    word = re.compile(rb"(?<![\w+/=-])" + host + rb"(?![\w+/=-])")
    return any(word.search(data) for name, data in files.items() if name.endswith(TEXTS))
