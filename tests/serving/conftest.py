import pytest


@pytest.fixture(scope="session")
def exported_path(tmp_path_factory, model_directory):
    """The folder of versions with one export of the small model."""
    from keras_dialgan.serving.saved_model import export_saved_model

    output = tmp_path_factory.mktemp("served") / "chatbot"
    export_saved_model(model_directory.path, output)
    return output


@pytest.fixture(scope="session")
def exported(exported_path):
    from keras_dialgan.serving.exported import load_exported

    return load_exported(exported_path)
