"use strict";
// Search and filters of the timeline. The page is whole without it: this only hides, marks and counts.
(() => {
  const $ = (id) => document.getElementById(id);
  const said = JSON.parse($("said").textContent);
  const form = $("bar").querySelector("form");
  const box = form.elements.q;
  const told = form.querySelector("output");
  const number = new Intl.NumberFormat(document.documentElement.lang);
  const entries = [...document.getElementsByClassName("e")];
  const lists = [...document.querySelectorAll("#timeline ol")];
  const KEYS = { party: "p", kind: "k", category: "c", place: "l", priority: "r" }; // of the attributes of an entry
  const FACETS = Object.keys(KEYS);
  const AT_ONCE = 60; // hits marked at once; the others when they come into sight
  const starts = [0]; // of each list, the number of its first entry
  for (const list of lists) starts.push(starts.at(-1) + list.children.length);
  const showing = new Uint8Array(entries.length).fill(1); // whether an entry is not hidden itself
  let texts = null; // what can be searched, folded, one an entry
  let terms = []; // what is marked
  let hits = entries;
  let at = -1;

  // -- text: case and accents do not matter ---------------------------------------------------------------------

  const PLAIN = { "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i", "ς": "σ" };
  const fold = (text) =>
    /^[\x20-\x7e]*$/.test(text)
      ? text.toLowerCase()
      : text.normalize("NFKD").replace(/\p{M}+/gu, "").toLowerCase().replace(/\p{M}+|[øłđðþßæœıς]/gu, (c) => PLAIN[c] ?? "");

  function wanted(query) {
    const found = { all: [], none: [] };
    for (const [, minus, phrase, word] of query.matchAll(/(-?)(?:"([^"]*)"?|([^\s"]+))/g)) {
      const term = fold(phrase ?? word).trim();
      if (term) (minus ? found.none : found.all).push(term);
    }
    return found;
  }

  const LETTER = /[\p{L}\p{N}]/u;
  const SHORT = 2; // a term of so few letters is looked for where a word begins, or it is in every text

  function place(text, term, from = 0) { // where a term is in a text, -1 where it is not
    let n = text.indexOf(term, from);
    while (n > 0 && term.length <= SHORT && LETTER.test(text[n - 1])) n = text.indexOf(term, n + 1);
    return n;
  }

  function read(from, until) {
    for (let n = from; n < until; n++) texts[n] ??= fold(entries[n].textContent);
  }

  function prepare() { // while nobody is typing yet, a little at a time
    const idle = window.requestIdleCallback ?? ((work) => setTimeout(work, 20));
    texts = new Array(entries.length).fill(null);
    let next = 0;
    const step = () => {
      read(next, Math.min(next += 500, entries.length));
      if (next < entries.length) idle(step);
    };
    idle(step);
  }

  // -- marks ----------------------------------------------------------------------------------------------------

  const marked = new Set();

  function mark(entry) {
    if (!terms.length || marked.has(entry) || entry.hidden) return;
    marked.add(entry);
    const nodes = [];
    const walker = document.createTreeWalker(entry, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) if (walker.currentNode.data.trim()) nodes.push(walker.currentNode);
    for (const node of nodes) markText(node);
  }

  function markText(node) {
    let folded = "";
    const begins = []; // of each folded letter, where it begins in the text
    let where = 0;
    for (const letter of node.data) {
      const plain = fold(letter);
      for (let n = 0; n < plain.length; n++) begins.push(where);
      folded += plain;
      where += letter.length;
    }
    begins.push(where);
    const spans = [];
    for (const term of terms) {
      for (let n = place(folded, term); n >= 0; n = place(folded, term, n + term.length)) {
        let end = n + term.length;
        while (end < begins.length - 1 && begins[end] === begins[end - 1]) end++;
        spans.push([begins[n], begins[end]]);
      }
    }
    if (!spans.length) return;
    spans.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
    const made = document.createDocumentFragment();
    let done = 0;
    for (const [start, end] of spans) {
      if (end <= done) continue;
      const from = Math.max(start, done);
      made.append(node.data.slice(done, from));
      const hit = document.createElement("mark");
      hit.textContent = node.data.slice(from, end);
      made.append(hit);
      done = end;
    }
    made.append(node.data.slice(done));
    node.replaceWith(made);
  }

  function unmark() {
    for (const entry of marked) {
      for (const one of entry.querySelectorAll("mark")) one.replaceWith(one.textContent);
      entry.normalize();
    }
    marked.clear();
  }

  const inSight = new Set();
  const watch = new IntersectionObserver(
    (seen) => {
      for (const { target, isIntersecting } of seen) {
        if (!isIntersecting) { inSight.delete(target); continue; }
        inSight.add(target);
        for (const entry of target.children) mark(entry);
      }
    },
    { rootMargin: "50% 0px" },
  );
  for (const list of lists) watch.observe(list);

  // -- what is shown --------------------------------------------------------------------------------------------

  function show() {
    const { all, none } = wanted(box.value);
    const chosen = FACETS.map((name) => [KEYS[name], form.elements[name].value]).filter(([, value]) => value !== "");
    const searching = all.length || none.length;
    if (searching) {
      texts ??= new Array(entries.length).fill(null);
      read(0, entries.length);
    }
    unmark();
    leave();
    terms = all;
    hits = [];
    const fits = new Uint8Array(entries.length);
    for (let n = 0; n < entries.length; n++) {
      if (chosen.length && !chosen.every(([key, value]) => entries[n].dataset[key] === value)) continue;
      if (searching && (all.some((term) => place(texts[n], term) < 0) || none.some((term) => place(texts[n], term) >= 0))) continue;
      fits[n] = 1;
      hits.push(entries[n]);
    }
    lists.forEach((list, k) => {
      const any = fits.subarray(starts[k], starts[k + 1]).includes(1);
      if (list.hidden === any) list.hidden = !any;
      if (!any) return; // nobody sees its entries: they keep what they have
      for (let n = starts[k]; n < starts[k + 1]; n++) if (showing[n] !== fits[n]) entries[n].hidden = !(showing[n] = fits[n]);
    });
    for (const hour of document.querySelectorAll("#timeline .hour")) hour.hidden = !hour.querySelector("ol:not([hidden])");
    for (const day of document.querySelectorAll("#timeline .day")) day.hidden = !day.querySelector(".hour:not([hidden])");
    for (const name of FACETS) form.elements[name].classList.toggle("on", form.elements[name].value !== "");
    for (const entry of hits.slice(0, AT_ONCE)) mark(entry);
    for (const list of inSight) for (const entry of list.children) mark(entry);
    $("nothing").hidden = hits.length > 0 || !entries.length;
    tell();
    remember();
  }

  const narrowed = () => hits.length !== entries.length || terms.length > 0;

  function tell() {
    const n = number.format(hits.length);
    const all = number.format(entries.length);
    const step = at >= 0 ? said.at.replace("{k}", number.format(at + 1)).replace("{n}", n) + " · " : "";
    told.textContent = narrowed() ? step + said.found.replace("{n}", n).replace("{all}", all) : step + said.all.replace("{n}", all);
  }

  function leave() {
    if (at >= 0) {
      hits[at]?.classList.remove("at");
      hits[at]?.removeAttribute("aria-current");
    }
    at = -1;
  }

  function go(to) {
    if (!hits.length) return;
    leave();
    at = (to + hits.length) % hits.length;
    const entry = hits[at];
    mark(entry);
    entry.classList.add("at");
    entry.setAttribute("aria-current", "true");
    entry.scrollIntoView({ block: "center" });
    requestAnimationFrame(() => entry.scrollIntoView({ block: "center" })); // its neighbours have their height now
    tell();
  }

  const from = () => { // the hit before the first one that is in sight, where nobody has stepped yet
    const seen = hits.findIndex((entry) => !entry.parentElement.hidden && entry.getBoundingClientRect().bottom > $("bar").offsetHeight);
    return seen < 0 ? 0 : seen;
  };
  const next = () => go(at >= 0 ? at + 1 : narrowed() ? 0 : from());
  const previous = () => go(at >= 0 ? at - 1 : narrowed() ? hits.length - 1 : from());

  function clear() {
    const here = hits[at];
    box.value = "";
    for (const name of FACETS) form.elements[name].value = "";
    show();
    if (here) go(hits.indexOf(here));
  }

  // -- the address keeps what was asked ---------------------------------------------------------------------------

  function remember() {
    const asked = new URLSearchParams();
    if (box.value) asked.set("q", box.value);
    for (const name of FACETS) {
      const { value, selectedOptions } = form.elements[name];
      if (value !== "") asked.set(name, selectedOptions[0].dataset.name);
    }
    const now = String(asked) ? "#" + asked : location.hash.includes("=") ? location.pathname : "";
    try { if (now) history.replaceState(null, "", now); } catch { /* a browser that does not let files do this */ }
  }

  function recall() {
    if (!location.hash.includes("=")) return false;
    const asked = new URLSearchParams(location.hash.slice(1));
    box.value = asked.get("q") ?? "";
    for (const name of FACETS) {
      const found = [...form.elements[name].options].find((one) => one.dataset.name && one.dataset.name === asked.get(name));
      form.elements[name].value = found ? found.value : "";
    }
    return true;
  }

  function fill() { // each filter lists what the timeline holds
    const found = Object.fromEntries(FACETS.map((name) => [name, new Map()]));
    for (const { dataset } of entries) {
      for (const name of FACETS) {
        const value = dataset[KEYS[name]];
        if (value !== undefined) found[name].set(value, (found[name].get(value) ?? 0) + 1);
      }
    }
    for (const name of FACETS) {
      const rows = [...found[name]].map(([value, n]) => [value, n, said.names[name][value] ?? ""]);
      if (name !== "priority") rows.sort((a, b) => a[2].localeCompare(b[2], document.documentElement.lang));
      else rows.sort((a, b) => said.priorities.indexOf(a[2]) - said.priorities.indexOf(b[2]));
      for (const [value, n, text] of rows.slice(0, 1000)) {
        const one = new Option(`${text} (${number.format(n)})`, value);
        one.dataset.name = text;
        form.elements[name].append(one);
      }
      form.elements[name].hidden = !rows.length;
    }
  }

  // -- keys -------------------------------------------------------------------------------------------------------

  let waiting = 0;
  form.addEventListener("submit", (event) => event.preventDefault());
  box.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(show, entries.length > 20000 ? 180 : 60); });
  for (const name of FACETS) form.elements[name].addEventListener("change", show);
  $("next").addEventListener("click", next);
  $("previous").addEventListener("click", previous);
  $("clear").addEventListener("click", () => { clear(); box.focus(); });
  window.addEventListener("hashchange", () => { if (recall()) show(); });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target === box;
    const choosing = event.target instanceof HTMLSelectElement;
    const does = {
      "/": !typing && (() => { box.focus(); box.select(); }),
      Escape: () => { clear(); document.activeElement.blur(); },
      Enter: typing && (() => { clearTimeout(waiting); if (at < 0) show(); (event.shiftKey ? previous : next)(); }),
      ArrowDown: typing && next,
      ArrowUp: typing && previous,
      n: !typing && !choosing && next,
      p: !typing && !choosing && previous,
    }[event.key];
    if (!does) return;
    event.preventDefault();
    does();
  });

  fill();
  $("bar").hidden = false;
  if (recall()) show();
  else tell();
  prepare();
})();
