"""Values cross between processes as builtin types."""

import json

from hypothesis import given
from hypothesis import strategies as st

from data_gen.sandbox.values import Unknown, decode, encode, plain
from data_gen.verifiers.checkers import same

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.complex_numbers(allow_nan=False),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=10,
)


@given(VALUES)
def test_values_cross_between_processes_unchanged(value):
    assert decode(json.loads(json.dumps(encode(value)))) == value


@given(VALUES)
def test_a_judge_holds_no_set_or_foreign_key_of_a_programs_choice(value):
    left = [plain(encode({"a": [value, {1, 2}, {3: (4,)}]}))]
    while left:
        found = left.pop()
        assert type(found) not in (set, frozenset, tuple)
        if isinstance(found, dict):
            assert all(type(key) is str for key in found)
            left += found.values()
        elif isinstance(found, list):
            left += found


def test_what_is_no_builtin_type_crosses_as_unknown():
    class Always(int):
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = int.__hash__

    for value in (Always(6), object(), iter([])):
        found = decode(json.loads(json.dumps(encode(value))))
        assert type(found) is Unknown
        assert not same(6, found)
