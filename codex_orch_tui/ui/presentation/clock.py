"""Times, durations and large numbers in few cells."""

import time


def elapsed(seconds: float) -> str:
    """A duration in at most six cells: 41s, 3m12s, 1h04m, 2d03h."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02}s"
    if whole < 86_400:
        return f"{whole // 3600}h{whole % 3600 // 60:02}m"
    if whole < 100 * 86_400:
        return f"{whole // 86_400}d{whole % 86_400 // 3600:02}h"
    return f"{whole // 86_400}d"


def roughly(seconds: float) -> str:
    """A duration in its largest unit, in at most four cells: 41s, 3m, 23h, 100d."""
    whole = max(0, int(seconds))
    for unit, letter in ((86_400, "d"), (3600, "h"), (60, "m")):
        if whole >= unit:
            return f"{whole // unit}{letter}"
    return f"{whole}s"


def took(duration_ms: int) -> str:
    """How long something took: 40ms, 4.2s, 3m12s."""
    if duration_ms < 1_000:
        return f"{duration_ms}ms"
    if duration_ms < 60_000:
        return f"{duration_ms / 1_000:.1f}s"
    return elapsed(duration_ms / 1_000)


def hour_minute(time_s: float) -> str:
    """The local time of day, HH:MM."""
    return time.strftime("%H:%M", time.localtime(time_s))


def moment(time_s: float) -> str:
    """A local date and time, to the second."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(time_s))


def count(number: int) -> str:
    """A large number in at most four cells and a letter: 950, 9.4k, 412k, 1.9M."""
    if number < 1_000:
        return str(number)
    if number < 10_000:
        return f"{number / 1_000:.1f}k"
    if number < 1_000_000:
        return f"{number // 1_000}k"
    return f"{number / 1_000_000:.1f}M"


def dollars(cost: float) -> str:
    """An amount in USD: $0.004, $1.92, $412. What is less than a tenth of a cent is told as that."""
    if 0 < cost < 0.001:
        return "<$0.001"
    if cost < 0.1:
        return f"${cost:.3f}"
    return f"${cost:,.2f}" if cost < 100 else f"${cost:,.0f}"
