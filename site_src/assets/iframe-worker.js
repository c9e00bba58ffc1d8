/* What the theme lacks when a page is opened from the disk (file://); nothing elsewhere.

   Search: browsers start no worker there. For the search alone, the worker's program runs in a
   frame, as npm's iframe-worker does it; but nothing is written into the frame that the page's
   policy would have to make an exception for.

   Instant navigation: it cannot fetch there, and its end takes all that the theme does with a page
   with it (marks of what was searched for, copy buttons). So it is left out of the theme's settings
   as soon as these are in the page, which is before the theme starts. */
(function () {
  "use strict";
  if (location.protocol !== "file:") { return; }
  var Original = window.Worker;

  function FrameWorker(address) {
    var worker = new EventTarget();
    var frame = document.createElement("iframe");
    frame.hidden = true;
    document.body.appendChild(frame);
    var inside = frame.contentWindow;
    inside.document.open();  // some browsers would put another empty page in place of the first
    inside.document.write("<!doctype html><title>Search</title>");
    inside.document.close();
    inside.postMessage = function (data) {  // what the program says goes to who made the worker
      var event = new MessageEvent("message", {data: data});
      worker.dispatchEvent(event);
      if (worker.onmessage) { worker.onmessage(event); }
    };
    var program = inside.document.createElement("script");
    var started = new Promise(function (resolve) { program.onload = resolve; });
    program.src = address;
    inside.document.head.appendChild(program);
    worker.postMessage = function (data) {
      started.then(function () {
        inside.dispatchEvent(new MessageEvent("message", {data: data}));
      });
    };
    worker.terminate = function () { frame.remove(); };
    return worker;
  }

  new MutationObserver(function (_, observer) {
    var settings = document.getElementById("__config");
    if (!settings || !settings.nextElementSibling) { return; }  // not there, or not whole
    observer.disconnect();
    var read = JSON.parse(settings.textContent);
    read.features = read.features.filter(function (name) {
      return name.indexOf("navigation.instant") !== 0;
    });
    settings.textContent = JSON.stringify(read);
  }).observe(document, {childList: true, subtree: true});

  window.Worker = function (address, options) {
    var isSearch = /\/workers\/search\.[^/]*$/.test(String(address));
    return isSearch ? FrameWorker(String(address)) : new Original(address, options);
  };
})();
