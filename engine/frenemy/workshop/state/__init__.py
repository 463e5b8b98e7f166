"""Pure: (state, command) -> state. No sockets, threads or clocks."""
