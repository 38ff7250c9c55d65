"use strict";
// What is shown, as the address says it after #: filters, search, order, page, the open trace and how it is looked at. Every
// view can so be linked, and the browser's back button works.

{
  const FACETS = [["state", "verdict"], ["reason", "reason"], ["mixture", "mixture"], ["source", "source"], ["domain", "domain"],
    ["tier", "tier"], ["difficulty", "difficulty"]];
  const SINGLE = ["q", "full", "several", "min", "max", "sort", "page", "open", "view", "raw"];

  viewer.facets = FACETS;
  viewer.views = [["", "one trace"], ["samples", "samples side by side"], ["rewriting", "raw beside rewritten"]];
  viewer.sorts = [["", "by id"], ["-id", "by id, descending"], ["length", "shortest first"], ["-length", "longest first"]];

  viewer.read = () => {
    const told = new URLSearchParams(location.hash.slice(1));
    const state = Object.fromEntries(SINGLE.map((name) => [name, told.get(name) ?? ""]));
    if (!viewer.views.some(([view]) => view === state.view)) state.view = "";
    if (!viewer.sorts.some(([sort]) => sort === state.sort)) state.sort = "";
    if (!/^[1-9][0-9]{0,8}$/.test(state.page)) state.page = "";
    for (const [name] of FACETS) state[name] = told.getAll(name);
    return state;
  };

  // The address of the present view with some keys changed; without a page, as another list begins at its first.
  viewer.address = (state, changes) => {
    const next = { ...state, ...changes };
    if (!("page" in changes) && !("open" in changes) && !("view" in changes) && !("raw" in changes)) next.page = "";
    const told = new URLSearchParams();
    for (const [name] of FACETS) for (const value of next[name]) told.append(name, value);
    for (const name of SINGLE) if (next[name]) told.set(name, next[name]);
    return `#${told}`;
  };

  viewer.go = (state, changes, replace = false) => {
    const address = viewer.address(state, changes);
    if (replace) location.replace(address); else location.hash = address;
  };

  viewer.opened = (row) => JSON.stringify([row.id, row.sample]);
}
