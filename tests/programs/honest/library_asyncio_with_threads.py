# stdin: asyncio's executor reads the input in a thread
import asyncio
import sys


async def main():
    text = await asyncio.to_thread(sys.stdin.read)
    print(sum(map(int, text.split()[1:])))


asyncio.get_event_loop_policy().new_event_loop().run_until_complete(main())
