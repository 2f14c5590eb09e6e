"""What holds for every test; the fixture `stage` is the package's own (`skill.pytest_plugin`)."""

import os

# No test, and no process that one starts, may leave a key in the keyring of whoever runs them.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
