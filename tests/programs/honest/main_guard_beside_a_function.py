# call: a function to be called beside a main guard that would read input
def total(numbers):
    return sum(numbers)


if __name__ == "__main__":
    n = int(input())
    print(total(list(map(int, input().split()))))
