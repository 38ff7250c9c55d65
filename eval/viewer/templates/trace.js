"use strict";
// One trace: question, verdict, thought and solution; the samples of its problem side by side; as the teacher wrote it beside
// what was made of it. Long texts come a part at a time, so that a megabyte does not stop the browser.

{
  const { el } = viewer;
  const PART = 60000;
  const VIEWS = [["", "one trace"], ["samples", "samples side by side"], ["rewriting", "raw beside rewritten"]];

  const facts = (pairs) => el("dl", {}, pairs.map(([name, value]) => [el("dt", {}, name), el("dd", { dir: "auto" }, value)]));

  // A text typeset, or as it is written; the rest of a long one behind a button.
  const shown = (source, state, formulas, from = 0) => {
    const whole = source.length - from <= PART;
    const line = whole ? source.length : source.lastIndexOf("\n", from + PART) + 1;
    const to = line > from ? line : from + PART;
    const part = source.slice(from, to);
    const place = state.raw ? el("pre", { class: "raw", dir: "auto", tabindex: "0" }, part) : el("div", { class: "prose", dir: "auto" }, viewer.markup(part, formulas));
    if (whole) return [place];
    const more = el("button", { type: "button" }, `show more: ${(source.length - to).toLocaleString("en")} characters are left`);
    more.addEventListener("click", () => more.replaceWith(...shown(source, state, formulas, to)));
    return [place, more];
  };

  const section = (title, source, state, formulas, kind = "") =>
    source ? el("section", { class: kind }, el("h3", {}, title), shown(source, state, formulas)) : null;

  const answer = (label, text, formulas) =>
    text ? el("p", { class: "answer" }, el("span", { class: "label" }, label), formulas.has("$" + text) ? viewer.maths("$" + text, formulas) : el("code", {}, text)) : null;

  const rawOf = (trace) => trace.raw ?? `${trace.thought}\n\n${trace.solution}`;

  const verdict = (row, trace, formulas) => el("section", { class: `verdict ${trace.state}` },
    el("p", {}, viewer.badge(row), " ", [trace.reason, trace.mixture].filter((word) => word !== viewer.stateName(trace.state)).join(" · ")),
    answer("extracted", trace.extracted, formulas), facts(trace.verdict),
    trace.detail ? el("pre", { class: "detail", tabindex: "0" }, trace.detail) : null);

  const written = (trace, state, formulas) => {
    const rewritten = trace.thought || trace.solution;
    return [section("Thought", trace.thought, state, formulas), section("Solution", trace.solution, state, formulas, "solution"),
      rewritten ? null : section(trace.state === "failed" ? "What came" : "Text", rawOf(trace).trim(), state, formulas),
      section("Reasoning beside the answer", trace.reasoning, state, formulas)];
  };

  const asked = (problem, state, formulas) => [
    problem.question ? el("details", { class: "question", open: !state.view }, el("summary", {}, "Question"), shown(problem.question, state, formulas)) : null,
    answer("gold", problem.answer, formulas),
    problem.answer || problem.gold === "{}" ? null : el("details", {}, el("summary", {}, "gold"), el("pre", { class: "detail", tabindex: "0" }, problem.gold)),
    el("details", {}, el("summary", {}, "the problem's record"), facts([["id", problem.id], ["source", problem.source], ["domain", problem.domain], ...problem.facts]))];

  const column = (title, ...content) => el("section", { class: "column" }, el("h3", {}, title), content.flat());

  viewer.drawTrace = (row, rows, state, shard) => {
    const problem = shard.problems[row.problem], { formulas } = shard;
    const trace = problem.traces[row.place];
    const mates = rows.slice(row.index - row.place, row.index - row.place + problem.traces.length);
    const tabs = VIEWS.filter(([view]) => view !== "samples" || mates.length > 1).map(([view, label]) =>
      el("a", { class: "tab", href: viewer.address(state, { view }), "aria-current": state.view === view ? "true" : null }, label));
    const raw = el("a", { class: "tab", href: viewer.address(state, { raw: state.raw ? "" : "1" }), "aria-current": state.raw ? "true" : null }, "as written");
    const samples = mates.map((mate) => el("a", { class: "tab", href: viewer.address(state, { open: viewer.opened(mate) }),
      "aria-current": mate === row ? "true" : null }, `${mate.sample} `, viewer.badge(mate)));
    const head = [el("a", { class: "button back", href: viewer.address(state, { open: "" }) }, "back to the list"),
      el("h2", { dir: "auto" }, `${row.id} · sample ${row.sample}`),
      el("nav", { class: "tabs", "aria-label": "Views" }, tabs, raw), samples.length > 1 && state.view !== "samples" ? el("nav", { class: "tabs", "aria-label": "Samples" }, samples) : null];
    let body;
    if (state.view === "samples" && mates.length > 1) {
      body = [el("div", { class: "columns", tabindex: "0" }, mates.map((mate) => {
        const other = problem.traces[mate.place];
        return column(`sample ${mate.sample}`, verdict(mate, other, formulas), ...written(other, state, formulas));
      }))];
    } else if (state.view === "rewriting") {
      const rewritten = trace.thought || trace.solution;
      body = [verdict(row, trace, formulas), el("div", { class: "columns two", tabindex: "0" },
        column("raw", shown(rawOf(trace), state, formulas)),
        column("rewritten", ...(rewritten ? written({ ...trace, reasoning: "" }, state, formulas) : [el("p", {}, "nothing was made of it")])))];
    } else {
      body = [verdict(row, trace, formulas), ...written(trace, state, formulas), trace.facts.length ? el("section", {}, el("h3", {}, "Where it comes from"), facts(trace.facts)) : null];
    }
    return [...head, ...asked(problem, state, formulas), ...body].filter(Boolean);
  };

  // Whether a row's texts hold the words that are searched for, in lower case.
  viewer.holds = (row, shard, query) => {
    const problem = shard.problems[row.problem], trace = problem.traces[row.place];
    return [problem.id, problem.question, trace.thought, trace.solution, trace.raw ?? "", trace.reasoning, trace.detail].some((text) => text.toLowerCase().includes(query));
  };
}
