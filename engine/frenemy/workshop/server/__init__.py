"""Sockets, access, requests."""
