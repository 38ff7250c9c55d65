# stdin: heapq, bisect, itertools, collections, operator, string, copy, re
import copy
import heapq
import itertools
import operator
import re
import string
from bisect import insort
from collections import Counter, OrderedDict, deque

text = input() + "\n" + input()
numbers = [int(word) for word in re.findall(r"-?\d+", text)][1:]
heap, ordered = copy.deepcopy(numbers), []
heapq.heapify(heap)
while heap:
    insort(ordered, heapq.heappop(heap))
assert OrderedDict(Counter(ordered)).keys() == set(deque(ordered)) and string.digits
print(list(itertools.accumulate(ordered, operator.add))[-1])
