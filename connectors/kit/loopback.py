"""A web server in a thread on loopback, which starts and leaves at once."""

import asyncio
import socket
import threading

import uvicorn
from starlette.applications import Starlette


class _Server(uvicorn.Server):
    """A server that leaves at once when told, instead of looking every tenth of a second."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def main_loop(self) -> None:
        self.leave = asyncio.Event()
        self.loop = asyncio.get_running_loop()
        self.ready.set()
        await self.leave.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await asyncio.sleep(0)


class Loopback:
    """A uvicorn server in a thread, on a free port of 127.0.0.1."""

    def __init__(self, app: Starlette) -> None:
        config = uvicorn.Config(
            app,
            host="127.0.0.1",
            port=0,
            log_config=None,
            log_level="critical",
            date_header=False,
            server_header=False,
            lifespan="off",
            access_log=False,
        )
        self._server = _Server(config)
        self._thread = threading.Thread(target=self._server.run, name="simulator", daemon=True)
        self._url = ""

    @property
    def url(self) -> str:
        if not self._url:
            raise RuntimeError("the simulator is not started")
        return self._url

    def start(self) -> None:
        self._thread.start()
        if not self._server.ready.wait(timeout=10):
            raise RuntimeError("the simulator did not start")
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self._url = f"http://127.0.0.1:{port}"

    def stop(self) -> None:
        self._server.loop.call_soon_threadsafe(self._server.leave.set)
        self._thread.join(timeout=10)
