"""Outputs and returned values are right by their checker, and by nothing looser."""

import pytest

from data_gen.sandbox.values import AnyOrder, Unknown
from data_gen.verifiers.checkers import compare, compare_values


@pytest.mark.parametrize(
    ("checker", "expected", "found", "right"),
    [
        ("tokens", "6", "6", True),
        ("tokens", "1 2\n3", "1  2 3\n\n", True),
        ("tokens", "1000000000", "1000000001", False),
        ("tokens", "1 2", "2 1", False),
        ("tokens", "1 1 2", "1 2", False),
        ("tokens", "1 2", "1 2 3", False),
        ("tokens", "1.0", "1", True),
        ("tokens", "0.333333", "0.3333333333", True),
        ("tokens", "1000000.0", "1000000.5", True),
        ("tokens", "1.0", "1.00001", False),
        ("tokens", "1.0", "nan", False),
        ("tokens", "1.0", "1_0.0", False),
        ("tokens", "1", "1.0", False),
        ("tokens", "5", "+5", False),
        ("tokens", "YES", "yes", False),
        ("tokens", "a b", "a\u00a0b", False),
        ("tokens", "12", "1 2", False),
        ("tokens", "", "", True),
        ("tokens", "6", "", False),
        ("lines", "a b\nc", "a b  \nc\n\n", True),
        ("lines", "a b\nc", "a  b\nc", False),
        ("lines", "a\nb", "b\na", False),
        ("float:1e-3", "1 x", "1.0009 x", True),
        ("float:1e-3", "1 x", "1.002 x", False),
        ("float:1e-3", "1 x", "1 y", False),
        ("nyesno", "YES\nNo", "yes\nNO", True),
        ("nyesno", "YES", "NO", False),
        ("nyesno", "YES Abc", "yes abc", False),
        ("multiset", "1 2\n3 4", "3 4\n1 2", True),
        ("multiset", "3 1 2", "1 2 3", True),
        ("multiset", "1 2\n3 4", "1 4\n3 2", False),
        ("multiset", "1 2 2", "1 1 2", False),
        ("multiset", "1 2", "1 2 2", False),
        ("special", "1 2", "1 2", True),
        ("special", "1 2", "2 1", None),
    ],
)
def test_a_checker_accepts_what_it_says_and_no_more(checker, expected, found, right):
    assert compare(checker, expected, found) is right


@pytest.mark.parametrize(
    ("checker", "expected", "found", "right"),
    [
        ("tokens", 6, 6, True),
        ("tokens", 1, True, False),
        ("tokens", True, 1, False),
        ("tokens", 3, 3.0, False),
        ("tokens", 3.0, 3, True),
        ("tokens", 0.3, 0.1 + 0.2, True),
        ("tokens", 0.3, float("nan"), False),
        ("tokens", 0.3, 10**400, False),
        ("tokens", [1, 2], AnyOrder([1, 2]), False),
        ("tokens", [1, 2], [1, 2], True),
        ("tokens", [1, 2], [2, 1], False),
        ("tokens", [3, 7], 3, False),
        ("tokens", "ab", "ab ", False),
        ("tokens", [], None, False),
        ("tokens", {"1": [2]}, {"1": [2]}, True),
        ("tokens", {"1": [2]}, {"1": [2], "2": []}, False),
        ("tokens", 6, Unknown("int"), False),
        ("multiset", [[1, 2], [3]], [[3], [1, 2]], True),
        ("multiset", [1, 1, 2], [1, 2, 2], False),
        ("multiset", [1, 2], AnyOrder([2, 1]), True),
        ("special", [1, 2], [2, 1], None),
        ("nyesno", "Yes", "YES", True),
    ],
)
def test_a_returned_value_is_compared_by_exact_types(checker, expected, found, right):
    assert compare_values(checker, expected, found) is right
