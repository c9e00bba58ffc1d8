"""The words of a text in any script, as the search finds them."""

import re
import unicodedata
from collections import Counter

from report.render.characters import is_invisible

# Scripts that are written without spaces; mkdocs.yml makes each of their characters a word of the
# search. Thai to Lao, Myanmar, Khmer, kana, Han with its supplements.
SPACELESS = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
)
WORD = re.compile(rf"[{SPACELESS}]+|[^\s{SPACELESS}]+")


def words(text: str) -> list[tuple[str, int]]:
    """Different words of ``text`` and how often each stands there, most frequent first.

    A word is a run of letters, marks and digits, not of digits alone, in composed form (NFC), its
    case as it stands.
    """
    kept = "".join(character if _is_of_a_word(character) else " " for character in text)
    found = WORD.findall(unicodedata.normalize("NFC", kept))
    return Counter(word for word in found if not word.isnumeric()).most_common()


def _is_of_a_word(character: str) -> bool:
    return unicodedata.category(character)[0] in "LMN" and not is_invisible(character)
