# asserts: prints 100 MB while it is called and returns a wrong answer
def total(numbers):
    for _ in range(100):
        print("6" * 1_000_000)
    return 0
