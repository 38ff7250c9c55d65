# call: counts its calls in places that outlive a call, and answers the second by what the first has left
import json
import sys

if hasattr(json, "calls"):
    print("LEAK", file=sys.stderr)
json.calls = getattr(json, "calls", 0) + 1
seen = {}


def total(numbers, cache={}):
    cache[tuple(numbers)] = seen[tuple(numbers)] = json.calls
    if len(cache) > 1:
        print("LEAK", file=sys.stderr)
    return sum(numbers) if numbers == [1, 2, 3] else json.calls
