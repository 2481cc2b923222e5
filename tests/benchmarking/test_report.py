from keras_dialgan.benchmarking import machine, table


def test_names_stand_left_and_numbers_right():
    rows = [
        {"phase": "mle", "seconds": 1.5},
        {"phase": "sample", "seconds": 1234.5},
    ]
    assert table(rows).splitlines() == [
        "phase   seconds",
        "mle         1.5",
        "sample    1,234",
    ]


def test_the_machine_and_the_versions_are_named():
    found = machine()
    assert found["cores"] >= 1
    assert found["tensorflow"].count(".") >= 2
    assert found["processor"]
