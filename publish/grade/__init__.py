"""`make grade`: the answers of notebooks that were handed in get points, and cannot talk their way to them.

Two processes. One judges: it imports the checks, and no code of a student ever runs in it. In the other (room.py),
which has neither checks nor solutions, the lesson runs once; each answer then runs in a fork of it, alone, for a
limited time, and unable to read our files, write any, start programs, or reach the network. What passes between them
is in wire.py: arguments there, plain data back. A check cannot tell the stand-ins of attempt.py from an attempt.
"""
