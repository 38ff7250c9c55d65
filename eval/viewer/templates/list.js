"use strict";
// The list of traces: which rows pass the filters, how many there are at every value, one page of them at a time.

{
  const { el } = viewer;
  const PAGE = 100;
  const MOST = 200; // values of a filter that are offered: a page of as many boxes as traces would stand still

  // Rows as they come: id, sample, state, ...; see page.py.
  viewer.rowsOf = (rows) => {
    let excerpt = "";
    return rows.map(([id, sample, state, reason, tier, mixture, length, source, domain, difficulty, samples, shard, problem, place, said], index) => {
      if (place === 0) excerpt = said;
      return { index, id, sample, state, reason, tier: tier || "none", mixture, length, source, domain,
        difficulty: difficulty === null ? "unknown" : String(difficulty), samples, shard, problem, place, excerpt,
        quick: `${id} ${source} ${excerpt}`.toLowerCase() };
    });
  };

  // Which rows pass, and for every value of a filter how many would if that filter alone were lifted.
  viewer.passing = (rows, state, found) => {
    const query = state.q.toLowerCase(), min = Number(state.min) || 0, max = Number(state.max) || Infinity;
    const wanted = viewer.facets.map(([name]) => [name, new Set(state[name])]);
    const counts = Object.fromEntries(viewer.facets.map(([name]) => [name, new Map()]));
    const passed = rows.filter((row) => {
      if (query && !(found ? found.has(row.index) : row.quick.includes(query))) return false;
      if (row.length < min || row.length > max || (state.several && row.samples < 2)) return false;
      const failed = wanted.filter(([name, values]) => values.size && !values.has(row[name]));
      for (const [name] of wanted) {
        if (!failed.length || (failed.length === 1 && failed[0][0] === name)) counts[name].set(row[name], (counts[name].get(row[name]) ?? 0) + 1);
      }
      return !failed.length;
    });
    const way = state.sort.startsWith("-") ? -1 : 1;
    if (state.sort.endsWith("length")) passed.sort((a, b) => way * (a.length - b.length) || a.index - b.index);
    else if (way < 0) passed.reverse();
    return { passed, counts };
  };

  viewer.drawFilters = (place, rows, state, counts, go) => {
    const before = new Map([...place.querySelectorAll("details")].map((node) => [node.dataset.name, { open: node.open, top: node.lastChild.scrollTop }]));
    const groups = viewer.facets.map(([name, label]) => {
      const numeric = name === "difficulty";
      const values = [...new Set([...rows.map((row) => row[name]), ...state[name]])];
      if (values.length < 2 && !state[name].length) return null;
      const order = name === "state" ? viewer.states : null;
      values.sort((a, b) => order ? order.indexOf(a) - order.indexOf(b) : numeric ? Number(a) - Number(b) : (counts[name].get(b) ?? 0) - (counts[name].get(a) ?? 0) || (a < b ? -1 : 1));
      const offered = [...new Set([...values.slice(0, MOST), ...state[name].slice(0, MOST)])];
      const choices = offered.map((value) => {
        const box = el("input", { type: "checkbox", checked: state[name].includes(value), "data-key": `${name} ${value}` });
        box.addEventListener("change", () => go({ [name]: box.checked ? [...state[name], value] : state[name].filter((other) => other !== value) }));
        return el("label", {}, box, el("span", { dir: "auto" }, name === "state" ? viewer.stateName(value) : value || "none"),
          el("span", { class: "n" }, (counts[name].get(value) ?? 0).toLocaleString("en")));
      });
      const left = values.length - offered.length;
      const made = el("details", { open: before.get(name)?.open ?? true }, el("summary", { "data-key": name }, label),
        el("div", { class: "choices", role: "group", "aria-label": label }, choices, left > 0 ? el("p", { class: "small" }, `${left.toLocaleString("en")} more values: search for them`) : null));
      made.dataset.name = name;
      return made;
    });
    const bound = (name, label) => {
      const input = el("input", { type: "number", min: "0", value: state[name], placeholder: label, "data-key": name, "aria-label": `length, ${label}` });
      input.addEventListener("change", () => go({ [name]: input.value }));
      return input;
    };
    const several = el("input", { type: "checkbox", checked: Boolean(state.several), "data-key": "several" });
    several.addEventListener("change", () => go({ several: several.checked ? "1" : "" }));
    const clear = el("a", { href: "#", class: "button", "data-key": "clear" }, "clear all");
    place.replaceChildren(...groups.filter(Boolean),
      el("fieldset", {}, el("legend", {}, "length in characters"), bound("min", "min"), " – ", bound("max", "max")),
      el("fieldset", {}, el("label", {}, several, el("span", {}, "problems with several samples"))), clear);
    for (const node of place.querySelectorAll("details")) node.lastChild.scrollTop = before.get(node.dataset.name)?.top ?? 0;
  };

  viewer.drawSort = (state, go) => {
    const select = el("select", { "aria-label": "Order", "data-key": "sort" }, viewer.sorts.map(([value, label]) => el("option", { value }, label)));
    select.value = state.sort;
    select.addEventListener("change", () => go({ sort: select.value }));
    return select;
  };

  viewer.drawRows = (passed, state, cursor) => {
    const pages = Math.max(1, Math.ceil(passed.length / PAGE));
    const page = Math.min(pages, Math.max(1, Number(state.page) || 1));
    const items = passed.slice((page - 1) * PAGE, page * PAGE).map((row) => {
      const opened = viewer.opened(row);
      const link = el("a", { "data-key": `row ${row.index}`, href: viewer.address(state, { open: opened }), "aria-current": state.open === opened ? "true" : null,
        class: cursor === row.index ? "cursor" : "" },
      el("span", { class: "top" }, viewer.badge(row), el("span", { class: "id" }, el("bdi", {}, row.id), el("span", { class: "whole" }, ` · ${row.sample}`)),
        el("span", { class: "n" }, `${row.length.toLocaleString("en")} chars`)),
      el("span", { class: "excerpt", dir: "auto" }, row.excerpt || "no question"),
      el("span", { class: "small", dir: "auto" }, 
        [row.source, row.domain, ...viewer.alsoSaid(row)].filter((word) => word !== "not mixed yet").join(" · ")));
      return el("li", {}, link);
    });
    const step = (label, to) => to >= 1 && to <= pages ? el("a", { class: "button", "data-key": label, href: viewer.address(state, { page: String(to) }) }, label) : null;
    const nav = pages < 2 ? [] : [step("previous", page - 1), `page ${page} of ${pages.toLocaleString("en")}`, step("next", page + 1)].filter(Boolean);
    return { items, nav };
  };

  // What stands in place of rows where none passes: how to see some again.
  viewer.drawNone = (state) => {
    const ways = [state.q && !state.full ? el("a", { href: viewer.address(state, { full: "1" }) }, "search the full texts") : null,
      el("a", { href: "#" }, "clear search and filters")].filter(Boolean);
    return el("li", { class: "none" }, el("p", {}, "No trace passes the search and the filters."), el("p", {}, ways.flatMap((way) => [way, " "])));
  };

  viewer.pageOf = (place) => String(Math.floor(place / PAGE) + 1);
}
