/* Footfall: EF.click, EF.impression and EF.conversion, as pages of Everflow's clients call them.
   Keeps transaction ids in cookies of the page itself, for 30 days. Never throws into the page. */
(function () {
  var script = document.currentScript,
    own = script && script.src ? script.src.replace(/\/scripts\/.*$/, "") : "",
    settings = {},
    days30 = 2592000,
    kept = 10,
    numbered = [];
  ["sub", "adv"].forEach(function (name) {
    for (var n = 1; n <= 10; n++) numbered.push(name + n);
  });

  function urlParameter(name) {
    return new URLSearchParams(location.search).get(name);
  }
  function read(name) {
    var found = document.cookie.split("; ").filter(function (one) {
      return one.indexOf(name + "=") === 0;
    })[0];
    return found ? found.slice(name.length + 1) : "";
  }
  function keep(name, id) {
    var ids = read(name).split("|").filter(function (one) {
      return one && one !== id;
    });
    document.cookie =
      name + "=" + ids.concat(id).slice(-kept).join("|") + "; path=/; SameSite=Lax; max-age=" + days30 +
      (settings.tld ? "; domain=" + settings.tld : "") + (location.protocol === "https:" ? "; Secure" : "");
  }
  function keepAll(kind, answer) {
    if (!answer.transaction_id) return "";
    if (answer.oid) keep("ef_tid_" + kind + "_o_" + answer.oid, answer.transaction_id);
    if (answer.aid) keep("ef_tid_" + kind + "_a_" + answer.aid, answer.transaction_id);
    return answer.transaction_id;
  }
  function ids(kind, id) {
    return id ? read("ef_tid_c_" + kind + "_" + id) || read("ef_tid_i_" + kind + "_" + id) : "";
  }
  /* Resolves with the answer, {} when there is none. */
  function call(path, options, named) {
    var domain = options.tracking_domain || settings.tracking_domain || own;
    if (!domain || options.do_not_track) return Promise.resolve({});
    if (!/^https?:\/\//.test(domain)) domain = "https://" + domain;
    return Promise.resolve(EF.customParamProvider)
      .catch(function () {})
      .then(function (custom) {
        var query = new URLSearchParams();
        function add(name, value) {
          if (value !== undefined && value !== null && value !== "") query.append(name, value);
        }
        function addAll(values) {
          Object.keys(values || {}).forEach(function (name) {
            add(name, values[name]);
          });
        }
        addAll(custom);
        addAll(named);
        numbered.concat(["source_id", "creative_id", "fbclid", "gclid", "ttclid", "alt_tid"]).forEach(function (name) {
          add(name, options[name]);
        });
        addAll(options.parameters);
        return fetch(domain.replace(/\/+$/, "") + path + "?" + query, { credentials: "include" });
      })
      .then(function (answer) {
        return answer.ok ? answer.json() : {};
      })
      .catch(function () {
        return {};
      });
  }

  var EF = (window.EF = window.EF || {});
  EF.configure = function (options) {
    Object.assign(settings, options);
  };
  EF.urlParameter = urlParameter;
  EF.getTransactionId = function (offer) {
    return ids("o", offer).split("|").pop();
  };
  EF.getAdvertiserTransactionId = function (advertiser) {
    return ids("a", advertiser).split("|").pop();
  };
  EF.impression = function (options) {
    if (!options || (!options.offer_id && !options.coupon_code)) return Promise.resolve("");
    return call("/sdk/impression", options, {
      oid: options.offer_id,
      affid: options.affiliate_id,
      async: "json",
      __cc: options.coupon_code,
    }).then(keepAll.bind(null, "i"));
  };
  EF.click = function (options) {
    options = options || {};
    var organic = settings.organic || {},
      known = options.offer_id || options.coupon_code || options.transaction_id,
      offer = known ? options.offer_id : organic.offer_id;
    if (!known && !offer) return Promise.resolve("");
    return call("/sdk/click", options, {
      _ef_transaction_id: options.transaction_id,
      oid: offer,
      affid: known ? options.affiliate_id : organic.affiliate_id,
      __cc: options.coupon_code,
      async: "json",
      uid: options.uid,
      impression_transaction_id: read("ef_tid_i_o_" + offer).split("|").pop(),
      __organic_click: known ? undefined : "true",
      __rf: document.referrer,
    }).then(keepAll.bind(null, "c"));
  };
  EF.conversion = function (options) {
    options = options || {};
    var advertiser = options.aid || options.advertiser_id,
      transaction = options.transaction_id || ids("o", options.offer_id) || ids("a", advertiser);
    if (!transaction && !options.coupon_code && !options.offer_id && !advertiser) return Promise.resolve({});
    return call("/sdk/conversion", options, {
      transaction_id: transaction,
      oid: options.offer_id,
      affid: options.affiliate_id,
      aid: advertiser,
      event_id: options.event_id,
      adv_event_id: options.adv_event_id,
      coupon_code: options.coupon_code,
      amount: options.amount,
      order_id: options.order_id,
      verification_token: options.verification_token,
      event_source_url: location.href.split("#")[0],
    });
  };
})();
