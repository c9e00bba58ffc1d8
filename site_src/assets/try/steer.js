/* "Steer": write on from your text, free and with units held, from the same random numbers. */
(function () {
  "use strict";

  var tools = window.neuronarioTry;

  var SHARES = [
    ["letters", /\p{L}/u], ["capitals", /\p{Lu}/u], ["digits", /\p{Nd}/u], ["blanks", /[ \t]/],
    ["newlines", /\n/], ["punctuation", /[\p{P}\p{S}]/u]
  ];

  function share(characters, pattern) {
    var hits = characters.filter(function (character) { return pattern.test(character); }).length;
    return characters.length ? 100 * hits / characters.length : 0;
  }

  /* Share of the characters between an opening and a closing mark. */
  function between(characters, opening, closing) {
    var inside = false, hits = 0;
    characters.forEach(function (character) {
      if (character === opening && !inside) { inside = true; hits += 1; return; }
      if (inside) { hits += 1; }
      if (character === closing) { inside = false; }
    });
    return characters.length ? 100 * hits / characters.length : 0;
  }

  tools.extras.push(function (page, said) {
    var held = [];  // {unit, value}

    function rowOf(entry) {
      var row = tools.element("li");
      var label = tools.element("label", "", page.units.names[entry.unit] + " ");
      var slider = tools.element("input");
      var shown = tools.element("output", "", tools.signed(entry.value));
      slider.type = "range";
      slider.min = -1;
      slider.max = 1;
      slider.step = 0.05;
      slider.value = entry.value;
      function set(value) {
        entry.value = value;
        slider.value = value;
        shown.textContent = tools.signed(value);
      }
      slider.addEventListener("input", function () { set(Number(slider.value)); });
      label.append(slider);
      row.append(label, shown);
      [["its mean", page.units.means[entry.unit]], ["zero", 0]].forEach(function (choice) {
        var button = tools.element("button", "", choice[0]);
        button.type = "button";
        button.addEventListener("click", function () { set(choice[1]); });
        row.append(" ", button);
      });
      var free = tools.element("button", "", "free it");
      free.type = "button";
      free.addEventListener("click", function () {
        held = held.filter(function (other) { return other !== entry; });
        row.remove();
      });
      row.append(" ", free);
      return row;
    }

    function hold(unit, value) {
      if (unit < 0 || held.some(function (entry) { return entry.unit === unit; })) { return; }
      var entry = {unit: unit, value: value};
      held.push(entry);
      page.find("held").append(rowOf(entry));
    }

    function settings() {
      function between(part, low, high, usual) {
        var value = Number(page.find(part).value);
        return value >= low && value <= high ? value : usual;
      }
      return {
        temperature: between("temperature", 0.05, 5, 1),
        seed: Math.round(between("seed", 0, 4294967295, 0)),
        characters: Math.round(between("length", 1, 2000, 300))
      };
    }

    function address(chosen) {
      var holds = held.map(function (entry) {
        return page.units.names[entry.unit] + ":" + entry.value.toFixed(2);
      });
      return "#" + page.units.names[page.chosen] + "&t="
        + encodeURIComponent(page.find("text").value.slice(-2000))
        + "&temperature=" + chosen.temperature + "&seed=" + chosen.seed + "&n=" + chosen.characters
        + (holds.length ? "&hold=" + holds.join(",") : "");
    }

    function table(texts) {
      var rows = [["bits per character, each text by its own network", texts.map(function (text) {
        return text.bits.toFixed(2);
      })]];
      var characters = texts.map(function (text) {
        return text.ids.map(function (id) { return page.units.alphabet[id]; });
      });
      SHARES.forEach(function (entry) {
        rows.push([entry[0], characters.map(function (list) { return share(list, entry[1]).toFixed(0) + " %"; })]);
      });
      [["between < and >", "<", ">"], ["between quotation marks", "\"", "\""]].forEach(function (entry) {
        rows.push([entry[0], characters.map(function (list) {
          return between(list, entry[1], entry[2]).toFixed(0) + " %";
        })]);
      });
      var body = page.find("changes");
      body.replaceChildren.apply(body, rows.map(function (row) {
        var line = tools.element("tr");
        line.append(tools.element("th", "", row[0]));
        row[1].forEach(function (cell) { line.append(tools.element("td", "num", cell)); });
        return line;
      }));
    }

    function written(result) {
      ["free", "steered"].forEach(function (part, version) {
        var text = result.texts[version];
        page.find(part).textContent = text
          ? text.ids.map(function (id) { return page.units.alphabet[id]; }).join("") : "";
        page.find(part).closest("figure").hidden = !text;
      });
      table(result.texts);
      page.find("written").hidden = false;
    }

    function write() {
      var chosen = settings();
      page.find("permalink").href = address(chosen);
      page.ask("write", Object.assign({
        ids: Uint16Array.from(page.ids),
        held: held.map(function (entry) { return page.layered(entry.unit).concat(entry.value); })
      }, chosen), function (result) { written(result); page.find("writing").textContent = ""; },
      function (share) { page.find("writing").textContent = Math.round(100 * share) + " %"; });
    }

    page.find("hold").addEventListener("click", function () {
      hold(page.chosen, page.units.means[page.chosen]);
    });
    page.find("write").addEventListener("click", write);

    ["temperature", "seed"].forEach(function (part) {
      if (said[part] !== undefined) { page.find(part).value = said[part]; }
    });
    if (said.n !== undefined) { page.find("length").value = said.n; }
    (said.hold || "").split(",").filter(Boolean).forEach(function (entry) {
      var value = Number(entry.split(":")[1]);
      if (value >= -1 && value <= 1) { hold(page.unitNamed(entry.split(":")[0]), value); }
    });
    if (said.hold !== undefined || said.seed !== undefined) {
      var first = function () {
        page.listeners = page.listeners.filter(function (listener) { return listener !== first; });
        write();
      };
      page.listeners.push(first);
    }
  });
})();
