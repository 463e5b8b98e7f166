"""Every further question: one folder each, named like its command."""
