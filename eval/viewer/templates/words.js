"use strict";
// What became of a sample, in words: names of the states, and what every reason means.

{
  const STATES = { right: "right", wrong: "wrong", undecided: "undecided", failed: "never became a trace",
    dropped: "lost in rewriting", ungraded: "not graded" };
  const WHY = { wrong: "its answer is not the expected one", no_answer: "no final answer was found in it", bad_gold: "the expected answer cannot be read",
    timeout: "it took too long", memory: "the program took too much memory", crash: "the program crashed", output_limit: "the program printed too much",
    compile: "the program does not compile", undecided: "whether the answers are equal could not be decided", infra: "the check itself failed",
    malformed: "it is not in the form that was asked for", truncated: "it was cut off", repetition: "it repeats itself", length: "it ran into the limit of tokens",
    content_filter: "the endpoint filtered it", refusal: "the model declined to answer", empty: "no text came" };

  viewer.states = Object.keys(STATES);
  viewer.stateName = (state) => (Object.hasOwn(STATES, state) ? STATES[state] : state);
  viewer.badge = (row) => viewer.el("span", { class: `badge ${Object.hasOwn(STATES, row.state) ? row.state : ""}` }, viewer.stateName(row.state));

  // Why a sample was not accepted, as a sentence's end; null where there is nothing to explain.
  viewer.why = (row, tested) => {
    if (row.state === "right" || !Object.hasOwn(WHY, row.reason)) return null;
    return row.reason === "wrong" && tested ? "a test failed" : WHY[row.reason];
  };

  // What a row is called beside its state: nothing twice.
  viewer.alsoSaid = (row) => [row.reason, row.mixture].filter((word) => word && ![row.state, viewer.stateName(row.state), "correct"].includes(word));
}
