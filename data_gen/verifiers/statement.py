"""What a programming problem's statement says about right answers: several, in any order, in any case.

    rules("Print any of them.")                                 -> ["any_answer"]
    rules("You may print the indices in any order.")            -> ["any_order"]
    rules('Print "YES" or "NO" (in any case).')                 -> ["any_case"]
    rules("The edges are given in any order. Print the sum.")   -> []

The tests of such a problem hold one right answer of several. `checker_for` says how to compare all the same: where any
answer is right, equal is right and anything else undecided. Of the 218 of TACO's 1,000 test problems that are published as
in need of a judge of their own, 158 are found here, and 19 others (tests/test_statement.py).
"""

import re

_SPACES = re.compile(r"\s+")
_SENTENCES = re.compile(r"(?<=[.!?;:])\s+|\n\s*\n")  # patterns are looked for in one sentence at a time
_ASKS = r"\b(?:print|output|return|report|display)(?:ed|s|ing)?\b"
_KIND = r"(?:one |valid |correct |possible |optimal |suitable |appropriate |such )"
_THING = r"(?:answer|solution|sequence|array|string|permutation|one|of)"

_PATTERNS = {
    "any_answer": [
        _ASKS + r".{0,60}\bany\b(?!\s+(?:order|case|letter|other|number|time|two|integer|line|extra))",
        r"\b(?:multiple|several|many|more than one|different|various)\b.*\b(?:answers?|solutions?|ways|possible|such)\b"
        r".*\b(?:any|arbitrary|either|whichever)\b",
        rf"\bany {_KIND}+{_THING}",
        r"\b(?:find|construct) any\b(?!\s+(?:two )?(?:of|other))",
        r"\bany (?:one )?(?:is|will be) accepted\b",
    ],
    "any_order": [
        _ASKS + r".*\b(?:any|arbitrary) order\b",
        r"\b(?:any|arbitrary) order\b.*\b(?:print|output|return|answer)",
        r"\border (?:of (?:the )?(?:output|answers?|elements|results?))? ?(?:does not|doesn't|is not) (?:matter|important)",
    ],
    "any_case": [
        r"\b(?:print|output|letter|answer|string|yes|no)\b.*\bany (?:letter )?case\b(?!,)",
        r"\bcase[- ]insensitive\b",
        r"\beach letter (?:in|of).*case\b",
        r"\beither (?:upper|lower)",
        r"\b(?:upper|lower)[- ]?(?:case)? or (?:upper|lower)[- ]?case\b",
    ],
}
_RULES = {name: re.compile("|".join(patterns), re.IGNORECASE) for name, patterns in _PATTERNS.items()}
# The first that holds: where any answer is right, nothing else can be told from one of them.
_CHECKERS = {"any_answer": "special", "any_order": "multiset", "any_case": "nyesno"}


def rules(statement: str) -> list[str]:
    """Return which of the rules a statement names."""
    sentences = [_SPACES.sub(" ", sentence) for sentence in _SENTENCES.split(statement)]
    return [name for name, pattern in _RULES.items() if any(pattern.search(sentence) for sentence in sentences)]


def checker_for(statement: str) -> str | None:
    """Return the checker for a problem with this statement whose gold names none, or None for the usual one."""
    found = rules(statement)
    return next((checker for name, checker in _CHECKERS.items() if name in found), None)
