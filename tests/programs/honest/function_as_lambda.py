# call: a lambda, made by partial
from functools import partial

total = partial(lambda start, numbers: sum(numbers, start), 0)
