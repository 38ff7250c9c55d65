"use strict";
// Code with its comments, strings, numbers and keywords marked: enough to read a program by, in most languages.

{
  const KEYWORDS = new Set(("and as assert async await auto bool boolean break case catch char class const constexpr continue def default " +
    "del delete do double elif else enum except extends False false final finally float fn for from func function global if impl import " +
    "in include instanceof int interface is lambda let long loop match mut namespace new None nonlocal not null nullptr or package pass " +
    "private protected public pub raise return self short signed sizeof static std string struct super switch template this throw True " +
    "true try type typedef typename union unsigned use using var vector void while with yield").split(" "));
  const STRINGS = `"""[\\s\\S]*?(?:"""|$)|'''[\\s\\S]*?(?:'''|$)|"(?:\\\\[\\s\\S]|[^"\\\\\\n])*"?|'(?:\\\\[\\s\\S]|[^'\\\\\\n])*'?`;
  const REST = "([0-9][0-9a-zA-Z_.]*)|([A-Za-z_][A-Za-z0-9_]*)";
  const HASH = new RegExp(`(#[^\\n]*)|(${STRINGS})|${REST}`, "g");
  const SLASH = new RegExp(`(//[^\\n]*|/\\*[\\s\\S]*?(?:\\*/|$))|(${STRINGS})|${REST}`, "g");
  const SLASHED = /^(c|cc|cpp|c\+\+|h|java|js|javascript|ts|typescript|go|rust|rs|cs|csharp|kotlin|swift|php|scala)$/i;
  const PLAIN = /^(text|txt|plain|plaintext|output|console|markdown|md)$/i;
  const LONGEST = 100000;

  viewer.code = (source, language) => {
    const code = viewer.el("code");
    if (PLAIN.test(language) || source.length > LONGEST) {
      code.append(viewer.text(source));
    } else {
      let last = 0;
      for (const match of source.matchAll(SLASHED.test(language) ? SLASH : HASH)) {
        const [all, comment, string, number, word] = match;
        const kind = comment ? "comment" : string ? "string" : number ? "number" : KEYWORDS.has(word) ? "keyword" : null;
        if (!kind) continue;
        code.append(viewer.text(source.slice(last, match.index)), viewer.el("span", { class: kind }, all));
        last = match.index + all.length;
      }
      code.append(viewer.text(source.slice(last)));
    }
    return viewer.el("pre", { class: "code", tabindex: "0" }, code);
  };
}
