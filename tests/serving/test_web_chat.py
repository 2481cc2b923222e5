import pytest

from keras_dialgan.serving.model_library import Choice, ModelLibrary
from keras_dialgan.serving.web_chat import CSS, web_chat
from keras_dialgan.serving.web_server import WebServer
from tests.browser import open_browser
from tests.model_fixture import make_directory

BOX = "#utterance textarea"
ASKED = ("do you like dogs?", "who is she?")


@pytest.fixture(scope="module")
def library(model_directory):
    return ModelLibrary([model_directory.path])


@pytest.fixture(scope="module")
def url(library, model_directory):
    page = web_chat(library, library.choice(model_directory.path))
    with WebServer(page, port=0, css=CSS) as server:
        yield server.url


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with open_browser(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture
def page(browser, url):
    browser.open(url)
    browser.one(BOX)
    return browser


def say(page, utterance, side="left"):
    said = [*page.texts(f"#{side} .user"), utterance]
    page.type(BOX, f"{utterance}\n")
    wait_for(page, f"#{side} .user", said)


def wait_for(page, selector, texts):
    page.until(lambda: page.texts(selector) == texts, texts)


def choose(page, selector, text, label="Decoding"):
    page.click(f"{selector} input[aria-label={label}]")
    page.click(f"[role=option][aria-label='{text}']")


def answer(library, stage, utterance, decode="greedy"):
    return library.answer(Choice("bot", stage), decode, utterance)


def shown_opinion(page, side="left"):
    return "".join(page.texts(f"#{side}-details .opinion"))


def opinion(found):
    return f"{100 * found.inspection.bot_confidence:.0f} % sure"


def test_each_response_shows_its_attention_and_the_opinion(page, library):
    found = [answer(library, "final", utterance) for utterance in ASKED]
    for utterance in ASKED:
        say(page, utterance)
    assert page.texts("#left .user") == list(ASKED)
    assert page.texts("#left .bot") == [one.reply.text for one in found]
    # First the last response, then the one that is clicked.
    for index in (1, 0):
        inspection = found[index].inspection
        wait_for(page, "#left-details thead th", inspection.context)
        assert page.texts("#left-details tbody th") == inspection.response
        assert opinion(found[index]) in shown_opinion(page)
        weights = [
            float(cell.get_attribute("title"))
            for cell in page.all("#left-details tbody td")
        ]
        assert weights == pytest.approx(
            inspection.attention.ravel().tolist(), abs=1e-4
        )
        page.all("#left .bot")[0].click()


@pytest.mark.slow
def test_two_stages_are_compared_with_another_decoding(page, library):
    assert not page.all("#right")
    page.click("#compare input")
    page.one("#right")
    choose(page, "#decoding", "beam")
    page.one("#decoding-value")
    say(page, ASKED[0], "right")
    for side, stage in (("left", "final"), ("right", "mle")):
        found = answer(library, stage, ASKED[0], "beam=5")
        assert page.texts(f"#{side} .bot") == [found.reply.text]
        assert opinion(found) in shown_opinion(page, side)
    titles = page.texts("#right-details p")
    assert "stage mle (A), beam=5" in titles[0]


@pytest.mark.slow
def test_another_model_and_its_stages_are_chosen(
    browser, model_directory, small_corpus, tmp_path
):
    other = make_directory(tmp_path / "other", small_corpus, ["mle"])
    library = ModelLibrary([other.path, model_directory.path])
    page = web_chat(library, library.choice(other.path))
    with WebServer(page, port=0, css=CSS) as server:
        browser.open(server.url)
        choose(browser, "#left", "bot", "Model")
        choose(browser, "#left", "after_mle (B)", "Stage")
        say(browser, ASKED[0])
        browser.one("#left-details .opinion")
    assert "bot, stage after_mle (B)" in browser.texts("#left-details p")[0]
    expected = library.answer(Choice("bot", "after_mle"), "greedy", ASKED[0])
    assert browser.texts("#left .bot") == [expected.reply.text]


def test_an_impossible_value_is_explained(page):
    choose(page, "#decoding", "nucleus")
    page.one("#decoding-value")
    value = page.one("#decoding-value input")
    value.clear()
    value.send_keys("7\t")
    page.type(BOX, "hi!\n")
    page.until(lambda: "nucleus must be" in "".join(page.texts(".toast-body")))
    assert page.texts("#left .bot") == []


def test_what_is_said_is_text_and_stays_on_the_machine(page):
    said = "<b>hi</b> <person> &amp; <img src=http://192.0.2.1/a.png>"
    say(page, said)
    assert page.texts("#left .user") == [said]
    assert page.outside_requests() == []
