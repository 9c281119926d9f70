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
  const renew = async () => {
    if (asked) { again = true; return; }
    asked = true;
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" } });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const part of document.querySelectorAll("[data-live]")) {
        const now = fresh.getElementById(part.id);
        if (now && now.outerHTML !== part.outerHTML && !part.contains(document.activeElement)) part.replaceWith(now);
      }
    } catch { say("reconnecting", "warn"); }
    setTimeout(() => { asked = false; if (again) { again = false; renew(); } }, 1000);
  };
  const follow = () => {
    source = new EventSource(badge.dataset.liveFrom);
    source.onopen = () => say("live", "good");
    source.onerror = () => say("reconnecting", "warn");
    source.addEventListener("moved", renew);
  };
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) { source?.close(); say("paused", ""); } else { follow(); renew(); }
  });
  addEventListener("pagehide", () => source?.close());
  follow();
})();
