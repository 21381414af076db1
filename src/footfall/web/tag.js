/* Footfall: data-tracker, data-auto="false", footfall.track({…}). Sets no cookie. */
(function () {
  var script = document.currentScript,
    to = new URL(script.src).origin + "/t/" + script.dataset.tracker,
    from = document.referrer,
    page;
  function track(metadata) {
    return navigator.sendBeacon(to, JSON.stringify({ url: location.href, referrer: from, metadata: metadata }));
  }
  function view() {
    var now = location.href.split("#")[0];
    if (now === page) return;
    if (page) from = page;
    page = now;
    track();
  }
  window.footfall = { track: track };
  if (script.dataset.auto === "false") return;
  var push = history.pushState;
  history.pushState = function () {
    push.apply(this, arguments);
    view();
  };
  addEventListener("popstate", view);
  if (document.prerendering) document.addEventListener("prerenderingchange", view);
  else view();
})();
