/* "What made it so": how far the state at a character (or the chance of the character that came
   next) moves when one of the characters before it is another, as underlines of strength. */
(function () {
  "use strict";

  var tools = window.neuronarioTry;
  var LEVELS = 8;

  tools.extras.push(function (page) {
    var marked = [];

    function clear() {
      marked.forEach(function (span) { span.classList.remove("cause"); delete span.dataset.cause; });
      marked = [];
    }

    function show(place, answer, unit) {
      clear();
      var largest = Math.max.apply(null, answer.strengths);
      var strongest = answer.strengths.indexOf(largest);
      page.spans.forEach(function (span, index) {
        var at = page.places[index] - answer.start;
        if (page.places[index] < 0 || at < 0 || at >= answer.strengths.length) { return; }
        var strength = largest ? Math.round(LEVELS * answer.strengths[at] / largest) : 0;
        span.dataset.cause = strength;
        span.classList.add("cause");
        marked.push(span);
      });
      page.find("cause-out").textContent = (unit ? page.units.names[page.chosen] + " is "
        + tools.signed(answer.real) + " there; most depends on "
        : "The prediction there depends most on ")
        + tools.glyph(page.units.alphabet[page.ids[answer.start + strongest]]) + ", "
        + (place - answer.start - strongest) + " characters before: another one there moves it by "
        + largest.toFixed(2) + (unit ? "." : " bits.");
    }

    function look(unit) {
      var place = page.places[page.marked];
      if (!(place >= 0)) {
        page.find("cause-out").textContent = "Point at a character of the coloured text first, or walk to it with the arrow keys.";
        return;
      }
      var request = {
        ids: Uint16Array.from(page.ids), place: place, frequent: page.units.frequent,
        tries: page.units.names.length > 300 ? 1 : 3, unit: -1, layer: 0, character: 0
      };
      if (unit) {
        request.layer = page.layered(page.chosen)[0];
        request.unit = page.layered(page.chosen)[1];
      } else {
        var five = window.neuronarioEngine.GUESSES;
        request.character = place + 1 < page.ids.length ? page.ids[place + 1]
          : page.result.guesses[place * five];
      }
      page.ask("cause", request, function (answer) { show(place, answer, unit); },
        function (share) {
          page.find("cause-out").textContent = "Reading again: " + Math.round(100 * share) + " %";
        });
    }

    page.find("cause-state").addEventListener("click", function () { look(true); });
    page.find("cause-guess").addEventListener("click", function () { look(false); });
    page.find("coloured").addEventListener("keydown", function (event) {
      if (event.key === "Enter") { event.preventDefault(); look(true); }
    });
    page.listeners.push(clear);
  });
})();
