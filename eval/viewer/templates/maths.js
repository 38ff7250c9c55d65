"use strict";
// A formula's MathML out of lists that the page's maker wrote: known elements and attributes, everything else is text.

{
  const MATHML = "http://www.w3.org/1998/Math/MathML";
  const ELEMENTS = new Set(("mrow mi mn mo mtext mspace mstyle mpadded mphantom msup msub msubsup mfrac msqrt mroot mover munder " +
    "munderover mmultiscripts mprescripts mtable mtr mtd").split(" "));
  const ATTRIBUTES = new Set(("stretchy fence form displaystyle scriptlevel linethickness width height depth accent accentunder lspace " +
    "rspace minsize maxsize separator largeop movablelimits symmetric").split(" "));
  // What is no part of MathML Core, drawn by styles; menclose, which some browsers still draw in their own way, is a row too.
  const CLASSES = { columnalign: new Set(["left", "right", "center"]), mathvariant: new Set(["bold", "normal", "italic"]),
    notation: new Set(["box", "updiagonalstrike", "downdiagonalstrike", "horizontalstrike", "top", "bottom"]) };

  const LONG = 40; // characters of a formula in a line from which it may be wider than a phone: browsers do not break it

  const made = ([name, ...parts]) => {
    const node = document.createElementNS(MATHML, ELEMENTS.has(name) ? name : "mrow");
    for (const part of parts) {
      if (typeof part === "string") {
        node.append(viewer.text(part));
        if (name === "mi" && part.length > 2) node.classList.add("name"); // sin, log: no letter is to touch it
      }
      else if (Array.isArray(part)) node.append(made(part));
      else for (const [key, value] of Object.entries(part)) {
        if (ATTRIBUTES.has(key)) node.setAttribute(key, value);
        else if (Object.hasOwn(CLASSES, key)) node.classList.add(...value.split(" ").filter((word) => CLASSES[key].has(word)));
      }
    }
    return node;
  };

  // The formula typeset, or its source where the maker could not convert it. `formula` starts with $ or $$.
  viewer.maths = (formula, formulas) => {
    const displayed = formula.startsWith("$$");
    const source = formula.slice(displayed ? 2 : 1);
    const tree = formulas.get(formula);
    if (!tree) return viewer.el("code", { class: displayed ? "tex displayed" : "tex", title: "not typeset" }, source);
    const math = document.createElementNS(MATHML, "math");
    math.append(made(tree));
    if (displayed) math.setAttribute("display", "block");
    math.setAttribute("alttext", viewer.visible(source));
    if (!displayed && source.length < LONG) return math;
    return viewer.el("span", { class: displayed ? "displayed" : "long", tabindex: "0" }, math);
  };
}
