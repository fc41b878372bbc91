"""Teaching a recognition network to write Vietnamese: lines made up, faults of scans, the lessons.

A line is told by its seed alone, so a training that was killed goes on to the same result.
"""
