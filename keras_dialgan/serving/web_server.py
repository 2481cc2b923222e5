"""Serving a Gradio page to this machine or a local network."""

import contextlib
import socket
import threading
import time

import gradio as gr
import uvicorn
from fastapi import FastAPI

from keras_dialgan.errors import UserError

# Seconds that open connections of a page get when the server stops.
_GRACE = 1
_PEOPLE_AT_ONCE = 8


class WebServer:
    """Serves a page from a thread; a context manager.

    Nothing leaves the machine but to the browsers that ask: the page's
    scripts and fonts are Gradio's own files, analytics, sharing and Gradio's
    record of runs are off. (`Blocks.launch` would ask for its own address
    through a proxy that the environment names, and give up after five
    seconds on a busy machine.)

    Args:
        page: the page, made with `analytics_enabled=False`.
        host: the address to listen at; `0.0.0.0` for all of the machine's.
        port: the port; 0 for a free one.
        css: rules for the page.

    Attributes:
        url: where the page is.

    Raises:
        UserError: if the address can't be listened at.

    Example:

    ```python
    with WebServer(page) as server:
        print(server.url)
        threading.Event().wait()
    ```
    """

    def __init__(
        self,
        page: gr.Blocks,
        host: str = "127.0.0.1",
        port: int = 7860,
        css: str = "",
    ):
        self._socket = _listen(host, port)
        port = self._socket.getsockname()[1]
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{port}/"
        page.queue(default_concurrency_limit=_PEOPLE_AT_ONCE)
        app = gr.mount_gradio_app(
            FastAPI(openapi_url=None),
            page,
            path="/",
            server_name=host,
            server_port=port,
            footer_links=[],
            run_history=False,
            ssr_mode=False,
            enable_monitoring=False,
            theme=gr.themes.Default(),
            css=css,
        )
        self._server = uvicorn.Server(
            uvicorn.Config(
                app, log_level="warning", timeout_graceful_shutdown=_GRACE
            )
        )
        self._thread = threading.Thread(
            target=self._server.run,
            kwargs={"sockets": [self._socket]},
            daemon=True,
        )

    def __enter__(self) -> "WebServer":
        self._thread.start()
        while self._thread.is_alive() and not self._server.started:
            time.sleep(0.01)
        if not self._server.started:
            raise RuntimeError("the web server did not start")
        return self

    def __exit__(self, *exception) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()


def serve(page: gr.Blocks, host: str, port: int, css: str = "") -> None:
    """Serves a page and tells where, until Ctrl-C.

    Args:
        page: as of `WebServer`.
        host: likewise.
        port: likewise.
        css: likewise.

    Raises:
        UserError: if the address can't be listened at.
    """
    with WebServer(page, host, port, css) as server:
        print(f"open {server.url} in a browser; Ctrl-C ends", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except (OSError, OverflowError) as error:
        listening.close()
        raise UserError(
            f"{host}:{port}: can't be listened at ({error}); choose another "
            "address with --host and --port"
        ) from None
    return listening
