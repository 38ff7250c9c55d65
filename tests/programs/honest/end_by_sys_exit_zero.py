# stdin: sys.exit(0) and the result of main
import sys


def main() -> int:
    input()
    print(sum(map(int, input().split())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
