/**
 * Keeps an open page up to date. While the page is visible it requests itself every five seconds
 * and replaces the children of each `data-list` that have changed; the focus is kept. It also shows
 * times in the reader's time zone and filters rows. The page reloads itself if style or script have
 * changed.
 */
export const SCRIPT = `(() => {
  const d = document, all = (what, root = d) => [...root.querySelectorAll(what)], lists = "[data-list]";
  const [stale] = all("#stale"), [filter] = all("#filter"), [field] = all("input");
  const ago = new Intl.RelativeTimeFormat("en"), units = { day: 864e5, hour: 36e5, minute: 6e4 };
  let tag, seen = new Date();
  const say = (at, clock) => {
    const age = Date.now() - at, unit = Object.keys(units).find((it) => age >= units[it]);
    if (clock) return at.toLocaleString("en-GB", { dateStyle: age > 864e5 ? "medium" : undefined, timeStyle: "short" });
    return unit ? ago.format(-Math.floor(age / units[unit]), unit) : "just now";
  };
  const tidy = () => {
    for (const it of all("[datetime]")) {
      const at = new Date(it.dateTime), text = say(at, it.className === "clock");
      if (it.textContent !== text) it.textContent = text;
      it.title = at.toLocaleString();
    }
    const rows = all("tbody"), words = field.value.toLowerCase();
    filter.hidden = rows.length < 21 && !words;
    for (const it of rows) it.hidden = !it.textContent.toLowerCase().includes(words);
  };
  const keep = (it) => Object.assign(it, { was: it.outerHTML });
  const show = (next) => {
    if (next.body.id !== d.body.id) return location.reload();
    const focus = d.activeElement, old = all(lists);
    all(lists, next).forEach((from, at) => {
      const list = old[at], rows = [...list.children];
      if (list.was === from.outerHTML) return;
      list.was = from.outerHTML;
      list.hidden = from.hidden;
      list.replaceChildren(...[...from.children].map((it) => rows.find(({ was }) => was === it.outerHTML) ?? keep(it)));
    });
    if (focus !== d.activeElement) all("a").find(({ href }) => href === focus.href)?.focus();
    d.title = next.title;
  };
  const look = async () => {
    if (d.hidden) return;
    try {
      const answer = await fetch("", { headers: { "if-none-match": tag }, signal: AbortSignal.timeout(4e3) });
      if (answer.ok) show(new DOMParser().parseFromString(await answer.text(), "text/html"));
      else if (answer.status !== 304) throw 0;
      tag = answer.headers.get("etag");
      seen = new Date();
      stale.hidden = true;
    } catch {
      all("time", stale)[0].dateTime = seen.toISOString();
      stale.hidden = false;
    }
    tidy();
  };
  all(lists + "," + lists + ">*").forEach(keep);
  field.oninput = tidy;
  d.onvisibilitychange = look;
  setInterval(look, 5e3);
  tidy();
})();
`.replace(/^ +/gm, "");
