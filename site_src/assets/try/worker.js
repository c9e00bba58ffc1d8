/* The network in a thread of its own; its weights are named in the address: worker.js#NETWORK. */
"use strict";
importScripts("network.js", "tasks.js", decodeURIComponent(self.location.hash.slice(1)));
var ask = self.neuronarioTasks.driver(
  new self.neuronarioEngine.Network(self.neuronarioNetwork),
  function (message) { self.postMessage(message); },
  40
);
self.onmessage = function (event) { ask(event.data); };
self.postMessage({ready: true});
