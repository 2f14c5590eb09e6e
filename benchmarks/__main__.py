"""Every figure in one go: `python -m benchmarks`. Each is a ratio or a count of one run; none is a test."""

import asyncio

from benchmarks import classify, fleet, flow, importing, latency, logins, passing

for part in (passing, importing, classify):
    part.main()
asyncio.run(flow.main())
asyncio.run(logins.main())
latency.main([])
fleet.main([])
