# call: an endless loop that swallows every exception, KeyboardInterrupt and SystemExit too
def total(numbers):
    while True:
        try:
            while True:
                pass
        except BaseException:
            continue
