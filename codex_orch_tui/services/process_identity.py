"""Naming a process beyond its pid: pids are used again, a pid with its start time is not."""


def started_at_s(pid: int) -> float:
    """When the process started, in seconds since the epoch; 0.0 when it is gone or only waits to be reaped."""
    import psutil  # noqa: PLC0415 - 20 ms that the first frame does not need

    try:
        process = psutil.Process(pid)
        return 0.0 if process.status() == psutil.STATUS_ZOMBIE else float(process.create_time())
    except psutil.Error:
        return 0.0


def is_same(pid: int, process_started_s: float) -> bool:
    """The process that was recorded is still alive. A process that could not be dated is never taken for it."""
    return process_started_s > 0 and abs(started_at_s(pid) - process_started_s) < 0.02
