/* The site's root is the nearest folder above this address that has its style sheet. */
(function () {
  "use strict";
  var folders = location.pathname.split("/").slice(0, -1);

  function show(root) {
    document.querySelectorAll("[data-page]").forEach(function (link) {
      link.href = root + link.dataset.page;
    });
    document.getElementById("links").hidden = false;
  }

  function look(depth) {
    if (depth < 1) { return; }
    var root = folders.slice(0, depth).join("/") + "/";
    function higher() { look(depth - 1); }
    fetch(root + "assets/neuron.css", {method: "HEAD"}).then(function (answer) {
      var kind = answer.headers.get("content-type") || "";
      var found = answer.ok && kind.indexOf("css") >= 0;
      /* read to its (empty) end: browsers report an answer that is dropped as a broken request */
      return answer.text().then(function () { return found; });
    }).then(function (found) {
      if (found) { show(root); } else { higher(); }
    }, higher);
  }

  look(folders.length);
})();
