"""Runs the floor or the typical server in a process of its own: `python -m bench.serve floor PORT`."""

import sys

import uvicorn

APPS = {"floor": "bench.floor:app", "typical": "bench.typical.app:app"}


def main(name: str, port: int) -> None:
    """Serve with the settings with which Spanco serves."""
    uvicorn.run(
        APPS[name],
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        backlog=4096,
        timeout_keep_alive=30,
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
