"use strict";
// One trace: question, verdict, thought and solution; the samples of its problem side by side; as the teacher wrote it beside
// what was made of it. Long texts come a part at a time, so that a megabyte does not stop the browser.

{
  const { el } = viewer;
  const PART = 30000, LINES = 1000; // characters and lines that are drawn at once: some ten thousand elements where all is formulas
  const BESIDE = 8; // samples that stand side by side at first: a problem may have thousands

  const facts = (pairs) => el("dl", {}, pairs.map(([name, value]) => [el("dt", {}, name), el("dd", { dir: "auto" }, value)]));

  // Where the part that begins at `from` ends: after a line, but for a line that is a part alone.
  const endOf = (source, from) => {
    const most = Math.min(source.length, from + PART);
    let end = from;
    for (let lines = 0; lines < LINES; lines += 1) {
      const next = source.indexOf("\n", end) + 1;
      if (next === 0 || next > most) return most === source.length ? most : end > from ? end : most;
      end = next;
    }
    return end;
  };

  // A text typeset, or as it is written; the rest of a long one behind a button.
  const shown = (source, state, formulas, from = 0) => {
    const to = endOf(source, from), whole = to === source.length;
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
    text ? el("p", { class: "answer" }, el("span", { class: "label" }, label), formulas.has("$" + text) ? viewer.maths("$" + text, formulas) : el("code", { dir: "auto" }, text)) : null;

  const rawOf = (trace) => trace.raw ?? `${trace.thought}\n\n${trace.solution}`;
  const isRewritten = (trace) => Boolean(trace.thought || trace.solution);

  const verdict = (row, trace, problem, formulas) => {
    const why = viewer.why(row, !problem.answer);
    return el("section", { class: `verdict ${trace.state}`, "aria-label": "Verdict" },
      el("p", {}, viewer.badge(row), [why, ...viewer.alsoSaid(row)].filter(Boolean).map((word) => [" · ", el("bdi", {}, word)])),
      answer("extracted", trace.extracted, formulas), answer("expected", problem.answer, formulas), facts(trace.verdict),
      trace.detail ? el("pre", { class: "detail", dir: "auto", tabindex: "0" }, trace.detail) : null);
  };

  const written = (trace, state, formulas) => {
    const rewritten = isRewritten(trace), came = rewritten ? "" : rawOf(trace).trim();
    const parts = [section("Thought", trace.thought, state, formulas), section("Solution", trace.solution, state, formulas, "solution"),
      section(trace.state === "failed" ? "What came" : "Text", came, state, formulas),
      section("Reasoning beside the answer", trace.reasoning, state, formulas)].filter(Boolean);
    return parts.length ? parts : [el("p", { class: "none" }, "No text came.")];
  };

  const asked = (problem, state, formulas) => [
    problem.question ? el("details", { class: "question", open: !state.view }, el("summary", { "data-key": "question" }, "Question"), shown(problem.question, state, formulas)) : null,
    problem.answer || problem.gold === "{}" ? null : el("details", {}, el("summary", { "data-key": "gold" }, "what the check needs"), el("pre", { class: "detail", tabindex: "0" }, problem.gold)),
    el("details", {}, el("summary", { "data-key": "record" }, "the problem's record"), facts([["id", problem.id], ["source", problem.source], ["domain", problem.domain], ...problem.facts]))];

  const column = (title, ...content) => el("section", { class: "column" }, el("h3", {}, title), content.flat());

  // How many samples of the problem were accepted, and which of them are trained on.
  const tally = (mates) => {
    const right = mates.filter((mate) => mate.state === "right").length;
    const taken = mates.filter((mate) => mate.mixture === "in the mixture").map((mate) => mate.sample);
    return el("p", { class: "small" }, `${right} of ${mates.length} samples of this problem ${right === 1 ? "is" : "are"} right` +
      (taken.length ? `; in the mixture: ${taken.join(", ")}` : ""));
  };

  const drawHead = (row, trace, mates, state) => {
    const fits = { samples: mates.length > 1, rewriting: isRewritten(trace) || trace.state === "dropped" };
    const tab = (key, label, current, changes) => el("a", { class: "tab", "data-key": key, href: viewer.address(state, changes), "aria-current": current ? "true" : null }, label);
    const tabs = viewer.views.filter(([view]) => fits[view] ?? true).map(([view, label]) => tab(`view ${view}`, label, state.view === view, { view }));
    const raw = tab("raw", "as written", state.raw, { raw: state.raw ? "" : "1" });
    const samples = mates.map((mate) => tab(`sample ${mate.sample}`, [`${mate.sample} `, viewer.badge(mate), mate.mixture === "in the mixture" ? " in the mixture" : null],
      mate === row, { open: viewer.opened(mate) }));
    return [el("a", { class: "button back", href: viewer.address(state, { open: "" }) }, "back to the list"),
      el("h2", {}, el("bdi", {}, row.id), el("span", { class: "whole" }, ` · sample ${row.sample}`)),
      el("nav", { class: "tabs", "aria-label": "Views" }, tabs, raw),
      mates.length > 1 ? tally(mates) : null,
      mates.length > 1 && state.view !== "samples" ? el("nav", { class: "tabs", "aria-label": "Samples" }, samples) : null];
  };

  const drawSamples = (problem, mates, state, formulas, place) => {
    const one = (mate) => column(`sample ${mate.sample}`, verdict(mate, problem.traces[mate.place], problem, formulas), ...written(problem.traces[mate.place], state, formulas));
    const from = mates.length <= BESIDE ? 0 : place;
    const ordered = [...mates.slice(from), ...mates.slice(0, from)]; // the open one and those after it
    const columns = el("div", { class: "columns", tabindex: "0", role: "group", "aria-label": "Samples side by side" });
    const add = (at) => {
      columns.append(...ordered.slice(at, at + BESIDE).map(one));
      if (at + BESIDE >= ordered.length) return;
      const more = el("button", { type: "button" }, `show more: ${(ordered.length - at - BESIDE).toLocaleString("en")} samples are left`);
      more.addEventListener("click", () => { more.remove(); add(at + BESIDE); });
      columns.append(more);
    };
    add(0);
    return [columns];
  };

  const drawRewriting = (trace, state, formulas) => {
    const given = [section("Reasoning", trace.reasoning, state, formulas), section("Text", rawOf(trace), state, formulas)];
    const made = isRewritten(trace) ? written({ ...trace, reasoning: "" }, state, formulas) : [el("p", {}, "nothing was made of it")];
    return [isRewritten(trace) ? viewer.changes(`${trace.reasoning}\n${rawOf(trace)}`, `${trace.thought}\n${trace.solution}`) : null,
      el("div", { class: "columns two", tabindex: "0", role: "group", "aria-label": "Raw beside rewritten" }, column("raw", ...given), column("rewritten", ...made))];
  };

  viewer.drawTrace = (row, rows, state, shard) => {
    const problem = shard.problems[row.problem], { formulas } = shard;
    const trace = problem.traces[row.place];
    const mates = rows.slice(row.index - row.place, row.index - row.place + problem.traces.length);
    const judged = verdict(row, trace, problem, formulas);
    let body;
    if (state.view === "samples" && mates.length > 1) body = drawSamples(problem, mates, state, formulas, row.place);
    else if (state.view === "rewriting") body = [judged, ...drawRewriting(trace, state, formulas)];
    else body = [judged, ...written(trace, state, formulas), trace.facts.length ? el("section", {}, el("h3", {}, "Where it comes from"), facts(trace.facts)) : null];
    return [...drawHead(row, trace, mates, state), ...asked(problem, state, formulas), ...body].filter(Boolean);
  };

  // Whether a row's texts hold the words that are searched for, in lower case.
  viewer.holds = (row, shard, query) => {
    const problem = shard.problems[row.problem], trace = problem.traces[row.place];
    return [problem.id, problem.question, trace.thought, trace.solution, trace.raw ?? "", trace.reasoning, trace.detail].some((text) => text.toLowerCase().includes(query));
  };
}
