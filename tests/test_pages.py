"""tests/pages.py: a line that is not printed in its place is missed, and a block that tells nothing is refused."""

import pytest

from tests.pages import steps, unprinted


@pytest.mark.parametrize(
    ("shown", "missing"),
    [
        (["one", "three"], []),
        (["on… two"], ["on… two"]),
        (["t…e", "two"], ["two"]),
        (["three", "one"], ["one"]),
        (["wo"], ["wo"]),
    ],
)
def test_a_line_that_is_not_printed_in_its_place_is_missed(shown, missing):
    assert unprinted(shown, "one \ntwo\nthree") == missing


@pytest.mark.parametrize("block", ["```\nx\n```\n", "```yaml\na: 1\n```\n", "```text\nx\n```\n", "```bash x.sh\nls\n```\n"])
def test_a_block_that_tells_a_reader_nothing_is_refused(block):
    with pytest.raises(ValueError, match="a block that is no"):
        steps(block)
