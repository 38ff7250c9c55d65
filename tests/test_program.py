"""The program of an answer is found, or it is said why not."""

import pytest

from data_gen.verifiers import code_tests
from data_gen.verifiers.program import NotPython, program
from tests.conftest import fenced


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (fenced("print(1)"), "print(1)\n"),
        ("```python\nprint(1)\n```\nthen\n```py\nprint(2)\n```", "print(2)\n"),
        ("```\nprint(1)\n```\nIts output:\n```\n1\n```", "print(1)\n"),
        ("```python\nprint(1)\n```\nRun it:\n```bash\npython x.py\n```", "print(1)\n"),
        ("```python\nprint(1)\n```\nbroken:\n```python\nprint(\n```", "print(1)\n"),
        ("- a list\n  ```Python3\n  if 1:\n      print(1)\n  ```", "if 1:\n    print(1)\n"),
        ("<think>```python\nprint(1)\n```</think>nothing", None),
        (
            "<|begin_of_thought|>x<|end_of_thought|><|begin_of_solution|>```python\nprint(1)\n```<|end_of_solution|>",
            "print(1)\n",
        ),
        ("```python\r\nprint(1)\r\n```\r\n", "print(1)\n"),
        ('````python\nprint("```")\n````', 'print("```")\n'),
        ("print(1)", None),
        ("```python\nprint(1)\n", None),
        ("```cpp\nint main() {}\n```", None),
        ("```python\nprint(1)\nand again:\n```python\nprint(2)\n```", "print(2)\n"),
        ("~~~~python\nprint(1)\n~~~~", "print(1)\n"),
    ],
)
def test_the_program_is_the_last_block_that_is_python(text, expected):
    assert program(text) == expected


@pytest.mark.parametrize("source", ["print(", "print 1", "x = 1\n  y = 2", "return 1", "print(1)\0", "(" * 5000])
def test_blocks_that_do_not_compile_are_told_from_none(source):
    with pytest.raises(NotPython):
        program(fenced(source))
    assert code_tests.grade(fenced(source), {}).reason == "compile"


@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", ["~" * 20_000, "`" * 20_000, "".join("`" * n + "\n" for n in range(3, 1500))])
def test_fences_without_end_do_not_hang(text):
    assert program(text) is None
