"""The domain: values and pure functions. No I/O, no asyncio, no clocks."""
