"""Prints the starts that cronsim gives.

Each line of the input is ZONE, FROM, UNTIL, MOST and EXPRESSION, apart by tabs; FROM and UNTIL are seconds since
the epoch. Each line of the output holds the first MOST different starts after FROM and before UNTIL, apart by blanks.
"""

import sys
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

from cronsim import CronSim

for line in sys.stdin:
    zone, begin, until, most, expression = line.rstrip("\n").split("\t")
    tz = timezone.utc if zone == "UTC" else ZoneInfo(zone)
    starts = []
    for start in CronSim(expression, datetime.fromtimestamp(int(begin), tz)):
        at = int(start.timestamp())
        if at >= int(until) or len(starts) == int(most):
            break
        # Times that fall into a gap all start at its end, which is one start.
        if str(at) not in starts[-1:]:
            starts.append(str(at))
    print(" ".join(starts))
