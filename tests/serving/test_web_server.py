import socket
import urllib.request

import gradio as gr
import pytest

from keras_dialgan.errors import UserError
from keras_dialgan.serving.web_server import WebServer


def make_page():
    with gr.Blocks(title="A page", analytics_enabled=False) as page:
        gr.Markdown("hello")
    return page


def read(url):
    # Whatever proxy the environment names is not asked for this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=60) as answer:
        return answer.read().decode()


def test_a_page_is_served_until_the_end_and_again_at_the_same_port():
    with WebServer(make_page(), port=0) as server:
        assert "hello" in read(server.url)
    port = int(server.url.strip("/").rpartition(":")[2])
    with pytest.raises(OSError, match="refused"):
        read(server.url)
    with WebServer(make_page(), port=port) as again:
        assert again.url == server.url
        assert "hello" in read(again.url)


def test_fonts_are_local_and_nothing_reports_home():
    with WebServer(make_page(), port=0) as server:
        page, rules = read(server.url), read(f"{server.url}theme.css")
    assert '"analytics_enabled":false' in page.replace(" ", "")
    for text in (page, rules):
        assert "googleapis" not in text
        assert "cdnjs" not in text


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with WebServer(make_page(), port=0) as server:
        assert "hello" in read(server.url)


def test_a_port_in_use_is_explained():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            UserError, match=rf"127\.0\.0\.1:{port}: can't be .* --port"
        ):
            WebServer(make_page(), port=port)


@pytest.mark.parametrize(
    ("host", "port"), [("no such host", 0), ("127.0.0.1", 99999)]
)
def test_an_impossible_address_is_explained(host, port):
    with pytest.raises(UserError, match="choose another address"):
        WebServer(make_page(), host, port)
