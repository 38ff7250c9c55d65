"use strict";
// What a rewriting changed: the lines of the raw text that are gone and those that are new, wherever they stand.

{
  const { el } = viewer;
  const MOST = 300; // lines that are listed of each kind
  const LONGEST = 2000; // characters of such a line

  const linesOf = (text) => text.split("\n").map((line) => line.trim()).filter(Boolean);

  // The lines of one text that the other has not, or not as often.
  const missing = (lines, others) => {
    const left = new Map();
    for (const line of others) left.set(line, (left.get(line) ?? 0) + 1);
    return lines.filter((line) => {
      const times = left.get(line) ?? 0;
      left.set(line, times - 1);
      return times <= 0;
    });
  };

  const listed = (kind, mark, lines) => [
    lines.slice(0, MOST).map((line) => el("span", { class: kind, dir: "auto" }, `${mark} ${line.slice(0, LONGEST)}${line.length > LONGEST ? " …" : ""}`)),
    lines.length > MOST ? el("span", { class: kind }, `${mark} and ${(lines.length - MOST).toLocaleString("en")} more lines`) : []];

  viewer.changes = (raw, rewritten) => {
    const before = linesOf(raw), after = linesOf(rewritten);
    const gone = missing(before, after), added = missing(after, before);
    const told = gone.length + added.length === 0
      ? "Every line was kept: the rewriting only cut the text into thought and solution."
      : `${gone.length.toLocaleString("en")} of ${before.length.toLocaleString("en")} lines are gone, ` +
        `${added.length.toLocaleString("en")} of ${after.length.toLocaleString("en")} are new.`;
    const lines = gone.length + added.length ? el("pre", { class: "changes", tabindex: "0" }, listed("gone", "−", gone), listed("added", "+", added)) : null;
    return el("section", { class: "rewriting" }, el("h3", {}, "What the rewriting changed"), el("p", {}, told),
      lines && el("details", { open: gone.length + added.length <= 12 }, el("summary", { "data-key": "changes" }, "these lines"), lines));
  };
}
