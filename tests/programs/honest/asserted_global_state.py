# asserts: global state and a counter on the function, kept between calls
calls = 0
seen = {}


def total(numbers):
    global calls
    calls += 1
    total.calls = calls
    key = tuple(numbers)
    if key not in seen:
        seen[key] = sum(numbers)
    assert total.calls == len(seen)
    return seen[key]
