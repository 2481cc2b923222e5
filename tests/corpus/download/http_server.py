"""A local HTTP server that misbehaves on demand."""

import contextlib
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server(ThreadingHTTPServer):
    """Serves one file at every path, and notes what is asked for.

    Attributes:
        content: the bytes of the file.
        etag, last_modified: headers; `None` leaves them out.
        ranges: whether ranges are honoured.
        cuts: after how many bytes of the body the next answers break off.
        answers: functions of the handler that take over the next answers.
        length: what Content-Length claims; `None` leaves the header out.
        requests: path and headers of each request.
    """

    daemon_threads = True

    def __init__(self, content):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.content = content
        self.etag = '"first"'
        self.last_modified = None
        self.ranges = True
        self.cuts = []
        self.answers = []
        self.length = len
        self.requests = []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/corpus.bin"

    def ranges_asked(self):
        return [headers.get("Range") for _, headers in self.requests]

    def handle_error(self, request, client_address):
        pass


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        server.requests.append((self.path, dict(self.headers)))
        if server.answers:
            server.answers.pop(0)(self)
        else:
            self.serve()

    def serve(self):
        server = self.server
        start, body = 0, server.content
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        validators = (None, server.etag, server.last_modified)
        same = self.headers.get("If-Range") in validators
        if asked and server.ranges and same:
            start = int(asked[1])
            if start >= len(body):
                extra = {"Content-Range": f"bytes */{len(body)}"}
                return self.answer(416, b"", extra)
        body = body[start:]
        headers = {}
        if server.etag:
            headers["ETag"] = server.etag
        if server.last_modified:
            headers["Last-Modified"] = server.last_modified
        if server.length:
            headers["Content-Length"] = str(server.length(body))
        if start:
            whole = len(server.content)
            headers["Content-Range"] = f"bytes {start}-{whole - 1}/{whole}"
        cut = server.cuts.pop(0) if server.cuts else None
        self.answer(206 if start else 200, body[:cut], headers)

    def answer(self, code, body=b"", headers=None):
        self.send_response(code)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


def failing(code, headers=None):
    """An answer of nothing but a status and headers."""
    return lambda handler: handler.answer(code, headers=headers)


def silent(seconds):
    """An answer that does not come in time."""
    return lambda handler: time.sleep(seconds)


@contextlib.contextmanager
def serving(content):
    """Runs a server in a thread."""
    with Server(content) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
