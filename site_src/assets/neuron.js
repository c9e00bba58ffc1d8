/* Read-out of the coloured text by pointer, touch and arrow keys; the switch between the two
   alignments; sorting of the list of neurons. Everything else on a page works without script.
   Events are delegated: instant navigation replaces the page, not the document. */
(function () {
  "use strict";

  var CHOICE = "neuronario.alignment";
  var NAMES = window.neuronarioCharacters.names;
  var GLYPHS = window.neuronarioCharacters.glyphs;
  var tip = null;
  var marked = null;
  var brought = {};
  var firing = null;

  /* --- coloured text ------------------------------------------------------------------------- */

  function boxOf(element) {
    return element.closest(".act-box");
  }

  function numbers(data) {
    return data ? data.getAttribute("value").split(",").map(Number) : [];
  }

  function strip(box) {
    if (!box.strip) {
      var data = box.querySelector("data.act-values");
      var spans = Array.prototype.slice.call(box.querySelector(".act").children);
      box.strip = {
        spans: spans,
        places: new Map(spans.map(function (span, place) { return [span, place]; })),
        values: numbers(data),
        said: numbers(box.querySelector("data.act-simulated")),
        clauses: numbers(box.querySelector("data.act-clauses")),
        divisor: Number(box.dataset.divisor || 1000),
        unit: box.dataset.unit || ""
      };
    }
    return box.strip;
  }

  function isPredicting(box) {
    return box.classList.contains("align-predict");
  }

  /* States come one more than characters: the one before the text comes first. */
  function valueAt(box, place) {
    var data = strip(box);
    var offset = data.values.length - data.spans.length;
    return data.values[place + (isPredicting(box) ? 0 : offset)] / data.divisor;
  }

  /* What the unit's sentence says of the same state, and the line of it that says so. */
  function saidAt(box, place) {
    var data = strip(box);
    var at = place - (isPredicting(box) ? 1 : 0);
    if (!data.said.length || at < 0) { return null; }
    return {
      value: data.said[at] / 100,
      line: document.querySelector('.sentence li[data-clause="' + data.clauses[at] + '"]')
    };
  }

  function number(value, unit) {
    if (unit) { return value.toFixed(2) + " " + unit; }
    return (value < 0 ? "\u2212" : "+") + Math.abs(value).toFixed(3);
  }

  function two(value) {
    var size = Math.abs(value).toFixed(2);
    return (size === "0.00" ? "" : value < 0 ? "\u2212" : "+") + size;
  }

  function characterOf(span) {
    return span.classList.contains("sub") ? "\0" : span.textContent;
  }

  function clear() {
    if (marked) { marked.classList.remove("on"); }
    if (firing) { firing.classList.remove("fires"); }
    marked = firing = null;
    if (tip) { tip.hidden = true; }
  }

  function showCharacter(span) {
    var box = boxOf(span);
    var data = strip(box);
    var place = data.places.get(span);
    if (place === undefined || span === marked) { return; }
    clear();
    marked = span;
    span.classList.add("on");

    var character = characterOf(span);
    var code = "U+" + character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    var name = NAMES[character] || span.dataset.mark || "\u201c" + character + "\u201d";
    var value = number(valueAt(box, place), data.unit);
    var words = name + " " + code + " \u00b7 character " + place + " \u00b7 " + value;
    var said = saidAt(box, place);
    if (said) {
      value += ", said " + two(said.value);
      words += ", the sentence says " + two(said.value);
      firing = said.line;
    }
    if (firing) {
      words += " " + firing.querySelector(".clause").textContent;
      firing = firing.closest("details:not([open])") || firing; // folded away: its heading
      firing.classList.add("fires");
    }
    say(box, words);
    var cursor = box.querySelector(".cur");
    if (cursor) {
      cursor.setAttribute("x1", place + 0.5);
      cursor.setAttribute("x2", place + 0.5);
    }
    showTip(span, GLYPHS[character] || span.dataset.mark || character,
      value + "  \u00b7 character " + place);
  }

  function say(box, words) {
    var out = box.querySelector(".act-out");
    if (out) { out.textContent = words; }
  }

  function showTip(element, glyph, words) {
    if (!tip) {
      tip = document.createElement("div");
      tip.className = "act-tip";
      tip.setAttribute("aria-hidden", "true");
    }
    if (!tip.isConnected) { document.body.appendChild(tip); }
    var strong = document.createElement("b");
    strong.textContent = glyph;
    tip.replaceChildren(strong, document.createTextNode(words));
    tip.hidden = false;
    var around = element.getClientRects()[0] || element.getBoundingClientRect();
    var half = tip.offsetWidth / 2 + 4;
    var width = document.documentElement.clientWidth;
    var middle = element.classList.contains("n") ? around.left + 5 : around.left + around.width / 2;
    tip.style.left = Math.min(Math.max(middle, half), width - half) + window.scrollX + "px";
    tip.style.top = around.top + window.scrollY + "px";
  }

  /* --- what was expected --------------------------------------------------------------------- */

  function showGuess(guess) {
    if (guess === marked) { return; }
    clear();
    marked = guess;
    guess.classList.add("on");
    say(guess.closest(".guess-box"), guess.dataset.words);
  }

  /* --- map of pairs -------------------------------------------------------------------------- */

  function showPair(cell) {
    if (cell === marked) { return; }
    clear();
    marked = cell;
    cell.classList.add("on");
    var row = cell.parentNode;
    var before = row.cells[0].title;
    var current = row.closest("table").tHead.rows[0].cells[cell.cellIndex].title;
    var level = /p(\d+)/.exec(cell.className);
    var state = level[1] === "15" ? "hardly seen" : "about " + two((level[1] - 7) / 7);
    say(cell.closest(".pairs-box"), current + " after " + before + ": " + state);
  }

  function show(target) {
    if (!target || !target.closest) { return false; }
    var pair = target.closest(".pairs tbody td");
    if (pair) { showPair(pair); return true; }
    var guess = target.closest(".guess");
    if (guess) { showGuess(guess); return true; }
    if (target.parentNode && target.parentNode.classList
        && target.parentNode.classList.contains("act")
        && !target.parentNode.classList.contains("live")) {
      showCharacter(target);
      return true;
    }
    return false;
  }

  /* A page that scrolls under a resting pointer also says "over": that moves no mark. */
  var pointerAt = "";
  document.addEventListener("pointerover", function (event) {
    var here = event.screenX + "," + event.screenY;
    if (here === pointerAt) { return; }
    pointerAt = here;
    if (!show(event.target)) { clear(); }
  });
  document.addEventListener("pointerdown", function (event) { show(event.target); });

  document.addEventListener("keydown", function (event) {
    var focus = document.activeElement;
    var list = focus && focus.matches && (
      focus.matches(".act:not(.live)") ? strip(boxOf(focus)).spans
        : focus.matches(".guess-box") ? focus.querySelectorAll(".guess")
          : focus.matches(".pairs-box") ? focus.querySelectorAll("tbody td") : null);
    if (!list || !list.length) { return; }
    var row = focus.matches(".pairs-box") ? Math.round(Math.sqrt(list.length)) : undefined;
    var step = {ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity,
      ArrowDown: row, ArrowUp: row && -row}[event.key];
    if (step === undefined) { return; }
    event.preventDefault();
    event.stopPropagation();
    var here = Array.prototype.indexOf.call(list, marked);
    var there = here < 0 ? (step < 0 ? list.length - 1 : 0) : here + step;
    if (here < 0 && !isFinite(step)) { there = step < 0 ? 0 : list.length - 1; }
    var chosen = list[Math.max(0, Math.min(list.length - 1, there))];
    show(chosen);
    chosen.scrollIntoView({block: "nearest"});
  });

  /* --- alignment ----------------------------------------------------------------------------- */

  function levelOf(span) {
    return Number(/(?:^|\s)p(\d+)/.exec(span.className)[1]);
  }

  /* The bars below follow; before the first character the sentence says nothing. */
  function alignBars(box, spans, predicting) {
    var said = strip(box).said;
    if (!said.length) { return; }
    spans.forEach(function (span, place) {
      var value = said[place - (predicting ? 1 : 0)];
      span.className = span.className.replace(/ u\d+/, "");
      if (value === undefined) { return; }
      span.classList.add("u" + (Math.round(Math.min(1, Math.max(-1, value / 100)) * 7) + 7));
    });
  }

  /* The two alignments show the same levels, one character apart: shift the classes and keep the
     level that falls off at the end. */
  function align(box, wanted) {
    var predicting = wanted === "predict";
    box.querySelectorAll(".act-switch button").forEach(function (button) {
      button.setAttribute("aria-pressed", String(button.dataset.align === wanted));
    });
    if (predicting === isPredicting(box)) { return; }
    var spans = strip(box).spans;
    var levels = spans.map(levelOf);
    var spare = Number(box.dataset.spare);
    var shifted = predicting ? [spare].concat(levels.slice(0, -1)) : levels.slice(1).concat(spare);
    box.dataset.spare = predicting ? levels[levels.length - 1] : levels[0];
    spans.forEach(function (span, place) {
      span.classList.replace("p" + levels[place], "p" + shifted[place]);
    });
    alignBars(box, spans, predicting);
    box.classList.toggle("align-predict", predicting);
    box.classList.toggle("align-read", !predicting);
  }

  function chosenAlignment() {
    try { return sessionStorage.getItem(CHOICE); } catch (error) { return null; }
  }

  function remember(choice) {
    try { sessionStorage.setItem(CHOICE, choice); } catch (error) { /* a private window */ }
  }

  document.addEventListener("click", function (event) {
    var button = event.target.closest && event.target.closest(".act-switch button");
    if (!button) { return; }
    clear();
    remember(button.dataset.align);
    document.querySelectorAll(".act-box[data-spare]").forEach(function (box) {
      align(box, button.dataset.align);
    });
  });

  /* A page that needs scripts of its own names them; they are loaded once, one after the other. */
  function bring(addresses, done) {
    if (!addresses.length) { done(); return; }
    var address = new URL(addresses[0], location.href).href;
    var next = function () { bring(addresses.slice(1), done); };
    if (brought[address]) { next(); return; }
    var script = document.createElement("script");
    script.src = address;
    script.onload = function () { brought[address] = true; next(); };
    document.head.appendChild(script);
  }

  function prepare() {
    clear();
    document.querySelectorAll(".unit-filter").forEach(function (box) {
      box.hidden = false;
      filterUnits(box);
    });
    document.querySelectorAll(".try[data-scripts]:not([data-brought])").forEach(function (root) {
      root.dataset.brought = "yes";
      bring(root.dataset.scripts.split(" "), function () { window.neuronarioTry.start(root); });
    });
    document.querySelectorAll(".act-box[data-spare]").forEach(function (box) {
      box.querySelector(".act-switch").hidden = false;
      align(box, chosenAlignment() || (isPredicting(box) ? "predict" : "read"));
    });
  }

  /* --- sortable list ------------------------------------------------------------------------- */

  function sortKey(row, column, isText) {
    var cell = row.cells[column];
    var value = cell.dataset.value === undefined ? cell.textContent : cell.dataset.value;
    if (isText && column > 0) { return value.toLowerCase(); }
    return value === "" ? NaN : Number(value);
  }

  /* Numbers start with the largest, texts with the first; rows without a value stay last. */
  function sortBy(heading) {
    var table = heading.closest("table");
    var column = heading.cellIndex;
    var isText = heading.dataset.kind === "text";
    var current = heading.getAttribute("aria-sort");
    var ascending = current ? current === "descending" : isText;
    var body = table.tBodies[0];
    var keyed = Array.prototype.map.call(body.rows, function (row) {
      return {row: row, key: sortKey(row, column, isText)};
    });
    keyed.sort(function (a, b) {
      var emptyA = a.key === "" || a.key !== a.key;
      var emptyB = b.key === "" || b.key !== b.key;
      if (emptyA || emptyB) { return emptyA - emptyB; }
      return (a.key < b.key ? -1 : a.key > b.key ? 1 : 0) * (ascending ? 1 : -1);
    });
    body.append.apply(body, keyed.map(function (entry) { return entry.row; }));
    table.querySelectorAll("th[aria-sort]").forEach(function (other) {
      other.removeAttribute("aria-sort");
    });
    heading.setAttribute("aria-sort", ascending ? "ascending" : "descending");
  }

  /* --- which units the list shows ------------------------------------------------------------- */

  var COLUMNS = {kind: "Kind", explained: "Explained", back: "Characters back", effect: "Effect"};

  function columnOf(table, title) {
    return Array.prototype.findIndex.call(table.tHead.rows[0].cells, function (cell) {
      return cell.textContent === title;
    });
  }

  function filterUnits(box) {
    var table = document.getElementById("unit-list");
    var wanted = [];
    box.querySelectorAll("[data-filter]").forEach(function (field) {
      var name = field.dataset.filter;
      if (field.value.trim()) {
        wanted.push({name: name, value: field.value, column: columnOf(table, COLUMNS[name])});
      }
    });
    var shown = 0;
    Array.prototype.forEach.call(table.tBodies[0].rows, function (row) {
      var keeps = wanted.every(function (filter) {
        if (filter.name === "words") {
          return filter.value.toLowerCase().trim().split(/\s+/).every(function (word) {
            return row.textContent.toLowerCase().indexOf(word) >= 0;
          });
        }
        var cell = row.cells[filter.column];
        if (filter.name === "kind") { return cell.textContent === filter.value; }
        return Math.abs(Number(cell.dataset.value)) >= Number(filter.value);
      });
      row.hidden = !keeps;
      shown += keeps;
    });
    var all = table.tBodies[0].rows.length;
    box.querySelector("output").textContent = shown + " of " + all + " neurons";
  }

  function filterOf(target) {
    return target.closest && target.closest(".unit-filter");
  }

  ["input", "change"].forEach(function (kind) {
    document.addEventListener(kind, function (event) {
      var box = filterOf(event.target);
      if (box) { filterUnits(box); }
    });
  });

  document.addEventListener("click", function (event) {
    var link = event.target.closest && event.target.closest("[data-kind-filter]");
    var box = document.querySelector(".unit-filter");
    if (!link || !box) { return; }
    event.preventDefault();
    event.stopPropagation();  // the theme would bring the page anew
    box.querySelector("[data-filter=kind]").value = link.dataset.kindFilter;
    filterUnits(box);
    document.getElementById("units").scrollIntoView();
  }, true);

  document.addEventListener("click", function (event) {
    var button = event.target.closest && event.target.closest(".n-units thead button");
    if (button) { sortBy(button.closest("th")); }
  });

  /* --- search -------------------------------------------------------------------------------- */

  /* The theme asks at the release of a key. Pasted text has none, nor has much that an input method
     writes, as Chinese or a dictated word: it would find nothing. */
  document.addEventListener("input", function (event) {
    if (event.target.matches("input[data-md-component=search-query]")) {
      event.target.dispatchEvent(new KeyboardEvent("keyup", {bubbles: true}));
    }
  });

  /* --- start, and after each instant navigation ---------------------------------------------- */

  /* On file:// the theme never says that a page is there: so the first one is prepared by itself. */
  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", prepare);
  } else {
    prepare();
  }
  if (window.document$) { window.document$.subscribe(prepare); }
})();
