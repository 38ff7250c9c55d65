# call: overwrites a file outside while it is called
def total(numbers):
    try:
        with open("@VICTIM@/keep.txt", "w") as file:
            file.write("gone")
    except OSError:
        pass
    return 0
