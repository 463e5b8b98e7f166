"""The workshop: a room tunes the odds in the browser.

The state of a session is a plain value with pure transitions (`state`, `transitions`), stored as the commands that led
to it (`journal`) and shown through the same functions that the command line calls. What the page and the server say to
each other is told in docs/workshop_protocol.md.
"""
