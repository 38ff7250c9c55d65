"use strict";
// The Markdown that models write, as elements: headings, lists, tables, code, emphasis, formulas. Line breaks stay. What is no
// Markdown is left as it stands; links and images stay text, as no text of a model may lead or load anywhere.

{
  const { el, text, visible, maths, code } = viewer;
  const OPEN = "\ue000", CLOSE = "\ue001";
  const PIECE = /\ue000([0-9]+)\ue001/g;
  const EMPHASIS = /\*\*(?=[^\s*])((?:(?!\*\*)[\s\S]){1,1000})\*\*|\*(?=[^\s*])([^*\n]{1,500})\*/g;
  const ITEM = /^([ \t]*)([-*+•]|[0-9]{1,4}[.)])[ \t]+(.*)$/;
  const DEEPEST = 3;

  // Cuts code and formulas out, so that nothing in them is read as Markdown; marks stand in their places.
  const cut = (source, cuts, formulas) => {
    const pieces = [];
    const put = (piece) => OPEN + (pieces.push(piece) - 1) + CLOSE;
    const marked = source.replace(/[\ue000\ue001]/g, visible).replace(cuts, (all, fence, ticks, d1, d2, i1, d3, name, i2, i3) => {
      if (fence) {
        const [info, ...lines] = all.split("\n");
        if (lines.length && /^ {0,3}[`~]{3,}[`~ \t]*$/.test(lines.at(-1))) lines.pop();
        return put({ block: code(lines.join("\n"), info.trim().replace(/^[`~]+\s*/, "").split(/[\s{]/)[0]) });
      }
      if (ticks) return put({ inline: el("code", {}, all.slice(ticks.length, -ticks.length)) });
      const displayed = d1 ?? d2 ?? d3, inline = i1 ?? i2 ?? i3;
      if (displayed !== undefined) return put({ inline: maths("$$" + displayed, formulas) });
      if (inline === undefined) return "$";
      if (i2 !== undefined && " \t\r".includes(i2.at(-1))) return all;
      return put({ inline: maths("$" + inline, formulas) });
    });
    return { marked, pieces };
  };

  // A line's text with its emphasis and the pieces in their places.
  const inline = (source, pieces, depth = 0) => {
    const nodes = [];
    const plain = (part) => {
      let last = 0;
      for (const match of part.matchAll(PIECE)) {
        const piece = pieces[Number(match[1])];
        nodes.push(text(part.slice(last, match.index)), piece.inline ?? piece.block);
        last = match.index + match[0].length;
      }
      nodes.push(text(part.slice(last)));
    };
    let last = 0;
    if (depth < DEEPEST) {
      for (const match of source.matchAll(EMPHASIS)) {
        const inside = match[1] ?? match[2];
        if (/\s$/.test(inside)) continue;
        plain(source.slice(last, match.index));
        nodes.push(el(match[1] === undefined ? "em" : "strong", {}, inline(inside, pieces, depth + 1)));
        last = match.index + match[0].length;
      }
    }
    plain(source.slice(last));
    return nodes;
  };

  const cells = (line) => line.trim().replace(/^\|/, "").replace(/\|$/, "").split("|").map((cell) => cell.trim());
  const rule = (line) => /^[\s:|-]+$/.test(line) && line.includes("|") && line.includes("-");

  viewer.markup = (source, formulas) => {
    const { marked, pieces } = cut(source, viewer.cuts, formulas);
    const lines = marked.split("\n");
    const blocks = document.createDocumentFragment();
    let paragraph = [], list = null;
    const flush = () => {
      if (paragraph.length) blocks.append(el("p", {}, inline(paragraph.join("\n"), pieces)));
      paragraph = [];
    };
    const end = () => { flush(); list = null; };
    for (let at = 0; at < lines.length; at += 1) {
      const line = lines[at].replace(/\r$/, "");
      const fenced = /^ {0,3}\ue000([0-9]+)\ue001[ \t]*$/.exec(line);
      const heading = /^ {0,3}(#{1,6})[ \t]+(.*)$/.exec(line);
      const item = ITEM.exec(line);
      if (fenced && pieces[Number(fenced[1])].block) { end(); blocks.append(pieces[Number(fenced[1])].block); }
      else if (!line.trim()) flush();
      else if (heading) { end(); blocks.append(el("h4", { class: `level${heading[1].length}` }, inline(heading[2], pieces))); }
      else if (/^ {0,3}([-*_])([ \t]*\1){2,}[ \t]*$/.test(line)) { end(); blocks.append(el("hr")); }
      else if (item) {
        flush();
        if (!list) blocks.append(list = el("ul", { class: "marked" }));
        const level = Math.min(5, Math.floor(item[1].replace(/\t/g, "    ").length / 2));
        const mark = el("span", { class: "mark" }, /[0-9]/.test(item[2]) ? item[2] : "•");
        list.append(el("li", { class: `level${level}` }, mark, el("div", {}, inline(item[3], pieces))));
      }
      else if (list && !paragraph.length && /^[ \t]{2,}/.test(line)) list.lastChild.lastChild.append(text("\n"), ...inline(line.trim(), pieces));
      else if (line.includes("|") && at + 1 < lines.length && rule(lines[at + 1])) {
        end();
        const head = el("tr", {}, cells(line).map((cell) => el("th", { scope: "col" }, inline(cell, pieces))));
        const body = [];
        for (at += 2; at < lines.length && lines[at].includes("|"); at += 1) {
          body.push(el("tr", {}, cells(lines[at]).map((cell) => el("td", {}, inline(cell, pieces)))));
        }
        at -= 1;
        blocks.append(el("div", { class: "wide", tabindex: "0" }, el("table", {}, el("thead", {}, head), el("tbody", {}, body))));
      }
      else if (/^ {0,3}>/.test(line)) { end(); blocks.append(el("blockquote", {}, inline(line.replace(/^[> \t]+/, ""), pieces))); }
      else { list = null; paragraph.push(line); }
    }
    flush();
    return blocks;
  };
}
