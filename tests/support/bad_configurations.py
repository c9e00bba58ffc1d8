"""Configurations with one mistake each, and what must be said of it."""

GOOD = "corpus: {builtin: xml}\n"

WHOLE = "a whole number from"
# A configuration, and the only complaint there must be about it: line, key, value, what is allowed.
BAD: dict[str, tuple[str, str]] = {
    "empty": ("", "1: empty; needs at least the key `corpus:`"),
    "only a comment": ("# nothing\n", "1: empty; needs at least the key `corpus:`"),
    "not a mapping": ("- corpus\n", "1: not a list of keys; needs at least the key `corpus:`"),
    "not YAML": ("corpus: [\n", "2: not YAML: expected the node content"),
    "control character": ("corpus: \x07\n", "1: not YAML: unacceptable character #x0007"),
    "tab": (GOOD + "sample:\n\tcharacters: 5\n", "3: indented with a tab"),
    "duplicate key": (GOOD + "seed: 1\nseed: 2\n", "3: seed: given twice, first in line 2"),
    "duplicate inner key": (
        GOOD + "sample:\n  characters: 5\n  characters: 6\n",
        "4: sample.characters: given twice, first in line 3",
    ),
    "unknown key": (GOOD + "colour: red\n", "2: colour: unknown key; known here: corpus, network,"),
    "misspelt key": (
        GOOD + "training: {epoch: 3}\n",
        "2: training.epoch: unknown key; did you mean training.epochs?",
    ),
    "key in the wrong place": (
        GOOD + "learning_rate: 0.1\n",
        "2: learning_rate: unknown key; did you mean training.learning_rate?",
    ),
    "number as a key": (GOOD + "3: 4\n", "2: 3: unknown key"),
    "list as a key": (GOOD + "? [a]\n: 1\n", "2: a key must be a word"),
    "no corpus": ("seed: 1\n", "1: corpus: missing; needs a section with the keys path, builtin,"),
    "wrong type": (
        GOOD + "training: 5\n",
        "2: training: 5 is not allowed; a section with the keys regime, epochs,",
    ),
    "empty section": (GOOD + "sample:\n", "2: sample: nothing is not allowed; a section with"),
    "string for int": (
        GOOD + "sample: {characters: '20'}\n",
        f'2: sample.characters: text "20" is not allowed; {WHOLE} 1 to 100,000',
    ),
    "documents of no kind": (
        "corpus: {path: a.txt, documents: lines}\n",
        '1: corpus.documents: text "lines": needs file (each file is a document) or {separator:',
    ),
    "an empty separator": (
        "corpus: {path: a.txt, documents: {separator: ''}}\n",
        "1: corpus.documents: needs file (each file is a document) or {separator:",
    ),
    "a separator that is no text": (
        "corpus: {path: a.txt, documents: {separator: 5}}\n",
        "1: corpus.documents: needs file (each file is a document) or {separator:",
    ),
    "a separator and more": (
        "corpus: {path: a.txt, documents: {separator: x, sep: y}}\n",
        "1: corpus.documents: needs file (each file is a document) or {separator:",
    ),
    "documents of a generated text": (
        "corpus: {builtin: xml, documents: file}\n",
        "1: corpus: `documents` needs `path`",
    ),
    "what to do with a text that was read": (
        GOOD + "training: {on_seen: perhaps}\n",
        '2: training.on_seen: text "perhaps" is not allowed; one of mark, refuse',
    ),
    "bool for int": (GOOD + "seed: true\n", f"2: seed: true is not allowed; {WHOLE} 0 to"),
    "bool for number": (
        GOOD + "training: {l1: true}\n",
        "2: training.l1: true is not allowed; a n",
    ),
    "float for int": (
        GOOD + "network: {layers: [50, 2.5]}\n",
        f"2: network.layers[1]: 2.5 is not allowed; {WHOLE} 1 to 4,096",
    ),
    "negative": (
        GOOD + "training: {epochs: -1}\n",
        f"2: training.epochs: -1 is not allowed; {WHOLE} 1 to 100,000",
    ),
    "zero": (
        GOOD + "network: {layers: [50, 0]}\n",
        f"2: network.layers[1]: 0 is not allowed; {WHOLE} 1 to 4,096",
    ),
    "zero characters": (GOOD + "sample: {characters: 0}\n", "2: sample.characters: 0 is not allow"),
    "huge layer": (
        GOOD + "network: {layers: [1000000000]}\n",
        "2: network.layers[0]: 1000000000 is not allowed; a whole number from 1 to 4,096 (that "
        "layer's weights and optimiser alone would take about 80.0 EB)",
    ),
    "number without end": (
        GOOD + f"network: {{layers: [{'9' * 4_000}]}}\n",
        "2: network.layers[0]: 99999999999999999999... (4000 digits) is not allowed",
    ),
    "number past conversion": (
        GOOD + f"seed: {'9' * 9_000}\n",
        '2: seed: text "999999999999999999999999999999999999999999999999999999999999..." is not',
    ),
    "empty list": (
        GOOD + "network: {layers: []}\n",
        "2: network.layers: an empty list is not allowed; a list of 1 to 8 items, each item a who",
    ),
    "too many layers": (
        GOOD + f"network: {{layers: {[5] * 9}}}\n",
        "2: network.layers: a list is not allowed; a list of 1 to 8 items",
    ),
    "NaN": (
        GOOD + "training: {learning_rate: .nan}\n",
        "2: training.learning_rate: nan is not allowed; a number from 1e-08",
    ),
    "infinite": (
        GOOD + "training: {clip_norm: .inf}\n",
        "2: training.clip_norm: inf is not allowed; a number from 0",
    ),
    "large seed": (
        GOOD + "seed: 4294967296\n",
        f"2: seed: 4294967296 is not allowed; {WHOLE} 0 to 4,294,967,295",
    ),
    "held-out share": (
        "corpus: {builtin: xml, held_out: 0.7}\n",
        "1: corpus.held_out: 0.7 is not allowed; a number from 1e-06 and below 0.5",
    ),
    "choice": (
        GOOD + "training: {regime: windows}\n",
        '2: training.regime: text "windows" is not allowed; one of stream, window; did you mean '
        "window?",
    ),
    "encoding": (
        "corpus: {path: a.txt, encoding: utf-9}\n",
        '1: corpus.encoding: text "utf-9": no encoding of that name; for example utf-8',
    ),
    "no text encoding": (
        "corpus: {path: a.txt, encoding: rot13}\n",
        '1: corpus.encoding: text "rot13": no encoding of that name',
    ),
    "encoding that interprets": (
        "corpus: {path: a.txt, encoding: unicode_escape}\n",
        '1: corpus.encoding: text "unicode_escape": is not an encoding of texts',
    ),
    "two sources": (
        "corpus: {path: a.txt, builtin: xml}\n",
        "1: corpus: give exactly one of `path` (a text file) and `builtin` (xml, anbn, dyck or "
        "counter-lines)",
    ),
    "no source": ("corpus: {held_out: 0.2}\n", "1: corpus: give exactly one of"),
    "placeholder": (
        "corpus: {path: '${HOME}/a.txt'}\n",
        '1: corpus.path: text "${HOME}/a.txt": placeholders and ~ are not replaced',
    ),
    "NUL in a path": (
        'corpus: {path: "a\\0b"}\n',
        '1: corpus.path: text "a\\x00b": needs the path',
    ),
    "root as site": (
        GOOD + "site: {directory: /}\n",
        '2: site.directory: text "/": needs a folder of its own',
    ),
    "parent as store": (GOOD + "store: {directory: ../..}\n", "2: store.directory: text"),
    "kept outside the site": (
        GOOD + "site: {keep: [CNAME, ../notes]}\n",
        '2: site.keep[1]: text "../notes": needs a path inside the site',
    ),
    "script as address": (
        GOOD + "site: {url: 'javascript:alert(1)'}\n",
        '2: site.url: text "javascript:alert(1)": needs an address that starts with https://',
    ),
    "conflict": (
        GOOD + "training: {loss: last}\n",
        "2: training: `loss: last` needs `regime: window`",
    ),
    "symbols": (
        GOOD + "report: {symbols: [a, b]}\n",
        "2: report.symbols: a list: needs three different single characters",
    ),
    "regular expression": (
        GOOD + "report: {concepts: [{name: year, pattern: '('}]}\n",
        '2: report.concepts[0].pattern: text "(": not a regular expression of Python: missing )',
    ),
    "concept name": (
        GOOD + "report: {concepts: [{name: '<b>', pattern: a}]}\n",
        '2: report.concepts[0].name: text "<b>": needs letters and digits of any script',
    ),
    "concept twice": (
        GOOD + "report: {concepts: [{name: a, pattern: a}, {name: a, pattern: b}]}\n",
        "2: report: two concepts have the name `a`",
    ),
    "Pygments language": (
        GOOD + "report: {pygments: xlm}\n",
        '2: report.pygments: text "xlm": no language that Pygments knows',
    ),
    "Python tag": (
        "corpus: !!python/object/apply:os.system ['touch pwned']\n",
        "1: tag tag:yaml.org,2002:python/object/apply:os.system is not allowed",
    ),
    "own tag": (GOOD + "seed: !env SEED\n", "2: tag !env is not allowed; plain values only"),
    "two documents": (GOOD + "---\nseed: 1\n", "2: a second document; only one is allowed"),
    "nested without end": ("corpus: " + "[" * 5_000, "1: nested deeper than 12 levels"),
    "future schema": (GOOD + "schema: 2\n", "2: schema: 2 is not allowed; only 1"),
    "unknown preset": (
        "extends: notebok\n",
        '1: extends: text "notebok" is not allowed; a preset (anbn, counter-lines, default, '
        "dyck, legible, notebook) or a path that ends in .yml; did you mean notebook?",
    ),
    "missing base": ("extends: other.yml\n", "1: extends: "),
    "unknown preset, corpus expected from it": (
        "extends: notebok\nseed: 1\n",
        '1: extends: text "notebok" is not allowed',
    ),
    "NUL in a base": ('extends: "a\\0.yml"\n', "1: extends: "),
    "base is itself": ("extends: my.yml\n", "1: extends: leads in a circle"),
    "extends a list": ("extends: [a]\n", "1: extends: a list is not allowed; a preset"),
}
