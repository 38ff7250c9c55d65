"""For the trace viewer's tests: a small run with a sample of every fate, texts that try to be more than text, and how to
find things in the page."""

import json
import re
from typing import Any
from urllib.parse import urlencode

from data_gen.run_folder import Run, errors_of

FILES = {
    "problems": lambda run: run.problems,
    "traces": lambda run: run.traces,
    "failures": lambda run: errors_of(run.traces),
    "rewrites": lambda run: run.rewritten,
    "no_rewrites": lambda run: errors_of(run.rewritten),
    "verdicts": lambda run: run.verdicts,
    "mixture": lambda run: run.mixture,
}
RIGHT = [("a", 0), ("a", 1), ("c", 0)]
PWN = "window.__pwned=1"
HOSTILE = {
    "tex": [
        r"\href{javascript:alert(1)}{x}",
        r"\htmlData{onclick=alert(1)}{x}",
        r"\class{x}{y}",
        r"\style{position:fixed;background:url(//x)}{y}",
        r"\text{<script>alert(1)</script>}",
        r"\color{red;}{x}",
        r"\frac{1}{2}",
        r"\unicode{x3c}",
        r"\begin{array}{c}<img src=x onerror=alert(1)>\end{array}",
        r"\hspace{1em\" onload=\"alert(1)}",
        r"\hspace{-99em}",
        r"\hspace{9999em}x",
        r"\kern-99em",
        r"\left(",
        r"\right)",
        "{",
        "}",
        "^",
        "_",
        "&lt;script&gt;",
        "<mi>",
        r"\\",
        "&",
    ],
    "markup": [
        f"<script>{PWN}</script>",
        f"</script><script>{PWN}</script>",
        f"<img src=x onerror='{PWN}'>",
        f"<svg onload='{PWN}'><script>{PWN}</script></svg>",
        f"<iframe src='javascript:parent.{PWN}' srcdoc='<script>parent.{PWN}</script>'></iframe>",
        f"<math><mi href='javascript:{PWN}'>x</mi><mtext><style><img src=x onerror={PWN}></style></mtext></math>",
        f"[a link](javascript:{PWN}) ![an image](https://example.com/x.png) <https://example.com>",
        "<style>*{display:none}</style><link rel=stylesheet href=//example.com/x.css><base href=//example.com>",
        "<meta http-equiv=refresh content='0;url=https://example.com'>",
        f"<form action=javascript:{PWN}><button autofocus onfocus={PWN}>x</button></form>",
        f"</p></div></article></body></html><body onload={PWN}>",
        f"\\(\\href{{javascript:{PWN}}}{{x}}\\) $\\htmlData{{onclick={PWN}}}{{y}}$ $\\text{{<img src=x onerror={PWN}>}}$",
        f"```html\n<script>{PWN}</script>\n```",
        f"| <script>{PWN}</script> | b |\n|---|---|\n| <img src=x onerror={PWN}> | `<svg onload={PWN}>` |",
        f'```"><script>{PWN}</script>\ncode\n```',
        "\u202eleft\u2066 apart \ufeff\u200b\x00\x1b[31m \ud800 \U000e0041 \u2028\u2029 \ue0000\ue001\ue0009\ue001",
        "__proto__ constructor {{7*7}} ${7*7} #{7*7}",
        "**" * 3000 + "*" * 3001,
        "> " * 5000 + "deep",
        "[" * 5000 + "]" * 5000,
        "$" + "{" * 3000 + "x" + "}" * 3000 + "$",
        "<div>" * 3000,
        "- " * 3000 + "item\n" + " " * 3000 + "- item",
    ],
}


def problem(one, **keys):
    return {
        "id": one,
        "source": "numina",
        "domain": "math",
        "question": f"What is \\({one}\\)?",
        "verifier": "math_answer",
        "gold": {"answer": "\\frac{1}{2}"},
        "difficulty": 3.0,
        "license": "MIT",
        "meta": {},
        **keys,
    }


def trace(one, sample, text="Half of \\(x^2\\).\n\n\\boxed{1}", **keys):
    usage = {"prompt_tokens": 10, "completion_tokens": 20}
    return {"id": one, "sample": sample, "text": text, "finish_reason": "stop", "model": "teacher", "usage": usage, **keys}


def rewritten(one, sample, thought="Half of \\(x^2\\).", solution="\\boxed{1}"):
    return {**trace(one, sample), "thought": thought, "solution": solution, "rewriter": "rules"}


def verdict(one, sample, ok, reason="correct", **keys):
    about = {"extracted": "\\frac{1}{2}", "tier": "symbolic", "seconds": 0.1, "verifier_version": "v"}
    return {"id": one, "sample": sample, "ok": ok, "reason": reason, **about, **keys}


def put(run: Run, **files):
    """Write rows into the run's files."""
    run.data.mkdir(parents=True, exist_ok=True)
    for name, rows in files.items():
        with FILES[name](run).open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)


def whole_run(folder) -> Run:
    """Write a run with a sample of every fate."""
    run = Run(folder)
    failed = {"sample": 3, "request": "r", "error": "length", "detail": "cut off in the mid", "attempts": 1, "final": True}
    wrong = verdict("a", 2, False, "wrong", tests_passed=1, tests_total=3, detail="test 2: for 3 expected 4, got 5")
    put(
        run,
        problems=[problem("a"), problem("b", source="apps", domain="code", difficulty=None), problem("c")],
        traces=[*(trace("a", n) for n in range(3)), *(trace("b", n) for n in range(3)), trace("c", 0)],
        failures=[{"id": "a", **failed}],
        rewrites=[*(rewritten("a", n) for n in range(3)), rewritten("b", 0), rewritten("c", 0, "A solution that is long")],
        no_rewrites=[{"id": "b", "sample": 1, "request": "r", "error": "malformed", "detail": "a tag twice", "attempts": 1}],
        verdicts=[
            verdict("a", 0, True),
            verdict("a", 1, True),
            wrong,
            verdict("b", 0, None, "infra"),
            verdict("c", 0, True),
        ],
        mixture=[{"id": "a", "sample": 0, "source": "numina", "domain": "math", "tokens": 120, "pass_rate": 0.6667}],
    )
    mix = {"stage": "mix", "in": 5, "kept": 1, "reasons": {"wrong": 1, "not_picked": 1, "over_cutoff": 1}}
    run.funnel.write_text(json.dumps([mix]), encoding="utf-8")
    return run


def address(one: str, sample: int, **more: str) -> str:
    """Return the address of one trace."""
    return "#" + urlencode({"open": json.dumps([one, sample], separators=(",", ":")), **more})


def choice(page: Any, facet: str, value: str) -> Any:
    """Return the label of one value of a filter."""
    return page.locator(f"#filters details[data-name={facet}] label", has_text=value)


def says(page: Any, where: str, start: str) -> None:
    """Wait until the text of an element begins so. The page's policy forbids playwright's own waiting for an expression."""
    page.locator(where, has_text=re.compile(f"^{re.escape(start)}")).wait_for()


def settled(page: Any) -> None:
    """Wait until the trace that the address names is drawn."""
    page.wait_for_selector("#trace h2")
