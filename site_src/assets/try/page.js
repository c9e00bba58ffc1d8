/* The page "Try it": your own text, read by the network of this run, in your browser. Nothing is
   sent. This file holds the text, its colours and the read-out; select.js, steer.js and cause.js
   add what else one can do, each through neuronarioTry.extras. */
(function () {
  "use strict";

  var SETTLED = 120;  // milliseconds without a key before a text is read
  var TOLERANCE = 0.01;  // a state further than this from Python's: the page stays off
  var STEPS = 7;  // colour levels on either side of zero, as report/render/palette.py
  var NAMES = window.neuronarioCharacters.names;
  var GLYPHS = window.neuronarioCharacters.glyphs;

  function element(tag, className, text) {
    var made = document.createElement(tag);
    if (className) { made.className = className; }
    if (text !== undefined) { made.textContent = text; }
    return made;
  }

  function glyph(character) { return GLYPHS[character] || character; }

  function name(character) { return NAMES[character] || "\u201c" + character + "\u201d"; }

  function signed(value, digits) {
    return (value < 0 ? "\u2212" : "+") + Math.abs(value).toFixed(digits === undefined ? 2 : digits);
  }

  /* Nearest level, halves to the even one, as NumPy's rint. */
  function level(value) {
    var scaled = Math.max(-1, Math.min(1, value)) * STEPS;
    var near = Math.round(scaled);
    if (Math.abs(scaled - Math.trunc(scaled)) === 0.5 && near % 2) { near -= 1; }
    return near + STEPS;
  }

  /* --- the network, in a Worker or in slices ------------------------------------------------- */

  function script(address, done, failed) {
    var tag = element("script");
    tag.src = address;
    tag.onload = done;
    tag.onerror = failed;
    document.head.appendChild(tag);
  }

  /* ready(ask): ask(kind, request, done, progress); an answer that is out of date is dropped. */
  function connect(base, address, ready, failed) {
    var newest = {};
    var waiting = {};
    var number = 0;
    var send;

    function answer(message) {
      var held = waiting[message.number];
      if (!held || newest[held.kind] !== message.number) { return; }
      if ("progress" in message) {
        if (held.progress) { held.progress(message.progress); }
        return;
      }
      delete waiting[message.number];
      held.done(message.result);
    }

    function ask(kind, request, done, progress) {
      number += 1;
      newest[kind] = number;
      waiting[number] = {kind: kind, done: done, progress: progress};
      send(Object.assign({number: number, kind: kind}, request));
    }

    function onPage() {
      script(address, function () {
        send = window.neuronarioTasks.driver(
          new window.neuronarioEngine.Network(window.neuronarioNetwork), answer, 12
        );
        ready(ask, "on this page");
      }, failed);
    }

    var worker = null;
    try {
      worker = new Worker(base + "worker.js#" + encodeURIComponent(address));
    } catch (error) { /* file://: browsers allow none there */ }
    if (!worker) { onPage(); return; }
    worker.onerror = function (event) {
      event.preventDefault();
      worker.terminate();
      if (send) { failed(); } else { onPage(); }
    };
    worker.onmessage = function (event) {
      if (event.data.ready) {
        send = function (request) { worker.postMessage(request); };
        ready(ask, "in a thread of its own");
      } else {
        answer(event.data);
      }
    };
  }

  /* --- the page ------------------------------------------------------------------------------ */

  function Page(root, units) {
    this.root = root;
    this.units = units;  // {alphabet, names, kinds, sentences, addresses, sizes, bits, ...}
    this.known = new Map(units.alphabet.map(function (c, id) { return [c, id]; }));
    this.chosen = 0;  // unit, counted through all layers
    this.marked = -1;  // character under the pointer
    this.characters = [];
    this.places = [];  // of each character: its place among those that were read, or -1
    this.ids = [];
    this.result = null;
    this.spans = [];
    this.listeners = [];  // called when the text was read or another unit was chosen
  }

  Page.prototype.find = function (part) { return this.root.querySelector(".try-" + part); };

  Page.prototype.say = function (words) { this.find("status").textContent = words; };

  Page.prototype.unitNamed = function (wanted) { return this.units.names.indexOf(wanted); };

  /* [layer, index] of a unit, both from 0. */
  Page.prototype.layered = function (unit) {
    var layer = 0;
    while (unit >= this.units.sizes[layer]) { unit -= this.units.sizes[layer]; layer += 1; }
    return [layer, unit];
  };

  /* State of a unit after a character that was read. */
  Page.prototype.state = function (unit, place) {
    return this.result.states[place * this.units.names.length + unit];
  };

  Page.prototype.setText = function (text) {
    this.find("text").value = text;
    this.read();
  };

  Page.prototype.read = function () {
    var page = this;
    this.characters = Array.from(this.find("text").value);
    this.ids = [];
    this.places = this.characters.map(function (character) {
      var id = page.known.get(character);
      if (id === undefined) { return -1; }
      page.ids.push(id);
      return page.ids.length - 1;
    });
    var began = performance.now();
    var ids = Uint16Array.from(this.ids);
    this.ask("read", {ids: ids}, function (result) {
      page.result = result;
      page.seconds = (performance.now() - began) / 1000;
      page.layText();
      page.paint();
      page.summarise();
      page.changed();
    }, function (share) { page.say("Reading: " + Math.round(100 * share) + " %"); });
  };

  Page.prototype.changed = function () {
    this.listeners.forEach(function (listener) { listener(); });
  };

  function kindOf(character) {
    if (character === "\n") { return "n"; }
    if (character === "\t") { return "t"; }
    if (character === " ") { return "w"; }
    return /[\p{C}\p{Zl}\p{Zp}]/u.test(character) ? "f" : "";
  }

  Page.prototype.layText = function () {
    var page = this;
    this.spans = this.characters.map(function (character, index) {
      var span = element("span", "", character);
      var kind = kindOf(character);
      if (kind === "f") {
        span.dataset.mark = "U+" + character.codePointAt(0).toString(16).toUpperCase();
      }
      span.dataset.kind = (kind + (page.places[index] < 0 ? " unknown" : "")).trim();
      return span;
    });
    this.find("coloured").replaceChildren.apply(this.find("coloured"), this.spans);
    this.marked = -1;
  };

  Page.prototype.paint = function () {
    var page = this;
    var surprise = this.find("colour").value === "surprise";
    this.spans.forEach(function (span, index) {
      var place = page.places[index];
      var painted = place < 0 ? "" : surprise
        ? "s" + Math.round(Math.min(8, page.result.surprise[place]))
        : "p" + level(page.state(page.chosen, place));
      span.className = (painted + " " + span.dataset.kind).trim();
    });
    this.find("legend-states").hidden = surprise;
    this.find("legend-surprise").hidden = !surprise;
    this.paintColumns();
  };

  /* Under each character the five likeliest to come there, as on the sample page. */
  Page.prototype.paintColumns = function () {
    var page = this;
    var box = this.find("columns");
    if (!box.closest("details").open || !this.result) { box.replaceChildren(); return; }
    var five = window.neuronarioEngine.GUESSES;
    var columns = [];
    this.characters.slice(0, 1000).forEach(function (character, index) {
      var place = page.places[index];
      if (place < 0) { return; }
      var column = element("span", "guess");
      column.append(
        element("b", "s" + Math.round(Math.min(8, page.result.surprise[place])), glyph(character))
      );
      for (var rank = 0; place > 0 && rank < five; rank += 1) {
        var id = page.result.guesses[(place - 1) * five + rank];
        var chance = page.result.chances[(place - 1) * five + rank];
        var drawn = id === page.ids[place] ? " drawn" : "";
        column.append(
          element("i", "q" + Math.round(10 * chance) + drawn, glyph(page.units.alphabet[id]))
        );
      }
      columns.push(column);
      if (character === "\n") { columns.push(element("br")); }
    });
    box.replaceChildren.apply(box, columns);
  };

  Page.prototype.summarise = function () {
    var bits = 0;
    this.result.surprise.forEach(function (one) { bits += one; });
    var read = this.ids.length;
    var unknown = {};
    this.characters.forEach(function (character, index) {
      if (this.places[index] < 0) { unknown[character] = (unknown[character] || 0) + 1; }
    }, this);
    var strange = Object.keys(unknown);
    this.find("bits").textContent = read
      ? (bits / read).toFixed(2) + " bits per character of your text; " + this.units.bits.toFixed(2)
        + " on the run\u2019s held-out text." : "";
    this.find("unknown").textContent = strange.length
      ? strange.reduce(function (sum, c) { return sum + unknown[c]; }, 0) + " characters that the "
        + "network does not know are struck through and skipped: "
        + strange.slice(0, 20).map(glyph).join(" ") : "";
    this.say(read.toLocaleString("en") + " characters read " + this.where + ", "
      + Math.round(this.result.readAnew / Math.max(this.seconds, 0.001)).toLocaleString("en")
      + " a second.");
  };

  Page.prototype.readOut = function (index) {
    if (this.marked >= 0 && this.spans[this.marked]) { this.spans[this.marked].classList.remove("on"); }
    this.marked = index;
    var span = this.spans[index];
    if (!span) { return; }
    span.classList.add("on");
    var place = this.places[index];
    var character = this.characters[index];
    if (place < 0) {
      this.find("out").textContent = name(character) + ": not in the network\u2019s alphabet, skipped";
      return;
    }
    var five = window.neuronarioEngine.GUESSES;
    var guesses = [];
    for (var rank = 0; rank < five && rank < this.units.alphabet.length; rank += 1) {
      var at = place * five + rank;
      guesses.push(glyph(this.units.alphabet[this.result.guesses[at]]) + " "
        + Math.round(100 * this.result.chances[at]) + " %");
    }
    this.find("out").textContent = name(character) + " \u00b7 " + this.units.names[this.chosen] + " "
      + signed(this.state(this.chosen, place)) + " \u00b7 surprise "
      + this.result.surprise[place].toFixed(1) + " bits \u00b7 next: " + guesses.join(", ");
  };

  Page.prototype.choose = function (unit) {
    if (unit < 0 || unit >= this.units.names.length) { return; }
    this.chosen = unit;
    var link = this.find("unit-link");
    link.textContent = this.units.names[unit];
    if (this.units.addresses[unit]) {
      link.href = this.units.addresses[unit];
    } else {
      link.removeAttribute("href");
    }
    this.find("sentence").textContent = this.units.sentences[unit];
    if (this.result) { this.paint(); this.changed(); }
  };

  /* Units whose name, kind or sentence holds every word. */
  Page.prototype.list = function (wanted) {
    var page = this;
    var words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
    var rows = [];
    if (!words.length) { this.find("matches").replaceChildren(); return; }
    this.units.names.forEach(function (unit, index) {
      var all = (unit + " " + page.units.kinds[index] + " " + page.units.sentences[index]).toLowerCase();
      if (rows.length < 12 && words.every(function (word) { return all.includes(word); })) {
        rows.push(page.unitRow(index, page.units.kinds[index]));
      }
    });
    this.find("matches").replaceChildren.apply(
      this.find("matches"), rows.length ? rows : [element("li", "", "No unit says so.")]
    );
  };

  /* A line of a list: a button that colours the text by the unit, what it shows, its sentence. */
  Page.prototype.unitRow = function (unit, words) {
    var page = this;
    var row = element("li");
    var button = element("button", "", this.units.names[unit]);
    button.type = "button";
    button.addEventListener("click", function () { page.choose(unit); });
    row.append(button, " " + words + " ", element("small", "", this.units.sentences[unit]));
    return row;
  };

  Page.prototype.listen = function () {
    var page = this;
    var timer = 0;
    this.find("text").addEventListener("input", function () {
      clearTimeout(timer);
      timer = setTimeout(function () { page.read(); }, SETTLED);
    });
    this.find("search").addEventListener("input", function (event) { page.list(event.target.value); });
    this.find("colour").addEventListener("change", function () { page.paint(); });
    this.find("columns").closest("details").addEventListener("toggle", function () {
      page.paintColumns();
    });
    var coloured = this.find("coloured");
    ["pointerover", "pointerdown"].forEach(function (kind) {
      coloured.addEventListener(kind, function (event) {
        var index = page.spans.indexOf(event.target);
        if (index >= 0) { page.readOut(index); }
      });
    });
    coloured.addEventListener("keydown", function (event) {
      var step = {ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity}[event.key];
      if (step === undefined || !page.spans.length || event.shiftKey) { return; }
      event.preventDefault();
      var wanted = Math.max(0, Math.min(page.spans.length - 1, page.marked + step));
      page.readOut(wanted);
      page.spans[wanted].scrollIntoView({block: "nearest"});
    });
  };

  /* What the address says: #L2N17&t=TEXT and what the extras add. */
  function addressed() {
    var said = {};
    location.hash.slice(1).split("&").forEach(function (part) {
      var cut = part.indexOf("=");
      if (cut < 0) { said.unit = said.unit || part; return; }
      try { said[part.slice(0, cut)] = decodeURIComponent(part.slice(cut + 1)); } catch (error) { /* not ours */ }
    });
    return said;
  }

  Page.prototype.start = function (ask, where) {
    var page = this;
    this.ask = ask;
    this.where = where;
    this.say("Checking against the numbers that Python stored.");
    ask("check", {}, function (found) {
      page.root.dataset.states = found.states;
      page.root.dataset.chances = found.chances;
      if (!(found.states <= TOLERANCE && found.chances <= TOLERANCE)) {
        page.say("This browser computes other numbers than Python (a state differs by "
          + found.states.toPrecision(2) + "): the page stays off.");
        return;
      }
      page.find("checked").textContent = "Checked when the page was opened: over "
        + found.characters + " stored characters no state differs from Python\u2019s by more than "
        + found.states.toPrecision(2) + ", no probability by more than "
        + found.chances.toPrecision(2) + ".";
      page.open();
    });
  };

  Page.prototype.open = function () {
    var page = this;
    var said = addressed();
    this.find("app").hidden = false;
    this.listen();
    this.choose(Math.max(0, this.unitNamed(said.unit || "")));
    window.neuronarioTry.extras.forEach(function (extra) { extra(page, said); });
    if (said.t !== undefined) { this.find("text").value = said.t; }
    if (!this.find("text").value) { this.find("text").value = this.units.example; }
    this.root.dataset.open = "yes";
    this.read();
  };

  function start(root) {
    if (root.dataset.started) { return; }
    root.dataset.started = "yes";
    var base = new URL(root.dataset.base, location.href).href;
    var address = new URL(root.dataset.network, location.href).href;
    var page = new Page(root, window.neuronarioUnits);
    root.page = page;
    page.find("without").hidden = true;
    function load() {
      page.find("load").hidden = true;
      page.say("Loading the network.");
      connect(base, address, page.start.bind(page), function () {
        page.say("The network could not be loaded, or broke off: load this page again.");
      });
    }
    if (Number(root.dataset.bytes) <= 2000000) { load(); return; }
    page.find("load").hidden = false;
    page.find("load").addEventListener("click", load);
  }

  window.neuronarioTry = {
    start: start, extras: [], element: element, glyph: glyph, signed: signed, level: level
  };
})();
