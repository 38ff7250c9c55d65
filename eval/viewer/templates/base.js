"use strict";
// What the other scripts share: elements made of text alone, and data files that are loaded when they are needed.
// Everything shown was written by a model or copied from a data set: it only ever becomes a text node.

const viewer = {};

{
  const ATTRIBUTES = new Set(["class", "id", "type", "name", "value", "placeholder", "min", "checked", "for", "role", "title", "dir",
    "tabindex", "open", "data-key", "scope", "hidden", "href", "aria-label", "aria-current", "aria-pressed", "aria-live", "autocomplete"]);

  // Controls, marks that turn or hide text, signs without a shape, private and unpaired code points: a reader should see that
  // they are there. Joiners stay where scripts and emoji need them: after a letter that is not Latin, a mark or a picture.
  const UNSEEN = new RegExp("[\\0-\\x08\\x0b-\\x1f\\x7f-\\x9f\\xad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b\\u200e\\u200f\\u2028-\\u202e" +
    "\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0d\\ufeff\\uffa0\\ufff9-\\ufffb\\u{e0000}-\\u{e0fff}\\p{Co}\\p{Cs}]" +
    "|(?<!\\p{Emoji})[\\ufe0e\\ufe0f]|(?<!(?!\\p{Script=Latin})[\\p{L}\\p{M}\\p{Extended_Pictographic}\\u{1f3fb}-\\u{1f3ff}])[\\u200c\\u200d]", "gu");

  viewer.visible = (text) =>
    text.replace(/\r\n/g, "\n").replace(UNSEEN, (sign) => `⟨U+${sign.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`);

  viewer.text = (text) => document.createTextNode(viewer.visible(String(text)));

  // el("a", {class: "x", href: "#y"}, "text", node): strings become text nodes.
  viewer.el = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (!ATTRIBUTES.has(key) || (key === "href" && !value.startsWith("#"))) throw new Error(`no attribute ${key}`);
      if (value !== false && value !== null) made.setAttribute(key, value === true ? "" : value);
    }
    made.append(...children.flat(Infinity).filter((child) => child !== null).map((child) => (child instanceof Node ? child : viewer.text(child))));
    return made;
  };

  // Data files call viewer.take(name, json). Few shards are kept: the texts of a whole run need not fit in the browser.
  const KEPT = 6;
  const asked = new Map(); // promises, so that who searches and who opens a trace wait for one and the same load
  const taken = new Map();
  const SHARD = /^data\/shard-[0-9]+\.js$/;
  const address = window.trustedTypes
    ? window.trustedTypes.createPolicy("shards", { createScriptURL: (url) => { if (SHARD.test(url)) return url; throw new TypeError(url); } })
    : { createScriptURL: (url) => url };

  viewer.take = (name, json) => {
    const content = JSON.parse(json);
    if (name === "list") viewer.start(content);
    else taken.set(name, { problems: content.problems, formulas: new Map(content.formulas) });
  };

  const load = (name) => new Promise((resolve, reject) => {
    const script = document.createElement("script");
    const end = () => {
      const shard = taken.get(name);
      script.remove();
      taken.delete(name);
      if (shard) { resolve(shard); return; }
      asked.delete(name);
      reject(new Error(`data/${name}.js is missing or torn: write the page again`));
    };
    script.addEventListener("load", end);
    script.addEventListener("error", end);
    script.src = address.createScriptURL(`data/${name}.js`);
    document.head.append(script);
  });

  viewer.shard = (number) => {
    const name = `shard-${Number(number)}`;
    if (!asked.has(name)) asked.set(name, load(name));
    if (asked.size > KEPT) asked.delete(asked.keys().next().value);
    return asked.get(name);
  };
}
