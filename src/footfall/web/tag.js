/* Footfall: data-tracker, data-auto="false", footfall.track({…}). No cookie. */
(function (doc, nav) {
  var from = doc.referrer, page, to;
  function track(metadata) {
    try {
      var body = JSON.stringify({ url: location.href, referrer: from, metadata: metadata }), sent;
      if (!to) return false;
      try { sent = nav.sendBeacon(to, body); } catch (e) {}
      sent || fetch(to, { method: "POST", mode: "no-cors", keepalive: true, body: body }).catch(Date);
      return true;
    } catch (e) { return false; }
  }
  function view() {
    var now = location.href.split("#")[0];
    if (now === page) return;
    from = page || from;
    page = now;
    track();
  }
  window.footfall = { track: track };
  try {
    var tag = doc.currentScript, push = history.pushState;
    if (!tag || !tag.dataset.tracker) tag = doc.querySelector('script[data-tracker]:not([data-tracker=""])[src*="tag.js"]');
    to = new URL("t/" + encodeURIComponent(tag.dataset.tracker), tag.src).href;
    if (tag.dataset.auto === "false") return;
    history.pushState = function () {
      push.apply(this, arguments);
      view();
    };
    addEventListener("popstate", view);
    doc.prerendering ? doc.addEventListener("prerenderingchange", view) : view();
  } catch (e) {}
})(document, navigator);
