# stdin: asyncio.run, with tasks, a queue and a timeout
import asyncio


async def add(queue):
    result = 0
    while (number := await queue.get()) is not None:
        result += number
    return result


async def main():
    queue = asyncio.Queue()
    task = asyncio.create_task(add(queue))
    input()
    for number in map(int, input().split()):
        await queue.put(number)
        await asyncio.sleep(0)
    await queue.put(None)
    print(await asyncio.wait_for(task, 1))


asyncio.run(main())
