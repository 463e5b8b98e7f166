"""The reliability programme: damaged files, failing disks, kills and random models, apart from the tests."""
