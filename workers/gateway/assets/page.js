// What a page does besides being read: it remembers dark or light, tells the zone, and follows what changes.
"use strict";
(() => {
  const root = document.documentElement;
  const keep = (name, value) => { document.cookie = `${name}=${value}; path=/; max-age=31536000; samesite=lax`; };
  const kept = (name) => document.cookie.split("; ").find((pair) => pair.startsWith(name + "="))?.slice(name.length + 1);

  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && root.dataset.zone && kept("zone") !== zone) {
    keep("zone", zone);
    if (kept("zone") === zone && root.dataset.zone !== zone) location.reload();
  }

  const theme = document.getElementById("theme");
  if (theme) {
    theme.hidden = false;
    theme.addEventListener("click", () => {
      const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = dark ? "light" : "dark";
      keep("theme", root.dataset.theme);
    });
  }

  const badge = document.getElementById("live");
  if (!badge || !window.EventSource) return;
  let source, asked = false, again = false;
  const say = (word, kind) => { badge.hidden = false; badge.textContent = word; badge.className = "badge live " + kind; };
  // As it came: what the reader has opened since is no change.
  const came = new Map([...document.querySelectorAll("[data-live]")].map((part) => [part.id, part.outerHTML]));
  // What the reader has opened and scrolled stays so.
  const carry = (from, to) => {
    const pairs = (css) => {
      const after = [...to.querySelectorAll(css)];
      return [...from.querySelectorAll(css)].flatMap((one, at) => after[at] ? [[one, after[at]]] : []);
    };
    for (const [before, after] of pairs("details")) after.open = before.open;
    return () => { for (const [before, after] of pairs(".scroll")) after.scrollLeft = before.dataset.left || 0; };
  };
  const renew = async () => {
    if (asked) { again = true; return; }
    asked = true;
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" } });
      if (answer.redirected && new URL(answer.url).pathname === "/sign-in") { say("signed out", "warn"); return; }
      if (!answer.ok) throw new Error(answer.status);
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const part of document.querySelectorAll("[data-live]")) {
        const now = fresh.getElementById(part.id);
        if (!now || now.outerHTML === came.get(part.id) || part.contains(document.activeElement)) continue;
        came.set(part.id, now.outerHTML);
        for (const wide of part.querySelectorAll(".scroll")) wide.dataset.left = wide.scrollLeft;
        const scroll = carry(part, now);
        part.replaceWith(now);
        scroll();
      }
      document.title = fresh.title;
      document.querySelector("h1").replaceWith(fresh.querySelector("h1"));
    } catch { say("reconnecting", "warn"); }
    setTimeout(() => { asked = false; if (again) { again = false; renew(); } }, 1000);
  };
  const follow = () => {
    source = new EventSource(badge.dataset.liveFrom);
    source.onopen = () => { say("live", "good"); renew(); };
    source.onerror = () => {
      say("reconnecting", "warn");
      // A browser tries again by itself, but not when it was refused.
      if (source.readyState === EventSource.CLOSED) setTimeout(() => { if (!document.hidden) follow(); }, 10000);
    };
    source.addEventListener("moved", renew);
  };
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) { source?.close(); say("paused", ""); } else { follow(); }
  });
  addEventListener("pagehide", () => source?.close());
  follow();
})();
