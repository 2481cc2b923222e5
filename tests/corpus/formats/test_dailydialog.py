from keras_dialgan.corpus import Problems, read_dialogues


def test_a_line_is_a_dialogue_and_labels_are_left_out(tmp_path):
    path = tmp_path / "dialogues_text.txt"
    path.write_text(
        "Hi . __eou__ Hello ! __eou__\n"
        "How are you ? __eou__ Fine . __eou__ Good . __eou__\t1\t2 3 4\n"
        "\nnothing to see\n__eou__\n"
    )
    problems = Problems()
    dialogues = list(read_dialogues([path], "auto", problems))
    assert [[text.strip() for text in d] for d in dialogues] == [
        ["Hi .", "Hello !"],
        ["How are you ?", "Fine .", "Good ."],
    ]
    assert problems.counts == {"no __eou__": 2}
