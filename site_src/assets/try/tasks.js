/* What the page asks of the network: read a text, write on, find what made a state so, check
   against Python. Each task is a generator that gives way often; one driver runs them one after the
   other, in a Worker or on the page. A newer request of a kind ends the older one. */
(function (scope) {
  "use strict";

  var engine = scope.neuronarioEngine;
  var CHECKPOINT = 256;  // characters from one kept state to the next
  var BACK = 50;  // characters that "what made it so" looks back

  /* A text, character by character; what is equal to the text read before is not read again. */
  function* read(network, cache, request) {
    var ids = request.ids;
    var count = ids.length;
    var result = {
      states: new Float32Array(count * network.units),
      surprise: new Float32Array(count),
      guesses: new Uint16Array(count * engine.GUESSES),
      chances: new Float32Array(count * engine.GUESSES)
    };
    var first = 0;
    var old = cache.read;
    var checkpoints = [];
    if (old && !network.window) {
      while (first < count && first < old.ids.length && ids[first] === old.ids[first]) { first += 1; }
      first = Math.min(first, (old.checkpoints.length - 1) * CHECKPOINT);
      first = Math.max(0, first - first % CHECKPOINT);
      checkpoints = old.checkpoints.slice(0, first / CHECKPOINT);
      result.states.set(old.result.states.subarray(0, first * network.units));
      result.surprise.set(old.result.surprise.subarray(0, first));
      result.guesses.set(old.result.guesses.subarray(0, first * engine.GUESSES));
      result.chances.set(old.result.chances.subarray(0, first * engine.GUESSES));
    }
    if (first > 0) { network.restore(old.checkpoints[first / CHECKPOINT]); } else { network.reset(); }
    var probabilities = network.predict();
    for (var place = first; place < count; place += 1) {
      if (place % CHECKPOINT === 0) { checkpoints.push(network.save()); }
      result.surprise[place] = -Math.log2(Math.max(probabilities[ids[place]], 1e-30));
      network.advance(ids, place);
      network.copyHidden(result.states, place * network.units);
      network.predict();  // the same array, overwritten
      network.guesses(probabilities).forEach(function (id, rank) {
        result.guesses[place * engine.GUESSES + rank] = id;
        result.chances[place * engine.GUESSES + rank] = probabilities[id];
      });
      yield place / count;
    }
    if (!network.window) { cache.read = {ids: ids, result: result, checkpoints: checkpoints}; }
    result.readAnew = count - first;
    return result;
  }

  /* Two texts from the same random numbers: free, and with units held while writing. */
  function* write(network, cache, request) {
    var numbers = engine.numbers(request.seed, request.characters);
    var texts = [];
    var held = [null].concat(request.held.length ? [request.held] : []);
    for (var version = 0; version < held.length; version += 1) {
      var ids = Array.from(request.ids);
      var bits = 0;
      network.reset();
      for (var k = network.window ? Math.max(0, ids.length - 1) : 0; k < ids.length; k += 1) {
        network.advance(ids, k);
        yield 0;
      }
      for (var t = 0; t < numbers.length; t += 1) {
        var probabilities = network.predict();
        var id = engine.draw(probabilities, numbers[t], request.temperature);
        bits -= Math.log2(Math.max(probabilities[id], 1e-30));
        ids.push(id);
        network.advance(ids, ids.length - 1, held[version]);
        yield (version + t / numbers.length) / held.length;
      }
      texts.push({ids: ids.slice(request.ids.length), bits: bits / Math.max(1, numbers.length)});
    }
    return {texts: texts};
  }

  /* How far a state (or the chance of a character) moves when one earlier character is another:
     each of the last 50 is replaced by the most frequent others, and the rest is read again. */
  function* cause(network, cache, request) {
    var ids = request.ids;
    var place = request.place;
    var start = Math.max(0, place + 1 - (network.window || BACK));
    function wanted() {
      return request.unit < 0 ? Math.log2(Math.max(network.predict()[request.character], 1e-30))
        : network.layers[request.layer].hidden[request.unit];
    }
    var base = start;
    network.reset();
    if (!network.window && cache.read && same(ids, cache.read.ids, start)) {
      var near = Math.floor(start / CHECKPOINT);
      network.restore(cache.read.checkpoints[near]);
      base = near * CHECKPOINT;
    } else if (!network.window) {
      base = 0;
    }
    for (var k = base; k < start; k += 1) {
      network.step(ids[k]);
      yield 0;
    }
    var before = [];
    for (k = start; k <= place; k += 1) { before.push(network.save()); network.step(ids[k]); }
    var real = wanted();
    var strengths = [];
    for (var from = start; from <= place; from += 1) {
      var others = request.frequent.filter(function (id) { return id !== ids[from]; })
        .slice(0, request.tries);
      var moved = 0;
      for (var n = 0; n < others.length; n += 1) {
        network.restore(before[from - start]);
        network.step(others[n]);
        for (k = from + 1; k <= place; k += 1) { network.step(ids[k]); }
        moved += Math.abs(wanted() - real) / others.length;
        yield (from - start) / (place + 1 - start);
      }
      strengths.push(moved);
    }
    return {start: start, strengths: strengths, real: real};
  }

  function same(left, right, count) {
    if (right.length < count) { return false; }
    for (var k = 0; k < count; k += 1) { if (left[k] !== right[k]) { return false; } }
    return true;
  }

  /* The characters that the run stored, read here: the largest difference of a state, of a chance. */
  function* check(network) {
    var stored = network.stored;
    var hidden = new Int16Array(engine.bytes(stored.hidden).buffer);
    var ids = stored.context.concat(stored.ids);
    var row = new Float32Array(network.units);
    var states = 0, chances = 0;
    network.reset();
    for (var place = 0; place < ids.length; place += 1) {
      network.advance(ids, place);
      var at = place - stored.context.length;
      if (at >= 0) {
        network.copyHidden(row, 0);
        for (var unit = 0; unit < row.length; unit += 1) {
          states = Math.max(states, Math.abs(row[unit] - hidden[at * row.length + unit] / 32767));
        }
        if (at + 1 < stored.ids.length) {
          var chance = network.predict()[stored.ids[at + 1]];
          chances = Math.max(chances, Math.abs(chance - stored.chances[at]));
        }
      }
      yield place / ids.length;
    }
    return {states: states, chances: chances, characters: stored.ids.length};
  }

  var TASKS = {read: read, write: write, cause: cause, check: check};

  /* post(message) answers; the returned function takes requests {number, kind, ...}. A slice is the
     milliseconds of work before others get their turn. */
  function driver(network, post, slice) {
    var cache = {};
    var queue = [];
    var running = null;
    var awake = false;

    function wake() {
      if (!awake) { awake = true; setTimeout(turn, 0); }
    }

    function turn() {
      awake = false;
      if (!running) {
        if (!queue.length) { return; }
        var request = queue.shift();
        running = {
          number: request.number,
          kind: request.kind,
          steps: TASKS[request.kind](network, cache, request),
          told: performance.now()
        };
      }
      var end = performance.now() + slice;
      var next;
      do { next = running.steps.next(); } while (!next.done && performance.now() < end);
      if (next.done) {
        post({number: running.number, result: next.value});
        running = null;
      } else if (performance.now() > running.told + 100) {
        running.told = performance.now();
        post({number: running.number, progress: next.value});
      }
      wake();
    }

    return function (request) {
      queue = queue.filter(function (other) { return other.kind !== request.kind; });
      if (running && running.kind === request.kind) { running = null; }
      queue.push(request);
      wake();
    };
  }

  scope.neuronarioTasks = {driver: driver, BACK: BACK};
})(typeof self === "undefined" ? this : self);
