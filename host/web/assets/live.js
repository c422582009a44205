// Keeps a page live. The host says what changed; this script writes results into the rows that are there, and
// for everything else asks for the same page again and puts its live parts in place. Without it all pages work.
"use strict";
(() => {
  const body = document.body;
  document.documentElement.classList.add("scripted");
  const connection = document.getElementById("connection");
  const stale = document.getElementById("stale");
  // A page is asked again at most so often: for what happened, and sooner for what changed how things stand.
  const REFRESH_APART_MS = 1500, CHANGE_APART_MS = 300, PATIENCE_MS = 10000;
  const TYPING_MS = 160;
  // What the host's clock is ahead of this device's: ages are by the host's.
  let ahead = Date.parse(body.dataset.now) - Date.now();
  let address = location.href;

  const now = () => Date.now() + ahead;

  const span = (ms) => {
    const s = Math.max(0, Math.floor(ms / 1000)), min = Math.floor(s / 60), h = Math.floor(s / 3600), d = Math.floor(s / 86400);
    if (s < 60) return `${s} s`;
    if (s < 3600) return `${min} min`;
    if (s < 86400) return min % 60 ? `${h} h ${min % 60} min` : `${h} h`;
    return h % 24 ? `${d} d ${h % 24} h` : `${d} d`;
  };
  const latency = (seconds) => {
    const ms = seconds * 1000;
    return ms < 10 ? `${ms.toFixed(1)} ms` : ms < 1000 ? `${ms.toFixed(0)} ms` : `${seconds.toFixed(2)} s`;
  };
  const set = (node, text) => { if (node && node.textContent !== text) node.textContent = text; };

  // Ages grow; clock times are shown as this device's wall shows them.
  const sameDay = (a, b) => a.toDateString() === b.toDateString();
  const tell = () => {
    const today = new Date(now());
    for (const time of document.querySelectorAll("time.ago")) set(time, span(now() - Date.parse(time.dateTime)));
    for (const time of document.querySelectorAll("time.clock:not(.local)")) {
      const at = new Date(time.dateTime);
      if (isNaN(at)) continue;
      time.title = `${at.toLocaleString(undefined, { timeZoneName: "short" })} (${time.title})`;
      // The zone stands with the moment but for the first column of a list, where the page's foot names it for all.
      const listed = !time.classList.contains("named") && time.closest("td, .decisions");
      const named = listed ? {} : { timeZoneName: "short" };
      time.textContent = sameDay(at, today)
        ? at.toLocaleTimeString(undefined, named)
        : at.toLocaleString(undefined, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", ...named });
      time.classList.add("local");
    }
  };

  // All times of a page are in one zone, which it names.
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  const tellZone = () => {
    set(document.querySelector("#zone strong"), zone);
    for (const field of document.querySelectorAll("input[data-zone]")) if (field.value === "UTC" && field.defaultValue === "UTC") field.value = field.defaultValue = zone;
  };

  const tellAxis = () => {
    for (const title of document.querySelectorAll("title[data-at]")) {
      const at = new Date(title.dataset.at);
      set(title, `${sameDay(at, new Date(now())) ? at.toLocaleTimeString() : at.toLocaleString()}: ${title.dataset.said}`);
    }
    for (const ticks of document.querySelectorAll("svg.ticks")) tellTicks(ticks);
  };

  // Days begin at another moment here than in UTC: their ticks move there.
  const TICKS = {
    time: { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
    weekday: { weekday: "short", day: "numeric" },
    date: { month: "short", day: "numeric" },
    month: { month: "short" },
  };
  const tellTicks = (ticks) => {
    const from = Date.parse(ticks.dataset.from), to = Date.parse(ticks.dataset.to);
    for (const text of ticks.querySelectorAll("text[data-at]")) {
      const at = new Date(text.dataset.at);
      if (ticks.dataset.kind !== "time") at.setMinutes(at.getMinutes() + at.getTimezoneOffset());
      const x = (at - from) / (to - from) * 100, line = text.previousElementSibling;
      if (!(x >= 0 && x <= 100)) { text.remove(); line.remove(); continue; }
      text.setAttribute("x", `${x}%`);
      line.setAttribute("x1", `${x}%`);
      line.setAttribute("x2", `${x}%`);
      set(text, at.toLocaleString(undefined, TICKS[ticks.dataset.kind]));
    }
  };

  // Putting a newer page's parts in place.
  let asked = null, last = 0, timer = 0, due = 0, busy = false, pending = false, answered = null;

  // Somebody is filling in a form there.
  const isBusy = (part) => {
    const focused = document.activeElement;
    if (focused && part.contains(focused) && /^(INPUT|TEXTAREA|SELECT)$/.test(focused.tagName)) return true;
    return [...part.querySelectorAll("form.do :is(input, textarea):not([type=hidden], [name=by])")].some((field) => field.value !== field.defaultValue);
  };

  // Where the focus is, so that it is found again in the newer part: a button has no name of its own, but a place.
  const FOCUSABLE = "a[href], button, input, select, textarea, summary, [tabindex]";
  const focusOf = () => {
    const focused = document.activeElement;
    if (!focused || focused === body || !focused.closest("[data-live]")) return () => null;
    if (focused.id) return () => document.getElementById(focused.id);
    const href = focused.getAttribute("href");
    if (href) return () => document.querySelector(`a[href="${CSS.escape(href)}"]`);
    const holder = focused.closest("[id]"), at = [...holder.querySelectorAll(FOCUSABLE)].indexOf(focused);
    return () => document.getElementById(holder.id)?.querySelectorAll(FOCUSABLE)[at];
  };

  // A picture that stays is not loaded anew, which would show its place empty for a moment.
  const keepPictures = (part, newer) => {
    const shown = [...part.querySelectorAll("img")];
    for (const picture of newer.querySelectorAll("img")) {
      const at = shown.findIndex((it) => it.isEqualNode(picture));
      if (at >= 0) picture.replaceWith(...shown.splice(at, 1));
    }
  };

  const place = (page, parts = "[data-live][id]") => {
    const refocused = focusOf();
    const open = [...document.querySelectorAll("details[open][id]")].map((node) => node.id);
    const selection = getSelection();
    for (const part of document.querySelectorAll(parts)) {
      const newer = page.getElementById(part.id);
      if (isBusy(part) && part !== answered) continue;
      // Somebody is copying text out of it.
      if (!newer || (selection && !selection.isCollapsed && part.contains(selection.anchorNode))) continue;
      const scrolled = [...part.querySelectorAll(".decisions, pre")].map((node) => node.scrollTop);
      keepPictures(part, newer);
      part.replaceChildren(...newer.childNodes);
      part.querySelectorAll(".decisions, pre").forEach((node, index) => { node.scrollTop = scrolled[index] || 0; });
    }
    for (const id of open) { const node = document.getElementById(id); if (node) node.open = true; }
    const nav = document.getElementById("nav-alerts"), newerNav = page.getElementById("nav-alerts");
    if (nav && newerNav) nav.replaceChildren(...newerNav.childNodes);
    const dead = document.getElementById("nav-dead"), newerDead = page.getElementById("nav-dead");
    if (dead && newerDead) dead.replaceChildren(...newerDead.childNodes);
    const icon = document.getElementById("icon"), newerIcon = page.getElementById("icon");
    if (icon && newerIcon && icon.getAttribute("href") !== newerIcon.getAttribute("href")) icon.setAttribute("href", newerIcon.getAttribute("href"));
    if (page.title) document.title = page.title;
    const again = refocused();
    if (again && again !== document.activeElement) again.focus({ preventScroll: true });
    knowNames();
    const moment = Date.parse(page.body.dataset.now);
    if (!isNaN(moment)) ahead = moment - Date.now();
    tell();
    tellZone();
    tellAxis();
  };

  // What somebody has a finger on stays as it is until it is let go: what was replaced in between would lose its click.
  let pressedAt = 0, letGo = [];
  addEventListener("pointerdown", () => { pressedAt = Date.now(); }, true);
  for (const end of ["pointerup", "pointercancel"]) {
    // The click comes after it.
    addEventListener(end, () => setTimeout(() => { pressedAt = 0; letGo.splice(0).forEach((go) => go()); }), true);
  }
  const released = () => new Promise((resolve) => {
    if (Date.now() - pressedAt > PATIENCE_MS) return resolve();
    letGo.push(resolve);
    setTimeout(resolve, PATIENCE_MS);
  });

  const refresh = async () => {
    clearTimeout(timer);
    timer = 0;
    asked?.abort();
    const mine = asked = new AbortController();
    last = Date.now();
    busy = true;
    try {
      const answer = await fetch(address, { signal: mine.signal, headers: { accept: "text/html" } });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      await released();
      if (mine === asked) place(page);
    } catch (error) {
      if (error.name !== "AbortError" && heard) later(5000);
    } finally {
      if (mine === asked) {
        busy = false;
        if (pending) { pending = false; soon(); }
      }
    }
  };
  // An answer that is on its way is waited for, or a slow line would never bring one; but not for ever.
  const renew = () => {
    timer = 0;
    if (busy && Date.now() - last < PATIENCE_MS) pending = true; else refresh();
  };
  const later = (ms = 0, apart = REFRESH_APART_MS) => {
    if (document.hidden) return;
    const at = Math.max(Date.now() + ms, last + apart);
    if (timer && due <= at) return;
    clearTimeout(timer);
    due = at;
    timer = setTimeout(renew, Math.max(0, at - Date.now()));
  };
  const soon = () => later(0, CHANGE_APART_MS);

  // As the host writes it: moments in a text are shown in the zone of the page.
  const say = (node, text) => {
    const parts = text.split(/(\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)? UTC)/);
    node.replaceChildren(...parts.map((part, index) => {
      const at = index % 2 ? new Date(`${part.slice(0, 10)}T${part.slice(11, -4)}Z`) : null;
      if (!at || isNaN(at)) return document.createTextNode(part);
      const time = document.createElement("time");
      time.className = "clock named";
      time.dateTime = at.toISOString();
      time.title = time.textContent = part;
      return time;
    }));
    tell();
  };

  // A check's result: into its row if its standing is the same, else the page is asked again.
  const rows = () => document.querySelectorAll("tr[data-check]");
  const result = (check) => {
    const row = [...rows()].find((row) => row.dataset.check === check.name);
    if (!row) { if (!rows().length || check.state !== "ok") soon(); return; }
    const standing = check.status === "paused" ? "paused" : check.last_run ? check.state : "waiting";
    if (row.dataset.standing !== standing) return soon();
    if (!check.last_run) return;
    say(row.querySelector("[data-f=summary]"), [...check.summary].length > 240 ? [...check.summary].slice(0, 240).join("") + "…" : check.summary);
    set(row.querySelector("[data-f=took]"), check.latency_seconds === null ? "" : latency(check.latency_seconds));
    const ran = row.querySelector(".c-ran time");
    if (!ran) return later();
    if (ran.dateTime === check.last_run) return;
    ran.dateTime = check.last_run;
    set(ran, span(now() - Date.parse(check.last_run)));
    row.classList.remove("fresh");
    void row.offsetWidth;
    row.classList.add("fresh");
  };

  // The stream. A page that hears nothing must say so: an old page that looks live is the worst of all.
  let heard = 0, lostAt = 0, said = 0;
  const live = () => {
    heard = Date.now();
    lostAt = 0;
    connection.className = "live";
    set(connection, "Live");
    stale.hidden = true;
  };
  const lost = () => {
    lostAt ||= Date.now();
    connection.className = "lost";
    set(connection, "Not live, trying again");
  };
  const canListen = Boolean(body.dataset.stream && window.EventSource);
  let source = null;
  // A browser holds six connections to a host at most, and a stream takes one: what nobody sees gives its own up, or the
  // seventh page would never load.
  const hush = () => { source?.close(); source = null; };
  const listen = () => {
    if (document.hidden || source) return;
    source = new EventSource(body.dataset.stream);
    source.addEventListener("hello", (event) => {
      const again = heard > 0;
      ahead = Date.parse(JSON.parse(event.data).now) - Date.now();
      live();
      if (again) later();
    });
    source.addEventListener("check", (event) => {
      const overview = document.querySelector("table.checks") || document.getElementById("counts");
      if (overview) result(JSON.parse(event.data)); else if (document.getElementById("now")) later();
    });
    for (const name of ["missed", "check-removed", "alert", "alert-closed", "window", "window-removed", "group-closed", "delivery"]) {
      source.addEventListener(name, soon);
    }
    source.onerror = () => {
      lost();
      // The browser comes back by itself unless it was refused.
      if (source?.readyState === EventSource.CLOSED) { source = null; setTimeout(listen, 5000); }
    };
  };

  setInterval(() => {
    tell();
    // Said anew only now and then: it is read out loud to some.
    if (lostAt && Date.now() - lostAt > 8000 && (stale.hidden || Date.now() - said > 15000)) {
      stale.hidden = false;
      said = Date.now();
      set(stale, `No word from the host for ${span(Date.now() - lostAt)}. What you see may be old.`);
    }
  }, 1000);
  setInterval(() => later(), Number(body.dataset.refresh) * 1000);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return hush();
    if (canListen) listen();
    later();
  });

  // The filter acts as one types.
  const form = document.getElementById("filter"), field = document.getElementById("q");
  if (form && field) {
    let typing = 0;
    const apply = () => {
      const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ""));
      const page = form.getAttribute("action");
      const next = new URL(query.size === 0 ? page : `${page}?${query}`, location.href).href;
      if (next === address) return;
      address = next;
      history.replaceState(null, "", address);
      refresh();
    };
    field.addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(apply, TYPING_MS); });
    form.addEventListener("change", apply);
    form.addEventListener("submit", (event) => { event.preventDefault(); apply(); });
    document.addEventListener("keydown", (event) => {
      const elsewhere = !/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) && !event.ctrlKey && !event.metaKey && !event.altKey;
      if (event.key === "/" && elsewhere) { event.preventDefault(); field.select(); field.focus(); }
      if (event.key === "Escape" && event.target === field) {
        if (field.value) { field.value = ""; apply(); } else field.blur();
      }
    });
  }

  // Where one picture is cut to show the other.
  document.addEventListener("input", (event) => {
    if (event.target.matches(".slide input[type=range]")) {
      event.target.closest(".slide").querySelector(".slide-pictures").style.setProperty("--cut", `${event.target.value}%`);
    }
  });

  // Shortcuts for what the pages offer anyway. The dialog that lists them is opened by a button as well.
  const help = document.getElementById("keys"), opener = document.getElementById("keys-open");
  const askHelp = () => { if (help && help.showModal && !help.open) help.showModal(); };
  if (opener) { opener.hidden = false; opener.addEventListener("click", askHelp); }
  const things = () => [...document.querySelectorAll("main .alert-name, main .c-name > a, main .service-head a")].filter((link) => link.offsetParent);
  const step = (by) => {
    const all = things(), at = all.indexOf(document.activeElement);
    const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by];
    if (next) { next.focus(); next.scrollIntoView({ block: "nearest" }); }
  };
  const within = () => document.activeElement.closest?.(".alert") || (document.getElementById("now")?.querySelector(".acts, .alert-foot") ? document : null);
  const unfold = (details) => { if (details) { details.open = true; details.querySelector("button, input:not([type=hidden]), select")?.focus(); } };
  const shortcuts = {
    j: () => step(1),
    k: () => step(-1),
    a: () => unfold(within()?.querySelector("details.act[id^=ack-]")),
    s: () => {
      const own = document.getElementById("silence"), more = within()?.querySelector("a.more");
      if (own) unfold(own); else if (more) location.href = `${more.href}#silence`;
    },
    "?": askHelp,
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) || document.querySelector("dialog[open]")) return;
    const act = Object.hasOwn(shortcuts, event.key) && shortcuts[event.key];
    if (act) { event.preventDefault(); act(); }
  });
  // Once the browser has gone there itself, which takes the focus away.
  if (location.hash === "#silence") addEventListener("load", () => setTimeout(() => unfold(document.getElementById("silence"))));

  // Forms that act. Without this script they are sent as any form, which is enough where a proxy adds the token;
  // with it the token is asked for once, kept for this tab, and what was typed survives a refusal.
  const kept = (store, key) => { try { return store.getItem(key) || ""; } catch { return ""; } };
  const keep = (store, key, value) => { try { if (value) store.setItem(key, value); else store.removeItem(key); } catch { /* It is asked for again. */ } };
  const knowNames = () => {
    const name = kept(localStorage, "watchkeep-name");
    if (name) for (const field of document.querySelectorAll("form.do input[name=by]")) if (!field.value) field.value = name;
  };
  const askToken = (why) => new Promise((resolve) => {
    const dialog = document.getElementById("token-dialog"), token = document.getElementById("token");
    if (!dialog || !dialog.showModal) return resolve("");
    if (why) set(document.getElementById("token-why"), why);
    token.value = "";
    dialog.returnValue = "";
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "ok" ? token.value.trim() : ""), { once: true });
    dialog.showModal();
  });
  const complain = (form, text) => {
    let line = form.querySelector(".refusal");
    if (!line) {
      line = document.createElement("p");
      line.className = "refusal failure";
      line.setAttribute("role", "alert");
      form.append(line);
    }
    line.textContent = text;
  };
  const act = async (form, button) => {
    const fields = new URLSearchParams(new FormData(form));
    if (button && button.name) fields.set(button.name, button.value);
    keep(localStorage, "watchkeep-name", form.querySelector("input[name=by]:not([type=hidden])")?.value.trim() || kept(localStorage, "watchkeep-name"));
    for (let round = 0; ; round++) {
      const token = kept(sessionStorage, "watchkeep-token");
      const headers = { accept: "text/html" };
      if (token) headers.authorization = `Bearer ${token}`;
      const answer = await fetch(form.action, { method: "POST", body: fields, headers });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (answer.status === 401 && !document.getElementById("token-dialog")) { location.assign("/login"); return; }
      if (answer.status === 401 && round < 5) {
        const given = await askToken(token ? "This is not the admin token. It is what admin_token under [host] names." : "");
        keep(sessionStorage, "watchkeep-token", given);
        if (given) continue;
        return;
      }
      const part = form.closest("[data-answer]");
      if (part && page.getElementById(part.id)) {
        answered = part;
        // What went well leaves an empty form.
        if (answer.redirected) form.reset();
        place(page, "[data-live][id], [data-answer][id]");
        answered = null;
        (part.querySelector(".failure, .shown-window") || part).scrollIntoView({ block: "nearest" });
      } else if (answer.ok) {
        form.reset();
        const details = form.closest("details.act");
        if (details) details.open = false;
        if (answer.redirected && new URL(answer.url).pathname === location.pathname) place(page);
        const section = document.getElementById("act"), newer = page.getElementById("act");
        if (section && section.contains(form) && newer) section.replaceChildren(...newer.childNodes);
        knowNames();
        document.getElementById("main").focus({ preventScroll: true });
      } else {
        complain(form, page.querySelector(".said")?.textContent || `The host answered ${answer.status}.`);
      }
      return;
    }
  };
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("form.do")) return;
    event.preventDefault();
    const buttons = [...form.querySelectorAll("button")];
    for (const button of buttons) button.disabled = true;
    try {
      await act(form, event.submitter);
    } catch {
      complain(form, "The host cannot be reached.");
    } finally {
      for (const button of buttons) button.disabled = false;
    }
  });

  tell();
  tellZone();
  tellAxis();
  knowNames();
  if (canListen) listen();
})();
