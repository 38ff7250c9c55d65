# stdin: dataclasses with slots, enum, named tuples and type hints that are resolved
import enum
from dataclasses import dataclass, field
from typing import NamedTuple, get_type_hints


class Kind(enum.IntEnum):
    SUM = 0


class Row(NamedTuple):
    n: int
    numbers: list[int]


@dataclass(order=True, slots=True)
class Total:
    value: int = 0
    kind: "Kind" = field(default=Kind.SUM, compare=False)


assert get_type_hints(Total)["kind"] is Kind
row = Row(int(input()), list(map(int, input().split())))
result = Total()
for number in row.numbers:
    result.value += number
print(max(result, Total()).value)
