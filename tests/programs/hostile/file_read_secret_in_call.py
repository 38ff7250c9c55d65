# call: reads a file outside and returns it
def total(numbers):
    try:
        with open("@VICTIM@/secret.txt") as file:
            return file.read()
    except OSError:
        return 0
