"""A headless Chromium for tests of web pages."""

import contextlib
import json
import shutil
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

# Flags that keep Chromium itself from calling home.
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1200,1000",
)
LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")


class Browser:
    """Chromium on a page; everything waits for what it asks.

    Args:
        driver: Selenium's.
        seconds: the longest wait for a condition.
    """

    def __init__(self, driver, seconds: float = 60):
        from selenium.webdriver.support.ui import WebDriverWait

        self.driver = driver
        self._wait = WebDriverWait(driver, seconds, poll_frequency=0.05)

    def open(self, url: str) -> None:
        """Goes to an address."""
        self.driver.get(url)

    def until(self, condition, message: str = ""):
        """Waits for a function of no arguments to be true; returns that."""
        from selenium.common.exceptions import (
            NoSuchElementException,
            StaleElementReferenceException,
        )

        def met(driver):
            try:
                return condition()
            # The page was drawn anew while it was read.
            except (NoSuchElementException, StaleElementReferenceException):
                return False

        return self._wait.until(met, message)

    def all(self, selector: str) -> list:
        """Returns the visible elements that a CSS selector finds."""
        found = self.driver.find_elements("css selector", selector)
        return [element for element in found if element.is_displayed()]

    def texts(self, selector: str) -> list[str]:
        """Returns the texts of the visible elements."""
        return [element.text.strip() for element in self.all(selector)]

    def one(self, selector: str):
        """Waits for a visible element."""
        return self.until(lambda: self.all(selector), selector)[0]

    def click(self, selector: str) -> None:
        """Waits for an element that can be clicked, and clicks it."""
        from selenium.common.exceptions import (
            ElementClickInterceptedException,
        )

        def clicked():
            for element in self.all(selector):
                if element.is_enabled():
                    with contextlib.suppress(ElementClickInterceptedException):
                        element.click()
                        return True
            return False

        self.until(clicked, f"click {selector}")

    def type(self, selector: str, text: str) -> None:
        """Types into a field."""
        self.one(selector).send_keys(text)

    def outside_requests(self) -> list[str]:
        """What pages asked other machines for since the last call."""
        messages = [
            json.loads(entry["message"])["message"]
            for entry in self.driver.get_log("performance")
        ]
        urls = [
            message["params"]["request"]["url"]
            for message in messages
            if message["method"] == "Network.requestWillBeSent"
        ]
        # `data:`, `blob:` and `chrome:` stay within the browser.
        hosts = [
            (urlsplit(url).hostname, url)
            for url in urls
            if urlsplit(url).scheme in ("http", "https")
        ]
        assert any(host in LOCAL_HOSTS for host, _ in hosts), "nothing logged"
        return [url for host, url in hosts if host not in LOCAL_HOSTS]


@contextlib.contextmanager
def open_browser(folder) -> Iterator[Browser]:
    """Starts Chromium; the test is skipped where there is none.

    Args:
        folder: an empty folder for the browser's profile. What a page
            stores is forgotten with it.
    """
    webdriver = pytest.importorskip("selenium.webdriver")
    binary, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (binary and driver):
        pytest.skip("no chromium and chromedriver on the PATH")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for flag in (*FLAGS, f"--user-data-dir={folder}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
    chrome = webdriver.Chrome(
        options, webdriver.ChromeService(executable_path=driver)
    )
    try:
        yield Browser(chrome)
    finally:
        chrome.quit()
