import os
import pty
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from keras_dialgan import load_chatbot
from tests.browser import open_browser
from tests.served_script import serve_script

CTRL_C, CTRL_D = "\x03", "\x04"
SCRIPT = Path(__file__).parents[2] / "scripts/chat.py"


def run(*arguments, typed=b""):
    return subprocess.run(
        [sys.executable, SCRIPT, *map(str, arguments)],
        input=typed,
        capture_output=True,
        timeout=120,
    )


def test_piped_lines_are_answered_line_by_line(model_directory, tmp_path):
    transcript = tmp_path / "talk.txt"
    result = run(
        *("--model", model_directory.path, "--save", transcript),
        typed=b"hi!\n\nbad \xff\xfe\n/stage mle\nhi!\n/compare final\nhi!",
    )
    assert result.returncode == 0, result.stderr
    last, first = (
        load_chatbot(model_directory.path, stage) for stage in (None, "mle")
    )
    final = last.reply(["hi!", "", "bad"])
    mle = first.reply(["hi!"])[0]
    assert result.stdout.decode().splitlines() == [
        *final,
        mle,
        f"{mle}\t{final[0]}",
    ]
    told = result.stderr.decode().splitlines()
    assert len(told) == 2, told  # and no notices of TensorFlow
    assert told[0].startswith("stage mle (A) answers")
    assert transcript.read_text().startswith(f"you: hi!\nbot: {final[0]}\n")


def test_a_wrong_command_in_a_pipe_ends_with_1(model_directory):
    result = run(
        "--model", model_directory.path, typed=b"hi!\n/stagf mle\nhi!\n"
    )
    assert result.returncode == 1
    assert len(result.stdout.splitlines()) == 1
    assert result.stderr.startswith(b"error: /stagf: no such command")


def test_a_terminal_has_prompts_and_survives_mistakes(model_directory):
    status, shown = talk(model_directory.path, ["hi!", "/stagf", CTRL_D])
    assert status == 0
    answer = load_chatbot(model_directory.path).reply(["hi!"])[0]
    assert f"bot: {answer}" in shown
    assert "/stagf: no such command; there are" in shown
    assert shown.count("you: ") == 3


def test_an_interrupt_ends_the_conversation_cleanly(model_directory):
    status, shown = talk(model_directory.path, [CTRL_C])
    assert status == 0
    assert "Traceback" not in shown
    assert "error" not in shown


def talk(model, lines):
    """Runs the script on a terminal of its own, a line at each prompt."""
    process, terminal = pty.fork()
    if process == 0:
        os.execv(sys.executable, [sys.executable, SCRIPT, "--model", model])
    shown = ""
    try:
        for line in lines:
            while not shown.endswith("you: "):
                chunk = read(terminal)
                assert chunk, f"no prompt after {shown!r}"
                shown += chunk
            shown += " "
            end = "" if line in (CTRL_C, CTRL_D) else "\n"
            os.write(terminal, f"{line}{end}".encode())
        while chunk := read(terminal, again=lines[-1]):
            shown += chunk
    except BaseException:
        os.kill(process, signal.SIGKILL)
        raise
    finally:
        _, status = os.waitpid(process, 0)
        os.close(terminal)
    return os.waitstatus_to_exitcode(status), shown


def read(terminal, again=""):
    """Reads what the script shows; an interrupt is pressed until it acts.

    Between printing its prompt and waiting for a key, readline takes note of
    an interrupt only when the next one comes.
    """
    silences = 0
    while not select.select([terminal], [], [], 30)[0]:
        silences += 1
        assert silences < 10, "the script says nothing"
        if again == CTRL_C:
            os.write(terminal, again.encode())
    try:
        return os.read(terminal, 4096).decode()
    except OSError:  # the other end was closed
        return ""


@pytest.mark.slow
def test_the_page_compares_stages_and_calls_no_outside_host(
    model_directory, tmp_path
):
    with (
        open_browser(tmp_path / "profile") as browser,
        serve_script(
            tmp_path,
            SCRIPT,
            *("--web", "--model", model_directory.path, "--port", "0"),
            *("--stage", "after_mle", "--compare", "mle"),
            *("--decode", "beam=3"),
        ) as served,
    ):
        browser.open(served.url)
        browser.type("#utterance textarea", "who is she?\n")
        for side, stage in (
            ("left", "after_mle (B)"),
            ("right", "mle (A)"),
        ):
            browser.one(f"#{side}-details .opinion")
            found = browser.one(f"#{side}-details").text
            assert f"bot, stage {stage}, beam=3" in found
        assert browser.outside_requests() == []
    assert served.status == 0
    assert served.outside_calls() == []


def test_a_missing_model_exits_with_1_and_no_traceback(tmp_path):
    result = run("--model", tmp_path / "none")
    assert result.returncode == 1
    assert result.stderr.startswith(b"error: ")
    assert b"Traceback" not in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--model", "x", "--web", "--save", "y"],
        ["--model", "x", "--web", "--port", "-1"],
        ["--model", "x", "--decode", "best"],
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_with_2(arguments):
    result = run(*arguments)
    assert result.returncode == 2
    assert b"usage:" in result.stderr


def test_help_tells_of_pipes_and_decoding():
    result = run("--help")
    assert result.returncode == 0
    assert b"nucleus=P" in result.stdout
    assert b"pipe" in result.stdout
