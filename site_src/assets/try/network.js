/* The network of a run, in plain JavaScript: the same numbers as in Python, with float16 weights.
   Runs in a Worker, or in slices on the page where the browser allows none (file://).
   Blocks are Keras': lstm i f g o, c = f c + i g, h = o tanh(c); gru z r g, h = z h + (1 - z) g. */
(function (scope) {
  "use strict";

  var GUESSES = 5;

  /* Every float16 as a float32: 65,536 numbers, made once (IEEE 754 binary16). */
  function halves() {
    var table = new Float32Array(65536);
    for (var bits = 0; bits < 65536; bits += 1) {
      var sign = bits & 0x8000 ? -1 : 1;
      var exponent = (bits >> 10) & 31;
      var fraction = bits & 1023;
      table[bits] = sign * (exponent === 0 ? fraction * Math.pow(2, -24)
        : exponent === 31 ? (fraction ? NaN : Infinity)
          : (1 + fraction / 1024) * Math.pow(2, exponent - 15));
    }
    return table;
  }

  function bytes(base64) {
    var text = atob(base64);
    var array = new Uint8Array(text.length);
    for (var k = 0; k < text.length; k += 1) { array[k] = text.charCodeAt(k); }
    return array;
  }

  /* data: what report/pages/try_it.py wrote. */
  function Network(data) {
    var table = halves();
    var packed = new Uint16Array(bytes(data.weights).buffer);
    var place = 0;
    function matrix(rows, columns) {
      var array = new Float32Array(rows * columns);
      for (var k = 0; k < array.length; k += 1) { array[k] = table[packed[place + k]]; }
      place += array.length;
      return array;
    }
    this.alphabet = data.alphabet;
    this.stored = data.check;
    this.window = data.regime === "window" ? data.window : 0;
    this.ids = new Map(data.alphabet.map(function (character, id) { return [character, id]; }));
    var inputs = data.alphabet.length;
    this.layers = data.sizes.map(function (units, number) {
      var kind = data.cells[number];
      var cell = CELLS[kind.cell];
      var width = cell.blocks * units;
      var layer = {
        inputs: inputs,
        units: units,
        width: width,
        step: cell.step,
        gate: GATES[kind.gate_activation],
        kernel: matrix(inputs, width),
        recurrent: matrix(units, width),
        bias: matrix(1, width),
        after: cell.biases === 2 ? matrix(1, width) : null,
        gates: new Float32Array(width),
        product: new Float32Array(width),
        reset: new Float32Array(units),
        hidden: new Float32Array(units),
        cell: new Float32Array(units)
      };
      inputs = units;
      return layer;
    });
    this.outputKernel = matrix(inputs, data.alphabet.length);
    this.outputBias = matrix(1, data.alphabet.length);
    this.units = data.sizes.reduce(function (sum, units) { return sum + units; }, 0);
    this.probabilities = new Float32Array(data.alphabet.length);
  }

  /* sums += vector @ matrix, row by row, four rows at a time. */
  function multiply(sums, matrix, vector) {
    var width = sums.length;
    var row = 0;
    for (; row + 4 <= vector.length; row += 4) {
      var a = vector[row], b = vector[row + 1], c = vector[row + 2], d = vector[row + 3];
      var p = row * width, q = p + width, r = q + width, s = r + width;
      for (var k = 0; k < width; k += 1) {
        sums[k] += a * matrix[p + k] + b * matrix[q + k] + c * matrix[r + k] + d * matrix[s + k];
      }
    }
    for (; row < vector.length; row += 1) {
      for (var j = 0; j < width; j += 1) { sums[j] += vector[row] * matrix[row * width + j]; }
    }
  }

  function hard(slope) { return function (x) { return Math.min(Math.max(slope * x + 0.5, 0), 1); }; }

  var GATES = {
    sigmoid: function (x) { return 1 / (1 + Math.exp(-x)); },
    hard_sigmoid: hard(1 / 6),
    hard_sigmoid_fifth: hard(1 / 5)
  };

  /* New states from layer.gates, which holds x K + b, and the states before. */
  function lstm(layer) {
    var gates = layer.gates, units = layer.units, gate = layer.gate;
    multiply(gates, layer.recurrent, layer.hidden);
    for (var unit = 0; unit < units; unit += 1) {
      var cell = gate(gates[units + unit]) * layer.cell[unit]
        + gate(gates[unit]) * Math.tanh(gates[2 * units + unit]);
      layer.cell[unit] = cell;
      layer.hidden[unit] = gate(gates[3 * units + unit]) * Math.tanh(cell);
    }
  }

  function rnn(layer) {
    multiply(layer.gates, layer.recurrent, layer.hidden);
    for (var unit = 0; unit < layer.units; unit += 1) { layer.hidden[unit] = Math.tanh(layer.gates[unit]); }
  }

  /* With two biases the reset gate acts on the product of the state, with one on the state. */
  function gru(layer) {
    var gates = layer.gates, units = layer.units, product = layer.product, unit, z, r, g;
    if (layer.after) { product.set(layer.after); } else { product.fill(0); }
    multiply(product, layer.recurrent, layer.hidden);
    if (!layer.after) {
      for (unit = 0; unit < units; unit += 1) {
        layer.reset[unit] = layer.gate(gates[units + unit] + product[units + unit]) * layer.hidden[unit];
      }
      product.fill(0, 2 * units);
      for (var row = 0; row < units; row += 1) {
        for (unit = 2 * units; unit < 3 * units; unit += 1) {
          product[unit] += layer.reset[row] * layer.recurrent[row * layer.width + unit];
        }
      }
    }
    for (unit = 0; unit < units; unit += 1) {
      z = layer.gate(gates[unit] + product[unit]);
      r = layer.after ? layer.gate(gates[units + unit] + product[units + unit]) : 1;
      g = Math.tanh(gates[2 * units + unit] + r * product[2 * units + unit]);
      layer.hidden[unit] = z * layer.hidden[unit] + (1 - z) * g;
    }
  }

  var CELLS = {
    lstm: {blocks: 4, biases: 1, step: lstm},
    gru: {blocks: 3, biases: 2, step: gru},
    gru_reset_before: {blocks: 3, biases: 1, step: gru},
    rnn: {blocks: 1, biases: 1, step: rnn}
  };

  Network.prototype.reset = function () {
    this.layers.forEach(function (layer) { layer.hidden.fill(0); layer.cell.fill(0); });
  };

  /* One character; held: [[layer, index, value], ...] are written over the new hidden states. */
  Network.prototype.step = function (id, held) {
    var below = null;
    for (var number = 0; number < this.layers.length; number += 1) {
      var layer = this.layers[number];
      var width = layer.width;
      var gates = layer.gates;
      gates.set(layer.bias);
      if (below) {
        multiply(gates, layer.kernel, below);
      } else {
        for (var k = 0; k < width; k += 1) { gates[k] += layer.kernel[id * width + k]; }
      }
      layer.step(layer);
      if (held) {
        for (var h = 0; h < held.length; h += 1) {
          if (held[h][0] === number) { layer.hidden[held[h][1]] = held[h][2]; }
        }
      }
      below = layer.hidden;
    }
  };

  /* What comes next: this.probabilities, sum 1. */
  Network.prototype.predict = function () {
    var scores = this.probabilities;
    scores.set(this.outputBias);
    multiply(scores, this.outputKernel, this.layers[this.layers.length - 1].hidden);
    var largest = -Infinity, sum = 0, k;
    for (k = 0; k < scores.length; k += 1) { largest = Math.max(largest, scores[k]); }
    for (k = 0; k < scores.length; k += 1) { scores[k] = Math.exp(scores[k] - largest); sum += scores[k]; }
    for (k = 0; k < scores.length; k += 1) { scores[k] /= sum; }
    return scores;
  };

  /* The state after ids[place]: one step on from the state before, or the whole window anew. */
  Network.prototype.advance = function (ids, place, held) {
    if (!this.window) { this.step(ids[place], held); return; }
    this.reset();
    for (var k = Math.max(0, place + 1 - this.window); k <= place; k += 1) { this.step(ids[k], held); }
  };

  Network.prototype.copyHidden = function (target, offset) {
    this.layers.forEach(function (layer) {
      target.set(layer.hidden, offset);
      offset += layer.units;
    });
  };

  Network.prototype.save = function () {
    return this.layers.map(function (layer) { return [layer.hidden.slice(), layer.cell.slice()]; });
  };

  Network.prototype.restore = function (saved) {
    this.layers.forEach(function (layer, number) {
      layer.hidden.set(saved[number][0]);
      layer.cell.set(saved[number][1]);
    });
  };

  /* Ids of the likeliest characters, first the likeliest. */
  Network.prototype.guesses = function (probabilities) {
    var best = [];
    for (var id = 0; id < probabilities.length; id += 1) {
      var at = best.length;
      while (at > 0 && probabilities[best[at - 1]] < probabilities[id]) { at -= 1; }
      if (at < GUESSES) { best.splice(at, 0, id); best.length = Math.min(best.length, GUESSES); }
    }
    return best;
  };

  /* The first character whose cumulative probability at this temperature exceeds the number. */
  function draw(probabilities, number, temperature) {
    var scores = Array.from(probabilities, function (p) { return Math.log(p) / temperature; });
    var largest = Math.max.apply(null, scores);
    var sum = 0;
    var cumulative = scores.map(function (score) { sum += Math.exp(score - largest); return sum; });
    var passed = cumulative.filter(function (value) { return value <= number * sum; }).length;
    return Math.min(passed, probabilities.length - 1);
  }

  /* Uniform numbers in [0, 1), equal in every browser (mulberry32, 24 bits of each). */
  function numbers(seed, count) {
    var state = seed >>> 0;
    return Array.from({length: count}, function () {
      state = (state + 0x6D2B79F5) >>> 0;
      var t = state;
      t = Math.imul(t ^ (t >>> 15), t | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 8) / 16777216;
    });
  }

  scope.neuronarioEngine = {
    Network: Network, bytes: bytes, draw: draw, numbers: numbers, GUESSES: GUESSES
  };
})(typeof self === "undefined" ? this : self);
