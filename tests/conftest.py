"""Plugs in what every test may use; the fixtures themselves stand in the modules named here."""

pytest_plugins = ["tests.logs", "tests.sockets", "tests.system", "tests.worker.listeners", "tests.worker.stage"]
