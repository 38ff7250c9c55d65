# stdin: quit() in a function
def main():
    input()
    print(sum(map(int, input().split())))
    quit()


main()
print("never")
