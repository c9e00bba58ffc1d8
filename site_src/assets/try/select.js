/* "Select to find": which units are on at the characters that you selected and off elsewhere. */
(function () {
  "use strict";

  var tools = window.neuronarioTry;
  var SHOWN = 10;

  /* Places (among those read) that a selection in the coloured text, or in the text box, covers. */
  function selected(page) {
    var chosen = window.getSelection();
    var coloured = page.find("coloured");
    var places = [];
    if (chosen.rangeCount && !chosen.isCollapsed && coloured.contains(chosen.anchorNode)) {
      page.spans.forEach(function (span, index) {
        if (chosen.containsNode(span, true) && page.places[index] >= 0) {
          places.push(page.places[index]);
        }
      });
      return places;
    }
    var box = page.find("text");
    var before = Array.from(box.value.slice(0, box.selectionStart)).length;
    var inside = Array.from(box.value.slice(box.selectionStart, box.selectionEnd)).length;
    for (var index = before; index < before + inside; index += 1) {
      if (page.places[index] >= 0) { places.push(page.places[index]); }
    }
    return places;
  }

  /* Mean and variance of a unit over some places. */
  function moments(page, unit, places) {
    var sum = 0, squares = 0;
    places.forEach(function (place) {
      var value = page.state(unit, place);
      sum += value;
      squares += value * value;
    });
    var mean = sum / places.length;
    return {mean: mean, variance: Math.max(0, squares / places.length - mean * mean)};
  }

  /* Units by how far the two means lie apart, in standard deviations within (Cohen's d). */
  function ranked(page, these, those) {
    return page.units.names.map(function (_, unit) {
      var here = moments(page, unit, these);
      var there = moments(page, unit, those);
      var within = (here.variance * these.length + there.variance * those.length)
        / (these.length + those.length);
      return {unit: unit, here: here.mean, there: there.mean,
        apart: (here.mean - there.mean) / Math.sqrt(within + 1e-4)};
    }).sort(function (a, b) { return Math.abs(b.apart) - Math.abs(a.apart); }).slice(0, SHOWN);
  }

  tools.extras.push(function (page) {
    var these = [];
    var those = [];

    function mark() {
      var marks = [["these", these], ["those", those]];
      page.spans.forEach(function (span, index) {
        marks.forEach(function (entry) {
          span.classList.toggle(entry[0], entry[1].indexOf(page.places[index]) >= 0);
        });
      });
    }

    function show() {
      var list = page.find("found");
      if (!these.length || !page.result) {
        list.replaceChildren();
        page.find("selection").textContent = "Nothing selected.";
        return;
      }
      var others = those.length ? those : page.ids.map(function (_, place) { return place; })
        .filter(function (place) { return these.indexOf(place) < 0; });
      page.find("selection").textContent = these.length + " characters"
        + (those.length ? " against " + those.length + " others." : " against the rest of your text.");
      if (!others.length) { return; }
      list.replaceChildren.apply(list, ranked(page, these, others).map(function (one) {
        return page.unitRow(one.unit, tools.signed(one.here) + " there, " + tools.signed(one.there)
          + (those.length ? " at the others" : " elsewhere") + " (" + tools.signed(one.apart, 1)
          + " standard deviations).");
      }));
      mark();
    }

    /* The selection is gone once a button has the focus: it is taken before. */
    [["these", function (places) { these = places; }], ["those", function (places) { those = places; }]]
      .forEach(function (entry) {
        var button = page.find(entry[0]);
        var taken = [];
        button.addEventListener("pointerdown", function () { taken = selected(page); });
        button.addEventListener("click", function () {
          var places = selected(page);
          entry[1](places.length ? places : taken);
          show();
        });
      });
    page.find("clear").addEventListener("click", function () { these = []; those = []; mark(); show(); });
    page.listeners.push(function () {
      var known = page.ids.length;
      these = these.filter(function (place) { return place < known; });
      those = those.filter(function (place) { return place < known; });
      show();
    });
  });
})();
