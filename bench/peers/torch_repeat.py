"""How often an engine that Python drives is called."""
import time


def repeat(call, repetitions):
    """Seconds of single calls, as many as timing.hpp says."""
    def seconds():
        start = time.perf_counter()
        call()
        return time.perf_counter() - start

    least, times, total = 1, [], 0.0
    if seconds() < 2:
        seconds()
        least = 3
    while len(times) < repetitions if repetitions else total < 0.5 or len(times) < least:
        times.append(seconds())
        total += times[-1]
    return times
