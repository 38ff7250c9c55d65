# asserts: a trial run with asserts below the function, as models append it
def total(numbers):
    result = 0
    for number in numbers:
        result += number
    return result


assert total([1, 2, 3]) == 6
assert total([]) == 0
print("All tests passed!")
