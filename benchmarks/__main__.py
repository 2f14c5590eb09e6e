"""Every figure in one go: `python -m benchmarks`. Each is a ratio or a count of one run; none is a test."""

import asyncio

from benchmarks import (
    adapters,
    classify,
    eventloop,
    fleet,
    flow,
    importing,
    latency,
    logins,
    memory,
    passing,
    size,
    soak,
)

for part in (size, passing, importing, classify):
    part.main()
for work in (adapters, flow, logins, eventloop, memory, soak):
    asyncio.run(work.main())
latency.main([])
fleet.main([])
