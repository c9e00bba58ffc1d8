/* Written by `make palette`; change report/render/characters.py instead. */
window.neuronarioCharacters = {
  "names": {
    " ": "space",
    "\n": "newline",
    "\t": "tab",
    "\r": "carriage return",
    "\"": "quote",
    "'": "apostrophe",
    "<": "less-than sign",
    ">": "greater-than sign",
    "&": "ampersand",
    "=": "equals sign",
    "/": "slash",
    "\\": "backslash",
    "-": "hyphen",
    "_": "underscore",
    ".": "full stop",
    ",": "comma",
    ";": "semicolon",
    ":": "colon",
    "!": "exclamation mark",
    "?": "question mark",
    "#": "number sign",
    "(": "opening parenthesis",
    ")": "closing parenthesis",
    "[": "opening bracket",
    "]": "closing bracket",
    "{": "opening brace",
    "}": "closing brace"
  },
  "glyphs": {
    " ": "\u2423",
    "\n": "\u21b5",
    "\t": "\u21e5"
  }
};
