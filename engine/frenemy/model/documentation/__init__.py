"""Pages and schemas generated from the specs."""
