# stdin: an endless loop that swallows every exception, KeyboardInterrupt and SystemExit too
while True:
    try:
        while True:
            pass
    except BaseException:
        continue
