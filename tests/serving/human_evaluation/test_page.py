"""A scripted evaluator in a real browser."""

import contextlib

import pytest

from keras_dialgan.serving.human_evaluation import Ballots
from keras_dialgan.serving.human_evaluation.page import CSS, evaluation_page
from keras_dialgan.serving.web_server import WebServer
from tests.browser import open_browser

BOX = "#utterance textarea"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with open_browser(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture
def study(tmp_path):
    """The second system is on the left."""
    return lambda: Ballots.create(
        tmp_path / "ballots.sqlite",
        {"model": "quiet"},
        {"model": "chatty"},
        2,
        toss=lambda: False,
    )


@pytest.fixture
def ballots(study):
    return study()


@contextlib.contextmanager
def serving(ballots, port=0):
    page = evaluation_page(
        ballots, lambda said: f"1st of {said}", lambda said: f"2nd of {said}"
    )
    with WebServer(page, port=port, css=CSS) as server:
        yield server


@pytest.fixture
def url(ballots):
    with serving(ballots) as server:
        yield server.url


def say(browser, *utterances):
    for utterance in utterances:
        browser.until(lambda: browser.one(BOX).is_enabled())
        said = [*browser.texts("#left .user"), utterance]
        browser.type(BOX, f"{utterance}\n")
        for side in ("left", "right"):
            wait_for(browser, f"#{side} .user", said)


def wait_for(browser, selector, texts):
    browser.until(lambda: browser.texts(selector) == texts, texts)


def vote(browser, variety=None, coherence=None, informativeness=None):
    for question, side in (
        ("variety", variety),
        ("coherence", coherence),
        ("informativeness", informativeness),
    ):
        if side:
            browser.click(f"#{question} label[data-testid^={side}]")
    browser.click("#vote")


def told(browser, text):
    """Waits until the page tells something."""
    browser.until(
        lambda: any(text in line for line in browser.texts("#status")), text
    )


def only_person(ballots):
    (ballot,) = ballots.all()
    return ballot


def test_an_evaluator_talks_reloads_and_votes(browser, ballots, url):
    browser.open(url)
    told(browser, "at least 2 more")
    say(browser, "hi!")
    told(browser, "at least 1 more")
    assert not browser.all("#form")
    browser.driver.refresh()
    told(browser, "at least 1 more")
    say(browser, "<b>who</b> is <person>?")
    for side, system in (("left", "2nd"), ("right", "1st")):
        assert browser.texts(f"#{side} .user") == [
            "hi!",
            "<b>who</b> is <person>?",
        ]
        assert browser.texts(f"#{side} .bot") == [
            f"{system} of hi!",
            f"{system} of <b>who</b> is <person>?",
        ]
    vote(browser, variety="Left", coherence="Draw")
    told(browser, "answer all three questions")
    vote(browser, informativeness="Right")
    told(browser, "Your vote has been counted")
    ballot = only_person(ballots)
    assert ballot.votes == {
        "variety": "second",
        "coherence": "draw",
        "informativeness": "first",
    }
    assert [turn.first for turn in ballot.turns] == [
        "1st of hi!",
        "1st of <b>who</b> is <person>?",
    ]


@pytest.mark.slow
def test_after_the_vote_a_reload_shows_the_end(browser, ballots, url):
    browser.open(url)
    say(browser, "one", "two")
    vote(browser, "Draw", "Draw", "Draw")
    told(browser, "counted")
    browser.driver.refresh()
    told(browser, "counted")
    assert browser.texts("#left .user") == ["one", "two"]
    assert not browser.all("#form")
    assert not browser.one(BOX).is_enabled()


def test_voting_twice_from_two_tabs_is_refused(browser, ballots, url):
    browser.open(url)
    say(browser, "one", "two")
    first_tab = browser.driver.current_window_handle
    browser.driver.switch_to.new_window("tab")
    browser.open(url)
    browser.one("#form")
    second_tab = browser.driver.current_window_handle
    browser.driver.switch_to.window(first_tab)
    vote(browser, "Left", "Left", "Left")
    told(browser, "counted")
    browser.driver.switch_to.window(second_tab)
    vote(browser, "Right", "Right", "Right")
    told(browser, "voted already")
    browser.driver.close()
    browser.driver.switch_to.window(first_tab)
    assert set(only_person(ballots).votes.values()) == {"second"}


@pytest.mark.slow
def test_a_restart_goes_on_with_the_conversation(browser, study):
    with serving(study()) as server:
        browser.open(server.url)
        say(browser, "before")
        port = int(server.url.strip("/").rpartition(":")[2])
    with serving(study(), port) as server:
        browser.open(server.url)
        told(browser, "at least 1 more")
        say(browser, "after")
        assert browser.texts("#left .user") == ["before", "after"]
    assert len(only_person(study()).turns) == 2


@pytest.mark.slow
def test_two_people_have_conversations_of_their_own(
    browser, ballots, url, tmp_path
):
    with open_browser(tmp_path / "profile") as other:
        browser.open(url)
        other.open(url)
        say(browser, "I am anna")
        say(other, "I am bert")
        say(browser, "I still am")
        assert browser.texts("#left .user") == ["I am anna", "I still am"]
        assert other.texts("#left .user") == ["I am bert"]
    assert [len(ballot.turns) for ballot in ballots.all()] == [2, 1]


def test_nothing_tells_which_system_is_which(browser, ballots, url):
    browser.open(url)
    say(browser, "hi!")
    for name in ("quiet", "chatty"):
        assert name not in browser.driver.page_source
        assert name not in browser.driver.execute_script(
            "return JSON.stringify(window.gradio_config)"
        )


def test_the_page_asks_no_outside_host(browser, ballots, url):
    browser.open(url)
    say(browser, "hi!", "you")
    vote(browser, "Draw", "Draw", "Draw")
    told(browser, "counted")
    assert browser.outside_requests() == []
