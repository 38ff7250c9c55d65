# asserts: answers wrongly and leaves threads that never end
import threading


def stay():
    while True:
        threading.Event().wait(0.01)


def total(numbers):
    threading.Thread(target=stay).start()
    return 0
