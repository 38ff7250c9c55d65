"use strict";
// Starts when data/list.js is there: draws what the address says, and answers to keys.

viewer.start = (listed) => {
  const { el, read } = viewer;
  const rows = viewer.rowsOf(listed.rows);
  const at = (id) => document.getElementById(id);
  viewer.cuts = new RegExp(listed.cuts, "g");
  let state = read(), passed = [], cursor = -1, drawn = "", drawnPage = "", found = null, foundFor = "", looking = 0;
  at("told").append(viewer.text(listed.told));

  const go = (changes, replace) => viewer.go(state, changes, replace);

  const box = el("input", { type: "search", id: "q", placeholder: "search ids and questions", "aria-label": "Search", autocomplete: "off" });
  const full = el("input", { type: "checkbox", id: "full" });
  let typing = 0;
  box.addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(() => go({ q: box.value }, true), 200); });
  full.addEventListener("change", () => go({ full: full.checked ? "1" : "" }, true));
  const sort = el("span");
  const toggle = at("toggle");
  toggle.addEventListener("click", () => toggle.setAttribute("aria-pressed", String(document.body.classList.toggle("filtering"))));
  const share = at("share");
  share.hidden = !navigator.clipboard;
  share.addEventListener("click", async () => {
    const copied = await navigator.clipboard.writeText(location.href).then(() => true, () => false);
    share.textContent = copied ? "link copied" : "copy the address";
    setTimeout(() => { share.textContent = "copy link"; }, 2000);
  });
  at("search").append(box, el("label", {}, full, el("span", {}, "in the full texts")), sort);

  // Reads the shards one after another; another query in between ends it.
  const look = async (query) => {
    const mine = (looking += 1), hits = new Set(), shards = new Map();
    for (const row of rows) {
      if (!shards.has(row.shard)) shards.set(row.shard, []);
      shards.get(row.shard).push(row);
    }
    let done = 0;
    for (const [number, group] of shards) {
      const shard = await viewer.shard(number);
      if (mine !== looking) return;
      for (const row of group) if (viewer.holds(row, shard, query)) hits.add(row.index);
      done += 1;
      at("count").replaceChildren(viewer.text(`searching: ${done} of ${shards.size} files, ${hits.size} found`));
    }
    [found, foundFor] = [hits, query];
    draw();
  };

  // Draws anew and leaves the focus on the control that had it: controls have keys.
  const keeping = (change) => {
    const key = document.activeElement?.dataset.key;
    change();
    if (key && document.activeElement?.dataset.key !== key) [...document.querySelectorAll("[data-key]")].find((node) => node.dataset.key === key)?.focus({ preventScroll: true });
  };
  const current = () => at("rows").querySelector("[aria-current], .cursor");

  const open = async () => {
    const row = rows.find((one) => viewer.opened(one) === state.open);
    document.body.classList.toggle("open", Boolean(row));
    document.body.classList.toggle("beside", Boolean(row && state.view));
    const told = JSON.stringify([state.open, state.view, state.raw]);
    if (!row) {
      const closed = drawn !== "" && !state.open;
      drawn = "";
      at("trace").replaceChildren();
      if (closed) current()?.focus({ preventScroll: true });
      if (state.open) at("count").append(viewer.text(" · the trace that the address names is not on this page"));
      return;
    }
    cursor = row.index;
    toView();
    const shard = await viewer.shard(row.shard).catch((error) => error);
    if (told !== JSON.stringify([state.open, state.view, state.raw])) return;
    if (shard instanceof Error) { at("trace").replaceChildren(el("p", { class: "verdict failed" }, shard.message)); return; }
    keeping(() => at("trace").replaceChildren(...viewer.drawTrace(row, rows, state, shard)));
    if (!drawn) at("trace").focus({ preventScroll: true });
    if (told !== drawn) { at("trace").scrollTop = 0; if (innerWidth < 900) scrollTo(0, 0); }
    drawn = told;
  };

  const draw = () => keeping(() => {
    const query = state.q.toLowerCase(), searching = state.full && query;
    if (searching && foundFor !== query) { look(query).catch((error) => at("count").replaceChildren(viewer.text(error.message))); return; }
    if (!searching) looking += 1;
    const result = viewer.passing(rows, state, searching ? found : null);
    passed = result.passed;
    viewer.drawFilters(at("filters"), rows, state, result.counts, go);
    sort.replaceChildren(viewer.drawSort(state, go));
    const place = state.open && !state.page ? passed.findIndex((row) => viewer.opened(row) === state.open) : -1;
    const { items, nav } = viewer.drawRows(passed, place < 0 ? state : { ...state, page: viewer.pageOf(place) }, cursor);
    at("rows").replaceChildren(...(items.length ? items : [viewer.drawNone(state)]));
    at("pages").replaceChildren(...nav);
    at("count").replaceChildren(viewer.text(`${passed.length.toLocaleString("en")} of ${rows.length.toLocaleString("en")} traces`));
    if (document.activeElement !== box) box.value = state.q;
    full.checked = Boolean(state.full);
    if (state.page !== drawnPage) { at("list").scrollTop = 0; if (innerWidth < 900 && !state.open) scrollTo(0, 0); }
    drawnPage = state.page;
    toView();
  });
  const toView = () => current()?.scrollIntoView({ block: "nearest" });

  const move = (by) => {
    const now = passed.findIndex((row) => row.index === cursor);
    const next = Math.min(passed.length - 1, Math.max(0, now < 0 ? 0 : now + by));
    if (!passed.length) return;
    cursor = passed[next].index;
    const changes = { page: viewer.pageOf(next) };
    if (state.open) changes.open = viewer.opened(passed[next]);
    if (viewer.address(state, changes) !== location.hash) go(changes, true);
    state = { ...state, ...changes };
    draw();
    if (!state.open || at("rows").contains(document.activeElement)) current()?.focus({ preventScroll: true });
  };

  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input, select, textarea")) { if (event.key === "Escape") event.target.blur(); return; }
    if (event.key === "j" || event.key === "k") move(event.key === "j" ? 1 : -1);
    else if (event.key === "/") { event.preventDefault(); box.focus(); }
    else if (event.key === "Escape" && state.open) go({ open: "" });
  });
  addEventListener("hashchange", () => { state = read(); draw(); open(); });
  draw();
  open();
};

addEventListener("load", () => {
  if (!viewer.cuts) document.getElementById("told").append("data/list.js is missing or torn: write the page again.");
});
